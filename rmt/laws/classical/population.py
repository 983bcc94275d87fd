r"""Marchenko-Pastur law of a population spectrum: Silverstein's equation on the real axis, by continuation from above.

.. math:: z = -\frac1m + c\,E\frac{t}{1+tm}, \qquad f(x) = \frac{\mathrm{Im}\,m(x+i0)}{\pi c}

and the same unknown gives the distribution: c F(x) + 1 - c = Im[zm + ln m - c E ln(1+tm)]/pi.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import brentq

from rmt._checks import check_array, check_integer, check_real
from rmt._continuation import ConvergenceError, follow
from rmt.laws.classical._base import BoundedLaw

__all__ = ["PopulationMarchenkoPastur"]

Array = NDArray[np.float64]


@dataclass(frozen=True)
class PopulationMarchenkoPastur(BoundedLaw):
    r"""Limit law of the eigenvalues of T^(1/2) X X^T T^(1/2) / n, X a p x n matrix of unit variance, c = p/n.

    Parameters
    ----------
    values : array_like
        Population eigenvalues t >= 0 (the spectrum of T).
    weights : array_like
        Their weights, >= 0, with sum 1.
    ratio : float
        c = p/n, > 0.

    Raises
    ------
    ValueError
        If an argument is out of its range or the weights do not sum to one.
    rmt.laws.ConvergenceError
        If the continuation fails at a point.

    Notes
    -----
    Tested to 1e-10 against the closed law of one value and its own integrals; points within 1e-6 of an edge lose digits.

    Examples
    --------
    >>> law = PopulationMarchenkoPastur([1.0, 5.0], [0.5, 0.5], 0.1)
    >>> print(f"{law.cdf(2.5):.10f}")  # the gap between the two bulks
    0.5000000000
    """

    values: ArrayLike
    weights: ArrayLike
    ratio: float

    def __post_init__(self) -> None:
        values, weights = check_array("values", self.values), check_array("weights", self.weights)
        if values.ndim != 1 or values.shape != weights.shape or values.size == 0:
            raise ValueError(f"values and weights of shapes {values.shape}, {weights.shape} must be equal vectors")
        if (values < 0.0).any() or not (values[weights > 0.0] > 0.0).any():
            raise ValueError(f"values = {values!r} must be >= 0 and not all 0")
        if (weights < 0.0).any() or abs(math.fsum(weights) - 1.0) > 1e-12:
            raise ValueError(f"weights must be >= 0 with sum 1, not {math.fsum(weights)!r}")
        kept = weights > 0.0
        object.__setattr__(self, "values", tuple(values[kept].tolist()))
        object.__setattr__(self, "weights", tuple(weights[kept].tolist()))
        object.__setattr__(self, "ratio", check_real("ratio", self.ratio, low=0.0, low_open=True))

    @property
    def _population(self) -> tuple[Array, Array]:
        return np.asarray(self.values, dtype=float), np.asarray(self.weights, dtype=float)

    @property
    def atom_at_zero(self) -> float:  # type: ignore[override]
        """Fraction of zero eigenvalues."""
        t, w = self._population
        return max(0.0, float(w[t == 0.0].sum()), 1.0 - 1.0 / self.ratio)

    def support(self) -> tuple[float, float]:
        """Smallest and largest point; there may be gaps between."""
        low, high = self._interval()
        return (0.0 if self.atom_at_zero else low), high

    def _interval(self) -> tuple[float, float]:
        t, w = self._population
        t, w = t[t > 0.0], w[t > 0.0]
        c, mass = self.ratio, float(w.sum())

        def slope(m: float) -> float:
            """m^2 dz/dm; an edge where it vanishes."""
            return 1.0 - c * float(w @ (t * m / (1.0 + t * m)) ** 2)

        def z(m: float) -> float:
            return -1.0 / m + c * float(w @ (t / (1.0 + t * m)))

        pole, first = 1.0 / t.max(), 1.0 / t.min()
        high = z(brentq(slope, -pole * (1.0 - 1e-12), -pole * 1e-12, xtol=1e-300, rtol=1e-15))
        if abs(c * mass - 1.0) < 1e-12:
            return 0.0, high
        if c * mass < 1.0:
            low = z(brentq(slope, -first * 1e13, -first * (1.0 + 1e-12), xtol=1e-300, rtol=1e-15))
        else:
            low = z(brentq(slope, first * 1e-13, first * 1e13, xtol=1e-300, rtol=1e-15))
        return low, high

    def _solve(self, x: Array) -> NDArray[np.complex128]:
        """m(x + i0), followed down from far above in the unknown ln m."""
        t, w = self._population
        c = self.ratio
        top = 30.0 * (float(w @ t) + t.max()) * (1.0 + c)

        def path(fraction: Array, index: NDArray) -> NDArray:
            return x[index] + 1j * top * (1.0 - fraction) ** 4

        def increment(state: NDArray, z: NDArray, index: NDArray) -> NDArray:
            m = np.exp(state[:, 0])
            share = t * m[:, None] / (1.0 + t * m[:, None])
            # z m + 1 - c E[tm/(1+tm)] = 0, derivative with respect to ln m
            residual = z * m + 1.0 - c * share @ w
            return (-residual / (z * m - c * (share * (1.0 - share)) @ w))[:, None]

        start = np.log(-1.0 / (x + 1j * top))[:, None]
        for _ in range(20):
            start = start + increment(start, x + 1j * top, np.arange(x.size))
        # long steps first; points that came down on another sheet go again in shorter ones
        m = np.exp(follow(increment, start, path, x.size, what="Silverstein's equation")[-1][:, 0])
        m, wrong = self._certified(x, m)
        for move in (0.1, 0.02):
            if not wrong.any():
                break
            index = np.flatnonzero(wrong)

            def part(fraction: Array, i: NDArray, index: NDArray = index) -> NDArray:
                return path(fraction, index[i])

            again = follow(
                increment,
                start[index],
                part,
                index.size,
                first_step=0.01,
                max_move=move,
                what="Silverstein's equation",
            )[-1][:, 0]
            m[index], wrong[index] = self._certified(x[index], np.exp(again))
        if wrong.any():
            raise ConvergenceError(f"Silverstein's equation: no certified root at x = {float(x[wrong][0])!r}")
        return m

    def _certified(self, x: Array, m: NDArray[np.complex128]) -> tuple[NDArray[np.complex128], NDArray[np.bool_]]:
        """The root in the upper half plane or the real one outside the support, and which points have neither.

        On the real axis the equation has one pair of complex roots at most, so a complex root is right up to its sign; a
        real root is right where z increases with m (Silverstein and Choi).
        """
        t, w = self._population
        m = m.real + 1j * np.abs(m.imag)
        real = m.imag < 1e-8 * np.abs(m)
        share = t * m.real[:, None] / (1.0 + t * m.real[:, None])
        wrong = real & (1.0 - self.ratio * share**2 @ w < -1e-4)
        return np.asarray(np.where(real, m.real + 0j, m), dtype=complex), np.asarray(wrong)

    def _pdf(self, x: Array) -> Array:
        return np.maximum(self._solve(x).imag, 0.0) / (math.pi * self.ratio)

    def _cdf(self, x: Array) -> Array:
        t, w = self._population
        m = self._solve(x)
        m = m.real + 1j * np.maximum(m.imag, 0.0)
        potential = x * m + np.log(m) - self.ratio * (np.log(1.0 + t * m[:, None]) @ w)
        companion = potential.imag / math.pi
        return np.asarray((companion - 1.0 + self.ratio) / self.ratio, dtype=float)

    def moment(self, k: int) -> float:
        """E x^k for k = 0, 1, 2."""
        k = check_integer("k", k, low=0, high=2)
        t, w = self._population
        one, two = float(w @ t), float(w @ t**2)
        return (1.0, one, two + self.ratio * one**2)[k]
