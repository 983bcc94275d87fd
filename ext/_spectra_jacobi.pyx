"""Scaled one-sided Jacobi: singular values of C 2^e over any range, columns and their norms kept apart."""

from libc.math cimport fabs, sqrt
from libc.stdint cimport int64_t

from spectra_scaling cimport exponent_of, times_power


cdef inline double dot(const double* x, const double* y, Py_ssize_t n) noexcept nogil:
    cdef double s0 = 0.0, s1 = 0.0, s2 = 0.0, s3 = 0.0
    cdef Py_ssize_t i = 0
    while i + 4 <= n:
        s0 += x[i] * y[i]
        s1 += x[i + 1] * y[i + 1]
        s2 += x[i + 2] * y[i + 2]
        s3 += x[i + 3] * y[i + 3]
        i += 4
    while i < n:
        s0 += x[i] * y[i]
        i += 1
    return (s0 + s1) + (s2 + s3)


cdef inline void swap_rows(double* x, double* y, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t i
    cdef double t
    for i in range(n):
        t = x[i]
        x[i] = y[i]
        y[i] = t


cdef inline void normalise(double* x, Py_ssize_t n, double* g, int64_t* e) noexcept nogil:
    """x to unit length; its length goes into the norm g 2^e, g in [1, 2)."""
    cdef double length = sqrt(dot(x, x, n)), inverse
    cdef Py_ssize_t i
    cdef int64_t top
    if length == 0.0:
        g[0] = 0.0
        return
    inverse = 1.0 / length
    for i in range(n):
        x[i] *= inverse
    g[0] *= length
    top = exponent_of(g[0])
    g[0] = times_power(g[0], -top)
    e[0] += top


cdef int jacobi(
    double* c, Py_ssize_t r, Py_ssize_t n, double* g, int64_t* e, double* v, Py_ssize_t nv, int most
) noexcept nogil:
    cdef Py_ssize_t p, q, big, small, k, best
    cdef int sweep
    cdef double gamma, ratio, gap, s, t, cs, old, tolerance = sqrt(<double>n) * 1.2e-16
    cdef double* cp
    cdef double* cq
    cdef double* vp
    cdef double* vq
    cdef bint rotated
    cdef int64_t te
    for p in range(r):
        g[p] = 1.0
        normalise(c + p * n, n, g + p, e + p)
    for sweep in range(most):
        rotated = False
        for p in range(r - 1):
            best = p
            for q in range(p + 1, r):
                if e[q] > e[best] or (e[q] == e[best] and g[q] > g[best]):
                    best = q
            if best != p:
                swap_rows(c + p * n, c + best * n, n)
                if nv:
                    swap_rows(v + p * nv, v + best * nv, nv)
                t = g[p]
                g[p] = g[best]
                g[best] = t
                te = e[p]
                e[p] = e[best]
                e[best] = te
            for q in range(p + 1, r):
                if g[p] == 0.0 or g[q] == 0.0:
                    continue
                gamma = dot(c + p * n, c + q * n, n)
                if fabs(gamma) <= tolerance:
                    continue
                rotated = True
                big = p
                small = q
                if e[q] > e[p] or (e[q] == e[p] and g[q] > g[p]):
                    big = q
                    small = p
                ratio = times_power(g[small] / g[big], e[small] - e[big])
                gap = (1.0 - ratio) * (1.0 + ratio)
                s = -2.0 * gamma / (gap + sqrt(gap * gap + 4.0 * gamma * gamma * ratio * ratio))
                t = s * ratio
                cs = 1.0 / sqrt(1.0 + t * t)
                cp = c + big * n
                cq = c + small * n
                for k in range(n):
                    old = cp[k]
                    cp[k] = cs * (old - t * ratio * cq[k])
                    cq[k] = cs * (cq[k] + s * old)
                normalise(cp, n, g + big, e + big)
                normalise(cq, n, g + small, e + small)
                if nv:
                    vp = v + big * nv
                    vq = v + small * nv
                    for k in range(nv):
                        old = vp[k]
                        vp[k] = cs * (old - t * vq[k])
                        vq[k] = cs * (vq[k] + t * old)
        if not rotated:
            return sweep + 1
    return -1


def one_sided_jacobi(double[:, ::1] columns, double[::1] mantissa, long long[::1] exponent, double[:, ::1] v):
    """Make the scaled columns 2^exponent[i] columns[i] orthogonal, in place.

    On return columns[i] has unit length and singular value mantissa[i] 2^exponent[i]; the rows of `v` (identity on entry,
    or of size (0, 0) when not wanted) hold the right rotations. Returns the number of sweeps, -1 if 60 were not enough.
    """
    cdef Py_ssize_t r = columns.shape[0], n = columns.shape[1], nv = v.shape[1]
    cdef double* vp = &v[0, 0] if nv else NULL
    cdef int sweeps
    if r == 0:
        return 0
    with nogil:
        sweeps = jacobi(&columns[0, 0], r, n, &mantissa[0], <int64_t*>&exponent[0], vp, nv, 60)
    return sweeps
