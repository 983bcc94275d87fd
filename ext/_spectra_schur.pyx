"""Real periodic Schur form of H R_1 ... R_K: H orthogonal, R_k upper triangular with rows 2^e r of any scale.

Every plane rotation enters H from the left, passes through R_K, ..., R_1 and returns to H from the right. The rows of the
triangles carry integer exponents, only differences of which enter the rotations: no range limit exists. Shifts come from
the trailing 2x2 window of the product: a real one is used alone, a complex pair together (real double shift), and none
when the window is so graded that its small eigenvalue is cancellation noise (then unshifted sweeps sort the spectrum).
All matrices are stored by rows.
"""

from libc.math cimport atan2, copysign, fabs, isfinite, sqrt
from libc.stdint cimport int64_t
from libc.stdlib cimport calloc, free, malloc
from scipy.linalg.cython_blas cimport dgemv, dger

from spectra_scaling cimport exponent_of, times_power

cdef extern from "spectra_rotations.h" nogil:
    int RMT_STRIP
    void rotate_rows "rmt_rotate_rows"(double* x, double* y, int64_t n, double c, double s)
    void mix_rows "rmt_mix_rows"(double* x, double* y, int64_t n, double xx, double xy, double yx, double yy)
    void rotate_many_columns "rmt_rotate_columns"(
        double* m, int64_t ld, int64_t first, const int64_t* plane, const int64_t* until, const double* c, const double* s,
        int64_t count, double* strip)

cdef int64_t NO_EXPONENT = -(<int64_t>1 << 40)
cdef int64_t GRADED_BITS = 10
cdef double UNIT = 1.1102230246251565e-16


cdef struct Problem:
    Py_ssize_t n
    Py_ssize_t k
    double* h
    double* r
    int64_t* e
    double* q0  # rows are the Schur vectors before H; NULL when not wanted
    double* q1  # the same between H and R_1
    bint full  # update all of R, not only the active window
    # Rotations of columns that wait for the end of the sweep: the k-th acts on the planes plane[k], plane[k] + 1 of the rows
    # before until[k], which nothing else touches any more; matrix 0 is H, matrix 1 + i is R_i.
    int64_t waiting
    int64_t* plane
    int64_t* until
    double* cosines
    double* sines
    double* strip


cdef inline void rotate_columns(
    double* m, Py_ssize_t n, Py_ssize_t j, Py_ssize_t first, Py_ssize_t last, double c, double s
) noexcept nogil:
    """Columns j, j+1 of rows first..last (inclusive)."""
    cdef Py_ssize_t i
    cdef double t
    cdef double* p = m + first * n + j
    for i in range(first, last + 1):
        t = p[0]
        p[0] = c * t + s * p[1]
        p[1] = c * p[1] - s * t
        p += n


cdef void retriangularise(
    double* r, int64_t* e, Py_ssize_t n, Py_ssize_t j, Py_ssize_t last, double* c_out, double* s_out
) noexcept nogil:
    """Rotation of the rows j, j+1 of the scaled triangle that removes the entry (j+1, j)."""
    cdef double* x = r + j * n
    cdef double* y = x + n
    cdef double a = x[j], b = y[j], q, t, c, s, xx, xy, yx, yy
    cdef int64_t d = e[j] - e[j + 1], lift
    if b == 0.0:
        c_out[0] = 1.0
        s_out[0] = 0.0
        return
    if fabs(a) >= times_power(fabs(b), -d):
        q = b / a
        t = times_power(q, -d)
        c = 1.0 / sqrt(1.0 + t * t)
        s = c * t
        if d >= 0:
            xx = c
            xy = times_power(s, -d)
        else:
            xx = times_power(c, d)
            xy = s
            e[j] = e[j + 1]
        yx = -c * q
        yy = c
    else:
        q = a / b
        t = times_power(q, d)
        s = 1.0 / sqrt(1.0 + t * t)
        c = s * t
        if d >= 0:
            xx = c
            xy = times_power(s, -d)
            e[j + 1] = e[j]
        else:
            xx = times_power(c, d)
            xy = s
            e[j], e[j + 1] = e[j + 1], e[j]
        yx = -s
        yy = s * q
    lift = max(exponent_of(yx), exponent_of(yy))
    if lift > 0:
        yx = times_power(yx, -lift)
        yy = times_power(yy, -lift)
        e[j + 1] += lift
    mix_rows(x + j, y + j, last - j + 1, xx, xy, yx, yy)
    y[j] = 0.0
    c_out[0] = c
    s_out[0] = s


