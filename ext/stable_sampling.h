/* Transformations of uniform bits to stable variates (Chambers, Mallows and Stuck 1976; Kanter 1975), vectorisable.
 *
 * Every variate takes two 64-bit words. A word gives u = (k + 1/2) 2^-52, which is never 0, 1/2 or 1, together with
 * 1 - u exactly; all angles are written with the distance to the nearer end, so the tail is exact down to probability 2^-53.
 *
 * Away from alpha = 1 (strictly stable form, eta = atan(-beta tan(pi alpha/2)), A = 1/cos eta, phi = pi (u - 1/2)):
 *     x1 = A sin(alpha phi - eta)/cos phi * (P/(E cos phi))^((1-alpha)/alpha),   P = A cos((alpha-1) phi - eta),
 * and x0 = x1 - beta tan(pi alpha/2). Near alpha = 1 (eps = alpha - 1, b = eps beta/tan(pi eps/2), beta >= 0 by reflection):
 *     L = log(E cos phi/P)/alpha,
 *     x0 = E e^-L sin phi + e^(eps L) sin(eps phi) - b (expm1(eps L) cos(eps phi) - 2 sin(eps phi/2)^2)/eps,
 * with every quotient by eps an entire function, so nothing happens at alpha = 1.
 */
#ifndef RMT_STABLE_SAMPLING_H
#define RMT_STABLE_SAMPLING_H

#include "vector_math.h"

#define RMT_PI 3.14159265358979323846

typedef struct {
    int near_one;         /* |alpha - 1| < 0.05 */
    double alpha, eps, b; /* eps = alpha - 1 */
    double centre;        /* (alpha phi - eta)/pi = alpha u - centre */
    double left, right;   /* distances of that angle from -1 at u = 0 and from +1 at u = 1 */
    double light_left, light_right, turn; /* P = A sin(pi (light + turn u)) seen from either end */
    double log_amplitude; /* (1/alpha) log A */
    double power;         /* (1 - alpha)/alpha */
    double sign;          /* -1 when the law was reflected to beta >= 0 */
    double one_minus_beta, cos_edge; /* near alpha = 1: 1 - |beta|, cos(pi eps/2) */
    double zeta;          /* x0 - x1 of the law itself; infinite or NaN at alpha = 1, where it is not used */
} rmt_sampler;

/* The angles are formed without cancellation where beta -> +-1 or alpha -> 2. */
static rmt_sampler rmt_sampler_make(double alpha, double beta)
{
    rmt_sampler s;
    s.alpha = alpha;
    s.eps = alpha - 1.0;
    s.near_one = fabs(s.eps) < 0.05;
    s.sign = beta < 0.0 ? -1.0 : 1.0;
    beta = fabs(beta);
    s.power = -s.eps/alpha;
    s.turn = fabs(s.eps);
    s.one_minus_beta = 1.0 - beta;
    s.cos_edge = cos(0.5*RMT_PI*s.eps);
    s.b = s.eps == 0.0 ? 2.0*beta/RMT_PI : beta*s.eps/tan(0.5*RMT_PI*s.eps);
    double t; /* |tan(pi alpha/2)|; eps and 2 - alpha are exact where they are used */
    if (alpha > 1.5) t = tan(0.5*RMT_PI*(2.0 - alpha));
    else if (alpha < 0.5) t = tan(0.5*RMT_PI*alpha);
    else t = 1.0/tan(0.5*RMT_PI*fabs(s.eps));
    /* atan t - atan(beta t) and atan t + atan(beta t), over pi */
    s.light_left = atan2((1.0 - beta)*t, 1.0 + beta*t*t)/RMT_PI;
    s.light_right = atan2((1.0 + beta)*t, 1.0 - beta*t*t)/RMT_PI;
    if (alpha > 1.0) {
        s.centre = 0.5*alpha + atan(beta*t)/RMT_PI;
        s.left = s.light_left;
        s.right = s.light_right;
        s.zeta = s.sign*beta*t;
    } else {
        s.centre = s.light_left; /* exactly 0 for beta = 1: the variate is positive */
        s.left = 1.0 - s.centre;
        s.right = 1.0 - alpha + s.centre;
        s.zeta = -s.sign*beta*t;
    }
    s.log_amplitude = log(hypot(1.0, s.zeta))/alpha;
    return s;
}

