r"""Two inputs: the correlation map of Gaussian networks, and the map of spectral measures for heavy tails.

For :math:`\alpha=2` a pair of pre-activations is Gaussian and one number, the correlation, is its state (Poole et al.,
Schoenholz et al.). For :math:`\alpha<2` no covariance exists. A pair is bivariate stable,

.. math:: E e^{i(t_1h_1+t_2h_2)} = e^{-\Psi(t)},\quad
    \Psi(t) = \tfrac12\int|t_1\cos\theta+t_2\sin\theta|^\alpha\,\Gamma(d\theta),\quad
    \Gamma' = \sigma_w^\alpha E[R^\alpha\delta_\Theta] + \mathrm{bias},

with :math:`(\phi(h_1),\phi(h_2)) = R(\cos\Theta,\sin\Theta)`; the state is the measure :math:`\Gamma` on the half circle,
iterated by quadrature on angles graded towards the axes and the diagonals, for any bounded activation.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import optimize, special

from rmt._checks import check_alpha, check_array, check_integer, check_real
from rmt._results import Result
from rmt.activations import Activation
from rmt.meanfield._averages import Averages, averages
from rmt.meanfield._pairs import Measure, PairState
from rmt.meanfield._pairs_cloud import next_measure, pair_grid
from rmt.meanfield._pairs_periodic import next_measure_of_periodic
from rmt.meanfield.length import _log, check_parameters, fixed_log_q, fixed_point, refuse_unbounded

__all__ = ["CorrelationFixedPoint", "TwoInputFlow", "correlation_fixed_point", "correlation_map", "two_input_flow"]

Array = NDArray[np.float64]


# -- alpha = 2 --------------------------------------------------------------------------------------------------------


@lru_cache(maxsize=1)
def _normal_grid() -> tuple[Array, Array]:
    """Trapezoid rule for the standard normal: exponentially accurate for functions analytic in a strip."""
    z = np.arange(-8.5, 8.51, 0.1)
    weights = np.exp(-0.5 * z**2)
    return z, weights / weights.sum()


def _pair_average(f: Any, q: float, c: float) -> float:
    """E f(h1) f(h2), normal with variances q and correlation c: h1, h2 = s + d, s - d with independent s and d."""
    z, weights = _normal_grid()
    plus = math.sqrt(0.5 * q * (1.0 + c)) * z[:, None]
    minus = math.sqrt(0.5 * q * (1.0 - c)) * z[None, :]
    return float(weights @ (np.asarray(f(plus + minus)) * np.asarray(f(plus - minus))) @ weights)


def correlation_map(
    c: ArrayLike, *, sigma_w: float, sigma_b: float = 0.0, activation: Any = "tanh", q: float | None = None
) -> Any:
    r"""Return :math:`c' = [\sigma_w^2E\phi(h_1)\phi(h_2)+\sigma_b^2]/q` of a Gaussian network (``alpha = 2``).

    Parameters
    ----------
    c : array_like
        Correlation of the two pre-activations, in [-1, 1].
    sigma_w, sigma_b, activation
        As in :func:`fixed_point`.
    q : float, optional
        Variance of both inputs; by default the fixed point, which the map preserves.

    Returns
    -------
    float or ndarray

    Raises
    ------
    ValueError
        If an argument is out of range or the fixed point is zero.

    Notes
    -----
    Two-dimensional trapezoid rule, 1e-13 for analytic activations up to variances of about 5; kinked ones 1e-4.
    Tested to 1e-12 against the arcsine law of erf. Source: Poole et al., arXiv:1606.05340.

    Examples
    --------
    >>> from rmt.meanfield import correlation_map
    >>> correlation_map(1.0, sigma_w=1.5, sigma_b=0.3)
    1.0000000000
    """
    _, sigma_w, sigma_b, phi = check_parameters(2.0, sigma_w, sigma_b, activation)
    values = check_array("c", c)
    if (np.abs(values) > 1.0).any():
        raise ValueError(f"c = {float(values[np.abs(values) > 1].flat[0])!r} must be in [-1, 1]")
    q = _positive_q(sigma_w, sigma_b, phi) if q is None else check_real("q", q, low=0.0, low_open=True)
    image = [(sigma_w**2 * _pair_average(phi.value, q, float(x)) + sigma_b**2) / q for x in values.ravel()]
    return np.array(image).reshape(np.shape(c)) if np.ndim(c) else image[0]


def _positive_q(sigma_w: float, sigma_b: float, phi: Activation) -> float:
    log_q = fixed_log_q(averages(phi, 2.0), 2.0 * _log(sigma_w), 2.0 * _log(sigma_b))
    if log_q == -math.inf:
        raise ValueError(f"sigma_w = {sigma_w:g} without bias has q* = 0: a correlation is not defined")
    return math.exp(log_q)


@dataclass(frozen=True)
class CorrelationFixedPoint(Result):
    r"""Fixed points and depth scales of a Gaussian network.

    Parameters
    ----------
    q, c : float
        Variance and stable correlation of two inputs.
    chi_1 : float
        :math:`\sigma_w^2E\phi'^2`, slope of the correlation map at c = 1.
    chi_c : float
        Slope at the stable fixed point.
    xi_q, xi_c : float
        Depth scales :math:`-1/\ln V'(q^*)` and :math:`-1/\ln\chi_{c^*}`.
    sigma_w, sigma_b : float
    activation : str
    """

    q: float
    c: float
    chi_1: float
    chi_c: float
    xi_q: float
    xi_c: float
    sigma_w: float
    sigma_b: float
    activation: str


def correlation_fixed_point(*, sigma_w: float, sigma_b: float = 0.0, activation: Any = "tanh") -> CorrelationFixedPoint:
    r"""Return :math:`q^*, c^*, \chi_1, \xi_q, \xi_c` of a Gaussian network (``alpha = 2``).

    Parameters
    ----------
    sigma_w, sigma_b, activation
        As in :func:`fixed_point`, smooth activation.

    Returns
    -------
    CorrelationFixedPoint

    Raises
    ------
    ValueError
        If an argument is out of range or :math:`q^* = 0`.

    Notes
    -----
    Source: Schoenholz et al., arXiv:1611.01232, equations (5) to (9). In the ordered phase :math:`c^*=1`.

    Examples
    --------
    >>> from rmt.meanfield import correlation_fixed_point
    >>> point = correlation_fixed_point(sigma_w=2.0, sigma_b=0.3)
    >>> point.chi_1 > 1 > point.c > 0
    True
    """
    _, sigma_w, sigma_b, phi = check_parameters(2.0, sigma_w, sigma_b, activation)
    point = fixed_point(alpha=2.0, sigma_w=sigma_w, sigma_b=sigma_b, activation=phi)
    q = _positive_q(sigma_w, sigma_b, phi)
    chi_1 = point.chi

    def gap(c: float) -> float:
        return (sigma_w**2 * _pair_average(phi.value, q, c) + sigma_b**2) / q - c

    c = 1.0
    if chi_1 > 1.0:
        # c' - c is positive at 0 (zero for odd functions without bias) and falls through zero before it ends at c = 1
        c = 0.0 if abs(gap(0.0)) < 1e-14 else float(optimize.brentq(gap, 0.0, _below_one(gap), xtol=1e-15))
    chi_c = sigma_w**2 * _pair_average(phi.derivative, q, c)
    xi_c = math.inf if chi_c >= 1.0 else -1.0 / math.log(chi_c)
    return CorrelationFixedPoint(q, c, chi_1, chi_c, point.depth_scale, xi_c, sigma_w, sigma_b, phi.name)


def _below_one(gap: Any) -> float:
    distance = 0.5
    while gap(1.0 - distance) >= 0.0:
        distance *= 0.5
        if distance < 1e-12:
            raise ValueError("the correlation fixed point is closer to 1 than 1e-12: chi_1 - 1 is at rounding level")
    return 1.0 - distance


_MARGINAL = 1e-2  # largest relative error of the one-input average of a pair, at alpha < 2
_RESOLVED = 1e-7  # smallest own part of an input, half the smallest difference, at alpha < 2


# -- alpha < 2 --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class TwoInputFlow(Result):
    r"""Two inputs through the layers of an infinitely wide network.

    Parameters
    ----------
    difference : ndarray, shape (depth + 1,)
        :math:`\sigma_w^\alpha E|\phi_1-\phi_2|^\alpha/q^*`, the scale of :math:`h_1-h_2` in the next layer. At ``alpha = 2``
        it is :math:`2(1-c')`, with :math:`c'` of :func:`correlation_map`.
    rho : ndarray, shape (depth + 1,)
        Order parameter :math:`E|\phi_1-\phi_2|^\alpha/(E|\phi_1|^\alpha+E|\phi_2|^\alpha)`.
    magnitude : ndarray, shape (depth + 1,)
        :math:`E|\phi_1\phi_2|^\alpha/(E|\phi_1|^\alpha E|\phi_2|^\alpha)`: 1 for independent inputs.
    error : ndarray, shape (depth + 1,)
        Relative error of :math:`E|\phi_1|^\alpha` of the pair against the one-input quadrature, a check of each step (before
        it is corrected).
    angles, measure : ndarray
        Directions of the next layer's spectral measure on [0, pi), increasing, and the masses at them.
    alpha, sigma_w, sigma_b, q : float
    """

    difference: Array
    rho: Array
    magnitude: Array
    error: Array
    angles: Array
    measure: Array
    alpha: float
    sigma_w: float
    sigma_b: float
    q: float


def two_input_flow(
    depth: int,
    *,
    alpha: float,
    sigma_w: float,
    sigma_b: float = 0.0,
    activation: Any = "tanh",
    start: float = 1.0,
    step: float = 0.4,
) -> TwoInputFlow:
    r"""Iterate the spectral measure of a pair of inputs, both at the length fixed point, deterministically.

    Parameters
    ----------
    depth : int
        Layers.
    alpha : float
        Stability index in [0.6, 2].
    sigma_w, sigma_b : float
        Scales of weights and biases.
    activation : str, Activation or pair of functions
        For ``alpha < 2`` any bounded one of the catalogue (tanh, erf, hard_tanh, softsign, arctan, sin, sigmoid), or one's own
        that settles to a limit on each side or is periodic; at ``alpha = 2`` any for which :func:`correlation_map` exists.
    start : float
        Part of each input's scale that is its own, in [0, 1]: 1 independent inputs, 0 identical ones.
    step : float
        Step of the grid in the logit of the ratio of the two units, in [0.1, 0.6] (``alpha < 2``).

    Returns
    -------
    TwoInputFlow

    Raises
    ------
    ValueError
        If an argument is out of range, there is no positive length fixed point, or there is no map: an activation that
        grows linearly has :math:`E|\phi(h)|^\alpha = \infty` below ``alpha = 2`` (relu, leaky_relu, swish, linear).

    Notes
    -----
    No random or quasi-random number is used. ``alpha = 2`` is the correlation map of Poole et al.; below, a pair is
    integrated over its bivariate density (from the one-dimensional projections of the exponent; for periodic activations
    from its Fourier series) and its outputs are collected in angles graded towards axes and diagonals.
    Step 0.4 against 0.25 changes ``difference`` and ``magnitude`` over three layers by at most 5e-6 (catalogue, ``alpha`` from
    0.8 to 1.95, at (2, 0.3) with half of the scale shared), 2e-5 for sigmoid, whose difference falls to 0.006, and 2e-4 for
    one's own with hard limits of different size, whose measure has an atom between axis and diagonal. Differences far
    below 1 carry an *absolute* error of 1e-8; below 2e-7 they are refused. One layer of sines is the Fourier series of the
    average to 3e-7 for ``alpha`` of 1 and more. Two effects show in ``error``: it grows below ``alpha = 0.8``, for sin to
    2e-4 at 0.6; and tails lose digits at very small scales, at ``alpha = 1.5`` to 1e-5 if :math:`(q/2)^{1/\alpha}=0.01`,
    to 1e-3 if 4e-4 (tanh, sin).
    "Fully decorrelated inputs stay independent" is false for ``alpha < 2``: magnitudes correlate after one layer.
    Derived, docs/theory/signal-propagation.

    Examples
    --------
    >>> from rmt.meanfield import two_input_flow
    >>> flow = two_input_flow(1, alpha=1.5, sigma_w=1.0, step=0.5)
    >>> flow.magnitude.round(2).tolist(), flow.difference.round(3).tolist()
    ([1.0, 1.97], [1.741, 1.658])
    """
    alpha, sigma_w, sigma_b, phi = check_parameters(alpha, sigma_w, sigma_b, activation)
    check_alpha(alpha, low=0.6)
    depth = check_integer("depth", depth, low=0)
    start = check_real("start", start, low=0.0, high=1.0)
    step = check_real("step", step, low=0.1, high=0.6)
    if alpha == 2.0:
        return _gaussian_flow(depth, sigma_w, sigma_b, phi, start)
    mean = averages(phi, alpha)
    refuse_unbounded(mean)
    if not phi.bounded:
        raise ValueError(f"activation = {phi.name!r} must be bounded for the pair map at alpha = {alpha:g} < 2")
    log_q = fixed_log_q(mean, alpha * _log(sigma_w), alpha * _log(sigma_b))
    if log_q < -60.0:
        raise ValueError(f"sigma_w = {sigma_w:g} has ln q* = {log_q:.3g}: too small for the grid of a pair")
    q, power = math.exp(log_q), math.exp(mean.log_power(log_q))
    if start == 0.0:
        return _identical_flow(depth, alpha, sigma_w, sigma_b, q, mean)
    if start < _RESOLVED:
        raise ValueError(f"start = {start:g} must be 0 or in [{_RESOLVED:g}, 1]: smaller differences are not resolved")
    image_of = next_measure_of_periodic if phi.period else next_measure
    scale, apart = (0.5 * q) ** (1.0 / alpha), (q * start) ** (1.0 / alpha)  # of h and of h1 - h2
    z = pair_grid(phi, scale, apart, step)
    g = 0.5 * q * (start * (1.0 + special.expit(z) ** alpha) + (1.0 - start) * _diagonal(z, alpha))
    found = np.empty((4, depth + 1))
    for layer in range(depth + 1):
        image = image_of(PairState(alpha, z, np.log(g)), phi)
        exact = power / image.power  # the marginals are known exactly
        if abs(exact - 1.0) > _MARGINAL:
            raise ValueError(
                f"sigma_w = {sigma_w:g}: at ln q* = {log_q:.3g} the quadrature of a pair misses E|phi|^alpha by "
                f"{abs(exact - 1.0):.1g}, more than {_MARGINAL:g}: the scale is too small (or the activation too rough)"
            )
        apart_power, together = image.difference() * exact, image.product * exact**2
        difference = sigma_w**alpha * apart_power / q
        found[:, layer] = difference, apart_power / (2.0 * power), together / power**2, abs(exact - 1.0)
        if layer < depth:
            if difference < 2.0 * _RESOLVED:
                raise ValueError(
                    f"depth = {depth}: after {layer + 1} layers the inputs differ by {difference:.2g} of their scale, "
                    f"and differences below {2.0 * _RESOLVED:g} are not resolved"
                )
            z = pair_grid(phi, scale, (0.5 * q * difference) ** (1.0 / alpha), step)
            g = 0.5 * (sigma_w**alpha * exact * image.exponent(z) + sigma_b**alpha * _diagonal(z, alpha))
    angles, measure = _directions(image, sigma_w**alpha * exact, sigma_b**alpha)
    return TwoInputFlow(found[0], found[1], found[2], found[3], angles, measure, alpha, sigma_w, sigma_b, q)


def _diagonal(z: Array, alpha: float) -> Array:
    """|1 +- tau|^alpha: what both inputs share."""
    return np.array([1.0 + special.expit(z), special.expit(-z)]) ** alpha


def _identical_flow(depth: int, alpha: float, sigma_w: float, sigma_b: float, q: float, mean: Averages) -> TwoInputFlow:
    """Identical inputs stay identical: one direction, and magnitudes E|phi|^2 alpha / (E|phi|^alpha)^2."""
    h, weights = mean.points(math.log(q), core=True)
    size = np.abs(mean.phi.value(h)) ** alpha
    magnitude = np.full(depth + 1, float(weights @ size**2) / float(weights @ size) ** 2)
    zero = np.zeros(depth + 1)
    atom = np.array([2.0 ** (0.5 * alpha) * q])
    return TwoInputFlow(zero, zero, magnitude, zero, np.array([0.25 * math.pi]), atom, alpha, sigma_w, sigma_b, q)


def _directions(image: Measure, weight: float, bias: float) -> tuple[Array, Array]:
    """The measure in angles on [0, pi), both orders of the two inputs, masses R^alpha."""
    ratio = special.expit(image.z)
    size = weight * 0.5 * (1.0 + ratio**2) ** (0.5 * image.alpha) * image.density
    angle = np.arctan(ratio)
    diagonal = 2.0 ** (0.5 * image.alpha)
    angles = [angle, 0.5 * math.pi - angle, math.pi - angle, 0.5 * math.pi + angle]
    atoms = np.array([0.0, 0.25, 0.5, 0.75]) * math.pi
    axis = 0.5 * weight * image.axis
    masses = np.array([axis, diagonal * (weight * image.atoms[0] + bias), axis, diagonal * weight * image.atoms[1]])
    place, mass = np.concatenate([*angles, atoms]), np.concatenate([size[0], size[0], size[1], size[1], masses])
    order = np.argsort(place)
    return place[order], mass[order]


def _gaussian_flow(depth: int, sigma_w: float, sigma_b: float, phi: Activation, start: float) -> TwoInputFlow:
    """alpha = 2: one correlation, the map of Poole et al."""
    q = _positive_q(sigma_w, sigma_b, phi)
    power = _pair_average(phi.value, q, 1.0)
    found = np.zeros((4, depth + 1))
    c = 1.0 - start
    for layer in range(depth + 1):
        product = _pair_average(phi.value, q, c)
        together = _pair_average(lambda h: np.square(phi.value(h)), q, c)
        apart = 2.0 * (power - product)
        found[:3, layer] = sigma_w**2 * apart / q, apart / (2.0 * power), together / power**2
        c = (sigma_w**2 * product + sigma_b**2) / q
    angles = np.array([0.25, 0.75]) * math.pi  # of the covariance q [[1, c], [c, 1]]; the measure is not unique here
    measure = q * np.array([1.0 + c, 1.0 - c])
    return TwoInputFlow(found[0], found[1], found[2], found[3], angles, measure, 2.0, sigma_w, sigma_b, q)
