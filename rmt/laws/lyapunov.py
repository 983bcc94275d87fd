"""Lyapunov spectrum of an infinite periodic product of independent layers (closed chain, per layer)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from rmt._checks import check_array, check_integer
from rmt._random import RandomState
from rmt.laws._law import apply, check_fraction, sample_by_inversion
from rmt.laws.chain import Chain
from rmt.laws.layers import Layer
from rmt.laws.radial import RadialLaw

__all__ = ["LyapunovLaw"]


class LyapunovLaw:
    r"""Law of the Lyapunov exponents per layer of ... A_L ... A_1 A_L ... A_1 (N to infinity first).

    .. math:: \mu(M) = \frac{1}{2L} \sum_{l=1}^{L} \ln\frac{\rho_l}{\tau_l}

    is the exponent above which a fraction M/N_0 of all exponents lies; exp(L mu) is the radial quantile at the same
    fraction. Dead units and narrow layers give exponents -inf, counted by ``atom_at_minus_infinity``.

    Parameters
    ----------
    layer : Layer, sequence of Layer, or Chain
        One period, in order of action; its shapes must multiply to 1.

    Raises
    ------
    ValueError
        If the shapes do not chain or an argument is outside its range.

    Notes
    -----
    Derived, see docs/theory/multiplication-law.md. For ``alpha = 2`` it is Newman's law (1/2) ln(sigma_w^2 F).

    Examples
    --------
    >>> from rmt.laws import Layer, LyapunovLaw
    >>> print(round(LyapunovLaw(Layer(1.5)).icdf(0.5), 6))
    -0.513609
    """

    def __init__(self, layer: Layer | Iterable[Layer] | Chain) -> None:
        self.radial = RadialLaw(layer)
        self.layers = self.radial.layers
        self.period = len(self.layers)
        self.atom_at_minus_infinity = self.radial.atom_at_zero

    def icdf(self, F: ArrayLike, *, dps: int | None = None) -> Any:
        """Exponent at quantile F, from 0 (smallest) to 1.

        With ``dps=`` that many digits in mpmath (scalar argument).
        """
        if dps is not None:
            from rmt.laws.multiprecision import radial_quantile

            return radial_quantile(self.radial, F, dps) / self.period
        return apply(lambda p: self.radial._icdf_log(p) / self.period, check_fraction("F", F))

    def iccdf(self, p: ArrayLike) -> float | NDArray[np.float64]:
        """Exponent that a fraction p of all exponents exceeds."""
        atom = self.atom_at_minus_infinity
        return apply(lambda q: self.radial._quantile(q, 1 - atom - q) / self.period, check_fraction("p", p))

    def cdf(self, mu: ArrayLike, *, dps: int | None = None) -> Any:
        """Fraction of exponents <= mu.

        With ``dps=`` that many digits in mpmath (scalar argument).
        """
        if dps is not None:
            import mpmath as mp

            from rmt.laws.multiprecision import exponential, radial_values

            with mp.workdps(check_integer("dps", dps, low=1) + 12):
                exponent = mp.mpf(mu) * self.period
            return radial_values(self.radial, exponential(exponent, dps + 12), dps)["cdf"]
        return apply(lambda x: self.radial._cdf(x * self.period), check_array("mu", mu))

    def ccdf(self, mu: ArrayLike) -> float | NDArray[np.float64]:
        """Fraction of exponents > mu, with relative accuracy at large mu."""
        return apply(lambda x: self.radial._ccdf(x * self.period), check_array("mu", mu))

    def pdf(self, mu: ArrayLike) -> float | NDArray[np.float64]:
        """Density of the exponents (its integral is 1 - atom_at_minus_infinity)."""
        return apply(lambda x: self.radial._log_density(x * self.period) * self.period, check_array("mu", mu))

    def logpdf(self, mu: ArrayLike) -> float | NDArray[np.float64]:
        """ln pdf."""
        with np.errstate(divide="ignore"):
            out = np.log(self.pdf(mu))
        return out if np.ndim(mu) else float(out)

    def mean(self) -> float:
        """Mean exponent: E ln s per layer, -inf if some exponents are."""
        return self.radial.mean_log() / self.period

    def mean_log(self) -> float:
        """The same as :meth:`mean` (the exponents are logarithms already)."""
        return self.mean()

    def support(self) -> tuple[float, float]:
        """(-inf, inf), bounded above when every layer is Gaussian."""
        with np.errstate(divide="ignore"):
            return -np.inf, float(np.log(self.radial.support()[1])) / self.period

    def sample(self, shape: int | Sequence[int] = (), rng: RandomState = None) -> NDArray[np.float64]:
        """Independent draws from the law."""
        return sample_by_inversion(self.icdf, shape, rng)
