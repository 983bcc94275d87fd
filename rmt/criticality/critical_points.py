"""The critical point of a Gaussian network: sigma_w, the metric factors, and the constants of the theory at finite width."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

import numpy as np
from scipy import optimize

from rmt import activations
from rmt._checks import check_integer, check_real
from rmt._results import Result, provenance
from rmt.activations import Activation
from rmt.criticality._gaussian import LARGEST, nodes_of, smooth_activation

__all__ = ["CriticalPoint", "ReluCriticalPoint", "critical_point", "relu_critical_point"]


@dataclass(frozen=True)
class CriticalPoint(Result):
    r"""Where the correlation of two signals turns from contracting to expanding, and the constants of its neighbourhood.

    Close to the point and for a small order parameter :math:`\rho = 1 - c` a network of width ``n`` obeys

    .. math:: d\rho = \big(\gamma\,\Delta\sigma_w\,\rho - \kappa\rho^2 + \tfrac{a}{n}\rho\big)\,dl
              + \rho\sqrt{v/n}\,dB,\qquad \Delta\sigma_w = \sigma_w - \sigma_w^c(\infty).

    Parameters
    ----------
    activation : str or Activation
        Name of a catalogue activation, or the user's own object.
    sigma_b : float
        Standard deviation of the biases.
    sigma_w : float
        Critical value :math:`\sigma_w^c(\infty) = \langle\phi'^2\rangle^{-1/2}`.
    q : float
        Fixed length, :math:`q = \langle\phi^2\rangle/\langle\phi'^2\rangle + \sigma_b^2`.
    kappa : float
        :math:`\kappa = \tfrac12\sigma_w^2 q\langle\phi''^2\rangle`: at criticality :math:`\rho_l\to 1/(\kappa l)`.
    c3 : float
        :math:`\tfrac16\sigma_w^2q^2\langle\phi'''^2\rangle`, next term of :math:`\rho' = \rho-\kappa\rho^2+c_3\rho^3`.
    gamma : float
        :math:`\gamma = d\chi_1/d\sigma_w` along the fixed point, per unit of :math:`\sigma_w`.
    c1 : float
        Width times the drift of :math:`\ln\rho` per layer at :math:`\sigma_w^c(\infty)`: twice the width times the
        Lyapunov exponent of a small difference.
    v : float
        Width times the long-run variance of :math:`\ln\rho` per layer.
    chi_q : float
        Slope of the length map, below 1.
    meta : dict
        Versions.

    Notes
    -----
    ``sigma_w, q, kappa, c3, gamma`` are exact (infinite width); ``c1, v`` are the first order in 1/n, derived and
    checked by simulation, not proven (docs/theory/absorbing-transition.md).
    """

    activation: str | Activation
    sigma_b: float
    sigma_w: float
    q: float
    kappa: float
    c3: float
    gamma: float
    c1: float
    v: float
    chi_q: float
    meta: dict[str, Any] = field(repr=False, compare=False, default_factory=dict)

    @property
    def a(self) -> float:
        """Ito drift times width, c1 + v/2."""
        return self.c1 + 0.5 * self.v

    @property
    def m(self) -> float:
        """Position in the finite-width theory at sigma_w^c(infinity), a/v; the transition of a finite network is m = 1/2."""
        return self.a / self.v

    def m_at(self, width: int, sigma_w: float) -> float:
        r"""Position :math:`m = (\gamma n\,\Delta\sigma_w + a)/v` of a network of this width and weight scale.

        Parameters
        ----------
        width : int
            Number of units ``n``, at least 2.
        sigma_w : float
            Scale of the weights.

        Returns
        -------
        float
            Above 1/2: chaotic; below: ordered.
        """
        n = check_integer("width", width, low=2)
        sigma = check_real("sigma_w", sigma_w, low=0.0, low_open=True)
        return (self.gamma * n * (sigma - self.sigma_w) + self.a) / self.v

    def sigma_w_at(self, width: int, m: float = 0.5) -> float:
        r"""Weight scale at which a network of ``width`` units sits at position ``m``.

        The default is the true critical point of a finite network,
        :math:`\sigma_w^c(n) = \sigma_w^c(\infty) - c_1/(\gamma n)`, where the typical growth of a difference vanishes.

        Parameters
        ----------
        width : int
            Number of units, at least 2.
        m : float
            Position of the finite-width theory.

        Returns
        -------
        float

        Examples
        --------
        >>> from rmt.criticality import critical_point
        >>> round(critical_point("tanh", 0.3).sigma_w_at(100), 7)
        1.4262628
        """
        n = check_integer("width", width, low=2)
        return self.sigma_w + (check_real("m", m) * self.v - self.a) / (self.gamma * n)

    def lyapunov_exponent(self, width: int, sigma_w: float | None = None) -> float:
        r"""Growth rate per layer of a small difference of two signals, :math:`\frac12(\gamma\Delta\sigma_w + c_1/n)`.

        Parameters
        ----------
        width : int
            Number of units, at least 2.
        sigma_w : float, optional
            Scale of the weights; by default the critical one of infinite width.

        Returns
        -------
        float
            Exponent of the amplitude (half of that of the order parameter), to first order in 1/n and in the distance.
        """
        n = check_integer("width", width, low=2)
        sigma = self.sigma_w if sigma_w is None else check_real("sigma_w", sigma_w, low=0.0, low_open=True)
        return 0.5 * (self.gamma * (sigma - self.sigma_w) + self.c1 / n)


def critical_point(activation: Any, sigma_b: float, *, dps: int | None = None) -> CriticalPoint:
    r"""Compute the order-to-chaos transition of a wide network with Gaussian weights.

    Solves :math:`q = \langle\phi^2\rangle/\langle\phi'^2\rangle + \sigma_b^2`; then
    :math:`\sigma_w = \langle\phi'^2\rangle^{-1/2}`, so that :math:`\chi_1 = \sigma_w^2\langle\phi'^2\rangle = 1`.
    Averages are over :math:`h\sim N(0,q)`; weights have variance :math:`\sigma_w^2/n`, biases :math:`\sigma_b^2`.

    Parameters
    ----------
    activation : str or Activation
        A smooth activation with three derivatives.
    sigma_b : float
        Standard deviation of the biases, positive (0 is allowed for an activation with :math:`\phi(0)\ne 0`).
    dps : int, optional
        Evaluate in mpmath to this many digits (smooth activations of the catalogue); the fields are ``mpf``.

    Returns
    -------
    CriticalPoint

    Raises
    ------
    ValueError
        If the activation is not smooth or lacks derivatives; if ``sigma_b = 0`` for an activation that vanishes at 0,
        where the transition degenerates (q, kappa and the distance to the transition all go to 0: two signals keep a frozen
        correlation instead of merging or separating); if there is no critical point.

    Notes
    -----
    Tested to 1e-10 relative against 30-digit references, made with other formulas, for every smooth activation of the
    catalogue and one of a user, at biases from 0 to 2. Source: fixed point and slopes as in arXiv:2307.02284; c1 and v are
    derived here (docs/theory/absorbing-transition.md).

    Examples
    --------
    >>> from rmt.criticality import critical_point
    >>> point = critical_point("tanh", 0.3)
    >>> point.sigma_w, point.kappa
    (1.395583975155, 0.233497820464)
    >>> round(point.m, 10)
    0.063695377
    """
    phi = smooth_activation(activation)
    point = _critical_point(phi, check_real("sigma_b", sigma_b, low=0.0))
    if dps is None:
        return point
    from rmt.criticality._multiprecision import critical_constants_mp

    digits = check_integer("dps", dps, low=1)
    return replace(point, **critical_constants_mp(phi, point.sigma_b, point.q, digits))


@lru_cache(maxsize=256)
def _critical_point(phi: Activation, sigma_b: float) -> CriticalPoint:
    if phi.homogeneous_degree is not None:
        raise ValueError(f"activation = {phi.name!r} is homogeneous: no sigma_w separates two phases, kappa = 0")
    if sigma_b == 0.0 and phi.zero_at_zero:
        raise ValueError(
            f"sigma_b = 0.0 must be positive for {phi.name!r}: without bias q and kappa vanish at sigma_w = 1/|phi'(0)|, "
            "the correlation of two signals freezes at a value between 0 and 1, and there is no transition in rho"
        )
    q = _critical_length(phi, sigma_b)
    catalogued = phi.name in activations.names() and activations.get(phi.name) is phi
    return CriticalPoint(
        activation=phi.name if catalogued else phi, sigma_b=sigma_b, q=q, meta=provenance(), **_constants(phi, q)
    )


def _critical_length(phi: Activation, sigma_b: float) -> float:
    """Smallest root of <phi^2>/<phi'^2> + sigma_b^2 - q, where the length is stable."""

    def excess(q: float) -> float:
        _, h, w = nodes_of(q)
        return float((w @ phi.value(h) ** 2) / (w @ phi.derivative(h) ** 2)) + sigma_b**2 - q

    grid = sigma_b**2 + np.geomspace(1e-9, LARGEST, 120)
    left = float(grid[0])
    for right in map(float, grid[1:]):
        if excess(right) < 0.0:
            # Relative accuracy of q: to the last bit.
            return float(optimize.brentq(excess, left, right, xtol=1e-16 * right, rtol=8.9e-16))
        left = right
    raise ValueError(f"sigma_b = {sigma_b:g}: {phi.name!r} has no critical point with q below {LARGEST:g}")


