r"""Laws with a Stieltjes transform: what free convolution asks of a law, and the R and S transforms.

A subclass gives, on the closed upper half plane (a real argument is the limit from above),

.. math:: F(w) = 1/G(w),\quad F'(w),\quad U(w) = \int\ln(w-x)\,d\mu(x), \qquad G(w) = \int\frac{d\mu(x)}{w-x} .
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from rmt._continuation import ConvergenceError, follow
from rmt.laws.classical._base import BoundedLaw

__all__ = ["TransformLaw", "log_upper"]

Complex = NDArray[np.complex128]
_FAR = 1e-3  # the transforms are followed from this fraction of their argument, where they are a few terms of a series


def log_upper(w: NDArray) -> Complex:
    """Logarithm on the closed upper half plane, with the angle pi on the negative axis whatever the sign of a zero."""
    return np.log(np.abs(w)) + 1j * np.arctan2(np.abs(w.imag), w.real)


class TransformLaw(BoundedLaw):
    """Base of the laws that free convolution takes."""

    @abstractmethod
    def _reciprocal(self, w: Complex) -> tuple[Complex, Complex]:
        """(F, dF/dw) on the closed upper half plane."""

    @abstractmethod
    def _potential(self, w: Complex) -> Complex:
        """U on the closed upper half plane, Im U in [0, pi]."""

    def stieltjes(self, z: ArrayLike) -> complex | Complex:
        r"""G(z) = int dmu(x)/(z - x); a real z is the limit from above, -Im G/pi is the density there.

        Parameters
        ----------
        z : array_like, complex
            Any shape.

        Returns
        -------
        complex or ndarray

        Raises
        ------
        ValueError
            If z is not finite.
        """
        return self._on_both_sides(z, lambda w: 1.0 / self._reciprocal(w)[0])

    def log_potential(self, z: ArrayLike) -> complex | Complex:
        r"""U(z) = int ln(z - x) dmu(x); at a real z the limit from above, where Im U = pi (1 - cdf).

        Parameters
        ----------
        z : array_like, complex
            Any shape.

        Returns
        -------
        complex or ndarray

        Raises
        ------
        ValueError
            If z is not finite.
        """
        return self._on_both_sides(z, self._potential)

    def r_transform(self, g: ArrayLike) -> complex | Complex:
        r"""R(g) = G^{-1}(g) - 1/g, on the branch that is analytic at 0; R(0) is the mean. Free sums add it.

        Parameters
        ----------
        g : array_like, complex
            Real between the values of G at the two ends of the support, or complex within reach of 0.

        Returns
        -------
        complex or ndarray
            Complex dtype; imaginary part 0 for real g.

        Raises
        ------
        ValueError
            If g is not finite.
        rmt.laws.ConvergenceError
            If the inverse meets a branch point on the way from 0 to g.
        """
        return self._on_both_sides(g, self._r_closed or self._r_numeric, lower=True)

    def s_transform(self, y: ArrayLike) -> complex | Complex:
        r"""S(y) = (1 + y)/(y u) with y = u G(u) - 1, on the branch that is analytic at 0. Free products multiply it.

        Parameters
        ----------
        y : array_like, complex
            Real in (atom at zero - 1, 0) or positive up to its value at the upper end, or complex within reach of 0.

        Returns
        -------
        complex or ndarray
            Complex dtype; imaginary part 0 for real y.

        Raises
        ------
        ValueError
            If y is not finite, or the mean is 0 (no S transform).
        rmt.laws.ConvergenceError
            If the inverse meets a branch point on the way from 0 to y.
        """
        if abs(self.mean()) < 1e-14 * max(1.0, *np.abs(self.support())):
            raise ValueError("the law has mean 0: it has no S transform")
        return self._on_both_sides(y, self._s_closed or self._s_numeric, lower=True)

    _r_closed: Callable[[Complex], Complex] | None = None
    _s_closed: Callable[[Complex], Complex] | None = None

    def _on_both_sides(
        self, z: ArrayLike, function: Callable[[Complex], Complex], *, lower: bool = False
    ) -> complex | Complex:
        """Evaluate where the function is given (upper half plane, or lower) and reflect elsewhere."""
        points = np.asarray(z)
        if points.dtype.kind not in "iufc" or not np.isfinite(points).all():
            raise ValueError(f"z = {z!r} must hold finite numbers")
        flat = np.atleast_1d(points).astype(complex).ravel()
        other = flat.imag > 0 if lower else flat.imag < 0
        # no negative zeros: a real point is the limit from the side on which the function is given
        side = -1.0 if lower else 1.0
        given = flat.real + 1j * side * np.abs(flat.imag)
        values = np.asarray(function(given), dtype=complex)
        out = np.where(other, values.conj(), values).reshape(points.shape)
        return complex(out) if points.ndim == 0 else out

    def _r_numeric(self, g: Complex) -> Complex:
        """Unknown R/length: F(R + 1/g) = 1/g."""
        length = self._length
        out = np.full(g.shape, complex(self.mean()))
        todo = g != 0.0
        if todo.any():
            goal = g[todo]

            def increment(state: NDArray, z: NDArray, index: NDArray) -> NDArray:
                value, slope = self._both(length * state[:, 0] + 1.0 / z)
                return ((1.0 / z - value) / slope / length)[:, None]

            start = np.full(goal.shape, complex(self.mean() / length))
            out[todo] = length * self._inverse(increment, start, goal, 1.0 / length, "R")
            self._check_side(out[todo] + 1.0 / goal, goal, "R")
        return out

    def _s_numeric(self, y: Complex) -> Complex:
        """Unknown ln S: u = (1 + y)/(y S) has 1 - F(u)/u = y/(1 + y)."""
        start = np.log(complex(self.mean()))
        out = np.full(y.shape, 1.0 / complex(self.mean()))
        todo = y != 0.0
        if todo.any():
            goal = y[todo]

            def increment(state: NDArray, z: NDArray, index: NDArray) -> NDArray:
                u = (1.0 + z) / (z * np.exp(state[:, 0]))
                value, slope = self._both(u)
                # d(1 - F/u)/d ln S = F' - F/u
                return ((z / (1.0 + z) - 1.0 + value / u) / (slope - value / u))[:, None]

            log_s = self._inverse(increment, np.full(goal.shape, -start), goal, 1.0, "S")
            out[todo] = np.exp(log_s)
            self._check_side((1.0 + goal) / (goal * out[todo]), goal, "S")
        return out

    @property
    def _length(self) -> float:
        low, high = self.support()
        return max(high - low, abs(low), abs(high))

    def _both(self, u: NDArray) -> tuple[Complex, Complex]:
        """(F, F') on both half planes."""
        lower = u.imag < 0
        value, slope = self._reciprocal(u.real + 1j * np.abs(u.imag))
        return np.where(lower, value.conj(), value), np.where(lower, slope.conj(), slope)

    def _inverse(self, increment: Any, start: Complex, goal: Complex, unit: float, name: str) -> Complex:
        """Follow one unknown on the ray from near 0, where it is the ``start``, to the goal."""
        first = np.minimum(1.0, _FAR * unit / np.abs(goal))
        found = follow(
            increment, start[:, None], lambda t, index: goal[index] * first[index] ** (1.0 - t), goal.size,
            max_move=0.3, what=f"{name} transform",
        )  # fmt: skip
        return np.asarray(found[-1][:, 0], dtype=complex)

    def _check_side(self, u: Complex, goal: Complex, name: str) -> None:
        """G maps the upper half plane into the lower one; a real argument belongs to a point outside the support."""
        low, high = self.support()
        slack = 1e-9 * self._length
        real = np.abs(goal.imag) < 1e-14 * np.abs(goal)
        inside = (u.real > low + slack) & (u.real < high - slack)
        wrong = np.where(real, (np.abs(u.imag) > slack) | inside, u.imag * goal.imag > slack * np.abs(goal))
        if wrong.any():
            raise ConvergenceError(f"{name} transform at {goal[wrong][0]}: beyond the branch that is analytic at 0")
