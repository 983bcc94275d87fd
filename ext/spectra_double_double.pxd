# Matrices of double-double numbers, their reflectors, and the panel of one step of the UDT chain: C = A U and its pivoted QR.
#
# R of a refined panel is right to the last digit of a double however ill conditioned the factor is (up to about 1e30). The
# reflectors are rounded to doubles, which turns Q into Q (1 + delta), delta of one rounding error: between this triangle and
# the next that costs one rounding error, without the condition of the factor (docs/theory/product-spectra.md).
from libc.math cimport fabs, log2
from libc.stdint cimport int64_t
from libc.stdlib cimport free, malloc
from libc.string cimport memcpy, memset
from scipy.linalg.cython_lapack cimport dgemqrt

from spectra_scaling cimport NO_EXPONENT, exponent_of, times_power

cdef extern from "double_double.h" nogil:
    ctypedef struct dd "rmt_dd":
        double hi
        double lo
    dd add "rmt_dd_add"(dd a, dd b)
    dd mul "rmt_dd_mul"(dd a, dd b)
    dd neg "rmt_dd_neg"(dd a)
    dd div "rmt_dd_div"(dd a, dd b)
    dd root "rmt_dd_sqrt"(dd a)
    void axpy "rmt_dd_axpy"(dd a, const double* xh, const double* xl, int64_t n, double* ch, double* cl)
    void axpy_plain "rmt_dd_axpy_plain"(double a, const double* xh, const double* xl, int64_t n, double* ch, double* cl)
    void scale "rmt_dd_scale"(dd a, double* xh, double* xl, int64_t n)


cdef struct Matrix:
    double* hi
    double* lo
    int64_t columns


cdef inline dd at(const Matrix* x, int64_t i, int64_t j) noexcept nogil:
    cdef dd out
    out.hi = x.hi[i * x.columns + j]
    out.lo = x.lo[i * x.columns + j]
    return out


cdef inline void put(Matrix* x, int64_t i, int64_t j, dd value) noexcept nogil:
    x.hi[i * x.columns + j] = value.hi
    x.lo[i * x.columns + j] = value.lo


cdef inline void add_row(dd a, const Matrix* x, int64_t i, Matrix* y, int64_t j, int64_t first) noexcept nogil:
    """Row j of y += a times row i of x, from the column `first` on."""
    cdef int64_t p = i * x.columns + first, q = j * y.columns + first
    axpy(a, x.hi + p, x.lo + p, x.columns - first, y.hi + q, y.lo + q)


cdef inline dd shifted(dd a, int64_t power) noexcept nogil:
    a.hi = times_power(a.hi, power)
    a.lo = times_power(a.lo, power)
    return a


cdef inline bint reflector(Matrix* c, int64_t m, int64_t j, dd* tau, dd* diagonal) noexcept nogil:
    """Householder vector of the column j below its diagonal, written over it; False where the column is zero."""
    cdef int64_t i, top = NO_EXPONENT
    cdef dd x, beta, head, total
    for i in range(j, m):
        top = max(top, exponent_of(c.hi[i * c.columns + j]))
    if top == NO_EXPONENT:
        return False
    total.hi = 0.0
    total.lo = 0.0
    for i in range(j, m):
        x = shifted(at(c, i, j), -top)
        total = add(total, mul(x, x))
    beta = root(total)
    head = shifted(at(c, j, j), -top)
    if head.hi > 0.0:
        beta = neg(beta)
    x = add(head, neg(beta))
    tau[0] = div(neg(x), beta)
    for i in range(j + 1, m):
        put(c, i, j, div(shifted(at(c, i, j), -top), x))
    diagonal[0] = shifted(beta, top)
    return True


cdef inline void reflect(const Matrix* c, int64_t m, int64_t j, dd tau, Matrix* x, int64_t first, Matrix* w) noexcept nogil:
    """Rows j.. of x (columns `first` on) <- (1 - tau v v^T) x with the reflector j of c; w is one row."""
    cdef int64_t i, size = (x.columns - first) * sizeof(double)
    cdef double* hi = w.hi + first
    cdef double* lo = w.lo + first
    memcpy(hi, x.hi + j * x.columns + first, size)
    memcpy(lo, x.lo + j * x.columns + first, size)
    for i in range(j + 1, m):
        if c.hi[i * c.columns + j] != 0.0:
            add_row(at(c, i, j), x, i, w, 0, first)
    scale(neg(tau), hi, lo, x.columns - first)
    tau.hi = 1.0
    tau.lo = 0.0
    add_row(tau, w, 0, x, j, first)
    for i in range(j + 1, m):
        if c.hi[i * c.columns + j] != 0.0:
            add_row(at(c, i, j), w, 0, x, i, first)


