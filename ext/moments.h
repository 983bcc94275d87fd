/* Moments of probability weights in log form: the sums over one vector.
 *
 * Everything is branch-free arithmetic on short blocks, so that the compiler turns the loops into vector code. On x86-64 the
 * two entry points exist for three instruction sets and ask the processor for its features at run time, with GCC and Clang.
 */
#ifndef RMT_MOMENTS_H
#define RMT_MOMENTS_H

#include "vector_math.h"

#include <stddef.h>

/* GCC and Clang: a compiler may not reorder a sum by itself, so the partial sums are spelled out as vectors. */
#define RMT_LANES 8
typedef double rmt_lanes __attribute__((vector_size(RMT_LANES * sizeof(double))));
typedef int64_t rmt_lane_bits __attribute__((vector_size(RMT_LANES * sizeof(int64_t))));

#define RMT_BLOCK 256 /* sites per block: three arrays of it stay in the first-level cache */
#define RMT_ANCHOR 32 /* steps of the recurrence in q between two fresh exponentials */
#define RMT_TINY 1e-149 /* terms below it are dropped (every sum is at least 1), and no product of two terms underflows */

/* Three versions of `name`: its body compiled for the base instruction set, for AVX2 and for AVX-512. */
#if defined(__x86_64__)
#define RMT_VERSIONS(name, parameters, arguments)                                                             \
    static void name##_base parameters { name##_body arguments; }                                             \
    __attribute__((target("avx2,fma"))) static void name##_avx2 parameters { name##_body arguments; }         \
    __attribute__((target("avx2,fma,avx512f,avx512dq,avx512vl"))) static void name##_avx512 parameters {      \
        name##_body arguments;                                                                                \
    }                                                                                                         \
    static void name parameters {                                                                             \
        if (__builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl"))                         \
            name##_avx512 arguments;                                                                          \
        else if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))                             \
            name##_avx2 arguments;                                                                            \
        else                                                                                                  \
            name##_base arguments;                                                                            \
    }
#else
#define RMT_VERSIONS(name, parameters, arguments) \
    static void name parameters { name##_body arguments; }
#endif

/* exp(x) for x <= 0; below -345 the argument is held there (such terms are dropped by their size). */
RMT_INLINE double rmt_term(double x) { return rmt_exp_moderate(x < -345.0 ? -345.0 : x); }

/* out[i] = ln(|z_i|^2 2^-reference); -inf for an exact zero. Components from 5e-324 to 1.7e308 are squared without loss. */
RMT_INLINE void rmt_log_squares_body(const double *re, const double *im, ptrdiff_t n, double reference, double *out) {
    ptrdiff_t i;
    for (i = 0; i < n; i++) {
        const double a = fabs(re[i]), b = fabs(im[i]);
        const double big = a > b ? a : b;
        const double small = a > b ? b : a;
        const double up = big < 0x1p-400 ? 0x1p600 : (big > 0x1p400 ? 0x1p-600 : 1.0);
        const double shift = big < 0x1p-400 ? -1200.0 : (big > 0x1p400 ? 1200.0 : 0.0);
        const double x = big * up, y = small * up;
        const double square = x * x + y * y;
        const double value = rmt_log_scaled(square, shift - reference);
        out[i] = square > 0.0 ? value : -INFINITY;
    }
}

RMT_VERSIONS(rmt_log_squares, (const double *re, const double *im, ptrdiff_t n, double reference, double *out),
             (re, im, n, reference, out))

/* Integers in the order of the doubles: a compiler vectorises the extremes of integers, not those of doubles. */
RMT_INLINE int64_t rmt_to_ordered(double x) {
    int64_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits ^ ((bits >> 63) & INT64_MAX);
}

RMT_INLINE double rmt_from_ordered(int64_t key) {
    double x;
    key ^= (key >> 63) & INT64_MAX;
    memcpy(&x, &key, sizeof x);
    return x;
}

/* *largest becomes the largest of it and the |x_i|. */
RMT_INLINE void rmt_largest_body(const double *x, ptrdiff_t n, double *largest) {
    int64_t most = rmt_to_ordered(*largest);
    ptrdiff_t i;
    for (i = 0; i < n; i++) {
        const int64_t key = rmt_to_ordered(fabs(x[i]));
        most = key > most ? key : most;
    }
    *largest = rmt_from_ordered(most);
}

RMT_VERSIONS(rmt_largest, (const double *x, ptrdiff_t n, double *largest), (x, n, largest))

/* Largest and smallest of the x_i > -inf, and how many are -inf. */
RMT_INLINE void rmt_extremes_body(const double *x, ptrdiff_t n, double *high, double *low, int64_t *missing) {
    const int64_t zero = rmt_to_ordered(-INFINITY);
    int64_t most = zero, least = rmt_to_ordered(INFINITY), count = 0;
    ptrdiff_t i;
    for (i = 0; i < n; i++) {
        const int64_t key = rmt_to_ordered(x[i]);
        const int64_t present = key == zero ? INT64_MAX : key;
        most = key > most ? key : most;
        least = present < least ? present : least;
        count += key == zero;
    }
    *high = rmt_from_ordered(most), *low = rmt_from_ordered(least), *missing = count;
}

RMT_VERSIONS(rmt_extremes, (const double *x, ptrdiff_t n, double *high, double *low, int64_t *missing),
             (x, n, high, low, missing))

RMT_INLINE void rmt_add_up(const rmt_lanes *parts, double *sum) {
    const rmt_lanes lanes = (parts[0] + parts[1]) + (parts[2] + parts[3]);
    *sum += ((lanes[0] + lanes[1]) + (lanes[2] + lanes[3])) + ((lanes[4] + lanes[5]) + (lanes[6] + lanes[7]));
}

/* t <- t r where it stays above RMT_TINY and 0 elsewhere; then adds sum t_i and sum t_i x_i of the block. */
RMT_INLINE void rmt_advance(double *t, const double *r, const double *x, double *sum, double *first) {
    rmt_lanes zeroth[4] = {{0.0}}, weighted[4] = {{0.0}};
    ptrdiff_t i, j;
    for (i = 0; i < RMT_BLOCK; i += 4 * RMT_LANES)
        for (j = 0; j < 4; j++) {
            const ptrdiff_t at = i + j * RMT_LANES;
            rmt_lanes term, other;
            memcpy(&term, t + at, sizeof term);
            memcpy(&other, r + at, sizeof other);
            term *= other;
            term = (rmt_lanes)((rmt_lane_bits)term & (rmt_lane_bits)(term > RMT_TINY));
            memcpy(t + at, &term, sizeof term);
            memcpy(&other, x + at, sizeof other);
            zeroth[j] += term;
            weighted[j] += term * other;
        }
    rmt_add_up(zeroth, sum);
    rmt_add_up(weighted, first);
}

/* sums[k] = sum_i exp(w_k u_i) and firsts[k] = sum_i u_i exp(w_k u_i) for w_k u_i <= 0, w in order of growing |w|.
 * With step != 0 the w_k are equally spaced and the exponentials follow from the recurrence t <- t exp(step u). */
RMT_INLINE void rmt_power_sums_body(const double *u, ptrdiff_t n, const double *w, ptrdiff_t count, double step,
                                    double *sums, double *firsts) {
    double t[RMT_BLOCK], r[RMT_BLOCK], x[RMT_BLOCK], valid[RMT_BLOCK];
    ptrdiff_t start, i, k;
    for (k = 0; k < count; k++) sums[k] = firsts[k] = 0.0;
    for (start = 0; start < n; start += RMT_BLOCK) {
        const ptrdiff_t length = n - start < RMT_BLOCK ? n - start : RMT_BLOCK;
        memcpy(x, u + start, (size_t)length * sizeof(double));
        for (i = length; i < RMT_BLOCK; i++) x[i] = 0.0;
        for (i = 0; i < RMT_BLOCK; i++) {
            valid[i] = i < length ? 1.0 : 0.0;
            r[i] = rmt_term(step * x[i]);
        }
        for (k = 0; k < count; k++) {
            if (step == 0.0 || k % RMT_ANCHOR == 0) {
                const double power = w[k];
                for (i = 0; i < RMT_BLOCK; i++) t[i] = rmt_term(power * x[i]);
                rmt_advance(t, valid, x, sums + k, firsts + k);
            } else {
                rmt_advance(t, r, x, sums + k, firsts + k);
            }
        }
    }
}

RMT_VERSIONS(rmt_power_sums,
             (const double *u, ptrdiff_t n, const double *w, ptrdiff_t count, double step, double *sums, double *firsts),
             (u, n, w, count, step, sums, firsts))

#endif
