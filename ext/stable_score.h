/* Derivatives of the log density in x, alpha and beta: each formula of stable_density.h differentiated under its sum or integral.
 *
 * The contour of an integral may be held fixed: f = (1/pi) Re int e^h du gives df/dp = (1/pi) Re int (dh/dp) e^h du, on the
 * imaginary axis (T) as on the curve of steepest descent (Z). With E(z) = (e^(eps z) - 1)/eps, z = log u,
 *     h = -u [1 + i x + (eps + i b) E],   dh/dx = -i u,   dh/dbeta = -i u (b/beta) E,
 *     dh/dalpha = -u [E + i b' E + (eps + i b) dE/deps]                               (S0, next to alpha = 1),
 *     h = -i u y - e^(i eta) u^alpha                                                 (strictly stable coordinate y).
 * The curve of a light side starts at a saddle on the imaginary axis. The piece of the axis before it adds nothing to the density,
 * but does to its derivative in beta: that is the heavy tail which any other beta has.
 */
#ifndef RMT_STABLE_SCORE_H
#define RMT_STABLE_SCORE_H

#include "stable_density.h"

#define RMT_EULER 0.57721566490153286061

typedef struct {
    double zeta_a, zeta_b, eta_a, eta_b, log_sc_a, log_sc_b; /* _a: d/dalpha, _b: d/dbeta */
    double w_a, w_b, W_a, W_b, theta_a, theta_b, b_a, b_b;
    double zero_psi[RMT_TERMS + 1], tail_psi[RMT_TERMS + 1]; /* psi(k/alpha + 1), psi(alpha k + 1) */
} rmt_slopes;

typedef struct { rmt_slopes up, down; } rmt_law_slopes;

typedef struct { double x, alpha, beta; int in_s0; } rmt_gradient; /* of log f at fixed S0 or fixed S1 coordinate */

static double rmt_digamma(double x) /* x >= 1 */
{
    double shift = 0.0;
    while (x < 12.0) { shift -= 1.0/x; x += 1.0; }
    const double z = 1.0/(x*x);
    const double series = z*(1.0/12 - z*(1.0/120 - z*(1.0/252 - z*(1.0/240 - z*(1.0/132 - z*(691.0/32760 - z*(1.0/12)))))));
    return shift + log(x) - 0.5/x - series;
}

static void rmt_slopes_make(rmt_slopes *d, const rmt_side *s)
{
    const double alpha = s->alpha, beta = s->beta, eps = s->eps, t = rmt_tangent(alpha), zz = s->zeta*s->zeta;
    const double growth = RMT_HALF_PI*(1.0 + t*t); /* |d tan(pi alpha/2)/d alpha| */
    d->zeta_a = beta == 0.0 ? 0.0 : -beta*growth;
    d->zeta_b = alpha > 1.0 ? t : -t;
    d->eta_a = d->zeta_a/(1.0 + zz);
    d->eta_b = d->zeta_b/(1.0 + zz);
    d->log_sc_a = -(s->zeta*d->eta_a + s->log_sc)/alpha;
    d->log_sc_b = -s->zeta*d->eta_b/alpha;
    const double bt = beta*t, below = 1.0 + bt*bt;
    const double difference_a = RMT_HALF_PI*s->one_minus*(1.0 - beta*t*t)/below; /* of atan t - atan(beta t), alpha < 1 */
    const double sum_a = RMT_HALF_PI*s->one_plus*(1.0 + beta*t*t)/below;         /* of atan t + atan(beta t) */
    if (alpha < 1.0) {
        d->w_a = (difference_a - s->w)/alpha;
        d->w_b = -t/below/alpha;
        d->W_a = -d->w_a;
        d->W_b = -d->w_b;
        d->theta_a = sum_a;
        d->theta_b = t/below;
    } else {
        d->w_a = -sum_a;
        d->w_b = t/below;
        d->W_a = -(d->w_a + s->W)/alpha;
        d->W_b = -d->w_b/alpha;
        d->theta_a = d->w_a;
        d->theta_b = d->w_b;
    }
    d->b_b = eps == 0.0 ? 2.0/RMT_PI : eps/tan(RMT_HALF_PI*eps);
    const double q = RMT_PI*eps, z = q*q; /* b' = beta (sin q - q)/(1 - cos q) */
    const double series = -q/3.0*(1.0 - z/20.0*(1.0 - z/42.0*(1.0 - z/72.0*(1.0 - z/110.0))))
                          /(1.0 - z/12.0*(1.0 - z/30.0*(1.0 - z/56.0*(1.0 - z/90.0))));
    d->b_a = beta*(fabs(q) < 0.4 ? series : (sin(q) - q)/(1.0 - cos(q)));
    for (int k = 1; k <= RMT_TERMS; k++) {
        d->zero_psi[k] = rmt_digamma(k/alpha + 1.0);
        d->tail_psi[k] = rmt_digamma(alpha*k + 1.0);
    }
}

