# Blocked Householder QR and its application from the right, shared by the kernels of rmt.spectra.
#
# Storage as in LAPACK's dgeqrt: reflectors below the diagonal, the triangular factors of the blocks beside each other. Every
# block is applied with its reflectors written out (zeros above, ones on the diagonal) by three plain multiplications; at
# widths of a few hundred the triangular multiplications and copies that this saves cost as much as the multiplications.
# A block grows strip by strip: the triangular factor of the block contains that of the strip, which the rest of the block needs.
from libc.math cimport copysign, sqrt
from libc.stdint cimport int64_t
from libc.string cimport memcpy, memset
from scipy.linalg.cython_blas cimport dgemm
from scipy.linalg.cython_lapack cimport dlarfg

cdef extern from "spectra_passes.h" nogil:
    double sum_of_squares "rmt_sum_of_squares"(const double* x, int64_t n)
    void transpose "rmt_transpose"(const double* a, int64_t lda, int64_t m, int64_t n, double* x)
    void times_constant "rmt_times_constant"(double* x, double scale, int64_t n)
    void reflect_columns "rmt_reflect_columns"(const double* v, double tau, double* c, int64_t ld, int64_t n, int64_t columns)


cdef enum:
    UNPACKED = 1000000  # products of two numbers


cdef inline void thin_product(
    int64_t m, int64_t n, int64_t terms, const double* a, int64_t lda, const double* b, int64_t ldb, double* c
) noexcept nogil:
    """c (m, n) = a b, all by columns, with m or n as small as a block of reflectors; a few terms of the sums at a time.

    OpenBLAS copies its operands to blocks unless they are small (`UNPACKED`), which such a product does not earn back: in
    pieces it takes two thirds to three quarters of the time (measured, 500 x 500 and a block of 32). Nothing is gained with
    pieces of a few terms.
    """
    cdef int im = <int>m, jn = <int>n, ia = <int>lda, ib = <int>ldb, length
    cdef int64_t k = 0, piece = UNPACKED // (m * n)
    cdef double one = 1.0, zero = 0.0
    if piece < 16:
        piece = terms
    while k < terms:
        length = <int>min(piece, terms - k)
        dgemm(
            "N", "N", &im, &jn, &length, &one, <double*>a + k * lda, &ia, <double*>b + k, &ib, &one if k else &zero, c, &im
        )
        k += length


cdef inline void write_out(
    const double* c, int64_t m, int64_t k, int64_t first, int64_t last, double* v
) noexcept nogil:
    """Columns first..last-1 of v (m - k rows) = the reflectors k+first.. of a factored panel with their zeros and ones."""
    cdef int64_t j, rows = m - k
    for j in range(first, last):
        memset(v + j * rows, 0, j * sizeof(double))
        v[j + j * rows] = 1.0
        memcpy(v + j * rows + j + 1, c + k + j + 1 + (k + j) * m, (rows - j - 1) * sizeof(double))


cdef inline void factor_columns(double* c, int64_t m, int64_t k, int64_t width, double* tau) noexcept nogil:
    """Householder QR of the columns k..k+width-1 of c, rows k.. of it, one reflector after the other."""
    cdef int64_t j, rows
    cdef int one = 1, length
    cdef double* x
    cdef double tail, beta
    for j in range(k, k + width):
        x = c + j + j * m
        rows = m - j
        tail = sum_of_squares(x + 1, rows - 1)
        if 1e-250 < tail < 1e250:
            beta = -copysign(sqrt(x[0] * x[0] + tail), x[0])
            tau[j] = (beta - x[0]) / beta
            times_constant(x + 1, 1.0 / (x[0] - beta), rows - 1)
            x[0] = beta
        else:
            length = <int>rows
            dlarfg(&length, x, x + (1 if rows > 1 else 0), &one, tau + j)
        if tau[j] != 0.0:
            reflect_columns(x, tau[j], x + m, m, rows, k + width - 1 - j)


