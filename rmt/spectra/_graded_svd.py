"""SVD of a graded triangle 2^e T, T well conditioned: every singular value to full relative accuracy, over any range."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import lapack, qr

from rmt import _spectra_jacobi
from rmt.spectra._factors import Matrix

__all__ = ["LN2", "UNIT", "graded_svd"]

LN2 = math.log(2.0)
UNIT = 2.0**-53
SAFE_BITS = 900  # a range that LAPACK's bidiagonal SVD holds without over- or underflow
JACOBI_WIDTH = 128  # up to this width the Jacobi kernel is as fast as LAPACK and provably accurate

Decomposed = tuple[NDArray[np.float64], NDArray[np.int64], Matrix, Matrix, float]


def _jacobi_svd(r1: Matrix, e: NDArray[np.int64], vectors: bool) -> Decomposed:
    """Mantissas, exponents and vectors of R1 2^e with exact exponents of the rows of their own, R1 2^e = 2^(e1) T1."""
    top = np.where(r1 != 0.0, np.frexp(r1)[1] + e[None, :], np.iinfo(np.int64).min).max(axis=1)
    t1 = np.ldexp(r1, np.clip(e[None, :] - top[:, None], -4000, 4000).astype(np.int32))
    rcond, _ = lapack.dtrcon(t1, norm="1", uplo="U")
    columns = np.ascontiguousarray(t1)
    mantissa, exponent = np.empty(e.size), top.astype(np.int64)
    v = np.eye(e.size) if vectors else np.zeros((0, 0))
    if _spectra_jacobi.one_sided_jacobi(columns, mantissa, exponent, v) < 0:
        raise RuntimeError("the Jacobi iteration did not converge in 60 sweeps")
    return mantissa, exponent, columns.T, v.T, 1.0 / max(float(rcond), 1e-300)


def _bidiagonal_svd(r1: Matrix, e: NDArray[np.int64], vectors: bool) -> Decomposed | None:
    """The same by LAPACK, None where it has lost digits: the sum of the logarithms is that of the diagonal."""
    middle = int(e[0] + e[-1]) // 2
    b = r1 * np.ldexp(1.0, (e - middle).astype(np.int32))
    t1 = b * np.ldexp(1.0, -np.frexp(np.maximum(b.max(axis=1), -b.min(axis=1)))[1])[:, None]
    rcond, _ = lapack.dtrcon(t1, norm="1", uplo="U")
    condition = 1.0 / max(float(rcond), 1e-300)
    left, right = np.zeros((e.size, 0)), np.zeros((e.size, 0))
    if vectors:  # P = U b^T Q1^T; dgesdd with vectors would lose the small values
        right, s, leftt, info = lapack.dgesvd(b)
        left = leftt.T
    else:
        _, s, _, info = lapack.dgesdd(b, compute_uv=0)
    if info:
        raise RuntimeError(f"the bidiagonal SVD failed with info = {info}")
    mantissa, shift = np.frexp(s)
    pivots, shifts = np.frexp(np.abs(np.diagonal(b)))
    if not s[-1] > 0.0:
        return None
    difference = math.fsum(np.log(mantissa)) - math.fsum(np.log(pivots)) + int(np.sum(shift - shifts)) * LN2
    # up to 400 columns at most 1.6 roundings per value, 8000 where digits were lost; more in wide ill-conditioned triangles
    if abs(difference) > UNIT * e.size * (10.0 + condition):
        return None
    return mantissa, shift.astype(np.int64) + middle, left, right, condition


def graded_svd(exponents: NDArray[np.int64], t: Matrix, vectors: bool) -> Decomposed:
    """Mantissas, exponents, left and right vectors of 2^exponents T, and the condition of the scaled triangle."""
    order = np.argsort(-exponents, kind="stable")
    e, rank = exponents[order], exponents.size
    (reflectors, tau), triangle = qr(t[order].T, overwrite_a=True, mode="raw", check_finite=False)
    r1 = triangle[:rank]
    found = None
    if int(e[0] - e[-1]) <= SAFE_BITS and rank > JACOBI_WIDTH:
        found = _bidiagonal_svd(r1, e, vectors)
    mantissa, exponent, sorted_left, right, condition = found or _jacobi_svd(r1, e, vectors)
    left = np.empty_like(sorted_left)
    down = np.lexsort((-mantissa, -exponent))
    if vectors:
        q1, _, info = lapack.dorgqr(reflectors[:, :rank], tau)
        if info:
            raise RuntimeError(f"dorgqr failed with info = {info}")
        left[order] = sorted_left
        left, right = left[:, down], (q1 @ right)[:, down]
    return mantissa[down], exponent[down], left, right, condition
