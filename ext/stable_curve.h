/* The integral along the curve of steepest descent, on which every integrand is positive: the formula that is always available.
 *
 * Nodes are evaluated in blocks whose loops the compiler vectorises (vector_math.h). s is the logit of the angle: the distance d
 * from the start of the curve and chi from its end are W/(1 + e^-s) and W/(1 + e^s), so neither end loses digits.
 */
#ifndef RMT_STABLE_CURVE_H
#define RMT_STABLE_CURVE_H

#include "stable_side.h"
#include "vector_math.h"

#define RMT_NODES 32
#define RMT_FAR 700.0 /* largest |s| */

typedef struct {
    const rmt_side *s;
    int s0, reference;           /* S0 form; distances counted from the angle phi1 = atan x */
    double log_y, x, m, log_m, s1, sig_plus, sig_minus, root;
    double pi_minus_w, pi_minus_a; /* pi - chi = pi_minus_w + d, pi - A = pi_minus_a + alpha chi */
    double g_min, log_g_min, log_r_min; /* at the saddle of a light side, else 0, -inf, 0 */
    double centre, l, half, step; /* the trapezoid rule: s = s1 + centre +- l sinh(tau), tau < half */
} rmt_curve;

typedef struct {
    double ds[RMT_NODES], log_g[RMT_NODES], log_r[RMT_NODES], weight[RMT_NODES]; /* weight = d(phi)/ds */
    double d[RMT_NODES], chi[RMT_NODES], sin_chi[RMT_NODES], sin_a[RMT_NODES], cos_b[RMT_NODES];
} rmt_nodes;

/* Fields of the curve that the vectorised loops use, in locals: loads inside a loop with stores would stop the compiler. */
typedef struct { double alpha, eps, w, W, s1, pi_minus_w, pi_minus_a, by_chi, by_d; } rmt_turns;

RMT_INLINE rmt_turns rmt_turns_of(const rmt_curve *c)
{
    const rmt_side *p = c->s;
    const rmt_turns t = {p->alpha, p->eps, p->w, p->W, c->s1, c->pi_minus_w, c->pi_minus_a,
                         p->alpha > 1.0 ? p->eps : 0.0, p->alpha > 1.0 ? 0.0 : -p->eps};
    return t;
}

/* Angles of one node; sines of angles above pi/2 from their exact complements. */
RMT_INLINE void rmt_angles(const rmt_turns t, rmt_nodes *k, long i)
{
    const double s = t.s1 + k->ds[i], a = rmt_min(fabs(s), RMT_FAR), e = rmt_exp_moderate(-a), inverse = 1.0/(1.0 + e);
    const double near = t.W*e*inverse, far = t.W*inverse;
    const double d = s > 0.0 ? far : near, chi = s > 0.0 ? near : far, A = t.alpha*d;
    const double other_chi = t.pi_minus_w + d, other_a = t.pi_minus_a + t.alpha*chi, other_b = chi + A;
    const double angle = t.w + (t.by_chi*chi + t.by_d*d);
    const double x_chi = chi <= RMT_HALF_PI ? chi : other_chi;
    const double x_a = A <= RMT_HALF_PI ? A : other_a;
    const double x_b = angle <= RMT_HALF_PI ? angle : other_b;
    k->weight[i] = near*inverse;
    k->d[i] = d;
    k->chi[i] = chi;
    k->sin_chi[i] = rmt_sin_core(x_chi, x_chi*x_chi);
    k->sin_a[i] = rmt_sin_core(x_a, x_a*x_a);
    k->cos_b[i] = rmt_sin_core(x_b, x_b*x_b);
}

RMT_CLONES static void rmt_nodes_strict(const rmt_curve *c, rmt_nodes *k, long n)
{
    const double inverse_eps = 1.0/c->s->eps, log_y = c->log_y;
    const rmt_turns t = rmt_turns_of(c);
    for (long i = 0; i < n; i++) {
        rmt_angles(t, k, i);
        const double inverse = 1.0/k->sin_a[i];
        const double log_r = (log_y + rmt_log(k->sin_chi[i]*inverse))*inverse_eps;
        k->log_r[i] = log_r;
        k->log_g[i] = log_y + log_r + rmt_log(k->cos_b[i]*inverse);
    }
}