static void rmt_law_slopes_make(rmt_law_slopes *d, const rmt_law *law)
{
    rmt_slopes_make(&d->up, &law->up);
    rmt_slopes_make(&d->down, &law->down);
}

/* y d log f/dy and the derivatives at fixed y turned into derivatives at fixed x1 = y/sc */
static void rmt_from_strict(const rmt_slopes *d, double per_x1, double y_slope, double of_alpha, double of_beta, rmt_gradient *g)
{
    g->x = per_x1;
    g->alpha = of_alpha + d->log_sc_a*(1.0 + y_slope);
    g->beta = of_beta + d->log_sc_b*(1.0 + y_slope);
    g->in_s0 = 0;
}

/* ---- series: the terms that rmt_zero_series and rmt_tail_series have accepted ----------------------------------------- */
static void rmt_zero_score(const rmt_side *s, const rmt_slopes *d, double log_y, rmt_gradient *g)
{
    const double y = exp(log_y), alpha = s->alpha;
    double power = 1.0, before = 0.0, f = 0.0, f_y = 0.0, f_a = 0.0, f_b = 0.0, previous = INFINITY;
    for (int k = 1; k <= s->zero_count; k++) {
        const double size = s->zero[k]*power, sine = s->zero_sine[k];
        const double cosine = alpha < 1.0 ? cos(k*s->w) : (k % 2 ? 1.0 : -1.0)*cos(k*s->W);
        f += size*sine;
        f_y += (k - 1)*s->zero[k]*before*sine;
        f_a += size*k*(cosine*(alpha < 1.0 ? d->w_a : d->W_a) - sine*d->zero_psi[k]/(alpha*alpha));
        f_b += size*k*cosine*(alpha < 1.0 ? d->w_b : d->W_b);
        if (size <= 1e-18*fabs(f) && size <= previous && k > 3) break;
        previous = size;
        before = power;
        power *= y;
    }
    rmt_from_strict(d, exp(s->log_sc)*f_y/f, y*f_y/f, f_a/f, f_b/f, g);
}

static void rmt_tail_score(const rmt_side *s, const rmt_slopes *d, double log_y, double x1, rmt_gradient *g)
{
    const double alpha = s->alpha, p = exp(-alpha*log_y);
    double power = 1.0, f = 0.0, f_y = 0.0, f_a = 0.0, f_b = 0.0, previous = INFINITY;
    for (int k = 1; k <= s->tail_count; k++) {
        const double size = s->tail[k]*power, sine = s->tail_sine[k];
        const double cosine = alpha < 1.0 ? (k % 2 ? 1.0 : -1.0)*cos(k*s->theta) : cos(k*s->w);
        f += size*sine;
        f_y -= size*sine*(alpha*k + 1.0);
        f_a += size*k*(sine*(d->tail_psi[k] - log_y) + cosine*d->theta_a);
        f_b += size*k*cosine*d->theta_b;
        if (size <= 1e-18*fabs(f) && size <= previous) break;
        previous = size;
        power *= p;
    }
    rmt_from_strict(d, f_y/f/x1, f_y/f, f_a/f, f_b/f, g);
}

