"""One step of the UDT chain: A (U 2^e T) = U' 2^e' T' with exact power-of-two exponents.

The panel C = A U is factored with its rows sorted by norm and its columns pivoted by scaled norm. Householder QR without
pivoting commutes with a scaling of the columns, so that no scaled panel is ever formed and no range limit exists.
All matrices here are stored by columns (the order LAPACK wants); the Python side sees flat buffers.
"""

from libc.math cimport fabs, log2, sqrt
from libc.stdint cimport int64_t, uint64_t
from libc.stdlib cimport free, malloc
from libc.string cimport memcpy, memset
from scipy.linalg.cython_blas cimport dgemm, dgemv, dger, dnrm2, dswap
from scipy.linalg.cython_lapack cimport dgemqrt, dlarfg, dlarft

from spectra_double_double cimport refined_panel
from spectra_qr cimport apply_right, blocked_qr
from spectra_scaling cimport NO_EXPONENT, exponent_of, times_power

cdef extern from "spectra_passes.h" nogil:
    void row_maxima "rmt_row_maxima"(const double* x, int64_t n, double* largest)
    void scaled_row_maxima "rmt_scaled_row_maxima"(
        const double* x, const double* factor, double scale, int64_t n, double* largest)
    void scaled "rmt_scaled"(const double* x, const double* factor, double scale, int64_t n, double* y)
    void multiply "rmt_multiply"(double* y, const double* factor, int64_t n)
    void scan_row "rmt_scan_row"(const double* x, int64_t n, double* largest, int64_t* zeros, double* poison)
    double column_maximum "rmt_column_maximum"(const double* x, int64_t n)
    double sum_of_squares "rmt_sum_of_squares"(const double* x, int64_t n)
    double scale_column "rmt_scale_column"(double* x, double scale, int64_t n, double* row_square, double* row_largest)
    void solve_transposed "rmt_solve_transposed"(const double* r, int64_t ld, int64_t n, double* x)
    void transpose_scaled "rmt_transpose_scaled"(
        const double* a, int64_t lda, int64_t m, int64_t n, double scale, double* x)
    double turn_angles "rmt_turn_angles"(
        const double* r, const double* old, const double* scale, const double* inverse, double lift, double diagonal,
        double g, double cap, int64_t n, double* angles, double* extra)

cdef int64_t CHUNK = 64  # columns of S that update T together
cdef double COLUMN_SLACK = 4.0  # in powers of two: columns of a panel that are out of order by less stay in place
cdef double ROW_SLACK = 2.0
cdef int PROBES = 4
cdef double LARGEST_ANGLE = 1e32  # in units of rounding errors: the direction is lost
cdef double FINER = 2.0 ** -49  # rounding errors of a refined panel relative to those of an ordinary one


def scan(const double[:, ::1] matrix, unsigned char[::1] row_used, unsigned char[::1] column_used):
    """Largest modulus of a matrix (NaN or inf if it holds one); marks the rows and columns that are not zero."""
    cdef Py_ssize_t m = matrix.shape[0], n = matrix.shape[1], i, j
    cdef double largest = 0.0, top = 0.0, poison = 0.0, bad = 0.0
    cdef int64_t zeros = 0, total = 0
    with nogil:
        for i in range(m):
            scan_row(&matrix[i, 0], n, &top, &zeros, &bad)
            largest = max(largest, top)
            poison += bad
            total += zeros
            row_used[i] = zeros < n
        for j in range(n):
            column_used[j] = total == 0
        if total > 0:
            for i in range(m):
                for j in range(n):
                    column_used[j] |= matrix[i, j] != 0.0
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


cdef double spread(const double* key, int64_t n) noexcept nogil:
    cdef int64_t i
    cdef double top = key[0], bottom = key[0]
    for i in range(1, n):
        top = max(top, key[i])
        bottom = min(bottom, key[i])
    return top - bottom


cdef bint order_with_slack(double* key, int64_t* order, int64_t n, double slack, int64_t* buffer) noexcept nogil:
    """order <- descending by key, but an index waits only for keys that are larger by more than `slack`.

    Returns whether anything moved. What stays in place keeps T triangular, which saves most of its update.
    """
    cdef int64_t i, j, head, best
    cdef double top = key[n - 1]
    cdef bint sorted_enough = True
    for i in range(n - 1, -1, -1):
        top = max(top, key[i])
        if key[i] < top - slack:
            sorted_enough = False
            break
    if sorted_enough:
        for i in range(n):
            order[i] = i
        return False
    cdef int64_t* following = buffer + n  # the indices that are left, as a list: following[i] comes after i, n ends it
    sort_descending(key, order, n, buffer)
    memcpy(buffer, order, n * sizeof(int64_t))
    cdef int64_t* descending = buffer
    for i in range(n):
        following[i] = i + 1
    head = 0
    best = 0
    for i in range(n):
        while following[descending[best]] < 0:  # taken already
            best += 1
        top = key[descending[best]] - slack
        if key[head] >= top:
            order[i] = head
            j = following[head]
            following[head] = -1
            head = j
            continue
        j = head
        while key[following[j]] < top:
            j = following[j]
        order[i] = following[j]
        following[j] = following[order[i]]
        following[order[i]] = -1
    return True


