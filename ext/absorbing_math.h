/* Element-wise loops of the absorbing-transition kernels, written so that compilers vectorise them without -ffast-math.
 *
 * Notation: s = (u + v)/2 and d = u - v for the pre-activations u, v of two signals at one unit; the loops overwrite two arrays of
 * standard normals with f_s = (phi(u) + phi(v))/2 and f_d = phi(u) - phi(v), where f_d keeps its relative accuracy however small d is.
 * The tangent loops are the limit d -> 0: f_s = phi(s), f_d = phi'(s) d.
 */
#ifndef RMT_ABSORBING_MATH_H
#define RMT_ABSORBING_MATH_H

#include "vector_math.h"

#include <stddef.h>

/* tanh: with e = exp(-2|x|), tanh|x| = (1 - e)/(1 + e) and 1 - tanh^2 = 4 e/(1 + e)^2; the addition theorem gives f_s and f_d with one
 * division and no cancellation, where e_s, e_d belong to |s| and |d|/2. Arguments above 340 are capped. */
RMT_CLONES static void rmt_pair_tanh(double *x, double *y, ptrdiff_t n, double a, double b, double c) {
    for (ptrdiff_t i = 0; i < n; i++) {
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

RMT_CLONES static void rmt_tangent_tanh(double *x, double *y, ptrdiff_t n, double a, double b, double c) {
    for (ptrdiff_t i = 0; i < n; i++) {
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
RMT_CLONES static void rmt_pair_sin(double *x, double *y, ptrdiff_t n, double a, double b, double c) {
    for (ptrdiff_t i = 0; i < n; i++) {
        double s = a * x[i], half = 0.5 * (b * x[i] + c * y[i]);
        double sin_s, cos_s, sin_h, cos_h;
        rmt_sincos(s, &sin_s, &cos_s);
        rmt_sincos(half, &sin_h, &cos_h);
        x[i] = sin_s * cos_h;
        y[i] = 2.0 * sin_h * cos_s;
    }
}

RMT_CLONES static void rmt_tangent_sin(double *x, double *y, ptrdiff_t n, double a, double b, double c) {
    for (ptrdiff_t i = 0; i < n; i++) {
        double s = a * x[i], d = b * x[i] + c * y[i], sine, cosine;
        rmt_sincos(s, &sine, &cosine);
        x[i] = sine;
        y[i] = cosine * d;
    }
}

#define RMT_TWO_OVER_ROOT_PI 1.1283791670955126

/* erf: below |d| = 0.005 the Taylor series around the midpoint (next term 1e-15 of the result), above it the plain difference. */
static void rmt_pair_erf(double *x, double *y, ptrdiff_t n, double a, double b, double c) {
    for (ptrdiff_t i = 0; i < n; i++) {
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

static void rmt_tangent_erf(double *x, double *y, ptrdiff_t n, double a, double b, double c) {
    for (ptrdiff_t i = 0; i < n; i++) {
        double s = a * x[i], d = b * x[i] + c * y[i];
        x[i] = erf(s);
        y[i] = RMT_TWO_OVER_ROOT_PI * exp(-s * s) * d;
    }
}

/* relu: where u and v have the same sign the difference is d or 0 exactly; elsewhere one of the two values is 0. */
RMT_CLONES static void rmt_pair_relu(double *x, double *y, ptrdiff_t n, double a, double b, double c) {
    for (ptrdiff_t i = 0; i < n; i++) {
        double s = a * x[i], d = b * x[i] + c * y[i];
        double u = s + 0.5 * d, v = s - 0.5 * d;
        double pu = u > 0.0 ? u : 0.0, pv = v > 0.0 ? v : 0.0;
        double same = s > 0.0 ? d : 0.0;
        x[i] = 0.5 * (pu + pv);
        y[i] = fabs(s) >= 0.5 * fabs(d) ? same : pu - pv;
    }
}

RMT_CLONES static void rmt_tangent_relu(double *x, double *y, ptrdiff_t n, double a, double b, double c) {
    for (ptrdiff_t i = 0; i < n; i++) {
        double s = a * x[i], d = b * x[i] + c * y[i];
        x[i] = s > 0.0 ? s : 0.0;
        y[i] = s > 0.0 ? d : 0.0;
    }
}

RMT_CLONES static void rmt_pair_linear(double *x, double *y, ptrdiff_t n, double a, double b, double c) {
    for (ptrdiff_t i = 0; i < n; i++) {
        double s = a * x[i], d = b * x[i] + c * y[i];
        x[i] = s;
        y[i] = d;
    }
}

/* Standard normals in pairs: eight xoshiro256++ generators side by side (Blackman and Vigna, public domain), then Box-Muller.
 * state holds word k of lane j at 8 k + j; x and y receive 8 * blocks values each. */
RMT_CLONES static void rmt_random_bits(uint64_t *state, uint64_t *out, ptrdiff_t blocks) {
    uint64_t s0[8], s1[8], s2[8], s3[8];
    memcpy(s0, state, 64);
    memcpy(s1, state + 8, 64);
    memcpy(s2, state + 16, 64);
    memcpy(s3, state + 24, 64);
    for (ptrdiff_t b = 0; b < blocks; b++) {
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
RMT_CLONES static void rmt_box_muller(double *x, double *y, ptrdiff_t n) {
    for (ptrdiff_t i = 0; i < n; i++) {
        double u = 2.0 - rmt_from_bits((rmt_bits(x[i]) >> 12) | 0x3ff0000000000000u);
        double turn = rmt_from_bits((rmt_bits(y[i]) >> 12) | 0x3ff0000000000000u) - 1.0;
        double radius = sqrt(-2.0 * rmt_log(u));
        double sine, cosine;
        rmt_sincos(6.283185307179586 * turn, &sine, &cosine);
        x[i] = radius * cosine;
        y[i] = radius * sine;
    }
}

/* Sums of x^2, x y and y^2 in eight fixed partial sums: vectorisable, and the same order of additions everywhere. */
RMT_CLONES static void rmt_second_moments(const double *x, const double *y, ptrdiff_t n, double *out) {
    double xx[8] = {0}, xy[8] = {0}, yy[8] = {0};
    ptrdiff_t i = 0;
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
