"""One step of the UDT chain: A (U 2^e T) = U' 2^e' T' with exact power-of-two exponents.

The panel C = A U is factored with its rows sorted by norm and its columns pivoted by scaled norm. Householder QR without
pivoting commutes with a scaling of the columns, so that no scaled panel is ever formed and no range limit exists.
All matrices here are stored by columns (the order LAPACK wants); the Python side sees flat buffers.
"""

from libc.math cimport fabs, log2, sqrt
from libc.stdint cimport int64_t, uint64_t
from libc.stdlib cimport free, malloc
from libc.string cimport memcpy
from scipy.linalg.cython_blas cimport dgemm, dgemv, dger, dnrm2, dswap, dtrmm, dtrsm
from scipy.linalg.cython_lapack cimport dgemqrt, dgeqrt, dlarfg, dlarft

from spectra_scaling cimport exponent_of, times_power

cdef int64_t NO_EXPONENT = -(<int64_t>1 << 40)
cdef int PROBES = 4
cdef double LARGEST_ANGLE = 1e32  # in units of rounding errors: the direction is lost


def scan(const double[:, ::1] matrix, unsigned char[::1] row_used, unsigned char[::1] column_used):
    """Largest modulus of a matrix (NaN or inf if it holds one); marks the rows and columns that are not zero."""
    cdef Py_ssize_t m = matrix.shape[0], n = matrix.shape[1], i, j
    cdef double largest = 0.0, x, poison = 0.0
    cdef unsigned char used
    with nogil:
        for j in range(n):
            column_used[j] = 0
        for i in range(m):
            used = 0
            for j in range(n):
                x = fabs(matrix[i, j])
                poison += x * 0.0  # stays 0 unless x is NaN or inf
                if x > largest:
                    largest = x
                column_used[j] |= x != 0.0
                used |= x != 0.0
            row_used[i] = used
    return largest if poison == 0.0 else poison


cdef void sort_descending(double* key, int64_t* order, int64_t n, int64_t* buffer) noexcept nogil:
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


cdef void gather_columns(
    const double* a, int64_t lda, const int64_t* columns, int64_t m, int64_t n, int64_t shift, double* x
) noexcept nogil:
    """x[i, j] = a[i, columns[j]] 2^-shift, a by rows and x by columns, in blocks that fit the cache."""
    cdef int64_t block = 32, i0 = 0, j0, i, j, i1, j1
    cdef double scale = times_power(1.0, -shift)
    cdef bint exact = -1000 < shift < 1000
    cdef const double* row
    while i0 < m:
        i1 = min(i0 + block, m)
        j0 = 0
        while j0 < n:
            j1 = min(j0 + block, n)
            for i in range(i0, i1):
                row = a + i * lda
                if exact:
                    for j in range(j0, j1):
                        x[i + j * m] = row[columns[j]] * scale
                else:
                    for j in range(j0, j1):
                        x[i + j * m] = times_power(row[columns[j]], -shift)
            j0 = j1
        i0 = i1