RMT_CLONES static void rmt_nodes_s0(const rmt_curve *c, rmt_nodes *k, long n)
{
    const rmt_side *p = c->s;
    const rmt_turns t = rmt_turns_of(c);
    const double eps = p->eps, b = p->b, x = c->x, hyp = p->hyp, phi0 = p->phi0, one_minus = p->one_minus, root = c->root;
    const double sigma = p->alpha > 1.0 ? -1.0 : 1.0, wide = 0.5*(p->alpha + 1.0), m = c->m, log_m = c->log_m;
    const double sig_plus = t.W*c->sig_plus, sig_minus = -t.W*c->sig_minus;
    const double at_one = eps == 0.0 ? 1.0 : 0.0, by_reference = c->reference ? 1.0 : 0.0; /* doubles: selects stay in one width */
    const double inverse_eps = eps == 0.0 ? 0.0 : 1.0/eps, over_eps = eps == 0.0 ? 0.0 : hyp/fabs(eps);
    for (long i = 0; i < n; i++) {
        rmt_angles(t, k, i);
        const double ds = k->ds[i], s = t.s1 + ds, d = k->d[i], chi = k->chi[i], sin_chi = k->sin_chi[i];
        const double D_one = b*sin_chi, D_off = hyp*k->sin_a[i], P_one = one_minus + b*d, P_off = over_eps*k->cos_b[i];
        const double D = at_one > 0.0 ? D_one : D_off, P = at_one > 0.0 ? P_one : P_off;
        const double phi_near = phi0 + d, phi_far = RMT_HALF_PI - chi, phi = d < chi ? phi_near : phi_far;
        const double half_phi = 0.5*eps*phi, half = rmt_sin_core(half_phi, half_phi*half_phi);
        const double half_one = 0.5*phi, half_off = half*inverse_eps, half_over = at_one > 0.0 ? half_one : half_off;
        /* from the reference angle: phi - phi1 = W sig(-s) sig(s1) expm1(s - s1) and its mirror image */
        const double size = rmt_min(fabs(s), RMT_FAR), e = rmt_exp_moderate(-size), tall = 1.0/(1.0 + e), low = e*tall;
        const double up = (s > 0.0 ? tall : low)*sig_minus, down = (s > 0.0 ? low : tall)*sig_plus;
        double grown, expm1_ds, sin_wide, cos_wide;
        rmt_exp_parts(-rmt_min(fabs(ds), RMT_FAR), &grown, &expm1_ds);
        const double shift = expm1_ds*(ds > 0.0 ? up : down);
        rmt_sincos(wide*phi, &sin_wide, &cos_wide);
        const double by_angle = 2.0*cos_wide*half + root*rmt_sin(shift) + 2.0*b*sin_wide*half_over;
        const double turn = eps*phi;
        const double plain = P*rmt_sin_core(phi, phi*phi) + sin_chi*(rmt_sin_core(turn, turn*turn) + 2.0*b*eps*half_over*half_over - x);
        const double inverse_D = 1.0/D;
        const double R = sigma*(by_reference > 0.0 ? by_angle : plain)*inverse_D, er = eps*R;
        const double sure = rmt_max(1.0 + er, 0.25);
        const double close = (rmt_log(sure) + (er - (sure - 1.0))/sure)*inverse_eps; /* log1p(er)/eps */
        const double far = (log_m + rmt_log(sin_chi*inverse_D))*inverse_eps;
        const double off = fabs(er) <= 0.5 ? close : far;
        const double log_r = at_one > 0.0 ? R : off;
        k->log_r[i] = log_r;
        k->log_g[i] = log_r + rmt_log(m*P*inverse_D);
    }
}

static void rmt_curve_nodes(const rmt_curve *c, rmt_nodes *k, long n)
{
    if (c->s0) rmt_nodes_s0(c, k, n); else rmt_nodes_strict(c, k, n);
}

/* Offsets of nodes first, first + step, ... on one side of the centre; weights times ds/dtau. */
RMT_CLONES static void rmt_offsets(const rmt_curve *c, double direction, double first, double step, double *ds, double *factor, long n)
{
    const double centre = c->centre, half_l = 0.5*c->l, signed_l = direction*half_l;
    for (long i = 0; i < n; i++) {
        const double tau = first + step*(double)(int)i, e = rmt_exp_moderate(tau), inverse = 1.0/e;
        ds[i] = centre + signed_l*(e - inverse);
        factor[i] = half_l*(e + inverse);
    }
}

/* Integrands of the density, of the tail e^-g and of its complement, times the weights, which are left in k->weight.
 * k->log_g becomes e^-(g - g_min). */
