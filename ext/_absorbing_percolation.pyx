"""Bond directed percolation on a ring, 64 sites to a word: exact Bernoulli(p) bits, one random stream, no GIL."""

from libc.stdint cimport uint64_t

from random_stream cimport draw


cdef extern from *:
    """
    #define rmt_popcount(x) __builtin_popcountll(x)
    """
    int rmt_popcount(uint64_t x) nogil


cdef inline uint64_t open_bonds(uint64_t *s, uint64_t p, uint64_t wanted) noexcept nogil:
    """64 independent bits, each 1 with probability p/2^53: compare 64 uniform numbers with p bit by bit, from the top.

    Stops when every wanted position is decided, after about 8 words instead of 53; exact for every double p.
    """
    cdef uint64_t undecided = wanted, result = 0, r
    cdef int bit = 52
    while undecided != 0 and bit >= 0:
        r = draw(s)
        if (p >> bit) & 1:
            result |= undecided & ~r
            undecided &= r
        else:
            undecided &= ~r
        bit -= 1
    return result


def run(uint64_t[::1] sites, uint64_t[::1] following, uint64_t p, uint64_t[::1] stream, long long[::1] active):
    """Advance a ring of 64 len(sites) sites by len(active) steps; active[t] counts the sites after step t + 1.

    Site i has the parents i and i + 1; ``p`` is the bond probability times 2^53, ``stream`` four words.
    """
    cdef Py_ssize_t words = sites.shape[0], steps = active.shape[0], t, w
    cdef uint64_t here, other, value
    cdef long long count
    cdef uint64_t *now = &sites[0]
    cdef uint64_t *after = &following[0]
    cdef uint64_t *swap
    cdef uint64_t s[4]
    for w in range(4):
        s[w] = stream[w]
    with nogil:
        for t in range(steps):
            count = 0
            for w in range(words):
                here = now[w]
                other = (here >> 1) | (now[w + 1 if w + 1 < words else 0] << 63)
                value = open_bonds(s, p, here) if here != 0 else 0
                if other != 0:
                    value |= open_bonds(s, p, other & ~value)
                after[w] = value
                count += rmt_popcount(value)
            active[t] = count
            swap = now
            now = after
            after = swap
            if count == 0:
                for w in range(t + 1, steps):
                    active[w] = 0
                break
    for w in range(4):
        stream[w] = s[w]