/* ---- E(z) = (e^(eps z) - 1)/eps and its derivative in eps, complex z --------------------------------------------------- */
typedef struct { double re, im, d_re, d_im; } rmt_power;

RMT_INLINE rmt_power rmt_power_of(double eps, double inverse_eps, double zr, double zi)
{
    const double sr = eps*zr, si = eps*zi;
    /* |eps z| < 1/2: sum s^k/(k+1)! and sum (k+1) s^k/(k+2)! */
    const double small_r = rmt_min(rmt_max(sr, -0.5), 0.5), small_i = rmt_min(rmt_max(si, -0.5), 0.5);
    double ar = 0.0, ai = 0.0, br = 0.0, bi = 0.0, t;
#define RMT_STEP(A, B) t = ar*small_r - ai*small_i + (A); ai = ar*small_i + ai*small_r; ar = t; \
                       t = br*small_r - bi*small_i + (B); bi = br*small_i + bi*small_r; br = t;
    RMT_STEP(1.0/20922789888000.0, 16.0/355687428096000.0)
    RMT_STEP(1.0/1307674368000.0, 15.0/20922789888000.0)
    RMT_STEP(1.0/87178291200.0, 14.0/1307674368000.0)
    RMT_STEP(1.0/6227020800.0, 13.0/87178291200.0)
    RMT_STEP(1.0/479001600.0, 12.0/6227020800.0)
    RMT_STEP(1.0/39916800.0, 11.0/479001600.0)
    RMT_STEP(1.0/3628800.0, 10.0/39916800.0)
    RMT_STEP(1.0/362880.0, 9.0/3628800.0)
    RMT_STEP(1.0/40320.0, 8.0/362880.0)
    RMT_STEP(1.0/5040.0, 7.0/40320.0)
    RMT_STEP(1.0/720.0, 6.0/5040.0)
    RMT_STEP(1.0/120.0, 5.0/720.0)
    RMT_STEP(1.0/24.0, 4.0/120.0)
    RMT_STEP(1.0/6.0, 3.0/24.0)
    RMT_STEP(0.5, 2.0/6.0)
    RMT_STEP(1.0, 0.5)
#undef RMT_STEP
    double grown, em, sine, cosine, half_sine;
    rmt_exp_parts(rmt_min(rmt_max(sr, -RMT_FAR), RMT_FAR), &grown, &em);
    rmt_sincos(si, &sine, &cosine);
    half_sine = rmt_sin(0.5*si);
    const double far_r = (em*cosine - 2.0*half_sine*half_sine)*inverse_eps, far_i = grown*sine*inverse_eps;
    const double near_r = zr*ar - zi*ai, near_i = zr*ai + zi*ar;
    const double z2r = zr*zr - zi*zi, z2i = 2.0*zr*zi;
    const double slope_r = z2r*br - z2i*bi, slope_i = z2r*bi + z2i*br;
    const double er = grown*cosine, ei = grown*sine;
    const double steep_r = (zr*er - zi*ei - far_r)*inverse_eps, steep_i = (zr*ei + zi*er - far_i)*inverse_eps;
    const double size = sr*sr + si*si;
    const rmt_power out = {size < 0.25 ? near_r : far_r, size < 0.25 ? near_i : far_i,
                           size < 0.25 ? slope_r : steep_r, size < 0.25 ? slope_i : steep_i};
    return out;
}

/* ---- the tail integral T ------------------------------------------------------------------------------------------------ */
typedef struct {
    double exponent[RMT_TAIL_NODES], f[RMT_TAIL_NODES], x[RMT_TAIL_NODES], a[RMT_TAIL_NODES], b[RMT_TAIL_NODES];
} rmt_tail_slopes;