RMT_CLONES static void rmt_integrands(const rmt_curve *c, rmt_nodes *k, const double *factor, double *g_e, double *c_e, long n)
{
    const double light = c->s->light ? 1.0 : 0.0, g_min = c->g_min, log_g_min = c->s->light ? c->log_g_min : 0.0, s1 = c->s1;
    for (long i = 0; i < n; i++) {
        const double log_g = k->log_g[i], weight = k->weight[i]*factor[i];
        const double bounded = rmt_max(rmt_min(log_g, 690.0), -690.0); /* 690 where it is not a number */
        const double g = rmt_exp_moderate(bounded);
        double unused, em, rise;
        rmt_exp_parts(rmt_max(rmt_min(log_g - log_g_min, RMT_FAR), 0.0)*light, &unused, &rise);
        const double above = g_min*rise, excess = light > 0.0 ? above : g;
        rmt_exp_parts(-rmt_min(g, RMT_FAR), &unused, &em);
        const double within = fabs(s1 + k->ds[i]) <= RMT_FAR ? weight : 0.0;
        const double used = log_g == log_g ? within : 0.0;
        const double e = rmt_exp(-rmt_min(excess, 1e4));
        k->weight[i] = used;
        k->log_g[i] = e;
        g_e[i] = g*e*used;
        c_e[i] = -em*used;
    }
}

/* Height of the integrand's exponent above where the rule is centred, rising with the angle. */
RMT_INLINE double rmt_height(const rmt_curve *c, double log_g, double target, int by_excess)
{
    return by_excess ? c->g_min*expm1(log_g - c->log_g_min) - 1.0 : log_g - target;
}

