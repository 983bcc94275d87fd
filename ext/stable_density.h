/* Density and tail probabilities of the stable law in double precision, with relative accuracy in both tails.
 *
 * Four formulas (docs/guide/stable.md); each has its own test of acceptance, so no threshold in x decides:
 *   zero series, tail series, the tail integral along the imaginary axis (T), the integral along the curve of steepest
 *   descent (Z), which is positive everywhere and always available.
 * All work on one "side": the law reflected so that x > zeta. zeta = x_S0 - x_S1 is the centre of strict stability.
 */
#ifndef RMT_STABLE_DENSITY_H
#define RMT_STABLE_DENSITY_H

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

/* ---- series at zeta ------------------------------------------------------------------------------------------- */
static int rmt_zero_series(const rmt_side *s, double log_y, rmt_value *v)
{
    const double y = exp(log_y);
    double power = 1.0, previous = INFINITY, f = 0.0, total = 0.0, q = 0.0, largest = 0.0;
    int done = 0;
    if (s->alpha < 1.0 && (s->w == 0.0 || s->light)) return 0;
    for (int k = 1; k <= s->zero_count; k++) {
        const double size = s->zero[k]*power, term = size*s->zero_sine[k];
        if (s->alpha < 1.0 && size > previous) return 0; /* asymptotic: only while it falls */
        f += term;
        total += fabs(term);
        q += term*y/k;
        if (size > largest) largest = size;
        if (largest > 1e3*s->zero[1]) return 0;
        if (size <= 1e-18*fabs(f) && (size <= previous)) { done = 1; break; }
        previous = size;
        power *= y;
    }
    if (!done || !(f > 0.0) || total > 4.0*f || largest > 20.0*f) return 0;
    const double lower = s->below + q/RMT_PI, upper = (s->W - q)/RMT_PI;
    v->upper = upper <= lower;
    v->q = v->upper ? upper : lower;
    if (v->upper && upper < 0.15*s->W/RMT_PI) return 0;
    v->log_q = log(v->q);
    v->log_f = s->log_sc - RMT_LOG_PI + log(f);
    v->f = exp(s->log_sc)*f/RMT_PI;
    v->branch = 1;
    v->error = 2e-16*total/f;
    return 1;
}

/* ---- series at infinity --------------------------------------------------------------------------------------- */
static int rmt_tail_series(const rmt_side *s, double log_y, rmt_value *v)
{
    const double alpha = s->alpha, z = -alpha*log_y, p = exp(z);
    double power = 1.0, previous = INFINITY, f = 0.0, q = 0.0, total = 0.0;
    int done = 0;
    if (s->sin_theta <= 0.0 || s->tail_sine[1] <= 0.0) return 0;
    for (int k = 1; k <= s->tail_count; k++) {
        const double size = s->tail[k]*power, term = size*s->tail_sine[k];
        if (alpha > 1.0 && size > previous) return 0;
        f += term;
        q += term/(alpha*k);
        total += fabs(term);
        if (total > 1e3*s->tail[1]) return 0;
        if (size <= 1e-17*fabs(f) && size <= previous) { done = 1; break; }
        previous = size;
        power *= p;
    }
    if (!done || !(f > 0.0) || !(q > 0.0) || total > 4.0*f) return 0;
    const double log_f = s->log_sc - RMT_LOG_PI - log_y + z + log(f);
    if (alpha > 1.0) {
        /* the exponentially small saddle part exp(-g cos(w/(alpha-1))) must be negligible beside the series */
        const double angle = s->w/s->eps;
        const double factor = angle < 1.2 ? cos(angle) : 0.36;
        const double g = s->eps*exp(alpha/s->eps*(log_y - log(alpha)))*factor;
        if (!(g > 1e6 || g > 41.0 - (z + log(f)) + 0.5*log1p(g))) return 0;
    }
    v->q = exp(z)*q/RMT_PI;
    v->log_q = z - RMT_LOG_PI + log(q);
    v->log_f = log_f;
    v->f = fabs(log_f) < 650.0 ? exp(s->log_sc)*f/RMT_PI*exp(z)*exp(-log_y) : exp(log_f);
    v->upper = 1;
    v->branch = 2;
    v->error = 2e-16*total/f;
    return 1;
}

