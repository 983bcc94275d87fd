"""From U 2^e T to the real periodic Schur form: P is similar to H 2^E R with H orthogonal and R triangular."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import lapack, solve_triangular

from rmt import _spectra_hessenberg, _spectra_schur
from rmt.spectra._chain import Chain
from rmt.spectra._factors import Matrix

__all__ = ["Reduction", "SchurForm", "merge", "reduce_chain", "reduce_factors", "reduced_factors", "schur_form"]

LN2 = float(np.log(2.0))
ROW_SLACK = 2  # by how many powers of two rows may be out of order
SAFE_BITS = 900  # a range of the rows that double precision holds without exponents of their own


@dataclass
class SchurForm:
    """H R_1 ... R_K = q0 P' q1^T in block-triangular form; rows of R_k carry 2^exponents[k]; see `_spectra_schur`."""

    h: Matrix
    triangles: NDArray[np.float64]
    exponents: NDArray[np.int64]
    pair: NDArray[np.int8]
    q0: Matrix
    q1: Matrix
    sweeps: tuple[int, int]
    missing: int
    growth: float = (
        np.inf
    )  # largest entry of a row against its diagonal after the reduction by blocks, if there was one

    def log_modulus(self) -> NDArray[np.float64]:
        """ln|lambda| in the order of the diagonal; both members of a pair get the same number, bit for bit."""
        diagonal = np.abs(np.diagonal(self.triangles, axis1=1, axis2=2))
        with np.errstate(divide="ignore"):
            logs = np.log(diagonal).sum(axis=0)
        powers = self.exponents.sum(axis=0)
        first = np.flatnonzero(self.pair == 1)
        values = logs + powers * LN2
        values[first] = 0.5 * (logs[first] + logs[first + 1] + (powers[first] + powers[first + 1]) * LN2)
        values[first + 1] = values[first]
        return values

    def argument(self) -> NDArray[np.float64]:
        """Arguments: exactly 0 or pi for real eigenvalues, +-theta for pairs."""
        out = np.empty(self.h.shape[0])
        _spectra_schur.block_eigenvalues(self.h, self.triangles, self.exponents, self.pair, out)
        return out


def schur_form(
    h: Matrix,
    triangles: NDArray[np.float64],
    exponents: NDArray[np.int64],
    *,
    vectors: bool,
    full: bool = True,
    limit: float = np.inf,
) -> SchurForm:
    """Run the kernel on copies; ``full=False`` leaves the triangles outside the active windows undefined.

    The Schur vectors are accumulated when they are wanted, and when the growth exceeds the limit.
    """
    n = h.shape[0]
    form = SchurForm(
        np.array(h, order="C"),
        np.array(triangles, order="C"),
        np.array(exponents, dtype=np.int64, order="C"),
        np.zeros(n, dtype=np.int8),
        np.eye(n) if vectors else np.zeros((0, 0)),
        np.eye(n) if vectors else np.zeros((0, 0)),
        (0, 0),
        0,
    )
    statistics = np.zeros(2, dtype=np.int64)
    reduced = form.triangles.shape[0] == 1 and n > 2 and int(np.ptp(form.exponents)) <= SAFE_BITS
    if reduced:
        _reduce(form)
    if form.growth > limit and not vectors:
        return schur_form(h, triangles, exponents, vectors=True, full=full)
    form.missing = _spectra_schur.periodic_schur(
        form.h,
        form.triangles,
        form.exponents,
        form.q0,
        form.q1,
        vectors or full,
        form.pair,
        statistics,
        reduced=reduced,
    )
    form.sweeps = (int(statistics[0]), int(statistics[1]))
    return form


def _reduce(form: SchurForm) -> None:
    """Hessenberg-triangular form by blocks, in plain numbers; the rows get their exponents back in the kernel."""
    middle = (int(form.exponents.max()) + int(form.exponents.min())) // 2
    h = np.asfortranarray(form.h)
    r = np.asfortranarray(form.triangles[0] * np.ldexp(1.0, (form.exponents[0] - middle).astype(np.int32))[:, None])
    q0, q1 = np.asfortranarray(form.q0), np.asfortranarray(form.q1)
    _spectra_hessenberg.hessenberg_triangular(h, r, q0, q1)
    form.h, form.q0, form.q1 = (np.ascontiguousarray(matrix) for matrix in (h, q0, q1))
    form.triangles[0], form.exponents[0] = r, middle
    with np.errstate(divide="ignore", invalid="ignore"):
        form.growth = float(np.nanmax(np.abs(r).max(axis=1) / np.abs(np.diagonal(r))))


