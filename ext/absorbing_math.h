/* Element-wise loops of the absorbing-transition kernels, written so that compilers vectorise them without -ffast-math.
 *
 * Notation: s = (u + v)/2 and d = u - v for the pre-activations u, v of two signals at one unit; the loops overwrite two arrays of
 * standard normals with f_s = (phi(u) + phi(v))/2 and f_d = phi(u) - phi(v), where f_d keeps its relative accuracy however small d is.
 * The tangent loops are the limit d -> 0: f_s = phi(s), f_d = phi'(s) d.
 */
#ifndef RMT_ABSORBING_MATH_H
#define RMT_ABSORBING_MATH_H

#include <math.h>
#include <stdint.h>
#include <string.h>

/* By features, not by "arch=": that compares the CPU model, and a newer model than the compiler knows would get the default. */
#if defined(__GNUC__) && !defined(__clang__) && defined(__x86_64__) && defined(__linux__)
#define RMT_CLONES __attribute__((target_clones("avx512f", "avx2", "default")))
#else
#define RMT_CLONES
#endif

#if defined(__GNUC__)
#define RMT_INLINE static inline __attribute__((always_inline))
#else
#define RMT_INLINE static inline
#endif

#define RMT_ROUND_MAGIC 6755399441055744.0 /* 1.5 * 2^52: adding it rounds to the nearest integer, left in the low bits */

RMT_INLINE uint64_t rmt_bits(double x) {
    uint64_t u;
    memcpy(&u, &x, 8);
    return u;
}

RMT_INLINE double rmt_double(uint64_t u) {
    double x;
    memcpy(&x, &u, 8);
    return x;
}

/* e = exp(y) and em = exp(y) - 1, both to full relative accuracy, for -700 <= y <= 0. */
RMT_INLINE void rmt_exp_parts(double y, double *e, double *em) {
    double shifted = y * 1.4426950408889634 + RMT_ROUND_MAGIC;
    double k = shifted - RMT_ROUND_MAGIC;
    double r = (y - k * 6.93147180369123816490e-01) - k * 1.90821492927058770002e-10;
    /* Taylor polynomial of (exp(r) - 1)/r, |r| <= ln(2)/2: the first term left out is 1e-17 of it. */
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
    p = r + r * r * p;
    double scale = rmt_double((rmt_bits(shifted) + 1023u) << 52);
    *e = scale + scale * p;
    *em = scale * p + (scale - 1.0);
}

/* sin and cos for |x| < 1e6: reduction by multiples of pi in three parts, then Taylor on |r| <= pi/2. */
RMT_INLINE void rmt_sincos(double x, double *sine, double *cosine) {
    double shifted = x * 0.31830988618379067 + RMT_ROUND_MAGIC;
    double k = shifted - RMT_ROUND_MAGIC;
    uint64_t sign = rmt_bits(shifted) << 63;
    double r = ((x - k * 3.14159265346825122833e+00) - k * 1.21542010126079319532e-10) - k * 4.04453249759190126308e-21;
    double w = r * r;
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
    *sine = rmt_double(rmt_bits(r + r * w * p) ^ sign);
    *cosine = rmt_double(rmt_bits(1.0 + w * c) ^ sign);
}

/* tanh: with e = exp(-2|x|), tanh|x| = (1 - e)/(1 + e) and 1 - tanh^2 = 4 e/(1 + e)^2; the addition theorem gives f_s and f_d with one
 * division and no cancellation, where e_s, e_d belong to |s| and |d|/2. Arguments above 340 are capped. */
RMT_CLONES static void rmt_pair_tanh(double *x, double *y, Py_ssize_t n, double a, double b, double c) {
    for (Py_ssize_t i = 0; i < n; i++) {
        double s = a * x[i], half = 0.5 * (b * x[i] + c * y[i]);
        double es, ems, ed, emd, t = fabs(s), h = fabs(half);
        t = t < 340.0 ? t : 340.0;
        h = h < 340.0 ? h : 340.0;
        rmt_exp_parts(-2.0 * t, &es, &ems);
        rmt_exp_parts(-2.0 * h, &ed, &emd);
        double ps = 1.0 + es, pd = 1.0 + ed;
        double inverse = 1.0 / (es * pd * pd + ems * ems * ed);
        x[i] = copysign(-ems * ps * ed * inverse, s);
        y[i] = copysign(-2.0 * emd * pd * es * inverse, half);
    }
}

