/* Double-double arithmetic: a number is the unevaluated sum hi + lo, |lo| <= ulp(hi) / 2, good to about 2^-104.
 *
 * Vectors keep their two parts in two arrays, so that the loops become vector code. The error-free sums need every product
 * rounded by itself: the compiler must not contract a product and a sum into one fused operation.
 */
#ifndef RMT_DOUBLE_DOUBLE_H
#define RMT_DOUBLE_DOUBLE_H

#include "vector_math.h"

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC push_options
#pragma GCC optimize("fp-contract=off")
#elif defined(__clang__)
#pragma clang fp contract(off)
#endif

#define RMT_FUSED static RMT_CLONES __attribute__((unused))
#define RMT_DD_INLINE static inline __attribute__((always_inline, unused))

typedef struct {
    double hi, lo;
} rmt_dd;

/* a + b exactly */
RMT_DD_INLINE rmt_dd rmt_dd_two_sum(double a, double b) {
    const double s = a + b, v = s - a;
    return (rmt_dd){s, (a - (s - v)) + (b - v)};
}

/* a + b exactly where |a| >= |b| or a = 0 */
RMT_DD_INLINE rmt_dd rmt_dd_quick_sum(double a, double b) {
    const double s = a + b;
    return (rmt_dd){s, b - (s - a)};
}

RMT_DD_INLINE rmt_dd rmt_dd_add(rmt_dd a, rmt_dd b) {
    const rmt_dd s = rmt_dd_two_sum(a.hi, b.hi), t = rmt_dd_two_sum(a.lo, b.lo);
    const rmt_dd u = rmt_dd_quick_sum(s.hi, s.lo + t.hi);
    return rmt_dd_quick_sum(u.hi, u.lo + t.lo);
}

RMT_DD_INLINE rmt_dd rmt_dd_mul(rmt_dd a, rmt_dd b) {
    const double p = a.hi * b.hi;
    return rmt_dd_quick_sum(p, __builtin_fma(a.hi, b.hi, -p) + (a.hi * b.lo + a.lo * b.hi));
}

RMT_DD_INLINE rmt_dd rmt_dd_neg(rmt_dd a) { return (rmt_dd){-a.hi, -a.lo}; }

RMT_DD_INLINE rmt_dd rmt_dd_div(rmt_dd a, rmt_dd b) {
    const double q = a.hi / b.hi;
    const rmt_dd r = rmt_dd_add(a, rmt_dd_neg(rmt_dd_mul(b, (rmt_dd){q, 0.0})));
    const double q2 = r.hi / b.hi;
    const rmt_dd r2 = rmt_dd_add(r, rmt_dd_neg(rmt_dd_mul(b, (rmt_dd){q2, 0.0})));
    return rmt_dd_add(rmt_dd_quick_sum(q, q2), (rmt_dd){r2.hi / b.hi, 0.0});
}

RMT_DD_INLINE rmt_dd rmt_dd_sqrt(rmt_dd a) {
    const double x = sqrt(a.hi);
    const rmt_dd r = rmt_dd_add(a, rmt_dd_neg(rmt_dd_mul((rmt_dd){x, 0.0}, (rmt_dd){x, 0.0})));
    return x > 0.0 ? rmt_dd_quick_sum(x, r.hi / (2.0 * x)) : (rmt_dd){0.0, 0.0};
}

/* c += a x for a double-double scalar a and vectors of double-double numbers */
RMT_FUSED void rmt_dd_axpy(
    rmt_dd a, const double* restrict xh, const double* restrict xl, int64_t n, double* restrict ch, double* restrict cl) {
    for (int64_t i = 0; i < n; i++) {
        const double p = a.hi * xh[i];
        const double q = __builtin_fma(a.hi, xh[i], -p) + (a.hi * xl[i] + a.lo * xh[i]);
        const rmt_dd s = rmt_dd_two_sum(ch[i], p);
        const rmt_dd r = rmt_dd_quick_sum(s.hi, s.lo + (q + cl[i]));
        ch[i] = r.hi;
        cl[i] = r.lo;
    }
}

/* c += a x for a plain number a */
RMT_FUSED void rmt_dd_axpy_plain(
    double a, const double* restrict xh, const double* restrict xl, int64_t n, double* restrict ch, double* restrict cl) {
    for (int64_t i = 0; i < n; i++) {
        const double p = a * xh[i];
        const double q = __builtin_fma(a, xh[i], -p) + a * xl[i];
        const rmt_dd s = rmt_dd_two_sum(ch[i], p);
        const rmt_dd r = rmt_dd_quick_sum(s.hi, s.lo + (q + cl[i]));
        ch[i] = r.hi;
        cl[i] = r.lo;
    }
}

/* x <- a x */
RMT_FUSED void rmt_dd_scale(rmt_dd a, double* restrict xh, double* restrict xl, int64_t n) {
    for (int64_t i = 0; i < n; i++) {
        const double p = a.hi * xh[i];
        const rmt_dd r = rmt_dd_quick_sum(p, __builtin_fma(a.hi, xh[i], -p) + (a.hi * xl[i] + a.lo * xh[i]));
        xh[i] = r.hi;
        xl[i] = r.lo;
    }
}

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC pop_options
#endif

#endif