cdef void gather(
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


cdef void pivoted_qr(
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


cdef void block_reflectors(double* c, int64_t m, int64_t steps, double* tau, double* blocks, int64_t nb) noexcept nogil:
    """Triangular factors of the compact WY form from reflectors that were made one by one."""
    cdef int64_t k = 0
    cdef int rows, columns, ld = <int>m, ldt = <int>nb
    while k < steps:
        rows = <int>(m - k)
        columns = <int>min(nb, steps - k)
        dlarft("F", "C", &rows, &columns, c + k + k * m, &ld, tau + k, blocks + k * nb, &ldt)
        k += nb


cdef double scale_rows(double* c, int64_t m, int64_t r, int64_t steps, const int64_t* columns, const int64_t* e,
                       int64_t* exponents) noexcept nogil:
    """R 2^e(columns) = 2^exponents S, in place, rows of S with largest entry in [1, 2); returns max_i 1/|S_ii|."""
    cdef int64_t i, j, top, shift
    cdef double x, growth = 0.0
    cdef bint gap = False
    for i in range(steps):
        exponents[i] = NO_EXPONENT
    for j in range(r):
        shift = e[columns[j]]
        for i in range(min(j + 1, steps)):
            x = c[i + j * m]
            if x != 0.0:
                top = exponent_of(x) + shift
                if top > exponents[i]:
                    exponents[i] = top
    for j in range(steps):
        x = c[j + j * m]
        if exponents[j] == NO_EXPONENT:
            gap = True
            continue
        if gap:  # a zero row above one that is not zero: only pivoting puts the zero rows last
            return 1e300
        x = fabs(times_power(x, e[columns[j]] - exponents[j]))
        if x == 0.0:
            return 1e300
        if 1.0 / x > growth:
            growth = 1.0 / x
    return growth


cdef inline double random_sign(uint64_t* state) noexcept nogil:
    state[0] ^= state[0] << 13
    state[0] ^= state[0] >> 7
    state[0] ^= state[0] << 17
    return 1.0 if state[0] & 1 else -1.0


cdef void probe_rows(
    double* c, int64_t m, int64_t steps, double* blocks, int64_t nb, const double* row_norm, const int64_t* rows,
    const double* diagonal, double* probes, double* g, double* inverse, double* work
) noexcept nogil:
    """g_i = sqrt(sum_l (Q_li rownorm_l)^2) and inverse_i = sqrt(sum_l (R^-1)_li^2), from four vectors of random signs."""
    cdef int64_t i, k
    cdef int iprobes = PROBES, im = <int>m, iq = <int>steps, info, ldt = <int>nb, inb = <int>min(nb, steps)
    cdef uint64_t state = <uint64_t>0x9E3779B97F4A7C15 + <uint64_t>(m * 1000003 + steps)
    cdef double s, one = 1.0
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
                inverse[k] = 1e150 if k >= i else 1.0 / diagonal[k]
            return
    for k in range(PROBES):
        for i in range(steps):
            probes[i + k * steps] = random_sign(&state)
    dtrsm("L", "U", "T", "N", &iq, &iprobes, &one, c, &im, probes, &iq)
    for i in range(steps):
        s = 0.0
        for k in range(PROBES):
            s += probes[i + k * steps] * probes[i + k * steps]
        inverse[i] = max(sqrt(s / PROBES), 1.0 / diagonal[i])


cdef void conditions(
    const double* c, int64_t m, int64_t r, int64_t steps, const int64_t* columns, const int64_t* e, const int64_t* old_e,
    const double* diagonal, const double* g, const double* khat, const double* angles, double* new_khat, double* new_angles, double* extra,
    const double* inverse, double* lift
) noexcept nogil:
    """How far row-wise errors of one unit move ln R_ii, and the squared angles by which they turn Q_i towards Q_j.

    An angle w between i and j > i moves ln R_ii by w R_ij / R_ii, and by w 2^(e_j - e_i) when the pivot i has just
    overtaken the larger j; ln R_jj moves by the opposite. New errors E enter as (Q^T E R^-1)_ii and (Q^T E R^-1)_ji. The angle becomes w R_jj / R_ii: a direction that grows faster
    amplifies what has leaked into it. Sums of squares, since the errors are random. Column i of `angles`, below its
    diagonal, holds the squares.
    """
    cdef int64_t i, j, a, b
    cdef double w, coupling, turn, scale, tilt
    cdef double* target
    for i in range(steps):
        extra[i] = 0.0
        lift[i] = times_power(1.0, min(max(e[columns[i]] - old_e[columns[i]], -500), 500))
    for i in range(steps):
        a = columns[i]
        target = new_angles + i * steps
        scale = 1.0 / (diagonal[i] * lift[i]) if diagonal[i] > 1e-150 else 1e150
        for j in range(i + 1):
            target[j] = 0.0
        for j in range(i + 1, steps):
            b = columns[j]
            w = angles[b + a * r] if b > a else angles[a + b * r]
            tilt = scale * lift[j]  # R belongs to the equilibrated columns
            coupling = c[i + j * m] * tilt
            coupling = w * coupling * coupling
            if old_e[b] > old_e[a]:
                coupling += times_power(w, 2 * (old_e[b] - old_e[a]))
            extra[i] += coupling
            extra[j] += coupling
            turn = diagonal[j] * tilt
            w *= turn * turn
            coupling = g[j] * inverse[i]
            w += coupling * coupling
            target[j] = w if w < LARGEST_ANGLE else LARGEST_ANGLE
    for i in range(steps):
        new_khat[i] = khat[columns[i]] + sqrt(extra[i]) + g[i] * inverse[i]


cdef int step(
    const double* a, int64_t lda, int64_t m, int64_t n, int64_t shift, const int64_t* input_rows,
    const double* h, const double* blocks, int64_t reflectors, const int64_t* old_e, const double* t, const double* khat,
    const double* angles, int64_t r, int64_t n0, double limit, int64_t nb,
    double* c, double* new_blocks, int64_t* new_rows, int64_t* new_e, double* new_t, double* new_khat,
    double* new_angles, int64_t* rank, double* growth
) noexcept nogil:
    cdef int64_t steps = min(m, r), i, j, k, top, columns_left
    cdef int im = <int>m, ir = <int>r, in_ = <int>n, iq = <int>steps, irefl = <int>reflectors, in0 = <int>n0
    cdef int info = 0, ileft, ldt = <int>nb, inb
    cdef double x, s, one = 1.0, g, scale
    # one block of memory: the panel, work, keys and norms, permutations
    cdef int64_t widest = max(m, r)
    cdef int64_t doubles = n * m + widest * nb + 6 * widest + PROBES * m + max(r - steps, 0) * n0
    cdef double* memory = <double*>malloc(doubles * sizeof(double))
    cdef int64_t* indices = <int64_t*>malloc(4 * widest * sizeof(int64_t))
    if memory == NULL or indices == NULL:
        free(memory)
        free(indices)
        return -1
    cdef double* panel = memory
    cdef double* work = panel + n * m
    cdef double* row_norm = work + widest * nb
    cdef double* column_norm = row_norm + widest
    cdef double* key = column_norm + widest
    cdef double* diagonal = key + widest
    cdef double* spare = diagonal + widest
    cdef double* tau = spare + widest
    cdef double* probes = tau + widest
    cdef double* tail = probes + PROBES * m
    cdef int64_t* columns = indices
    cdef int64_t* rows = columns + widest
    cdef int64_t* buffer = rows + widest
    cdef int64_t* e = buffer + widest

    # panel = A U: the columns of A in the order of the previous panel's rows, then its reflectors from the right
    gather_columns(a, lda, input_rows, m, n, shift, panel)
    if reflectors > 0:
        inb = <int>min(nb, reflectors)
        dgemqrt("R", "N", &im, &in_, &irefl, &inb, h, &in_, blocks, &ldt, panel, &im, work, &info)
    # columns to largest entry in [1, 2), exactly, with the power of two moved into e; norms of rows and columns
    for i in range(m):
        row_norm[i] = 0.0
        tau[i] = 0.0
    for j in range(r):
        x = 0.0
        for i in range(m):
            x = max(x, fabs(panel[i + j * m]))
        top = exponent_of(x) if x > 0.0 else 0
        e[j] = old_e[j] + top
        scale = times_power(1.0, -top)
        s = 0.0
        for i in range(m):
            g = panel[i + j * m] * scale
            panel[i + j * m] = g
            g = fabs(g)
            tau[i] = max(tau[i], g)
            g *= g
            s += g
            row_norm[i] += g
        key[j] = 0.5 * log2(s) + e[j] if x > 0.0 else -1e300
    for i in range(m):
        row_norm[i] = sqrt(row_norm[i]) if row_norm[i] > 1e-280 else tau[i]
    sort_descending(key, columns, r, buffer)
    sort_descending(row_norm, rows, m, buffer)
    gather(panel, rows, columns, m, r, c)
    growth[0] = 0.0
    inb = <int>min(nb, steps)
    if limit > 0.0:
        dgeqrt(&im, &ir, &inb, c, &im, new_blocks, &ldt, work, &info)
        for j in range(steps):
            diagonal[j] = fabs(c[j + j * m])
        growth[0] = scale_rows(c, m, r, steps, columns, e, new_e)
        if growth[0] > limit:
            gather(panel, rows, columns, m, r, c)
    if limit <= 0.0 or growth[0] > limit:
        pivoted_qr(c, m, r, columns, e, tau, column_norm, spare, key, work)
        block_reflectors(c, m, steps, tau, new_blocks, nb)
        for j in range(steps):
            diagonal[j] = fabs(c[j + j * m])
        growth[0] = scale_rows(c, m, r, steps, columns, e, new_e)
    if angles != NULL:
        probe_rows(c, m, steps, new_blocks, nb, row_norm, rows, diagonal, probes, key, column_norm, work)
        conditions(
            c, m, r, steps, columns, e, old_e, diagonal, key, khat, angles, new_khat, new_angles, spare, column_norm, tau
        )
    # the rank is exact: rows of R that are exactly zero are dropped
    rank[0] = steps
    for i in range(steps):
        if new_e[i] == NO_EXPONENT:
            rank[0] = i
            break
    for j in range(r):
        for i in range(min(j + 1, steps)):
            if new_e[i] != NO_EXPONENT:
                c[i + j * m] = times_power(c[i + j * m], e[columns[j]] - new_e[i])
    for i in range(m):
        new_rows[i] = rows[i]
    # T' = S T[columns]
    if t == NULL:
        for j in range(r):
            for i in range(steps):
                new_t[i + columns[j] * steps] = c[i + j * m] if i <= j else 0.0
    else:
        for k in range(n0):
            for i in range(steps):
                new_t[i + k * steps] = t[columns[i] + k * r]
        dtrmm("L", "U", "N", "N", &iq, &in0, &one, c, &im, new_t, &iq)
        columns_left = r - steps
        if columns_left > 0:
            ileft = <int>columns_left
            for k in range(n0):
                for i in range(columns_left):
                    tail[i + k * columns_left] = t[columns[steps + i] + k * r]
            dgemm("N", "N", &iq, &in0, &ileft, &one, c + steps * m, &im, tail, &ileft, &one, new_t, &iq)
    # rows of T' back to [1, 2)
    for i in range(steps):
        key[i] = 0.0
    for k in range(n0):
        for i in range(steps):
            x = fabs(new_t[i + k * steps])
            if x > key[i]:
                key[i] = x
    for i in range(steps):
        if key[i] > 0.0 and new_e[i] != NO_EXPONENT:
            top = exponent_of(key[i])
            new_e[i] += top + shift
            key[i] = times_power(1.0, -top)
        else:
            new_e[i] = NO_EXPONENT
            if i < rank[0]:
                rank[0] = i
            key[i] = 0.0
    for k in range(n0):
        for i in range(steps):
            new_t[i + k * steps] *= key[i]
    free(memory)
    free(indices)
    return info


def udt_step(
    const double[:, ::1] factor, long long shift, const int64_t[::1] input_rows, const double[::1] reflectors,
    const double[::1] blocks, long long count, const int64_t[::1] exponents, const double[::1] t, const double[::1] khat,
    const double[::1] angles, long long rank, long long n0, double limit, long long nb, double[::1] new_reflectors,
    double[::1] new_blocks, int64_t[::1] new_rows, int64_t[::1] new_exponents, double[::1] new_t, double[::1] new_khat,
    double[::1] new_angles,
):
    """Absorb one factor (m, n) 2^-shift; see `rmt.spectra._chain`. Returns (rank, growth of the scaled rows).

    `count` reflectors of the previous panel in blocks of `nb` (none at the first factor, where `t` is empty and T = 1).
    `limit` <= 0 asks for pivoting at every column; a positive limit presorts the columns and pivots when the growth
    exceeds it. An empty `angles` switches the error estimate off.
    """
    cdef int64_t new_rank = 0
    cdef double growth = 0.0
    cdef int info
    cdef bint estimate = angles.shape[0] > 0
    with nogil:
        info = step(
            &factor[0, 0], factor.shape[1], factor.shape[0], factor.shape[1], shift, &input_rows[0], &reflectors[0],
            &blocks[0], count, &exponents[0], &t[0] if t.shape[0] > 0 else NULL, &khat[0],
            &angles[0] if estimate else NULL, rank, n0, limit, nb, &new_reflectors[0], &new_blocks[0], &new_rows[0],
            &new_exponents[0], &new_t[0], &new_khat[0], &new_angles[0] if estimate else NULL, &new_rank, &growth,
        )
    if info == -1:
        raise MemoryError("no memory for a step of the UDT chain")
    return new_rank, growth


def udt_basis(const double[::1] reflectors, const double[::1] blocks, long long count, long long nb, double[:, ::1] basis):
    """The first columns of the orthogonal factor of the last panel, in its sorted rows; `basis` is (columns, m)."""
    cdef int m = <int>basis.shape[1], columns = <int>basis.shape[0], k = <int>count, inb = <int>min(nb, count)
    cdef int ldt = <int>nb, info
    cdef Py_ssize_t i
    cdef double* work = <double*>malloc(columns * nb * sizeof(double))
    if work == NULL:
        raise MemoryError("no memory for the orthogonal factor")
    with nogil:
        basis[:, :] = 0.0
        for i in range(columns):
            basis[i, i] = 1.0
        dgemqrt(
            "L", "N", &m, &columns, &k, &inb, <double*>&reflectors[0], &m, <double*>&blocks[0], &ldt, &basis[0, 0], &m,
            work, &info,
        )
        free(work)
