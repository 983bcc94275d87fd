"""Evaluation of the piecewise polynomials of ``rmt.stable.tables``."""

from libc.math cimport NAN


cdef extern from "stable_table.h" nogil:
    ctypedef struct rmt_table_side:
        int low
        int octaves
        const unsigned char *bits
        const int *base
        const double *coefficients
    ctypedef struct rmt_table:
        rmt_table_side up
        rmt_table_side down
        double radius
        const double *centre
    void rmt_table_values(const rmt_table *, const double *, double *, long)
    void rmt_table_slopes(const rmt_table *, const double *, double *, double *, long)
    void rmt_exponentials(double *, long)


cdef class Piecewise:
    """One function on the line: panels for x >= 0, panels for x < 0 (given as functions of |x|), a polynomial at the centre."""

    cdef rmt_table table
    cdef object _alive

    def __init__(self, int low, double radius, const double[::1] centre,
                 const unsigned char[::1] up_bits, const int[::1] up_base, const double[:, ::1] up,
                 const unsigned char[::1] down_bits, const int[::1] down_base, const double[:, ::1] down):
        self._alive = (centre, up_bits, up_base, up, down_bits, down_base, down)
        self.table.radius = radius
        self.table.centre = &centre[0]
        _side(&self.table.up, low, up_bits, up_base, up)
        _side(&self.table.down, low, down_bits, down_base, down)

    def values(self, const double[::1] x, double[::1] out, bint exponential):
        """The function, or its exponential; NaN where there is no panel."""
        cdef long n = x.shape[0], done = 0, m
        with nogil:
            while done < n:
                m = n - done if n - done < 1024 else 1024
                rmt_table_values(&self.table, &x[done], &out[done], m)
                if exponential:
                    rmt_exponentials(&out[done], m)
                done += m

    def slopes(self, const double[::1] x, double[::1] out, double[::1] slope):
        """The function and its derivative with respect to x."""
        if x.shape[0] == 0:
            return
        with nogil:
            rmt_table_slopes(&self.table, &x[0], &out[0], &slope[0], x.shape[0])


cdef void _side(rmt_table_side *side, int low, const unsigned char[::1] bits, const int[::1] base, const double[:, ::1] panels):
    side.low = low
    side.octaves = bits.shape[0]
    if bits.shape[0]:
        side.bits = &bits[0]
        side.base = &base[0]
        side.coefficients = &panels[0, 0]
