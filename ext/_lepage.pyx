"""One layer of a heavy-tailed network as a marked Poisson process: sums of large weights times the activity of random neurons.

A row of weights with tail N P(|W| > u) = k u^-alpha has Poisson(count) entries above its threshold; their sizes are
threshold * U^(-1/alpha), U uniform on (0, 1), their signs fair, their columns uniform. The power is taken from two tables
(exponent and leading fraction of U), so one 64-bit draw and no transcendental function is spent per jump.
"""

from libc.stdint cimport uint32_t, uint64_t

from random_stream cimport draw


cdef extern from *:
    """
    #define rmt_clz(x) __builtin_clz(x)
    """
    int rmt_clz(uint32_t x) nogil


cdef inline double pareto(uint32_t u, uint64_t* s, const double* levels, const double* fractions) noexcept nogil:
    """U^(-1/alpha) from 31 random bits; far in the tail the fraction is drawn afresh so that it never gets coarse."""
    cdef int level = 0
    cdef uint32_t bits = u
    cdef int zeros
    while bits == 0:
        level += 31
        bits = <uint32_t>(draw(s) >> 33)
    zeros = rmt_clz(bits) - 1
    level += zeros
    if zeros > 10:
        bits = <uint32_t>(draw(s) >> 33) | 0x40000000u
    else:
        bits <<= zeros
    bits &= 0x3FFFFFFFu  # the fraction f in U = 2^-(level + 1) (1 + f), 30 bits
    cdef uint32_t cell = bits >> 20
    cdef double w = <double>(bits & 0xFFFFFu) * (1.0 / 1048576.0)
    if level > 127:
        level = 127
    return levels[level] * (fractions[cell] + w * (fractions[cell + 1] - fractions[cell]))


def sum_jumps(const double[:, ::1] signals, const long long[::1] counts, const double[::1] levels,
              const double[::1] fractions, uint64_t[::1] state, double[:, ::1] out):
    """out[i] = sum over counts[i] jumps of sign * U^(-1/alpha) * signals[random row]; advances state (4 words)."""
    cdef Py_ssize_t n_out = out.shape[0], m = out.shape[1], i, j, c
    cdef uint64_t width = <uint64_t>signals.shape[0]
    cdef long long n
    cdef uint64_t r
    cdef uint64_t s[4]
    cdef double jump, first, second
    for c in range(4):
        s[c] = state[c]
    with nogil:
        for i in range(n_out):
            if m == 2:  # activity and tangent: the common case stays in registers
                first = 0.0
                second = 0.0
                for n in range(counts[i]):
                    r = draw(s)
                    j = <Py_ssize_t>(((r & 0xFFFFFFFFu) * width) >> 32)
                    jump = pareto(<uint32_t>(r >> 32) & 0x7FFFFFFFu, s, &levels[0], &fractions[0])
                    if r >> 63:
                        jump = -jump
                    first += jump * signals[j, 0]
                    second += jump * signals[j, 1]
                out[i, 0] = first
                out[i, 1] = second
            else:
                for c in range(m):
                    out[i, c] = 0.0
                for n in range(counts[i]):
                    r = draw(s)
                    j = <Py_ssize_t>(((r & 0xFFFFFFFFu) * width) >> 32)
                    jump = pareto(<uint32_t>(r >> 32) & 0x7FFFFFFFu, s, &levels[0], &fractions[0])
                    if r >> 63:
                        jump = -jump
                    for c in range(m):
                        out[i, c] += jump * signals[j, c]
    for c in range(4):
        state[c] = s[c]
