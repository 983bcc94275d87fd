# The panel of one step of the UDT chain: C = A U with its columns scaled to one size, and the order of its rows and columns.
from libc.math cimport log2, sqrt
from libc.stdint cimport int64_t
from libc.string cimport memcpy, memset

from spectra_qr cimport apply_right
from spectra_scaling cimport exponent_of, times_power

cdef extern from "spectra_passes.h" nogil:
    double column_maximum "rmt_column_maximum"(const double* x, int64_t n)
    double scale_column "rmt_scale_column"(double* x, double scale, int64_t n, double* row_square, double* row_largest)
    void transpose_scaled "rmt_transpose_scaled"(
        const double* a, int64_t lda, int64_t m, int64_t n, double scale, const int64_t* to, double* x, double* row_square)


cdef inline void sort_descending(double* key, int64_t* order, int64_t n, int64_t* buffer) noexcept nogil:
    """order <- stable permutation that sorts key in descending order (merge sort)."""
    cdef int64_t width = 1, left, middle, right, i, j, k
    cdef int64_t* source = order
    cdef int64_t* target = buffer
    cdef int64_t* other
    for i in range(n):
        order[i] = i
    while width < n:
        left = 0
        while left < n:
            middle = min(left + width, n)
            right = min(left + 2 * width, n)
            i = left
            j = middle
            for k in range(left, right):
                if i < middle and (j >= right or key[source[i]] >= key[source[j]]):
                    target[k] = source[i]
                    i += 1
                else:
                    target[k] = source[j]
                    j += 1
            left += 2 * width
        other = source
        source = target
        target = other
        width *= 2
    if source != order:
        memcpy(order, source, n * sizeof(int64_t))


cdef inline double spread(const double* key, int64_t n) noexcept nogil:
    cdef int64_t i
    cdef double top = key[0], bottom = key[0]
    for i in range(1, n):
        top = max(top, key[i])
        bottom = min(bottom, key[i])
    return top - bottom


cdef inline bint order_with_slack(double* key, int64_t* order, int64_t n, double slack, int64_t* buffer) noexcept nogil:
    """order <- descending by key, but an index waits only for keys that are larger by more than `slack`.

    Returns whether anything moved. What stays in place keeps T triangular, which saves most of its update.
    """
    cdef int64_t i, j, head, best
    cdef double top = key[n - 1]
    cdef bint sorted_enough = True
    for i in range(n - 1, -1, -1):
        top = max(top, key[i])
        if key[i] < top - slack:
            sorted_enough = False
            break
    if sorted_enough:
        for i in range(n):
            order[i] = i
        return False
    cdef int64_t* following = buffer + n  # the indices that are left, as a list: following[i] comes after i, n ends it
    sort_descending(key, order, n, buffer)
    memcpy(buffer, order, n * sizeof(int64_t))
    cdef int64_t* descending = buffer
    for i in range(n):
        following[i] = i + 1
    head = 0
    best = 0
    for i in range(n):
        while following[descending[best]] < 0:  # taken already
            best += 1
        top = key[descending[best]] - slack
        if key[head] >= top:
            order[i] = head
            j = following[head]
            following[head] = -1
            head = j
            continue
        j = head
        while key[following[j]] < top:
            j = following[j]
        order[i] = following[j]
        following[j] = following[order[i]]
        following[order[i]] = -1
    return True


cdef inline void gather_columns(
    const double* a, int64_t lda, const int64_t* columns, int64_t m, int64_t n, int64_t shift, double* x,
    double* row_square, int64_t* to
) noexcept nogil:
    """x[i, j] = a[i, columns[j]] 2^-shift, a by rows and x by columns, with the squared norms of the rows of x."""
    cdef int64_t i, j
    cdef double y
    if -1000 < shift < 1000:
        for j in range(n):
            to[columns[j]] = j
        transpose_scaled(a, lda, m, n, times_power(1.0, -shift), to, x, row_square)
        return
    memset(row_square, 0, m * sizeof(double))
    for j in range(n):
        for i in range(m):
            y = times_power(a[i * lda + columns[j]], -shift)
            row_square[i] += y * y
            x[i + j * m] = y


cdef inline void gather(
    const double* x, const int64_t* rows, const int64_t* columns, int64_t m, int64_t r, double* c
) noexcept nogil:
    """c[i, j] = x[rows[i], columns[j]], both by columns."""
    cdef int64_t i, j
    cdef const double* source
    cdef double* target
    for j in range(r):
        source = x + columns[j] * m
        target = c + j * m
        for i in range(m):
            target[i] = source[rows[i]]


cdef inline void load(
    const double* a, int64_t lda, int64_t m, int64_t n, int64_t shift, const int64_t* input_rows, const double* h,
    const double* blocks, int64_t reflectors, int64_t nb, int64_t r, const int64_t* old_e, double* c, int64_t* e,
    double* key, double* row_norm, double* row_largest, double* row_square, int64_t* buffer, double* work
) noexcept nogil:
    """c = A U: the columns of A in the order of the previous panel's rows, then its reflectors from the right.

    The columns are brought to largest entry in [1, 2), exactly, with the power of two moved into e; key and row_norm get
    the logarithms of their scaled norms and the norms of the rows; row_square the squared norms of the rows of A.
    """
    cdef int64_t i, j, top
    cdef double x, s
    gather_columns(a, lda, input_rows, m, n, shift, c, row_square, buffer)
    if reflectors > 0:
        apply_right(h, n, blocks, reflectors, nb, c, m, work)
    memset(row_norm, 0, m * sizeof(double))
    memset(row_largest, 0, m * sizeof(double))
    for j in range(r):
        x = column_maximum(c + j * m, m)
        top = exponent_of(x) if x > 0.0 else 0
        e[j] = old_e[j] + top
        if -1000 < top < 1000:
            s = scale_column(c + j * m, times_power(1.0, -top), m, row_norm, row_largest)
        else:
            for i in range(m):
                c[i + j * m] = times_power(c[i + j * m], -top)
            s = scale_column(c + j * m, 1.0, m, row_norm, row_largest)
        key[j] = 0.5 * log2(s) + e[j] if x > 0.0 else -1e300
    for i in range(m):
        row_norm[i] = sqrt(row_norm[i]) if row_norm[i] > 1e-280 else row_largest[i]
