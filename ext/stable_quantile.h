/* Quantiles: P(X > x) = q solved for x by Newton steps on the logarithm of the tail, inside a bracket. */
#ifndef RMT_STABLE_QUANTILE_H
#define RMT_STABLE_QUANTILE_H

#include "stable_density.h"

/* log P(X > x) (or of P(X < x) when `lower`) and its derivative with respect to x */
static double rmt_log_tail(const rmt_law *law, double x0, double x1, int lower, double *slope)
{
    rmt_value v;
    if (!rmt_evaluate(law, x0, x1, 0, &v)) { *slope = 0.0; return NAN; }
    const int direct = v.upper != lower;
    const double value = direct ? v.log_q : log1p(-v.q);
    const double density = v.log_f - value;
    *slope = density < 700.0 ? exp(density) : 1e304;
    if (!lower) *slope = -*slope;
    return value;
}

/* ln |x_S1| of the start for small alpha and one-sided laws: P(X > x) = rho (1 - exp(-c y^-alpha)), which is the limit of small alpha with c matched
 * to the tail. Far on the light side of a one-sided law: from the minimum of the exponent. *below: on the lower side of zeta. */
static double rmt_first_guess(const rmt_law *law, double log_q, int lower, int one_sided, int *below)
{
    const double alpha = law->up.alpha, rest = -expm1(log_q);
    const double rho = law->positive ? 1.0 : law->up.W/RMT_PI, under = law->positive ? 0.0 : law->up.below;
    const double own = lower ? under : rho, other = lower ? rho : under;
    const int crossed = one_sided ? own < 0.5 : exp(log_q) > own; /* the quantile lies on the other side of zeta */
    *below = crossed ? !lower : lower;
    const rmt_side *s = *below ? &law->down : &law->up;
    const double log_sc = law->positive ? 0.0 : s->log_sc;
    if (one_sided && crossed && log_q < -1.0)
        return log(alpha) + (1.0 - alpha)/alpha*(log(1.0 - alpha) - log(-log_q)) - log_sc;
    const double fraction = crossed ? rest/other : exp(log_q)/own;
    const double log_c = lgamma(alpha) + log(s->sin_theta) - RMT_LOG_PI - log(crossed ? other : own);
    const double log_level = fraction < 1e-10 ? (crossed ? log(fraction) : log_q - log(own)) : log(-log1p(-fmin(fraction, 1.0 - 1e-16)));
    const double log_y = (log_c - log_level)/alpha;
    if (one_sided && !law->positive && alpha > 0.9) /* beside alpha = 1, where the bulk lies at x_S0 = 0 */
        return log(fabs(law->up.zeta) + exp(fmin(log_y - log_sc, 700.0)) - 0.7);
    return (one_sided && alpha > 0.6 ? log1p(exp(fmin(log_y, 700.0))) : log_y) - log_sc; /* it closes around 1 as alpha -> 1 */
}