cdef void turn(
    Problem* p, Py_ssize_t j, double c, double s, Py_ssize_t lo, Py_ssize_t hi, Py_ssize_t left, Py_ssize_t below,
    Py_ssize_t done
) noexcept nogil:
    """One rotation of the planes j, j+1 through all factors; `left` and `below` bound what is not zero in H.

    The rows before `done` are complete but for rotations of their columns, which wait.
    """
    cdef Py_ssize_t n = p.n, k, last = n - 1 if p.full else hi
    cdef int64_t w = p.waiting
    cdef double* r
    rotate_rows(p.h + j * n + left, p.h + (j + 1) * n + left, hi - left + 1, c, s)
    if p.q0 != NULL:
        rotate_rows(p.q0 + j * n, p.q0 + (j + 1) * n, n, c, s)
    for k in range(p.k - 1, -1, -1):
        r = p.r + k * n * n
        rotate_columns(r, n, j, done, j + 1, c, s)
        p.cosines[(k + 1) * 2 * n + w] = c
        p.sines[(k + 1) * 2 * n + w] = s
        retriangularise(r, p.e + k * n, n, j, last, &c, &s)
    rotate_columns(p.h, n, j, done, below, c, s)
    p.cosines[w] = c
    p.sines[w] = s
    p.plane[w] = j
    p.until[w] = done
    p.waiting = w + 1
    if p.q1 != NULL:
        rotate_rows(p.q1 + j * n, p.q1 + (j + 1) * n, n, c, s)


cdef void catch_up(Problem* p, Py_ssize_t lo) noexcept nogil:
    """Apply what has waited during a sweep."""
    cdef Py_ssize_t n = p.n, k
    rotate_many_columns(p.h, n, lo, p.plane, p.until, p.cosines, p.sines, p.waiting, p.strip)
    for k in range(p.k):
        rotate_many_columns(
            p.r + k * n * n, n, 0 if p.full else lo, p.plane, p.until, p.cosines + (k + 1) * 2 * n,
            p.sines + (k + 1) * 2 * n, p.waiting, p.strip,
        )
    p.waiting = 0


cdef inline void rotation(double a, double b, double* c, double* s) noexcept nogil:
    cdef double length, scale = max(fabs(a), fabs(b))
    if b == 0.0 or scale == 0.0:
        c[0] = 1.0
        s[0] = 0.0
        return
    a /= scale
    b /= scale
    length = sqrt(a * a + b * b)
    c[0] = a / length
    s[0] = b / length


cdef void sweep_single(Problem* p, Py_ssize_t lo, Py_ssize_t hi, double x, double y) noexcept nogil:
    cdef Py_ssize_t n = p.n, j
    cdef double c, s
    rotation(x, y, &c, &s)
    turn(p, lo, c, s, lo, hi, lo, min(lo + 2, hi), lo)
    for j in range(lo, hi - 1):
        rotation(p.h[(j + 1) * n + j], p.h[(j + 2) * n + j], &c, &s)
        turn(p, j + 1, c, s, lo, hi, j, min(j + 3, hi), j + 1)
        p.h[(j + 2) * n + j] = 0.0
    catch_up(p, lo)


cdef void sweep_double(Problem* p, Py_ssize_t lo, Py_ssize_t hi, double x, double y, double z) noexcept nogil:
    cdef Py_ssize_t n = p.n, j
    cdef double c, s, c2, s2
    cdef double* h = p.h
    rotation(y, z, &c, &s)
    y = c * y + s * z
    rotation(x, y, &c2, &s2)
    turn(p, lo + 1, c, s, lo, hi, lo, min(lo + 3, hi), lo)
    turn(p, lo, c2, s2, lo, hi, lo, min(lo + 3, hi), lo)
    for j in range(lo, hi - 1):
        if j + 3 <= hi:
            rotation(h[(j + 2) * n + j], h[(j + 3) * n + j], &c, &s)
            turn(p, j + 2, c, s, lo, hi, j, min(j + 4, hi), j + 1)
            h[(j + 3) * n + j] = 0.0
        rotation(h[(j + 1) * n + j], h[(j + 2) * n + j], &c, &s)
        turn(p, j + 1, c, s, lo, hi, j, min(j + 4, hi), j + 1)
        h[(j + 2) * n + j] = 0.0
    catch_up(p, lo)


