# Sweeps of the periodic QR iteration through H R_1 ... R_K: plane rotations, and the exponents of the triangles' rows.
#
# All matrices are stored by rows. Included by _spectra_schur.pyx and spectra_graded_hessenberg.pxd.
from libc.math cimport fabs, sqrt
from libc.stdint cimport int64_t

from spectra_scaling cimport exponent_of, times_power

cdef extern from "spectra_rotations.h" nogil:
    int RMT_STRIP
    void rotate_rows "rmt_rotate_rows"(double* x, double* y, int64_t n, double c, double s)
    void mix_rows "rmt_mix_rows"(double* x, double* y, int64_t n, double xx, double xy, double yx, double yy)
    void rotate_many_columns "rmt_rotate_columns"(
        double* m, int64_t ld, int64_t first, const int64_t* plane, const int64_t* until, const double* c, const double* s,
        int64_t count, double* strip)


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


cdef inline void retriangularise(
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


cdef inline void turn(
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


cdef inline void catch_up(Problem* p, Py_ssize_t lo) noexcept nogil:
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


cdef inline void sweep_single(Problem* p, Py_ssize_t lo, Py_ssize_t hi, double x, double y) noexcept nogil:
    cdef Py_ssize_t n = p.n, j
    cdef double c, s
    rotation(x, y, &c, &s)
    turn(p, lo, c, s, lo, hi, lo, min(lo + 2, hi), lo)
    for j in range(lo, hi - 1):
        rotation(p.h[(j + 1) * n + j], p.h[(j + 2) * n + j], &c, &s)
        turn(p, j + 1, c, s, lo, hi, j, min(j + 3, hi), j + 1)
        p.h[(j + 2) * n + j] = 0.0
    catch_up(p, lo)


cdef inline void sweep_double(Problem* p, Py_ssize_t lo, Py_ssize_t hi, double x, double y, double z) noexcept nogil:
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


cdef inline void renormalise(Problem* p, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
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