/* ---- tail integral -------------------------------------------------------------------------------------------- */
static inline double rmt_sine_ratio(double z) { return fabs(z) < 1e-4 ? 1.0 - z*z/6.0 : sin(z)/z; }

/* x > 0. `strict`: the strictly stable coordinate y (exponent -v y - v^alpha cos theta); else the S0 coordinate. */
static int rmt_tail_integral(const rmt_side *s, double x, int strict, rmt_value *v)
{
    const double alpha = s->alpha, eps = s->eps, h = 0.125;
    const double coefficient = strict ? s->sin_theta : s->one_plus*cos(RMT_HALF_PI*eps);
    const double log_v0 = x > 1.0 ? -log(x) : 0.0, v0 = exp(log_v0);
    const double cos_e = cos(RMT_HALF_PI*eps), sin_e = sin(RMT_HALF_PI*eps), sin_q = sin(0.25*RMT_PI*eps);
    const double v0_alpha = exp(alpha*log_v0);
    double f = 0.0, q = 0.0, total_f = 0.0, total_q = 0.0, lowest = 0.0, reach = 45.0;
    /* where the exponent can turn and grow, what lies beyond must be small beside a tiny algebraic tail */
    if (strict ? s->cos_theta < 0.0 : s->b < 0.0) reach = fmin(700.0, fmax(45.0, 45.0 - log(coefficient*v0_alpha)));
    if (!(coefficient > 0.0) || (strict && s->theta >= RMT_PI*0.9999)) return 0;
    int reached = 0;
    for (double t = -log(45.0/(alpha < 1.0 ? alpha : 1.0)); t < 40.0; t += h) {
        const double e = exp(-t), rise = t - e, log_v = log_v0 + rise, ratio = exp(rise), ratio_alpha = exp(alpha*rise);
        const double value = v0*ratio;
        double exponent;
        if (strict) {
            exponent = -value*x - v0_alpha*ratio_alpha*s->cos_theta;
        } else {
            double er, ei;
            if (eps == 0.0) { er = log_v; ei = -RMT_HALF_PI; }
            else {
                const double m = expm1(eps*log_v);
                er = (m*cos_e - 2.0*sin_q*sin_q)/eps;
                ei = -(m + 1.0)*sin_e/eps;
            }
            exponent = -value*(x + s->b*er + eps*ei);
        }
        if (exponent > 700.0) return 0;
        const double term = exp(exponent)*ratio_alpha*rmt_sine_ratio(coefficient*v0_alpha*ratio_alpha)*(1.0 + e);
        f += term*ratio;
        q += term;
        total_f += fabs(term*ratio);
        total_q += fabs(term);
        if (exponent < lowest) lowest = exponent;
        else if (exponent > lowest + 1.0) return 0; /* the exponent turned before the integrand was negligible */
        if (exponent < -reach) { reached = 1; break; }
    }
    const double limit = alpha > 1.0 ? 1.02 : 1.15;
    if (!reached || !(f > 0.0) || !(q > 0.0) || !(total_f < limit*f) || !(total_q < limit*q)) return 0;
    const double log_c = log(coefficient) + alpha*log_v0;
    v->log_q = log_c - RMT_LOG_PI + log(h*q);
    v->log_f = log_c + log_v0 - RMT_LOG_PI + log(h*f);
    v->q = fabs(v->log_q) < 600.0 ? coefficient*v0_alpha*h*q/RMT_PI : exp(v->log_q);
    v->f = fabs(v->log_f) < 600.0 ? coefficient*v0_alpha*v0*h*f/RMT_PI : exp(v->log_f);
    if (strict) { v->log_f += s->log_sc; v->f *= exp(s->log_sc); }
    v->upper = 1;
    v->branch = 3;
    v->error = 4e-16;
    return 1;
}

/* ---- the curve of steepest descent ---------------------------------------------------------------------------- */
typedef struct {
    const rmt_side *s;
    int s0, reference;           /* S0 form; distances counted from the angle phi1 = atan x */
    double log_y, x, m, log_m, s1, sig_plus, sig_minus, root;
} rmt_curve;