/* The point where g = 1 (light side: where g exceeds its minimum by 1), by repeated division of a bracket, and the slope there. */
static void rmt_curve_centre(rmt_curve *c)
{
    static const double first[16] = {-300.0, -100.0, -40.0, -20.0, -10.0, -5.0, -2.0, -0.7, 0.0, 0.7, 2.0, 5.0, 10.0, 20.0, 40.0, 100.0};
    const double rising = c->s->alpha <= 1.0 ? 1.0 : -1.0;
    const int by_excess = c->s->light && c->g_min > 1e-3;
    const double target = c->s->light ? log1p(c->g_min) : 0.0;
    double low = -RMT_FAR - c->s1, high = RMT_FAR - c->s1;
    rmt_nodes k;
    c->centre = 0.5*(low + high);
    for (int round = 0; round < 300; round++) {
        double best = INFINITY, below = low, above = high;
        for (int j = 0; j < 16; j++) k.ds[j] = round ? low + (high - low)*((j + 1)/17.0) : fmin(fmax(first[j], low), high);
        rmt_curve_nodes(c, &k, 16);
        for (int j = 0; j < 16; j++) {
            const double value = rising*rmt_height(c, k.log_g[j], target, by_excess);
            if (fabs(value) < best) { best = fabs(value); c->centre = k.ds[j]; }
            if (value <= 0.0 && k.ds[j] > below) below = k.ds[j];
            if (!(value <= 0.0) && k.ds[j] < above) above = k.ds[j];
        }
        if (best < 0.3) break;
        if (!(above > below)) break;
        if (below == low && above == high) break;
        low = below;
        high = above;
        c->centre = 0.5*(low + high);
        if (c->centre == low || c->centre == high) break;
    }
    double slope = 0.0;
    for (int round = 0, found = 0; round < 5 && !found; round++) {
        for (int j = 0; j < 8; j++) {
            const double delta = 0.05*ldexp(1.0, -2*(8*round + j));
            k.ds[2*j] = c->centre + delta;
            k.ds[2*j + 1] = c->centre - delta;
        }
        rmt_curve_nodes(c, &k, 16);
        for (int j = 0; j < 8 && !found; j++) {
            const double delta = 0.05*ldexp(1.0, -2*(8*round + j));
            slope = fabs(k.log_g[2*j] - k.log_g[2*j + 1])/(2.0*delta);
            if (c->s->light) slope *= 1.0 + c->g_min;
            found = !(slope*delta > 0.5);
        }
    }
    c->l = slope > 1.0 ? 1.0/slope : 1.0;
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

/* Constants of the curve through one point; 0 where the light side is so far out that only its saddle is left. */
static int rmt_curve_make(rmt_curve *c, const rmt_side *s, double log_y, double x, int allow_s0)
{
    const double alpha = s->alpha, eps = s->eps;
    c->s = s;
    c->s0 = allow_s0 && fabs(eps) < 0.12;
    c->log_y = log_y;
    c->x = x;
    c->m = fabs(s->b - eps*x);
    c->log_m = log(c->m);
    c->s1 = 0.0;
    c->reference = 0;
    c->root = c->sig_plus = c->sig_minus = 0.0;
    c->g_min = 0.0;
    c->log_g_min = -INFINITY;
    c->log_r_min = 0.0;
    c->pi_minus_w = alpha > 1.0 ? (RMT_PI*eps + s->w)/alpha : s->w;
    c->pi_minus_a = alpha > 1.0 ? s->w : -RMT_PI*eps + alpha*s->w;
    if (c->s0 && fabs(s->b) < 0.2) {
        const double chi1 = atan2(1.0, x), d1 = s->W - chi1;
        if (d1 > 0.0) {
            c->reference = 1;
            c->root = hypot(1.0, x);
            c->s1 = log((s->phi0 == 0.0 ? atan(x) : d1)/chi1);
            c->sig_plus = 1.0/(1.0 + exp(-c->s1));
            c->sig_minus = 1.0/(1.0 + exp(c->s1));
        }
    }
    if (s->light) {
        rmt_nodes k;
        k.ds[0] = (alpha <= 1.0 ? -36.0 : 36.0) - c->s1;
        rmt_curve_nodes(c, &k, 1);
        c->log_g_min = k.log_g[0];
        c->log_r_min = k.log_r[0];
        c->g_min = exp(k.log_g[0]);
        if (c->log_g_min > 18.4) return 0; /* g_min > 1e8: one term of the saddle expansion has an error of 1e-8 beside it */
    }
    rmt_curve_centre(c);
    const double width = 50.0*(alpha < 0.5 ? (1.0 - alpha)/alpha : 1.0);
    c->half = asinh(width/c->l);
    return 1;
}

/* Adds one level of the trapezoid rule; `done` are the sums of the earlier levels. */
static void rmt_curve_sums(const rmt_curve *c, double first, double step, int with_centre, const double *done, double *sums)
{
    rmt_nodes k;
    double factor[RMT_NODES], g_e[RMT_NODES], c_e[RMT_NODES];
    sums[0] = sums[1] = sums[2] = 0.0;
    for (int direction = -1; direction <= 1; direction += 2) {
        double tau = direction > 0 && with_centre ? first + step : first;
        while (tau <= c->half) {
            long n = (long)((c->half - tau)/step) + 1;
            if (n > RMT_NODES) n = RMT_NODES;
            rmt_offsets(c, direction, tau, step, k.ds, factor, n);
            rmt_curve_nodes(c, &k, n);
            rmt_integrands(c, &k, factor, g_e, c_e, n);
            for (long i = 0; i < n; i++) { sums[0] += g_e[i]; sums[1] += k.log_g[i]*k.weight[i]; sums[2] += c_e[i]; }
            tau += step*n;
            if (fabs(c->s1 + k.ds[n - 1]) > RMT_FAR) break;
            const double weight = k.weight[n - 1];
            if (tau > 3.0 && weight < 1e-22*(sums[1] + done[1]) && weight < 1e-22*(sums[2] + done[2])
                && weight < 1e-24*(sums[0] + done[0])) break;
        }
    }
}

static int rmt_curve_integral(const rmt_side *s, double log_y, double x, int allow_s0, rmt_value *v, rmt_curve *c, double *integral)
{
    const double alpha = s->alpha;
    if (!rmt_curve_make(c, s, log_y, x, allow_s0)) {
        rmt_light_tail(s, log_y, x, c->log_g_min, v);
        *integral = 0.0;
        return 1;
    }
    const double g_min = c->g_min;
    /* Halving the step takes an error of 1e-10 to 1e-14 or better. A light part and a small heavy part give two bumps far apart
     * in s, of which a step may miss one. */
    const double heavy = alpha == 1.0 ? s->one_minus : s->w*s->hyp/fabs(s->eps);
    const double tolerance = !s->light && heavy < 0.25 ? 1e-12 : 1e-10;
    double h = 0.25, total[3] = {0.0, 0.0, 0.0}, sums[3], old_f = -1.0, old_e = -1.0, old_c = -1.0, change = 1.0;
    for (int level = 0; level < 8; level++) {
        rmt_curve_sums(c, level ? h : 0.0, level ? 2.0*h : h, level == 0, total, sums);
        for (int j = 0; j < 3; j++) total[j] += sums[j];
        const double nf = h*total[0], ne = h*total[1], nc = h*total[2];
        /* the density and the smaller tail; the other tail is its complement */
        const int upper_counts = alpha > 1.0 ? ne*exp(-g_min) <= RMT_HALF_PI : nc < RMT_HALF_PI;
        const double tail = (alpha > 1.0) == upper_counts ? fabs(ne - old_e)/ne : fabs(nc - old_c)/nc;
        change = fmax(fabs(nf - old_f)/nf, tail);
        old_f = nf; old_e = ne; old_c = nc;
        c->step = h;
        if (change < tolerance) break;
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
    const double scale = c->s0 ? log(alpha) - RMT_LOG_PI - c->log_m
                               : log(alpha/fabs(s->eps)) - RMT_LOG_PI + s->log_sc - log_y;
    v->log_f = scale + log(old_f) - g_min;
    v->f = c->s0 && g_min < 600.0 ? alpha/(RMT_PI*c->m)*old_f*exp(-g_min) : exp(v->log_f);
    v->branch = 4;
    v->error = change;
    *integral = old_f;
    return 1;
}

#endif
