/* Constants of one stable law, made once per (alpha, beta), and the result of one evaluation.
 *
 * Everything works on one "side": the law reflected so that x > zeta. zeta = x_S0 - x_S1 is the centre of strict stability.
 */
#ifndef RMT_STABLE_SIDE_H
#define RMT_STABLE_SIDE_H

#include <float.h>
#include <math.h>

#define RMT_PI 3.14159265358979323846
#define RMT_HALF_PI 1.57079632679489661923
#define RMT_LOG_PI 1.14472988584940017414
#define RMT_TERMS 120

typedef struct {
    double alpha, beta, eps, b, zeta, log_sc, hyp;
    double w, W, phi0, below, theta, sin_theta, cos_theta;
    double one_plus, one_minus; /* 1 + beta, 1 - beta */
    int light;                  /* the upper side has no heavy part: g is bounded below */
    int zero_count, tail_count;
    double zero[RMT_TERMS + 1], zero_sine[RMT_TERMS + 1]; /* Gamma(k/alpha + 1)/k! and (-1)^(k+1) sin(k W) */
    double tail[RMT_TERMS + 1], tail_sine[RMT_TERMS + 1]; /* Gamma(alpha k + 1)/k! and s_k */
} rmt_side;

typedef struct {
    double f, log_f;  /* density */
    double q, log_q;  /* the smaller tail as computed */
    int upper;        /* q = P(X > x), else P(X < x) */
    int branch;       /* 0 closed, 1 zero series, 2 tail series, 3 T, 4 Z, 5 outside the support */
    double error;     /* estimate of the relative error (Z: last change) */
} rmt_value;

typedef struct {
    rmt_side up, down;
    int positive; /* the one-sided law in the coordinate with E exp(-tS) = exp(-t^a) */
} rmt_law;

static double rmt_tangent(double alpha) /* |tan(pi alpha/2)| */
{
    if (alpha > 1.5) return tan(RMT_HALF_PI*(2.0 - alpha));
    if (alpha < 0.5) return tan(RMT_HALF_PI*alpha);
    return 1.0/tan(RMT_HALF_PI*fabs(alpha - 1.0));
}

static void rmt_side_make(rmt_side *s, double alpha, double beta)
{
    const double t = rmt_tangent(alpha);
    s->alpha = alpha;
    s->beta = beta;
    s->eps = alpha - 1.0;
    s->one_plus = 1.0 + beta;
    s->one_minus = 1.0 - beta;
    s->b = s->eps == 0.0 ? 2.0*beta/RMT_PI : beta*s->eps/tan(RMT_HALF_PI*s->eps);
    s->hyp = hypot(s->eps, s->b);
    s->zeta = beta == 0.0 ? 0.0 : (alpha > 1.0 ? beta*t : -beta*t);
    s->log_sc = -log(hypot(1.0, s->zeta))/alpha;
    if (alpha == 1.0) {
        s->w = 0.0;
        s->W = RMT_PI;
        s->below = 0.0;
        s->theta = RMT_PI;
    } else if (alpha < 1.0) {
        s->w = atan2(s->one_minus*t, 1.0 + beta*t*t)/alpha;
        s->W = RMT_PI - s->w;
        s->theta = atan2(s->one_plus*t, 1.0 - beta*t*t); /* pi alpha - alpha w, without cancellation */
        if (beta < 0.0) s->W = s->theta/alpha;
        s->below = s->w/RMT_PI;
    } else {
        s->w = atan2(s->one_plus*t, 1.0 - beta*t*t);
        s->W = (RMT_PI - s->w)/alpha;
        s->below = (s->eps + s->w/RMT_PI)/alpha;
        s->theta = s->w;
    }
    if (beta == 0.0 && alpha != 1.0) { /* exactly symmetric */
        s->w = alpha < 1.0 ? RMT_HALF_PI : RMT_HALF_PI*(2.0 - alpha);
        s->W = RMT_HALF_PI;
        s->below = 0.5;
        s->theta = alpha < 1.0 ? RMT_HALF_PI*alpha : s->w;
    }
    s->phi0 = RMT_HALF_PI - s->W;
    s->sin_theta = sin(s->theta);
    s->cos_theta = cos(s->theta);
    s->light = alpha <= 1.0 ? beta == 1.0 : beta == -1.0;
    s->zero_count = s->tail_count = RMT_TERMS;
    for (int k = 1; k <= RMT_TERMS; k++) {
        double a = k/alpha + 1.0, c = alpha*k + 1.0, g;
        g = a < 170.0 ? tgamma(a)/tgamma(k + 1.0) : exp(lgamma(a) - lgamma(k + 1.0));
        s->zero[k] = g;
        if (!(g < 1e300) && s->zero_count >= k) s->zero_count = k - 1;
        s->zero_sine[k] = alpha < 1.0 ? sin(k*s->w) : (k % 2 ? 1.0 : -1.0)*sin(k*s->W);
        g = c < 170.0 ? tgamma(c)/tgamma(k + 1.0) : exp(lgamma(c) - lgamma(k + 1.0));
        s->tail[k] = g;
        if (!(g < 1e300) && s->tail_count >= k) s->tail_count = k - 1;
        s->tail_sine[k] = alpha < 1.0 ? (k % 2 ? 1.0 : -1.0)*sin(k*s->theta) : sin(k*s->w);
    }
}

static void rmt_law_make(rmt_law *law, double alpha, double beta, int positive)
{
    rmt_side_make(&law->up, alpha, beta);
    rmt_side_make(&law->down, alpha, -beta);
    law->positive = positive;
    if (positive) { law->up.log_sc = 0.0; law->up.zeta = 0.0; }
}

#endif
