r"""The phase diagram in (alpha, sigma_w): lines with every parameter stated, and maps of the mean-field quantities.

The lines of arXiv:2203.12967 use the *independent* radial law of one layer, :math:`r^\alpha =
\kappa m/[\Gamma(1+\alpha/2)\tau^{\alpha/2}]`, :math:`m = 1-F = E_dH(\tau d^2)`: exact for :math:`W_lD_{l-1}`, an approximation
for products of layers. For :math:`\alpha<2` none of them is a sharp transition: each is a threshold and carries its
parameter in its name.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import integrate, interpolate, optimize

from rmt._checks import check_alpha, check_array, check_integer, check_real
from rmt._results import Result
from rmt.activations import Activation
from rmt.meanfield._averages import averages
from rmt.meanfield.finite_width import quiescent_sigma_w
from rmt.meanfield.length import _log, check_parameters, fixed_log_q
from rmt.meanfield.lyapunov import critical_sigma_w, exponent_at
from rmt.meanfield.profile import ActivationProfile
from rmt.special import H_ab

__all__ = ["PhaseDiagram", "characteristic_radius", "contour_line", "ordered_line", "phase_diagram", "silent_line"]

Array = NDArray[np.float64]
_LOG_TAU = np.linspace(-40.0, 60.0, 1001)


@lru_cache(maxsize=32)
def _bulk_function(a: float) -> interpolate.CubicHermiteSpline:
    """H_{a,a} on ln X in [-120, 90]; accuracy 1e-9, enough for lines in a diagram."""
    log_x = np.arange(-120.0, 90.0, 0.1)
    x = np.exp(log_x)
    return interpolate.CubicHermiteSpline(log_x, H_ab(x, a, a), H_ab(x, a, a, derivative=True))


@lru_cache(maxsize=256)
def _radial_curve(phi: Activation, alpha: float, sigma_w: float, sigma_b: float) -> tuple[Array, Array]:
    """(m, ln r) along increasing tau: m = 1 - F rises, r falls."""
    log_q = fixed_log_q(averages(phi, alpha), alpha * math.log(sigma_w), alpha * _log(sigma_b))
    profile = ActivationProfile(phi, 0.0, alpha, log_q=log_q if log_q > -math.inf else None, wing=False)
    keep = (profile.log_values > -60.0) & (profile.weights > 1e-14)
    log_d, weights = profile.log_values[keep], profile.weights[keep]
    spline = _bulk_function(0.5 * alpha)
    argument = np.clip(np.add.outer(_LOG_TAU, 2.0 * log_d), -119.0, 89.0)
    m = spline(argument) @ weights
    log_kappa = alpha * math.log(sigma_w) + math.lgamma(alpha) - math.lgamma(0.5 * alpha)
    log_r = (log_kappa + np.log(m) - math.lgamma(1.0 + 0.5 * alpha)) / alpha - 0.5 * _LOG_TAU
    return m, log_r


def characteristic_radius(
    p: float, *, alpha: float, sigma_w: float, sigma_b: float = 0.0, activation: Any = "tanh"
) -> float:
    r"""Return the p-characteristic radius :math:`r_p` of a layer, :math:`1 - F(r_p) = p^\alpha` (independent ensemble).

    Parameters
    ----------
    p : float
        Fraction in (0, 1); the paper's code uses 0.01.
    alpha : float
        Stability index in [0.3, 2].
    sigma_w, sigma_b, activation
        As in :func:`fixed_point`.

    Returns
    -------
    float

    Raises
    ------
    ValueError
        If an argument is out of range or a fraction :math:`p^\alpha` of the units is not active.

    Examples
    --------
    >>> from rmt.meanfield import characteristic_radius
    >>> round(characteristic_radius(0.01, alpha=1.5, sigma_w=0.60201449), 6)
    1.0
    """
    alpha, sigma_w, sigma_b, phi = check_parameters(alpha, sigma_w, sigma_b, activation)
    check_alpha(alpha, low=0.3)
    check_real("sigma_w", sigma_w, low=0.0, low_open=True)
    p = check_real("p", p, low=0.0, high=1.0, low_open=True, high_open=True)
    return math.exp(_log_radius(p, phi, alpha, sigma_w, sigma_b))


def _log_radius(p: float, phi: Activation, alpha: float, sigma_w: float, sigma_b: float) -> float:
    m, log_r = _radial_curve(phi, alpha, sigma_w, sigma_b)
    if p**alpha >= m[-1]:
        raise ValueError(f"p = {p!r} must be below {m[-1] ** (1 / alpha):.3g}, the active part of the units")
    place = int(np.searchsorted(m, p**alpha))
    part = slice(max(place - 4, 0), place + 4)
    return float(interpolate.PchipInterpolator(np.log(m[part]), log_r[part])(alpha * math.log(p)))


def ordered_line(p: float, *, alpha: float, sigma_b: float = 0.0, activation: Any = "tanh") -> float:
    r"""Return :math:`g_{ord}(\alpha;p)`: the ``sigma_w`` at which the p-characteristic radius is 1.

    Parameters
    ----------
    p : float
        Fraction in (0, 1). The line depends strongly on it for ``alpha < 2``; at 2 it is the edge of the circular law.
    alpha : float
        Stability index in [0.3, 2].
    sigma_b : float
        Scale of the biases.
    activation : str, Activation or pair of functions

    Returns
    -------
    float

    Raises
    ------
    ValueError
        If an argument is out of range or the radius does not cross 1 for ``sigma_w`` in [0.02, 50].

    Examples
    --------
    >>> from rmt.meanfield import ordered_line
    >>> round(ordered_line(0.01, alpha=1.2), 5)
    0.51428
    """
    alpha, _, sigma_b, phi = check_parameters(alpha, 1.0, sigma_b, activation)
    p = check_real("p", p, low=0.0, high=1.0, low_open=True, high_open=True)

    def distance(log_sigma: float) -> float:
        return _log_radius(p, phi, alpha, math.exp(log_sigma), sigma_b)

    low, high = math.log(0.3), math.log(1.2)
    while distance(low) > 0.0:
        low -= 0.5
        if low < math.log(0.02):
            raise ValueError(f"the radius r_p exceeds 1 at sigma_w = 0.02 for p = {p!r}, alpha = {alpha:g}")
    while distance(high) < 0.0:
        high += 0.4
        if high > math.log(50.0):
            raise ValueError(f"the radius r_p stays below 1 up to sigma_w = 50 for p = {p!r}, alpha = {alpha:g}")
    return math.exp(optimize.brentq(distance, low, high, xtol=1e-9))


def silent_line(threshold: float = 1e-3, *, alpha: float, activation: Any = "tanh") -> float:
    r"""Return the ``sigma_w`` at which the activity :math:`(q^*/2)^{1/\alpha}` equals a threshold (no bias).

    Parameters
    ----------
    threshold : float
        Scale of the pre-activations below which a network is called silent.
    alpha : float
        Stability index in [0.1, 2].
    activation : str, Activation or pair of functions

    Returns
    -------
    float
        A numerical threshold, not a transition: :math:`q^*>0` at every ``sigma_w > 0`` for ``alpha < 2``.

    Raises
    ------
    ValueError
        If an argument is out of range.

    Examples
    --------
    >>> from rmt.meanfield import silent_line
    >>> [round(silent_line(alpha=alpha), 4) for alpha in (1.0, 1.5, 1.8)]
    [0.4081, 0.5396, 0.7057]
    """
    alpha, _, _, phi = check_parameters(alpha, 1.0, 0.0, activation)
    threshold = check_real("threshold", threshold, low=0.0, low_open=True)
    log_q = math.log(2.0) + alpha * math.log(threshold)
    mean = averages(phi, alpha)
    if not mean.finite:
        raise ValueError(f"activation = {phi.name!r} has no fixed point for alpha = {alpha:g} < 2")
    return math.exp(-mean.log_ratio(log_q) / alpha)


def contour_line(n: int, p: float = 0.01, *, alpha: float, sigma_b: float = 0.0, activation: Any = "tanh") -> float:
    r"""Return the moment contour of order n: ``sigma_w`` above :func:`ordered_line` with the moment of that line.

    :math:`I_n(\sigma_w) = \int_{r<r_p}(r-1)^ndF`; the contour is where :math:`I_n(\sigma_w) = I_n(g_{ord})` again. The family
    over odd n fans out: it is the upper border of the extended critical regime as its authors draw it.

    Parameters
    ----------
    n : int
        Odd order, at least 1.
    p : float
        Fraction of the ordered line.
    alpha, sigma_b, activation
        As in :func:`ordered_line`.

    Returns
    -------
    float
        ``nan`` if the contour does not return below ``sigma_w = 12``.

    Raises
    ------
    ValueError
        If an argument is out of range.

    Examples
    --------
    >>> from rmt.meanfield import contour_line
    >>> round(contour_line(11, alpha=1.5), 2)
    1.35
    """
    n = check_integer("n", n, low=1)
    if n % 2 == 0:
        raise ValueError(f"n = {n} must be odd: an even moment about r = 1 has no sign")
    alpha, _, sigma_b, phi = check_parameters(alpha, 1.0, sigma_b, activation)
    start = ordered_line(p, alpha=alpha, sigma_b=sigma_b, activation=phi)
    level = _moment(n, p, phi, alpha, start, sigma_b)

    def excess(sigma_w: float) -> float:
        return _moment(n, p, phi, alpha, sigma_w, sigma_b) - level

    grid = start * np.exp(np.linspace(0.01, math.log(12.0 / start), 24))
    values = [excess(float(sigma_w)) for sigma_w in grid]
    for left, right, low, high in zip(values, values[1:], grid, grid[1:], strict=False):
        if left > 0.0 >= right:
            return float(optimize.brentq(excess, low, high, xtol=1e-6))
    return math.nan


def _moment(n: int, p: float, phi: Activation, alpha: float, sigma_w: float, sigma_b: float) -> float:
    """int (r - 1)^n dF over r < r_p: composite Simpson in ln tau from the exact end point, splines in between."""
    m, log_r = _radial_curve(phi, alpha, sigma_w, sigma_b)
    low = max(int(np.searchsorted(m, p**alpha)) - 6, 0)
    curves = interpolate.CubicSpline(_LOG_TAU[low:], np.column_stack([np.log(m[low:]), log_r[low:]]))
    start = optimize.brentq(lambda t: float(curves(t)[0]) - alpha * math.log(p), _LOG_TAU[low], _LOG_TAU[low + 12])
    t = start + (_LOG_TAU[-1] - start) * np.linspace(0.0, 1.0, 3001) ** 2  # dense where r is large
    values, slopes = curves(t), curves(t, 1)
    body = (np.exp(values[:, 1]) - 1.0) ** n * np.exp(values[:, 0]) * slopes[:, 0]
    rest = (1.0 - m[-1]) * (-1.0) ** n  # units so saturated that their radius is 0
    return float(integrate.simpson(body, x=t)) + rest


@dataclass(frozen=True)
class PhaseDiagram(Result):
    """Lines over alpha and maps over (alpha, sigma_w).

    Parameters
    ----------
    alpha, sigma_w : ndarray
        Axes of the maps.
    lines : dict of str to ndarray
        Label with its parameter -> sigma_w at each alpha (``nan`` where there is none).
    maps : dict of str to ndarray, shape (alpha, sigma_w)
        ``log_q``, ``log_chi`` (one-step factor per alpha, ln chi / alpha), ``lyapunov``, ``order``.
    sigma_b : float
    activation : str
    """

    alpha: Array
    sigma_w: Array
    lines: dict[str, Array]
    maps: dict[str, Array]
    sigma_b: float
    activation: str


def phase_diagram(
    alpha: ArrayLike | None = None,
    sigma_w: ArrayLike | None = None,
    *,
    sigma_b: float = 0.0,
    activation: Any = "tanh",
    p: Sequence[float] = (0.001, 0.01, 0.05),
    orders: Sequence[int] = (3, 11, 91),
    widths: Sequence[int] = (1000,),
    silent: float = 1e-3,
    lines: bool = True,
) -> PhaseDiagram:
    r"""Compute the phase diagram: maps of q*, chi and the Lyapunov exponent, and all lines.

    Parameters
    ----------
    alpha, sigma_w : array_like, optional
        Axes; by default 11 values in [1, 2] and 30 values in (0, 3].
    sigma_b, activation
        As in :func:`fixed_point`.
    p : sequence of float
        Fractions of the ordered lines; the contours use the second one (or the only one).
    orders : sequence of int
        Odd orders of the moment contours.
    widths : sequence of int
        Widths of the quiescent lines :func:`quiescent_sigma_w` (slope 1 at 0; others are rescaled).
    silent : float
        Activity threshold of the silent line (drawn without bias only).
    lines : bool
        Whether to compute the lines (they take most of the time).

    Returns
    -------
    PhaseDiagram

    Raises
    ------
    ValueError
        If an argument is out of range.

    Examples
    --------
    >>> from rmt.meanfield import phase_diagram
    >>> diagram = phase_diagram([1.5, 2.0], [1.0, 2.0], lines=False)
    >>> diagram.maps["lyapunov"].round(4).tolist()
    [[0.1444, 0.3555], [-0.0, 0.1547]]
    """
    alphas = check_array("alpha", np.linspace(1.0, 2.0, 11) if alpha is None else alpha, ndim=1, min_size=1)
    sigmas = check_array("sigma_w", np.linspace(0.1, 3.0, 30) if sigma_w is None else sigma_w, ndim=1, min_size=1)
    if (sigmas <= 0).any():
        raise ValueError(f"sigma_w = {float(sigmas.min())!r} must be in (0, inf)")
    check_real("silent", silent, low=0.0, low_open=True)
    maps = {name: np.full((alphas.size, sigmas.size), np.nan) for name in ("log_q", "log_chi", "lyapunov", "order")}
    for i, a in enumerate(alphas):
        _, _, sigma_b, phi = check_parameters(a, 1.0, sigma_b, activation)
        mean = averages(phi, float(a))
        for j, w in enumerate(sigmas):
            log_w = a * math.log(w)
            log_q = fixed_log_q(mean, log_w, a * _log(sigma_b))
            chi = mean.slope_power(log_q, a) if log_q > -math.inf else abs(phi.slope_at_zero) ** a
            value, order, _ = exponent_at(phi, float(a), float(w), log_q)
            maps["log_q"][i, j], maps["log_chi"][i, j] = log_q, (log_w + math.log(chi)) / a
            maps["lyapunov"][i, j], maps["order"][i, j] = value, order
    found = _lines(alphas, phi, sigma_b, p, orders, widths, silent) if lines else {}
    return PhaseDiagram(alphas, sigmas, found, maps, sigma_b, phi.name)


def _lines(
    alphas: Array,
    phi: Activation,
    sigma_b: float,
    p: Sequence[float],
    orders: Sequence[int],
    widths: Sequence[int],
    silent: float,
) -> dict[str, Array]:
    found: dict[str, list[float]] = {}

    def add(label: str, value: float) -> None:
        found.setdefault(label, []).append(value)

    middle = p[1] if len(p) > 1 else p[0]
    for a in map(float, alphas):
        if sigma_b == 0.0 and phi.zero_at_zero:
            add(f"silent: activity {silent:g}", silent_line(silent, alpha=a, activation=phi))
        add("lambda = 0, infinite width", critical_sigma_w(alpha=a, sigma_b=sigma_b, activation=phi))
        for width in widths:
            if sigma_b == 0.0 and phi.zero_at_zero:
                add(f"quiescent, N = {width}", quiescent_sigma_w(width, alpha=a) / abs(phi.slope_at_zero))
        for fraction in p:
            add(f"ordered: r_p = 1, p = {fraction:g}", _or_nan(ordered_line, fraction, a, sigma_b, phi))
        for n in orders:
            add(
                f"contour n = {n}, p = {middle:g}",
                _or_nan(lambda f, n=n, **k: contour_line(n, f, **k), middle, a, sigma_b, phi),
            )
    return {label: np.array(values) for label, values in found.items()}


def _or_nan(line: Any, p: float, alpha: float, sigma_b: float, phi: Activation) -> float:
    """A line that does not exist at this alpha leaves a gap."""
    try:
        return float(line(p, alpha=alpha, sigma_b=sigma_b, activation=phi))
    except ValueError:
        return math.nan
