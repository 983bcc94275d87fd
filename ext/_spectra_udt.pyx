"""One step of the UDT chain: A (U 2^e T) = U' 2^e' T' with exact power-of-two exponents.

The panel C = A U is factored with its rows sorted by norm and its columns pivoted by scaled norm. Householder QR without
pivoting commutes with a scaling of the columns, so that no scaled panel is ever formed and no range limit exists.
All matrices here are stored by columns (the order LAPACK wants); the Python side sees flat buffers.
"""

from libc.math cimport fabs, log2
from libc.stdint cimport int64_t, uint64_t
from libc.stdlib cimport free, malloc
from libc.string cimport memcpy
from scipy.linalg.cython_lapack cimport dgemqrt

from spectra_double_double cimport refined_panel
from spectra_errors cimport PROBES, conditions, error_sizes, finer_errors, grown_rows, largest_loss, probe_rows
from spectra_leaks cimport LANES, carry_leaks
from spectra_panel cimport gather, load, order_with_slack, sort_descending, spread
from spectra_pivoted cimport block_reflectors, pivoted_qr
from spectra_qr cimport blocked_qr
from spectra_scaling cimport NO_EXPONENT
from spectra_triangle cimport CHUNK, growth_of, multiply_triangles, normalise_rows, scale_rows

cdef extern from "spectra_passes.h" nogil:
    void scan_row "rmt_scan_row"(const double* x, int64_t n, double* largest, int64_t* zeros, double* poison)

cdef double COLUMN_SLACK = 4.0  # in powers of two: columns of a panel that are out of order by less stay in place
cdef double ROW_SLACK = 2.0


SAMPLES = LANES  # of the errors that `leaks` carries


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


cdef int step(
    const double* a, int64_t lda, int64_t m, int64_t n, int64_t shift, const int64_t* input_rows,
    const double* h, const double* blocks, int64_t reflectors, const int64_t* old_e, const double* t, const int64_t* first,
    const double* khat, const float* angles, const double* leaks, uint64_t seed, int64_t r, int64_t n0, double limit, int64_t nb,
    double refine, double* c, double* new_blocks, int64_t* new_rows, int64_t* columns, int64_t* new_e, double* new_t,
    int64_t* new_first, double* new_khat, float* new_angles, double* new_leaks, double* memory, int64_t* rank, double* growth,
    double* grading, double* loss, bint* refined
) noexcept nogil:
    cdef int64_t steps = min(m, r), i, j
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
    cdef double* squares = line + widest
    cdef double* probes = squares + widest
    cdef double* turned = probes + PROBES * widest
    cdef int64_t* buffer = indices
    cdef int64_t* e = buffer + 2 * widest

    load(a, lda, m, n, shift, input_rows, h, blocks, reflectors, nb, r, old_e, c, e, key, row_norm, tau, squares, buffer, work)
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
                load(a, lda, m, n, shift, input_rows, h, blocks, reflectors, nb, r, old_e, c, e, key, row_norm, tau, squares, buffer, work)
            else:
                gather(panel, new_rows, columns, m, r, c)
    if limit <= 0.0 or growth[0] > limit:
        pivoted_qr(c, m, r, columns, e, tau, column_norm, spare, key, work)
        block_reflectors(c, m, steps, tau, new_blocks, nb)
        growth[0] = scale_rows(c, m, r, steps, columns, e, new_e)
        moved = True
    refined[0] = False
    loss[0] = 0.0
    if angles != NULL or leaks != NULL or refine > 0.0:
        while True:
            for j in range(steps):
                diagonal[j] = fabs(c[j + j * m])
            error_sizes(a, lda, m, n, shift, reflectors == 0, steps, columns, old_e, e, squares, row_norm, scale)
            grown_rows(c, m, r, steps, new_rows, scale, row_norm, probes)
            probe_rows(c, m, steps, new_blocks, nb, row_norm, new_rows, scale, diagonal, probes, key, column_norm, work)
            loss[0] = largest_loss(key, column_norm, steps)
            if refined[0] or refine <= 0.0 or n > r or loss[0] <= refine:
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
            tau, scale, <float*>line,
        )
    if leaks != NULL:
        carry_leaks(c, m, r, steps, columns, e, old_e, key, column_norm, leaks, seed, new_leaks, new_khat, turned)
    # the rank is exact: rows of R that are exactly zero are dropped
    rank[0] = steps
    for i in range(steps):
        if new_e[i] == NO_EXPONENT:
            rank[0] = i
            break
    multiply_triangles(
        c, m, r, steps, columns, e, new_e, t, first, n0, new_t, new_first, panel, panel + CHUNK * steps, spare
    )
    normalise_rows(new_t, steps, n0, new_first, shift, new_e, key, rank)
    free(indices)
    return 0


