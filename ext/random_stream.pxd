"""The random stream of kernels that draw one number at a time: xoshiro256++ (Blackman and Vigna, public domain).

The caller fills the four words of the state from its numpy Generator, so a kernel's numbers follow from the caller's seed.
"""

from libc.stdint cimport uint64_t


cdef inline uint64_t rotate(uint64_t x, int k) noexcept nogil:
    return (x << k) | (x >> (64 - k))


cdef inline uint64_t draw(uint64_t *s) noexcept nogil:
    """The next 64 bits of the state s[0], ..., s[3]."""
    cdef uint64_t result = rotate(s[0] + s[3], 23) + s[0]
    cdef uint64_t t = s[1] << 17
    s[2] ^= s[0]
    s[3] ^= s[1]
    s[1] ^= s[2]
    s[0] ^= s[3]
    s[2] ^= t
    s[3] = rotate(s[3], 45)
    return result
