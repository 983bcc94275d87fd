"""Law of the singular values of a product of independent layers (open chain)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from rmt._checks import check_real
from rmt._continuation import ConvergenceError, follow
from rmt._random import RandomState
from rmt.laws._law import apply, check_fraction, check_log_position, check_position, sample_by_inversion
from rmt.laws._mean_log import mean_log, moment
from rmt.laws.chain import Chain
from rmt.laws.layers import Layer

__all__ = ["SingularValueLaw"]


class SingularValueLaw:
    r"""Limit law of the singular values s of A_L ... A_1, A_l = D_l W_l, layers independent.

    .. math:: \eta^2 = \prod_{l=1}^{L}\rho_l \Big/ \prod_{l=0}^{L}\tau_l, \qquad
              m_0(\eta) = \int \frac{s^2}{s^2+\eta^2}\,d\nu(s), \qquad
              f(s) = \frac{2}{\pi s}\,|\mathrm{Im}\, m_0(0^+ - is)|

    with H_l(tau_l) = M/N_l at every node. All N_0 values count, zeros included.

    Parameters
    ----------
    layers : Layer, sequence of Layer, or Chain
        In order of action (the first one acts first); 1 to 1000 of them.
    input_profile : None, tuple or object
        Diagonal factor right of the first matrix.

    Attributes
    ----------
    atom_at_zero : float
        Fraction of singular values that vanish (dead units, narrow layers).

    Raises
    ------
    ValueError
        If an argument is outside its range, for example s < 0.
    ConvergenceError
        If a point was not solved; nothing unconverged is returned.

    Notes
    -----
    Derived, see docs/theory/multiplication-law.md. The law is the N -> infinity limit for D independent of W.

    Examples
    --------
    >>> from rmt.laws import Layer, SingularValueLaw
    >>> law = SingularValueLaw([Layer(1.5)])
    >>> print(round(law.pdf(1.0), 9), round(law.cdf(1.0), 9))
    0.41880429 0.695806279
    """

    def __init__(self, layers: Layer | Iterable[Layer] | Chain, *, input_profile: object = None) -> None:
        self.chain = layers if isinstance(layers, Chain) else Chain(layers, input_profile=input_profile)
        self.layers = self.chain.layers
        self._system = self.chain.open_system
        self.atom_at_zero = self.chain.atom_at_zero

    @cached_property
    def _start(self) -> tuple[NDArray, float]:
        """A solved state on the positive real axis (half of the non-zero values) and its z."""
        state, z = self._system.at_fraction(np.zeros(1))
        return state.astype(complex), float(z[0])

    def _at_axis(self, log_s: NDArray) -> NDArray:
        """States at eta = 0+ - i s, reached on the straight line ln eta^2 from the real start."""
        start, z0 = self._start
        target = 2 * log_s - 1j * np.pi
        return follow(
            self._system.increment, np.repeat(start, log_s.size, axis=0),
            lambda t, index: z0 + t * (target[index] - z0),
            log_s.size, what="singular-value law, ln eta^2",
        )[0]  # fmt: skip

    def pdf(self, s: ArrayLike, *, dps: int | None = None) -> Any:
        """Density f(s) per N_0 values (its integral is 1 - atom_at_zero); at s = 0 the limit, inf if it diverges.

        With ``dps=`` that many digits in mpmath (scalar argument).
        """
        if dps is not None:
            from rmt.laws.multiprecision import singular_values

            return singular_values(self, s, dps)["pdf"]
        return apply(lambda x: self._pdf(x), check_position("s", s))

    def pdf_log(self, log_s: ArrayLike) -> float | NDArray[np.float64]:
        """Density of ln s, s f(s), for values outside the range of doubles."""
        return apply(self._log_density, check_log_position("log_s", log_s))

    def logpdf(self, s: ArrayLike) -> float | NDArray[np.float64]:
        """ln pdf."""
        with np.errstate(divide="ignore"):
            out = np.log(self.pdf(s))
        return out if np.ndim(s) else float(out)

    def _pdf(self, s: NDArray) -> NDArray:
        out = np.zeros(s.size)
        inside = (s > 0) & np.isfinite(s)
        if inside.any():
            out[inside] = self._log_density(np.log(s[inside])) / s[inside]
        if (s == 0).any():
            out[s == 0] = self.density_at_zero()
        return out

    def _log_density(self, log_s: NDArray) -> NDArray:
        return self._axis_density(self._at_axis(log_s))

    def _axis_density(self, state: NDArray) -> NDArray:
        upper, lower = self._system.split(state)
        imaginary = np.where(state[:, 0].real > 0, lower.imag, upper.imag)
        return 2 / np.pi * np.abs(imaginary)

    def density_at_zero(self) -> float:
        r"""f(0+): (2/pi) Gamma(1+2/alpha)(Gamma(1+a)/kappa)^(1/alpha) sqrt(E d^-2) for one square layer, else inf or 0.

        Returns
        -------
        float
        """
        if len(self.layers) == 1 and self.chain.widths[1] == 1.0 and self.atom_at_zero == 0.0:
            layer = self.layers[0]
            (log_0, w_0), (log_1, w_1) = self.chain.input_profile, layer.log_profile
            from math import gamma, lgamma

            inverse = float(w_0 @ np.exp(-2 * log_0)) * float(w_1 @ np.exp(-2 * log_1))
            log_c = (lgamma(1 + layer.a) - layer.log_kappa) / layer.alpha
            return 2 / np.pi * gamma(1 + 2 / layer.alpha) * float(np.exp(log_c)) * inverse**0.5
        nodes = sum(node.multiplicity for node in self._system.nodes if node.narrow)
        return np.inf if nodes > 1 else float(self._pdf(np.array([1e-150]))[0])

    def cdf(self, s: ArrayLike, *, dps: int | None = None) -> Any:
        r"""Fraction of all N_0 singular values <= s: 1 + (1/pi) Im[S M - sum_l (N_l/N_0) Phi_l(ln tau_l)], S = sum 1/a_l.

        With ``dps=`` that many digits in mpmath (scalar argument).
        """
        if dps is not None:
            from rmt.laws.multiprecision import singular_values

            return singular_values(self, s, dps)["cdf"]
        return apply(lambda x: self._cdf(_log(x), upper=False), check_position("s", s))

    def cdf_log(self, log_s: ArrayLike) -> float | NDArray[np.float64]:
        """cdf at s = exp(log_s)."""
        return apply(lambda x: self._cdf(x, upper=False), check_log_position("log_s", log_s))

    def ccdf(self, s: ArrayLike, *, dps: int | None = None) -> Any:
        """1 - cdf, with relative accuracy in the tail.

        With ``dps=`` that many digits in mpmath (scalar argument).
        """
        if dps is not None:
            from rmt.laws.multiprecision import singular_values

            return singular_values(self, s, dps)["ccdf"]
        return apply(lambda x: self._cdf(_log(x), upper=True), check_position("s", s))

    def _cdf(self, log_s: NDArray, *, upper: bool) -> NDArray:
        atom = self.atom_at_zero
        out = np.where(log_s > 0, 0.0 if upper else 1.0, 1 - atom if upper else atom)
        inside = np.isfinite(log_s)
        if inside.any():
            below, above = self._system.distribution(self._at_axis(log_s[inside]))
            out[inside] = above if upper else below + atom
        return out

    def icdf(self, F: ArrayLike, *, dps: int | None = None) -> Any:
        """Singular value below which a fraction F of all N_0 values lies; 0 for F <= atom_at_zero.

        With ``dps=`` that many digits in mpmath (scalar argument).
        """
        if dps is not None:
            from rmt.laws.multiprecision import exponential, singular_quantile

            return exponential(singular_quantile(self, F, dps), dps)
        return apply(lambda p: np.exp(self._icdf(1 - p, p - self.atom_at_zero)), check_fraction("F", F))

    def icdf_log(self, F: ArrayLike) -> float | NDArray[np.float64]:
        """ln icdf(F); -inf for F <= atom_at_zero."""
        return apply(lambda p: self._icdf(1 - p, p - self.atom_at_zero), check_fraction("F", F))

    def iccdf(self, p: ArrayLike) -> float | NDArray[np.float64]:
        """Singular value above which a fraction p of all N_0 values lies, accurate for tiny p."""
        return apply(lambda q: np.exp(self._icdf(q, 1 - self.atom_at_zero - q)), check_fraction("p", p))

    def _icdf(self, upper: NDArray, lower: NDArray) -> NDArray:
        """Solve in ln s on the logit of the distribution function: bracketed Newton steps."""
        out = np.where(lower <= 0, -np.inf, np.inf)
        inside = (lower > 0) & (upper > 0)
        if inside.any():
            target = np.log(lower[inside]) - np.log(upper[inside])
            out[inside] = self._solve_logit(target)
        return out

    def _logit(self, log_s: NDArray) -> tuple[NDArray, NDArray]:
        state = self._at_axis(log_s)
        # beyond the edge of a Gaussian spectrum rounding leaves +-1e-17: nothing is there
        below, above = (np.maximum(part, 0.0) for part in self._system.distribution(state))
        with np.errstate(divide="ignore", invalid="ignore"):
            slope = self._axis_density(state) * (1 / below + 1 / above)
            return np.log(below) - np.log(above), slope

    def _solve_logit(self, target: NDArray) -> NDArray:
        # Start where the resolvent at real eta has that fraction: it lies within the width of a Cauchy kernel in ln s, and
        # no table has to reach into tails that are not asked for (with saturated units they lie at ln s ~ -1e3).
        x = 0.5 * self._system.at_fraction(-target)[1]
        low, high = np.full(target.size, -np.inf), np.full(target.size, np.inf)
        active = np.arange(target.size)
        for _ in range(80):
            value, slope = self._logit(x[active])
            r = target[active] - value
            low[active] = np.where(r > 0, x[active], low[active])
            high[active] = np.where(r < 0, x[active], high[active])
            with np.errstate(divide="ignore", invalid="ignore"):
                step = np.clip(r / slope, -2.0 - np.abs(x[active]), 2.0 + np.abs(x[active]))
                new = x[active] + np.where(np.isfinite(step), step, np.sign(r))
                middle = 0.5 * (low[active] + high[active])
            outside = (new <= low[active]) | (new >= high[active])
            new = np.where(outside & np.isfinite(middle), middle, new)
            moved = np.abs(new - x[active])
            x[active] = new
            active = active[(moved > 1e-11 * (1 + np.abs(new))) & (r != 0)]
            if active.size == 0:
                return x
        if np.any(high[active] - low[active] > 1e-9 * (1 + np.abs(x[active]))):
            raise ConvergenceError(
                f"quantile at logit {target[active[0]]}: no convergence, last move {moved.max():.3g}"
            )
        return x

    def moment(self, order: float) -> float:
        """E s^order over all N_0 values, 0 < order; inf from the smallest alpha < 2 on, where the tail is s^(-1-alpha).

        By quadrature of the tail, to about 1e-6 at a Gaussian edge, else 1e-8; orders within 0.1 of the limit are refused.
        """
        p = check_real("order", order, low=0.0, low_open=True)
        heavy = [layer.alpha for layer in self.layers if layer.alpha < 2]
        centre = self.mean_log_nonzero()
        if not heavy:
            top = float(np.exp(self.chain.open_system.log_max))
            reach = float(self._icdf(np.array([1e-13]), np.array([top]))[0])
        elif p >= min(heavy):
            return np.inf
        elif p > min(heavy) - 0.1:
            raise ValueError(
                f"order = {order!r} must be at most {min(heavy) - 0.1:g}, or at least {min(heavy):g} (infinite)"
            )
        else:
            reach = centre + min(40.0 * len(self.layers) / (min(heavy) - p), 690.0 / min(heavy))
        return moment(lambda t: self._cdf(t, upper=True), p, centre, reach)

    def mean(self) -> float:
        """E s over all N_0 singular values; inf if a layer has alpha <= 1."""
        return self.moment(1.0)

    def mean_log(self) -> float:
        """E ln s over all N_0 values: -inf if there are zeros; see :meth:`mean_log_nonzero`."""
        return -np.inf if self.atom_at_zero else self.mean_log_nonzero()

    def mean_log_nonzero(self) -> float:
        """Mean of ln s over the non-zero singular values, closed form for square layers."""
        return mean_log(self._system)

    def support(self) -> tuple[float, float]:
        """(0, inf) as soon as a layer is heavy-tailed; with Gaussian layers the law may end earlier."""
        return 0.0, np.inf

    def sample(self, shape: int | Sequence[int] = (), rng: RandomState = None) -> NDArray[np.float64]:
        """Independent draws from the law (the singular values of one matrix are correlated, these are not)."""
        return sample_by_inversion(self.icdf, shape, rng)


def _log(x: NDArray) -> NDArray:
    with np.errstate(divide="ignore"):
        return np.log(x)
