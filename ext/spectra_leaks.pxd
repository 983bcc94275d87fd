# The same as spectra_errors.pxd to first order and without its shortcuts, for narrow products: random errors carried along.
from libc.math cimport sqrt
from libc.stdint cimport int64_t, uint64_t
from libc.string cimport memset

from spectra_scaling cimport times_power

cdef extern from "spectra_passes.h" nogil:
    int LANES "RMT_LANES"  # samples of the errors
    void similar_lower "rmt_similar_lower"(
        const double* r, int64_t ld, int64_t rows, int64_t columns, const double* w, double* y)
    uint64_t add_errors "rmt_add_errors"(
        double* line, const double* inverse, double g, double cap, int64_t n, uint64_t state)

cdef extern from *:
    """
    #define RMT_LARGEST_LEAK 1e16
    """
    const double LARGEST_LEAK "RMT_LARGEST_LEAK"  # in units of rounding errors: the direction is lost


cdef inline void turned(
    const double* leaks, int64_t r, int64_t steps, const int64_t* columns, const int64_t* e, const int64_t* old_e, double* w
) noexcept nogil:
    """The angles (b, a), b > a, in the order of the new pivots and in the units of the equilibrated columns."""
    cdef int64_t a, b, i, j
    cdef int p
    cdef double scale
    cdef const double* angle
    memset(w, 0, r * steps * LANES * sizeof(double))
    for b in range(r):
        j = columns[b]
        for a in range(min(b, steps)):
            i = columns[a]
            scale = times_power(1.0, max(min(e[j] - old_e[j] - e[i] + old_e[i], 1000), -1000))
            angle = leaks + (j * r + i) * LANES
            if j < i:  # the basis turns rigidly: Q_j towards Q_i is minus Q_i towards Q_j
                angle = leaks + (i * r + j) * LANES
                scale = -scale
            for p in range(LANES):
                w[(b * steps + a) * LANES + p] = angle[p] * scale


cdef inline void carry_leaks(
    const double* c, int64_t m, int64_t r, int64_t steps, const int64_t* columns, const int64_t* e, const int64_t* old_e,
    const double* g, const double* inverse, const double* leaks, uint64_t state, double* new_leaks, double* new_khat, double* w
) noexcept nogil:
    """Random rounding errors of all steps so far, LANES samples of them, as they are after one more panel C = Q'R.

    Entry (j, i) with j > i of `leaks` is the angle W by which Q_i has turned towards Q_j, entry (i, i) what the logarithm of
    the pivot i has moved by, in units u. Q (1 + W) makes R (1 + W) = (1 + M) R with M = R W R^-1: its diagonal moves the
    pivots, its lower triangle is the new W, its upper triangle is absorbed by T. The panel adds errors of random signs,
    g_j inverse_i. `new_khat` is the root mean square of the diagonal over the samples. No sum of squares could take the
    place of the samples: angles of 1000 units and more cancel in M.
    """
    cdef int64_t j
    cdef int p
    cdef double squares
    cdef double* line
    turned(leaks, r, steps, columns, e, old_e, w)
    similar_lower(c, m, steps, r, w, new_leaks)
    for j in range(steps):
        line = new_leaks + j * steps * LANES
        state = add_errors(line, inverse, g[j], LARGEST_LEAK, j + 1, state)
        squares = 0.0
        for p in range(LANES):
            line[j * LANES + p] += leaks[columns[j] * (r + 1) * LANES + p]
            squares += line[j * LANES + p] * line[j * LANES + p]
        new_khat[j] = sqrt(squares / LANES)
