# The triangle of one step: rows of R 2^e brought to one size by exact powers of two, and T' = S T chunk by chunk.
from libc.math cimport fabs
from libc.stdint cimport int64_t
from libc.string cimport memcpy, memset
from scipy.linalg.cython_blas cimport dgemm

from spectra_scaling cimport NO_EXPONENT, exponent_of, times_power

cdef extern from "spectra_passes.h" nogil:
    void row_maxima "rmt_row_maxima"(const double* x, int64_t n, double* largest)
    void scaled_row_maxima "rmt_scaled_row_maxima"(
        const double* x, const double* factor, double scale, int64_t n, double* largest)
    void scaled "rmt_scaled"(const double* x, const double* factor, double scale, int64_t n, double* y)
    void multiply "rmt_multiply"(double* y, const double* factor, int64_t n)

cdef enum:
    CHUNK = 64  # columns of S that update T together


cdef inline double scale_rows(double* c, int64_t m, int64_t r, int64_t steps, const int64_t* columns, const int64_t* e,
                       int64_t* exponents) noexcept nogil:
    """R 2^e(columns) = 2^exponents S, in place, rows of S with largest entry in [1, 2); returns max_i 1/|S_ii|."""
    cdef int64_t i, j, top, shift
    cdef double x, growth = 0.0
    cdef bint gap = False
    for i in range(steps):
        exponents[i] = NO_EXPONENT
    for j in range(r):
        shift = e[columns[j]]
        for i in range(min(j + 1, steps)):
            x = c[i + j * m]
            if x != 0.0:
                top = exponent_of(x) + shift
                if top > exponents[i]:
                    exponents[i] = top
    for j in range(steps):
        x = c[j + j * m]
        if exponents[j] == NO_EXPONENT:
            gap = True
            continue
        if gap:  # a zero row above one that is not zero: only pivoting puts the zero rows last
            return 1e300
        x = fabs(times_power(x, e[columns[j]] - exponents[j]))
        if x == 0.0:
            return 1e300
        if 1.0 / x > growth:
            growth = 1.0 / x
    return growth


cdef inline double growth_of(const double* c, int64_t m, int64_t r, int64_t steps, const int64_t* columns, const int64_t* e,
                      int64_t* exponents, double* power, double* largest) noexcept nogil:
    """Exponents that bring the diagonal of R 2^e(columns) to [1, 2), and the largest entry of R in that scale."""
    cdef int64_t i, j, k, last, base
    cdef double growth = 0.0
    for i in range(steps):
        largest[i] = 0.0
        if c[i + i * m] == 0.0:
            return 1e300
        exponents[i] = exponent_of(c[i + i * m]) + e[columns[i]]
    k = 0
    while k < r:
        last = min(k + CHUNK, r)
        base = row_powers(columns, e, exponents, k, last, min(last, steps), power)
        for j in range(k, last):
            if base == NO_EXPONENT:
                return 1e300
            scaled_row_maxima(c + j * m, power, times_power(1.0, e[columns[j]] - base), min(j + 1, steps), largest)
        k = last
    for i in range(steps):
        growth = max(growth, largest[i])
    return growth


cdef inline int64_t row_powers(const int64_t* columns, const int64_t* e, const int64_t* exponents, int64_t first, int64_t last,
                        int64_t rows, double* power) noexcept nogil:
    """power[i] = 2^(base - exponents[i]), base the largest exponent of the columns; NO_EXPONENT where it overflows."""
    cdef int64_t i, j, base = e[columns[first]]
    for j in range(first + 1, last):
        base = max(base, e[columns[j]])
    for i in range(rows):
        if exponents[i] == NO_EXPONENT:
            power[i] = 0.0
            continue
        if base - exponents[i] > 900:
            return NO_EXPONENT
        power[i] = times_power(1.0, base - exponents[i])
    return base


cdef inline void multiply_triangles(
    const double* c, int64_t m, int64_t r, int64_t steps, const int64_t* columns, const int64_t* e, const int64_t* exponents,
    const double* t, const int64_t* first, int64_t n0, double* new_t, int64_t* new_first, double* s, double* rows,
    double* power
) noexcept nogil:
    """T' = S T[columns] with S = 2^-exponents R 2^e; first[i] is the first column of T that may be nonzero in row i.

    The columns of S come in chunks: each meets only the rows of T with the same index, from their first column on.
    """
    cdef int64_t k = 0, i, j, l, last, height, start, base, width
    cdef int im, ik, ic, ld, isteps = <int>steps
    cdef double one = 1.0
    cdef bint in_place
    cdef const double* part
    memset(new_t, 0, steps * n0 * sizeof(double))
    for i in range(steps):
        new_first[i] = n0
    while k < r:
        last = min(k + CHUNK, r)
        width = last - k
        height = min(last, steps)
        base = row_powers(columns, e, exponents, k, last, height, power)
        start = n0
        for j in range(k, last):
            l = min(j + 1, steps)
            if base != NO_EXPONENT:
                scaled(c + j * m, power, times_power(1.0, e[columns[j]] - base), l, s + (j - k) * height)
            else:
                for i in range(l):
                    if exponents[i] != NO_EXPONENT:
                        s[i + (j - k) * height] = times_power(c[i + j * m], e[columns[j]] - exponents[i])
                    else:
                        s[i + (j - k) * height] = 0.0
            for i in range(l, height):
                s[i + (j - k) * height] = 0.0
            start = min(start, first[columns[j]])
        if t == NULL:  # T = 1 before the first factor; its columns are kept in the order of the pivots
            for j in range(k, last):
                memcpy(new_t + j * steps, s + (j - k) * height, height * sizeof(double))
        else:
            in_place = True
            for i in range(k, last):
                in_place = in_place and columns[i] == i
            part = t + k + start * r
            ld = <int>r
            if not in_place:
                part = rows
                ld = <int>width
                for j in range(start, n0):
                    for i in range(width):
                        rows[i + (j - start) * width] = t[columns[k + i] + j * r]
            im = <int>height
            ik = <int>width
            ic = <int>(n0 - start)
            if ic > 0:
                dgemm(
                    "N", "N", &im, &ic, &ik, &one, s, &im, <double*>part, &ld, &one, new_t + start * steps, &isteps
                )
        if t == NULL:
            for i in range(k, height):
                new_first[i] = i
        else:
            for i in range(height):
                new_first[i] = min(new_first[i], start)
        k = last


cdef inline void normalise_rows(
    double* t, int64_t steps, int64_t n0, const int64_t* first, int64_t shift, int64_t* e, double* key, int64_t* rank
) noexcept nogil:
    """Rows of T back to [1, 2), with the powers of two and the shift of the factor moved into e; zero rows end the rank."""
    cdef int64_t i, j, k = 0, top
    memset(key, 0, steps * sizeof(double))
    for j in range(n0):
        while k < steps and first[k] <= j:
            k += 1
        row_maxima(t + j * steps, k, key)
    for i in range(steps):
        if key[i] > 0.0 and e[i] != NO_EXPONENT:
            top = exponent_of(key[i])
            e[i] += top + shift
            key[i] = times_power(1.0, -top)
        else:
            e[i] = NO_EXPONENT
            if i < rank[0]:
                rank[0] = i
            key[i] = 0.0
    k = 0
    for j in range(n0):
        while k < steps and first[k] <= j:
            k += 1
        multiply(t + j * steps, key, k)
