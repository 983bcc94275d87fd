"""What the classical laws share: a subclass gives support, density and distribution; checks and inversion stand here."""

from __future__ import annotations

from abc import ABC, abstractmethod

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import elementwise

from rmt._checks import check_array
from rmt._random import RandomState, generator

__all__ = ["BoundedLaw"]

Array = NDArray[np.float64]


class BoundedLaw(ABC):
    """Base of laws on an interval, with an optional atom at zero; subclasses define ``support`` and the ``_`` methods.

    Scalars give floats, arrays arrays. Outside the support the density is 0 and the distribution 0 or 1.
    """

    atom_at_zero: float = 0.0

    def atoms(self) -> list[tuple[float, float]]:
        """(position, mass) of every point mass, in increasing order."""
        return [(0.0, self.atom_at_zero)] if self.atom_at_zero > 0.0 else []

    @abstractmethod
    def support(self) -> tuple[float, float]:
        """Smallest and largest point of the law, the atom included."""

    @abstractmethod
    def _pdf(self, x: Array) -> Array:
        """Density strictly inside the support of the continuous part."""

    @abstractmethod
    def _cdf(self, x: Array) -> Array:
        """Distribution strictly inside the support of the continuous part."""

    def _ccdf(self, x: Array) -> Array:
        return 1.0 - self._cdf(x)

    def _interval(self) -> tuple[float, float]:
        """Support of the continuous part."""
        return self.support()

    @abstractmethod
    def moment(self, k: int) -> float:
        """E x^k for k = 0, 1, 2, ...; the atom is included."""

    def mean(self) -> float:
        """E x."""
        return self.moment(1)

    def pdf(self, x: ArrayLike) -> float | Array:
        """Density of the continuous part; its integral is 1 - atom_at_zero."""
        return self._evaluate(x, self._pdf, 0.0, 0.0)

    def logpdf(self, x: ArrayLike) -> float | Array:
        """ln pdf, -inf outside the support."""
        with np.errstate(divide="ignore"):
            return _like(np.log(self.pdf(x)), x)

    def cdf(self, x: ArrayLike) -> float | Array:
        """P(X <= x)."""
        return self._evaluate(x, self._cdf, self._mass_up_to(x), 1.0)

    def ccdf(self, x: ArrayLike) -> float | Array:
        """P(X > x), with relative accuracy near the upper end where the law has a form for it."""
        return self._evaluate(x, self._ccdf, 1.0 - self._mass_up_to(x), 0.0)

    def icdf(self, p: ArrayLike) -> float | Array:
        """Quantile: the smallest x with cdf(x) >= p."""
        p_ = _fraction("p", p)
        return self._invert(p_, self._cdf, p_ <= self._mass_at_low, 1.0)

    def iccdf(self, p: ArrayLike) -> float | Array:
        """x with ccdf(x) = p, accurate for small p where the law has a form for the upper tail."""
        p_ = _fraction("p", p)
        return self._invert(p_, self._ccdf, p_ >= 1.0 - self._mass_at_low, 0.0)

    def sample(self, shape: int | tuple[int, ...] = (), rng: RandomState = None) -> float | Array:
        """Independent draws, by inversion."""
        return self.icdf(generator(rng).random(shape))

    def _mass_up_to(self, x: ArrayLike) -> Array:
        """Point masses at positions <= x; the distribution left of the continuous part."""
        points = np.asarray(x, dtype=float)
        return np.asarray(sum((np.where(points >= place, mass, 0.0) for place, mass in self.atoms()), np.zeros(1)[0]))

    @property
    def _mass_at_low(self) -> float:
        """Point masses up to the lower end of the continuous part."""
        return float(self._mass_up_to(self._interval()[0]))

    def _evaluate(self, x: ArrayLike, inside_value, below, above: float) -> float | Array:
        points = check_array("x", x, finite=False)
        if np.isnan(points).any():
            raise ValueError("x holds NaN; it must be real")
        low, high = self._interval()
        out = np.where(points >= high, above, np.broadcast_to(below, points.shape)).astype(float)
        inside = (points > low) & (points < high)
        if inside.any():
            out[inside] = inside_value(points[inside])
        return _like(out, x)

    def _invert(self, p: Array, function, in_atom: NDArray[np.bool_], at_high: float) -> float | Array:
        low, high = self._interval()
        flat = np.atleast_1d(p)
        atom = np.atleast_1d(in_atom)
        out = np.full(flat.shape, self.support()[0])
        top = flat == at_high
        out[top] = high
        todo = ~(top | atom)
        if todo.any():
            target = flat[todo]
            root = elementwise.find_root(
                lambda x, goal: self._at(function, x, low, high) - goal,
                (np.full(target.shape, low), np.full(target.shape, high)),
                args=(target,),
            )
            out[todo] = root.x
        return _like(out.reshape(np.shape(p)), p)

    def _at(self, function, x: Array, low: float, high: float) -> Array:
        """The function with its limits at the ends, so that a bracket may touch them."""
        rises = function == self._cdf
        at_low = self._mass_at_low if rises else 1.0 - self._mass_at_low
        out = np.where(x <= low, at_low, 1.0 if rises else 0.0)
        inside = (x > low) & (x < high)
        if inside.any():
            out[inside] = function(x[inside])
        return out


def _fraction(name: str, p: ArrayLike) -> Array:
    values = check_array(name, p)
    if np.any((values < 0.0) | (values > 1.0)):
        bad = values[(values < 0.0) | (values > 1.0)].flat[0]
        raise ValueError(f"{name} = {bad!r} must be in [0, 1]")
    return values


def _like(out: Array, x: ArrayLike) -> float | Array:
    return float(out) if np.ndim(x) == 0 else out
