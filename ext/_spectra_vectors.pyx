"""Eigenvectors of a complex upper triangular matrix with scaled rows, by back-substitution in blocks of rows.

Matrices are stored by rows, real and imaginary parts apart. Column i of the result belongs to the diagonal entry i.
"""

from libc.stdint cimport int64_t
from libc.stdlib cimport free, malloc
from libc.string cimport memset
from scipy.linalg.cython_blas cimport dgemm

cdef extern from "spectra_vectors.h" nogil:
    void add_row "rmt_add_complex_row"(
        double a, double b, const double* xr, const double* xi, int64_t n, double* yr, double* yi)
    void divide "rmt_divide_by_differences"(
        double* xr, double* xi, const double* ur, const double* ui, double vr, double vi, const int64_t* e, int64_t base,
        int first, int64_t n, double* power)

cdef int64_t BLOCK = 32  # rows whose sums over all other blocks are taken in one multiplication
cdef int64_t CHUNK = 64  # columns that share the rows which are not zero


cdef struct Problem:
    int64_t n
    const double* sr
    const double* si
    const int64_t* e
    double* xr
    double* xi
    double* diagonal  # real parts, imaginary parts
    double* power


cdef void add_product(
    Problem* p, bint right, int64_t row, int64_t rows, int64_t first, int64_t last, int64_t from_row, int64_t to_row
) noexcept nogil:
    """Rows row.. of x += S[rows, from..to] x[from..to] (right) or S[from..to, rows]^T x[from..to], columns first..last - 1."""
    cdef int m = <int>(last - first), k = <int>rows, inner = <int>(to_row - from_row), ld = <int>p.n
    cdef double one = 1.0, minus = -1.0
    cdef int64_t s = row * p.n + from_row if right else from_row * p.n + row
    cdef int64_t source = from_row * p.n + first, target = row * p.n + first
    cdef char* how = "N" if right else "T"
    if m <= 0 or inner <= 0:
        return
    dgemm("N", how, &m, &k, &inner, &one, p.xr + source, &ld, <double*>p.sr + s, &ld, &one, p.xr + target, &ld)
    dgemm("N", how, &m, &k, &inner, &minus, p.xi + source, &ld, <double*>p.si + s, &ld, &one, p.xr + target, &ld)
    dgemm("N", how, &m, &k, &inner, &one, p.xi + source, &ld, <double*>p.sr + s, &ld, &one, p.xi + target, &ld)
    dgemm("N", how, &m, &k, &inner, &one, p.xr + source, &ld, <double*>p.si + s, &ld, &one, p.xi + target, &ld)


cdef void right(Problem* p) noexcept nogil:
    cdef int64_t n = p.n, top = (n - 1) // BLOCK * BLOCK, end, j, k, a, c
    while top >= 0:
        end = min(top + BLOCK, n)
        c = end
        while c < n:
            a = min(c + CHUNK, n)
            add_product(p, True, top, end - top, c, a, end, a)
            c = a
        for j in range(end - 1, top - 1, -1):
            a = j + 1
            for k in range(a, end):
                add_row(
                    p.sr[j * n + k], p.si[j * n + k], p.xr + k * n + a, p.xi + k * n + a, n - a, p.xr + j * n + a,
                    p.xi + j * n + a,
                )
            divide(
                p.xr + j * n + a, p.xi + j * n + a, p.diagonal + a, p.diagonal + n + a, p.diagonal[j], p.diagonal[n + j],
                p.e + a, p.e[j], 1, n - a, p.power,
            )
        top -= BLOCK


cdef void left(Problem* p, double* yr, double* yi) noexcept nogil:
    cdef int64_t n = p.n, top = 0, end, j, k, c, i
    while top < n:
        end = min(top + BLOCK, n)
        c = 0
        while c < top:
            k = min(c + CHUNK, top)
            add_product(p, False, top, end - top, c, k, c, top)
            c = k
        for j in range(top, end):
            for k in range(top, j):
                add_row(p.sr[k * n + j], p.si[k * n + j], p.xr + k * n, p.xi + k * n, j, p.xr + j * n, p.xi + j * n)
            divide(
                p.xr + j * n, p.xi + j * n, p.diagonal, p.diagonal + n, p.diagonal[j], p.diagonal[n + j], p.e, p.e[j], 0, j,
                p.power,
            )
            for i in range(j):
                yr[j * n + i] = p.xr[j * n + i]
                yi[j * n + i] = p.xi[j * n + i]
                p.xr[j * n + i] *= p.power[i]
                p.xi[j * n + i] *= p.power[i]
        top = end


def triangular_vectors(
    const double[:, ::1] rows_real, const double[:, ::1] rows_imag, const int64_t[::1] exponents, double[:, ::1] x_real,
    double[:, ::1] x_imag, double[:, ::1] y_real, double[:, ::1] y_imag, bint right_side,
):
    """Vectors of T = diag(2^exponents) rows with 1 on their diagonal.

    Right: x gets the columns with T x = lambda x, y is not used. Left: y gets those of y^T T = lambda y^T, and x gets
    y_ji 2^(e_j - e_i), which stay of order one.
    """
    cdef Problem p
    cdef int64_t i, n = rows_real.shape[0], size = n * n * sizeof(double)
    if n == 0:
        return
    cdef double* memory = <double*>malloc(3 * n * sizeof(double))
    if memory == NULL:
        raise MemoryError("no memory for the eigenvectors of a triangular matrix")
    p.n = n
    p.sr, p.si, p.e = &rows_real[0, 0], &rows_imag[0, 0], &exponents[0]
    p.xr, p.xi = &x_real[0, 0], &x_imag[0, 0]
    p.diagonal, p.power = memory, memory + 2 * n
    with nogil:
        memset(p.xr, 0, size)
        memset(p.xi, 0, size)
        if not right_side:
            memset(&y_real[0, 0], 0, size)
            memset(&y_imag[0, 0], 0, size)
        for i in range(n):
            p.diagonal[i] = rows_real[i, i]
            p.diagonal[n + i] = rows_imag[i, i]
            x_real[i, i] = 1.0
            if not right_side:
                y_real[i, i] = 1.0
        if right_side:
            right(&p)
        else:
            left(&p, &y_real[0, 0], &y_imag[0, 0])
    free(memory)
