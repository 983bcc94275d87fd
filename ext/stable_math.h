/* Elementary functions that the compiler can vectorise: no branches, no calls, no tables.
 *
 * Measured maximal relative errors are 2 units in the last place or less (tests/stable/test_samples_follow_the_law.py
 * compares whole samples with a plain evaluation). All are exact enough for sampling and for tables; they
 * keep NaN and infinity semantics only where the comment says so.
 */
#ifndef RMT_STABLE_MATH_H
#define RMT_STABLE_MATH_H

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#if defined(__GNUC__) && !defined(__clang__) && __GNUC__ >= 12 && defined(__x86_64__) && defined(__GLIBC__)
#define RMT_CLONES __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define RMT_CLONES
#endif
#if defined(__GNUC__)
#define RMT_INLINE static inline __attribute__((always_inline))
#else
#define RMT_INLINE static inline
#endif

RMT_INLINE uint64_t rmt_bits(double x) { uint64_t b; memcpy(&b, &x, 8); return b; }
RMT_INLINE double rmt_from_bits(uint64_t b) { double x; memcpy(&x, &b, 8); return x; }

/* log x for positive normal x. The exponent is turned into a double by the 2^52 trick: a signed 64-bit conversion does not
 * vectorise below AVX-512. */
RMT_INLINE double rmt_log(double x)
{
    const uint64_t shifted = rmt_bits(x) + (0x3FF0000000000000ULL - 0x3FE6A09E667F3BCDULL); /* mantissa from sqrt(1/2) */
    const double k = rmt_from_bits((shifted >> 52) | 0x4330000000000000ULL) - (4503599627370496.0 + 1023.0);
    const double m = rmt_from_bits((shifted & 0x000FFFFFFFFFFFFFULL) + 0x3FE6A09E667F3BCDULL);
    const double f = m - 1.0, s = f / (2.0 + f), z = s * s, half = 0.5 * f * f;
    double r = 2.0 / 23.0;
    r = r * z + 2.0 / 21.0;
    r = r * z + 2.0 / 19.0;
    r = r * z + 2.0 / 17.0;
    r = r * z + 2.0 / 15.0;
    r = r * z + 2.0 / 13.0;
    r = r * z + 2.0 / 11.0;
    r = r * z + 2.0 / 9.0;
    r = r * z + 2.0 / 7.0;
    r = r * z + 2.0 / 5.0;
    r = r * z + 2.0 / 3.0;
    r = r * z;
    return k * 6.93147180369123816490e-01 - ((half - (s * (half + r) + k * 1.90821492927058770002e-10)) - f);
}

/* exp x; overflows to infinity and underflows to zero like the library function. */
RMT_INLINE double rmt_exp(double x)
{
    const double clipped = x < -800.0 ? -800.0 : (x > 800.0 ? 800.0 : x);
    const double magic = 6755399441055744.0; /* 1.5 * 2^52 */
    const double shifted = clipped * 1.4426950408889634074 + magic;
    const double k = shifted - magic;
    const double r = (clipped - k * 6.93147180369123816490e-01) - k * 1.90821492927058770002e-10;
    double p = 1.0 / 6227020800.0;
    p = p * r + 1.0 / 479001600.0;
    p = p * r + 1.0 / 39916800.0;
    p = p * r + 1.0 / 3628800.0;
    p = p * r + 1.0 / 362880.0;
    p = p * r + 1.0 / 40320.0;
    p = p * r + 1.0 / 5040.0;
    p = p * r + 1.0 / 720.0;
    p = p * r + 1.0 / 120.0;
    p = p * r + 1.0 / 24.0;
    p = p * r + 1.0 / 6.0;
    p = p * r + 0.5;
    p = p * r + 1.0;
    p = p * r + 1.0;
    /* 2^k in two factors, so that k from -1154 to 1154 passes through subnormal numbers and infinity */
    const uint64_t biased = (rmt_bits(shifted) + 4096) & 0x1FFF; /* k + 4096 */
    const uint64_t first = biased >> 1, second = biased - first;
    const double scale1 = rmt_from_bits((first + 1023 - 2048) << 52);
    const double scale2 = rmt_from_bits((second + 1023 - 2048) << 52);
    return p * scale1 * scale2;
}

/* sin(pi v) for 0 <= v <= 1/2, relative accuracy down to v = 0. */
RMT_INLINE double rmt_sinpi(double v)
{
    const double z = v * v;
    double p = 5.3926646626081284894e-10;
    p = p * z + -2.294842899726987311e-8;
    p = p * z + 7.9520540014755127848e-7;
    p = p * z + -0.000021915353447830215827;
    p = p * z + 0.00046630280576761256442;
    p = p * z + -0.0073704309457143507773;
    p = p * z + 0.082145886611128228799;
    p = p * z + -0.59926452932079207689;
    p = p * z + 2.5501640398773454439;
    p = p * z + -5.1677127800499700292;
    /* pi in two parts: the first coefficient alone would cost half a unit in the last place */
    return v * 3.14159265358979311600 + v * (1.22464679914735317636e-16 + p * z);
}

RMT_INLINE double rmt_min(double a, double b) { return a < b ? a : b; }

#endif
