"""Layers of the exact pair and tangent chains (rmt.criticality.pairs): given normals in, second moments out, no GIL."""

from libc.math cimport exp, log, sqrt

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


cdef void advance(int kind, double *x, double *y, Py_ssize_t width, double gain, double bias, bint tangent,
                  bint homogeneous, double *state) noexcept nogil:
    """One layer. state = (S, A, D, g, t): covariances of ((u+v)/2, u-v) are S, A e^g, D e^(2g), all times e^t."""
    cdef double s = state[0], a = state[1], d = state[2]
    cdef double root = sqrt(s)
    cdef double slope = a / root if s > 0.0 else 0.0
    cdef double rest = d - slope * slope
    cdef double moments[3]
    cdef double total, scale
    cdef bint linear = state[3] != 0.0 or tangent
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
        total = state[0] + (0.0 if linear else 0.25 * state[2])
        if total > 0.0:
            state[4] += log(total)
            state[0] /= total
            state[1] /= total
            state[2] /= total
    if state[2] > 0.0:
        if tangent:
            normalise_difference(state)
        elif linear:
            normalise_difference(state)
            if 2.0 * state[3] > LOG_SMALL:
                scale = exp(state[3])
                state[1] *= scale
                state[2] = scale * scale
                state[3] = 0.0
        elif state[2] < SMALL:
            normalise_difference(state)
    else:
        state[1] = 0.0
        state[2] = 0.0
        state[3] = 0.0


def layers(int kind, double[::1] normals, Py_ssize_t width, double gain, double bias, bint tangent, bint homogeneous,
           double[::1] state, double[:, ::1] out):
    """Advance ``state`` (5 numbers) by ``len(out)`` layers; ``normals`` (layers * 2 * width) is overwritten."""
    cdef Py_ssize_t l, count = out.shape[0], j
    cdef double *x
    with nogil:
        for l in range(count):
            x = &normals[2 * width * l]
            advance(kind, x, x + width, width, gain, bias, tangent, homogeneous, &state[0])
            for j in range(5):
                out[l, j] = state[j]


def differences(int kind, double[::1] x, double[::1] y, double a, double b, double c, bint tangent):
    """Overwrite normals ``x, y`` by (f_s, f_d) for s = a x and d = b x + c y."""
    with nogil:
        if tangent:
            TANGENT[kind](&x[0], &y[0], x.shape[0], a, b, c)
        else:
            PAIR[kind](&x[0], &y[0], x.shape[0], a, b, c)