def workspace(long long m, long long n, long long r, long long n0, long long nb, bint leaks):
    """How many doubles of memory a step needs."""
    widest = max(m, n, r, n0)
    panel = max(n * m, CHUNK * (min(m, r) + n0)) + (4 * widest + nb) * nb
    return panel + (9 + PROBES) * widest + (LANES * r * min(m, r) if leaks else 0)


def udt_step(
    const double[:, ::1] factor, long long shift, const int64_t[::1] input_rows, const double[::1] reflectors,
    const double[::1] blocks, long long count, const int64_t[::1] exponents, const double[::1] t, const int64_t[::1] first,
    const double[::1] khat, const float[::1] angles, const double[::1] leaks, unsigned long long seed, long long rank,
    long long n0, double limit, long long nb, double refine, double[::1] new_reflectors, double[::1] new_blocks,
    int64_t[::1] new_rows, int64_t[::1] new_columns, int64_t[::1] new_exponents, double[::1] new_t, int64_t[::1] new_first,
    double[::1] new_khat, float[::1] new_angles, double[::1] new_leaks, double[::1] memory,
):
    """Absorb one factor (m, n) 2^-shift; see `rmt.spectra._chain`. Returns (rank, growth of the scaled
    rows, spread of the row norms of the panel in powers of two, how many rounding errors its worst pivot takes in double
    precision, whether it was refined).

    `count` reflectors of the previous panel in blocks of `nb` (none at the first factor, where `t` is empty and T = 1; the
    columns of T stay in the order of its pivots, `new_columns`). Row i of T is zero before the column `first[i]`.
    `limit` <= 0 asks for pivoting at every column; a positive limit presorts the columns and pivots when the growth
    exceeds it. The error estimate comes from `leaks` (narrow products, `seed` makes its signs) or from `angles` (wide ones),
    or is switched off when both are empty. A positive `refine` is the number of rounding errors in
    the worst pivot above which the panel is computed again in double-double arithmetic.
    """
    cdef int64_t new_rank = 0
    cdef double growth = 0.0, grading = 0.0, loss = 0.0
    cdef int info
    cdef bint squares = angles.shape[0] > 0, samples = leaks.shape[0] > 0, refined = False
    with nogil:
        info = step(
            &factor[0, 0], factor.shape[1], factor.shape[0], factor.shape[1], shift, &input_rows[0], &reflectors[0],
            &blocks[0], count, &exponents[0], &t[0] if t.shape[0] > 0 else NULL, &first[0], &khat[0],
            &angles[0] if squares else NULL, &leaks[0] if samples else NULL, seed, rank, n0, limit, nb, refine,
            &new_reflectors[0], &new_blocks[0], &new_rows[0], &new_columns[0], &new_exponents[0], &new_t[0], &new_first[0],
            &new_khat[0], &new_angles[0] if squares else NULL, &new_leaks[0] if samples else NULL, &memory[0], &new_rank,
            &growth, &grading, &loss, &refined,
        )
    if info == -1:
        raise MemoryError("no memory for a step of the UDT chain")
    return new_rank, growth, grading, loss, refined


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
