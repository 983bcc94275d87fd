"""Sums over a Mellin-Barnes line: many points against one set of kernel weights, by Horner's rule in blocks of points."""

from libc.math cimport cos, exp, sin

cdef enum:
    BLOCK = 8


cdef void horner(
    const double complex[::1] value_weights,
    const double complex[::1] slope_weights,
    Py_ssize_t count,
    double sign,
    const double *zr,
    const double *zi,
    double *out,
) noexcept nogil:
    """out[0:8] + i out[8:16] = sum_{k=1..count} w_k z^k for 8 points, out[16:32] the same with the slope weights.

    ``sign`` = -1 uses the conjugate weights.
    """
    cdef double ar[BLOCK]
    cdef double ai[BLOCK]
    cdef double br[BLOCK]
    cdef double bi[BLOCK]
    cdef double wr, wi, vr, vi, t
    cdef Py_ssize_t k
    cdef int j
    for j in range(BLOCK):
        ar[j] = ai[j] = br[j] = bi[j] = 0.0
    for k in range(count, 0, -1):
        wr = value_weights[k].real
        wi = sign * value_weights[k].imag
        vr = slope_weights[k].real
        vi = sign * slope_weights[k].imag
        for j in range(BLOCK):
            ar[j] = ar[j] + wr
            ai[j] = ai[j] + wi
            t = ar[j] * zr[j] - ai[j] * zi[j]
            ai[j] = ar[j] * zi[j] + ai[j] * zr[j]
            ar[j] = t
            br[j] = br[j] + vr
            bi[j] = bi[j] + vi
            t = br[j] * zr[j] - bi[j] * zi[j]
            bi[j] = br[j] * zi[j] + bi[j] * zr[j]
            br[j] = t
    for j in range(BLOCK):
        out[j] = ar[j]
        out[BLOCK + j] = ai[j]
        out[2 * BLOCK + j] = br[j]
        out[3 * BLOCK + j] = bi[j]


def line_sums(
    const double[::1] log_modulus,
    const double[::1] argument,
    double abscissa,
    double step,
    const double complex[::1] value_weights,
    const double complex[::1] slope_weights,
    const long long[::1] count_up,
    const long long[::1] count_down,
    double complex[::1] value,
    double complex[::1] slope,
):
    """value_p = sum_k w_k X_p^(-s_k) over s_k = c + i k h, k = -count_down..count_up, with w_(-k) = conj(w_k)."""
    cdef Py_ssize_t n = log_modulus.shape[0]
    cdef Py_ssize_t first, i
    cdef Py_ssize_t up, down
    cdef double zr[BLOCK]
    cdef double zi[BLOCK]
    cdef double sums_up[4 * BLOCK]
    cdef double sums_down[4 * BLOCK]
    cdef double scale, phase, vr, vi, sr, si, cr, ci
    cdef int j
    with nogil:
        first = 0
        while first < n:
            up = 0
            down = 0
            for j in range(BLOCK):
                i = first + j if first + j < n else n - 1
                up = count_up[i] if count_up[i] > up else up
                down = count_down[i] if count_down[i] > down else down
                scale = exp(step * argument[i])
                phase = step * log_modulus[i]
                zr[j] = scale * cos(phase)
                zi[j] = -scale * sin(phase)
            horner(value_weights, slope_weights, up, 1.0, zr, zi, sums_up)
            for j in range(BLOCK):
                i = first + j if first + j < n else n - 1
                scale = exp(-step * argument[i])
                phase = step * log_modulus[i]
                zr[j] = scale * cos(phase)
                zi[j] = scale * sin(phase)
            horner(value_weights, slope_weights, down, -1.0, zr, zi, sums_down)
            for j in range(BLOCK):
                i = first + j
                if i >= n:
                    break
                vr = sums_up[j] + sums_down[j] + value_weights[0].real
                vi = sums_up[BLOCK + j] + sums_down[BLOCK + j] + value_weights[0].imag
                sr = sums_up[2 * BLOCK + j] + sums_down[2 * BLOCK + j] + slope_weights[0].real
                si = sums_up[3 * BLOCK + j] + sums_down[3 * BLOCK + j] + slope_weights[0].imag
                scale = exp(-abscissa * log_modulus[i])
                cr = scale * cos(abscissa * argument[i])
                ci = -scale * sin(abscissa * argument[i])
                value[i] = (vr * cr - vi * ci) + 1j * (vr * ci + vi * cr)
                slope[i] = (sr * cr - si * ci) + 1j * (sr * ci + si * cr)
            first += BLOCK


