r"""The Lyapunov exponent of an infinitely wide network, from the growth of path moments.

A perturbation :math:`\xi` obeys :math:`\xi_i' = \phi'(h_i)\sum_j W_{ij}\xi_j`, where the weights that carry it also make
:math:`h_i`. One large weight lands the unit at :math:`v`; the p-th moment operator of this smoothing transform has rank one
and the eigenvalue

.. math:: \rho(p) = \tfrac14\alpha C_\alpha\sigma_w^\alpha\int |\phi'(v)|^p\,|\phi(v)|^{\alpha-p}\,E|v-Y|^{p-1-\alpha}\,dv,

with Y the stationary pre-activation. The exponent is :math:`\lambda = \min_p \ln\rho(p)/p` over
:math:`\alpha<p\le\min(2,1+\alpha)`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, special

from rmt._checks import check_real
from rmt._quadrature import double_exponential, gauss_legendre_panels
from rmt._results import Result
from rmt.activations import Activation
from rmt.meanfield._averages import LOG_OVERFLOW, averages, log_scale, zeros
from rmt.meanfield._ray import GRID_LOW, LOG_STEP, InverseMoments, inverse_moments, tail_constant
from rmt.meanfield.length import _log, check_parameters, fixed_log_q, fixed_point

__all__ = ["LyapunovExponent", "critical_sigma_w", "lyapunov_exponent", "path_growth"]

Array = NDArray[np.float64]
ORDER_MARGIN = 1e-3  # distance of the search interval from its open ends


@dataclass(frozen=True)
class LyapunovExponent(Result):
    r"""Largest Lyapunov exponent per layer at infinite width.

    Parameters
    ----------
    value : float
        :math:`\lambda`, growth of :math:`\ln|\xi|` per layer; ``inf`` if large weights do not saturate the unit.
    order : float
        :math:`\kappa^*`, the minimising moment order; 2 when the second moment decides.
    rho2 : float
        :math:`\rho(2)`, growth of the mean square per layer (the L2 edge of chaos is ``rho2 = 1``); ``inf`` for
        :math:`\alpha\le1`, for an activation without zeros (sigmoid) for :math:`\alpha\le1/2`.
    frozen : bool
        Whether the minimum lies below 2: the typical growth is then carried by rare paths.
    log_q : float
        :math:`\ln q^*` at which it was computed.
    alpha, sigma_w, sigma_b : float
    activation : str
    """

    value: float
    order: float
    rho2: float
    frozen: bool
    log_q: float
    alpha: float
    sigma_w: float
    sigma_b: float
    activation: str


class PathMoments:
    """rho(p)/sigma_w^alpha at a fixed ln q: the integral over v prepared once, then a few dot products per order."""

    def __init__(self, phi: Activation, alpha: float, log_q: float) -> None:
        self.phi, self.alpha, self.log_c = phi, alpha, log_scale(log_q, alpha)
        # Orders below which rho(p) is finite: zeros of phi make it infinite at 1 + alpha, the inverse moments at 1 + 2 alpha.
        self.reach = 1.0 + alpha * (1.0 if phi.zero_at_zero or zeros(phi) else 2.0)
        self.converges = self._decays()
        if not self.converges:
            return
        # Far below saturation the integrand has a plateau from v = c to v = 1, which is then taken in closed form.
        self.plateau = phi.zero_at_zero and self.log_c < -max(40.0 / alpha, 36.0)
        self.low = low = -40.0 if self.plateau else self.log_c + GRID_LOW  # ln v where the rule begins
        signs = (1,) if phi.odd else (1, -1)
        self.sides = 2.0 / len(signs)
        if phi.smooth and not phi.singular_points and not zeros(phi):
            high = self._reach()
            if self.plateau:
                high = max(high, 20.0)  # the step 1/(1 + v^2) falls slowly
                log_x, self.moments = inverse_moments(alpha, 40.0 / alpha)
                self.log_v = low + LOG_STEP * np.arange(math.ceil((high - low) / LOG_STEP) + 1)
            else:
                log_x, self.moments = inverse_moments(alpha, max(high - self.log_c, 0.0))
                self.log_v = log_x + self.log_c
            self.step: Array | float = LOG_STEP
        else:
            self.log_v, self.step = self._split_nodes(low)
            if self.plateau:
                _, self.moments = inverse_moments(alpha, 40.0 / alpha)
            else:
                self.moments = InverseMoments(alpha, self.log_v - self.log_c)
        v = np.exp(np.minimum(self.log_v, LOG_OVERFLOW))
        with np.errstate(over="ignore"):
            self.log_slope = [np.asarray(phi.log_abs_derivative(sign * v), dtype=float) for sign in signs]
        self.log_ratio = [phi.log_abs_value(self.log_v, sign) - self.log_v for sign in signs]

    def _decays(self) -> bool:
        """Whether |phi'|^p |phi|^(alpha-p) |v|^(p-1-alpha) is integrable at infinity for p just above alpha."""
        if self.phi.period:
            return False
        for sign in (1.0, -1.0):
            slope = np.asarray(self.phi.log_abs_derivative(sign * np.array([1e6, 1e8])), dtype=float)
            if slope[1] > -np.inf and (slope[0] - slope[1]) / math.log(1e2) * self.alpha <= 1e-6:
                return False
        return True

    def _reach(self) -> float:
        """ln v beyond which the integrand is below exp(-42) of its largest value."""
        log_v = np.arange(-10.0, LOG_OVERFLOW, 0.25)
        v = np.exp(log_v)
        with np.errstate(over="ignore"):
            slope = [np.asarray(self.phi.log_abs_derivative(s * v), dtype=float) for s in (1.0, -1.0)]
            # At p = alpha the integrand times v is |phi'|^alpha; larger p falls faster wherever phi saturates.
            alive = self.alpha * np.maximum(*slope) > -42.0
        return float(log_v[np.flatnonzero(alive)[-1]]) + 0.5

    def _split_nodes(self, low: float) -> tuple[Array, Array]:
        """Panels in ln v that end at the kinks of phi and at its zeros; tanh-sinh beside them."""
        high = self._reach()
        stops = sorted({math.log(abs(p)) for p in (*self.phi.singular_points, *zeros(self.phi)) if p})
        edges = [low, *[s for s in stops if low < s < high], high]
        nodes, weights = [], []
        for k in range(len(edges) - 1):
            left, right = edges[k], edges[k + 1]
            inner_left = left if k == 0 else min(left + 1.5, 0.5 * (left + right))
            inner_right = right if k == len(edges) - 2 else max(right - 1.5, 0.5 * (left + right))
            pieces = [double_exponential(left, inner_left, step=1 / 16)] if k else []
            if inner_right > inner_left:
                count = max(2, math.ceil(2 * (inner_right - inner_left)) + 1)
                pieces.append(gauss_legendre_panels(np.linspace(inner_left, inner_right, count), 10))
            if k < len(edges) - 2:
                pieces.append(double_exponential(inner_right, right, step=1 / 16))
            nodes += [x for x, _ in pieces]
            weights += [w for _, w in pieces]
        return np.concatenate(nodes), np.concatenate(weights)

    def log_rho(self, p: float) -> float:
        r"""ln of rho(p)/sigma_w^alpha = (alpha C/4) sum over both sides of int |phi'|^p |phi|^(alpha-p) E|v-Y|^-s dv."""
        s = 1.0 + self.alpha - p
        kernel = self.moments(s)
        total = 0.0
        for log_slope, log_ratio in zip(self.log_slope, self.log_ratio, strict=True):
            # In ln v the integrand is F(v) (v/c)^s R_s(v/c), F = |phi'|^p (|phi|/v)^(alpha-p).
            with np.errstate(invalid="ignore"):
                smooth = np.where(log_slope > -np.inf, p * log_slope + (self.alpha - p) * log_ratio, -np.inf)
            total += self._side(np.exp(smooth), kernel, s)
        return math.log(0.25 * self.alpha * tail_constant(self.alpha) * self.sides * total)

    def _side(self, factor: Array, kernel: Array, s: float) -> float:
        first = factor[0]
        if self.plateau:
            # Steps x^2/(1+x^2) and 1/(1+v^2) taken off: their product integrates to -ln c.
            log_x = self.moments.log_x
            near = kernel * np.exp(s * np.minimum(log_x, 0.0)) - special.expit(2.0 * log_x)
            # below the first node of the grid kernel x^s is a pure power
            near_sum = LOG_STEP * float(near.sum()) + self._missing_power(kernel[0], s, log_x[0])
            far = float(np.sum(self.step * (factor - first * special.expit(-2.0 * self.log_v))))
            if not isinstance(self.step, float):  # panels end where phi does, the step goes on
                far -= first * 0.5 * math.log1p(math.exp(-2.0 * self._reach()))
            return first * (near_sum - self.log_c) + far
        log_x = np.asarray(self.log_v - self.log_c, dtype=np.float64)
        power = np.exp(s * np.minimum(log_x, 0.0))  # the kernel already holds the power beyond x = 1
        if not self.phi.zero_at_zero:
            body = power * factor * kernel
            missing = LOG_STEP / math.expm1(LOG_STEP) if isinstance(self.step, float) else 1.0
            return float(np.sum(self.step * body)) + missing * float(body[0])  # the integrand begins like v
        # The slow decay x^s at x -> 0 is taken off in closed form.
        start = first * kernel[0]
        gauss = np.exp(s * log_x[log_x < 4.0] - np.exp(2.0 * log_x[log_x < 4.0]))
        body = power * factor * kernel
        body[: gauss.size] -= start * gauss
        return float(np.sum(self.step * body)) + start * 0.5 * math.gamma(0.5 * s)

    @staticmethod
    def _missing_power(value: float, s: float, log_low: float) -> float:
        """Trapezoid sum of value x^s over the nodes below the grid, a geometric series."""
        return LOG_STEP * value * math.exp(s * log_low) / math.expm1(s * LOG_STEP)

    def minimum(self, log_w: float) -> tuple[float, float]:
        """(lambda, order): the minimum of ln rho(p)/p, ``log_w`` = alpha ln sigma_w."""
        high = min(2.0, self.reach - ORDER_MARGIN)

        def rate(p: float) -> float:
            return (log_w + self.log_rho(p)) / p

        low = self.alpha + min(ORDER_MARGIN, 0.25 * (high - self.alpha))
        if high == 2.0:
            step = min(1e-4, 0.1 * (2.0 - self.alpha))
            if rate(2.0) <= rate(2.0 - step):
                return rate(2.0), 2.0
        found = optimize.minimize_scalar(rate, bounds=(low, high), method="bounded", options={"xatol": 1e-7})
        return float(found.fun), float(found.x)