/* All relative to (coefficient v0^alpha v0 h/pi): density, d/dx, d/dalpha; b is d/dtheta (strict) or d/dbeta. */
RMT_CLONES static void rmt_tail_score_nodes(const rmt_tail *c, const rmt_slopes *d, double first, rmt_tail_slopes *out)
{
    const double alpha = c->s->alpha, eps = c->s->eps, b = c->s->b, one_plus = c->s->one_plus;
    const double sin_theta = c->s->sin_theta, cos_theta = c->s->cos_theta, cotangent = cos_theta/sin_theta;
    const double x = c->x, log_v0 = c->log_v0, v0 = c->v0, v0_alpha = c->v0_alpha, coefficient = c->coefficient;
    const double strict = c->strict ? 1.0 : 0.0, b_a = d->b_a, b_b = d->b_b;
    const double inverse_eps = eps == 0.0 ? 0.0 : 1.0/eps, inverse_plus = 1.0/one_plus;
    const double edge = RMT_HALF_PI*tan(RMT_HALF_PI*eps);
    for (long i = 0; i < RMT_TAIL_NODES; i++) {
        const double t = first + 0.125*(double)(int)i, e = rmt_exp_moderate(-t), rise = t - e, log_v = log_v0 + rise;
        const double ratio = rmt_exp(rise), ratio_alpha = rmt_exp_moderate(alpha*rise), v = v0*ratio;
        const double v_alpha = v0_alpha*ratio_alpha;
        const rmt_power E = rmt_power_of(eps, inverse_eps, log_v, -RMT_HALF_PI);
        const double plain = -v*x - v_alpha*cos_theta, s0 = -v*(x + b*E.re + eps*E.im);
        const double exponent = strict > 0.0 ? plain : s0;
        const double z = coefficient*v_alpha;
        double sine, cosine;
        rmt_sincos(z, &sine, &cosine);
        const double small = 1.0 - z*z/6.0, large = sine/z, sinc = z < 1e-4 ? small : large;
        const double weight = rmt_exp(rmt_min(exponent, 800.0))*ratio_alpha*ratio*(1.0 + e);
        const double a_strict = log_v*(cosine - cos_theta*v_alpha*sinc), b_strict = cosine*cotangent + sine;
        const double a_s0 = -sinc*v*(b_a*E.re + b*E.d_re + E.im + eps*E.d_im) + cosine*(log_v - edge);
        const double b_s0 = -sinc*v*b_b*E.re + cosine*inverse_plus;
        out->exponent[i] = exponent;
        out->f[i] = weight*sinc;
        out->x[i] = -weight*sinc*v;
        out->a[i] = weight*(strict > 0.0 ? a_strict : a_s0);
        out->b[i] = weight*(strict > 0.0 ? b_strict : b_s0);
    }
}

static void rmt_tail_integral_score(const rmt_side *s, const rmt_slopes *d, double x, int strict, rmt_gradient *g)
{
    const double alpha = s->alpha, coefficient = strict ? s->sin_theta : s->one_plus*cos(RMT_HALF_PI*s->eps);
    const double log_v0 = x > 1.0 ? -log(x) : 0.0, v0_alpha = exp(alpha*log_v0);
    const rmt_tail c = {s, x, coefficient, log_v0, exp(log_v0), v0_alpha, strict};
    double f = 0.0, f_x = 0.0, f_a = 0.0, f_b = 0.0, reach = 45.0;
    if (strict ? s->cos_theta < 0.0 : s->b < 0.0) reach = fmin(700.0, fmax(45.0, 45.0 - log(coefficient*v0_alpha)));
    rmt_tail_slopes block;
    int reached = 0;
    for (double first = -log(45.0/(alpha < 1.0 ? alpha : 1.0)); first < 40.0 && !reached; first += 0.125*RMT_TAIL_NODES) {
        rmt_tail_score_nodes(&c, d, first, &block);
        for (int i = 0; i < RMT_TAIL_NODES && !reached; i++) {
            f += block.f[i];
            f_x += block.x[i];
            f_a += block.a[i];
            f_b += block.b[i];
            reached = block.exponent[i] < -reach;
        }
    }
    if (strict) {
        rmt_from_strict(d, exp(s->log_sc)*f_x/f, x*f_x/f, (f_a + d->theta_a*f_b)/f, d->theta_b*f_b/f, g);
    } else {
        g->x = f_x/f;
        g->alpha = f_a/f;
        g->beta = f_b/f;
        g->in_s0 = 1;
    }
}