def _constants(phi: Activation, q: float) -> dict[str, float]:
    """Metric factors and finite-width constants from one set of values at the nodes; names as in the theory page."""
    assert phi.second is not None
    assert phi.third is not None
    z, h, w = nodes_of(q)
    f, d1, d2, d3 = phi.value(h), phi.derivative(h), phi.second(h), phi.third(h)
    he2, he4 = z**2 - 1.0, z**4 - 6.0 * z**2 + 3.0
    mean = lambda values: float(w @ values)
    slope2 = mean(d1**2)
    sw2 = 1.0 / slope2
    chi_q = sw2 * mean(f**2 * he2) / (2.0 * q)
    if not chi_q < 1.0:
        raise ValueError(f"{phi.name!r} has an unstable length (slope {chi_q:.4g}) at its critical point q = {q:.4g}")
    # Logarithmic derivatives of chi_1 in q, and the second one of the length map, by Hermite weights.
    l1 = sw2 * mean(d1**2 * he2) / (2.0 * q)
    l2 = sw2 * mean(d1**2 * he4) / (4.0 * q**2) - l1**2
    curvature = sw2 * mean(f**2 * he4) / (4.0 * q**2)
    v_q = sw2**2 * (mean(f**4) - mean(f**2) ** 2)
    e2 = v_q / (1.0 - chi_q**2)  # width times variance and bias of the fluctuating length
    e1 = curvature * e2 / (2.0 * (1.0 - chi_q))
    r2 = (
        sw2**2 * mean((f * d1) ** 2) / (q * (1.0 - chi_q**2))
    )  # width times squared correlation of signal and difference
    k2 = mean(d1**2 * z**2) / slope2
    v_x = 3.0 * sw2**2 * mean(d1**4) - 1.0
    response = l1 / (1.0 - chi_q)
    covariance = sw2**2 * (mean((f * d1) ** 2) - mean(f**2) * slope2)
    return {
        "sigma_w": math.sqrt(sw2),
        "kappa": 0.5 * sw2 * q * mean(d2**2),
        "c3": sw2 * q**2 * mean(d3**2) / 6.0,
        "gamma": 2.0 / math.sqrt(sw2) + l1 * 2.0 * math.sqrt(sw2) * mean(f**2) / (1.0 - chi_q),
        "c1": l1 * e1 + 0.5 * l2 * e2 + r2 * (k2 - 1.0) - 0.5 * v_x,
        "v": v_x + 2.0 * response * covariance + response**2 * v_q,
        "chi_q": chi_q,
    }