@lru_cache(maxsize=64)
def _path_moments(phi: Activation, alpha: float, log_q: float) -> PathMoments:
    return PathMoments(phi, alpha, log_q)


def path_growth(
    p: float,
    *,
    alpha: float,
    sigma_w: float,
    sigma_b: float = 0.0,
    activation: Any = "tanh",
    dps: int | None = None,
) -> Any:
    r"""Return :math:`\rho(p)`, the growth per layer of the p-th moment of a perturbation, at the length fixed point.

    Parameters
    ----------
    p : float
        Order in (alpha, 1 + alpha), for an activation without zeros in (alpha, 1 + 2 alpha); at ``alpha = 2`` only
        ``p = 2``, where it is :math:`\sigma_w^2E\phi'^2`.
    alpha, sigma_w, sigma_b, activation
        As in :func:`fixed_point`; ``sigma_w > 0``.
    dps : int, optional
        Evaluate in mpmath to this many digits (``alpha < 2``; odd analytic activations and softsign; seconds).

    Returns
    -------
    float
        ``inf`` if :math:`\phi'` does not vanish at infinity: a large weight then passes the perturbation on undiminished.

    Raises
    ------
    ValueError
        If an argument is out of range or there is no fixed point.

    Notes
    -----
    Trapezoid rule in ln v, the inverse moments :math:`E|v-Y|^{-s}` on a rotated Fourier ray; tested to 1e-12 against
    mpmath and against closed forms at ``alpha = 1``. The trace of the rank-one operator is derived in
    docs/theory/signal-propagation.

    Examples
    --------
    >>> from rmt.meanfield import path_growth
    >>> path_growth(2.0, alpha=1.5, sigma_w=1.0)
    1.33490171...
    """
    alpha, sigma_w, sigma_b, phi = check_parameters(alpha, sigma_w, sigma_b, activation)
    check_real("sigma_w", sigma_w, low=0.0, low_open=True)
    log_w = alpha * math.log(sigma_w)
    mean = averages(phi, alpha)
    log_q = fixed_log_q(mean, log_w, alpha * _log(sigma_b))
    if alpha == 2.0:
        if p != 2.0:
            raise ValueError(f"p = {p!r} must be 2 at alpha = 2")
        return _gaussian_growth(phi, sigma_w, log_q)
    moments = _path_moments(phi, alpha, log_q)
    p = check_real("p", p, low=alpha, high=moments.reach, low_open=True, high_open=True)
    if dps is not None:
        from rmt.meanfield._multiprecision import path_growth_mp

        point = fixed_point(alpha=alpha, sigma_w=sigma_w, sigma_b=sigma_b, activation=phi, dps=dps)
        return path_growth_mp(p, point.log_q, alpha, sigma_w, phi, dps)
    return math.exp(log_w + moments.log_rho(p)) if moments.converges else math.inf


