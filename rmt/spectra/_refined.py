r"""Eigenvalues corrected by one pass in double-double arithmetic, with the bound that its residual proves to second order.

The double-precision Schur basis Q is carried once through all factors, A_L ... A_1 Q = Q' T with T triangular. Were Q exact,
H = Q^T Q' would be block diagonal; what lies outside its blocks is the error of the basis, E, known to thirty digits. To
first order it moves ln(lambda_i) by y_i^T E x_i for the left and right vectors of (blocks of H) T, and the second order
bounds what is left.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rmt import _spectra_extended
from rmt.spectra._factors import Matrix
from rmt.spectra._schur import SchurForm
from rmt.spectra._vectors import Complex, complex_triangular, left_vectors, right_vectors

__all__ = ["EXTENDED", "REFINED_WIDTH", "Carried", "carry", "orthonormal", "refined"]

UNIT = 2.0**-53
LN2 = 0.6931471803691238, 1.9082149292705877e-10  # the first part with 32 zero bits: exact times an exponent
REFINED_WIDTH = 64  # widest interface for which the pass costs no more than the double-precision solution
PASSES = 4
SMALL = 1e-14  # a second-order term that is not worth another pass
ROUNDING = 2.0**-40  # of a first-order term, whose vectors are known in double precision
EXTENDED = 2.0**-90  # row-wise rounding of the pass: 2^-106, times 2^16 for the growth of panels that are not pivoted
NEAR = 1e-6  # coupling whose square vectors can bear
PERTURBATIVE = 0.1  # largest coupling between eigenvectors for which two orders are trusted

Pair = tuple[Matrix, Matrix]  # the two parts of a double-double matrix


@dataclass
class Carried:
    """A basis (columns) before and behind all factors: P before = behind 2^exponents triangle."""

    before: Pair
    behind: Pair
    triangle: Pair
    exponents: NDArray[np.int64]

    def overlap(self) -> Pair:
        """before^T behind."""
        r = self.exponents.size
        overlap = _fresh(r, r)
        _spectra_extended.extended_gram(*self.before, *self.behind, *overlap)
        return overlap


def _fresh(rows: int, columns: int) -> Pair:
    return np.zeros((rows, columns)), np.zeros((rows, columns))


def carry(factors: Sequence[Matrix], before: Pair) -> Carried | None:
    """Take a basis through all factors in double-double arithmetic; None where its columns become dependent."""
    r = before[0].shape[1]
    triangle, exponents = _fresh(r, r), np.zeros(r, dtype=np.int64)
    triangle[0][:] = np.eye(r)
    q = before
    for factor in factors:
        new = _fresh(factor.shape[0], r)
        if not _spectra_extended.extended_step(factor, *q, *triangle, exponents, *new):
            return None
        q = new
    return Carried(before, q, triangle, exponents)


def orthonormal(basis: Matrix) -> Pair | None:
    """The basis made orthonormal to double-double precision."""
    carried = carry([np.eye(basis.shape[0])], (np.ascontiguousarray(basis), np.zeros(basis.shape)))
    return None if carried is None else carried.behind


def _exact(x: Pair, i: int, j: int) -> Fraction:
    return Fraction(float(x[0][i, j])) + Fraction(float(x[1][i, j]))


def _log(high: NDArray[np.float64], low: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """ln|x| as (ln of a mantissa in [1/2, 1), exponent)."""
    mantissa, exponent = np.frexp(np.abs(high))
    return np.log(mantissa) + low / high, exponent.astype(np.int64)


def _scaled(log: Any, exponent: Any) -> Any:
    """log + exponent ln 2, with one rounding of the sum."""
    return exponent * LN2[0] + (exponent * LN2[1] + log)


def _log_eigenvalues(carried: Carried, h: Pair, pair: NDArray[np.int8]) -> Complex | None:
    """ln(lambda) of (blocks of the overlap) T; None where a pair has become real."""
    t, e = carried.triangle, carried.exponents
    logs, powers = _log(np.diagonal(t[0]), np.diagonal(t[1]))
    powers = powers + e
    sign, power = _log(np.diagonal(h[0]), np.diagonal(h[1]))  # near 0: the diagonal of the overlap is near 1
    out = _scaled(logs + (sign + power * sum(LN2)), powers) + 0j
    out.imag = np.where(np.diagonal(h[0]) * np.diagonal(t[0]) > 0.0, 0.0, np.pi)
    for i in map(int, np.flatnonzero(pair == 1)):
        j = i + 1
        a, b, c, d = (_exact(h, *index) for index in ((i, i), (i, j), (j, i), (j, j)))
        determinant = abs(float(a * d - b * c))
        top = max(e[i], e[j])
        p, q, s = (_exact(t, *index) for index in ((i, i), (i, j), (j, j)))
        p, q = (x / 2 ** int(top - e[i]) for x in (p, q))
        s /= 2 ** int(top - e[j])
        m = (a * p, a * q + b * s, c * p, c * q + d * s)
        half = (m[0] - m[3]) / 2
        square = half * half + m[1] * m[2]
        if determinant == 0.0 or not float(-square) > 0.0:
            return None
        modulus = 0.5 * _scaled(np.log(determinant) + logs[i] + logs[j], powers[i] + powers[j])
        out[i] = modulus + 1j * np.arctan2(np.sqrt(float(-square)), float((m[0] + m[3]) / 2))
        out[j] = out[i].conj()
    return out


@dataclass
class Expansion:
    """Perturbation theory of (1 + E) D T, D the blocks of the overlap, in the basis of the vectors of D T."""

    logs: Complex
    first: Complex  # first order of ln(lambda)
    rest: NDArray[np.float64]  # bound on the second order, and the rounding of the first
    coupling: float
    right: Complex  # right vectors to first order in the basis `behind`
    left: Complex  # left vectors to first order in the basis `before`
    flag: Matrix  # its leading columns span the invariant subspaces, to first order in the basis `before`


def _expand(carried: Carried, pair: NDArray[np.int8]) -> Expansion | None:
    r = pair.size
    overlap = carried.overlap()
    logs = _log_eigenvalues(carried, overlap, pair)
    if logs is None:
        return None
    inside = np.eye(r, dtype=bool)
    first = np.flatnonzero(pair == 1)
    inside[first, first + 1] = inside[first + 1, first] = True
    blocks, outside = (np.where(where, overlap[0], 0.0) for where in (inside, ~inside))
    error = np.linalg.solve(blocks.T, outside.T).T
    one = np.eye(r)
    form = SchurForm(blocks, carried.triangle[0][None], carried.exponents[None], pair, one, one, (0, 0), 0)
    triangular = complex_triangular(form, side="outer")
    turn = triangular.basis
    turned = turn.conj().T @ error @ turn
    x, (y, _) = right_vectors(triangular), left_vectors(triangular)
    with np.errstate(all="ignore"):
        scale = np.sqrt(np.linalg.norm(y, axis=0) / np.linalg.norm(x, axis=0))
        x, y = x * scale, y / scale  # of one length, and y^T x = 1 still
        moved = y.T @ turned @ x
        gap = logs[:, None] - logs[None, :]
        gap.real = np.clip(gap.real, -600.0, 600.0)
        np.fill_diagonal(gap, 1.0)
        away = 1.0 / np.expm1(gap)  # lambda_j / (lambda_i - lambda_j)
        diagonal = np.diagonal(moved).copy()
        np.fill_diagonal(moved, 0.0)
        size = np.abs(moved) * np.maximum(np.abs(away), np.abs(1.0 + away))
        coupling = max(size.sum(axis=0).max(), size.sum(axis=1).max(), np.abs(diagonal).max())
        if not np.isfinite(coupling):
            return None
        rest = np.abs(moved * moved.T * away).sum(axis=1) + np.abs(diagonal) ** 2
        rest += ROUNDING * np.einsum("ji,jk,ki->i", np.abs(y), np.abs(turned), np.abs(x))
    to = moved * (1.0 + away.T)  # [j, i]: the share of x_j that x_i lacks
    outward = np.where(inside, 0.0, to)
    flag = turn @ (one + np.linalg.solve(x.T, (x @ outward).T).T) @ turn.conj().T
    image = x + x @ (moved * away.T)  # D T times the corrected vectors, over lambda
    return Expansion(
        logs,
        diagonal,
        rest,
        float(coupling),
        np.linalg.solve(blocks, turn @ (image / np.abs(image).max(axis=0))),
        turn.conj() @ (y + y @ (moved * away).T),
        flag.real,
    )


def _settled(factors: Sequence[Matrix], basis: Matrix) -> Carried | None:
    start = orthonormal(basis)
    carried = None if start is None else carry(factors, start)
    if carried is not None and basis.shape[1] < basis.shape[0]:  # of lower rank: into the range of the product first
        carried = carry(factors, carried.behind)
    return carried


def refined(
    factors: Sequence[Matrix], basis: Matrix, pair: NDArray[np.int8], condition: NDArray[np.float64]
) -> dict[str, Any] | None:
    """Corrected logarithms, arguments, bounds and vectors for a Schur basis (n, r) of the product, or None.

    ``condition`` says how many units the logarithms move for row-wise errors of one unit in every factor (`_chain`).
    None means that the basis is too far from an invariant one for perturbation theory, or a panel lost its rank.
    """
    last = PASSES - 1
    for attempt in range(PASSES):
        carried = _settled(factors, basis)
        found = None if carried is None else _expand(carried, pair)
        if carried is None or found is None or found.coupling > (PERTURBATIVE if attempt == last else 1.0):
            return None
        if attempt == last or (found.coupling <= NEAR and found.rest.max() <= SMALL):
            return _result(carried, found, pair, EXTENDED * float(condition.max()))
        basis = carried.before[0] @ np.linalg.qr(found.flag)[0]
    return None


def _result(carried: Carried, found: Expansion, pair: NDArray[np.int8], floor: float) -> dict[str, Any]:
    logs = found.logs + found.first
    second = np.flatnonzero(pair == 1) + 1
    logs[second] = logs[second - 1].conj()
    argument = np.where(pair == 0, np.where(found.logs.imag == 0.0, 0.0, np.pi), logs.imag)
    log_modulus = np.ascontiguousarray(logs.real)
    out = {
        "log_modulus": log_modulus,
        "argument": argument,
        "error": 2.0 * found.rest + 4.0 * UNIT * (2.0 + np.abs(log_modulus)) + floor,
        "right": carried.behind[0] @ found.right,
    }
    if carried.before[0].shape[0] == pair.size:
        out["left"] = carried.before[0] @ found.left
    return out
