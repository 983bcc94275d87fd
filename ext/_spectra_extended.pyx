"""One factor of a product in double-double arithmetic: A Q = Q' R with orthonormal Q, Q', and T <- R T with exact exponents.

The rows of A Q are sorted by size, which makes Householder QR stable row by row; the columns stay in their order. All
matrices are stored by rows, in two parts, so that every inner loop runs over neighbouring columns.
"""

from libc.math cimport fabs
from libc.stdint cimport int64_t
from libc.stdlib cimport free, malloc
from libc.string cimport memcpy, memset

from spectra_scaling cimport exponent_of, times_power

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

cdef int64_t NO_EXPONENT = -(<int64_t>1 << 40)


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


cdef void sort_rows(const double* key, int64_t* order, int64_t m) noexcept nogil:
    """order <- rows by descending key (insertion sort: the rows are few)."""
    cdef int64_t i, j, row
    for i in range(m):
        order[i] = i
        j = i
        row = i
        while j > 0 and key[order[j - 1]] < key[row]:
            order[j] = order[j - 1]
            j -= 1
        order[j] = row


cdef bint reflector(Matrix* c, int64_t m, int64_t j, dd* tau, dd* diagonal) noexcept nogil:
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


cdef void reflect(const Matrix* c, int64_t m, int64_t j, dd tau, Matrix* x, int64_t first, Matrix* w) noexcept nogil:
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


cdef void merge(const Matrix* c, Matrix* t, int64_t* e, Matrix* w) noexcept nogil:
    """2^e T <- R 2^e T for the upper triangle R in c, rows of T back to largest entry in [1, 2)."""
    cdef int64_t r = c.columns, i, j, top, power
    cdef double largest
    for i in range(r):
        top = NO_EXPONENT
        for j in range(i, r):
            if c.hi[i * r + j] != 0.0:
                top = max(top, exponent_of(c.hi[i * r + j]) + e[j])
        memset(w.hi, 0, r * sizeof(double))
        memset(w.lo, 0, r * sizeof(double))
        for j in range(i, r):
            if c.hi[i * r + j] != 0.0:
                add_row(shifted(at(c, i, j), e[j] - top), t, j, w, 0, j)
        largest = 0.0
        for j in range(i, r):
            largest = max(largest, fabs(w.hi[j]))
        power = exponent_of(largest) if largest > 0.0 else 0
        for j in range(r):
            t.hi[i * r + j] = times_power(w.hi[j], -power)
            t.lo[i * r + j] = times_power(w.lo[j], -power)
        e[i] = top + power


cdef bint factorise(Matrix* c, int64_t m, Matrix* taus, Matrix* w) noexcept nogil:
    """Householder QR of c in place: R on and above the diagonal, reflectors below; False where a column vanishes."""
    cdef int64_t j
    cdef dd tau, diagonal
    for j in range(c.columns):
        if j >= m or not reflector(c, m, j, &tau, &diagonal):
            return False
        put(taus, 0, j, tau)
        if j + 1 < c.columns:
            reflect(c, m, j, tau, c, j + 1, w)
        put(c, j, j, diagonal)
    return True


def extended_step(
    const double[:, ::1] factor, const double[:, ::1] q_high, const double[:, ::1] q_low, double[:, ::1] t_high,
    double[:, ::1] t_low, int64_t[::1] exponents, double[:, ::1] new_high, double[:, ::1] new_low,
):
    """factor Q = Q' R: writes Q' (m, r) and multiplies the row-scaled triangle T by R from the left, in place.

    Returns False, with nothing of use written, where the columns of factor Q are linearly dependent.
    """
    cdef int64_t m = factor.shape[0], n = factor.shape[1], r = q_high.shape[1], i, j, size = m * r, shift
    cdef double largest = 0.0
    cdef Matrix c, q, t, w, taus, panel, fresh
    cdef bint good
    cdef double* memory = <double*>malloc((4 * size + 4 * r + m) * sizeof(double))
    cdef int64_t* order = <int64_t*>malloc(m * sizeof(int64_t))
    if memory == NULL or order == NULL:
        free(memory)
        free(order)
        raise MemoryError("no memory for a step in extended precision")
    c.columns = q.columns = t.columns = w.columns = taus.columns = panel.columns = fresh.columns = r
    panel.hi, panel.lo, c.hi, c.lo = memory, memory + size, memory + 2 * size, memory + 3 * size
    w.hi, w.lo = c.lo + size, c.lo + size + r
    taus.hi, taus.lo = w.lo + r, w.lo + 2 * r
    cdef double* key = taus.lo + r
    q.hi, q.lo = <double*>&q_high[0, 0], <double*>&q_low[0, 0]
    t.hi, t.lo = &t_high[0, 0], &t_low[0, 0]
    fresh.hi, fresh.lo = &new_high[0, 0], &new_low[0, 0]
    with nogil:
        for i in range(m):
            for j in range(n):
                largest = max(largest, fabs(factor[i, j]))
        shift = exponent_of(largest) if largest > 0.0 else 0
        memset(panel.hi, 0, 2 * size * sizeof(double))
        for i in range(m):
            for j in range(n):
                if factor[i, j] != 0.0:
                    axpy_plain(
                        times_power(factor[i, j], -shift), q.hi + j * r, q.lo + j * r, r, panel.hi + i * r, panel.lo + i * r
                    )
            key[i] = 0.0
            for j in range(r):
                key[i] = max(key[i], fabs(panel.hi[i * r + j]))
        sort_rows(key, order, m)
        for i in range(m):
            memcpy(c.hi + i * r, panel.hi + order[i] * r, r * sizeof(double))
            memcpy(c.lo + i * r, panel.lo + order[i] * r, r * sizeof(double))
        good = factorise(&c, m, &taus, &w)
        if good:
            memset(panel.hi, 0, 2 * size * sizeof(double))
            for j in range(r - 1, -1, -1):
                panel.hi[j * r + j] = 1.0
                reflect(&c, m, j, at(&taus, 0, j), &panel, j, &w)
            for i in range(m):
                memcpy(fresh.hi + order[i] * r, panel.hi + i * r, r * sizeof(double))
                memcpy(fresh.lo + order[i] * r, panel.lo + i * r, r * sizeof(double))
            merge(&c, &t, &exponents[0], &w)
            for i in range(r):
                exponents[i] += shift
    free(memory)
    free(order)
    return good


def extended_gram(
    const double[:, ::1] x_high, const double[:, ::1] x_low, const double[:, ::1] y_high, const double[:, ::1] y_low,
    double[:, ::1] high, double[:, ::1] low,
):
    """high + low = x^T y, in double-double numbers."""
    cdef int64_t n = x_high.shape[0], r = x_high.shape[1], s = y_high.shape[1], i, j
    cdef dd a
    with nogil:
        high[:, :] = 0.0
        low[:, :] = 0.0
        for i in range(n):
            for j in range(r):
                a.hi = x_high[i, j]
                a.lo = x_low[i, j]
                axpy(a, &y_high[i, 0], &y_low[i, 0], s, &high[j, 0], &low[j, 0])
