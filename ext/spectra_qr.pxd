# Blocked Householder QR and its application from the right, shared by the kernels of rmt.spectra.
#
# Storage as in LAPACK's dgeqrt: reflectors below the diagonal, the triangular factors of the blocks beside each other. Every
# block is applied with its reflectors written out (zeros above, ones on the diagonal) by three plain multiplications; at
# widths of a few hundred the triangular multiplications and copies that this saves cost as much as the multiplications.
from libc.math cimport copysign, sqrt
from libc.stdint cimport int64_t
from libc.string cimport memcpy, memset
from scipy.linalg.cython_blas cimport dgemm
from scipy.linalg.cython_lapack cimport dlarfg

cdef extern from "spectra_passes.h" nogil:
    double sum_of_squares "rmt_sum_of_squares"(const double* x, int64_t n)
    void times_constant "rmt_times_constant"(double* x, double scale, int64_t n)
    void reflect_columns "rmt_reflect_columns"(const double* v, double tau, double* c, int64_t ld, int64_t n, int64_t columns)


cdef inline void write_out(const double* c, int64_t m, int64_t k, int64_t width, double* v) noexcept nogil:
    """v (m - k, width) = the reflectors k..k+width-1 of a factored panel with their zeros and ones."""
    cdef int64_t j, rows = m - k
    for j in range(width):
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


cdef inline void block_factor(
    const double* v, int64_t rows, int64_t width, const double* tau, double* t, int64_t nb, double* gram
) noexcept nogil:
    """The upper triangle t (leading dimension nb, the rest zero) with H_1 ... H_width = 1 - v t v^T."""
    cdef int irows = <int>rows, iw = <int>width
    cdef double one = 1.0, zero = 0.0, x
    cdef int64_t i, j, l
    dgemm("T", "N", &iw, &iw, &irows, &one, <double*>v, &irows, <double*>v, &irows, &zero, gram, &iw)
    for j in range(width):
        for i in range(j):
            x = 0.0
            for l in range(i, j):
                x += t[i + l * nb] * gram[l + j * width]
            t[i + j * nb] = -tau[j] * x
        t[j + j * nb] = tau[j]


cdef inline void reflect_rest(
    const double* v, int64_t rows, int64_t width, const double* t, int64_t nb, double* c, int64_t m, int64_t columns,
    double* w
) noexcept nogil:
    """c (rows, columns; leading dimension m) <- (1 - v t^T v^T) c; `w` holds 2 width columns numbers."""
    cdef int irows = <int>rows, iw = <int>width, rest = <int>columns, im = <int>m, inb = <int>nb
    cdef double one = 1.0, zero = 0.0, minus = -1.0
    cdef double* w2 = w + width * columns
    dgemm("T", "N", &iw, &rest, &irows, &one, <double*>v, &irows, c, &im, &zero, w, &iw)
    dgemm("T", "N", &iw, &rest, &iw, &one, <double*>t, &inb, w, &iw, &zero, w2, &iw)
    dgemm("N", "N", &irows, &rest, &iw, &minus, <double*>v, &irows, w2, &iw, &one, c, &im)


cdef inline void blocked_qr(
    double* c, int64_t m, int64_t r, double* blocks, int64_t nb, double* tau, double* work
) noexcept nogil:
    """QR of c (m, r), blocks of nb columns in strips of 16; `work` holds nb (m + 2 r + nb) numbers."""
    cdef int64_t steps = min(m, r), k = 0, width, strip, j
    cdef double* v = work
    cdef double* gram = v + nb * m
    cdef double* w = gram + nb * nb
    while k < steps:
        width = min(nb, steps - k)
        j = k
        while j < k + width:
            strip = min(16, k + width - j)
            factor_columns(c, m, j, strip, tau)
            if j + strip < k + width:  # its triangular factor is needed for the rest of the block only
                write_out(c, m, j, strip, v)
                block_factor(v, m - j, strip, tau + j, blocks + j * nb, nb, gram)
                reflect_rest(v, m - j, strip, blocks + j * nb, nb, c + j + (j + strip) * m, m, k + width - j - strip, w)
            j += strip
        write_out(c, m, k, width, v)
        block_factor(v, m - k, width, tau + k, blocks + k * nb, nb, gram)
        if k + width < r:
            reflect_rest(v, m - k, width, blocks + k * nb, nb, c + k + (k + width) * m, m, r - k - width, w)
        k += width


cdef inline void apply_right(
    const double* h, int64_t n, const double* blocks, int64_t count, int64_t nb, double* x, int64_t m, double* work
) noexcept nogil:
    """x (m, n) <- x H_1 ... H_count; `work` holds nb (2 n + m) numbers."""
    cdef int64_t k = 0, width
    cdef int iw, rows, im = <int>m, inb = <int>nb
    cdef double one = 1.0, zero = 0.0, minus = -1.0
    cdef double* v = work
    cdef double* w = v + nb * n
    cdef double* z = w + nb * m
    while k < count:
        width = min(nb, count - k)
        iw = <int>width
        rows = <int>(n - k)
        write_out(h, n, k, width, v)
        dgemm("N", "T", &rows, &iw, &iw, &one, v, &rows, <double*>blocks + k * nb, &inb, &zero, z, &rows)
        dgemm("N", "N", &im, &iw, &rows, &one, x + k * m, &im, v, &rows, &zero, w, &im)
        dgemm("N", "T", &im, &rows, &iw, &minus, w, &im, z, &rows, &one, x + k * m, &im)
        k += width
