"""From U 2^e T to the real periodic Schur form: P is similar to H 2^E R with H orthogonal and R triangular."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import lapack

from rmt import _spectra_schur
from rmt.spectra._chain import Chain
from rmt.spectra._factors import Matrix

__all__ = ["SchurForm", "reduce_chain", "schur_form"]

LN2 = float(np.log(2.0))


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


def schur_form(h: Matrix, triangles: NDArray[np.float64], exponents: NDArray[np.int64], *, vectors: bool) -> SchurForm:
    """Run the kernel on copies."""
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
    form.missing = _spectra_schur.periodic_schur(
        form.h, form.triangles, form.exponents, form.q0, form.q1, vectors, form.pair, statistics
    )
    form.sweeps = (int(statistics[0]), int(statistics[1]))
    return form


@dataclass
class Reduction:
    """P = U 2^e R Z: the pieces before the iteration; h = Z U (or its orthogonal factor when the rank is deficient)."""

    u: Matrix
    z: Matrix
    h: Matrix
    triangles: NDArray[np.float64]
    exponents: NDArray[np.int64]


def reduce_chain(chain: Chain) -> Reduction:
    """RQ factorisation of the row-scaled T, rows in descending order of their exponents."""
    order = np.argsort(-chain.exponents, kind="stable")
    e, rank = chain.exponents[order], chain.rank
    rq, tau, _, info = lapack.dgerqf(chain.t()[order])
    if info:
        raise RuntimeError(f"dgerqf failed with info = {info}")
    r = np.triu(rq[:, rq.shape[1] - rank :])
    z, _, info = lapack.dorgrq(rq, tau)
    if info:
        raise RuntimeError(f"dorgrq failed with info = {info}")
    u = chain.u()[:, order]
    h = z @ u
    triangles, exponents = r[None], e[None]
    if rank < chain.shape[0]:  # Z U is then no longer orthogonal: its triangle becomes one more factor
        h, extra = np.linalg.qr(h)
        triangles, exponents = np.stack([extra, r]), np.stack([np.zeros_like(e), e])
    return Reduction(u, z, h, triangles, exponents)
