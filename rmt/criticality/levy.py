r"""Heavy-tailed weights (alpha < 2): transfer operator and critical weight scale; the chains are in ``levy_chains``.

No covariance of two signals exists. The order parameter is
:math:`\rho_\alpha = \langle|\phi_u-\phi_v|^\alpha\rangle/(\langle|\phi_u|^\alpha\rangle+\langle|\phi_v|^\alpha\rangle)`,
and a small difference grows with the rank-one operator :math:`\Lambda(p)` (``rmt.meanfield.path_growth``). Always the network
ensemble: :math:`\phi'` is taken at the pre-activations that the same weights make.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import optimize

from rmt import activations, meanfield
from rmt._checks import check_alpha, check_integer, check_real
from rmt._results import Result, provenance
from rmt.activations import Activation

__all__ = [
    "LevyCriticalPoint",
    "check_heavy",
    "levy_critical_sigma_w",
    "levy_growth",
    "levy_order",
    "levy_tail_order",
]

Array = NDArray[np.float64]


def check_heavy(alpha: Any) -> float:
    """Return the stability index if it is in [0.1, 2), or refuse it.

    Parameters
    ----------
    alpha : float

    Returns
    -------
    float
    """
    index = check_alpha(alpha, low=0.1)
    if index == 2.0:
        raise ValueError("alpha = 2.0 must be in [0.1, 2): Gaussian weights have critical_point and simulate_pairs")
    return index


def levy_growth(
    p: float, *, alpha: float, sigma_w: float, sigma_b: float, activation: Any = "tanh", dps: int | None = None
) -> Any:
    r"""Compute :math:`\Lambda(p)`, the growth per layer of the p-th moment of a small difference, at infinite width.

    Parameters
    ----------
    p : float
        Order in (alpha, alpha + 1).
    alpha : float
        Stability index in [0.1, 2).
    sigma_w, sigma_b : float
        Scales of weights and biases, :math:`E e^{itW} = e^{-\sigma_w^\alpha|t|^\alpha/2n}`.
    activation : str or Activation
        Vanishing slope at infinity, or the result is infinite.
    dps : int, optional
        Evaluate in mpmath to this many digits (seconds); returns an ``mpf``.

    Returns
    -------
    float or mpf

    Raises
    ------
    ValueError
        If an argument is out of range.

    Notes
    -----
    ``rmt.meanfield.path_growth`` under the name of this room. Derived; the growth it predicts is measured on the unfrozen
    side (p* > 2) only.

    Examples
    --------
    >>> from rmt.criticality import levy_growth
    >>> levy_growth(2.0, alpha=1.5, sigma_w=1.1, sigma_b=0.5)
    0.9926846
    """
    index = check_heavy(alpha)
    return meanfield.path_growth(p, alpha=index, sigma_w=sigma_w, sigma_b=sigma_b, activation=activation, dps=dps)


@lru_cache(maxsize=1024)
def _log_rate(p: float, alpha: float, sigma_w: float, sigma_b: float, phi: Activation) -> float:
    return math.log(meanfield.path_growth(p, alpha=alpha, sigma_w=sigma_w, sigma_b=sigma_b, activation=phi)) / p


def levy_order(*, alpha: float, sigma_w: float, sigma_b: float, activation: Any = "tanh") -> float:
    r"""Return :math:`p^* = \mathrm{argmin}_p\,\ln\Lambda(p)/p` on (alpha, alpha + 1).

    Parameters
    ----------
    alpha : float
        Stability index in [0.1, 2).
    sigma_w, sigma_b : float
        Scales of weights and biases.
    activation : str or Activation

    Returns
    -------
    float
        Above 2: the growth is self-averaging (unfrozen); below 2: carried by rare paths (frozen).
    """
    index, phi = check_heavy(alpha), activations.get(activation)
    rate = lambda p: _log_rate(float(p), index, float(sigma_w), float(sigma_b), phi)
    found = optimize.minimize_scalar(
        rate, bounds=(index + 0.03, index + 0.97), method="bounded", options={"xatol": 1e-7}
    )
    return float(found.x)


def levy_tail_order(*, alpha: float, sigma_w: float, sigma_b: float, activation: Any = "tanh") -> float:
    r"""Return the tail index :math:`p_t` of a small difference, :math:`P(|\delta|>x)\sim x^{-p_t}`.

    Unfrozen: the root :math:`p_t>2` of :math:`\Lambda(p_t) = \Lambda(2)^{p_t/2}`; frozen: :math:`p^*`.

    Parameters
    ----------
    alpha : float
        Stability index in [0.1, 2).
    sigma_w, sigma_b : float
        Scales of weights and biases.
    activation : str or Activation

    Returns
    -------
    float
    """
    index, phi = check_heavy(alpha), activations.get(activation)
    order = levy_order(alpha=index, sigma_w=sigma_w, sigma_b=sigma_b, activation=phi)
    if order <= 2.0:
        return order
    rate = lambda p: _log_rate(float(p), index, float(sigma_w), float(sigma_b), phi)
    second = rate(2.0)
    return float(optimize.brentq(lambda p: rate(p) - second, order, index + 0.999, xtol=1e-10))


@dataclass(frozen=True)
class LevyCriticalPoint(Result):
    r"""Critical weight scale of a wide heavy-tailed network.

    Parameters
    ----------
    alpha, sigma_b : float
        Stability index and bias.
    activation : str
    sigma_w : float
        Where the growth rate :math:`\lambda` of a small difference vanishes.
    q : float
        Length there: pre-activations have the characteristic function :math:`e^{-q|t|^\alpha/2}`.
    order : float
        :math:`p^*`.
    tail_order : float
        :math:`p_t`.
    frozen : bool
        :math:`p^* < 2`. Then the point is a statement about infinite width that no simulation has reached: finite networks
        look ordered well above it.
    meta : dict
        Versions.
    """

    alpha: float
    sigma_b: float
    activation: str
    sigma_w: float
    q: float
    order: float
    tail_order: float
    frozen: bool
    meta: dict[str, Any] = field(repr=False, compare=False, default_factory=dict)

    @property
    def beta(self) -> float:
        r"""Exponent :math:`2/(p_t-2)` of the squared amplitude, in distance and depth. A prediction, its asymptote not reached
        by simulation; nan on the frozen side, where an essential singularity is conjectured."""
        return math.nan if self.frozen else 2.0 / (self.tail_order - 2.0)

    @property
    def alpha_decay(self) -> float:
        r"""Predicted decay exponent :math:`\alpha/(p_t-2)` of :math:`\rho_\alpha` with depth at criticality; nan if frozen."""
        return math.nan if self.frozen else self.alpha / (self.tail_order - 2.0)


def levy_critical_sigma_w(
    alpha: float, sigma_b: float, activation: Any = "tanh", *, dps: int | None = None
) -> LevyCriticalPoint:
    r"""Compute the critical weight scale of a wide network with heavy-tailed weights.

    Parameters
    ----------
    alpha : float
        Stability index in [0.1, 2).
    sigma_b : float
        Scale of the biases, positive: without bias every ``sigma_w > 0`` is chaotic for activations with phi(0) = 0.
    activation : str or Activation
    dps : int, optional
        Compute ``sigma_w`` in mpmath to this many digits, an ``mpf`` (odd smooth activations of the catalogue; some ten
        seconds, a minute if frozen); the other fields stay doubles.

    Returns
    -------
    LevyCriticalPoint

    Raises
    ------
    ValueError
        If an argument is out of range or there is no critical value.

    Notes
    -----
    Relative accuracy 1e-6 and better. Derived; confirmed by simulation on the unfrozen side.

    Examples
    --------
    >>> from rmt.criticality import levy_critical_sigma_w
    >>> point = levy_critical_sigma_w(1.8, 0.5)
    >>> round(point.sigma_w, 6), point.frozen
    (1.404001, False)
    """
    index, phi = check_heavy(alpha), activations.get(activation)
    bias = check_real("sigma_b", sigma_b, low=0.0, low_open=True)
    sigma_w = meanfield.critical_sigma_w(alpha=index, sigma_b=bias, activation=phi)
    at: dict[str, Any] = {"alpha": index, "sigma_w": sigma_w, "sigma_b": bias, "activation": phi}
    order, q = levy_order(**at), meanfield.fixed_point(**at).q
    tail_order = levy_tail_order(**at)
    if dps is not None:
        from rmt.criticality._multiprecision import levy_critical_sigma_w_mp

        sigma_w = levy_critical_sigma_w_mp(index, bias, phi, check_integer("dps", dps, low=1), q, order)
    return LevyCriticalPoint(
        alpha=index,
        sigma_b=bias,
        activation=phi.name,
        sigma_w=sigma_w,
        q=q,
        order=order,
        tail_order=tail_order,
        frozen=order < 2.0,
        meta=provenance(),
    )
