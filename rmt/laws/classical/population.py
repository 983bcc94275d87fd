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
from rmt.laws.classical._transforms import TransformLaw, log_upper

__all__ = ["PopulationMarchenkoPastur"]

Array = NDArray[np.float64]


@dataclass(frozen=True)
class PopulationMarchenkoPastur(TransformLaw):
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

    def _solve(self, x: Array | NDArray[np.complex128]) -> NDArray[np.complex128]:
        """m(x + i0) or m at points of the upper half plane, followed down from far above in the unknown ln m."""
        t, w = self._population
        c = self.ratio
        top = 30.0 * (float(w @ t) + t.max()) * (1.0 + c)
        top = top + np.abs(x)

        def increment(state: NDArray, z: NDArray, index: NDArray) -> NDArray:
            m = np.exp(state[:, 0])
            share = t * m[:, None] / (1.0 + t * m[:, None])
            # z m + 1 - c E[tm/(1+tm)] = 0, derivative with respect to ln m
            residual = z * m + 1.0 - c * share @ w
            return (-residual / (z * m - c * (share * (1.0 - share)) @ w))[:, None]

        def down(index: NDArray, first_step: float, max_move: float) -> NDArray[np.complex128]:
            def path(fraction: Array, i: NDArray) -> NDArray:
                return x[index[i]] + 1j * top[index[i]] * (1.0 - fraction) ** 4

            start = np.log(-1.0 / path(np.zeros(index.size), np.arange(index.size)))[:, None]
            for _ in range(20):
                start = start + increment(start, path(np.zeros(index.size), np.arange(index.size)), index)
            found = follow(
                increment, start, path, index.size, first_step=first_step, max_move=max_move, what="Silverstein's equation"
            )  # fmt: skip
            return np.asarray(np.exp(found[-1][:, 0]), dtype=complex)

        # long steps first; points that came down on another sheet go again in shorter ones
        m = np.empty(x.size, dtype=complex)
        wrong = np.ones(x.size, dtype=bool)
        for first_step, max_move in ((0.1, 0.6), (0.01, 0.1), (0.01, 0.02)):
            index = np.flatnonzero(wrong)
            if index.size:
                m[index], wrong[index] = self._certified(x[index], down(index, first_step, max_move))
        if wrong.any() and x.dtype.kind == "f":
            index = np.flatnonzero(wrong)
            m[index], wrong[index] = self._certified(x[index], self._other_root(x[index].real, m[index].real))
        if wrong.any():
            raise ConvergenceError(f"Silverstein's equation: no certified root at x = {x[wrong][0].item()!r}")
        return m

    def _other_root(self, x: Array, m: Array) -> NDArray[np.complex128]:
        """Just outside an edge two real roots nearly meet: the one beyond the stationary point of z(m), by Newton."""
        t, w = self._population

        def moments(m: Array) -> tuple[Array, Array, Array]:
            share = t / (1.0 + t * m[:, None])
            c = self.ratio
            return -1.0 / m + c * share @ w, 1.0 / m**2 - c * share**2 @ w, -2.0 / m**3 + 2.0 * c * share**3 @ w

        _, slope, curvature = moments(m)
        m = m - 2.0 * slope / curvature
        for _ in range(20):
            z, slope, _ = moments(m)
            m = m + (x - z) / slope
        if np.any(np.abs(moments(m)[0] - x) > 1e-9 * np.abs(x)):
            raise ConvergenceError(f"Silverstein's equation: no certified root at x = {x[0].item()!r}")
        return np.asarray(m, dtype=complex)

    def _certified(
        self, x: Array | NDArray[np.complex128], m: NDArray[np.complex128]
    ) -> tuple[NDArray[np.complex128], NDArray[np.bool_]]:
        """The root in the upper half plane or the real one outside the support, and which points have neither.

        On the real axis the equation has one pair of complex roots at most, so a complex root is right up to its sign; a
        real root is right where z increases with m (Silverstein and Choi). Above the axis one root has Im m > 0.
        """
        if x.dtype.kind == "c":
            return m, m.imag <= 0.0
        t, w = self._population
        m = m.real + 1j * np.abs(m.imag)
        real = m.imag < 1e-8 * np.abs(m)
        share = t * m.real[:, None] / (1.0 + t * m.real[:, None])
        wrong = real & (1.0 - self.ratio * share**2 @ w < -1e-4)
        return np.asarray(np.where(real, m.real + 0j, m), dtype=complex), np.asarray(wrong)

    def _pdf(self, x: Array) -> Array:
        return np.maximum(self._solve(x).imag, 0.0) / (math.pi * self.ratio)

    def _companion(self, w: NDArray[np.complex128]) -> NDArray[np.complex128]:
        """m on the closed upper half plane."""
        m = np.empty(w.size, dtype=complex)
        real = w.imag == 0.0
        if real.any():
            m[real] = self._solve(w[real].real)
        if not real.all():
            m[~real] = self._solve(w[~real])
        return m.real + 1j * np.maximum(m.imag, 0.0)

    def _cdf(self, x: Array) -> Array:
        return 1.0 - self._potential(x.astype(complex)).imag / math.pi

    def _reciprocal(self, w: NDArray[np.complex128]) -> tuple[NDArray[np.complex128], NDArray[np.complex128]]:
        t, mass = self._population
        c = self.ratio
        m = self._companion(w)
        share = t * m[:, None] / (1.0 + t * m[:, None])
        with np.errstate(divide="ignore", invalid="ignore"):
            # w G = 1 - E[tm/(1+tm)] = E 1/(1+tm), and dw/dm = (1 - c E[share^2])/m^2
            g = (1.0 / (1.0 + t * m[:, None])) @ mass / w
            rate = m**2 / (1.0 - c * share**2 @ mass)
            slope = (-(t / (1.0 + t * m[:, None]) ** 2) @ mass * rate - g) / w
            return 1.0 / g, -slope / g**2

    def _potential(self, w: NDArray[np.complex128]) -> NDArray[np.complex128]:
        # c U + (1 - c) ln w = -1 - w m - ln(-m) + c E ln(1 + tm), stationary in m
        t, mass = self._population
        c = self.ratio
        m = self._companion(w)
        companion = -(1.0 + w * m) + 1j * math.pi - log_upper(m) + c * (log_upper(1.0 + t * m[:, None]) @ mass)
        return (companion - (1.0 - c) * log_upper(w)) / c

    def moment(self, k: int) -> float:
        """E x^k for k = 0, 1, 2."""
        k = check_integer("k", k, low=0, high=2)
        t, w = self._population
        one, two = float(w @ t), float(w @ t**2)
        return (1.0, one, two + self.ratio * one**2)[k]
