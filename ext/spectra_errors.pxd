# How far the rounding errors of a panel move the pivots, and the angles by which they turn the basis: the error bound.
from libc.math cimport fabs, sqrt
from libc.stdint cimport int64_t, uint64_t
from libc.string cimport memset
from scipy.linalg.cython_lapack cimport dgemqrt

from spectra_scaling cimport exponent_of, times_power

cdef extern from "spectra_passes.h" nogil:
    double column_maximum "rmt_column_maximum"(const double* x, int64_t n)
    void solve_transposed "rmt_solve_transposed"(const double* r, int64_t ld, int64_t n, double* x)
    double turn_angles "rmt_turn_angles"(
        const double* r, const float* old, const double* scale, const double* inverse, double lift, double diagonal,
        double g, double cap, int64_t n, float* angles, double* extra)

cdef extern from *:
    """
    #define RMT_LARGEST_ANGLE 1e32
    #define RMT_FINER 0x1p-49
    """
    const double LARGEST_ANGLE "RMT_LARGEST_ANGLE"  # in units of rounding errors: the direction is lost
    const double FINER "RMT_FINER"  # rounding errors of a refined panel relative to those of an ordinary one

cdef enum:
    PROBES = 4


cdef inline double random_sign(uint64_t* state) noexcept nogil:
    state[0] ^= state[0] << 13
    state[0] ^= state[0] >> 7
    state[0] ^= state[0] << 17
    return 1.0 if state[0] & 1 else -1.0


cdef inline void probe_rows(
    double* c, int64_t m, int64_t steps, double* blocks, int64_t nb, const double* row_norm, const int64_t* rows,
    const double* column_size, const double* diagonal, double* probes, double* g, double* inverse, double* work
) noexcept nogil:
    """g_i = sqrt(sum_l (Q_li rownorm_l)^2) and inverse_i = sqrt(sum_l (columnsize_l (R^-1)_li)^2).

    Both from four vectors of random signs: the norms of Q^T E and E R^-1 when |E_lj| <= rownorm_l columnsize_j.
    """
    cdef int64_t i, k
    cdef int iprobes = PROBES, im = <int>m, iq = <int>steps, info, ldt = <int>nb, inb = <int>min(nb, steps)
    cdef uint64_t state = <uint64_t>0x9E3779B97F4A7C15 + <uint64_t>(m * 1000003 + steps)
    cdef double s
    cdef double largest = 0.0, smallest = 1e300
    for i in range(m):
        largest = max(largest, row_norm[i])
        smallest = min(smallest, row_norm[i])
    if largest <= 4.0 * smallest:  # Q_i has unit length: no probe is needed
        for i in range(steps):
            g[i] = largest
    else:
        for i in range(m):
            for k in range(PROBES):
                probes[k + i * PROBES] = row_norm[rows[i]] * random_sign(&state)
        dgemqrt("R", "N", &iprobes, &im, &iq, &inb, c, &im, blocks, &ldt, probes, &iprobes, work, &info)
        for i in range(steps):
            s = 0.0
            for k in range(PROBES):
                s += probes[k + i * PROBES] * probes[k + i * PROBES]
            g[i] = sqrt(s / PROBES)
    for i in range(steps):
        if diagonal[i] < 1e-150:  # singular to working precision: no direction behind it is determined
            for k in range(steps):
                inverse[k] = 1e150 if k >= i else column_size[k] / diagonal[k]
            return
    for k in range(PROBES):
        for i in range(steps):
            probes[i + k * steps] = column_size[i] * random_sign(&state)
    solve_transposed(c, m, steps, probes)
    for i in range(steps):
        s = 0.0
        for k in range(PROBES):
            s += probes[i + k * steps] * probes[i + k * steps]
        inverse[i] = max(sqrt(s / PROBES), column_size[i] / diagonal[i])


cdef inline void error_sizes(
    const double* a, int64_t lda, int64_t m, int64_t n, int64_t shift, bint first, int64_t steps, const int64_t* columns,
    const int64_t* old_e, const int64_t* e, const double* row_square, double* row_norm, double* column_size
) noexcept nogil:
    """Sizes of the rounding errors of the scaled panel: |E_lj| <= u rownorm_l columnsize_j.

    Those of A U are as large as the rows of A, whatever cancels in a column, and that column is scaled up afterwards. The
    first panel is A itself; its errors are those of the QR, as large as its own scaled rows.
    """
    cdef int64_t i, j, top
    cdef double x, y
    for i in range(steps):
        column_size[i] = 1.0 if first else times_power(1.0, min(old_e[columns[i]] - e[columns[i]], 500))
    if first:
        return
    for i in range(m):
        if row_square[i] > 1e-250:
            row_norm[i] = sqrt(row_square[i])
            continue
        x = column_maximum(a + i * lda, n)
        top = exponent_of(x) if x > 0.0 else 0
        x = 0.0
        for j in range(n):
            y = times_power(a[i * lda + j], -top)
            x += y * y
        row_norm[i] = times_power(sqrt(x), top - shift)


