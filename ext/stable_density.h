/* Density and tail probabilities of the stable law in double precision, with relative accuracy in both tails.
 *
 * Four formulas (docs/guide/stable.md); each has its own test of acceptance, so no threshold in x decides:
 *   zero series, tail series, the tail integral along the imaginary axis (T), the integral along the curve of steepest
 *   descent (Z), which is positive everywhere and always available.
 */
#ifndef RMT_STABLE_DENSITY_H
#define RMT_STABLE_DENSITY_H

#include "stable_curve.h"
#include "stable_side.h"
#include "vector_math.h"

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
#define RMT_TAIL_NODES 16

/* What the integrand consists of: exponent and factor of v^alpha at t = first + i/8, v = v0 exp(t - e^-t). */
typedef struct {
    const rmt_side *s;
    double x, coefficient, log_v0, v0, v0_alpha;
    int strict;
} rmt_tail;

typedef struct { double exponent[RMT_TAIL_NODES], term[RMT_TAIL_NODES], ratio[RMT_TAIL_NODES]; } rmt_tail_block;

RMT_CLONES static void rmt_tail_nodes(const rmt_tail *c, double first, rmt_tail_block *out)
{
    const double alpha = c->s->alpha, eps = c->s->eps, b = c->s->b, cos_theta = c->s->cos_theta, coefficient = c->coefficient;
    const double x = c->x, log_v0 = c->log_v0, v0 = c->v0, v0_alpha = c->v0_alpha, strict = c->strict ? 1.0 : 0.0;
    const double cos_e = cos(RMT_HALF_PI*eps), sin_e = sin(RMT_HALF_PI*eps), sin_q = sin(0.25*RMT_PI*eps);
    const double at_one = eps == 0.0 ? 1.0 : 0.0, inverse_eps = eps == 0.0 ? 0.0 : 1.0/eps, twice = 2.0*sin_q*sin_q;
    for (long i = 0; i < RMT_TAIL_NODES; i++) {
        const double t = first + 0.125*(double)(int)i, e = rmt_exp_moderate(-t), rise = t - e, log_v = log_v0 + rise;
        const double ratio = rmt_exp(rise), ratio_alpha = rmt_exp_moderate(alpha*rise), value = v0*ratio;
        const double plain = -value*x - v0_alpha*ratio_alpha*cos_theta;
        double grown, m;
        rmt_exp_parts(rmt_min(rmt_max(eps*log_v, -RMT_FAR), RMT_FAR), &grown, &m);
        const double er_off = (m*cos_e - twice)*inverse_eps, ei_off = -grown*sin_e*inverse_eps;
        const double er = at_one > 0.0 ? log_v : er_off, ei = at_one > 0.0 ? -RMT_HALF_PI : ei_off;
        const double s0 = -value*(x + b*er + eps*ei);
        const double exponent = strict > 0.0 ? plain : s0;
        const double z = coefficient*v0_alpha*ratio_alpha, small = 1.0 - z*z/6.0, sine = rmt_sin(z)/z;
        out->exponent[i] = exponent;
        out->ratio[i] = ratio;
        out->term[i] = rmt_exp(rmt_min(exponent, 800.0))*ratio_alpha*(z < 1e-4 ? small : sine)*(1.0 + e);
    }
}

/* x > 0. `strict`: the strictly stable coordinate y (exponent -v y - v^alpha cos theta); else the S0 coordinate. */
static int rmt_tail_integral(const rmt_side *s, double x, int strict, rmt_value *v)
{
    const double alpha = s->alpha, eps = s->eps, h = 0.125;
    const double coefficient = strict ? s->sin_theta : s->one_plus*cos(RMT_HALF_PI*eps);
    const double log_v0 = x > 1.0 ? -log(x) : 0.0, v0 = exp(log_v0), v0_alpha = exp(alpha*log_v0);
    const rmt_tail c = {s, x, coefficient, log_v0, v0, v0_alpha, strict};
    double f = 0.0, q = 0.0, total_f = 0.0, total_q = 0.0, lowest = 0.0, reach = 45.0;
    /* where the exponent can turn and grow, what lies beyond must be small beside a tiny algebraic tail */
    if (strict ? s->cos_theta < 0.0 : s->b < 0.0) reach = fmin(700.0, fmax(45.0, 45.0 - log(coefficient*v0_alpha)));
    if (!(coefficient > 0.0) || (strict && s->theta >= RMT_PI*0.9999)) return 0;
    int reached = 0;
    rmt_tail_block block;
    for (double first = -log(45.0/(alpha < 1.0 ? alpha : 1.0)); first < 40.0 && !reached; first += h*RMT_TAIL_NODES) {
        rmt_tail_nodes(&c, first, &block);
        for (int i = 0; i < RMT_TAIL_NODES; i++) {
            const double exponent = block.exponent[i], term = block.term[i], ratio = block.ratio[i];
            if (exponent > 700.0) return 0;
            f += term*ratio;
            q += term;
            total_f += fabs(term*ratio);
            total_q += fabs(term);
            if (exponent < lowest) lowest = exponent;
            else if (exponent > lowest + 1.0) return 0; /* the exponent turned before the integrand was negligible */
            if (exponent < -reach) { reached = 1; break; }
        }
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
    if (!found && !law->positive && (fabs(eps) < 0.06 || (eps > 0.0 && eps < 0.16)) && fabs(x0) > 2.0 && (which == 0 || which == 3)) {
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
    if (!found && (at_one || y1 > 0.0) && (which == 0 || which == 4)) {
        rmt_curve curve;
        double integral;
        found = rmt_curve_integral(s, log_y, x, !law->positive, v, &curve, &integral);
    }
    if (found && flip) v->upper = !v->upper;
    return found;
}

#endif