RMT_CLONES static void rmt_tangent_tanh(double *x, double *y, Py_ssize_t n, double a, double b, double c) {
    for (Py_ssize_t i = 0; i < n; i++) {
        double s = a * x[i], d = b * x[i] + c * y[i];
        double e, em, t = fabs(s);
        t = t < 340.0 ? t : 340.0;
        rmt_exp_parts(-2.0 * t, &e, &em);
        double inverse = 1.0 / (1.0 + e);
        x[i] = copysign(-em * inverse, s);
        y[i] = 4.0 * e * inverse * inverse * d;
    }
}

/* sin: sum and difference of two sines. */
RMT_CLONES static void rmt_pair_sin(double *x, double *y, Py_ssize_t n, double a, double b, double c) {
    for (Py_ssize_t i = 0; i < n; i++) {
        double s = a * x[i], half = 0.5 * (b * x[i] + c * y[i]);
        double sin_s, cos_s, sin_h, cos_h;
        rmt_sincos(s, &sin_s, &cos_s);
        rmt_sincos(half, &sin_h, &cos_h);
        x[i] = sin_s * cos_h;
        y[i] = 2.0 * sin_h * cos_s;
    }
}

RMT_CLONES static void rmt_tangent_sin(double *x, double *y, Py_ssize_t n, double a, double b, double c) {
    for (Py_ssize_t i = 0; i < n; i++) {
        double s = a * x[i], d = b * x[i] + c * y[i], sine, cosine;
        rmt_sincos(s, &sine, &cosine);
        x[i] = sine;
        y[i] = cosine * d;
    }
}

#define RMT_TWO_OVER_ROOT_PI 1.1283791670955126

/* erf: below |d| = 0.005 the Taylor series around the midpoint (next term 1e-15 of the result), above it the plain difference. */
static void rmt_pair_erf(double *x, double *y, Py_ssize_t n, double a, double b, double c) {
    for (Py_ssize_t i = 0; i < n; i++) {
        double s = a * x[i], d = b * x[i] + c * y[i];
        if (fabs(d) < 5e-3) {
            double s2 = s * s, d2 = d * d, slope = RMT_TWO_OVER_ROOT_PI * exp(-s2);
            x[i] = erf(s) - slope * s * d2 * (0.25 + (2.0 * s2 - 3.0) * d2 / 96.0);
            y[i] = slope * d * (1.0 + (2.0 * s2 - 1.0) * d2 / 12.0 + (4.0 * s2 * s2 - 12.0 * s2 + 3.0) * d2 * d2 / 480.0);
        } else {
            double u = erf(s + 0.5 * d), v = erf(s - 0.5 * d);
            x[i] = 0.5 * (u + v);
            y[i] = u - v;
        }
    }
}

static void rmt_tangent_erf(double *x, double *y, Py_ssize_t n, double a, double b, double c) {
    for (Py_ssize_t i = 0; i < n; i++) {
        double s = a * x[i], d = b * x[i] + c * y[i];
        x[i] = erf(s);
        y[i] = RMT_TWO_OVER_ROOT_PI * exp(-s * s) * d;
    }
}

/* relu: where u and v have the same sign the difference is d or 0 exactly; elsewhere one of the two values is 0. */
RMT_CLONES static void rmt_pair_relu(double *x, double *y, Py_ssize_t n, double a, double b, double c) {
    for (Py_ssize_t i = 0; i < n; i++) {
        double s = a * x[i], d = b * x[i] + c * y[i];
        double u = s + 0.5 * d, v = s - 0.5 * d;
        double pu = u > 0.0 ? u : 0.0, pv = v > 0.0 ? v : 0.0;
        double same = s > 0.0 ? d : 0.0;
        x[i] = 0.5 * (pu + pv);
        y[i] = fabs(s) >= 0.5 * fabs(d) ? same : pu - pv;
    }
}

RMT_CLONES static void rmt_tangent_relu(double *x, double *y, Py_ssize_t n, double a, double b, double c) {
    for (Py_ssize_t i = 0; i < n; i++) {
        double s = a * x[i], d = b * x[i] + c * y[i];
        x[i] = s > 0.0 ? s : 0.0;
        y[i] = s > 0.0 ? d : 0.0;
    }
}

RMT_CLONES static void rmt_pair_linear(double *x, double *y, Py_ssize_t n, double a, double b, double c) {
    for (Py_ssize_t i = 0; i < n; i++) {
        double s = a * x[i], d = b * x[i] + c * y[i];
        x[i] = s;
        y[i] = d;
    }
}

