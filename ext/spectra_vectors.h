/* Passes of the back-substitution for eigenvectors: complex rows with their real and imaginary parts in two arrays. */
#ifndef RMT_SPECTRA_VECTORS_H
#define RMT_SPECTRA_VECTORS_H

#include "spectra_passes.h"

/* y += (a + ib) x */
RMT_PASS void rmt_add_complex_row(
    double a, double b, const double* restrict xr, const double* restrict xi, int64_t n, double* restrict yr,
    double* restrict yi) {
    for (int64_t i = 0; i < n; i++) {
        yr[i] += a * xr[i] - b * xi[i];
        yi[i] += a * xi[i] + b * xr[i];
    }
}

/* x <- x / (p u - q v) with p = 2^(e[i] - base) when `scaled` is the first of the two, q = 1, and the other way about
 * otherwise; u = (ur, ui)[i], v = (vr, vi). Denominators of nearly equal eigenvalues are kept away from zero by one rounding
 * error of their terms. power[i] is the power of two that was used. */
RMT_PASS void rmt_divide_by_differences(
    double* restrict xr, double* restrict xi, const double* restrict ur, const double* restrict ui, double vr, double vi,
    const int64_t* restrict e, int64_t base, int first, int64_t n, double* restrict power) {
    const double size = fabs(vr) + fabs(vi);
    for (int64_t i = 0; i < n; i++) {
        int64_t shift = first ? e[i] - base : base - e[i];
        shift = shift < -1022 ? -1022 : shift > 1000 ? 1000 : shift;
        const int64_t bits = (shift + 1023) << 52;
        double two, p, q, dr, di, scale, largest;
        memcpy(&two, &bits, sizeof two);
        p = first ? two : 1.0;
        q = first ? 1.0 : two;
        power[i] = two;
        dr = ur[i] * p - vr * q;
        di = ui[i] * p - vi * q;
        scale = (fabs(ur[i]) + fabs(ui[i])) * p + size * q;
        scale = 0x1p-53 * (scale > 1e-300 ? scale : 1e-300);
        di = fabs(dr) + fabs(di) < scale ? 0.0 : di;
        dr = fabs(dr) + fabs(di) < scale ? scale : dr;
        largest = fabs(dr) > fabs(di) ? fabs(dr) : fabs(di);
        dr /= largest;
        di /= largest;
        scale = 1.0 / (dr * dr + di * di);
        p = (xr[i] * dr + xi[i] * di) * scale;
        q = (xi[i] * dr - xr[i] * di) * scale;
        xr[i] = p / largest;
        xi[i] = q / largest;
    }
}

#endif