cdef void gather_columns(
    const double* a, int64_t lda, const int64_t* columns, int64_t m, int64_t n, int64_t shift, double* x
) noexcept nogil:
    """x[i, j] = a[i, columns[j]] 2^-shift, a by rows and x by columns, eight rows at a time."""
    cdef int64_t i, j, l
    cdef double scale = times_power(1.0, -shift)
    cdef const double* row
    cdef double* target
    if not -1000 < shift < 1000:
        for j in range(n):
            for i in range(m):
                x[i + j * m] = times_power(a[i * lda + columns[j]], -shift)
        return
    i = 0
    while i < n and columns[i] == i:
        i += 1
    if i == n:
        transpose_scaled(a, lda, m, n, scale, x)
        return
    i = 0
    while i + 8 <= m:
        for j in range(n):
            row = a + i * lda + columns[j]
            target = x + i + j * m
            for l in range(8):
                target[l] = row[l * lda] * scale
        i += 8
    for j in range(n):
        for l in range(i, m):
            x[l + j * m] = a[l * lda + columns[j]] * scale


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


cdef void error_sizes(
    const double* a, int64_t lda, int64_t m, int64_t n, int64_t shift, bint first, int64_t steps, const int64_t* columns,
    const int64_t* old_e, const int64_t* e, double* row_norm, double* column_size
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
        x = sum_of_squares(a + i * lda, n)
        top = 0
        if not 1e-250 < x < 1e250:
            x = column_maximum(a + i * lda, n)
            top = exponent_of(x) if x > 0.0 else 0
            x = 0.0
            for j in range(n):
                y = times_power(a[i * lda + j], -top)
                x += y * y
        row_norm[i] = times_power(sqrt(x), top - shift)


cdef double largest_loss(const double* g, double* inverse, int64_t steps) noexcept nogil:
    """How many rounding errors the worst pivot takes from this panel."""
    cdef int64_t i
    cdef double loss = 0.0
    for i in range(steps):
        loss = max(loss, g[i] * inverse[i])
    return loss


cdef void finer_errors(double* g, double* inverse, int64_t steps) noexcept nogil:
    """After a refined panel: its own errors, and one unit from the rounding of its reflectors."""
    cdef int64_t i
    for i in range(steps):
        inverse[i] = 1.0 + FINER * g[i] * inverse[i]
        g[i] = 1.0


cdef void conditions(
    const double* c, int64_t m, int64_t r, int64_t steps, const int64_t* columns, const int64_t* e, const int64_t* old_e,
    bint moved, const double* diagonal, const double* g, const double* khat, const double* angles, double* new_khat,
    double* new_angles, double* extra, const double* inverse, double* lift, double* scale, double* buffer
) noexcept nogil:
    """How far row-wise errors of one unit move ln R_ii, and the squared angles by which they turn Q_i towards Q_j.

    An angle w between i and j > i moves ln R_ii by w R_ij / R_ii, and by w 2^(e_j - e_i) when the pivot i has just
    overtaken the larger j; ln R_jj moves by the opposite. New errors E enter as (Q^T E R^-1)_ii and (Q^T E R^-1)_ji. The
    angle becomes w R_jj / R_ii: a direction that grows faster amplifies what has leaked into it. Sums of squares, since the
    errors are random. Column j of `angles`, above its diagonal, holds the squares.
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
            c + j * m, buffer if moved else angles + j * r, scale, inverse, lift[j], diagonal[j], g[j], LARGEST_ANGLE,
            j, new_angles + j * steps, extra,
        )
    for i in range(steps):
        w = g[i] * inverse[i]
        new_khat[i] = sqrt(khat[columns[i]] * khat[columns[i]] + extra[i] + w * w)


cdef double growth_of(const double* c, int64_t m, int64_t r, int64_t steps, const int64_t* columns, const int64_t* e,
                      int64_t* exponents, double* power, double* largest) noexcept nogil:
    """Exponents that bring the diagonal of R 2^e(columns) to [1, 2), and the largest entry of R in that scale."""
    cdef int64_t i, j, k, last, base
    cdef double growth = 0.0
    for i in range(steps):
        largest[i] = 0.0
        if c[i + i * m] == 0.0:
            return 1e300
        exponents[i] = exponent_of(c[i + i * m]) + e[columns[i]]
    k = 0
    while k < r:
        last = min(k + CHUNK, r)
        base = row_powers(columns, e, exponents, k, last, min(last, steps), power)
        for j in range(k, last):
            if base == NO_EXPONENT:
                return 1e300
            scaled_row_maxima(c + j * m, power, times_power(1.0, e[columns[j]] - base), min(j + 1, steps), largest)
        k = last
    for i in range(steps):
        growth = max(growth, largest[i])
    return growth


cdef int64_t row_powers(const int64_t* columns, const int64_t* e, const int64_t* exponents, int64_t first, int64_t last,
                        int64_t rows, double* power) noexcept nogil:
    """power[i] = 2^(base - exponents[i]), base the largest exponent of the columns; NO_EXPONENT where it overflows."""
    cdef int64_t i, j, base = e[columns[first]]
    for j in range(first + 1, last):
        base = max(base, e[columns[j]])
    for i in range(rows):
        if exponents[i] == NO_EXPONENT:
            power[i] = 0.0
            continue
        if base - exponents[i] > 900:
            return NO_EXPONENT
        power[i] = times_power(1.0, base - exponents[i])
    return base


cdef void multiply_triangles(
    const double* c, int64_t m, int64_t r, int64_t steps, const int64_t* columns, const int64_t* e, const int64_t* exponents,
    const double* t, const int64_t* first, int64_t n0, double* new_t, int64_t* new_first, double* s, double* rows,
    double* power
) noexcept nogil:
    """T' = S T[columns] with S = 2^-exponents R 2^e; first[i] is the first column of T that may be nonzero in row i.

    The columns of S come in chunks: each meets only the rows of T with the same index, from their first column on.
    """
    cdef int64_t k = 0, i, j, l, last, height, start, base, width
    cdef int im, ik, ic, ld, isteps = <int>steps
    cdef double one = 1.0
    cdef bint in_place
    cdef const double* part
    memset(new_t, 0, steps * n0 * sizeof(double))
    for i in range(steps):
        new_first[i] = n0
    while k < r:
        last = min(k + CHUNK, r)
        width = last - k
        height = min(last, steps)
        base = row_powers(columns, e, exponents, k, last, height, power)
        start = n0
        for j in range(k, last):
            l = min(j + 1, steps)
            if base != NO_EXPONENT:
                scaled(c + j * m, power, times_power(1.0, e[columns[j]] - base), l, s + (j - k) * height)
            else:
                for i in range(l):
                    if exponents[i] != NO_EXPONENT:
                        s[i + (j - k) * height] = times_power(c[i + j * m], e[columns[j]] - exponents[i])
                    else:
                        s[i + (j - k) * height] = 0.0
            for i in range(l, height):
                s[i + (j - k) * height] = 0.0
            start = min(start, first[columns[j]])
        if t == NULL:  # T = 1 before the first factor; its columns are kept in the order of the pivots
            for j in range(k, last):
                memcpy(new_t + j * steps, s + (j - k) * height, height * sizeof(double))
        else:
            in_place = True
            for i in range(k, last):
                in_place = in_place and columns[i] == i
            part = t + k + start * r
            ld = <int>r
            if not in_place:
                part = rows
                ld = <int>width
                for j in range(start, n0):
                    for i in range(width):
                        rows[i + (j - start) * width] = t[columns[k + i] + j * r]
            im = <int>height
            ik = <int>width
            ic = <int>(n0 - start)
            if ic > 0:
                dgemm(
                    "N", "N", &im, &ic, &ik, &one, s, &im, <double*>part, &ld, &one, new_t + start * steps, &isteps
                )
        if t == NULL:
            for i in range(k, height):
                new_first[i] = i
        else:
            for i in range(height):
                new_first[i] = min(new_first[i], start)
        k = last


cdef void load(
    const double* a, int64_t lda, int64_t m, int64_t n, int64_t shift, const int64_t* input_rows, const double* h,
    const double* blocks, int64_t reflectors, int64_t nb, int64_t r, const int64_t* old_e, double* c, int64_t* e,
    double* key, double* row_norm, double* row_largest, double* work
) noexcept nogil:
    """c = A U: the columns of A in the order of the previous panel's rows, then its reflectors from the right.

    The columns are brought to largest entry in [1, 2), exactly, with the power of two moved into e; key and row_norm get
    the logarithms of their scaled norms and the norms of the rows.
    """
    cdef int64_t i, j, top
    cdef double x, s
    gather_columns(a, lda, input_rows, m, n, shift, c)
    if reflectors > 0:
        apply_right(h, n, blocks, reflectors, nb, c, m, work)
    memset(row_norm, 0, m * sizeof(double))
    memset(row_largest, 0, m * sizeof(double))
    for j in range(r):
        x = column_maximum(c + j * m, m)
        top = exponent_of(x) if x > 0.0 else 0
        e[j] = old_e[j] + top
        if -1000 < top < 1000:
            s = scale_column(c + j * m, times_power(1.0, -top), m, row_norm, row_largest)
        else:
            for i in range(m):
                c[i + j * m] = times_power(c[i + j * m], -top)
            s = scale_column(c + j * m, 1.0, m, row_norm, row_largest)
        key[j] = 0.5 * log2(s) + e[j] if x > 0.0 else -1e300
    for i in range(m):
        row_norm[i] = sqrt(row_norm[i]) if row_norm[i] > 1e-280 else row_largest[i]


cdef int step(
    const double* a, int64_t lda, int64_t m, int64_t n, int64_t shift, const int64_t* input_rows,
    const double* h, const double* blocks, int64_t reflectors, const int64_t* old_e, const double* t, const int64_t* first,
    const double* khat, const double* angles, int64_t r, int64_t n0, double limit, int64_t nb,
    double refine, double* c, double* new_blocks, int64_t* new_rows, int64_t* columns, int64_t* new_e, double* new_t, int64_t* new_first,
    double* new_khat, double* new_angles, double* memory, int64_t* rank, double* growth,
    double* grading, bint* refined
) noexcept nogil:
    cdef int64_t steps = min(m, r), i, j, k, top
    cdef bint moved, rows_moved
    cdef int64_t widest = max(max(m, n), max(r, n0))
    cdef int64_t* indices = <int64_t*>malloc(3 * widest * sizeof(int64_t))
    if indices == NULL:
        return -1
    # one block of memory: the panel (later the chunks of S and T), work, keys and norms
    cdef double* panel = memory
    cdef double* work = panel + max(n * m, CHUNK * (steps + n0))
    cdef double* row_norm = work + (4 * widest + nb) * nb
    cdef double* column_norm = row_norm + widest
    cdef double* key = column_norm + widest
    cdef double* diagonal = key + widest
    cdef double* spare = diagonal + widest
    cdef double* tau = spare + widest
    cdef double* scale = tau + widest
    cdef double* line = scale + widest
    cdef double* probes = line + widest
    cdef int64_t* buffer = indices
    cdef int64_t* e = buffer + 2 * widest

    load(a, lda, m, n, shift, input_rows, h, blocks, reflectors, nb, r, old_e, c, e, key, row_norm, tau, work)
    for i in range(m):
        line[i] = log2(row_norm[i]) if row_norm[i] > 0.0 else -1e300
    moved = order_with_slack(key, columns, r, COLUMN_SLACK, buffer)
    grading[0] = spread(line, m)
    rows_moved = grading[0] > ROW_SLACK  # graded rows are sorted strictly, rows of one size need no order
    if rows_moved:
        sort_descending(line, new_rows, m, buffer)
    else:
        for i in range(m):
            new_rows[i] = i
    if moved or rows_moved:
        memcpy(panel, c, m * r * sizeof(double))
        gather(panel, new_rows, columns, m, r, c)
    growth[0] = 0.0
    if limit > 0.0:
        blocked_qr(c, m, r, new_blocks, nb, tau, work)
        growth[0] = growth_of(c, m, r, steps, columns, e, new_e, spare, line)
        if growth[0] > limit:  # once more from the start, to be pivoted; a panel that did not move has no copy
            if not (moved or rows_moved):
                load(a, lda, m, n, shift, input_rows, h, blocks, reflectors, nb, r, old_e, c, e, key, row_norm, tau, work)
            else:
                gather(panel, new_rows, columns, m, r, c)
    if limit <= 0.0 or growth[0] > limit:
        pivoted_qr(c, m, r, columns, e, tau, column_norm, spare, key, work)
        block_reflectors(c, m, steps, tau, new_blocks, nb)
        growth[0] = scale_rows(c, m, r, steps, columns, e, new_e)
        moved = True
    refined[0] = False
    if angles != NULL or refine > 0.0:
        while True:
            for j in range(steps):
                diagonal[j] = fabs(c[j + j * m])
            error_sizes(a, lda, m, n, shift, reflectors == 0, steps, columns, old_e, e, row_norm, scale)
            probe_rows(c, m, steps, new_blocks, nb, row_norm, new_rows, scale, diagonal, probes, key, column_norm, work)
            if refined[0] or refine <= 0.0 or largest_loss(key, column_norm, steps) <= refine:
                break
            if refined_panel(
                a, lda, m, n, shift, input_rows, h, blocks, reflectors, nb, r, old_e, e, new_rows, columns, c, tau
            ) < 0:
                free(indices)
                return -1
            block_reflectors(c, m, steps, tau, new_blocks, nb)
            growth[0] = scale_rows(c, m, r, steps, columns, e, new_e)
            moved = True
            refined[0] = True
    if refined[0]:
        finer_errors(key, column_norm, steps)
    if angles != NULL:
        conditions(
            c, m, r, steps, columns, e, old_e, moved, diagonal, key, khat, angles, new_khat, new_angles, spare, column_norm,
            tau, scale, line,
        )
    # the rank is exact: rows of R that are exactly zero are dropped
    rank[0] = steps
    for i in range(steps):
        if new_e[i] == NO_EXPONENT:
            rank[0] = i
            break
    multiply_triangles(
        c, m, r, steps, columns, e, new_e, t, first, n0, new_t, new_first, panel, panel + CHUNK * steps, spare
    )
    # rows of T' back to [1, 2)
    memset(key, 0, steps * sizeof(double))
    k = 0
    for j in range(n0):
        while k < steps and new_first[k] <= j:
            k += 1
        row_maxima(new_t + j * steps, k, key)
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
    k = 0
    for j in range(n0):
        while k < steps and new_first[k] <= j:
            k += 1
        multiply(new_t + j * steps, key, k)
    free(indices)
    return 0


def workspace(long long m, long long n, long long r, long long n0, long long nb):
    """How many doubles of memory a step needs."""
    widest = max(m, n, r, n0)
    return max(n * m, CHUNK * (min(m, r) + n0)) + (4 * widest + nb) * nb + 8 * widest + PROBES * m


def udt_step(
    const double[:, ::1] factor, long long shift, const int64_t[::1] input_rows, const double[::1] reflectors,
    const double[::1] blocks, long long count, const int64_t[::1] exponents, const double[::1] t, const int64_t[::1] first,
    const double[::1] khat, const double[::1] angles, long long rank, long long n0, double limit, long long nb,
    double refine, double[::1] new_reflectors, double[::1] new_blocks, int64_t[::1] new_rows, int64_t[::1] new_columns,
    int64_t[::1] new_exponents, double[::1] new_t, int64_t[::1] new_first, double[::1] new_khat, double[::1] new_angles,
    double[::1] memory,
):
    """Absorb one factor (m, n) 2^-shift; see `rmt.spectra._chain`. Returns (rank, growth of the scaled
    rows, spread of the row norms of the panel in powers of two, whether the panel was refined).

    `count` reflectors of the previous panel in blocks of `nb` (none at the first factor, where `t` is empty and T = 1; the
    columns of T stay in the order of its pivots, `new_columns`). Row i of T is zero before the column `first[i]`.
    `limit` <= 0 asks for pivoting at every column; a positive limit presorts the columns and pivots when the growth
    exceeds it. An empty `angles` switches the error estimate off. A positive `refine` is the number of rounding errors in
    the worst pivot above which the panel is computed again in double-double arithmetic.
    """
    cdef int64_t new_rank = 0
    cdef double growth = 0.0, grading = 0.0
    cdef int info
    cdef bint estimate = angles.shape[0] > 0, refined = False
    with nogil:
        info = step(
            &factor[0, 0], factor.shape[1], factor.shape[0], factor.shape[1], shift, &input_rows[0], &reflectors[0],
            &blocks[0], count, &exponents[0], &t[0] if t.shape[0] > 0 else NULL, &first[0], &khat[0],
            &angles[0] if estimate else NULL, rank, n0, limit, nb, refine, &new_reflectors[0], &new_blocks[0], &new_rows[0],
            &new_columns[0], &new_exponents[0], &new_t[0], &new_first[0], &new_khat[0],
            &new_angles[0] if estimate else NULL, &memory[0], &new_rank, &growth, &grading, &refined,
        )
    if info == -1:
        raise MemoryError("no memory for a step of the UDT chain")
    return new_rank, growth, grading, refined


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