/* ln g at the logit s1 + ds of the angle; *weight = d(phi)/ds */
static double rmt_log_g(const rmt_curve *c, double ds, double *weight)
{
    const rmt_side *p = c->s;
    const double alpha = p->alpha, eps = p->eps, w = p->w, W = p->W;
    const double s = c->s1 + ds, e = exp(-fabs(s)), near = W*e/(1.0 + e), far = W/(1.0 + e);
    const double d = s > 0.0 ? far : near, chi = s > 0.0 ? near : far;
    const double A = alpha*d;
    double sin_chi, sin_a, angle;
    *weight = near/(1.0 + e);
    if (alpha <= 1.0) {
        sin_chi = chi <= RMT_HALF_PI ? sin(chi) : sin(w + d);
        sin_a = A <= RMT_HALF_PI ? sin(A) : sin(-RMT_PI*eps + alpha*(w + chi));
        angle = w - eps*d;
    } else {
        sin_chi = sin(chi);
        sin_a = A <= RMT_HALF_PI ? sin(A) : sin(w + alpha*chi);
        angle = w + eps*chi;
    }
    if (angle > RMT_HALF_PI) angle = chi + A;
    const double cos_b = sin(angle);
    if (!c->s0) {
        const double log_r = (c->log_y + log(sin_chi/sin_a))/eps;
        return c->log_y + log_r + log(cos_b/sin_a);
    }
    const double sigma = alpha > 1.0 ? -1.0 : 1.0, b = p->b;
    const double D = eps == 0.0 ? b*sin_chi : p->hyp*sin_a;
    const double P = eps == 0.0 ? p->one_minus + b*d : p->hyp*cos_b/fabs(eps);
    const double phi = d < chi ? p->phi0 + d : RMT_HALF_PI - chi;
    const double half = sin(0.5*eps*phi), half_over = eps == 0.0 ? 0.5*phi : half/eps;
    double N;
    if (c->reference) {
        const double shift = ds > 0.0 ? -W*(1.0/(1.0 + exp(-s)))*c->sig_minus*expm1(-ds)
                                      : W*(1.0/(1.0 + exp(s)))*c->sig_plus*expm1(ds);
        N = 2.0*cos(0.5*(alpha + 1.0)*phi)*half + c->root*sin(shift) + 2.0*b*sin(0.5*(alpha + 1.0)*phi)*half_over;
    } else {
        N = P*sin(phi) + sin_chi*(sin(eps*phi) + 2.0*b*eps*half_over*half_over - c->x);
    }
    const double R = sigma*N/D, er = eps*R;
    double log_r;
    if (eps == 0.0) log_r = R;
    else if (fabs(er) > 0.5 || er != er) log_r = (c->log_m + log(sin_chi/D))/eps;
    else log_r = log1p(er)/eps;
    return log_r + log(c->m*P/D);
}

/* far out on a side without a heavy part; log_min = ln g_min */
static void rmt_light_tail(const rmt_side *s, double log_y, double x, double log_min, rmt_value *v)
{
    const double alpha = s->alpha, eps = s->eps, g_min = exp(log_min);
    if (eps == 0.0) {
        v->log_f = 0.5*(-1.0 - RMT_HALF_PI*x) - 0.69314718055994530942 - g_min;
        v->log_q = v->log_f - log_min - log(RMT_HALF_PI);
    } else {
        const double power = eps > 0.0 ? (2.0 - alpha)/(2.0*eps)*(log_y - log(alpha)) - 0.5*log(alpha*eps)
                                       : (0.5*log(alpha) - 0.5*(2.0 - alpha)*log_y)/-eps - 0.5*log(-eps);
        v->log_f = s->log_sc + power - 0.5*log(2.0*RMT_PI) - g_min;
        v->log_q = v->log_f - s->log_sc + log_y - log_min - log(alpha/fabs(eps));
    }
    if (!(v->log_f > -INFINITY)) v->log_f = v->log_q = -INFINITY;
    v->f = exp(v->log_f);
    v->q = exp(v->log_q);
    v->upper = alpha > 1.0;
    v->branch = 4;
    v->error = 1e-12;
}

