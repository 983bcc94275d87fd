"""Log density and its derivatives in x, alpha and beta, point by point."""

from libc.math cimport NAN


cdef extern from "stable_score.h" nogil:
    ctypedef struct rmt_law:
        pass
    ctypedef struct rmt_law_slopes:
        pass
    void rmt_law_make(rmt_law *, double, double, int)
    void rmt_law_slopes_make(rmt_law_slopes *, const rmt_law *)
    int rmt_score(const rmt_law *, const rmt_law_slopes *, double, double, int, double *)


cdef class ScoreLaw:
    """Constants of one (alpha, beta) and their derivatives; immutable, so threads share it."""

    cdef rmt_law law
    cdef rmt_law_slopes slopes

    def __init__(self, double alpha, double beta):
        rmt_law_make(&self.law, alpha, beta, 0)
        rmt_law_slopes_make(&self.slopes, &self.law)

    def evaluate(self, const double[::1] x0, const double[::1] x1, bint s0, double[:, ::1] out):
        """Rows of ``out``: log f, d log f/dx, /dalpha, /dbeta at fixed S0 (``s0``) or S1 coordinate; NaN outside the support."""
        cdef Py_ssize_t i, j
        cdef double found[4]
        with nogil:
            for i in range(x0.shape[0]):
                if not rmt_score(&self.law, &self.slopes, x0[i], x1[i], s0, found):
                    found[0] = found[1] = found[2] = found[3] = NAN
                for j in range(4):
                    out[j, i] = found[j]