/* ---- the curve of steepest descent -------------------------------------------------------------------------------------- */
/* Re[(dh/dp) u (d log r/dphi - i)] for x, alpha and beta (strict: y, alpha and eta), without the weight. */
RMT_CLONES static void rmt_score_strict(const rmt_curve *c, const rmt_slopes *d, rmt_nodes *k, double *by_x, double *by_a, double *by_b,
                                        long n)
{
    const double alpha = c->s->alpha, over_eps = -1.0/c->s->eps; /* sigma/|eps| */
    const double turn = d->eta_a - RMT_HALF_PI;
    for (long i = 0; i < n; i++) {
        double sine, cosine, sin_big, cos_big;
        rmt_sincos(k->chi[i], &sine, &cosine);
        rmt_sincos(alpha*k->d[i], &sin_big, &cos_big);
        const double sin_chi = k->sin_chi[i], sin_a = k->sin_a[i], weight = k->weight[i]*k->log_g[i];
        const double L = (over_eps*k->cos_b[i]/sin_chi - cos_big)/sin_a;
        const double along = sin_chi*L - cosine, across = -cosine*L - sin_chi; /* u (L - i)/r */
        const double log_r = rmt_max(rmt_min(k->log_r[i], 200.0), -300.0);
        const double r2 = rmt_exp_moderate(2.0*log_r), r_power = rmt_exp_moderate((1.0 + alpha)*log_r);
        const double straight = cos_big*along + sin_a*across, turned = cos_big*across - sin_a*along;
        const double x = r2*(sin_chi*across - cosine*along);
        const double a = -r_power*(straight*log_r - turned*(k->chi[i] + turn)), b = r_power*turned;
        by_x[i] = weight > 0.0 ? weight*x : 0.0;
        by_a[i] = weight > 0.0 ? weight*a : 0.0;
        by_b[i] = weight > 0.0 ? weight*b : 0.0;
    }
}

RMT_CLONES static void rmt_score_s0(const rmt_curve *c, const rmt_slopes *d, rmt_nodes *k, double *by_x, double *by_a, double *by_b,
                                    long n)
{
    const double alpha = c->s->alpha, eps = c->s->eps, b = c->s->b, one_minus = c->s->one_minus, b_a = d->b_a, b_b = d->b_b;
    const double sigma = alpha > 1.0 ? -1.0 : 1.0, at_one = eps == 0.0 ? 1.0 : 0.0;
    const double inverse_eps = eps == 0.0 ? 0.0 : 1.0/eps, size_eps = fabs(inverse_eps), inverse_b = eps == 0.0 ? 1.0/b : 0.0;
    for (long i = 0; i < n; i++) {
        double sine, cosine, sin_big, cos_big;
        rmt_sincos(k->chi[i], &sine, &cosine);
        rmt_sincos(alpha*k->d[i], &sin_big, &cos_big);
        const double sin_chi = k->sin_chi[i], sin_a = k->sin_a[i], weight = k->weight[i]*k->log_g[i];
        const double p_one = (one_minus + b*k->d[i])*inverse_b, p_off = size_eps*k->cos_b[i];
        const double L = (sigma*(at_one > 0.0 ? p_one : p_off)/sin_chi - cos_big)/sin_a;
        const double along = sin_chi*L - cosine, across = -cosine*L - sin_chi;
        const double log_r = rmt_max(rmt_min(k->log_r[i], 200.0), -300.0), r2 = rmt_exp_moderate(2.0*log_r);
        const rmt_power E = rmt_power_of(eps, inverse_eps, log_r, k->chi[i] - RMT_HALF_PI);
        const double X = r2*(sin_chi*across - cosine*along), Y = -r2*(sin_chi*along + cosine*across);
        const double B_r = E.re - b_a*E.im + eps*E.d_re - b*E.d_im, B_i = E.im + b_a*E.re + eps*E.d_im + b*E.d_re;
        by_x[i] = weight > 0.0 ? weight*X : 0.0;
        by_a[i] = weight > 0.0 ? weight*(X*B_i + Y*B_r) : 0.0;
        by_b[i] = weight > 0.0 ? weight*b_b*(E.re*X - E.im*Y) : 0.0;
    }
}