cdef inline int refined_panel(
    const double* a, int64_t lda, int64_t m, int64_t n, int64_t shift, const int64_t* input_rows, const double* h,
    const double* blocks, int64_t reflectors, int64_t nb, int64_t r, const int64_t* old_e, const int64_t* e,
    const int64_t* rows, int64_t* columns, double* c, double* tau
) noexcept nogil:
    """c, tau <- QR of the rows `rows` and columns `columns` of 2^-shift A U 2^(old_e - e), columns pivoted further.

    c (m, r) as dgeqrf leaves it, by columns, with tau belonging to the rounded reflectors. Returns -1 without memory.
    """
    cdef int64_t i, j, k
    cdef double x
    cdef double* memory = <double*>malloc((2 * m * r + 2 * n * r + nb * r + 4 * r) * sizeof(double))
    if memory == NULL:
        return -1
    cdef Matrix panel, row
    panel.columns = row.columns = r
    panel.hi, panel.lo = memory, memory + m * r
    row.hi, row.lo = memory + 2 * m * r, memory + 2 * m * r + r
    cdef double* zero = row.lo + r
    cdef double* sums = zero + r
    cdef double* basis = sums + r  # U by columns, then by rows
    cdef double* turned = basis + n * r
    cdef double* work = turned + n * r
    cdef int im = <int>n, ir = <int>r, ik = <int>reflectors, inb = <int>min(nb, reflectors), ldt = <int>nb, info
    memset(panel.hi, 0, 2 * m * r * sizeof(double))
    memset(zero, 0, r * sizeof(double))
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
                panel.hi[j + i * r] = times_power(
                    a[rows[i] * lda + input_rows[columns[j]]], old_e[columns[j]] - e[columns[j]] - shift)
            continue
        for k in range(n):
            x = times_power(a[rows[i] * lda + input_rows[k]], -shift)
            if x != 0.0:
                axpy_plain(x, turned + k * r, zero, r, panel.hi + i * r, panel.lo + i * r)
    pivoted_reflectors(&panel, m, e, columns, c, tau, &row, sums)
    free(memory)
    return 0


cdef inline void swap_columns(Matrix* x, int64_t m, int64_t j, int64_t k, int64_t* columns) noexcept nogil:
    cdef int64_t i, index = columns[j]
    cdef dd value
    columns[j] = columns[k]
    columns[k] = index
    for i in range(m):
        value = at(x, i, j)
        put(x, i, j, at(x, i, k))
        put(x, i, k, value)


cdef inline void pivoted_reflectors(
    Matrix* x, int64_t m, const int64_t* e, int64_t* columns, double* c, double* tau, Matrix* row, double* sums
) noexcept nogil:
    """Householder QR of x (destroyed), rounded to c (by columns); pivots by 2^e times the sum of moduli."""
    cdef int64_t r = x.columns, steps = min(m, r), i, j, k, best
    cdef double key, top, square
    cdef dd factor, diagonal
    for k in range(steps):
        memset(sums, 0, r * sizeof(double))
        for i in range(k, m):
            for j in range(r):
                sums[j] += fabs(x.hi[j + i * r])
        best = k
        top = -1e300
        for j in range(k, r):
            key = log2(sums[j]) + e[columns[j]] if sums[j] > 0.0 else -1e300
            if key > top:
                best = j
                top = key
        if best != k:
            swap_columns(x, m, k, best, columns)
        tau[k] = 0.0
        if reflector(x, m, k, &factor, &diagonal):
            if k + 1 < r:
                reflect(x, m, k, factor, x, k + 1, row)
            put(x, k, k, diagonal)
            square = 1.0
            for i in range(k + 1, m):
                square += x.hi[k + i * r] * x.hi[k + i * r]
            tau[k] = 2.0 / square  # of the rounded reflector, which then is orthogonal to the last digit
    for j in range(r):
        for i in range(m):
            c[i + j * m] = x.hi[j + i * r]