static int rmt_curve_integral(const rmt_side *s, double log_y, double x, int allow_s0, rmt_value *v)
{
    rmt_curve c;
    const double alpha = s->alpha, eps = s->eps;
    double unused, low = -740.0, high = 740.0, g_min = 0.0, log_g_min = 0.0, target = 0.0;
    c.s = s;
    c.s0 = allow_s0 && fabs(eps) < 0.12;
    c.log_y = log_y;
    c.x = x;
    c.m = fabs(s->b - eps*x);
    c.log_m = log(c.m);
    c.s1 = 0.0;
    c.reference = 0;
    if (c.s0 && fabs(s->b) < 0.2) {
        const double chi1 = atan2(1.0, x), d1 = s->W - chi1;
        if (d1 > 0.0) {
            c.reference = 1;
            c.root = hypot(1.0, x);
            c.s1 = log((s->phi0 == 0.0 ? atan(x) : d1)/chi1);
            c.sig_plus = 1.0/(1.0 + exp(-c.s1));
            c.sig_minus = 1.0/(1.0 + exp(c.s1));
        }
    }
    const double rising = alpha <= 1.0 ? 1.0 : -1.0; /* g rises with the angle for alpha <= 1 */
    if (s->light) {
        const double log_min = rmt_log_g(&c, -rising*36.0 - c.s1, &unused);
        if (log_min > 18.4) { /* g_min > 1e8: one term of the saddle expansion has an error of 1e-8 beside it */
            rmt_light_tail(s, log_y, x, log_min, v);
            return 1;
        }
        g_min = exp(log_min);
        log_g_min = log_min;
        target = log1p(g_min);
    }
    low -= c.s1;
    high -= c.s1;
    double centre = 0.5*(low + high), value = 0.0;
    for (int i = 0; i < 1100; i++) {
        centre = i == 0 ? 0.0 : 0.5*(low + high);
        value = rising*(rmt_log_g(&c, centre, &unused) - target);
        if (fabs(value) < 0.3 || high - low < 1e-300 || centre == low || centre == high) break;
        if (value > 0.0 || value != value) high = centre; else low = centre;
    }
    if (s->light && g_min > 1e-3) {
        /* close to the minimum the curve is flat: start where g exceeds it by one */
        double lo = -740.0 - c.s1, hi = 740.0 - c.s1;
        for (int i = 0; i < 60; i++) {
            centre = 0.5*(lo + hi);
            const double excess = g_min*expm1(rmt_log_g(&c, centre, &unused) - log_g_min) - 1.0;
            if (fabs(excess) < 0.3) break;
            if (rising*excess > 0.0) hi = centre; else lo = centre;
        }
    }
    double slope = 0.0, delta = 0.05;
    for (int i = 0; i < 40; i++) {
        slope = fabs(rmt_log_g(&c, centre + delta, &unused) - rmt_log_g(&c, centre - delta, &unused))/(2.0*delta);
        if (s->light) slope *= 1.0 + g_min;
        if (!(slope*delta > 0.5)) break;
        delta *= 0.25;
    }
    const double l = slope > 1.0 ? 1.0/slope : 1.0;
    const double width = 50.0*(alpha < 0.5 ? (1.0 - alpha)/alpha : 1.0);
    /* a light part and a small heavy part give two bumps far apart in s: even steps see both */
    const int even = !s->light && s->w < 0.25 && l > 0.5;
    const double half = even ? width : asinh(width/l);
    double h = 0.25, g1 = 0.0, e1 = 0.0, c1 = 0.0, old_f = -1.0, old_e = -1.0, old_c = -1.0, change = 1.0;
    for (int level = 0; level < 6; level++) {
        const double first = level == 0 ? 0.0 : h, step = level == 0 ? h : 2.0*h;
        double sg = 0.0, se = 0.0, sc = 0.0;
        for (int direction = -1; direction <= 1; direction += 2) {
            for (double tau = (direction > 0 && level == 0) ? step : first; tau <= half; tau += step) {
                double weight;
                const double ds = centre + direction*(even ? tau : l*sinh(tau));
                if (fabs(c.s1 + ds) > 745.0) break;
                const double log_g = rmt_log_g(&c, ds, &weight);
                if (!even) weight *= l*cosh(tau);
                if (log_g != log_g) continue;
                const double g = log_g < 690.0 ? exp(log_g) : 1e299;
                const double excess = !s->light ? g : (log_g > log_g_min + 700.0 ? 1e4 : fmax(0.0, g_min*expm1(log_g - log_g_min)));
                const double e = excess < 740.0 ? exp(-excess) : 0.0;
                sg += g*e*weight;
                se += e*weight;
                sc -= expm1(-g)*weight;
                if (weight < 1e-22*(g1 + e1 + c1 + sg + se + sc) && tau > 3.0 && weight < 1e-22*(se + e1)
                    && weight < 1e-22*(sc + c1) && weight < 1e-24*(sg + g1)) break;
            }
        }
        if (level == 0) { g1 = sg; e1 = se; c1 = sc; }
        else { g1 += sg; e1 += se; c1 += sc; }
        const double nf = h*g1, ne = h*e1, nc = h*c1;
        /* the density and the smaller tail; the other tail is its complement */
        const int upper_counts = alpha > 1.0 ? ne*exp(-g_min) <= RMT_HALF_PI : nc < RMT_HALF_PI;
        const double tail = (alpha > 1.0) == upper_counts ? fabs(ne - old_e)/ne : fabs(nc - old_c)/nc;
        change = fmax(fabs(nf - old_f)/nf, tail);
        old_f = nf; old_e = ne; old_c = nc;
        if (change < 3e-9) break;
        h *= 0.5;
    }
    if (!(old_f > 0.0)) return 0;
    const double direct = s->light ? -RMT_LOG_PI + log(old_e) - g_min : 0.0;
    double lower, upper;
    if (alpha > 1.0) {
        upper = old_e/RMT_PI*exp(-g_min);
        lower = s->below + old_c/RMT_PI;
        v->upper = upper <= 0.5;
    } else {
        lower = s->below + old_e/RMT_PI*exp(-g_min);
        upper = old_c/RMT_PI;
        v->upper = upper < lower;
    }
    v->q = v->upper ? upper : lower;
    v->log_q = s->light && ((alpha > 1.0) == v->upper) ? direct : log(v->q);
    const double scale = c.s0 ? log(alpha) - RMT_LOG_PI - c.log_m
                              : log(alpha/fabs(eps)) - RMT_LOG_PI + s->log_sc - log_y;
    v->log_f = scale + log(old_f) - g_min;
    v->f = c.s0 && g_min < 600.0 ? alpha/(RMT_PI*c.m)*old_f*exp(-g_min) : exp(v->log_f);
    v->branch = 4;
    v->error = change;
    return 1;
}

