# Column-pivoted Householder QR of a graded panel: the pivots are chosen by norm and exponent, the panel is not scaled.
from libc.math cimport fabs, log2, sqrt
from libc.stdint cimport int64_t
from libc.string cimport memset
from scipy.linalg.cython_blas cimport dgemv, dger, dnrm2, dswap
from scipy.linalg.cython_lapack cimport dlarfg, dlarft


cdef inline void pivoted_qr(
    double* c, int64_t m, int64_t r, int64_t* columns, const int64_t* e, double* tau, double* norms, double* full,
    double* key, double* work
) noexcept nogil:
    """Householder QR of c; the next pivot is the column with the largest 2^e times the norm of its remaining part."""
    cdef int64_t steps = min(m, r), k, j, best
    cdef int one = 1, rows, cols, width = <int>m
    cdef double alpha, t, ratio, minus
    cdef double zero = 0.0, unit = 1.0
    cdef int64_t swap
    for j in range(r):
        rows = <int>m
        norms[j] = dnrm2(&rows, c + j * m, &one)
        full[j] = norms[j]
        key[j] = log2(norms[j]) + e[columns[j]] if norms[j] > 0.0 else -1e300
    for k in range(steps):
        best = k
        for j in range(k + 1, r):
            if key[j] > key[best]:
                best = j
        if best != k:
            rows = <int>m
            dswap(&rows, c + k * m, &one, c + best * m, &one)
            swap = columns[k]
            columns[k] = columns[best]
            columns[best] = swap
            norms[best] = norms[k]
            full[best] = full[k]
            key[best] = key[k]
        rows = <int>(m - k)
        dlarfg(&rows, c + k + k * m, c + min(k + 1, m - 1) + k * m, &one, tau + k)
        cols = <int>(r - k - 1)
        if cols > 0 and tau[k] != 0.0:
            alpha = c[k + k * m]
            c[k + k * m] = 1.0
            dgemv("T", &rows, &cols, &unit, c + k + (k + 1) * m, &width, c + k + k * m, &one, &zero, work, &one)
            minus = -tau[k]
            dger(&rows, &cols, &minus, c + k + k * m, &one, work, &one, c + k + (k + 1) * m, &width)
            c[k + k * m] = alpha
        for j in range(k + 1, r):
            if norms[j] > 0.0:
                ratio = fabs(c[k + j * m]) / norms[j]
                t = (1.0 - ratio) * (1.0 + ratio)
                if t < 0.0:
                    t = 0.0
                ratio = norms[j] / full[j]
                if t * ratio * ratio <= 1.5e-8:  # cancellation: the downdated norm has lost its digits
                    rows = <int>(m - k - 1)
                    norms[j] = dnrm2(&rows, c + min(k + 1, m - 1) + j * m, &one) if rows > 0 else 0.0
                    full[j] = norms[j]
                else:
                    norms[j] *= sqrt(t)
                key[j] = log2(norms[j]) + e[columns[j]] if norms[j] > 0.0 else -1e300


cdef inline void block_reflectors(double* c, int64_t m, int64_t steps, double* tau, double* blocks, int64_t nb) noexcept nogil:
    """Triangular factors of the compact WY form from reflectors that were made one by one."""
    cdef int64_t k = 0
    cdef int rows, columns, ld = <int>m, ldt = <int>nb
    while k < steps:
        rows = <int>(m - k)
        columns = <int>min(nb, steps - k)
        memset(blocks + k * nb, 0, columns * nb * sizeof(double))
        dlarft("F", "C", &rows, &columns, c + k + k * m, &ld, tau + k, blocks + k * nb, &ldt)
        k += nb
