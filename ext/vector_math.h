/* Elementary functions that the compiler can vectorise: no branches, no calls, no tables. Shared by all kernels.
 *
 * Relative errors are 2 units in the last place or less where the comment does not say otherwise. Contraction to fused
 * multiply-adds is left to the compiler, so instruction sets may differ in the last bit; one machine always gives the same bits.
 */
#ifndef RMT_VECTOR_MATH_H
#define RMT_VECTOR_MATH_H

#include <math.h>
#include <stdint.h>
#include <string.h>

/* Loops compiled for three instruction sets, chosen at load time by the features of the processor. */
#if defined(__GNUC__) && !defined(__clang__) && defined(__x86_64__) && defined(__GLIBC__)
#if __GNUC__ >= 12
#define RMT_CLONES __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else /* there "arch=" would compare the model of the processor, not its features */
#define RMT_CLONES __attribute__((target_clones("avx512f", "avx2", "default")))
#endif
#else
#define RMT_CLONES
#endif
#if defined(__GNUC__)
#define RMT_INLINE static inline __attribute__((always_inline))
#else
#define RMT_INLINE static inline
#endif

#define RMT_ROUND_MAGIC 6755399441055744.0 /* 1.5 * 2^52: adding it rounds to the nearest integer, left in the low bits */

RMT_INLINE uint64_t rmt_bits(double x) { uint64_t b; memcpy(&b, &x, 8); return b; }
RMT_INLINE double rmt_from_bits(uint64_t b) { double x; memcpy(&x, &b, 8); return x; }
RMT_INLINE double rmt_min(double a, double b) { return a < b ? a : b; }
RMT_INLINE double rmt_max(double a, double b) { return a > b ? a : b; }

/* ln(x 2^shift) for positive normal x. The exponent becomes a double by the 2^52 trick: a signed 64-bit conversion does not
 * vectorise below AVX-512. */
RMT_INLINE double rmt_log_scaled(double x, double shift)
{
    const uint64_t shifted = rmt_bits(x) + (0x3FF0000000000000ULL - 0x3FE6A09E667F3BCDULL); /* mantissa from sqrt(1/2) */
    const double k = rmt_from_bits((shifted >> 52) | 0x4330000000000000ULL) - (4503599627370496.0 + 1023.0) + shift;
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

RMT_INLINE double rmt_log(double x) { return rmt_log_scaled(x, 0.0); }

/* expm1(r) of the reduced argument r = x - k ln 2, |r| <= ln(2)/2; k is left in the low bits of *shifted. */
RMT_INLINE double rmt_exp_core(double x, double *shifted)
{
    *shifted = x * 1.4426950408889634074 + RMT_ROUND_MAGIC;
    const double k = *shifted - RMT_ROUND_MAGIC;
    const double r = (x - k * 6.93147180369123816490e-01) - k * 1.90821492927058770002e-10;
    double p = 1.0 / 6227020800.0; /* Taylor: the first term left out is 1e-17 of the sum */
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
    return r + r * r * p;
}

/* exp x for |x| <= 700 */
RMT_INLINE double rmt_exp_moderate(double x)
{
    double shifted;
    const double p = rmt_exp_core(x, &shifted);
    const double scale = rmt_from_bits((rmt_bits(shifted) + 1023u) << 52);
    return scale + scale * p;
}

/* e = exp x and em = exp x - 1, both to full relative accuracy, for |x| <= 700 */
RMT_INLINE void rmt_exp_parts(double x, double *e, double *em)
{
    double shifted;
    const double p = rmt_exp_core(x, &shifted);
    const double scale = rmt_from_bits((rmt_bits(shifted) + 1023u) << 52);
    *e = scale + scale * p;
    *em = scale * p + (scale - 1.0);
}

/* exp x; overflows to infinity and underflows through subnormal numbers to zero like the library function. */
RMT_INLINE double rmt_exp(double x)
{
    double shifted;
    const double p = rmt_exp_core(x < -800.0 ? -800.0 : (x > 800.0 ? 800.0 : x), &shifted);
    /* 2^k in two factors */
    const uint64_t biased = (rmt_bits(shifted) + 4096) & 0x1FFF; /* k + 4096 */
    const uint64_t first = biased >> 1, second = biased - first;
    const double scale1 = rmt_from_bits((first + 1023 - 2048) << 52);
    const double scale2 = rmt_from_bits((second + 1023 - 2048) << 52);
    return (1.0 + p) * scale1 * scale2;
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

/* sin x on |x| <= pi/2, relative accuracy down to x = 0, and cos x there, absolute accuracy */
RMT_INLINE double rmt_sin_core(double x, double w)
{
    double p = 1.0 / 51090942171709440000.0;
    p = p * w - 1.0 / 121645100408832000.0;
    p = p * w + 1.0 / 355687428096000.0;
    p = p * w - 1.0 / 1307674368000.0;
    p = p * w + 1.0 / 6227020800.0;
    p = p * w - 1.0 / 39916800.0;
    p = p * w + 1.0 / 362880.0;
    p = p * w - 1.0 / 5040.0;
    p = p * w + 1.0 / 120.0;
    p = p * w - 1.0 / 6.0;
    return x + x * w * p;
}

RMT_INLINE double rmt_cos_core(double w)
{
    double c = 1.0 / 2432902008176640000.0;
    c = c * w - 1.0 / 6402373705728000.0;
    c = c * w + 1.0 / 20922789888000.0;
    c = c * w - 1.0 / 87178291200.0;
    c = c * w + 1.0 / 479001600.0;
    c = c * w - 1.0 / 3628800.0;
    c = c * w + 1.0 / 40320.0;
    c = c * w - 1.0 / 720.0;
    c = c * w + 1.0 / 24.0;
    c = c * w - 0.5;
    return 1.0 + w * c;
}

/* x reduced to |r| <= pi/2 by multiples of pi in three parts; *sign is the sign bit of (-1)^k. For |x| < 1e6. */
RMT_INLINE double rmt_reduce_pi(double x, uint64_t *sign)
{
    const double shifted = x * 0.31830988618379067 + RMT_ROUND_MAGIC, k = shifted - RMT_ROUND_MAGIC;
    *sign = rmt_bits(shifted) << 63;
    return ((x - k * 3.14159265346825122833e+00) - k * 1.21542010126079319532e-10) - k * 4.04453249759190126308e-21;
}

RMT_INLINE double rmt_sin(double x)
{
    uint64_t sign;
    const double r = rmt_reduce_pi(x, &sign);
    return rmt_from_bits(rmt_bits(rmt_sin_core(r, r * r)) ^ sign);
}

/* sin and cos for |x| < 1e6 */
RMT_INLINE void rmt_sincos(double x, double *sine, double *cosine)
{
    uint64_t sign;
    const double r = rmt_reduce_pi(x, &sign), w = r * r;
    *sine = rmt_from_bits(rmt_bits(rmt_sin_core(r, w)) ^ sign);
    *cosine = rmt_from_bits(rmt_bits(rmt_cos_core(w)) ^ sign);
}

#endif