/* ---- the closed laws ------------------------------------------------------------------------------------------ */
static double rmt_log_erfc(double z)
{
    if (z < 20.0) return log(erfc(z));
    const double r = 0.5/(z*z);
    return -z*z - log(z) - 0.5*RMT_LOG_PI + log1p(-r*(1.0 - 3.0*r*(1.0 - 5.0*r*(1.0 - 7.0*r*(1.0 - 9.0*r)))));
}

static void rmt_normal(double x, rmt_value *v) /* variance 2, x >= 0 */
{
    v->log_f = -0.25*x*x - 0.5*RMT_LOG_PI - 0.69314718055994530942;
    v->f = exp(-0.25*x*x)*0.28209479177387814347;
    v->q = 0.5*erfc(0.5*x);
    v->log_q = rmt_log_erfc(0.5*x) - 0.69314718055994530942;
    v->upper = 1;
    v->branch = 0;
    v->error = 2e-16;
}

static void rmt_cauchy(double x, rmt_value *v) /* x >= 0 */
{
    v->f = x < 1e150 ? 1.0/(RMT_PI*(1.0 + x*x)) : 1.0/RMT_PI/x/x;
    v->log_f = -RMT_LOG_PI - (x < 1e150 ? log1p(x*x) : 2.0*log(x));
    v->q = atan2(1.0, x)/RMT_PI;
    v->log_q = log(v->q);
    v->upper = 1;
    v->branch = 0;
    v->error = 2e-16;
}