/* log int_0^r0 v^alpha e^h(v) dv along the axis up to the saddle of a light side (strict: in the strictly stable coordinate) */
static double rmt_axis_integral(const rmt_curve *c)
{
    const rmt_side *s = c->s;
    const double alpha = s->alpha, eps = s->eps, sign = alpha > 1.0 ? 1.0 : -1.0, y = c->s0 ? 0.0 : exp(c->log_y);
    const double cos_e = cos(RMT_HALF_PI*eps), sin_e = sin(RMT_HALF_PI*eps), sin_q = sin(0.25*RMT_PI*eps);
    double sum = 0.0;
    for (double tau = -40.0 - c->log_g_min*(c->g_min > 1.0); tau < 40.0; tau += 0.125) {
        const double e = exp(-fabs(tau)), part = (tau > 0.0 ? 1.0 : e)/(1.0 + e); /* v/r0 */
        const double log_v = c->log_r_min + log(part), v = exp(log_v);
        double h;
        if (c->s0) {
            const double m = expm1(eps*log_v), er = eps == 0.0 ? log_v : (m*cos_e - 2.0*sin_q*sin_q)/eps;
            const double ei = eps == 0.0 ? -RMT_HALF_PI : -(m + 1.0)*sin_e/eps;
            h = -v*(sign*(c->x + s->b*er) + eps*ei);
        } else {
            h = sign*(exp(alpha*log_v) - v*y);
        }
        sum += exp(h + (1.0 + alpha)*log_v)*(tau > 0.0 ? e : 1.0)/(1.0 + e); /* v^alpha dv */
    }
    return log(0.125*sum);
}

