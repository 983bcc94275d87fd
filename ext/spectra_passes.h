/* Passes over whole matrices for the UDT chain, written so that the compiler turns them into vector code.
 *
 * Matrices are stored by columns with leading dimension ld. Multipliers are exact powers of two. Where a pass needs a
 * maximum it keeps one per row: a reduction to a single number would not be vectorised.
 */
#ifndef RMT_SPECTRA_PASSES_H
#define RMT_SPECTRA_PASSES_H

#include <math.h>
#include <stdint.h>
#include <string.h>

#if defined(__x86_64__) && defined(__linux__) && defined(__GLIBC__)
#define RMT_PASS static __attribute__((target_clones("avx512f", "avx2", "default")))
#else
#define RMT_PASS static
#endif

/* A compiler may not reorder a sum by itself, so the partial sums are spelled out as vectors. */
#define RMT_LANES 8
typedef double rmt_lanes __attribute__((vector_size(RMT_LANES * sizeof(double))));
typedef float rmt_short_lanes __attribute__((vector_size(RMT_LANES * sizeof(float))));
typedef int64_t rmt_lane_bits __attribute__((vector_size(RMT_LANES * sizeof(int64_t))));
#define RMT_LOAD(v, p) memcpy(&(v), (p), sizeof(rmt_lanes))
#define RMT_STORE(p, v) memcpy((p), &(v), sizeof(rmt_lanes))
#define RMT_ABS(v) ((rmt_lanes)((rmt_lane_bits)(v) & INT64_MAX))
#define RMT_MAX(a, b) ((a) > (b) ? (a) : (b))
#define RMT_CHOOSE(mask, a, b) ((rmt_lanes)(((rmt_lane_bits)(a) & (mask)) | ((rmt_lane_bits)(b) & ~(mask))))
#define RMT_MAX_LANES(a, b) RMT_CHOOSE((a) > (b), a, b)

/* largest[i] = max(largest[i], |x[i]|) */
RMT_PASS void rmt_row_maxima(const double* restrict x, int64_t n, double* restrict largest) {
    for (int64_t i = 0; i < n; i++) {
        double a = fabs(x[i]);
        largest[i] = a > largest[i] ? a : largest[i];
    }
}

/* largest[i] = max(largest[i], |x[i]| factor[i] scale) */
RMT_PASS void rmt_scaled_row_maxima(
    const double* restrict x, const double* restrict factor, double scale, int64_t n, double* restrict largest) {
    for (int64_t i = 0; i < n; i++) {
        double a = fabs(x[i]) * factor[i] * scale;
        largest[i] = a > largest[i] ? a : largest[i];
    }
}

/* y[i] = x[i] factor[i] scale */
RMT_PASS void rmt_scaled(
    const double* restrict x, const double* restrict factor, double scale, int64_t n, double* restrict y) {
    for (int64_t i = 0; i < n; i++) y[i] = x[i] * factor[i] * scale;
}

/* y[i] *= factor[i] */
RMT_PASS void rmt_multiply(double* restrict y, const double* restrict factor, int64_t n) {
    for (int64_t i = 0; i < n; i++) y[i] *= factor[i];
}

/* Largest modulus of a row, the number of its zeros, and a number that is 0 unless NaN or inf is among its entries. */
RMT_PASS void rmt_scan_row(const double* restrict x, int64_t n, double* largest, int64_t* zeros, double* poison) {
    rmt_lanes top = {0}, bad = {0}, v;
    rmt_lane_bits none = {0};
    double m = 0.0, p = 0.0;
    int64_t i = 0, z = 0;
    for (; i + RMT_LANES <= n; i += RMT_LANES) {
        RMT_LOAD(v, x + i);
        bad += v * 0.0;
        none -= v == 0.0;
        v = RMT_ABS(v);
        top = RMT_MAX_LANES(v, top);
    }
    for (; i < n; i++) {
        double a = fabs(x[i]);
        p += a * 0.0;
        m = RMT_MAX(a, m);
        z += a == 0.0;
    }
    for (int l = 0; l < RMT_LANES; l++) {
        p += bad[l];
        m = RMT_MAX(top[l], m);
        z += none[l];
    }
    *largest = m;
    *poison = p;
    *zeros = z;
}