cdef int64_t window(
    Problem* p, double* b, Py_ssize_t rows, Py_ssize_t first, Py_ssize_t size, Py_ssize_t keep
) noexcept nogil:
    """b (rows x size) times the windows first..first+size-1 of all triangles; returns the exponent taken out.

    The result is scaled so that the largest entry of its last `keep` columns is in [1, 2).
    """
    cdef Py_ssize_t k, i, j, l, n = p.n
    cdef int64_t total = 0, top, shift
    cdef double t, largest
    cdef double* r
    cdef int64_t* e
    for k in range(p.k):
        r = p.r + k * n * n + first * n + first
        e = p.e + k * n + first
        top = e[0]
        for l in range(1, size):
            top = max(top, e[l])
        for i in range(rows):
            for l in range(size):
                b[i * size + l] = times_power(b[i * size + l], e[l] - top)
            for j in range(size - 1, -1, -1):
                t = 0.0
                for l in range(j + 1):
                    t += b[i * size + l] * r[l * n + j]
                b[i * size + j] = t
        total += top
        largest = 0.0
        for i in range(rows):
            for j in range(size - keep, size):
                largest = max(largest, fabs(b[i * size + j]))
        if largest > 0.0:
            shift = exponent_of(largest)
            for i in range(rows * size):
                b[i] = times_power(b[i], -shift)
            total += shift
    return total


cdef int64_t trailing(Problem* p, Py_ssize_t lo, Py_ssize_t hi, double* m) noexcept nogil:
    """m (2 x 2) 2^(returned exponent) is the last diagonal block of the product in the window lo..hi."""
    cdef Py_ssize_t first = max(lo, hi - 2), size = hi - first + 1, i, l
    cdef double b[6]
    cdef int64_t total
    for i in range(2):
        for l in range(size):
            b[i * size + l] = p.h[(hi - 1 + i) * p.n + first + l]
    total = window(p, b, 2, first, size, 2)
    m[0] = b[size - 2]
    m[1] = b[size - 1]
    m[2] = b[2 * size - 2]
    m[3] = b[2 * size - 1]
    return total