static void rmt_curve_score(const rmt_curve *c, const rmt_slopes *d, double integral, double x1, rmt_gradient *g)
{
    const rmt_side *s = c->s;
    const double alpha = s->alpha, eps = s->eps, rising = alpha <= 1.0 ? 1.0 : -1.0;
    double sum_x = 0.0, sum_a = 0.0, sum_b = 0.0, scale;
    g->in_s0 = c->s0;
    if (integral > 0.0) {
        rmt_nodes k;
        double factor[RMT_NODES], g_e[RMT_NODES], c_e[RMT_NODES], by_x[RMT_NODES], by_a[RMT_NODES], by_b[RMT_NODES];
        for (int direction = -1; direction <= 1; direction += 2) {
            double tau = direction > 0 ? c->step : 0.0, weight;
            while (tau <= c->half) {
                long n = (long)((c->half - tau)/c->step) + 1;
                if (n > RMT_NODES) n = RMT_NODES;
                rmt_offsets(c, direction, tau, c->step, k.ds, factor, n);
                rmt_curve_nodes(c, &k, n);
                rmt_integrands(c, &k, factor, g_e, c_e, n);
                weight = k.weight[n - 1];
                if (c->s0) rmt_score_s0(c, d, &k, by_x, by_a, by_b, n); else rmt_score_strict(c, d, &k, by_x, by_a, by_b, n);
                for (long i = 0; i < n; i++) { sum_x += by_x[i]; sum_a += by_a[i]; sum_b += by_b[i]; }
                tau += c->step*n;
                if (fabs(c->s1 + k.ds[n - 1]) > RMT_FAR || (tau > 3.0 && weight < 1e-26*integral)) break;
            }
        }
        scale = rising*c->step/integral*(c->s0 ? c->m/alpha : fabs(eps)/alpha*exp(c->log_y));
    } else { /* only the saddle is left: the derivative of its exponent */
        const double r = exp(c->log_r_min);
        scale = 1.0;
        sum_x = rising*r;
        if (c->s0) {
            const rmt_power E = rmt_power_of(eps, eps == 0.0 ? 0.0 : 1.0/eps, c->log_r_min, rising*RMT_HALF_PI);
            sum_a = rising*r*(E.im + d->b_a*E.re + eps*E.d_im + s->b*E.d_re);
        } else {
            sum_a = -rising*exp(alpha*c->log_r_min)*c->log_r_min;
        }
    }
    double beta = scale*sum_b*(c->s0 ? 1.0 : d->eta_b);
    if (s->light) { /* the heavy tail that appears when beta leaves its limit */
        const double log_f = integral > 0.0 ? (c->s0 ? log(alpha/c->m) : log(alpha/fabs(eps)) - c->log_y) + log(integral) - c->g_min : -INFINITY;
        const double factor = c->s0 ? cos(RMT_HALF_PI*eps) : fabs(cos(RMT_HALF_PI*alpha))*sin(RMT_HALF_PI*alpha);
        beta -= rising*factor*exp(fmin(rmt_axis_integral(c) - log_f, 710.0));
    }
    if (c->s0) {
        g->x = scale*sum_x;
        g->alpha = scale*sum_a;
        g->beta = beta;
    } else {
        const double y_slope = scale*sum_x*exp(c->log_y);
        rmt_from_strict(d, y_slope/x1, y_slope, scale*sum_a, beta, g);
    }
}

/* ---- the closed laws ------------------------------------------------------------------------------------------------------ */
static void rmt_cauchy_score(double x, rmt_gradient *g)
{
    /* int u log u e^(-pu) du = (1 - gamma - log p)/p^2 with p = 1 + i x */
    const double size = hypot(1.0, x), angle = atan(x), re = 1.0 - RMT_EULER - log(size), im = -angle;
    const double c = cos(2.0*angle), s = -sin(2.0*angle); /* 1/p^2 = e^(-2 i angle)/(1 + x^2); f = 1/(pi (1 + x^2)) */
    g->x = -2.0*x/size/size;
    g->alpha = -(re*c - im*s);
    g->beta = 2.0/RMT_PI*(re*s + im*c);
    g->in_s0 = 1;
}

/* x >= 0, alpha = 2: the derivative in alpha from below; on the contour u = t - i x/2 and the axis before it */
static void rmt_normal_score(double x, double beta, rmt_gradient *g)
{
    const double X = 0.5*x, h = 0.0625;
    double curve = 0.0, axis = 0.0;
    for (double tau = -5.0; tau < 4.0; tau += h) { /* t = exp(tau - e^-tau) */
        const double e = exp(-tau), t = exp(tau - e), size = log(hypot(t, X)), angle = -atan2(X, t);
        const double u2r = t*t - X*X, u2i = -2.0*t*X;
        /* Re of -u^2 log u + i beta (pi/2)(u^2 - u) */
        curve += (u2i*angle - u2r*size - beta*RMT_HALF_PI*(u2i + X))*exp(-t*t)*t*(1.0 + e);
    }
    for (double tau = -40.0 - 2.0*log(fmax(X, 1.0)); tau < 40.0; tau += 0.125) { /* v = X/(1 + e^-tau) */
        const double e = exp(-fabs(tau)), near = e/(1.0 + e), far = 1.0/(1.0 + e);
        const double part = tau > 0.0 ? far : near, rest = tau > 0.0 ? near : far, v = X*part;
        axis += v*v*exp(fmin(X*X*rest*rest, 709.0))*X*near*far;
    }
    g->x = -X;
    /* f e^(X^2) = 1/(2 sqrt pi); the axis carries -(pi/2)(1 + beta) v^2 */
    g->alpha = (h*curve - 0.125*axis*RMT_HALF_PI*(1.0 + beta))/RMT_PI*2.0*sqrt(RMT_PI);
    g->beta = 0.0;
    g->in_s0 = 1;
}