/* The S0 coordinate in *x0 and the S1 coordinate in *x1 of the point whose tail has the logarithm `log_q`. */
static int rmt_quantile(const rmt_law *law, double log_q, int lower, double *x0, double *x1)
{
    const rmt_side *s = &law->up;
    const double alpha = s->alpha, zeta = law->positive ? 0.0 : s->zeta;
    const int one_sided = law->positive || (alpha < 1.0 && fabs(s->beta) == 1.0);
    const double side = one_sided ? (law->positive || s->beta > 0.0 ? 1.0 : -1.0) : 1.0;
    const int from_s1 = alpha < 0.94;
    double scale = 1.0;
    if (!one_sided && from_s1) scale = fmin(1.0, exp(-s->log_sc - lgamma(1.0 + 1.0/alpha) + RMT_LOG_PI));
    /* u -> x: exponential towards a support end, else sinh: linear in the middle, logarithmic outside */
    double low = one_sided ? -740.0 : -708.0, high = one_sided ? 709.0 : 708.0, u = one_sided ? 0.0 : 0.01;
    const double increasing = (lower ? 1.0 : -1.0)*side; /* sign of d(log tail)/du */
    double step = 0.0, last = INFINITY, before = INFINITY; /* the steps before: Newton that does not halve them may cycle */
    /* on a light side the logarithm of the tail is itself exponential in u: take one more logarithm */
    const int light = lower ? s->beta == 1.0 : s->beta == -1.0;
    /* first guess from the leading tail term */
    const double weight = lower ? s->one_minus : s->one_plus;
    if (log_q < -1.5 && weight > 0.0 && !law->positive) {
        const double guess = (log(weight) + lgamma(alpha) + log(fmax(sin(RMT_HALF_PI*alpha), 1e-300)) - RMT_LOG_PI - log_q)/alpha;
        if (one_sided) u = guess;
        else if (guess > 0.0) u = (lower ? -1.0 : 1.0)*(guess - log(scale) + 0.6931471805599453);
    } else if (law->positive && !lower && log_q < -1.5) u = (log(s->sin_theta) + lgamma(alpha) - RMT_LOG_PI - log_q)/alpha;
    if (alpha < 0.6 || one_sided) {
        int below;
        const double guess = rmt_first_guess(law, log_q, lower, one_sided, &below), reach = guess - log(scale);
        if (one_sided) u = guess;
        else u = (below ? -1.0 : 1.0)*(reach > 20.0 ? reach + 0.6931471805599453 : asinh(exp(reach)));
    }
    else if (from_s1 && zeta != 0.0 && fabs(u) < 300.0) u = asinh(sinh(u) - zeta/scale); /* the bulk lies at x_S0 = 0 */
    if (alpha > 1.7 && !one_sided) { /* nearly normal: Hastings' approximation of its quantile, unless the tail reaches further */
        const double t = sqrt(-2.0*log_q);
        const double normal = 1.4142135623730951*(t - (2.515517 + t*(0.802853 + t*0.010328))/(1.0 + t*(1.432788 + t*(0.189269 + t*0.001308))));
        const double distance = fabs(u) < 700.0 ? fmax(normal, scale*sinh(fabs(u))) : normal;
        u = (lower ? -1.0 : 1.0)*asinh(distance/scale);
    }
    if (!(u > low && u < high)) u = 0.5*(low + high) + 0.01;
    for (int i = 0; i < 200; i++) {
        double slope, dx;
        if (one_sided) { dx = exp(u); *x1 = side*dx; *x0 = *x1 + zeta; dx = dx*side; }
        else {
            const double value = scale*sinh(u);
            dx = scale*cosh(u);
            if (from_s1) { *x1 = value; *x0 = value + zeta; } else { *x0 = value; *x1 = value - zeta; }
        }
        const double value = rmt_log_tail(law, *x0, *x1, lower, &slope);
        const double residual = value - log_q;
        if (value != value) return 0;
        if (residual == 0.0) return 1;
        if ((residual > 0.0) == (increasing > 0.0)) high = u; else low = u;
        step = residual/(slope*dx);
        if (light && log_q < -1.0 && value < -1.0) step = log(value/log_q)*value/(slope*dx);
        if (value < -1e8) step = NAN; /* the density there is lost beside its logarithm: bisect */
        double next = u - step;
        const int slow = fabs(step) > 0.5*fabs(before);
        before = last;
        last = step;
        if (slow || !(fabs(step) < 1e300) || !(next > low && next < high)) {
            if (high - low <= 4e-16*fabs(u)) {
                if (fabs(u) > 707.5 && (!one_sided || u > 0.0)) { *x0 = *x1 = (one_sided ? side : u)*INFINITY; } /* overflow */
                return 1;
            }
            next = 0.5*(low + high);
            before = last = INFINITY;
            /* a wide bracket is cut near zero first: quantiles are seldom astronomically large */
            if (high - low > 8.0 && low < 0.0 && high > 0.0 && fabs(next) > 4.0) next = next > 0.0 ? 4.0 : -4.0;
        } else if (fabs(step) <= 1e-9*fabs(u) + 1e-300 || fabs(residual) < 2e-8) {
            /* quadratic convergence: this step is the last one needed */
            u = next;
            if (one_sided) { *x1 = side*exp(u); *x0 = *x1 + zeta; }
            else {
                const double found = scale*sinh(u);
                if (from_s1) { *x1 = found; *x0 = found + zeta; } else { *x0 = found; *x1 = found - zeta; }
            }
            return 1;
        }
        u = next;
    }
    return 0;
}

#endif