def _gaussian_growth(phi: Activation, sigma_w: float, log_q: float) -> float:
    if log_q == -math.inf:
        return sigma_w**2 * float(np.mean(np.square(phi.derivative(np.array([1e-300, -1e-300])))))
    return sigma_w**2 * averages(phi, 2.0).slope_power(log_q, 2.0)


def exponent_at(phi: Activation, alpha: float, sigma_w: float, log_q: float) -> tuple[float, float, float]:
    """(lambda, order, rho2) at a given ln q; checked by the caller."""
    log_w = alpha * math.log(sigma_w)
    if alpha == 2.0:
        rho2 = _gaussian_growth(phi, sigma_w, log_q)
        return 0.5 * _log(rho2), 2.0, rho2
    moments = _path_moments(phi, alpha, log_q)
    if not moments.converges:
        return math.inf, math.nan, math.inf
    value, order = moments.minimum(log_w)
    rho2 = math.exp(log_w + moments.log_rho(2.0)) if moments.reach > 2.0 else math.inf
    return value, order, rho2


def lyapunov_exponent(
    *, alpha: float, sigma_w: float, sigma_b: float = 0.0, activation: Any = "tanh"
) -> LyapunovExponent:
    r"""Return :math:`\lambda = \min_p \ln\rho(p)/p`, the exponent of an infinitely wide network (*network* ensemble).

    Parameters
    ----------
    alpha : float
        Stability index in [0.1, 2]; at 2 the exponent is :math:`\tfrac12\ln\sigma_w^2E\phi'^2`.
    sigma_w, sigma_b : float
        Scales of weights (above 0) and biases.
    activation : str, Activation or pair of functions

    Returns
    -------
    LyapunovExponent
        ``.value``, ``.order`` (kappa*), ``.rho2``, ``.frozen``, ``.log_q``.

    Raises
    ------
    ValueError
        If an argument is out of range or the length map has no fixed point.

    Notes
    -----
    Derived: :math:`\langle|\xi|^p\rangle\sim\rho^L` gives the upper bound; that the minimum over p is attained is the
    directed-polymer argument, supported by simulation and not proved. Backward gradients have the same exponent. A
    finite network lies below this limit by an amount that falls like :math:`1/\ln^2N` on the frozen side: use
    :func:`finite_width_lyapunov` for it. The quadrature is accurate to 1e-10 in the value.

    Examples
    --------
    >>> from rmt.meanfield import lyapunov_exponent
    >>> result = lyapunov_exponent(alpha=1.5, sigma_w=2.0)
    >>> result.value, result.frozen
    (0.3555396..., True)
    >>> round(result.order, 3)
    1.954
    """
    alpha, sigma_w, sigma_b, phi = check_parameters(alpha, sigma_w, sigma_b, activation)
    check_real("sigma_w", sigma_w, low=0.0, low_open=True)
    log_q = fixed_log_q(averages(phi, alpha), alpha * math.log(sigma_w), alpha * _log(sigma_b))
    value, order, rho2 = exponent_at(phi, alpha, sigma_w, log_q)
    return LyapunovExponent(value, order, rho2, order < 2.0, log_q, alpha, sigma_w, sigma_b, phi.name)