cdef int64_t smallest_exponent(Problem* p, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    """floor(log2) of the smallest diagonal entry of the product of the triangles in the window."""
    cdef Py_ssize_t i, k, n = p.n
    cdef int64_t total, smallest = <int64_t>1 << 60
    for i in range(lo, hi + 1):
        total = 0
        for k in range(p.k):
            total += p.e[k * n + i] + exponent_of(p.r[k * n * n + i * n + i])
        smallest = min(smallest, total)
    return smallest


cdef int iterate(Problem* p, Py_ssize_t lo, Py_ssize_t hi, Py_ssize_t count, int64_t* statistics) noexcept nogil:
    """One sweep on the active window; returns 1 if the window is a 2 x 2 block with a complex pair."""
    cdef double m[4]
    cdef double b[6]
    cdef double* h = p.h
    cdef Py_ssize_t n = p.n, k, i, l
    cdef int64_t sc = trailing(p, lo, hi, m), lead = 0
    cdef double trace = m[0] + m[3], half = 0.5 * (m[0] - m[3]), det = m[0] * m[3] - m[1] * m[2], size, x, y, z
    cdef double disc = half * half + m[1] * m[2], big, small, shift = 0.0, diagonal = 1.0
    cdef bint zero = False, both = False
    size = fabs(m[0]) + fabs(m[1]) + fabs(m[2]) + fabs(m[3])
    if not isfinite(size) or size == 0.0:
        zero = True
    elif disc < 0.0:
        if hi - lo == 1:
            return 1
        both = True
        if sqrt(det) < 1e-14 * size:
            zero = True
    else:
        big = 0.5 * trace + copysign(sqrt(disc), trace)
        small = det / big if big != 0.0 else 0.0
        shift = big if fabs(big - m[3]) < fabs(small - m[3]) else small
        if fabs(small) < 1e-8 * fabs(big) or fabs(shift) < 1e-14 * size:
            zero = True
    # A shift brings its eigenvalue to the bottom. Where much smaller ones are still in the window this would turn the
    # grading upside down and cost the small ones their digits: sort first, without a shift.
    if not zero:
        big = sqrt(det) if both else fabs(shift)
        if exponent_of(big) + sc > smallest_exponent(p, lo, hi) + GRADED_BITS:
            zero = True
    if not zero and count % 10 == 9:  # exceptional shift against cycles
        shift = (0.75 + 0.05 * (count % 7)) * (fabs(m[2]) + fabs(m[3]))
        both = False
    if not zero and both:
        for i in range(3):
            for l in range(2):
                b[i * 2 + l] = h[(lo + i) * n + lo + l]
        lead = sc - window(p, b, 3, lo, 2, 2)
        if -480 < lead < 480:
            trace = times_power(trace, lead)
            det = times_power(det, 2 * lead)
            x = b[0] * b[0] - trace * b[0] + det + b[1] * b[2]
            y = b[2] * (b[0] + b[3] - trace)
            z = b[2] * b[5]
            statistics[1] += 1
            sweep_double(p, lo, hi, x, y, z)
            return 0
        zero = True
    x = h[lo * n + lo]
    y = h[(lo + 1) * n + lo]
    if not zero:
        lead = sc
        for k in range(p.k):
            diagonal *= p.r[k * n * n + lo * n + lo]
            i = exponent_of(diagonal)
            diagonal = times_power(diagonal, -i)
            lead -= p.e[k * n + lo] + i
        if lead < 600:
            x -= times_power(shift / diagonal, lead)
        else:
            x = -shift / diagonal
            y = times_power(y, -lead)
    statistics[0] += 1
    sweep_single(p, lo, hi, x, y)
    return 0


cdef void renormalise(Problem* p, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    """Rows lo..hi of the triangles back to largest entry in [1, 2)."""
    cdef Py_ssize_t k, i, j, n = p.n
    cdef double largest
    cdef double* row
    cdef int64_t top
    for k in range(p.k):
        for i in range(lo, hi + 1):
            row = p.r + k * n * n + i * n
            largest = 0.0
            for j in range(n):
                largest = max(largest, fabs(row[j]))
            if largest == 0.0:
                continue
            top = exponent_of(largest)
            if top != 0:
                for j in range(n):
                    row[j] = times_power(row[j], -top)
                p.e[k * n + i] += top


cdef int schur(Problem* p, signed char* pair, Py_ssize_t most, int64_t* statistics) noexcept nogil:
    cdef Py_ssize_t n = p.n, hi = n - 1, lo, l, count = 0, total = 0
    cdef double* h = p.h
    while hi >= 0:
        lo = 0
        for l in range(hi, 0, -1):
            if fabs(h[l * n + l - 1]) <= UNIT * (fabs(h[l * n + l]) + fabs(h[(l - 1) * n + l - 1])):
                h[l * n + l - 1] = 0.0
                lo = l
                break
        if lo == hi:
            pair[hi] = 0
            hi -= 1
            count = 0
            continue
        if count >= most:
            return <int>(hi + 1)
        if iterate(p, lo, hi, count, statistics):
            pair[hi] = -1
            pair[hi - 1] = 1
            hi -= 2
            count = 0
            continue
        count += 1
        total += 1
        if total % 16 == 0:
            renormalise(p, 0 if p.full else lo, hi)
    return 0


cdef void left_reflector(
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


cdef void right_reflector(
    double* m, Py_ssize_t n, Py_ssize_t first, Py_ssize_t rows, const double* v, double tau, double* w
) noexcept nogil:
    """Columns first.. of the leading rows times 1 - tau v v^T."""
    cdef int columns = <int>(n - first), height = <int>rows, ld = <int>n, inc = 1
    cdef double one = 1.0, zero = 0.0, minus = -tau
    if tau == 0.0 or rows == 0:
        return
    dgemv("T", &columns, &height, &one, m + first, &ld, <double*>v, &inc, &zero, w, &inc)
    dger(&columns, &height, &minus, <double*>v, &inc, w, &inc, m + first, &ld)


cdef void left_apply(double* q, Py_ssize_t n, Py_ssize_t first, const double* v, double tau, double* w) noexcept nogil:
    """Rows first.. of q from the left by 1 - tau v v^T."""
    cdef int columns = <int>n, height = <int>(n - first), inc = 1
    cdef double one = 1.0, zero = 0.0, minus = -tau
    if tau == 0.0:
        return
    dgemv("N", &columns, &height, &one, q + first * n, &columns, <double*>v, &inc, &zero, w, &inc)
    dger(&columns, &height, &minus, w, &inc, <double*>v, &inc, q + first * n, &columns)


cdef int reduce_hessenberg(Problem* p) noexcept nogil:
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


def periodic_schur(
    double[:, ::1] h, double[:, :, ::1] triangles, long long[:, ::1] exponents, double[:, ::1] q0, double[:, ::1] q1,
    bint full, signed char[::1] pair, long long[::1] statistics, Py_ssize_t most=300, bint reduced=False,
):
    """Reduce h triangles[0] ... triangles[K-1] to Schur form in place; rows of the triangles carry 2^exponents.

    `h` (n, n) orthogonal, any. On return h is block diagonal (signs and 2 x 2 rotations), `pair` is +1, -1 on the two rows
    of a complex pair and 0 elsewhere, `statistics` counts single and double sweeps. `q0`, `q1` (identity on entry, or of
    size (0, 0)) get the Schur vectors as rows before and behind h. `full=False` updates only the active windows, which is
    all that eigenvalues need. `reduced` says that h is upper Hessenberg already. Returns 0, or the number of eigenvalues that were not found in `most` sweeps each.
    """
    cdef Problem p
    cdef int status
    p.n = h.shape[0]
    p.k = triangles.shape[0]
    if p.n == 0:
        return 0
    p.h = &h[0, 0]
    p.r = &triangles[0, 0, 0]
    p.e = <int64_t*>&exponents[0, 0]
    p.q0 = &q0[0, 0] if q0.shape[0] else NULL
    p.q1 = &q1[0, 0] if q1.shape[0] else NULL
    p.full = full
    p.waiting = 0
    cdef double* memory = <double*>calloc(4 * (p.k + 1) * p.n + RMT_STRIP * (p.n + 8), sizeof(double))
    cdef int64_t* places = <int64_t*>malloc(4 * p.n * sizeof(int64_t))
    if memory == NULL or places == NULL:
        free(memory)
        free(places)
        raise MemoryError("no memory for the rotations of a sweep")
    p.cosines = memory
    p.sines = memory + 2 * (p.k + 1) * p.n
    p.strip = p.sines + 2 * (p.k + 1) * p.n
    p.plane = places
    p.until = places + 2 * p.n
    with nogil:
        status = 0
        if reduced:
            renormalise(&p, 0, p.n - 1)
        else:
            status = reduce_hessenberg(&p)
        if status == 0:
            status = schur(&p, &pair[0], most, <int64_t*>&statistics[0])
    free(memory)
    free(places)
    if status == -1:
        raise MemoryError("no memory for the Hessenberg reduction")
    return status


def block_eigenvalues(
    const double[:, ::1] h, double[:, :, ::1] triangles, long long[:, ::1] exponents, const signed char[::1] pair,
    double[::1] argument,
):
    """Arguments of the eigenvalues of a converged form: 0 or pi, and +-theta for complex pairs."""
    cdef Problem p
    cdef Py_ssize_t i, k, n = h.shape[0]
    cdef double b[4]
    cdef double sign, half, disc
    p.n = n
    p.k = triangles.shape[0]
    if n == 0:
        return
    p.h = <double*>&h[0, 0]
    p.r = &triangles[0, 0, 0]
    p.e = <int64_t*>&exponents[0, 0]
    with nogil:
        i = 0
        while i < n:
            if pair[i] == 1:
                b[0] = h[i, i]
                b[1] = h[i, i + 1]
                b[2] = h[i + 1, i]
                b[3] = h[i + 1, i + 1]
                window(&p, b, 2, i, 2, 2)
                half = 0.5 * (b[0] - b[3])
                disc = half * half + b[1] * b[2]
                argument[i] = atan2(sqrt(-disc) if disc < 0.0 else 0.0, 0.5 * (b[0] + b[3]))
                argument[i + 1] = -argument[i]
                i += 2
                continue
            sign = h[i, i]
            for k in range(p.k):
                sign = copysign(1.0, sign) * triangles[k, i, i]
            argument[i] = 0.0 if sign > 0.0 else 3.141592653589793
            i += 1
