/* Passes in double-double arithmetic: a number is hi + lo with |lo| <= ulp(hi)/2, about 106 bits.
 *
 * Matrices are stored by rows, hi and lo apart, so that every pass is one loop over independent columns. A product that
 * the compiler contracts with a later sum would spoil the error terms, so contraction is switched off here; the errors of
 * products come from explicit fused multiplications.
 */
#ifndef RMT_SPECTRA_DOUBLE_DOUBLE_H
#define RMT_SPECTRA_DOUBLE_DOUBLE_H

#include <math.h>
#include <stdint.h>

#if defined(__clang__)
#pragma STDC FP_CONTRACT OFF
#define RMT_EXACT
#elif defined(__GNUC__)
#define RMT_EXACT __attribute__((optimize("fp-contract=off")))
#else
#define RMT_EXACT
#endif

#if defined(__x86_64__) && defined(__linux__) && defined(__GLIBC__)
#define RMT_DOUBLE_PASS static RMT_EXACT __attribute__((target_clones("avx512f", "arch=haswell", "default")))
#else
#define RMT_DOUBLE_PASS static RMT_EXACT
#endif

/* (s, e) with s + e = a + b exactly, s the rounded sum */
#define RMT_TWO_SUM(a, b, s, e)          \
    do {                                 \
        double two_x = (a), two_y = (b); \
        s = two_x + two_y;               \
        double two_z = s - two_x;        \
        e = (two_x - (s - two_z)) + (two_y - two_z); \
    } while (0)

/* hi + lo += a q, a a number; lo collects the errors and is not normalised */
RMT_DOUBLE_PASS void rmt_dd_add_multiple(
    double a, const double* restrict q, int64_t n, double* restrict hi, double* restrict lo) {
    for (int64_t j = 0; j < n; j++) {
        double p = a * q[j], e = fma(a, q[j], -p), s, t;
        RMT_TWO_SUM(hi[j], p, s, t);
        hi[j] = s;
        lo[j] += e + t;
    }
}

/* w += v c with all three in double-double; w_lo collects the errors and is not normalised */
RMT_DOUBLE_PASS void rmt_dd_add_row(
    double v, double v_lo, const double* restrict c, const double* restrict c_lo, int64_t n, double* restrict w,
    double* restrict w_lo) {
    for (int64_t j = 0; j < n; j++) {
        double p = v * c[j], e = fma(v, c[j], -p) + (v * c_lo[j] + v_lo * c[j]), s, t;
        RMT_TWO_SUM(w[j], p, s, t);
        w[j] = s;
        w_lo[j] += e + t;
    }
}

/* c -= v w, normalised */
RMT_DOUBLE_PASS void rmt_dd_subtract_row(
    double v, double v_lo, const double* restrict w, const double* restrict w_lo, int64_t n, double* restrict c,
    double* restrict c_lo) {
    for (int64_t j = 0; j < n; j++) {
        double p = v * w[j], e = fma(v, w[j], -p) + (v * w_lo[j] + v_lo * w[j]), s, t;
        RMT_TWO_SUM(c[j], -p, s, t);
        t += c_lo[j] - e;
        RMT_TWO_SUM(s, t, c[j], c_lo[j]);
    }
}

/* (w, w_lo) <- (tau, tau_lo) (w, w_lo), normalised */
RMT_DOUBLE_PASS void rmt_dd_scale_row(
    double tau, double tau_lo, int64_t n, double* restrict w, double* restrict w_lo) {
    for (int64_t j = 0; j < n; j++) {
        double s, t;
        RMT_TWO_SUM(w[j], w_lo[j], s, t);
        double p = tau * s, e = fma(tau, s, -p) + (tau * t + tau_lo * s);
        RMT_TWO_SUM(p, e, w[j], w_lo[j]);
    }
}

/* sums[j] += |c[j]| */
RMT_DOUBLE_PASS void rmt_dd_add_moduli(const double* restrict c, int64_t n, double* restrict sums) {
    for (int64_t j = 0; j < n; j++) sums[j] += fabs(c[j]);
}

/* (q, q_lo) = (a, a_lo) / (b, b_lo) */
static RMT_EXACT void rmt_dd_divide(double a, double a_lo, double b, double b_lo, double* q, double* q_lo) {
    double first = a / b;
    double p = first * b, e = fma(first, b, -p) + first * b_lo;
    double rest = ((a - p) - e) + a_lo; /* a - p is exact: first is the rounded quotient */
    double second = rest / b;
    RMT_TWO_SUM(first, second, *q, *q_lo);
}

/* The reflector that maps the column (x, x_lo) of length n, entries `stride` apart, to (beta, 0, ..., 0).
 *
 * v, v_lo (n) with v[0] = 1, and tau, all in double-double; tau = 0 when the tail is zero already. `power` is an exact
 * power of two that brings the largest entry near one. Returns beta.
 */
static RMT_EXACT double rmt_dd_reflector(
    const double* x, const double* x_lo, int64_t stride, int64_t n, double power, double* v, double* v_lo, double* tau,
    double* tau_lo) {
    double square = 0.0, square_lo = 0.0, s, t;
    int64_t i;
    int tail = 0;
    for (i = 0; i < n; i++) {
        v[i] = x[i * stride] * power;
        v_lo[i] = x_lo[i * stride] * power;
        tail |= i > 0 && v[i] != 0.0;
        double p = v[i] * v[i], e = fma(v[i], v[i], -p) + 2.0 * v[i] * v_lo[i];
        RMT_TWO_SUM(square, p, s, t);
        square = s;
        square_lo += e + t;
    }
    *tau = *tau_lo = 0.0;
    if (!tail) return x[0];
    RMT_TWO_SUM(square, square_lo, s, t);
    double root = sqrt(s), p = root * root;
    double correction = (((s - p) - fma(root, root, -p)) + t) / (2.0 * root), beta, beta_lo, difference, difference_lo;
    RMT_TWO_SUM(root, correction, beta, beta_lo);
    if (v[0] > 0.0) {
        beta = -beta;
        beta_lo = -beta_lo;
    }
    RMT_TWO_SUM(v[0], -beta, difference, t); /* of one sign: no cancellation */
    t += v_lo[0] - beta_lo;
    RMT_TWO_SUM(difference, t, s, difference_lo);
    difference = s;
    rmt_dd_divide(-difference, -difference_lo, beta, beta_lo, tau, tau_lo);
    v[0] = 1.0;
    v_lo[0] = 0.0;
    for (i = 1; i < n; i++) rmt_dd_divide(v[i], v_lo[i], difference, difference_lo, v + i, v_lo + i);
    return beta / power;
}

#endif
