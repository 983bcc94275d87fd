# Exact scaling by powers of two, shared by the kernels of rmt.spectra.
from libc.math cimport scalbn
from libc.stdint cimport int64_t, uint64_t
from libc.string cimport memcpy

cdef extern from *:
    """
    #define RMT_NO_EXPONENT (-((int64_t)1 << 40))
    """
    const int64_t NO_EXPONENT "RMT_NO_EXPONENT"  # of zero


cdef inline int64_t exponent_of(double x) noexcept nogil:
    """floor(log2|x|) of a normal number, NO_EXPONENT of 0; a subnormal number counts as 2^-1023."""
    cdef uint64_t bits
    cdef int64_t field
    memcpy(&bits, &x, 8)
    field = <int64_t>((bits >> 52) & 0x7FF)
    if field == 0 and x == 0.0:
        return NO_EXPONENT
    return field - 1023


cdef inline double times_power(double x, int64_t shift) noexcept nogil:
    """x 2^shift; shifts are cut at +-4000, where a product with any double is 0 or inf anyway."""
    cdef uint64_t bits
    cdef double power
    if -1022 <= shift <= 1023:
        bits = <uint64_t>(shift + 1023) << 52
        memcpy(&power, &bits, 8)
        return x * power
    if shift < -4000:
        shift = -4000
    elif shift > 4000:
        shift = 4000
    return scalbn(x, <int>shift)
