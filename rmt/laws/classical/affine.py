"""A law moved and scaled."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rmt._checks import check_integer, check_real
from rmt.laws.classical._transforms import TransformLaw

__all__ = ["AffineLaw"]

Array = NDArray[np.float64]
Complex = NDArray[np.complex128]


@dataclass(frozen=True)
class AffineLaw(TransformLaw):
    """Law of scale X + shift.

    Parameters
    ----------
    law : law
        Of X, with a Stieltjes transform.
    scale : float
        > 0.
    shift : float

    Raises
    ------
    ValueError
        If an argument is out of its range.

    Examples
    --------
    >>> from rmt.laws import AffineLaw, Semicircle
    >>> AffineLaw(Semicircle(), 2.0, 1.0).support()
    (-3.0, 5.0)
    """

    law: TransformLaw
    scale: float = 1.0
    shift: float = 0.0

    def __post_init__(self) -> None:
        if not isinstance(self.law, TransformLaw):
            raise ValueError(f"law = {self.law!r} must be a law with a Stieltjes transform")
        object.__setattr__(self, "scale", check_real("scale", self.scale, low=0.0, low_open=True))
        object.__setattr__(self, "shift", check_real("shift", self.shift))

    def _place(self, x: Any) -> Any:
        return self.scale * x + self.shift

    def atoms(self) -> list[tuple[float, float]]:
        """(position, mass) of every point mass."""
        return [(self._place(x), mass) for x, mass in self.law.atoms()]

    @property
    def atom_at_zero(self) -> float:  # type: ignore[override]
        """Mass at 0."""
        return math.fsum(mass for x, mass in self.atoms() if x == 0.0)

    def support(self) -> tuple[float, float]:
        """Smallest and largest point."""
        low, high = self.law.support()
        return self._place(low), self._place(high)

    def _pdf(self, x: Array) -> Array:
        return np.asarray(self.law.pdf((x - self.shift) / self.scale)) / self.scale

    def _cdf(self, x: Array) -> Array:
        return np.asarray(self.law.cdf((x - self.shift) / self.scale))

    def _ccdf(self, x: Array) -> Array:
        return np.asarray(self.law.ccdf((x - self.shift) / self.scale))

    def moment(self, k: int) -> float:
        """E (scale X + shift)^k by the binomial theorem."""
        k = check_integer("k", k, low=0)
        return math.fsum(
            math.comb(k, j) * self.scale**j * self.law.moment(j) * self.shift ** (k - j) for j in range(k + 1)
        )

    def _reciprocal(self, w: Complex) -> tuple[Complex, Complex]:
        value, slope = self.law._reciprocal((w - self.shift) / self.scale)
        return self.scale * value, slope

    def _potential(self, w: Complex) -> Complex:
        return math.log(self.scale) + self.law._potential((w - self.shift) / self.scale)
