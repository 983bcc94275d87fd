# The panel of one step in double-double arithmetic: C = A U and its pivoted QR, for factors that are nearly singular.
#
# R comes out right to the last digit of a double however ill conditioned the factor is (up to about 1e30). The reflectors
# are rounded to doubles, which turns Q into Q (1 + delta), delta of one rounding error: between this triangle and the next
# that costs one rounding error, without the condition of the factor (docs/theory/product-spectra.md).
from libc.math cimport log2
from libc.stdint cimport int64_t
from libc.stdlib cimport free, malloc
from libc.string cimport memset
from scipy.linalg.cython_lapack cimport dgemqrt

from spectra_scaling cimport exponent_of, times_power

cdef extern from "spectra_double_double.h" nogil:
    void add_multiple "rmt_dd_add_multiple"(double a, const double* q, int64_t n, double* hi, double* lo)
    void add_row "rmt_dd_add_row"(
        double v, double v_lo, const double* c, const double* c_lo, int64_t n, double* w, double* w_lo)
    void subtract_row "rmt_dd_subtract_row"(
        double v, double v_lo, const double* w, const double* w_lo, int64_t n, double* c, double* c_lo)
    void scale_row "rmt_dd_scale_row"(double tau, double tau_lo, int64_t n, double* w, double* w_lo)
    void add_moduli "rmt_dd_add_moduli"(const double* c, int64_t n, double* sums)
    double reflector "rmt_dd_reflector"(
        const double* x, const double* x_lo, int64_t stride, int64_t n, double power, double* v, double* v_lo, double* tau,
        double* tau_lo)


cdef inline int refined_panel(
    const double* a, int64_t lda, int64_t m, int64_t n, int64_t shift, const int64_t* input_rows, const double* h,
    const double* blocks, int64_t reflectors, int64_t nb, int64_t r, const int64_t* old_e, const int64_t* e,
    const int64_t* rows, int64_t* columns, double* c, double* tau
) noexcept nogil:
    """c, tau <- QR of the rows `rows` and columns `columns` of 2^-shift A U 2^(old_e - e), columns pivoted further.

    c (m, r) as dgeqrf leaves it, by columns, with tau belonging to the rounded reflectors. Returns -1 without memory.
    """
    cdef int64_t most = max(max(m, n), r), i, j, k
    cdef double x
    cdef double* memory = <double*>malloc((2 * m * r + 2 * n * r + (8 + nb) * most) * sizeof(double))
    if memory == NULL:
        return -1
    cdef double* hi = memory
    cdef double* lo = hi + m * r
    cdef double* basis = lo + m * r  # U by columns, then by rows
    cdef double* turned = basis + n * r
    cdef double* work = turned + n * r
    cdef int im = <int>n, ir = <int>r, ik = <int>reflectors, inb = <int>min(nb, reflectors), ldt = <int>nb, info
    memset(hi, 0, 2 * m * r * sizeof(double))
    if reflectors > 0:
        memset(basis, 0, n * r * sizeof(double))
        for j in range(r):
            basis[j + j * n] = 1.0
        dgemqrt("L", "N", &im, &ir, &ik, &inb, <double*>h, &im, <double*>blocks, &ldt, basis, &im, work, &info)
        for i in range(n):
            for j in range(r):
                turned[j + i * r] = times_power(basis[i + columns[j] * n], old_e[columns[j]] - e[columns[j]])
    for i in range(m):
        if reflectors == 0:
            for j in range(r):
                hi[j + i * r] = times_power(
                    a[rows[i] * lda + input_rows[columns[j]]], old_e[columns[j]] - e[columns[j]] - shift)
            continue
        for k in range(n):
            x = times_power(a[rows[i] * lda + input_rows[k]], -shift)
            if x != 0.0:
                add_multiple(x, turned + k * r, r, hi + i * r, lo + i * r)
        scale_row(1.0, 0.0, r, hi + i * r, lo + i * r)
    pivoted_reflectors(hi, lo, m, r, e, columns, c, tau, work)
    free(memory)
    return 0


cdef inline void pivoted_reflectors(
    double* hi, double* lo, int64_t m, int64_t r, const int64_t* e, int64_t* columns, double* c, double* tau, double* work
) noexcept nogil:
    """Householder QR of hi + lo (by rows, destroyed) into c (by columns); pivots by 2^e times the sum of moduli."""
    cdef int64_t steps = min(m, r), most = max(m, r), i, j, k, best, swap
    cdef double key, top, beta, t, t_lo, x
    cdef double* v = work
    cdef double* v_lo = v + most
    cdef double* w = v_lo + most
    cdef double* w_lo = w + most
    cdef double* sums = w_lo + most
    for k in range(steps):
        memset(sums, 0, r * sizeof(double))
        for i in range(k, m):
            add_moduli(hi + i * r, r, sums)
        best = k
        top = -1e300
        for j in range(k, r):
            key = log2(sums[j]) + e[columns[j]] if sums[j] > 0.0 else -1e300
            if key > top:
                best = j
                top = key
        if best != k:
            swap = columns[k]
            columns[k] = columns[best]
            columns[best] = swap
            for i in range(m):
                x = hi[k + i * r]
                hi[k + i * r] = hi[best + i * r]
                hi[best + i * r] = x
                x = lo[k + i * r]
                lo[k + i * r] = lo[best + i * r]
                lo[best + i * r] = x
        for i in range(k):
            c[i + k * m] = hi[k + i * r]
        x = times_power(1.0, min(-exponent_of(sums[best]), 1000)) if sums[best] > 0.0 else 1.0
        beta = reflector(hi + k + k * r, lo + k + k * r, r, m - k, x, v, v_lo, &t, &t_lo)
        c[k + k * m] = beta
        x = 1.0
        for i in range(1, m - k):
            c[k + i + k * m] = v[i] if t != 0.0 else 0.0
            x += c[k + i + k * m] * c[k + i + k * m]
        tau[k] = 2.0 / x if t != 0.0 else 0.0  # of the rounded reflector, which then is orthogonal to the last digit
        if t == 0.0:
            continue
        memset(w, 0, most * sizeof(double))
        memset(w_lo, 0, most * sizeof(double))
        for i in range(k, m):
            add_row(v[i - k], v_lo[i - k], hi + k + 1 + i * r, lo + k + 1 + i * r, r - k - 1, w, w_lo)
        scale_row(t, t_lo, r - k - 1, w, w_lo)
        for i in range(k, m):
            subtract_row(v[i - k], v_lo[i - k], w, w_lo, r - k - 1, hi + k + 1 + i * r, lo + k + 1 + i * r)
    for j in range(steps, r):
        for i in range(steps):
            c[i + j * m] = hi[j + i * r]