/* One column to the scale: x *= scale, row_square += x^2, row_largest = max(row_largest, |x|). Returns the sum of squares. */
RMT_PASS double rmt_scale_column(
    double* restrict x, double scale, int64_t n, double* restrict row_square, double* restrict row_largest) {
    rmt_lanes sums = {0}, v, w, square;
    double total = 0.0;
    int64_t i = 0;
    for (; i + RMT_LANES <= n; i += RMT_LANES) {
        RMT_LOAD(v, x + i);
        v *= scale;
        RMT_STORE(x + i, v);
        square = v * v;
        sums += square;
        RMT_LOAD(w, row_square + i);
        w += square;
        RMT_STORE(row_square + i, w);
        v = RMT_ABS(v);
        RMT_LOAD(w, row_largest + i);
        w = RMT_MAX_LANES(v, w);
        RMT_STORE(row_largest + i, w);
    }
    for (; i < n; i++) {
        double a = x[i] * scale, b = fabs(a), s = a * a;
        x[i] = a;
        total += s;
        row_square[i] += s;
        row_largest[i] = RMT_MAX(b, row_largest[i]);
    }
    for (int l = 0; l < RMT_LANES; l++) total += sums[l];
    return total;
}

/* Largest modulus of a column. */
RMT_PASS double rmt_column_maximum(const double* restrict x, int64_t n) {
    rmt_lanes top = {0}, v;
    double m = 0.0;
    int64_t i = 0;
    for (; i + RMT_LANES <= n; i += RMT_LANES) {
        RMT_LOAD(v, x + i);
        v = RMT_ABS(v);
        top = RMT_MAX_LANES(v, top);
    }
    for (; i < n; i++) m = RMT_MAX(fabs(x[i]), m);
    for (int l = 0; l < RMT_LANES; l++) m = RMT_MAX(top[l], m);
    return m;
}

/* Sum of squares. */
RMT_PASS double rmt_sum_of_squares(const double* restrict x, int64_t n) {
    rmt_lanes sums = {0}, v;
    double total = 0.0;
    int64_t i = 0;
    for (; i + RMT_LANES <= n; i += RMT_LANES) {
        RMT_LOAD(v, x + i);
        sums += v * v;
    }
    for (; i < n; i++) total += x[i] * x[i];
    for (int l = 0; l < RMT_LANES; l++) total += sums[l];
    return total;
}

/* x *= scale */
RMT_PASS void rmt_times_constant(double* restrict x, double scale, int64_t n) {
    for (int64_t i = 0; i < n; i++) x[i] *= scale;
}

/* Columns c_1, c_2, ... (leading dimension ld) <- (1 - tau v v^T) c, v = (1, v[1], ..., v[n-1]); v[0] is not read. */
RMT_PASS void rmt_reflect_columns(
    const double* restrict v, double tau, double* restrict c, int64_t ld, int64_t n, int64_t columns) {
    for (int64_t j = 0; j < columns; j += 4) {
        const int k = columns - j < 4 ? (int)(columns - j) : 4;
        double* column[4];
        rmt_lanes sums[4] = {{0}}, x, y;
        double d[4];
        int64_t i = 1;
        for (int l = 0; l < 4; l++) column[l] = c + (j + (l < k ? l : 0)) * ld;
        for (; i + RMT_LANES <= n; i += RMT_LANES) {
            RMT_LOAD(x, v + i);
            for (int l = 0; l < 4; l++) {
                RMT_LOAD(y, column[l] + i);
                sums[l] += x * y;
            }
        }
        for (int l = 0; l < k; l++) {
            d[l] = column[l][0];
            for (int64_t r = i; r < n; r++) d[l] += v[r] * column[l][r];
            for (int q = 0; q < RMT_LANES; q++) d[l] += sums[l][q];
            d[l] *= tau;
            column[l][0] -= d[l];
        }
        if (k == 4)
            for (i = 1; i + RMT_LANES <= n; i += RMT_LANES) {
                RMT_LOAD(x, v + i);
                for (int l = 0; l < 4; l++) {
                    RMT_LOAD(y, column[l] + i);
                    y -= d[l] * x;
                    RMT_STORE(column[l] + i, y);
                }
            }
        else
            i = 1;
        for (int l = 0; l < k; l++)
            for (int64_t r = i; r < n; r++) column[l][r] -= d[l] * v[r];
    }
}

/* x <- R^-T x for four right-hand sides (n, 4), all by columns. */
RMT_PASS void rmt_solve_transposed(const double* restrict r, int64_t ld, int64_t n, double* restrict x) {
    for (int64_t j = 0; j < n; j++) {
        const double* column = r + j * ld;
        rmt_lanes sums[4] = {{0}}, v, w;
        int64_t i = 0;
        for (; i + RMT_LANES <= j; i += RMT_LANES) {
            RMT_LOAD(v, column + i);
            for (int k = 0; k < 4; k++) {
                RMT_LOAD(w, x + i + k * n);
                sums[k] += v * w;
            }
        }
        for (int k = 0; k < 4; k++) {
            double s = x[j + k * n];
            for (int64_t l = i; l < j; l++) s -= column[l] * x[l + k * n];
            for (int q = 0; q < RMT_LANES; q++) s -= sums[k][q];
            x[j + k * n] = s / column[j];
        }
    }
}

