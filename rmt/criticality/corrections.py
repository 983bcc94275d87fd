r"""The next order in 1/n of the finite-width theory: its constants, its two universal functions, the mean that follows."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import linalg, optimize
from scipy.interpolate import CubicSpline

from rmt._checks import check_array, check_integer, check_real
from rmt._results import Result, provenance
from rmt.activations import Activation
from rmt.criticality._gaussian import average, length_fixed_point, smooth_activation
from rmt.criticality._normal_form import layer_constants
from rmt.criticality.critical_points import CriticalPoint

__all__ = ["FiniteWidth", "finite_width", "scaling_corrections", "width_critical_sigma_w"]

Array = NDArray[np.float64]


@dataclass(frozen=True)
class FiniteWidth(Result):
    r"""Constants of the motion of a small order parameter at width ``n``, to second order in 1/n.

    The moments of the slow variable :math:`r\approx\rho` obey, per layer,

    .. math:: \frac{d}{dl}Er^p = \Big[p\ln\chi_1 + \frac{c_1p+\frac12vp^2}{n}
              + \frac{c_2p+\frac12v_1p^2+\frac16k_3p^3}{n^2}\Big]Er^p
              - \kappa\Big[p+\frac{\alpha p+\beta p^2}{n}\Big]Er^{p+1} + p\,\mathrm{curvature}\,Er^{p+2},

    and :math:`E\rho = (1+\mathrm{offset}/n)\,Er`.

    Parameters
    ----------
    sigma_w, sigma_b : float
        Scales of weights and biases.
    q : float
        Fixed length of infinite width.
    log_chi : float
        :math:`\ln\chi_1`, 0 at the critical point of infinite width.
    kappa : float
        Quadratic coefficient.
    curvature : float
        Cubic coefficient, :math:`c_3-\kappa^2` at the critical point.
    c1, v : float
        First order: drift and variance of :math:`\ln\rho`.
    c2, v1, k3 : float
        Second order: drift, variance, third cumulant.
    alpha, beta : float
        How the width changes kappa.
    offset : float
        Mean of rho against that of the slow variable.
    meta : dict
        Versions.
    """

    sigma_w: float
    sigma_b: float
    q: float
    log_chi: float
    kappa: float
    curvature: float
    c1: float
    v: float
    c2: float
    v1: float
    k3: float
    alpha: float
    beta: float
    offset: float
    meta: dict[str, Any] = field(repr=False, compare=False, default_factory=dict)

    def drift(self, width: int) -> float:
        r"""Mean growth of :math:`\ln\rho` per layer, :math:`\ln\chi_1+c_1/n+c_2/n^2`.

        Parameters
        ----------
        width : int
            Number of units, at least 2.

        Returns
        -------
        float
            Twice the Lyapunov exponent of a small difference.
        """
        n = check_integer("width", width, low=2)
        return self.log_chi + self.c1 / n + self.c2 / n**2

    def variance(self, width: int) -> float:
        r"""Long-run variance of :math:`\ln\rho` per layer, :math:`v/n+v_1/n^2`.

        Parameters
        ----------
        width : int
            Number of units, at least 2.

        Returns
        -------
        float
        """
        n = check_integer("width", width, low=2)
        return self.v / n + self.v1 / n**2

    def position(self, width: int) -> float:
        r"""Position ``m`` in the scaling function, :math:`\frac12+\mathrm{drift}/\mathrm{variance}`.

        Parameters
        ----------
        width : int
            Number of units, at least 2.

        Returns
        -------
        float
        """
        return 0.5 + self.drift(width) / self.variance(width)


def finite_width(point: CriticalPoint, sigma_w: float | None = None) -> FiniteWidth:
    r"""Compute the constants of the second order in 1/n.

    Parameters
    ----------
    point : CriticalPoint
        From ``critical_point``: activation and bias.
    sigma_w : float, optional
        Scale of the weights, by default the critical one of infinite width. The expansion wants
        :math:`\ln\chi_1` of order 1/n.

    Returns
    -------
    FiniteWidth

    Raises
    ------
    ValueError
        If ``sigma_w`` is out of range or has no fixed length.

    Notes
    -----
    One layer maps polynomials of (length, signal-difference covariance, difference) to polynomials, order by order in 1/n,
    by the moments of averages over independent units; eliminating the fast variables leaves the constants (derived,
    docs/theory/absorbing-transition.md). c1 and v agree with the closed forms of ``critical_point`` to 1e-9 relative, and
    the polynomial dependence on p, which nothing in the computation imposes, holds to rounding.

    Examples
    --------
    >>> from rmt.criticality import critical_point, finite_width
    >>> constants = finite_width(critical_point("tanh", 0.3))
    >>> round(constants.c2, 6), round(constants.v1, 6)
    (-0.789328, 7.604827)
    """
    phi = smooth_activation(point.activation)
    if sigma_w is None:
        return _constants(phi, point.sigma_w, point.sigma_b, point.q)
    sw = check_real("sigma_w", sigma_w, low=0.0, low_open=True)
    return _constants(phi, sw, point.sigma_b, length_fixed_point(phi, sw, point.sigma_b))


@lru_cache(maxsize=128)
def _constants(phi: Activation, sigma_w: float, sigma_b: float, q: float) -> FiniteWidth:
    found = layer_constants(phi, q, sigma_w, sigma_b)
    assert phi.third is not None
    third, chi = phi.third, math.exp(found.log_chi)
    c3 = sigma_w**2 * q**2 * average(lambda h: third(h) ** 2, q) / 6.0
    curvature = c3 / chi - critical_kappa(found.kappa, found.log_chi) ** 2
    return FiniteWidth(sigma_w=sigma_w, sigma_b=sigma_b, q=q, curvature=curvature, meta=provenance(), **vars(found))


def critical_kappa(kappa: float, log_chi: float) -> float:
    """Quadratic coefficient of the map divided by its slope; ``kappa`` is that of the logarithm of the map."""
    return 0.5 * kappa * (1.0 + math.exp(log_chi))


def width_critical_sigma_w(point: CriticalPoint, width: int) -> float:
    r"""Compute the critical weight scale of networks of ``width`` units to second order in 1/n.

    Parameters
    ----------
    point : CriticalPoint
        From ``critical_point``.
    width : int
        Number of units, at least 10.

    Returns
    -------
    float
        Where :math:`\ln\chi_1 + c_1/n + c_2/n^2 = 0`; ``point.sigma_w_at(width)`` is its first order.

    Raises
    ------
    ValueError
        If ``width`` is out of range or too small for a root near the first order.

    Notes
    -----
    For tanh at bias 0.3 and n = 20 the growth of :math:`\ln\rho` measured there is 0.0008(4) a layer; at the first order,
    which is 0.05 lower, it is -0.0214(4).

    Examples
    --------
    >>> from rmt.criticality import critical_point, width_critical_sigma_w
    >>> point = critical_point("tanh", 0.3)
    >>> round(width_critical_sigma_w(point, 20), 6), round(point.sigma_w_at(20), 6)
    (1.602913, 1.548978)
    """
    n = check_integer("width", width, low=10)
    first = point.sigma_w_at(n) - point.sigma_w
    growth = lambda sigma_w: finite_width(point, sigma_w).drift(n)
    lower, upper = point.sigma_w, point.sigma_w + 4.0 * first
    if not growth(lower) < 0.0 < growth(upper):
        raise ValueError(f"width = {n} is too small: the expansion in 1/n has no root below sigma_w = {upper:.4g}")
    return float(optimize.brentq(growth, lower, upper, xtol=1e-9))


# Gauss-Radau collocation with three stages: order 5, damps what a step does not resolve.
ROOT6 = math.sqrt(6.0)
STAGES = np.array([(4.0 - ROOT6) / 10.0, (4.0 + ROOT6) / 10.0, 1.0])
COUPLING = np.array(
    [
        [(88.0 - 7.0 * ROOT6) / 360.0, (296.0 - 169.0 * ROOT6) / 1800.0, (-2.0 + 3.0 * ROOT6) / 225.0],
        [(296.0 + 169.0 * ROOT6) / 1800.0, (88.0 + 7.0 * ROOT6) / 360.0, (-2.0 - 3.0 * ROOT6) / 225.0],
        [(16.0 - ROOT6) / 36.0, (16.0 + ROOT6) / 36.0, 1.0 / 9.0],
    ]
)
START = 1e-4  # below it the functions equal their limits to 1e-4 relative, to second order in s
LARGEST_S, LOWEST_M, HIGHEST_M = 20.0, -0.5, 1.5
NODES, REACH, STEP = 64, 22.0, 0.1


@lru_cache(maxsize=1)
def _chebyshev() -> tuple[Array, Array]:
    """Nodes on [0, REACH] and the matrix of differentiation."""
    k = np.arange(NODES + 1)
    x = 0.5 * REACH * (1.0 - np.cos(np.pi * k / NODES))
    c = np.where((k == 0) | (k == NODES), 2.0, 1.0) * (-1.0) ** k
    d = np.outer(c, 1.0 / c) / (x[:, None] - x + np.eye(NODES + 1))
    return x, d - np.diag(d.sum(axis=1))


def _operators(m: float) -> tuple[Array, Array, Array, Array, Array]:
    """Matrices M0, M1, K, E0, E1 of s dg/ds = (M0 + s M1) g and of the sources s K g and (E0 + s E1) g.

    u(s, y) = E[1/Y_s | Y_0 = y] is written g/(y + s) at y = s (e^z - 1), where M0 = d/dz and g = 1 without noise. T, P and L
    below are y d/dy, s d/dy and the noisy part of the generator, each carried through the factor 1/(y + s).
    """
    z, d = _chebyshev()
    fall, rise = np.exp(-z), -np.expm1(-z)  # s/(y + s), y/(y + s)
    t = rise[:, None] * d - np.diag(rise)
    p = fall[:, None] * d - np.diag(fall)
    noisy = (1.0 - m) * t + 0.5 * (t @ t - t)
    m0, m1, third = d.copy(), noisy.copy(), -t @ t @ t / 6.0
    factor = ((1.0 - m) * fall - 0.5 * fall * (2.0 * rise + fall))[:, None]
    column = fall[:, None]
    e0 = column * ((1.0 - m) * p + 0.5 * t @ p + noisy + t @ p) + factor * p
    e1 = factor * noisy + column * (t @ noisy)
    # At the far end u ~ e^(ms)/y: a linear process.
    for matrix, value in ((m0, 0.0), (m1, m), (third, 1.0 / 6.0), (e0, 0.0), (e1, 0.0)):
        matrix[-1] = 0.0
        matrix[-1, -1] = value
    return m0, m1, third, e0, e1


@lru_cache(maxsize=64)
def _table(m: float) -> CubicSpline:
    """ln s -> (s F, F3/F, Fe/F), by Radau steps from the expansion at small s."""
    m0, m1, third, e0, e1 = _operators(m)
    n = m0.shape[0]
    one, unit = np.ones(n), np.eye(n)
    pinned = m0.copy()
    pinned[-1, -1] = 1.0  # the source vanishes at the far end, and so does the solution
    drift = np.linalg.solve(pinned, -(e0 @ one) * (np.arange(n) < n - 1))
    slopes = np.linalg.solve(unit - m0, np.column_stack([m1 @ one, third @ one, m1 @ drift + e1 @ one]))
    slopes[:, 2] += np.linalg.solve(unit - m0, e0 @ slopes[:, 0])
    state = np.column_stack([one, np.zeros(n), drift]) + START * slopes
    steps = math.ceil(math.log(LARGEST_S / START) / STEP)
    h = math.log(LARGEST_S / START) / steps
    grid, rows = math.log(START) + h * np.arange(steps + 1), [state[0]]
    for at in grid[:-1]:
        s = np.exp(at + h * STAGES)
        matrices = [m0 + value * m1 for value in s]
        blocks = [[COUPLING[i, j] * matrices[j] for j in range(3)] for i in range(3)]
        factors = linalg.lu_factor(np.eye(3 * n) - h * np.block(blocks), check_finite=False)

        def stages(start: Array, sources: Array, factors: Any = factors) -> Array:
            right = (start + h * COUPLING @ sources).ravel()
            return linalg.lu_solve(factors, right, check_finite=False).reshape(3, n)

        g = stages(state[:, 0], np.zeros((3, n)))
        third_order = stages(state[:, 1], s[:, None] * (g @ third.T))
        curved = stages(state[:, 2], g @ e0.T + s[:, None] * (g @ e1.T))
        state = np.column_stack([g[2], third_order[2], curved[2]])
        rows.append(state[0])
    table = np.array(rows)
    table[:, 1:] /= table[:, :1]
    return CubicSpline(grid, table)


def scaling_corrections(s: ArrayLike, m: float) -> tuple[Array, Array]:
    r"""Evaluate the two universal functions of the next order in 1/n, relative to F: :math:`F_3/F` and :math:`F_e/F`.

    Adding :math:`\frac{\epsilon}{6}(r\partial_r)^3` (third cumulant) or :math:`\epsilon r^3\partial_r` (next term of the map)
    to the generator :math:`(mr-r^2)\partial_r+\frac12r^2\partial_r^2` changes :math:`F(s;m)` by :math:`\epsilon F_3` or
    :math:`\epsilon F_e`, at fixed :math:`s = v\,l_{\rm eff}/n`.

    Parameters
    ----------
    s : array_like
        Depth over width, in (0, 20].
    m : float
        Position, in [-0.5, 1.5].

    Returns
    -------
    third, curved : ndarray
        In the shape of ``s``. As :math:`s\to0` they tend to 0 and :math:`\frac32m-\frac13`.

    Raises
    ------
    ValueError
        If ``s`` or ``m`` is out of range.

    Notes
    -----
    Collocation (Chebyshev in the logarithm of 1/r, Radau in that of s): errors below 1e-4 for s <= 8 and 2e-3 at s = 20,
    by twice the resolution; the same table returns F itself. :math:`F_3` vanishes at m = 1/2. Tested on F and on the limits
    s -> 0 and, for m > 1/2, s -> infinity, where :math:`F_3/F\to0` and :math:`F_e/F\to m`.

    Examples
    --------
    >>> from rmt.criticality import scaling_corrections
    >>> third, curved = scaling_corrections([0.01, 1.0], 0.5)
    >>> curved.round(4), bool(abs(third).max() < 1e-6)
    (array([0.4167, 0.4237]), True)
    """
    depth = check_array("s", s)
    position = check_real("m", m, low=LOWEST_M, high=HIGHEST_M)
    if depth.size and not (0.0 < depth.min() and depth.max() <= LARGEST_S):
        raise ValueError(f"s = {float(depth.min()):g} to {float(depth.max()):g} must be in (0, {LARGEST_S:g}]")
    found = _table(position)(np.log(np.maximum(depth, START)))
    return found[..., 1], found[..., 2]