static void rmt_levy(double log_y, rmt_value *v) /* alpha = 1/2, beta = 1; y is the coordinate with E exp(-tS) = exp(-sqrt t) */
{
    const double inverse = exp(-log_y), root = 0.5*exp(-0.5*log_y);
    v->log_f = -1.5*log_y - 0.25*inverse - 0.69314718055994530942 - 0.5*RMT_LOG_PI;
    v->f = exp(v->log_f);
    if (fabs(v->log_f) < 600.0) v->f = 0.28209479177387814347*exp(-0.25*inverse)*inverse*exp(-0.5*log_y);
    v->upper = root < 0.4769362762044699; /* erf = 1/2 */
    v->q = v->upper ? erf(root) : erfc(root);
    v->log_q = v->upper ? log(v->q) : rmt_log_erfc(root);
    if (v->upper && v->q < 1e-290) v->log_q = log(1.1283791670955126) + log(0.5) - 0.5*log_y;
    v->branch = 0;
    v->error = 2e-16;
}

/* x0: S0 coordinate; x1 = x0 - zeta (S1 coordinate, exact when the caller has it); which = 0 chooses, else forces a branch.
 * Returns 0 if a forced branch does not accept. */
static int rmt_evaluate(const rmt_law *law, double x0, double x1, int which, rmt_value *v)
{
    const double alpha = law->up.alpha, beta = law->up.beta;
    if (!law->positive && alpha == 2.0 && !which) {
        rmt_normal(fabs(x0), v);
        if (x0 < 0.0) v->upper = !v->upper;
        return 1;
    }
    if (!law->positive && alpha == 1.0 && beta == 0.0) {
        rmt_cauchy(fabs(x0), v);
        if (x0 < 0.0) v->upper = !v->upper;
        return !which;
    }
    const int at_one = alpha == 1.0;
    const int flip = at_one ? beta < 0.0 : (x1 < 0.0 || (x1 == 0.0 && alpha < 1.0 && beta == -1.0));
    const rmt_side *s = flip ? &law->down : &law->up;
    const double x = flip ? -x0 : x0, y1 = flip ? -x1 : x1, eps = s->eps;
    const double log_y = at_one ? 0.0 : s->log_sc + log(y1);
    int found = 0;
    if (law->positive ? x1 <= 0.0 : (alpha < 1.0 && s->beta == -1.0) || (alpha < 1.0 && s->beta == 1.0 && y1 == 0.0)) {
        /* outside the support (or at its end): beyond a one-sided law in the direction away from it */
        v->f = 0.0; v->log_f = -INFINITY; v->q = 0.0; v->log_q = -INFINITY;
        v->upper = s->beta == -1.0;
        v->branch = 5; v->error = 0.0;
        if (flip) v->upper = !v->upper;
        return !which;
    }
    if (alpha == 0.5 && s->beta == 1.0 && !which) {
        rmt_levy(log_y, v);
        v->log_f += s->log_sc;
        v->f = fabs(v->log_f) < 600.0 ? v->f*exp(s->log_sc) : exp(v->log_f);
        found = 1;
    }
    if (!found && !law->positive && fabs(eps) < 0.06 && fabs(x0) > 2.0 && (which == 0 || which == 3)) {
        const int turn = x0 < 0.0; /* direction by the sign of the S0 coordinate */
        const rmt_side *side = turn ? &law->down : &law->up;
        found = rmt_tail_integral(side, fabs(x0), 0, v);
        if (found) { if (turn) v->upper = !v->upper; return 1; }
    }
    const int strict = !at_one && (law->positive || fabs(s->zeta) < 25.0);
    if (!found && strict && (which == 0 || which == 1)) found = rmt_zero_series(s, log_y, v);
    if (!found && strict && y1 > 0.0 && (which == 0 || which == 2)
        && (law->positive || alpha < 0.9 || alpha > 1.1 || beta == 0.0))
        found = rmt_tail_series(s, log_y, v);
    if (!found && alpha < 1.0 && y1 > 0.0 && (which == 0 || which == 3)) {
        if (law->positive || fabs(eps) >= 0.06) found = rmt_tail_integral(s, exp(log_y), 1, v);
        if (found && v->q >= 0.45) found = 0;
    }
    if (!found && (at_one || y1 > 0.0) && (which == 0 || which == 4))
        found = rmt_curve_integral(s, log_y, x, !law->positive, v);
    if (found && flip) v->upper = !v->upper;
    return found;
}

#endif