/* y = lower triangle of R w R^-1, R (rows, columns) upper triangular by columns, its first square block inverted;
 * w (columns, rows) strictly lower triangular and y (rows, rows), both by rows with RMT_LANES matrices side by side. */
RMT_PASS void rmt_similar_lower(
    const double* restrict r, int64_t ld, int64_t rows, int64_t columns, const double* restrict w, double* restrict y) {
    rmt_lanes v, x;
    for (int64_t j = 0; j < rows; j++) {
        double* line = y + j * rows * RMT_LANES;
        memset(line, 0, (j + 1) * sizeof(rmt_lanes));
        for (int64_t b = j; b < columns; b++) {
            const double coefficient = r[j + b * ld];
            const double* other = w + b * rows * RMT_LANES;
            for (int64_t a = 0; a < (j + 1) * RMT_LANES; a += RMT_LANES) {
                RMT_LOAD(v, line + a);
                RMT_LOAD(x, other + a);
                v += coefficient * x;
                RMT_STORE(line + a, v);
            }
        }
        for (int64_t i = 0; i <= j; i++) {
            RMT_LOAD(x, line + i * RMT_LANES);
            x /= r[i + i * ld];
            RMT_STORE(line + i * RMT_LANES, x);
            for (int64_t k = i + 1; k <= j; k++) {
                RMT_LOAD(v, line + k * RMT_LANES);
                v -= r[i + k * ld] * x;
                RMT_STORE(line + k * RMT_LANES, v);
            }
        }
    }
}

/* line (n, RMT_LANES): cut at +-cap (NaN as well), plus g inverse[i] with random signs; returns the state of the generator. */
RMT_PASS uint64_t rmt_add_errors(
    double* restrict line, const double* restrict inverse, double g, double cap, int64_t n, uint64_t state) {
    const rmt_lane_bits shift = {8, 13, 18, 23, 28, 33, 38, 43};
    rmt_lanes x, top = {0};
    top += cap;
    for (int64_t i = 0; i < n; i++) {
        rmt_lane_bits sign = {0};
        rmt_lanes fresh = {0};
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        sign = ((sign + (int64_t)state) << shift) & INT64_MIN;
        fresh += g * inverse[i];
        RMT_LOAD(x, line + i * RMT_LANES);
        x = RMT_CHOOSE(x < top, x, top);
        x = RMT_CHOOSE(x > -top, x, -top);
        x += (rmt_lanes)((rmt_lane_bits)fresh ^ sign);
        RMT_STORE(line + i * RMT_LANES, x);
    }
    return state;
}

#define RMT_SHUFFLE(a, b, ...) __builtin_shuffle(a, b, (rmt_lane_bits){__VA_ARGS__})

/* y (8 x 8, leading dimension ldy) = transpose of x (leading dimension ldx) */
static inline __attribute__((always_inline)) void rmt_transpose_tile(
    const double* restrict x, int64_t ldx, double* restrict y, int64_t ldy) {
    rmt_lanes r[8], a[8], b[8];
    for (int i = 0; i < 8; i++) RMT_LOAD(r[i], x + i * ldx);
    for (int i = 0; i < 8; i += 2) {
        a[i] = RMT_SHUFFLE(r[i], r[i + 1], 0, 8, 2, 10, 4, 12, 6, 14);
        a[i + 1] = RMT_SHUFFLE(r[i], r[i + 1], 1, 9, 3, 11, 5, 13, 7, 15);
    }
    for (int i = 0; i < 8; i += 4)
        for (int k = 0; k < 2; k++) {
            b[i + k] = RMT_SHUFFLE(a[i + k], a[i + k + 2], 0, 1, 8, 9, 4, 5, 12, 13);
            b[i + k + 2] = RMT_SHUFFLE(a[i + k], a[i + k + 2], 2, 3, 10, 11, 6, 7, 14, 15);
        }
    for (int k = 0; k < 4; k++) {
        r[k] = RMT_SHUFFLE(b[k], b[k + 4], 0, 1, 2, 3, 8, 9, 10, 11);
        r[k + 4] = RMT_SHUFFLE(b[k], b[k + 4], 4, 5, 6, 7, 12, 13, 14, 15);
    }
    for (int i = 0; i < 8; i++) RMT_STORE(y + i * ldy, r[i]);
}

