/* Piecewise polynomials addressed by the exponent and the upper mantissa bits of the argument. */
#ifndef RMT_STABLE_TABLE_H
#define RMT_STABLE_TABLE_H

#include "vector_math.h"

typedef struct {
    int low, octaves;            /* octaves from 2^low */
    const unsigned char *bits;   /* mantissa bits that choose the panel, per octave */
    const int *base;             /* first panel of the octave */
    const double *coefficients;  /* (panels, 13), increasing powers of z in [-1, 1] */
} rmt_table_side;

typedef struct {
    rmt_table_side up, down;     /* x >= 0 and x < 0 */
    double radius;               /* |x| < radius: one polynomial in x/radius */
    const double *centre;        /* 13 coefficients */
    double parity;               /* down side mirrored: centre polynomial in parity * x */
} rmt_table;

/* Estrin's scheme: a shorter chain of dependent operations than Horner's */
RMT_INLINE double rmt_polynomial(const double *c, double z)
{
    const double z2 = z*z, z4 = z2*z2, z8 = z4*z4;
    const double low = (c[0] + c[1]*z) + z2*(c[2] + c[3]*z) + z4*((c[4] + c[5]*z) + z2*(c[6] + c[7]*z));
    const double high = (c[8] + c[9]*z) + z2*(c[10] + c[11]*z) + z4*c[12];
    return low + z8*high;
}

RMT_INLINE double rmt_polynomial_slope(const double *c, double z)
{
    double p = 12.0*c[12];
    for (int k = 11; k >= 1; k--) p = p*z + k*c[k];
    return p;
}

/* NaN where the table does not reach */
RMT_CLONES static void rmt_table_values(const rmt_table *t, const double *x, double *out, long n)
{
    for (long i = 0; i < n; i++) {
        const double a = fabs(x[i]);
        const rmt_table_side *s = x[i] >= 0.0 ? &t->up : &t->down;
        const uint64_t bits = rmt_bits(a);
        const int octave = (int)(bits >> 52) - 1023 - s->low;
        if (a < t->radius) { out[i] = rmt_polynomial(t->centre, x[i]/t->radius); continue; }
        if (octave < 0 || octave >= s->octaves || a != a) { out[i] = NAN; continue; }
        const int k = s->bits[octave];
        const uint64_t mantissa = bits & 0x000FFFFFFFFFFFFFULL;
        const double *c = s->coefficients + 13*(long)(s->base[octave] + (int)(mantissa >> (52 - k)));
        const double z = 2.0*rmt_from_bits(((mantissa << k) & 0x000FFFFFFFFFFFFFULL) | 0x3FF0000000000000ULL) - 3.0;
        out[i] = rmt_polynomial(c, z);
    }
}

/* value and derivative with respect to x */
RMT_CLONES static void rmt_table_slopes(const rmt_table *t, const double *x, double *out, double *slope, long n)
{
    for (long i = 0; i < n; i++) {
        const double a = fabs(x[i]);
        const rmt_table_side *s = x[i] >= 0.0 ? &t->up : &t->down;
        const uint64_t bits = rmt_bits(a);
        const int octave = (int)(bits >> 52) - 1023 - s->low;
        if (a < t->radius) {
            const double z = x[i]/t->radius;
            out[i] = rmt_polynomial(t->centre, z);
            slope[i] = rmt_polynomial_slope(t->centre, z)/t->radius;
            continue;
        }
        if (octave < 0 || octave >= s->octaves || a != a) { out[i] = slope[i] = NAN; continue; }
        const int k = s->bits[octave];
        const uint64_t mantissa = bits & 0x000FFFFFFFFFFFFFULL;
        const double *c = s->coefficients + 13*(long)(s->base[octave] + (int)(mantissa >> (52 - k)));
        const double z = 2.0*rmt_from_bits(((mantissa << k) & 0x000FFFFFFFFFFFFFULL) | 0x3FF0000000000000ULL) - 3.0;
        out[i] = rmt_polynomial(c, z);
        /* dz/da = 2^(k + 1 - exponent) */
        const double scale = rmt_from_bits((uint64_t)(1023 + k + 1 - octave - s->low) << 52);
        slope[i] = rmt_polynomial_slope(c, z)*(x[i] < 0.0 ? -scale : scale);
    }
}

RMT_CLONES static void rmt_exponentials(double *x, long n)
{
    for (long i = 0; i < n; i++) x[i] = rmt_exp(x[i]);
}

#endif