RMT_INLINE double rmt_unit(uint64_t word) /* (k + 1/2) 2^-52, k the upper 52 bits */
{
    return (rmt_from_bits((word >> 12) | 0x3FF0000000000000ULL) - 1.0) + 1.1102230246251565e-16;
}

/* beta = 0; the overflow of small alpha gives an infinity of the right sign. */
RMT_CLONES static void rmt_symmetric_block(const uint64_t *first, const uint64_t *second, double *out, long n,
                                           double alpha, double scale, double shift)
{
    const double near = alpha < 1.0 ? alpha : 2.0 - alpha, power = (1.0 - alpha)/alpha, far = 2.0 - alpha;
    for (long i = 0; i < n; i++) {
        const double centred = rmt_unit(first[i]) - 0.5;
        const double h = fabs(centred), v = 0.5 - h;
        const double exponential = -rmt_log(rmt_unit(second[i]));
        const double cosine = rmt_sinpi(v);
        const double slow = rmt_sinpi(v + near*h); /* cos((1 - alpha) phi) */
        const double fast = rmt_sinpi(rmt_min(alpha*h, 2.0*v + far*h)); /* sin(alpha phi) */
        const double x = fast/cosine*rmt_exp(power*rmt_log(slow/(exponential*cosine)));
        out[i] = shift + scale*copysign(x, centred);
    }
}

/* |alpha - 1| >= 0.05: strictly stable variate times scale (with the sign of the reflection) plus shift. */
RMT_CLONES static void rmt_general_block(const uint64_t *first, const uint64_t *second, double *out, long n,
                                         const rmt_sampler *s, double scale, double shift)
{
    const double alpha = s->alpha, centre = s->centre, left = s->left, right = s->right, turn = s->turn;
    const double light_left = s->light_left, light_right = s->light_right, power = s->power;
    const double factor = scale*exp(s->log_amplitude);
    for (long i = 0; i < n; i++) {
        const double u = rmt_unit(first[i]), v = 1.0 - u;
        const double exponential = -rmt_log(rmt_unit(second[i]));
        const double cosine = rmt_sinpi(rmt_min(u, v));
        const double slow = rmt_sinpi(rmt_min(light_left + turn*u, light_right + turn*v));
        const double angle = alpha*u - centre;
        const double far = rmt_min(left + alpha*u, right + alpha*v); /* the distance from the end that is near */
        const double fast = rmt_sinpi(rmt_min(fabs(angle), far));
        const double x = fast/cosine*rmt_exp(power*rmt_log(slow/(exponential*cosine)));
        out[i] = shift + factor*copysign(x, angle);
    }
}

RMT_INLINE double rmt_sinc(double x) /* sin(x)/x for |x| < 0.1 */
{
    const double z = x*x;
    return 1.0 - z*(1.0/6.0 - z*(1.0/120.0 - z*(1.0/5040.0 - z*(1.0/362880.0))));
}

RMT_INLINE double rmt_sinhc(double x) /* sinh(x)/x for |x| < 3 */
{
    const double z = x*x;
    double p = 1.0/1.0888869450418352e28;
    p = p*z + 1.0/1.5511210043330986e25;
    p = p*z + 1.0/2.5852016738884978e22;
    p = p*z + 1.0/5.1090942171709440e19;
    p = p*z + 1.0/1.21645100408832e17;
    p = p*z + 1.0/355687428096000.0;
    p = p*z + 1.0/1307674368000.0;
    p = p*z + 1.0/6227020800.0;
    p = p*z + 1.0/39916800.0;
    p = p*z + 1.0/362880.0;
    p = p*z + 1.0/5040.0;
    p = p*z + 1.0/120.0;
    p = p*z + 1.0/6.0;
    return p*z + 1.0;
}

