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

from spectra_graded_hessenberg cimport reduce_hessenberg
from spectra_scaling cimport exponent_of, times_power
from spectra_sweeps cimport RMT_STRIP, Problem, renormalise, sweep_double, sweep_single

cdef int64_t GRADED_BITS = 10
cdef double UNIT = 1.1102230246251565e-16


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
