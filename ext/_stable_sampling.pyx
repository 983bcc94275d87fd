"""Stable variates from the words of a bit generator, in blocks: C loops that the compiler vectorises.

The caller (``rmt.stable._sampling``) checks, allocates and holds the generator's lock. Every block of 256 variates takes 256
words for the angles and then 256 words for the exponentials, so the position in the stream is known.
"""

from cpython.pycapsule cimport PyCapsule_GetPointer
from libc.stdint cimport uint64_t


cdef extern from "numpy/random/bitgen.h":
    ctypedef struct bitgen_t:
        void *state
        uint64_t (*next_uint64)(void *state) noexcept nogil


cdef extern from "stable_sampling.h" nogil:
    ctypedef struct rmt_sampler:
        int near_one
        double sign
        double zeta
    rmt_sampler rmt_sampler_make(double alpha, double beta)
    void rmt_symmetric_block(const uint64_t *, const uint64_t *, double *, long, double, double, double)
    void rmt_general_block(const uint64_t *, const uint64_t *, double *, long, const rmt_sampler *, double, double)
    void rmt_near_one_block(const uint64_t *, const uint64_t *, double *, long, const rmt_sampler *, double, double)
    void rmt_positive_block(const uint64_t *, const uint64_t *, double *, long, double, double, double)
    void rmt_log_general_block(const uint64_t *, const uint64_t *, double *, double *, long, const rmt_sampler *)
    void rmt_log_positive_block(const uint64_t *, const uint64_t *, double *, long, double, double)


cdef enum:
    BLOCK = 256


cdef inline void _draw(bitgen_t *source, uint64_t *words, long n) noexcept nogil:
    cdef long i
    for i in range(n):
        words[i] = source.next_uint64(source.state)


def fill_stable(object capsule, double[::1] out, double alpha, double beta, double scale, double shift, bint from_s0):
    """Fill ``out`` with ``shift + scale X``, X of unit scale in the S0 (``from_s0``) or the S1 coordinate."""
    cdef bitgen_t *source = <bitgen_t *> PyCapsule_GetPointer(capsule, "BitGenerator")
    cdef rmt_sampler sampler = rmt_sampler_make(alpha, beta)
    cdef uint64_t first[BLOCK]
    cdef uint64_t second[BLOCK]
    cdef long n = out.shape[0], done = 0, m
    cdef double signed_scale = scale * sampler.sign
    if beta != 0.0:
        if sampler.near_one and not from_s0:
            shift -= scale * sampler.zeta
        elif not sampler.near_one and from_s0:
            shift += scale * sampler.zeta
    with nogil:
        while done < n:
            m = n - done if n - done < BLOCK else BLOCK
            _draw(source, first, m)
            _draw(source, second, m)
            if beta == 0.0:
                rmt_symmetric_block(first, second, &out[done], m, alpha, scale, shift)
            elif sampler.near_one:
                rmt_near_one_block(first, second, &out[done], m, &sampler, signed_scale, shift)
            else:
                rmt_general_block(first, second, &out[done], m, &sampler, signed_scale, shift)
            done += m


def fill_log_stable(object capsule, double[::1] sign, double[::1] logarithm, double alpha, double beta):
    """Sign and ln|X| of the strictly stable variate (S1 coordinate, unit scale); alpha = 1 only with beta = 0."""
    cdef bitgen_t *source = <bitgen_t *> PyCapsule_GetPointer(capsule, "BitGenerator")
    cdef rmt_sampler sampler
    cdef uint64_t first[BLOCK]
    cdef uint64_t second[BLOCK]
    cdef long n = sign.shape[0], done = 0, m, i
    sampler = rmt_sampler_make(alpha, beta)
    with nogil:
        while done < n:
            m = n - done if n - done < BLOCK else BLOCK
            _draw(source, first, m)
            _draw(source, second, m)
            rmt_log_general_block(first, second, &sign[done], &logarithm[done], m, &sampler)
            for i in range(done, done + m):
                sign[i] *= sampler.sign
            done += m


def fill_positive(object capsule, double[::1] out, double a, double one_minus_a, double scale, bint logarithm):
    """Fill ``out`` with ``scale S``, E exp(-t S) = exp(-t^a), or with ln S (``logarithm``, ``scale`` unused)."""
    cdef bitgen_t *source = <bitgen_t *> PyCapsule_GetPointer(capsule, "BitGenerator")
    cdef uint64_t first[BLOCK]
    cdef uint64_t second[BLOCK]
    cdef long n = out.shape[0], done = 0, m
    with nogil:
        while done < n:
            m = n - done if n - done < BLOCK else BLOCK
            _draw(source, first, m)
            _draw(source, second, m)
            if logarithm:
                rmt_log_positive_block(first, second, &out[done], m, a, one_minus_a)
            else:
                rmt_positive_block(first, second, &out[done], m, a, one_minus_a, scale)
            done += m
