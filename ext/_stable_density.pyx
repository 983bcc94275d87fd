"""Density, distribution function and their logarithms of one stable law, point by point (the direct evaluation)."""

from libc.math cimport log1p, exp, INFINITY, NAN, isnan


cdef extern from "stable_density.h" nogil:
    ctypedef struct rmt_law:
        pass
    ctypedef struct rmt_value:
        double f
        double log_f
        double q
        double log_q
        int upper
        int branch
        double error
    void rmt_law_make(rmt_law *, double, double, int)
    int rmt_evaluate(const rmt_law *, double, double, int, rmt_value *)


cdef extern from "stable_quantile.h" nogil:
    int rmt_quantile(const rmt_law *, double, int, double *, double *)


cdef double _pick(const rmt_value *v, int kind) noexcept nogil:
    if kind == 0:
        return v.f
    if kind == 1:
        return v.log_f
    if kind == 2:  # cdf
        return 1.0 - v.q if v.upper else v.q
    if kind == 3:  # ccdf
        return v.q if v.upper else 1.0 - v.q
    if kind == 4:
        return log1p(-v.q) if v.upper else v.log_q
    return v.log_q if v.upper else log1p(-v.q)


cdef class Law:
    """Constants of one (alpha, beta); immutable, so threads share it."""

    cdef rmt_law law

    def __init__(self, double alpha, double beta, bint positive):
        rmt_law_make(&self.law, alpha, beta, positive)

    def evaluate(self, const double[::1] x0, const double[::1] x1, double[::1] out, int kind):
        """kind 0 pdf, 1 logpdf, 2 cdf, 3 ccdf, 4 logcdf, 5 logccdf; x0, x1: the S0 and S1 coordinates."""
        cdef Py_ssize_t i
        cdef rmt_value v
        cdef const rmt_law *law = &self.law
        with nogil:
            for i in range(out.shape[0]):
                if x0[i] == INFINITY or x0[i] == -INFINITY:
                    v.f = 0.0
                    v.log_f = -INFINITY
                    v.q = 0.0
                    v.log_q = -INFINITY
                    v.upper = x0[i] > 0.0
                elif isnan(x0[i]) or not rmt_evaluate(law, x0[i], x1[i], 0, &v):
                    out[i] = NAN
                    continue
                out[i] = _pick(&v, kind)

    def evaluate_logs(self, const double[::1] x0, const double[::1] x1, double[:, ::1] out):
        """Rows of ``out``: logpdf, logcdf, logccdf, for the price of one of them."""
        cdef Py_ssize_t i
        cdef rmt_value v
        cdef const rmt_law *law = &self.law
        with nogil:
            for i in range(x0.shape[0]):
                if rmt_evaluate(law, x0[i], x1[i], 0, &v):
                    out[0, i] = v.log_f
                    out[1, i] = _pick(&v, 4)
                    out[2, i] = _pick(&v, 5)
                else:
                    out[0, i] = out[1, i] = out[2, i] = NAN

    def quantile(self, const double[::1] log_p, const unsigned char[::1] lower, double[::1] out, bint s0):
        """Points whose lower (or upper) tail has the logarithm ``log_p`` < 0, in the S0 or the S1 coordinate."""
        cdef Py_ssize_t i
        cdef double x0 = 0.0, x1 = 0.0
        cdef const rmt_law *law = &self.law
        with nogil:
            for i in range(out.shape[0]):
                if not rmt_quantile(law, log_p[i], lower[i], &x0, &x1):
                    out[i] = NAN
                else:
                    out[i] = x0 if s0 else x1

    def branch(self, double x0, double x1, int which):
        """(accepted, pdf, logpdf, smaller tail, its log, is upper, branch, error estimate) with one branch forced, or 0."""
        cdef rmt_value v
        cdef int found = rmt_evaluate(&self.law, x0, x1, which, &v)
        if not found:
            return (False, NAN, NAN, NAN, NAN, False, 0, NAN)
        return (True, v.f, v.log_f, v.q, v.log_q, bool(v.upper), v.branch, v.error)