def line_sums_real(
    const double[::1] log_modulus,
    double abscissa,
    double step,
    const double complex[::1] value_weights,
    const double complex[::1] slope_weights,
    Py_ssize_t count,
    double[::1] value,
    double[::1] slope,
):
    """The same for positive real points: twice the real part of the upper half of the line."""
    cdef Py_ssize_t n = log_modulus.shape[0]
    cdef Py_ssize_t first, i
    cdef double zr[BLOCK]
    cdef double zi[BLOCK]
    cdef double sums[4 * BLOCK]
    cdef double scale
    cdef int j
    with nogil:
        first = 0
        while first < n:
            for j in range(BLOCK):
                i = first + j if first + j < n else n - 1
                zr[j] = cos(step * log_modulus[i])
                zi[j] = -sin(step * log_modulus[i])
            horner(value_weights, slope_weights, count, 1.0, zr, zi, sums)
            for j in range(BLOCK):
                i = first + j
                if i >= n:
                    break
                scale = exp(-abscissa * log_modulus[i])
                value[i] = scale * (value_weights[0].real + 2.0 * sums[j])
                slope[i] = scale * (slope_weights[0].real + 2.0 * sums[2 * BLOCK + j])
            first += BLOCK


def power_sums(const double[::1] log_x, const double[::1] weights, double step, double complex[::1] out):
    """out_k = sum_j weights_j exp(-i k h log_x_j), k = 0, 1, ...; powers are renewed every 64 terms."""
    cdef Py_ssize_t n = log_x.shape[0]
    cdef Py_ssize_t count = out.shape[0]
    cdef Py_ssize_t first, i, k
    cdef double zr[BLOCK]
    cdef double zi[BLOCK]
    cdef double pr[BLOCK]
    cdef double pi[BLOCK]
    cdef double t, total_r, total_i
    cdef int j
    with nogil:
        for k in range(count):
            out[k] = 0.0
        first = 0
        while first < n:
            for j in range(BLOCK):
                i = first + j if first + j < n else n - 1
                zr[j] = cos(step * log_x[i])
                zi[j] = -sin(step * log_x[i])
                pr[j] = weights[i] if first + j < n else 0.0
                pi[j] = 0.0
            for k in range(count):
                if k % 64 == 0 and k > 0:
                    for j in range(BLOCK):
                        i = first + j if first + j < n else n - 1
                        t = weights[i] if first + j < n else 0.0
                        pr[j] = t * cos(k * step * log_x[i])
                        pi[j] = -t * sin(k * step * log_x[i])
                total_r = 0.0
                total_i = 0.0
                for j in range(BLOCK):
                    total_r = total_r + pr[j]
                    total_i = total_i + pi[j]
                    t = pr[j] * zr[j] - pi[j] * zi[j]
                    pi[j] = pr[j] * zi[j] + pi[j] * zr[j]
                    pr[j] = t
                out[k] = out[k] + total_r + 1j * total_i
            first += BLOCK


def polynomial_sums(
    const double complex[::1] y,
    const double[:, ::1] coefficients,
    double complex[:, ::1] out,
):
    """out[r, p] = sum_{n>=1} coefficients[r, n-1] y_p^n for a few rows of real coefficients."""
    cdef Py_ssize_t rows = coefficients.shape[0]
    cdef Py_ssize_t count = coefficients.shape[1]
    cdef Py_ssize_t points = y.shape[0]
    cdef Py_ssize_t first, i, r, n
    cdef double yr[BLOCK]
    cdef double yi[BLOCK]
    cdef double ar[BLOCK]
    cdef double ai[BLOCK]
    cdef double c, t
    cdef int j
    with nogil:
        first = 0
        while first < points:
            for j in range(BLOCK):
                i = first + j if first + j < points else points - 1
                yr[j] = y[i].real
                yi[j] = y[i].imag
            for r in range(rows):
                for j in range(BLOCK):
                    ar[j] = ai[j] = 0.0
                for n in range(count - 1, -1, -1):
                    c = coefficients[r, n]
                    for j in range(BLOCK):
                        ar[j] = ar[j] + c
                        t = ar[j] * yr[j] - ai[j] * yi[j]
                        ai[j] = ar[j] * yi[j] + ai[j] * yr[j]
                        ar[j] = t
                for j in range(BLOCK):
                    if first + j < points:
                        out[r, first + j] = ar[j] + 1j * ai[j]
            first += BLOCK
