r"""Lyapunov exponents of a sequence of matrices with error bars, finite-time exponents, covariant vectors."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.linalg import solve_triangular

from rmt._checks import check_integer
from rmt._random import RandomState, generator
from rmt._results import Result, provenance
from rmt.spectra._factors import Matrix, checked_factors
from rmt.spectra.singular import product_singular_values

__all__ = [
    "CovariantVectors",
    "FiniteTimeExponents",
    "LyapunovExponents",
    "covariant_vectors",
    "finite_time_exponents",
    "lyapunov_exponents",
]

FEWEST_BATCHES = 20


@dataclass(frozen=True)
class LyapunovExponents(Result):
    """Estimates of the asymptotic exponents.

    Attributes
    ----------
    exponents : (k,) array
        Means of the increments ln r_ii, in natural logarithms per factor, in the order of the QR sweep (descending up to
        the statistical error).
    stderr : (k,) array
        Standard errors from batch means.
    effective : (k,) array
        Effective number of independent increments: their variance over stderr^2.
    increments : (steps, k) array
        ln r_ii of every step after the transient.
    meta : dict
        Versions, number of factors, batches.
    """

    exponents: NDArray[np.float64]
    stderr: NDArray[np.float64]
    effective: NDArray[np.float64]
    increments: NDArray[np.float64]
    meta: dict[str, Any] = field(default_factory=dict, repr=False)


@dataclass(frozen=True)
class FiniteTimeExponents(Result):
    """ln s_i(L) / L with the numerical bound; not the asymptotic exponents, from which they differ by O(ln N / L).

    Attributes
    ----------
    exponents : (n,) array
        ln s_i / L in descending order.
    error : (n,) array
        Numerical (not statistical) bound.
    meta : dict
        Versions and depth.
    """

    exponents: NDArray[np.float64]
    error: NDArray[np.float64]
    meta: dict[str, Any] = field(default_factory=dict, repr=False)


@dataclass(frozen=True)
class CovariantVectors(Result):
    """Covariant (Oseledets) vectors at every interface of the observation window.

    Attributes
    ----------
    vectors : (steps + 1, n, k) array
        Unit columns; A_{t+1} vectors[t, :, i] is parallel to vectors[t + 1, :, i].
    growth : (steps, k) array
        Logarithm of the length of A_{t+1} vectors[t, :, i]: its means are the Lyapunov exponents.
    residual : (k,) array
        Largest distance between the vectors from two random starts of the backward pass: convergence per vector.
    meta : dict
        Versions and lengths of the transients.
    """

    vectors: NDArray[np.float64]
    growth: NDArray[np.float64]
    residual: NDArray[np.float64]
    meta: dict[str, Any] = field(default_factory=dict, repr=False)


def _orthonormal(panel: Matrix) -> tuple[Matrix, Matrix]:
    """QR with positive diagonal, rows sorted by norm (graded factors need it)."""
    rows = np.argsort(-np.abs(panel).max(axis=1), kind="stable")
    q, r = np.linalg.qr(panel[rows])
    sign = np.where(np.diagonal(r) < 0.0, -1.0, 1.0)
    basis = np.empty_like(q)
    basis[rows] = q * sign
    return basis, r * sign[:, None]


def _start(n: int, k: int | None, rng: np.random.Generator) -> Matrix:
    if k is not None and k > n:
        raise ValueError(f"k = {k} must be an integer from 1 to the number of columns of the first factor, {n}")
    return np.linalg.qr(rng.standard_normal((n, n if k is None else k)))[0]


def _sweep(factors: Iterable[ArrayLike], k: int | None, rng: np.random.Generator) -> Iterator[tuple[Matrix, Matrix]]:
    """Yield (Q_t, R_t) with A_t Q_{t-1} = Q_t R_t from a random orthonormal start."""
    q: Matrix | None = None
    for index, factor in enumerate(checked_factors(factors)):
        if q is None:
            q = _start(factor.matrix.shape[1], k, rng)
        if factor.matrix.shape[0] < q.shape[1]:
            raise ValueError(
                f"factors[{index}] has shape {factor.matrix.shape}: fewer rows than the {q.shape[1]} exponents wanted"
            )
        q, r = _orthonormal(factor.matrix @ q)
        yield q, r


def lyapunov_exponents(
    factors: Iterable[ArrayLike], *, burn_in: int = 0, k: int | None = None, rng: RandomState = 0
) -> LyapunovExponents:
    r"""Asymptotic Lyapunov exponents lim (1/L) ln s_i(L), with standard errors from batch means.

    A_t Q_{t-1} = Q_t R_t; the exponents are the means of ln (R_t)_ii over the steps behind the transient.

    Parameters
    ----------
    factors : sequence or iterator of (n, n) arrays
        The first one acts first; read once, memory O(N^2 + L k).
    burn_in : int
        Number of first factors that are left out of the means, while Q turns into the asymptotic frame.
    k : int, optional
        Only the k largest exponents; cost O(N^2 k) per factor.
    rng : seed or numpy.random.Generator
        For the random orthonormal start.

    Returns
    -------
    LyapunovExponents
        ``.exponents``, ``.stderr``, ``.effective``, ``.increments``.

    Raises
    ------
    ValueError
        If fewer than 20 factors remain after the transient (one per batch), or factors are bad as in
        `product_singular_values`; if a factor has fewer rows than k.

    Notes
    -----
    Batches: the largest number between 20 and sqrt(steps) of equal length, at least 20. Benettin et al., Meccanica 15
    (1980) 9. For increments that are independent the error agrees with sqrt(variance / L).

    Examples
    --------
    >>> import numpy as np
    >>> from rmt.spectra import lyapunov_exponents
    >>> rng = np.random.default_rng(0)
    >>> result = lyapunov_exponents(rng.standard_normal((2, 2)) for _ in range(4000))
    >>> exact = np.array([0.057965757, -0.635181423])  # (ln 2 + digamma((N - i + 1) / 2)) / 2
    >>> bool(np.all(np.abs(result.exponents - exact) < 4 * result.stderr))
    True
    """
    burn_in = check_integer("burn_in", burn_in, low=0)
    if k is not None:
        k = check_integer("k", k, low=1)
    rows: list[NDArray[np.float64]] = []
    depth = 0
    with np.errstate(divide="ignore"):
        for _, r in _sweep(factors, k, generator(rng)):
            depth += 1
            if depth > burn_in:
                rows.append(np.log(np.diagonal(r)))
    if len(rows) < FEWEST_BATCHES:
        raise ValueError(
            f"burn_in = {burn_in} leaves {len(rows)} of {depth} factors, at least {FEWEST_BATCHES} are needed for error bars"
        )
    increments = np.array(rows)
    batches = max(FEWEST_BATCHES, math.isqrt(len(rows)))
    length = len(rows) // batches
    means = increments[len(rows) - batches * length :].reshape(batches, length, -1).mean(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):  # -inf where a factor is singular
        stderr = means.std(axis=0, ddof=1) / math.sqrt(batches)
        effective = increments.var(axis=0, ddof=1) / stderr**2
    meta = provenance() | {"depth": depth, "burn_in": burn_in, "batches": batches}
    return LyapunovExponents(increments.mean(axis=0), stderr, effective, increments, meta)


def finite_time_exponents(factors: Iterable[ArrayLike]) -> FiniteTimeExponents:
    r"""Finite-time exponents ln s_i(L) / L of the product of all L factors.

    Parameters
    ----------
    factors : sequence or iterator of (n_k, n_{k-1}) arrays
        The first one acts first.

    Returns
    -------
    FiniteTimeExponents
        ``.exponents`` (descending), ``.error`` (numerical bound).

    Raises
    ------
    ValueError
        As `product_singular_values`.

    Examples
    --------
    >>> import numpy as np
    >>> from rmt.spectra import finite_time_exponents
    >>> finite_time_exponents([np.diag([np.e, 1.0])] * 7).exponents.round(12)
    array([1., 0.])
    """
    result = product_singular_values(factors)
    depth = int(result.meta["depth"])
    return FiniteTimeExponents(result.log_values / depth, result.error / depth, result.meta)


def covariant_vectors(
    factors: Iterable[ArrayLike], *, burn_in: int, burn_out: int, k: int | None = None, rng: RandomState = 0
) -> CovariantVectors:
    r"""Covariant Lyapunov vectors by a forward QR sweep and backward triangular solves.

    V_t = Q_t C_t with C_{t-1} proportional to R_t^{-1} C_t, from a random upper triangular C at the end. The window is
    [burn_in, L - burn_out]; in a transient of length m the error of vector i decays like exp(-m gap_i), so 1e-15 needs
    gap x m >= 36, where gap_i is the distance to the neighbouring exponents.

    Parameters
    ----------
    factors : sequence or iterator of (n, n) arrays
        The first one acts first. Memory 2 L N k numbers (Q and R of every step).
    burn_in, burn_out : int
        Lengths of the forward and of the backward transient.
    k : int, optional
        Only the k vectors of the largest exponents.
    rng : seed or numpy.random.Generator
        For the random start of both passes.

    Returns
    -------
    CovariantVectors
        ``.vectors`` (steps + 1, n, k), ``.growth`` (steps, k), ``.residual`` (k,).

    Raises
    ------
    ValueError
        If nothing is left between the transients, or factors are bad as in `lyapunov_exponents`.

    Notes
    -----
    Ginelli et al., PRL 99 (2007) 130601; Kuptsov and Parlitz, J. Nonlinear Sci. 22 (2012) 727. The residual compares two
    backward starts; it does not see a forward transient that is too short.

    Examples
    --------
    >>> import numpy as np
    >>> from rmt.spectra import covariant_vectors
    >>> a = np.array([[2.0, 1.0], [0.0, 1.0]])  # constant factors: the eigenvectors
    >>> result = covariant_vectors([a] * 150, burn_in=60, burn_out=60)
    >>> np.abs(result.vectors[0]).round(12)
    array([[1.        , 0.70710678],
           [0.        , 0.70710678]])
    """
    burn_in = check_integer("burn_in", burn_in, low=0)
    burn_out = check_integer("burn_out", burn_out, low=0)
    if k is not None:
        k = check_integer("k", k, low=1)
    if burn_in == 0:
        raise ValueError("burn_in = 0 must be an integer >= 1: the forward frame needs at least one step")
    rng = generator(rng)
    frames: list[Matrix] = []  # Q at the interfaces burn_in, burn_in + 1, ...
    triangles: list[Matrix] = []  # R of the factors behind them
    matrices: list[Matrix] = []
    depth = 0

    def watched() -> Iterator[Matrix]:
        for factor in checked_factors(factors):
            if depth >= burn_in:
                matrices.append(factor.matrix)
            yield factor.matrix

    for q, r in _sweep(watched(), k, rng):
        depth += 1
        if depth >= burn_in:
            frames.append(q)
        if depth > burn_in:
            triangles.append(r)
    steps = depth - burn_in - burn_out
    if steps < 1:
        raise ValueError(f"burn_in = {burn_in} and burn_out = {burn_out} leave no step of the {depth} factors")
    first, second = (_backward(triangles, frames, steps, rng) for _ in range(2))
    overlap = np.sign(np.einsum("tni,tni->ti", first, second))
    residual = np.linalg.norm(first - second * overlap[:, None, :], axis=1).max(axis=0)
    growth = np.array([np.log(np.linalg.norm(matrices[t] @ first[t], axis=0)) for t in range(steps)])
    meta = provenance() | {"depth": depth, "burn_in": burn_in, "burn_out": burn_out}
    return CovariantVectors(first, growth, residual, meta)


def _backward(
    triangles: list[Matrix], frames: list[Matrix], steps: int, rng: np.random.Generator
) -> NDArray[np.float64]:
    """Vectors at the first steps + 1 interfaces, from a random start at the last one."""
    k = triangles[0].shape[1]
    c = np.triu(rng.standard_normal((k, k)))
    c /= np.linalg.norm(c, axis=0)
    out = np.empty((steps + 1, frames[0].shape[0], k))
    for t in range(len(triangles), -1, -1):
        if t <= steps:
            out[t] = frames[t] @ c
        if t > 0:
            c = solve_triangular(triangles[t - 1], c)
            c /= np.linalg.norm(c, axis=0)
    return out
