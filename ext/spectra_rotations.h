/* Plane rotations of the periodic Schur iteration as vector code: of rows at once, of columns in a batch per sweep.
 *
 * Matrices are stored by rows. A rotation of two neighbouring columns touches two numbers per row; a whole sweep of them is
 * therefore collected and then applied to 32 rows at a time, which are transposed into a strip of memory and back.
 */
#ifndef RMT_SPECTRA_ROTATIONS_H
#define RMT_SPECTRA_ROTATIONS_H

#include "spectra_passes.h"

#define RMT_STRIP 32 /* rows at a time: four independent chains of operations hide each other's latency */

/* x, y <- c x + s y, c y - s x */
RMT_PASS void rmt_rotate_rows(double* restrict x, double* restrict y, int64_t n, double c, double s) {
    for (int64_t i = 0; i < n; i++) {
        double t = x[i];
        x[i] = c * t + s * y[i];
        y[i] = c * y[i] - s * t;
    }
}

/* x, y <- xx x + xy y, yx x + yy y */
RMT_PASS void rmt_mix_rows(
    double* restrict x, double* restrict y, int64_t n, double xx, double xy, double yx, double yy) {
    for (int64_t i = 0; i < n; i++) {
        double t = x[i];
        x[i] = xx * t + xy * y[i];
        y[i] = yx * t + yy * y[i];
    }
}

/* Rows first.. of m (rows of length ld) times the rotations of the columns plane[k], plane[k] + 1, k = 0 .. count - 1, in this
 * order; rotation k acts on the rows before until[k] (ascending), and only on columns from until[k] on. `strip` holds
 * RMT_STRIP (ld + 8) numbers. */
RMT_PASS void rmt_rotate_columns(
    double* restrict m, int64_t ld, int64_t first, const int64_t* restrict plane, const int64_t* restrict until,
    const double* restrict c, const double* restrict s, int64_t count, double* restrict strip) {
    int64_t k0 = 0;
    if (count == 0) return;
    for (int64_t i0 = first; i0 < until[count - 1]; i0 += RMT_STRIP) {
        int64_t rows = until[count - 1] - i0 < RMT_STRIP ? until[count - 1] - i0 : RMT_STRIP, left, right, j;
        while (k0 < count && until[k0] <= i0) k0++;
        left = ld;
        right = 0;
        for (int64_t k = k0; k < count; k++) {
            left = plane[k] < left ? plane[k] : left;
            right = plane[k] + 2 > right ? plane[k] + 2 : right;
        }
        for (int64_t i = 0; i < RMT_STRIP; i += 8) {
            if (i + 8 > rows) {
                for (int64_t l = i; l < rows; l++)
                    for (j = left; j < right; j++) strip[(j - left) * RMT_STRIP + l] = m[(i0 + l) * ld + j];
                break;
            }
            for (j = left; j + 8 <= right; j += 8)
                rmt_transpose_tile(m + (i0 + i) * ld + j, ld, strip + (j - left) * RMT_STRIP + i, RMT_STRIP);
            for (; j < right; j++)
                for (int l = 0; l < 8; l++) strip[(j - left) * RMT_STRIP + i + l] = m[(i0 + i + l) * ld + j];
        }
        for (int64_t k = k0; k < count; k++) {
            double* restrict x = strip + (plane[k] - left) * RMT_STRIP;
            double* restrict y = x + RMT_STRIP;
            const int64_t some = until[k] - i0;
            rmt_lanes a, b, p, q;
            if (some < rows) {
                for (int64_t l = 0; l < some; l++) {
                    double t = x[l];
                    x[l] = c[k] * t + s[k] * y[l];
                    y[l] = c[k] * y[l] - s[k] * t;
                }
                continue;
            }
            for (int l = 0; l < RMT_STRIP; l += 8) {
                RMT_LOAD(a, x + l);
                RMT_LOAD(b, y + l);
                p = c[k] * a + s[k] * b;
                q = c[k] * b - s[k] * a;
                RMT_STORE(x + l, p);
                RMT_STORE(y + l, q);
            }
        }
        for (int64_t i = 0; i < RMT_STRIP; i += 8) {
            if (i + 8 > rows) {
                for (int64_t l = i; l < rows; l++)
                    for (j = left; j < right; j++) m[(i0 + l) * ld + j] = strip[(j - left) * RMT_STRIP + l];
                break;
            }
            for (j = left; j + 8 <= right; j += 8)
                rmt_transpose_tile(strip + (j - left) * RMT_STRIP + i, RMT_STRIP, m + (i0 + i) * ld + j, ld);
            for (; j < right; j++)
                for (int l = 0; l < 8; l++) m[(i0 + i + l) * ld + j] = strip[(j - left) * RMT_STRIP + i + l];
        }
    }
}

#endif
