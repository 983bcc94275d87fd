r"""The length map of a heavy-tailed network, its fixed point and its flow over depth.

With :math:`h_i = \sum_j W_{ij}\phi(h_j) + b_i` the pre-activations of a wide layer are symmetric stable,
:math:`E e^{ith} = e^{-q|t|^\alpha/2}`, and the scale obeys

.. math:: q' = \sigma_w^\alpha\,E|\phi((q/2)^{1/\alpha}X)|^\alpha + \sigma_b^\alpha .

Everything is done in :math:`\ln q`: without bias and for :math:`\alpha<2` the fixed point is exponentially small in
:math:`\sigma_w^{-\alpha}` and never zero.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import optimize

from rmt import activations
from rmt._checks import check_alpha, check_array, check_integer, check_real
from rmt._results import Result
from rmt.activations import Activation
from rmt.meanfield._averages import Averages, averages

__all__ = ["FixedPoint", "fixed_point", "length_flow", "length_map"]


def check_parameters(alpha: Any, sigma_w: Any, sigma_b: Any, activation: Any) -> tuple[float, float, float, Activation]:
    """The four parameters that every function of the room takes."""
    return (
        check_alpha(alpha, low=0.1),
        check_real("sigma_w", sigma_w, low=0.0),
        check_real("sigma_b", sigma_b, low=0.0),
        activations.get(activation),
    )


def _log(x: float) -> float:
    return math.log(x) if x > 0.0 else -math.inf


def refuse_unbounded(mean: Averages) -> None:
    """The infinite-width map does not exist when E|phi|^alpha is infinite."""
    if not mean.finite:
        raise ValueError(
            f"activation = {mean.phi.name!r} grows linearly, so at infinite width E|phi|^alpha is infinite for "
            f"alpha = {mean.alpha:g} < 2 and there is no length map: use finite_width_chain(width, ...), where the "
            "growth per layer depends on the width"
        )


def log_map(mean: Averages, log_q: float, log_w: float, log_b: float) -> float:
    """ln q' from ln q; ``log_w`` and ``log_b`` are alpha ln sigma."""
    return float(np.logaddexp(log_w + mean.log_power(log_q), log_b))


def length_map(
    q: ArrayLike,
    *,
    alpha: float,
    sigma_w: float,
    sigma_b: float = 0.0,
    activation: Any = "tanh",
    dps: int | None = None,
) -> Any:
    r"""Return :math:`q' = \sigma_w^\alpha E|\phi((q/2)^{1/\alpha}X)|^\alpha + \sigma_b^\alpha`.

    Parameters
    ----------
    q : array_like
        Scale of the pre-activations, :math:`E e^{ith} = e^{-q|t|^\alpha/2}`; the variance at ``alpha = 2``. At least 0.
    alpha : float
        Stability index in [0.1, 2].
    sigma_w, sigma_b : float
        Scales of weights and biases, at least 0.
    activation : str, Activation or pair of functions
    dps : int, optional
        Evaluate in mpmath to this many digits (scalar ``q`` > 0; odd analytic activations and softsign).

    Returns
    -------
    float or ndarray
        Scale of the next layer, shape of ``q``; ``inf`` where :math:`\phi` grows linearly and ``alpha < 2``.

    Raises
    ------
    ValueError
        If an argument is out of range.

    Notes
    -----
    Trapezoid rule in ln|X|; tested to 2e-12 against the rule of ``rmt.stable`` and to 1e-12 against
    mpmath. Kinked and periodic activations have their own rules (1e-11). Source: derived, docs/theory/signal-propagation.

    Examples
    --------
    >>> from rmt.meanfield import length_map
    >>> length_map(1.0, alpha=2.0, sigma_w=1.0, activation="linear")  # the variance of a Gaussian layer
    1.0000000000
    >>> length_map(0.105928174716, alpha=1.5, sigma_w=1.0)  # a fixed point
    0.105928174716
    """
    alpha, sigma_w, sigma_b, phi = check_parameters(alpha, sigma_w, sigma_b, activation)
    if dps is not None:
        from rmt.meanfield._multiprecision import length_map_mp

        scale = check_real("q", q, low=0.0, low_open=True)
        return length_map_mp(scale, alpha, sigma_w, sigma_b, phi, check_integer("dps", dps, low=1))
    points = check_array("q", q)
    if (points < 0).any():
        raise ValueError(f"q = {float(points.min())!r} must be in [0, inf)")
    mean = averages(phi, alpha)
    log_w, log_b = alpha * _log(sigma_w), alpha * _log(sigma_b)
    at_zero = sigma_w**alpha * abs(float(phi.value(0.0))) ** alpha + sigma_b**alpha
    result = [math.exp(log_map(mean, math.log(x), log_w, log_b)) if x > 0 else at_zero for x in points.ravel()]
    return np.array(result).reshape(np.shape(q)) if np.ndim(q) else result[0]