cdef inline void extend_block(
    const double* v, int64_t rows, int64_t first, int64_t last, const double* tau, double* t, int64_t nb, double* gram
) noexcept nogil:
    """Columns first..last-1 of the upper triangle t (leading dimension nb, zero below) with H_1 ... H_last = 1 - v t v^T."""
    cdef int irows = <int>(rows - first), width = <int>(last - first), height = <int>last, ld = <int>rows
    cdef double one = 1.0, zero = 0.0, x
    cdef int64_t i, j, l
    cdef double* column
    dgemm(
        "T", "N", &height, &width, &irows, &one, <double*>v + first, &ld, <double*>v + first + first * rows, &ld, &zero,
        gram, &height,
    )
    for j in range(first, last):
        column = t + j * nb
        memset(column, 0, nb * sizeof(double))
        for l in range(j):
            x = -tau[j] * gram[l + (j - first) * height]
            for i in range(l + 1):
                column[i] += x * t[i + l * nb]
        column[j] = tau[j]


cdef inline void reflect_rest(
    const double* v, int64_t ldv, int64_t rows, int64_t width, const double* t, int64_t nb, double* c, int64_t m,
    int64_t columns, double* w
) noexcept nogil:
    """c (rows, columns; leading dimension m) <- (1 - v t^T v^T) c; `w` holds width (2 columns + rows) numbers."""
    cdef int irows = <int>rows, iw = <int>width, rest = <int>columns, im = <int>m, inb = <int>nb, ld = <int>ldv
    cdef double one = 1.0, zero = 0.0, minus = -1.0
    cdef double* w2 = w + width * columns
    cdef double* turned = w2 + width * columns  # v^T, where turning it pays
    if columns > 2 * width:
        transpose(v, ldv, width, rows, turned)
        thin_product(width, columns, rows, turned, width, c, m, w)
    else:
        dgemm("T", "N", &iw, &rest, &irows, &one, <double*>v, &ld, c, &im, &zero, w, &iw)
    dgemm("T", "N", &iw, &rest, &iw, &one, <double*>t, &inb, w, &iw, &zero, w2, &iw)
    dgemm("N", "N", &irows, &rest, &iw, &minus, <double*>v, &ld, w2, &iw, &one, c, &im)


cdef inline void blocked_qr(
    double* c, int64_t m, int64_t r, double* blocks, int64_t nb, double* tau, double* work
) noexcept nogil:
    """QR of c (m, r), blocks of nb columns in strips of 16; `work` holds nb (2 m + 2 r + nb) numbers."""
    cdef int64_t steps = min(m, r), k = 0, rows, width, first, last
    cdef double* v = work
    cdef double* gram = v + nb * m
    cdef double* w = gram + nb * nb
    cdef double* t
    while k < steps:
        rows = m - k
        width = min(nb, steps - k)
        t = blocks + k * nb
        first = 0
        while first < width:  # a strip, applied to the rest of its block
            last = min(first + 16, width)
            factor_columns(c, m, k + first, last - first, tau)
            write_out(c, m, k, first, last, v)
            extend_block(v, rows, first, last, tau + k, t, nb, gram)
            if last < width:
                reflect_rest(
                    v + first + first * rows, rows, rows - first, last - first, t + first + first * nb, nb,
                    c + k + first + (k + last) * m, m, width - last, w,
                )
            first = last
        if k + width < r:
            reflect_rest(v, rows, rows, width, t, nb, c + k + (k + width) * m, m, r - k - width, w)
        k += width


cdef inline void apply_right(
    const double* h, int64_t n, const double* blocks, int64_t count, int64_t nb, double* x, int64_t m, double* work
) noexcept nogil:
    """x (m, n) <- x H_1 ... H_count; `work` holds nb (2 n + m) numbers."""
    cdef int64_t k = 0, j, width, piece = UNPACKED // (m * nb) // 8 * 8
    cdef int iw, rows, columns, im = <int>m, inb = <int>nb
    cdef double one = 1.0, zero = 0.0, minus = -1.0
    cdef double* v = work
    cdef double* w = v + nb * n
    cdef double* z = w + nb * m
    if piece < 16:  # as in `thin_product`
        piece = n
    while k < count:
        width = min(nb, count - k)
        iw = <int>width
        rows = <int>(n - k)
        write_out(h, n, k, 0, width, v)
        dgemm("N", "T", &rows, &iw, &iw, &one, v, &rows, <double*>blocks + k * nb, &inb, &zero, z, &rows)
        thin_product(m, width, rows, x + k * m, m, v, rows, w)
        j = 0
        while j < rows:
            columns = <int>min(piece, rows - j)
            dgemm("N", "T", &im, &columns, &iw, &minus, w, &im, z + j, &rows, &one, x + (k + j) * m, &im)
            j += columns
        k += width
