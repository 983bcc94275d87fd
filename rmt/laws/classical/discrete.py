"""Laws of a few point masses: projections, symmetries, population spectra; what free convolution is fed with."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from rmt._checks import check_array, check_integer
from rmt._random import RandomState, generator
from rmt.laws.classical._base import _fraction, _like
from rmt.laws.classical._transforms import TransformLaw, log_upper

__all__ = ["DiscreteLaw"]

Array = NDArray[np.float64]
Complex = NDArray[np.complex128]


@dataclass(frozen=True)
class DiscreteLaw(TransformLaw):
    r"""Point masses, :math:`\mu = \sum_j w_j\,\delta_{x_j}`; it has no density.

    Parameters
    ----------
    values : array_like
        Positions, real; equal ones are added up.
    weights : array_like
        Masses, >= 0, with sum 1.

    Raises
    ------
    ValueError
        If an argument is out of its range or the weights do not sum to one.

    Examples
    --------
    >>> law = DiscreteLaw([0.0, 1.0], [0.25, 0.75])  # a projection of relative rank 3/4
    >>> law.mean(), law.atom_at_zero, law.cdf(0.5)
    (0.75, 0.25, 0.25)
    """

    values: ArrayLike
    weights: ArrayLike

    def __post_init__(self) -> None:
        values, weights = check_array("values", self.values, ndim=1), check_array("weights", self.weights, ndim=1)
        if values.shape != weights.shape or values.size == 0:
            raise ValueError(f"values and weights of shapes {values.shape}, {weights.shape} must be equal vectors")
        if (weights < 0.0).any() or abs(math.fsum(weights) - 1.0) > 1e-12:
            raise ValueError(f"weights must be >= 0 with sum 1, not {math.fsum(weights)!r}")
        places = np.unique(values[weights > 0.0])
        masses = [math.fsum(weights[values == place]) for place in places]
        object.__setattr__(self, "values", tuple(places.tolist()))
        object.__setattr__(self, "weights", tuple(masses))

    def _points(self) -> tuple[Array, Array]:
        return np.asarray(self.values, dtype=float), np.asarray(self.weights, dtype=float)

    @property
    def atom_at_zero(self) -> float:  # type: ignore[override]
        """Mass at 0."""
        x, w = self._points()
        return float(w[x == 0.0].sum())

    def atoms(self) -> list[tuple[float, float]]:
        """(position, mass) of every point, in increasing order."""
        x, w = self._points()
        return list(zip(x.tolist(), w.tolist(), strict=True))

    def support(self) -> tuple[float, float]:
        """Smallest and largest position."""
        x, _ = self._points()
        return float(x[0]), float(x[-1])

    def moment(self, k: int) -> float:
        """E x^k."""
        x, w = self._points()
        return math.fsum(w * x ** check_integer("k", k, low=0))

    def _pdf(self, x: Array) -> Array:
        return np.zeros(x.shape)

    def _cdf(self, x: Array) -> Array:
        place, w = self._points()
        return np.where(place <= x[:, None], w, 0.0).sum(axis=1)

    def _ccdf(self, x: Array) -> Array:
        place, w = self._points()
        return np.where(place > x[:, None], w, 0.0).sum(axis=1)

    def icdf(self, p: ArrayLike) -> float | Array:
        """The smallest position with cdf >= p."""
        return self._quantile(_fraction("p", p), np.cumsum(self._points()[1]), p)

    def iccdf(self, p: ArrayLike) -> float | Array:
        """The smallest position with ccdf <= p."""
        return self._quantile(1.0 - _fraction("p", p), np.cumsum(self._points()[1]), p)

    def _quantile(self, fraction: Array, total: Array, p: ArrayLike) -> float | Array:
        place = np.searchsorted(total[:-1] + 1e-15, fraction, side="left")
        return _like(self._points()[0][place], p)

    def sample(self, shape: int | tuple[int, ...] = (), rng: RandomState = None) -> float | Array:
        """Independent draws."""
        return self.icdf(generator(rng).random(shape))

    def _reciprocal(self, w: Complex) -> tuple[Complex, Complex]:
        x, mass = self._points()
        with np.errstate(divide="ignore", invalid="ignore"):
            pole = 1.0 / (w[:, None] - x)
            g, slope = pole @ mass, -(pole**2) @ mass
            g = np.where(g == 0.0, 1e-100, g)  # F is infinite there; a large number does
            return 1.0 / g, -slope / g**2

    def _potential(self, w: Complex) -> Complex:
        x, mass = self._points()
        with np.errstate(divide="ignore"):
            return log_upper(w[:, None] - x) @ mass