/* log f, d/dx, d/dalpha, d/dbeta at fixed S0 (or S1) coordinate. 0: outside the support. */
static int rmt_score(const rmt_law *law, const rmt_law_slopes *slopes, double x0, double x1, int s0, double *out)
{
    const double alpha = law->up.alpha, beta = law->up.beta;
    const int at_one = alpha == 1.0;
    rmt_value v;
    rmt_gradient g;
    int flip = at_one ? beta < 0.0 : x1 < 0.0;
    if (!rmt_evaluate(law, x0, x1, 0, &v) || !(v.log_f > -INFINITY)) return 0;
    out[0] = v.log_f;
    if (!at_one && fabs(alpha - 1.0) < 0.06 && fabs(x1) < 1e-280) { x1 = copysign(1e-280, x1); x0 = fabs(x0) < 1e-280 ? x1 : x0; }
    const double eps = alpha - 1.0;
    const int use_turn = fabs(x0) > 2.0 && (fabs(eps) < 0.06 || (eps > 0.0 && eps < 0.16));
    const rmt_side *s = flip ? &law->down : &law->up;
    const rmt_slopes *d = flip ? &slopes->down : &slopes->up;
    const double x = flip ? -x0 : x0, y1 = flip ? -x1 : x1, log_y = at_one ? 0.0 : s->log_sc + log(y1);
    const int strict = !at_one && fabs(eps) >= 0.06;
    rmt_curve curve;
    double integral;
    if (alpha == 2.0) {
        flip = x0 < 0.0;
        rmt_normal_score(fabs(x0), flip ? -beta : beta, &g);
    } else if (at_one && beta == 0.0) {
        flip = 0;
        rmt_cauchy_score(x0, &g);
    } else if (use_turn && rmt_tail_integral(x0 < 0.0 ? &law->down : &law->up, fabs(x0), 0, &v)) {
        flip = x0 < 0.0;
        rmt_tail_integral_score(flip ? &law->down : &law->up, flip ? &slopes->down : &slopes->up, fabs(x0), 0, &g);
    } else if (strict && rmt_zero_series(s, log_y, &v)) {
        rmt_zero_score(s, d, log_y, &g);
    } else if (strict && y1 > 0.0 && rmt_tail_series(s, log_y, &v)) {
        rmt_tail_score(s, d, log_y, y1, &g);
    } else if (strict && alpha < 1.0 && y1 > 0.0 && rmt_tail_integral(s, exp(log_y), 1, &v) && v.q < 0.45) {
        rmt_tail_integral_score(s, d, exp(log_y), 1, &g);
    } else if ((at_one || y1 > 0.0) && rmt_curve_integral(s, log_y, x, 1, &v, &curve, &integral)) {
        rmt_curve_score(&curve, d, integral, y1, &g);
    } else {
        return 0;
    }
    const rmt_slopes *used = flip ? &slopes->down : &slopes->up;
    if (!at_one && g.in_s0 != s0) {
        const double sign = g.in_s0 ? 1.0 : -1.0;
        g.alpha += sign*used->zeta_a*g.x;
        g.beta += sign*used->zeta_b*g.x;
    }
    out[1] = flip ? -g.x : g.x;
    out[2] = g.alpha;
    out[3] = flip ? -g.beta : g.beta;
    return 1;
}

#endif