@dataclass(frozen=True)
class FixedPoint(Result):
    r"""Fixed point of the length map.

    Parameters
    ----------
    q, log_q : float
        The fixed point and its logarithm (``q`` underflows below ``log_q = -745``).
    slope : float
        :math:`V'(q^*)`; deviations shrink by this factor per layer.
    chi : float
        One-step factor :math:`\chi = \sigma_w^\alpha E|\phi'(h)|^\alpha`. For ``alpha < 2`` it is *not* the exponential of
        the Lyapunov exponent, because :math:`\phi'(h)` and the perturbation share the large weights.
    alpha, sigma_w, sigma_b : float
    activation : str
    """

    q: float
    log_q: float
    slope: float
    chi: float
    alpha: float
    sigma_w: float
    sigma_b: float
    activation: str

    @property
    def depth_scale(self) -> float:
        r"""Layers over which the length forgets its start, :math:`\xi_q = -1/\ln|V'(q^*)|`."""
        slope = abs(self.slope)
        return math.inf if slope >= 1.0 else 0.0 if slope == 0.0 else -1.0 / math.log(slope)


@lru_cache(maxsize=512)
def _single_root(phi: Activation) -> bool:
    """|phi| increasing and |phi|/|x| decreasing on both sides: V(q)/q falls, so the fixed point is unique."""
    log_x = np.linspace(-25.0, 25.0, 801)
    for sign in (1, -1):
        with np.errstate(invalid="ignore"):
            size = phi.log_abs_value(log_x, sign)
            if not np.isfinite(size).all():
                return False
            rise = np.diff(size)
        if (rise < -1e-9).any() or (rise > np.diff(log_x) + 1e-9).any():
            return False
    return True


def fixed_log_q(mean: Averages, log_w: float, log_b: float) -> float:
    """ln q* (the largest root), -inf when it is zero; parameters checked by the caller."""
    refuse_unbounded(mean)
    if log_w == -math.inf:
        return log_b

    def excess(log_q: float) -> float:
        return float(np.logaddexp(log_w + mean.log_ratio(log_q), log_b - log_q))

    if log_b == -math.inf and mean.expandable:
        radius, shift = mean.expansion
        log_q = math.log(2.0) + mean.alpha * (shift - 2.0 * math.exp(-log_w)) / radius if log_w > -700 else -math.inf
        if log_q < mean.threshold:
            return log_q
    step = 4.0 if _single_root(mean.phi) else 0.5
    high = 0.0
    while excess(high) >= 0.0:
        high += step
        if high > 700.0:
            raise ValueError(
                f"activation = {mean.phi.name!r} has no finite fixed point at alpha = {mean.alpha:g}, "
                f"sigma_w = {math.exp(log_w / mean.alpha):g}: the length grows without bound"
            )
    low = high - step
    while excess(low) < 0.0:
        high = low
        low -= step
        if low < -60.0:  # without bias and at alpha = 2 only the quiescent state is left
            if log_b == -math.inf and mean.phi.zero_at_zero and mean.alpha == 2.0:
                return -math.inf
            step *= 2.0
    return float(optimize.brentq(excess, low, high, xtol=1e-15, rtol=8.9e-16))