/* Standard normals in pairs: eight xoshiro256++ generators side by side (Blackman and Vigna, public domain), then Box-Muller.
 * state holds word k of lane j at 8 k + j; x and y receive 8 * blocks values each. */
RMT_CLONES static void rmt_random_bits(uint64_t *state, uint64_t *out, Py_ssize_t blocks) {
    uint64_t s0[8], s1[8], s2[8], s3[8];
    memcpy(s0, state, 64);
    memcpy(s1, state + 8, 64);
    memcpy(s2, state + 16, 64);
    memcpy(s3, state + 24, 64);
    for (Py_ssize_t b = 0; b < blocks; b++) {
        for (int j = 0; j < 8; j++) {
            uint64_t sum = s0[j] + s3[j], t = s1[j] << 17;
            out[8 * b + j] = ((sum << 23) | (sum >> 41)) + s0[j];
            s2[j] ^= s0[j];
            s3[j] ^= s1[j];
            s1[j] ^= s2[j];
            s0[j] ^= s3[j];
            s2[j] ^= t;
            s3[j] = (s3[j] << 45) | (s3[j] >> 19);
        }
    }
    memcpy(state, s0, 64);
    memcpy(state + 8, s1, 64);
    memcpy(state + 16, s2, 64);
    memcpy(state + 24, s3, 64);
}

/* Overwrite random bits (stored in doubles) by normals: radius from 52 bits in (0, 1], angle from 52 bits. */
RMT_CLONES static void rmt_box_muller(double *x, double *y, Py_ssize_t n) {
    for (Py_ssize_t i = 0; i < n; i++) {
        double u = 2.0 - rmt_double((rmt_bits(x[i]) >> 12) | 0x3ff0000000000000u);
        double turn = rmt_double((rmt_bits(y[i]) >> 12) | 0x3ff0000000000000u) - 1.0;
        /* ln u = k ln 2 + 2 atanh(f) with the mantissa in [sqrt(1/2), sqrt(2)). */
        uint64_t bits = rmt_bits(u) + (0x3ff0000000000000u - 0x3fe6a09e667f3bcdu);
        double k = rmt_double(0x4330000000000000u | (bits >> 52)) - (4503599627370496.0 + 1023.0);
        double mantissa = rmt_double((bits & 0xfffffffffffffu) + 0x3fe6a09e667f3bcdu);
        double f = (mantissa - 1.0) / (mantissa + 1.0), w = f * f;
        double p = 2.0 / 23.0;
        p = p * w + 2.0 / 21.0;
        p = p * w + 2.0 / 19.0;
        p = p * w + 2.0 / 17.0;
        p = p * w + 2.0 / 15.0;
        p = p * w + 2.0 / 13.0;
        p = p * w + 2.0 / 11.0;
        p = p * w + 2.0 / 9.0;
        p = p * w + 2.0 / 7.0;
        p = p * w + 2.0 / 5.0;
        p = p * w + 2.0 / 3.0;
        double radius = sqrt(-2.0 * (k * 0.6931471805599453 + (2.0 * f + f * w * p)));
        double sine, cosine;
        rmt_sincos(6.283185307179586 * turn, &sine, &cosine);
        x[i] = radius * cosine;
        y[i] = radius * sine;
    }
}

/* Sums of x^2, x y and y^2 in eight fixed partial sums: vectorisable, and the same order of additions everywhere. */
RMT_CLONES static void rmt_second_moments(const double *x, const double *y, Py_ssize_t n, double *out) {
    double xx[8] = {0}, xy[8] = {0}, yy[8] = {0};
    Py_ssize_t i = 0;
    for (; i + 8 <= n; i += 8)
        for (int j = 0; j < 8; j++) {
            xx[j] += x[i + j] * x[i + j];
            xy[j] += x[i + j] * y[i + j];
            yy[j] += y[i + j] * y[i + j];
        }
    for (int j = 0; i + j < n; j++) {
        xx[j] += x[i + j] * x[i + j];
        xy[j] += x[i + j] * y[i + j];
        yy[j] += y[i + j] * y[i + j];
    }
    for (int j = 1; j < 8; j++) {
        xx[0] += xx[j];
        xy[0] += xy[j];
        yy[0] += yy[j];
    }
    out[0] = xx[0];
    out[1] = xy[0];
    out[2] = yy[0];
}

#endif