@dataclass(frozen=True)
class ReluCriticalPoint(Result):
    r"""The class of ReLU: :math:`\rho' = \rho - b\rho^{3/2}`, :math:`\rho_l\to 4/(bl)^2`, with no tuned transition.

    Parameters
    ----------
    sigma_w : float
        :math:`\sqrt2`, where lengths neither grow nor shrink; the correlation does not depend on it.
    b : float
        :math:`2\sqrt2/(3\pi)`.
    c1, v : float
        Width times drift and variance per layer of :math:`\ln\rho`: -2 and 8.
    meta : dict
        Versions.

    Notes
    -----
    With :math:`y=\sqrt\rho`, :math:`y' = y - (b/2)y^2`: the theory of a smooth activation applies to y with
    ``kappa = b/2``, ``v_y = 2`` and ``m_y = 0``.
    """

    sigma_w: float
    b: float
    c1: float
    v: float
    meta: dict[str, Any] = field(repr=False, compare=False, default_factory=dict)


def relu_critical_point() -> ReluCriticalPoint:
    """Return the constants of the ReLU class (no bias, sigma_w = sqrt(2)).

    Returns
    -------
    ReluCriticalPoint

    Examples
    --------
    >>> from rmt.criticality import relu_critical_point
    >>> round(relu_critical_point().b, 10)
    0.3001054387
    """
    return ReluCriticalPoint(
        sigma_w=math.sqrt(2.0), b=2.0 * math.sqrt(2.0) / (3.0 * math.pi), c1=-2.0, v=8.0, meta=provenance()
    )
