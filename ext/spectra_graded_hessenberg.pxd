# Hessenberg-triangular reduction of H R_1 ... R_K, rows of the triangles with exponents of their own: any range, no blocks.
from libc.math cimport copysign, sqrt
from libc.stdint cimport int64_t
from libc.stdlib cimport free, malloc
from scipy.linalg.cython_blas cimport dgemv, dger

from spectra_scaling cimport NO_EXPONENT, exponent_of, times_power
from spectra_sweeps cimport Problem, renormalise


cdef inline void left_reflector(
    double* m, int64_t* e, Py_ssize_t n, Py_ssize_t j, Py_ssize_t first, Py_ssize_t last_column,
    double* v, double* weights, double* w, double* tau
) noexcept nogil:
    """Zero m[first+1:, j] of a matrix whose row i has the scale 2^e[i]; v and tau describe the reflector."""
    cdef Py_ssize_t i, rows = n - first
    cdef int64_t top = NO_EXPONENT, scale = NO_EXPONENT
    cdef double x, total = 0.0, head, beta, one = 1.0, zero = 0.0, minus
    cdef int columns = <int>(last_column - j), height = <int>rows, ld = <int>n, inc = 1
    tau[0] = 0.0
    for i in range(first, n):
        x = m[i * n + j]
        if x != 0.0:
            top = max(top, exponent_of(x) + e[i])
            scale = max(scale, e[i])
    if top == NO_EXPONENT:
        return
    if e[first] < scale:  # the new first row is as large as the largest one
        for i in range(j, last_column + 1):
            m[first * n + i] = times_power(m[first * n + i], e[first] - scale)
        e[first] = scale
    scale = e[first]
    for i in range(first + 1, n):
        v[i - first] = times_power(m[i * n + j], e[i] - top)
        total += v[i - first] * v[i - first]
    head = times_power(m[first * n + j], e[first] - top)
    x = 0.0
    for i in range(first + 1, n):
        if m[i * n + j] != 0.0:
            x = 1.0
            break
    if x == 0.0:
        return
    beta = -copysign(sqrt(head * head + total), head)
    tau[0] = (beta - head) / beta
    head -= beta
    v[0] = 1.0
    weights[0] = 1.0  # the rows are stored without their scales: row i gets weights[i] w, w = sum v_i 2^(e_i - scale) row_i
    for i in range(1, rows):
        weights[i] = times_power(m[(first + i) * n + j], scale - top) / head
        v[i] = times_power(weights[i], e[first + i] - scale)
    m[first * n + j] = times_power(beta, top - scale)
    for i in range(first + 1, n):
        m[i * n + j] = 0.0
    if columns > 0:
        for i in range(rows):
            w[n + i] = times_power(v[i], e[first + i] - scale)
        dgemv("N", &columns, &height, &one, m + first * n + j + 1, &ld, w + n, &inc, &zero, w, &inc)
        minus = -tau[0]
        dger(&columns, &height, &minus, w, &inc, weights, &inc, m + first * n + j + 1, &ld)


cdef inline void right_reflector(
    double* m, Py_ssize_t n, Py_ssize_t first, Py_ssize_t rows, const double* v, double tau, double* w
) noexcept nogil:
    """Columns first.. of the leading rows times 1 - tau v v^T."""
    cdef int columns = <int>(n - first), height = <int>rows, ld = <int>n, inc = 1
    cdef double one = 1.0, zero = 0.0, minus = -tau
    if tau == 0.0 or rows == 0:
        return
    dgemv("T", &columns, &height, &one, m + first, &ld, <double*>v, &inc, &zero, w, &inc)
    dger(&columns, &height, &minus, <double*>v, &inc, w, &inc, m + first, &ld)


cdef inline void left_apply(double* q, Py_ssize_t n, Py_ssize_t first, const double* v, double tau, double* w) noexcept nogil:
    """Rows first.. of q from the left by 1 - tau v v^T."""
    cdef int columns = <int>n, height = <int>(n - first), inc = 1
    cdef double one = 1.0, zero = 0.0, minus = -tau
    if tau == 0.0:
        return
    dgemv("N", &columns, &height, &one, q + first * n, &columns, <double*>v, &inc, &zero, w, &inc)
    dger(&columns, &height, &minus, w, &inc, <double*>v, &inc, q + first * n, &columns)


cdef inline int reduce_hessenberg(Problem* p) noexcept nogil:
    cdef Py_ssize_t n = p.n, j, k
    cdef double tau
    cdef double* memory = <double*>malloc(5 * n * sizeof(double))
    cdef int64_t* flat = <int64_t*>malloc(n * sizeof(int64_t))
    if memory == NULL or flat == NULL:
        free(memory)
        free(flat)
        return -1
    cdef double* v = memory
    cdef double* weights = memory + n
    cdef double* w = memory + 2 * n  # two lengths
    for j in range(n):
        flat[j] = 0
    for j in range(n):
        if j > 0:
            for k in range(p.k - 1, -1, -1):
                left_reflector(p.r + k * n * n, p.e + k * n, n, j, j, n - 1, v, weights, w, &tau)
                if k > 0:
                    right_reflector(p.r + (k - 1) * n * n, n, j, n, v, tau, w)
                else:
                    right_reflector(p.h, n, j, n, v, tau, w)
                    if p.q1 != NULL:
                        left_apply(p.q1, n, j, v, tau, w)
            if j % 16 == 0:
                renormalise(p, 0, n - 1)
        if j + 2 < n:
            left_reflector(p.h, flat, n, j, j + 1, n - 1, v, weights, w, &tau)
            right_reflector(p.r + (p.k - 1) * n * n, n, j + 1, n, v, tau, w)
            if p.q0 != NULL:
                left_apply(p.q0, n, j + 1, v, tau, w)
    renormalise(p, 0, n - 1)
    free(memory)
    free(flat)
    return 0
