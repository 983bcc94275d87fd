"""Hessenberg-triangular reduction of H R by blocks: two matrix-vector products per column, the rest by multiplication.

H is orthogonal, R upper triangular with rows in descending order of size, in plain double numbers. Reflectors v (on the rows
of R, from the right on H) and u (on the rows of H, from the right on R) alternate; within a block of columns

    R = Qv^T R0 Qu,  H = Qu^T H0 Qv,  Qv = 1 - V TV V^T,  Qu = 1 - U TU U^T,

and only the column that is reflected next is brought up to date, from R0 U and H0 V.
"""

from libc.math cimport copysign, sqrt
from libc.stdint cimport int64_t
from libc.stdlib cimport free, malloc
from libc.string cimport memcpy, memset
from scipy.linalg.cython_blas cimport dgemm, dgemv
from scipy.linalg.cython_lapack cimport dlarfg

cdef extern from "spectra_passes.h" nogil:
    double sum_of_squares "rmt_sum_of_squares"(const double* x, int64_t n)


cdef double reflector(double* x, int64_t n) noexcept nogil:
    """x <- (1, v_1, ...), the Householder vector that leaves only the first component of x; returns tau."""
    cdef double tail = sum_of_squares(x + 1, n - 1), beta, tau = 0.0
    cdef int one = 1, length = <int>n
    cdef int64_t i
    if n > 1:
        if 1e-250 < tail < 1e250:
            beta = -copysign(sqrt(x[0] * x[0] + tail), x[0])
            tau = (beta - x[0]) / beta
            tail = 1.0 / (x[0] - beta)
            for i in range(1, n):
                x[i] *= tail
        else:
            dlarfg(&length, x, x + 1, &one, &tau)
    x[0] = 1.0
    return tau


cdef struct Side:
    double* v  # (n, nb) the reflectors of this block
    double* t  # (nb, nb) upper triangle of their product
    double* y  # (n, nb) the other matrix times v


cdef void bring_up(
    const double* m, Side* left, Side* right, int64_t n, int64_t nb, int64_t nl, int64_t nr, int64_t column, int64_t first,
    double* x, double* w
) noexcept nogil:
    """x[first:] = column of (1 - V_l T_l^T V_l^T) (m - Y_r T_r V_r^T), rows before `first` untouched by the left part."""
    cdef int rows = <int>(n - first), il = <int>nl, ir = <int>nr, ld = <int>n, lt = <int>nb, inc = 1
    cdef double one = 1.0, zero = 0.0, minus = -1.0
    cdef int64_t i
    memcpy(x + first, m + first + column * n, (n - first) * sizeof(double))
    if nr > 0:
        for i in range(nr):
            w[i] = right.v[column + i * n]
        dgemv("N", &ir, &ir, &one, right.t, &lt, w, &inc, &zero, w + nb, &inc)
        dgemv("N", &rows, &ir, &minus, right.y + first, &ld, w + nb, &inc, &one, x + first, &inc)
    if nl > 0:
        dgemv("T", &rows, &il, &one, left.v + first, &ld, x + first, &inc, &zero, w, &inc)
        dgemv("T", &il, &il, &one, left.t, &lt, w, &inc, &zero, w + nb, &inc)
        dgemv("N", &rows, &il, &minus, left.v + first, &ld, w + nb, &inc, &one, x + first, &inc)


cdef void append(
    Side* side, const double* other, int64_t n, int64_t nb, int64_t count, int64_t first, const double* x, double tau,
    double* w
) noexcept nogil:
    """One more reflector x[first:] with its product with the other matrix."""
    cdef int rows = <int>(n - first), ic = <int>count, ld = <int>n, lt = <int>nb, inc = 1, all_rows = <int>n
    cdef double one = 1.0, zero = 0.0, minus = -tau
    memset(side.v + count * n, 0, first * sizeof(double))
    memcpy(side.v + first + count * n, x + first, (n - first) * sizeof(double))
    memset(side.t + count * nb, 0, nb * sizeof(double))
    if count > 0:
        dgemv("T", &rows, &ic, &minus, side.v + first, &ld, side.v + first + count * n, &inc, &zero, w, &inc)
        dgemv("N", &ic, &ic, &one, side.t, &lt, w, &inc, &zero, side.t + count * nb, &inc)
    side.t[count + count * nb] = tau
    dgemv(
        "N", &all_rows, &rows, &one, <double*>other + first * n, &ld, side.v + first + count * n, &inc, &zero,
        side.y + count * n, &inc,
    )


