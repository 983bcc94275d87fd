"""Layers of the exact pair and tangent chains (rmt.criticality.pairs): a random stream in, second moments out, no GIL."""

from libc.math cimport NAN, exp, log, sqrt
from libc.stdint cimport uint64_t

cdef extern from "absorbing_math.h" nogil:
    void rmt_pair_tanh(double *x, double *y, Py_ssize_t n, double a, double b, double c)
    void rmt_pair_sin(double *x, double *y, Py_ssize_t n, double a, double b, double c)
    void rmt_pair_erf(double *x, double *y, Py_ssize_t n, double a, double b, double c)
    void rmt_pair_relu(double *x, double *y, Py_ssize_t n, double a, double b, double c)
    void rmt_pair_linear(double *x, double *y, Py_ssize_t n, double a, double b, double c)
    void rmt_tangent_tanh(double *x, double *y, Py_ssize_t n, double a, double b, double c)
    void rmt_tangent_sin(double *x, double *y, Py_ssize_t n, double a, double b, double c)
    void rmt_tangent_erf(double *x, double *y, Py_ssize_t n, double a, double b, double c)
    void rmt_tangent_relu(double *x, double *y, Py_ssize_t n, double a, double b, double c)
    void rmt_random_bits(uint64_t *state, uint64_t *out, Py_ssize_t blocks)
    void rmt_box_muller(double *x, double *y, Py_ssize_t n)
    void rmt_second_moments(const double *x, const double *y, Py_ssize_t n, double *out)

ctypedef void (*loop_t)(double *, double *, Py_ssize_t, double, double, double) noexcept nogil

KINDS = ("tanh", "erf", "sin", "relu", "linear")

cdef loop_t PAIR[5]
cdef loop_t TANGENT[5]
PAIR[:] = [rmt_pair_tanh, rmt_pair_erf, rmt_pair_sin, rmt_pair_relu, rmt_pair_linear]
TANGENT[:] = [rmt_tangent_tanh, rmt_tangent_erf, rmt_tangent_sin, rmt_tangent_relu, rmt_pair_linear]

# Below this variance of the difference the layer is linear in it to far beyond double precision (for relu too: the chance
# that a unit's zero lies between the two signals is 1e-100 n).
cdef double SMALL = 1e-200
cdef double LOG_SMALL = log(SMALL)


cdef void normalise_difference(double *state) noexcept nogil:
    cdef double root = sqrt(state[2])
    state[3] += log(root)
    state[1] /= root
    state[2] = 1.0


cdef void renormalise(double *state, bint linear) noexcept nogil:
    """Rescale both signals to length 1 (homogeneous activation, no bias: rho does not notice), so that A = 0 and D = 2 rho.

    Without it A^2 approaches S D, because the directions of the signals merge while their lengths do not, and rho is lost.
    """
    cdef double s = state[0], a = state[1], d = state[2]
    cdef double full = 0.0 if linear else d
    cdef double first = s + 0.25 * full + (0.0 if linear else a)
    cdef double second = s + 0.25 * full - (0.0 if linear else a)
    cdef double g = sqrt(first * second)
    cdef double rho
    if not (first > 0.0 and second > 0.0):  # a signal died: its direction is undefined
        state[0] = state[1] = state[2] = NAN
        return
    rho = (s * d - a * a) / (g * (g + s - 0.25 * full))
    if rho < 0.0:
        rho = 0.0
    state[0] = 1.0 - (0.0 if linear else 0.5 * rho)
    state[1] = 0.0
    state[2] = 2.0 * rho
    state[4] += log(first)
    state[5] += log(second)


cdef void advance(int kind, double *x, double *y, Py_ssize_t width, double gain, double bias, bint tangent,
                  bint homogeneous, double *state) noexcept nogil:
    """One layer. state = (S, A, D, g, t1, t2): the covariances of ((u+v)/2, u-v) are S, A e^g, D e^(2g).

    t1 and t2 are the logarithms of the factors by which the squared lengths of u and v were reduced (``renormalise``).
    """
    cdef double s = state[0], a = state[1], d = state[2]
    cdef double root, slope, rest, scale
    cdef double moments[3]
    cdef bint linear = state[3] != 0.0 or tangent
    if s != s:
        return
    root = sqrt(s)
    slope = a / root if s > 0.0 else 0.0
    rest = d - slope * slope
    rest = sqrt(rest) if rest > 0.0 else 0.0
    if linear:
        TANGENT[kind](x, y, width, root, slope, rest)
    else:
        PAIR[kind](x, y, width, root, slope, rest)
    rmt_second_moments(x, y, width, moments)
    state[0] = gain * moments[0] + bias
    state[1] = gain * moments[1]
    state[2] = gain * moments[2]
    if homogeneous:
        renormalise(state, linear)
    if state[2] > 0.0:
        if linear or state[2] < SMALL:
            normalise_difference(state)
        if linear and not tangent and 2.0 * state[3] > LOG_SMALL:
            scale = exp(state[3])
            state[1] *= scale
            state[2] = scale * scale
            state[3] = 0.0
    elif state[2] == 0.0:
        state[1] = 0.0
        state[3] = 0.0


cdef void draw(uint64_t *state, double *x, double *y, Py_ssize_t blocks) noexcept nogil:
    rmt_random_bits(state, <uint64_t *>x, blocks)
    rmt_random_bits(state, <uint64_t *>y, blocks)
    rmt_box_muller(x, y, 8 * blocks)


cdef void measure(const double *x, const double *y, Py_ssize_t width, double *out) noexcept nogil:
    """Means and second moments of a layer's normals: what the sampled order parameters are made of."""
    cdef Py_ssize_t i
    cdef double first = 0.0, second = 0.0
    for i in range(width):
        first += x[i]
        second += y[i]
    out[0] = first / width
    out[1] = second / width
    rmt_second_moments(x, y, width, out + 2)
    for i in range(2, 5):
        out[i] /= width


def layers(int kind, uint64_t[::1] stream, Py_ssize_t width, double gain, double bias, bint tangent, bint homogeneous,
           double[::1] state, double[:, ::1] out, double[::1] work):
    """Advance ``state`` (6 numbers) and ``stream`` (32 words) by ``len(out)`` layers.

    A row of ``out`` gets the new state and, if it has eleven columns, the moments of the normals of the layer that was left.
    ``work`` holds 16 ceil(width/8) doubles.
    """
    cdef Py_ssize_t l, j, blocks = (width + 7) // 8
    cdef double *x = &work[0]
    cdef double *y = x + 8 * blocks
    with nogil:
        for l in range(out.shape[0]):
            draw(&stream[0], x, y, blocks)
            if out.shape[1] == 11:
                measure(x, y, width, &out[l, 6])
            advance(kind, x, y, width, gain, bias, tangent, homogeneous, &state[0])
            for j in range(6):
                out[l, j] = state[j]


def normals(uint64_t[::1] stream, double[::1] x, double[::1] y):
    """Fill ``x`` and ``y`` (equal lengths, a multiple of 8) with the normals that ``layers`` would use."""
    with nogil:
        draw(&stream[0], &x[0], &y[0], x.shape[0] // 8)


def differences(int kind, double[::1] x, double[::1] y, double a, double b, double c, bint tangent):
    """Overwrite normals ``x, y`` by (f_s, f_d) for s = a x and d = b x + c y."""
    with nogil:
        if tangent:
            TANGENT[kind](&x[0], &y[0], x.shape[0], a, b, c)
        else:
            PAIR[kind](&x[0], &y[0], x.shape[0], a, b, c)