def critical_sigma_w(*, alpha: float, sigma_b: float = 0.0, activation: Any = "tanh") -> float:
    r"""Return the weight scale at which :math:`\lambda = 0`: the edge of chaos at infinite width.

    Parameters
    ----------
    alpha : float
        Stability index in [0.1, 2].
    sigma_b : float
        Scale of the biases, at least 0.
    activation : str, Activation or pair of functions

    Returns
    -------
    float
        0 for ``alpha < 2`` without bias when :math:`\phi(0)=0`: there every ``sigma_w > 0`` is chaotic.

    Raises
    ------
    ValueError
        If an argument is out of range or :math:`\lambda` does not change sign below ``sigma_w = 1e3``.

    Examples
    --------
    >>> from rmt.meanfield import critical_sigma_w
    >>> critical_sigma_w(alpha=2.0, sigma_b=0.5)
    1.549673912...
    >>> round(critical_sigma_w(alpha=1.8, sigma_b=0.5), 4)
    1.4041
    """
    alpha, _, sigma_b, phi = check_parameters(alpha, 1.0, sigma_b, activation)
    mean = averages(phi, alpha)
    if alpha < 2.0 and sigma_b == 0.0 and phi.zero_at_zero and mean.finite:
        return 0.0

    def exponent(log_sigma: float) -> float:
        sigma_w = math.exp(log_sigma)
        return exponent_at(phi, alpha, sigma_w, fixed_log_q(mean, alpha * log_sigma, alpha * _log(sigma_b)))[0]

    if alpha == 2.0 and sigma_b == 0.0 and phi.odd:  # the quiescent state loses stability: q* = 0 on one side
        return 1.0 / abs(phi.slope_at_zero)
    low = high = 0.0
    while exponent(low) > 0.0:
        low -= 0.5
        if low < -30.0:
            raise ValueError(f"lambda > 0 for every sigma_w at alpha = {alpha:g}, activation = {phi.name!r}")
    while exponent(high) <= 0.0:
        high += 0.25
        if high > math.log(1e3):
            raise ValueError(f"lambda < 0 for every sigma_w up to 1e3 at alpha = {alpha:g}, activation = {phi.name!r}")
    return math.exp(optimize.brentq(exponent, low, high, xtol=1e-13, rtol=1e-14))