/* |alpha - 1| < 0.05: x0 times scale plus shift; beta > 0, `scale` carries the sign of the reflection. */
RMT_CLONES static void rmt_near_one_block(const uint64_t *first, const uint64_t *second, double *out, long n,
                                          const rmt_sampler *s, double scale, double shift)
{
    const double eps = s->eps, b = s->b, inverse = 1.0/s->alpha;
    const double edge = s->one_minus_beta*s->cos_edge;
    for (long i = 0; i < n; i++) {
        const double u = rmt_unit(first[i]), v = 1.0 - u;
        const double centred = u - 0.5, h = fabs(centred), end = 0.5 - h;
        const double exponential = -rmt_log(rmt_unit(second[i]));
        const double cosine = rmt_sinpi(end), sine = copysign(rmt_sinpi(h), centred);
        /* half angles towards the two ends */
        const double a = 0.5*RMT_PI*u, c = 0.5*RMT_PI*v;
        const double sinc_a = a*rmt_sinc(eps*a), sinc_c = c*rmt_sinc(eps*c); /* sin(eps .)/eps */
        const double cos_c = 1.0 - 2.0*eps*eps*0.25*c*c*rmt_sinc(0.5*eps*c)*rmt_sinc(0.5*eps*c);
        const double p = edge + 2.0*sinc_a*(eps*eps*sinc_c + b*cos_c);
        const double phi = RMT_PI*centred;
        const double half = 0.5*phi*rmt_sinc(0.5*eps*phi); /* sin(eps phi/2)/eps */
        const double cos_eps = 1.0 - 2.0*eps*eps*half*half;
        const double log_ratio = inverse*rmt_log(exponential*cosine/p);
        const double t = 0.5*eps*log_ratio;
        const double growth = rmt_exp(t);
        const double expm1_over_eps = log_ratio*growth*rmt_sinhc(t);
        const double x = exponential*rmt_exp(-log_ratio)*sine + growth*growth*eps*phi*rmt_sinc(eps*phi)
                         - b*(expm1_over_eps*cos_eps - 2.0*eps*half*half);
        out[i] = shift + scale*x;
    }
}

/* Positive law of index a: E exp(-t S) = exp(-t^a). */
RMT_CLONES static void rmt_positive_block(const uint64_t *first, const uint64_t *second, double *out, long n,
                                          double a, double co, double scale)
{
    const double power = co/a;
    for (long i = 0; i < n; i++) {
        const double u = rmt_unit(first[i]), v = 1.0 - u;
        const double exponential = -rmt_log(rmt_unit(second[i]));
        const double sine = rmt_sinpi(rmt_min(u, v));
        const double one = rmt_sinpi(rmt_min(a*u, v + co*u));
        const double two = rmt_sinpi(rmt_min(co*u, v + a*u));
        out[i] = scale*(one/sine*rmt_exp(power*rmt_log(two/(exponential*sine))));
    }
}

/* Logarithms of the strictly stable forms, for indices whose variates overflow. sign may be NULL (positive law). */
static void rmt_log_general_block(const uint64_t *first, const uint64_t *second, double *sign, double *logarithm, long n,
                                  const rmt_sampler *s)
{
    for (long i = 0; i < n; i++) {
        const double u = rmt_unit(first[i]), v = 1.0 - u;
        const double exponential = -rmt_log(rmt_unit(second[i]));
        const double cosine = rmt_sinpi(rmt_min(u, v));
        const double slow = rmt_sinpi(rmt_min(s->light_left + s->turn*u, s->light_right + s->turn*v));
        const double angle = s->alpha*u - s->centre;
        const double far = rmt_min(s->left + s->alpha*u, s->right + s->alpha*v);
        const double fast = rmt_sinpi(rmt_min(fabs(angle), far));
        sign[i] = angle > 0.0 ? 1.0 : (angle < 0.0 ? -1.0 : 0.0);
        logarithm[i] = s->log_amplitude + log(fast/cosine) + s->power*log(slow/(exponential*cosine));
    }
}

static void rmt_log_positive_block(const uint64_t *first, const uint64_t *second, double *logarithm, long n, double a, double co)
{
    for (long i = 0; i < n; i++) {
        const double u = rmt_unit(first[i]), v = 1.0 - u;
        const double exponential = -rmt_log(rmt_unit(second[i]));
        const double sine = rmt_sinpi(rmt_min(u, v));
        const double one = rmt_sinpi(rmt_min(a*u, v + co*u));
        const double two = rmt_sinpi(rmt_min(co*u, v + a*u));
        logarithm[i] = log(one/sine) + co/a*log(two/(exponential*sine));
    }
}

#endif