def merge(form: SchurForm) -> SchurForm:
    """The same form with all triangles multiplied into one: rows graded, exponents exact, nothing lost."""
    if form.triangles.shape[0] == 1:
        return form
    t, e = form.triangles[-1], form.exponents[-1]
    for r, outer in zip(form.triangles[-2::-1], form.exponents[-2::-1], strict=True):
        present = r != 0.0
        top = np.where(present, np.frexp(r)[1] + e[None, :], np.iinfo(np.int64).min).max(axis=1)
        scaled = np.where(present, np.ldexp(r, np.clip(e[None, :] - top[:, None], -4000, 4000).astype(np.int32)), 0.0)
        t = np.triu(scaled @ t)
        shift = np.frexp(np.abs(t).max(axis=1))[1]
        t, e = np.ldexp(t, -shift[:, None]), top + outer + shift
    return replace(form, triangles=t[None], exponents=e[None])


@dataclass
class Reduction:
    """The orthogonal and triangular factors of a matrix similar to P, and the way back to the eigenvectors of P.

    Right vectors are ``right @ (vectors behind h)``; left ones are ``left @ (vectors before h)`` where the rank is not full.
    """

    h: Matrix
    triangles: NDArray[np.float64]
    exponents: NDArray[np.int64]
    right: Matrix
    left: Matrix


def reduce_chain(chain: Chain) -> Reduction:
    """RQ factorisation of the row-scaled T, rows in descending order of their exponents.

    With T = R Z and full rank, Z U is the orthogonal factor h of Z P Z^T = (Z U) 2^e R. Otherwise Z U = R' h, and
    h 2^e R R' has the eigenvalues of P that are not zero. Where no column has moved in the whole pass, T is R as it is.
    """
    u, t, e, rank = chain.u(), chain.t(), chain.exponents, chain.rank
    descending = np.all(e[1:] <= np.minimum.accumulate(e)[:-1] + ROW_SLACK)
    if descending and rank == chain.shape[0] == chain.shape[1] and not np.tril(t, -1).any():
        return Reduction(u, t[None], e[None].copy(), u, np.zeros((0, 0)))
    order = np.argsort(-e, kind="stable")
    e, u = e[order], u[:, order]
    r, z = _rq(t[order])
    h = z @ u  # with z written out: reflectors applied to u would lose the small entries of graded rows
    if rank == chain.shape[0]:
        return Reduction(h, r[None], e[None], u, np.zeros((0, 0)))  # left vectors come from the same basis
    extra, h = _rq(h)
    left = z.T @ solve_triangular(extra, np.eye(rank), trans="T")
    return Reduction(h, np.stack([r, extra]), np.stack([e, np.zeros_like(e)]), u, left)


def reduced_factors(reduction: Reduction) -> list[Matrix]:
    """Plain matrices, the first one acting first, whose product is that of the reduction behind h: R_1 ... R_K h."""
    out = [np.ascontiguousarray(reduction.h)]
    for r, exponents in zip(reduction.triangles[::-1], reduction.exponents[::-1], strict=True):
        rest, scales = exponents - exponents.max(), []
        while rest.min() < -SAFE_BITS:  # more than one double can hold
            part = np.maximum(rest, -SAFE_BITS)
            scales.append(np.diag(np.ldexp(1.0, part.astype(np.int32))))
            rest = rest - part
        out += [np.ascontiguousarray(np.ldexp(r, rest.astype(np.int32)[:, None])), *scales]
    return out


def reduce_factors(chain: Chain, factors: list[Matrix]) -> Reduction:
    """All L factors kept apart: U^T P U = (U^T Q_L) R_L ... R_1 with A_k Q_{k-1} = Q_k R_k, Q_0 = U, rows sorted."""
    u = chain.u()[:, np.argsort(-chain.exponents, kind="stable")]
    q, triangles = u, []
    for factor in factors:
        panel = factor @ q
        rows = np.argsort(-np.linalg.norm(panel, axis=1), kind="stable")
        basis, r = np.linalg.qr(panel[rows])
        q = np.empty_like(basis)
        q[rows] = basis
        triangles.append(r)
    stack = np.stack(triangles[::-1])
    return Reduction(u.T @ q, stack, np.zeros(stack.shape[:2], dtype=np.int64), q, u)


def _rq(matrix: Matrix) -> tuple[Matrix, Matrix]:
    """matrix (r, n) = R (r, r) Z (r, n), R upper triangular, rows of Z orthonormal."""
    rq, tau, _, info = lapack.dgerqf(matrix)
    if info:
        raise RuntimeError(f"dgerqf failed with info = {info}")
    r = np.triu(rq[:, rq.shape[1] - rq.shape[0] :])
    z, _, info = lapack.dorgrq(rq, tau)
    if info:
        raise RuntimeError(f"dorgrq failed with info = {info}")
    return r, z
