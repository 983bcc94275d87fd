"""One factor of a product in double-double arithmetic: A Q = Q' R with orthonormal Q, Q', and T <- R T with exact exponents.

The rows of A Q are sorted by size, which makes Householder QR stable row by row; the columns stay in their order. All
matrices are stored by rows, in two parts, so that every inner loop runs over neighbouring columns.
"""

from libc.math cimport fabs
from libc.stdint cimport int64_t
from libc.stdlib cimport free, malloc
from libc.string cimport memcpy, memset

from spectra_double_double cimport Matrix, add_row, at, axpy, axpy_plain, dd, put, reflect, reflector, shifted
from spectra_scaling cimport NO_EXPONENT, exponent_of, times_power


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