cdef inline void grown_rows(
    const double* c, int64_t m, int64_t r, int64_t steps, const int64_t* rows, const double* column_size, double* row_norm,
    double* buffer
) noexcept nogil:
    """Rows that grow while the panel is factored round at their largest size: |v_lk| ||column j from row k on|| in step k.

    Pivots are chosen by their scaled norms, so that a column may be much smaller than those that follow it. The squared
    norm of that part of column j is the sum of R_ij^2 over i >= k; over j, the root mean square relative to columnsize_j.
    """
    cdef int64_t j, k, l
    cdef double* size = buffer
    cdef double* grown = buffer + steps
    cdef double square, unit
    memset(buffer, 0, (steps + m) * sizeof(double))
    for j in range(r):
        square = 0.0
        unit = 1.0 / (column_size[j] * column_size[j]) if j < steps else 1.0
        for k in range(min(j, steps - 1), -1, -1):
            square += c[k + j * m] * c[k + j * m] * unit
            size[k] += square
    for k in range(steps):
        square = sqrt(size[k] / (r - k))
        for l in range(k + 1, m):
            grown[l] = max(grown[l], fabs(c[l + k * m]) * square)
    for l in range(m):
        row_norm[rows[l]] = max(row_norm[rows[l]], grown[l])


cdef inline double largest_loss(const double* g, double* inverse, int64_t steps) noexcept nogil:
    """How many rounding errors the worst pivot takes from this panel."""
    cdef int64_t i
    cdef double loss = 0.0
    for i in range(steps):
        loss = max(loss, g[i] * inverse[i])
    return loss


cdef inline void finer_errors(double* g, double* inverse, int64_t steps) noexcept nogil:
    """After a refined panel: its own errors, and one unit from the rounding of its reflectors."""
    cdef int64_t i
    for i in range(steps):
        inverse[i] = 1.0 + FINER * g[i] * inverse[i]
        g[i] = 1.0


cdef inline void conditions(
    const double* c, int64_t m, int64_t r, int64_t steps, const int64_t* columns, const int64_t* e, const int64_t* old_e,
    bint moved, const double* diagonal, const double* g, const double* khat, const float* angles, double* new_khat,
    float* new_angles, double* extra, const double* inverse, double* lift, double* scale, float* buffer
) noexcept nogil:
    """How far row-wise errors of one unit move ln R_ii, and the squared angles by which they turn Q_i towards Q_j.

    An angle w between i and j > i moves ln R_ii by w R_ij / R_ii, and by w 2^(e_j - e_i) when the pivot i has just
    overtaken the larger j; ln R_jj moves by the opposite. New errors E enter as (Q^T E R^-1)_ii and (Q^T E R^-1)_ji. The
    angle becomes w R_jj / R_ii: a direction that grows faster amplifies what has leaked into it. Sums of squares, since the
    errors are random. Column j of `angles`, above its diagonal, holds the squares
    (in single precision: half the memory to pass over, and they are estimates).
    """
    cdef int64_t i, j, a, b
    cdef double w, tilt
    for i in range(steps):
        extra[i] = 0.0
        lift[i] = times_power(1.0, min(max(e[columns[i]] - old_e[columns[i]], -500), 500))
        scale[i] = 1.0 / (diagonal[i] * lift[i]) if diagonal[i] > 1e-150 else 1e150
    for j in range(steps):  # R belongs to the equilibrated columns, hence the lift
        if moved:
            b = columns[j]
            for i in range(j):
                a = columns[i]
                w = angles[a + b * r] if a < b else angles[b + a * r]
                buffer[i] = w
                if a > b and old_e[b] > old_e[a]:
                    tilt = times_power(w, 2 * (old_e[b] - old_e[a]))
                    extra[i] += tilt
                    extra[j] += tilt
        extra[j] += turn_angles(
            c + j * m, <const float*>buffer if moved else angles + j * r, scale, inverse, lift[j], diagonal[j], g[j], LARGEST_ANGLE,
            j, new_angles + j * steps, extra,
        )
    for i in range(steps):
        w = g[i] * inverse[i]
        new_khat[i] = sqrt(khat[columns[i]] * khat[columns[i]] + extra[i] + w * w)
