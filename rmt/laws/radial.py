"""Law of the eigenvalue moduli of a product of independent layers (closed chain)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from rmt._checks import check_real
from rmt._continuation import follow
from rmt._random import RandomState
from rmt.laws._law import apply, check_fraction, check_log_position, check_position, sample_by_inversion
from rmt.laws._mean_log import mean_log, moment
from rmt.laws.chain import Chain, System
from rmt.laws.layers import Layer

__all__ = ["RadialLaw"]

_REACH = 10.0  # the table covers fractions from e^-10 to 1 - e^-10; beyond it the solution is followed
_TABLE_STEP = 0.5


class RadialLaw:
    r"""Limit law of the moduli \|lambda\| of the eigenvalues of A_L ... A_1, layers independent, widths closing.

    .. math:: |\lambda|^2 = \prod_{l=1}^{L} \rho_l/\tau_l,\qquad 1 - F(|\lambda|) = M/N_0

    with H_l(tau_l) = M/N_l at every node of the closed chain. All N_0 eigenvalues count, zeros included.

    Parameters
    ----------
    layers : Layer, sequence of Layer, or Chain
        In order of action; 1 to 1000 of them; shapes must multiply to 1.
    input_profile : None, tuple or object
        Diagonal factor right of the first matrix.

    Attributes
    ----------
    atom_at_zero : float
        Fraction of zero eigenvalues (dead units, narrow layers).

    Raises
    ------
    ValueError
        If the shapes do not chain, or an argument is outside its range.
    ConvergenceError
        If a point was not solved; nothing unconverged is returned.

    Notes
    -----
    Derived, see docs/theory/multiplication-law.md. Tested to 1e-9 against contour-free closed forms (Cauchy/Struve,
    Ginibre products) and against 30-digit arithmetic; the law is the N -> infinity limit for D independent of W.

    Examples
    --------
    >>> from rmt.laws import Layer, RadialLaw
    >>> law = RadialLaw([Layer(1.5)] * 3)
    >>> print(round(law.icdf(0.5), 9))
    0.214203803
    """

    def __init__(self, layers: Layer | Iterable[Layer] | Chain, *, input_profile: object = None) -> None:
        self.chain = layers if isinstance(layers, Chain) else Chain(layers, input_profile=input_profile)
        self.layers = self.chain.layers
        self._system: System = self.chain.closed_system
        mass = float(np.exp(self._system.log_max))
        self.atom_at_zero = 0.0 if mass >= 1 - 1e-9 else 1 - mass

    @cached_property
    def _table(self) -> tuple[NDArray, NDArray]:
        """(states, z) on a grid of lambda; z decreases."""
        return self._system.at_fraction(np.arange(-_REACH, _REACH + 0.5 * _TABLE_STEP, _TABLE_STEP))

    @cached_property
    def _limits(self) -> tuple[float, float]:
        """ln r between which both F and 1 - F are normal doubles; outside they are below e^-680 of 0 and 1."""
        _, z = self._system.at_fraction(np.array([680.0, -680.0]))
        return 0.5 * float(z[0]), 0.5 * float(z[1])

    def _solve(self, z: NDArray) -> NDArray:
        """States at z = ln r^2."""
        states, table_z = self._table
        guess = np.column_stack([np.interp(z, table_z[::-1], column[::-1]) for column in states.T])
        inside = (z <= table_z[0]) & (z >= table_z[-1])
        out = guess
        if inside.any():
            out[inside] = self.chain.solve_real(self._system, z[inside], guess[inside])
        if not inside.all():
            outside = np.flatnonzero(~inside)
            start = np.clip(z[outside], table_z[-1], table_z[0])
            out[outside] = follow(
                self._system.increment, guess[outside],
                lambda t, index: start[index] + t * (z[outside][index] - start[index]),
                outside.size, max_move=2.0, what=f"radial law, ln r^2 from {start[0]:.3g}",
            )[0]  # fmt: skip
        return out

    def _finite(
        self, log_r: NDArray, function: Callable[[NDArray, NDArray], NDArray], at_zero: float, at_infinity: float
    ) -> NDArray:
        low, high = self._limits
        out = np.where(log_r >= high, at_infinity, at_zero)
        inside = (log_r > low) & (log_r < high)
        if inside.any():
            state = self._solve(2 * log_r[inside])
            out[inside] = function(state, log_r[inside])
        return out

    def cdf(self, r: ArrayLike, *, dps: int | None = None) -> Any:
        """Fraction of all N_0 eigenvalues with modulus <= r.

        With ``dps=`` that many digits in mpmath (scalar argument).
        """
        if dps is not None:
            from rmt.laws.multiprecision import radial_values

            return radial_values(self, r, dps)["cdf"]
        return apply(lambda x: self._cdf(_log(x)), check_position("r", r))

    def cdf_log(self, log_r: ArrayLike) -> float | NDArray[np.float64]:
        """cdf at r = exp(log_r), for radii outside the range of doubles."""
        return apply(self._cdf, check_log_position("log_r", log_r))

    def _cdf(self, log_r: NDArray) -> NDArray:
        atom = self.atom_at_zero
        return self._finite(log_r, lambda state, _: atom + self._system.split(state)[1], atom, 1.0)

    def ccdf(self, r: ArrayLike, *, dps: int | None = None) -> Any:
        """1 - cdf, with relative accuracy in the tail.

        With ``dps=`` that many digits in mpmath (scalar argument).
        """
        if dps is not None:
            from rmt.laws.multiprecision import radial_values

            return radial_values(self, r, dps)["ccdf"]
        return apply(lambda x: self._ccdf(_log(x)), check_position("r", r))

    def _ccdf(self, log_r: NDArray) -> NDArray:
        return self._finite(log_r, lambda state, _: self._system.split(state)[0], 1 - self.atom_at_zero, 0.0)

    def pdf(self, r: ArrayLike, *, dps: int | None = None) -> Any:
        """Density of the modulus, dF/dr (per N_0; its integral is 1 - atom_at_zero).

        With ``dps=`` that many digits in mpmath (scalar argument).
        """
        if dps is not None:
            from rmt.laws.multiprecision import radial_values

            return radial_values(self, r, dps)["pdf"]
        return apply(lambda x: self._density(x, lambda log_r: np.exp(-log_r)), check_position("r", r))

    def pdf_log(self, log_r: ArrayLike) -> float | NDArray[np.float64]:
        """Density of ln r, r pdf(r), for radii outside the range of doubles."""
        return apply(self._log_density, check_log_position("log_r", log_r))

    def plane_density(self, r: ArrayLike) -> float | NDArray[np.float64]:
        """Density of eigenvalues in the complex plane at modulus r, pdf(r)/(2 pi r)."""
        return apply(lambda x: self._density(x, lambda log_r: np.exp(-2 * log_r) / (2 * np.pi)), check_position("r", r))

    def logpdf(self, r: ArrayLike) -> float | NDArray[np.float64]:
        """ln pdf."""
        with np.errstate(divide="ignore"):
            out = np.log(self.pdf(r))
        return out if np.ndim(r) else float(out)

    def _log_density(self, log_r: NDArray) -> NDArray:
        """dF/dln r = 2 dF/dz."""

        def density(state: NDArray, _: NDArray) -> NDArray:
            upper, lower = self._system.split(state)
            share = upper * lower / np.exp(self._system.log_max)  # dM/dlambda
            return -2 * share / self._system.rate(state)

        return self._finite(log_r, density, 0.0, 0.0)

    def _density(self, r: NDArray, factor: Callable[[NDArray], NDArray]) -> NDArray:
        """dF/dln r times a power of r; at r = 0 the limit is approached from a fraction e^-60."""
        near_zero = 0.5 * self._system.at_fraction(np.array([60.0]))[1][0]
        log_r = np.where(r == 0, near_zero, _log(np.where(r == 0, 1.0, r)))
        finite = np.isfinite(log_r)
        return np.where(finite, self._log_density(log_r) * factor(np.where(finite, log_r, 0.0)), 0.0)

    def icdf(self, F: ArrayLike, *, dps: int | None = None) -> Any:
        """Modulus below which a fraction F of all N_0 eigenvalues lies; 0 for F <= atom_at_zero.

        With ``dps=`` that many digits in mpmath (scalar argument).
        """
        if dps is not None:
            from rmt.laws.multiprecision import exponential, radial_quantile

            return exponential(radial_quantile(self, F, dps), dps)
        return apply(lambda p: np.exp(self._icdf_log(p)), check_fraction("F", F))

    def icdf_log(self, F: ArrayLike) -> float | NDArray[np.float64]:
        """ln icdf(F), never under- or overflowing; -inf for F <= atom_at_zero."""
        return apply(self._icdf_log, check_fraction("F", F))

    def iccdf(self, p: ArrayLike) -> float | NDArray[np.float64]:
        """Modulus above which a fraction p of all N_0 eigenvalues lies, accurate for tiny p."""
        return apply(lambda q: np.exp(self._quantile(q, 1 - self.atom_at_zero - q)), check_fraction("p", p))

    def _icdf_log(self, F: NDArray) -> NDArray:
        return self._quantile(1 - F, F - self.atom_at_zero)

    def _quantile(self, upper: NDArray, lower: NDArray) -> NDArray:
        """ln r for a fraction ``upper`` of all values above and ``lower`` of the non-zero ones below."""
        with np.errstate(divide="ignore"):
            out = np.where(lower <= 0, -np.inf, np.log(self.support()[1]))
        inside = (lower > 0) & (upper > 0)
        if inside.any():
            lam = np.log(upper[inside]) - np.log(lower[inside])
            out[inside] = 0.5 * self._system.at_fraction(lam)[1]
        return out

    def moment(self, order: float) -> float:
        """E r^order of the moduli r of all N_0 eigenvalues, order > 0: always finite; by quadrature, to about 1e-8."""
        p = check_real("order", order, low=0.0, low_open=True)
        end = self.support()[1]
        reach = float(np.log(end)) if np.isfinite(end) else float(self._quantile(np.array([1e-30]), np.array([1.0]))[0])
        return moment(self._ccdf, p, self.mean_log_nonzero(), reach)

    def mean(self) -> float:
        """Mean modulus of all N_0 eigenvalues."""
        return self.moment(1.0)

    def mean_log(self) -> float:
        """Mean of ln r over all N_0 eigenvalues: -inf if there are zeros; see :meth:`mean_log_nonzero`."""
        return -np.inf if self.atom_at_zero else self.mean_log_nonzero()

    def mean_log_nonzero(self) -> float:
        """Mean of ln r over the non-zero eigenvalues."""
        return mean_log(self._system)

    def support(self) -> tuple[float, float]:
        """(0, inf), or the disc of the circular law if every layer is Gaussian."""
        if all(layer.alpha == 2.0 for layer in self.layers):
            return 0.0, float(np.exp(0.5 * self._system.at_fraction(np.array([-600.0]))[1][0]))
        return 0.0, np.inf

    def sample(self, shape: int | Sequence[int] = (), rng: RandomState = None) -> NDArray[np.float64]:
        """Independent draws from the law (the eigenvalues of one matrix are correlated, these are not)."""
        return sample_by_inversion(self.icdf, shape, rng)


def _log(x: NDArray) -> NDArray:
    with np.errstate(divide="ignore"):
        return np.log(x)