cdef void apply_left(
    Side* side, int64_t n, int64_t nb, int64_t count, int64_t first, double* m, int64_t start, double* w
) noexcept nogil:
    """Columns start.. of m <- (1 - V T^T V^T) m, V zero above `first`."""
    cdef int rows = <int>(n - first), columns = <int>(n - start), ic = <int>count, ld = <int>n, lt = <int>nb
    cdef double one = 1.0, zero = 0.0, minus = -1.0
    cdef double* w2 = w + count * (n - start)
    if count == 0 or columns <= 0:
        return
    dgemm("T", "N", &ic, &columns, &rows, &one, side.v + first, &ld, m + first + start * n, &ld, &zero, w, &ic)
    dgemm("T", "N", &ic, &columns, &ic, &one, side.t, &lt, w, &ic, &zero, w2, &ic)
    dgemm("N", "N", &rows, &columns, &ic, &minus, side.v + first, &ld, w2, &ic, &one, m + first + start * n, &ld)


cdef void apply_right(Side* side, int64_t n, int64_t nb, int64_t count, int64_t first, double* m, double* w) noexcept nogil:
    """m <- m - Y T V^T, V zero above `first`."""
    cdef int rows = <int>n, columns = <int>(n - first), ic = <int>count, ld = <int>n, lt = <int>nb
    cdef double one = 1.0, zero = 0.0, minus = -1.0
    if count == 0:
        return
    dgemm("N", "N", &rows, &ic, &ic, &one, side.y, &ld, side.t, &lt, &zero, w, &ld)
    dgemm("N", "T", &rows, &columns, &ic, &minus, w, &ld, side.v + first, &ld, &one, m + first * n, &ld)


cdef void reduce(double* h, double* r, double* q0, double* q1, int64_t n, int64_t nb, double* memory) noexcept nogil:
    cdef Side v, u
    cdef int64_t start = 0, stop, j, i, nv, nu
    cdef double tau
    v.v = memory
    v.y = v.v + n * nb
    u.v = v.y + n * nb
    u.y = u.v + n * nb
    v.t = u.y + n * nb
    u.t = v.t + nb * nb
    cdef double* x = u.t + nb * nb
    cdef double* w = x + n  # 2 n nb numbers
    while start < n:
        stop = min(start + nb, n)
        nv = 0
        nu = 0
        for j in range(start, stop):
            if j + 1 < n:
                bring_up(r, &v, &u, n, nb, nv, nu, j, start, x, w)
                tau = reflector(x + j, n - j)
                append(&v, h, n, nb, nv, j, x, tau, w)
                nv += 1
            if j + 2 < n:
                bring_up(h, &u, &v, n, nb, nu, nv, j, start, x, w)
                tau = reflector(x + j + 1, n - j - 1)
                append(&u, r, n, nb, nu, j + 1, x, tau, w)
                nu += 1
        apply_right(&u, n, nb, nu, min(start + 1, n - 1), r, w)
        apply_left(&v, n, nb, nv, start, r, start, w)
        apply_right(&v, n, nb, nv, start, h, w)
        apply_left(&u, n, nb, nu, min(start + 1, n - 1), h, start, w)
        if q0 != NULL:
            apply_left(&u, n, nb, nu, min(start + 1, n - 1), q0, 0, w)
            apply_left(&v, n, nb, nv, start, q1, 0, w)
        for j in range(start, stop):
            for i in range(j + 1, n):
                r[i + j * n] = 0.0
                if i > j + 1:
                    h[i + j * n] = 0.0
        start = stop


def hessenberg_triangular(double[::1, :] h, double[::1, :] r, double[::1, :] q0, double[::1, :] q1, long long nb=32):
    """In place: h to upper Hessenberg, r to upper triangular form, h <- Qu^T h Qv, r <- Qv^T r Qu.

    `q0`, `q1` (or of size (0, 0)) become Qu^T q0 and Qv^T q1.
    """
    cdef int64_t n = h.shape[0]
    cdef bint wanted = q0.shape[0] > 0
    if n == 0:
        return
    nb = min(nb, n)
    cdef double* memory = <double*>malloc((6 * n * nb + 2 * nb * nb + n + 4 * nb) * sizeof(double))
    if memory == NULL:
        raise MemoryError("no memory for the Hessenberg reduction")
    with nogil:
        reduce(&h[0, 0], &r[0, 0], &q0[0, 0] if wanted else NULL, &q1[0, 0] if wanted else NULL, n, nb, memory)
    free(memory)