def fixed_point(
    *, alpha: float, sigma_w: float, sigma_b: float = 0.0, activation: Any = "tanh", dps: int | None = None
) -> FixedPoint:
    r"""Solve :math:`q^* = \sigma_w^\alpha E|\phi((q^*/2)^{1/\alpha}X)|^\alpha + \sigma_b^\alpha` in :math:`\ln q`.

    Parameters
    ----------
    alpha : float
        Stability index in [0.1, 2].
    sigma_w, sigma_b : float
        Scales of weights and biases, at least 0.
    activation : str, Activation or pair of functions
    dps : int, optional
        Compute ``q`` and ``log_q`` in mpmath to this many digits (odd analytic activations and softsign; seconds).

    Returns
    -------
    FixedPoint
        ``.q``, ``.log_q``, ``.slope``, ``.chi``, ``.depth_scale``.

    Raises
    ------
    ValueError
        If an argument is out of range, or if there is no finite fixed point (activations that grow linearly).

    Notes
    -----
    For ``alpha < 2`` and :math:`\phi'(0) \ne 0` there is a positive fixed point at every ``sigma_w > 0``. At small
    ``sigma_w`` (``ln q* < -25``) a closed form is used, accurate to 1e-10 in ``ln q*`` down to ``ln q* = -1e6`` and
    beyond. If :math:`|\phi|` is not monotone there can be several fixed points: the largest is returned.
    Tested to 1e-11 relative against values computed with another quadrature.

    Examples
    --------
    >>> from rmt.meanfield import fixed_point
    >>> point = fixed_point(alpha=1.5, sigma_w=1.0)
    >>> point.q, point.slope, point.chi
    (0.105928174..., 0.767504178..., 0.909278994...)
    >>> fixed_point(alpha=1.5, sigma_w=0.3).log_q
    -27.5304783...
    >>> fixed_point(alpha=1.5, sigma_w=1e-4).log_q  # quiet for every practical purpose, but not silent
    -5013253.570...
    """
    alpha, sigma_w, sigma_b, phi = check_parameters(alpha, sigma_w, sigma_b, activation)
    mean = averages(phi, alpha)
    log_w, log_b = alpha * _log(sigma_w), alpha * _log(sigma_b)
    log_q = fixed_log_q(mean, log_w, log_b)
    at_zero = sum(abs(float(phi.derivative(s * 1e-300))) ** alpha for s in (1, -1)) / 2
    if log_q == -math.inf:
        slope = sigma_w**alpha * at_zero if alpha == 2.0 else 0.0
        chi = sigma_w**alpha * at_zero
    else:
        slope = math.exp(log_w + mean.log_ratio(log_q)) * mean.power_slope(log_q) if sigma_w else 0.0
        chi = sigma_w**alpha * mean.slope_power(log_q, alpha)
    if dps is not None:
        from rmt.meanfield._multiprecision import exponential, fixed_point_mp

        digits = check_integer("dps", dps, low=1)
        if log_q < mean.threshold:
            raise ValueError(f"dps = {digits} needs ln q* > {mean.threshold:g}, not {log_q:.6g}: use the closed form")
        precise = fixed_point_mp(log_q, alpha, sigma_w, sigma_b, phi, digits)
        return FixedPoint(exponential(precise, digits), precise, slope, chi, alpha, sigma_w, sigma_b, phi.name)
    return FixedPoint(math.exp(log_q), log_q, slope, chi, alpha, sigma_w, sigma_b, phi.name)


def length_flow(
    q: float, depth: int, *, alpha: float, sigma_w: float, sigma_b: float = 0.0, activation: Any = "tanh"
) -> NDArray[np.float64]:
    r"""Return :math:`\ln q_l` for layers ``l = 0 ... depth`` at infinite width, from :math:`q_0 =` ``q``.

    Parameters
    ----------
    q : float
        Scale of the first pre-activation, above 0.
    depth : int
        Number of further layers, at least 0.
    alpha, sigma_w, sigma_b, activation
        As in :func:`fixed_point`.

    Returns
    -------
    ndarray, shape (depth + 1,)
        Natural logarithms.

    Raises
    ------
    ValueError
        If an argument is out of range or the activation grows linearly with ``alpha < 2``.

    Examples
    --------
    >>> import numpy as np
    >>> from rmt.meanfield import length_flow
    >>> length_flow(1.0, 2, alpha=2.0, sigma_w=2.0, activation="linear") / np.log(4.0)
    array([0., 1., 2.])
    """
    alpha, sigma_w, sigma_b, phi = check_parameters(alpha, sigma_w, sigma_b, activation)
    depth = check_integer("depth", depth, low=0)
    log_q = math.log(check_real("q", q, low=0.0, low_open=True))
    mean = averages(phi, alpha)
    refuse_unbounded(mean)
    flow = [log_q]
    for _ in range(depth):
        flow.append(log_map(mean, flow[-1], alpha * _log(sigma_w), alpha * _log(sigma_b)))
    return np.array(flow) + 0.0