/* x (m, n) by columns = a (m, n) by rows. */
RMT_PASS void rmt_transpose(const double* restrict a, int64_t lda, int64_t m, int64_t n, double* restrict x) {
    for (int64_t i = 0; i < m; i += 8) {
        int64_t j = 0;
        if (i + 8 <= m)
            for (; j + 8 <= n; j += 8) rmt_transpose_tile(a + i * lda + j, lda, x + i + j * m, m);
        for (; j < n; j++)
            for (int64_t l = i; l < i + 8 && l < m; l++) x[l + j * m] = a[l * lda + j];
    }
}

/* Tiles are written to as many pages as there are columns, which no hardware prefetcher follows. */
#define RMT_AHEAD 32

/* Column to[j] of x (m, n) by columns = column j of a (m, n) by rows, times scale; row_square = squared norms of the rows. */
RMT_PASS void rmt_transpose_scaled(
    const double* restrict a, int64_t lda, int64_t m, int64_t n, double scale, const int64_t* restrict to,
    double* restrict x, double* restrict row_square) {
    int64_t i = 0, j;
    for (; i + 8 <= m; i += 8) {
        rmt_lanes sums = {0}, v;
        for (j = 0; j + 8 <= n; j += 8) {
            double tile[64];
            if (j + RMT_AHEAD + 8 <= n)
                for (int l = 0; l < 8; l++) {
                    double* target = x + i + to[j + RMT_AHEAD + l] * m;
                    __builtin_prefetch(target, 1);
                    __builtin_prefetch(target + 7, 1);
                    __builtin_prefetch(a + (i + l) * lda + j + RMT_AHEAD);
                }
            rmt_transpose_tile(a + i * lda + j, lda, tile, 8);
            for (int l = 0; l < 8; l++) {
                RMT_LOAD(v, tile + 8 * l);
                v *= scale;
                sums += v * v;
                RMT_STORE(x + i + to[j + l] * m, v);
            }
        }
        for (; j < n; j++)
            for (int l = 0; l < 8; l++) {
                double y = a[(i + l) * lda + j] * scale;
                sums[l] += y * y;
                x[i + l + to[j] * m] = y;
            }
        RMT_STORE(row_square + i, sums);
    }
    for (; i < m; i++) {
        row_square[i] = 0.0;
        for (j = 0; j < n; j++) {
            double y = a[i * lda + j] * scale;
            row_square[i] += y * y;
            x[i + to[j] * m] = y;
        }
    }
}

/* Squared angles of column j: see `conditions` in spectra_errors.pxd. Returns what they add to the variance of ln R_jj. */
RMT_PASS double rmt_turn_angles(
    const double* restrict r, const float* restrict old, const double* restrict scale, const double* restrict inverse,
    double lift, double diagonal, double g, double cap, int64_t n, float* restrict angles, double* restrict extra) {
    rmt_lanes sums = {0}, caps = {0}, tilt, w, coupling, fresh, v;
    rmt_short_lanes w32;
    double total = 0.0;
    int64_t i = 0;
    caps += cap;
    for (; i + RMT_LANES <= n; i += RMT_LANES) {
        RMT_LOAD(tilt, scale + i);
        tilt *= lift;
        memcpy(&w32, old + i, sizeof(w32));
        w = __builtin_convertvector(w32, rmt_lanes);
        RMT_LOAD(v, r + i);
        coupling = v * tilt;
        coupling = w * coupling * coupling;
        sums += coupling;
        RMT_LOAD(v, extra + i);
        v += coupling;
        RMT_STORE(extra + i, v);
        RMT_LOAD(fresh, inverse + i);
        fresh *= g;
        tilt *= diagonal;
        w = w * tilt * tilt + fresh * fresh;
        w = RMT_CHOOSE(w < caps, w, caps);
        w32 = __builtin_convertvector(w, rmt_short_lanes);
        memcpy(angles + i, &w32, sizeof(w32));
    }
    for (; i < n; i++) {
        double tail = scale[i] * lift, u = old[i], turn = diagonal * tail, f = g * inverse[i], c = r[i] * tail;
        c = u * c * c;
        extra[i] += c;
        total += c;
        u = u * turn * turn + f * f;
        angles[i] = (float)(u < cap ? u : cap);
    }
    for (int l = 0; l < RMT_LANES; l++) total += sums[l];
    return total;
}

#endif
