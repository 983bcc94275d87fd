"""Moments of the weights p_i = |psi_i|^2 / sum |psi|^2 of many vectors, in logarithms. The Python twin is rmt.localisation."""

from libc.math cimport INFINITY, frexp, log
from libc.stdint cimport int64_t
from libc.stdlib cimport free, malloc
from libc.string cimport memset


cdef extern from "moments.h" nogil:
    void rmt_log_squares(const double *re, const double *im, ptrdiff_t n, double reference, double *out) noexcept
    void rmt_largest(const double *x, ptrdiff_t n, double *largest) noexcept
    void rmt_extremes(const double *x, ptrdiff_t n, double *high, double *low, int64_t *missing) noexcept
    void rmt_power_sums(
        const double *u, ptrdiff_t n, const double *w, ptrdiff_t count, double step, double *sums, double *firsts
    ) noexcept


cdef enum:
    TILE = 8  # vectors gathered together, so that a matrix in C order is read by whole cache lines


cdef double sum_exp(const double *u, ptrdiff_t n) noexcept nogil:
    cdef double one = 1.0, total, first
    rmt_power_sums(u, n, &one, 1, 0.0, &total, &first)
    return total


cdef void gather(const double[:, :, :] parts, ptrdiff_t first, ptrdiff_t columns, double *re, double *im) noexcept nogil:
    """Copies a tile of columns into contiguous rows of length n; the imaginary part of real vectors is left at zero."""
    cdef ptrdiff_t n = parts.shape[0], i, j
    for i in range(n):
        for j in range(columns):
            re[j * n + i] = parts[i, first + j, 0]
    if parts.shape[2] == 2:
        for i in range(n):
            for j in range(columns):
                im[j * n + i] = parts[i, first + j, 1]


cdef ptrdiff_t log_weights_of(
    const double *re, const double *im, ptrdiff_t n, double *out, double *log_max, double *log_min
) noexcept nogil:
    """ln|psi_i|^2 up to a common constant, exact zeros as -inf; returns the number of sites that are not zero."""
    cdef double largest = 0.0
    cdef int64_t missing = 0
    cdef int exponent = 0
    rmt_largest(re, n, &largest)
    rmt_largest(im, n, &largest)
    # The logarithms are taken relative to the largest component, so that a common factor costs no digits.
    frexp(largest, &exponent)
    rmt_log_squares(re, im, n, 2.0 * exponent, out)
    rmt_extremes(out, n, log_max, log_min, &missing)
    return n - missing


cdef ptrdiff_t shifted(const double *logs, ptrdiff_t n, ptrdiff_t support, double high, double *u) noexcept nogil:
    """u = logs - high without the -inf; ``u`` may be ``logs``. Returns how many there are."""
    cdef ptrdiff_t i, kept = 0
    if support == n:  # a loop of its own, because it is vector code
        for i in range(n):
            u[i] = logs[i] - high
        return n
    for i in range(n):
        if logs[i] != -INFINITY:
            u[kept] = logs[i] - high
            kept += 1
    return kept


def log_moments(
    const double[:, :, :] parts,
    const double[::1] positive,
    double positive_step,
    const double[::1] negative,
    double negative_step,
    double[:, ::1] log_sums,
    double[:, ::1] mean_logs,
    int64_t[::1] support,
):
    """Row k, column j: ln sum_i p_i^q and sum_i mu_i ln p_i, mu_i = p_i^q / sum p^q, over the sites that are not zero.

    ``parts`` is (sites, vectors, 1 or 2); ``positive`` holds the q >= 0 ascending, ``negative`` the q < 0 descending, and a
    step is 0 or the spacing of its equally spaced grid. Rows 0 .. len(positive) - 1 of the output belong to ``positive``.
    """
    cdef ptrdiff_t n = parts.shape[0], vectors = parts.shape[1], j, column, columns, i, kept
    cdef ptrdiff_t n_positive = positive.shape[0], n_negative = negative.shape[0], k, most = max(n_positive, n_negative)
    cdef double high, low, log_total, normaliser
    cdef double *memory = <double *> malloc(((2 * TILE + 1) * n + 2 * most + 1) * sizeof(double))
    if memory == NULL:
        raise MemoryError(f"no memory for {n} sites")
    cdef double *re = memory
    cdef double *im = re + TILE * n
    memset(im, 0, TILE * n * sizeof(double))
    cdef double *u = im + TILE * n
    cdef double *sums = u + n
    cdef double *firsts = sums + most
    with nogil:
        column = 0
        while column < vectors:
            columns = min(<ptrdiff_t> TILE, vectors - column)
            gather(parts, column, columns, re, im)
            for j in range(columns):
                support[column + j] = log_weights_of(re + j * n, im + j * n, n, u, &high, &low)
                if support[column + j] == 0:
                    continue
                kept = shifted(u, n, support[column + j], high, u)
                log_total = log(sum_exp(u, kept))
                if n_positive:
                    rmt_power_sums(u, kept, &positive[0], n_positive, positive_step, sums, firsts)
                for k in range(n_positive):
                    log_sums[k, column + j] = log(sums[k]) - positive[k] * log_total
                    mean_logs[k, column + j] = firsts[k] / sums[k] - log_total
                if n_negative:
                    # From the smallest weight: terms grow towards it when q < 0.
                    for i in range(kept):
                        u[i] -= low - high
                    normaliser = low - high - log_total
                    rmt_power_sums(u, kept, &negative[0], n_negative, negative_step, sums, firsts)
                    for k in range(n_negative):
                        log_sums[n_positive + k, column + j] = log(sums[k]) + negative[k] * normaliser
                        mean_logs[n_positive + k, column + j] = firsts[k] / sums[k] + normaliser
            column += columns
    free(memory)


def log_weights(const double[:, :, :] parts, double[:, ::1] out, int64_t[::1] support):
    """out[j, i] = ln p_i of vector j (-inf for a zero site); ``support[j]`` counts the sites that are not zero."""
    cdef ptrdiff_t n = parts.shape[0], vectors = parts.shape[1], j, column, columns, i, kept
    cdef double high, low, log_total
    cdef double *memory = <double *> malloc((2 * TILE + 1) * n * sizeof(double))
    if memory == NULL:
        raise MemoryError(f"no memory for {n} sites")
    cdef double *re = memory
    cdef double *im = re + TILE * n
    memset(im, 0, TILE * n * sizeof(double))
    cdef double *u = im + TILE * n
    with nogil:
        column = 0
        while column < vectors:
            columns = min(<ptrdiff_t> TILE, vectors - column)
            gather(parts, column, columns, re, im)
            for j in range(columns):
                support[column + j] = log_weights_of(re + j * n, im + j * n, n, &out[column + j, 0], &high, &low)
                if support[column + j] == 0:
                    continue
                kept = shifted(&out[column + j, 0], n, support[column + j], high, u)
                log_total = log(sum_exp(u, kept)) + high
                for i in range(n):
                    out[column + j, i] -= log_total
            column += columns
    free(memory)
