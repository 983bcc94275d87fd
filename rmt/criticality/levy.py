r"""Heavy-tailed weights (alpha < 2): order parameter, transfer operator, critical weight scale, jump chains.

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
from rmt._random import RandomState, streams
from rmt._results import Result, provenance
from rmt.activations import Activation
from rmt.criticality._differences import pair_values, tangent_values
from rmt.stable import AlphaStable

__all__ = [
    "LevyChains",
    "LevyCriticalPoint",
    "alpha_order_parameter",
    "levy_critical_sigma_w",
    "levy_growth",
    "levy_order",
    "levy_tail_order",
    "simulate_levy_pairs",
]

Array = NDArray[np.float64]
LINEAR = 1e-100  # a difference below this goes through the layer linearly, to beyond double precision


def _heavy(alpha: Any) -> float:
    index = check_alpha(alpha, low=0.1)
    if index == 2.0:
        raise ValueError("alpha = 2.0 must be in [0.1, 2): Gaussian weights have critical_point and simulate_pairs")
    return index


def alpha_order_parameter(u: Array, v: Array, alpha: float) -> float:
    r"""Compute :math:`\rho_\alpha = \sum|u-v|^\alpha/(\sum|u|^\alpha+\sum|v|^\alpha)` of two activity vectors.

    Parameters
    ----------
    u, v : ndarray, shape (n,)
        Activities :math:`\phi(h)` of two signals.
    alpha : float
        Stability index in (0, 2].

    Returns
    -------
    float
        0 for equal vectors, 1 for vectors without common support or, at alpha = 2, orthogonal ones.

    Examples
    --------
    >>> import numpy as np
    >>> from rmt.criticality import alpha_order_parameter
    >>> alpha_order_parameter(np.array([1.0, 0.0]), np.array([0.0, 2.0]), 1.5)
    1.0
    """
    a = check_alpha(alpha)
    size = np.sum(np.abs(u) ** a) + np.sum(np.abs(v) ** a)
    if not size > 0.0:
        raise ValueError("u and v must not both vanish")
    return float(np.sum(np.abs(u - v) ** a) / size)


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
    index = _heavy(alpha)
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
    index, phi = _heavy(alpha), activations.get(activation)
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
    index, phi = _heavy(alpha), activations.get(activation)
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
    index, phi = _heavy(alpha), activations.get(activation)
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


@dataclass(frozen=True)
class LevyChains(Result):
    r"""Two signals (or a signal and its tangent) in independent heavy-tailed networks.

    Parameters
    ----------
    log_rho : ndarray, shape (realisations, depth)
        :math:`\ln\rho_\alpha` of the activities of each layer.
    log_d : ndarray, shape (realisations, depth)
        :math:`\ln D_\alpha`, :math:`D_\alpha = \sigma_w^\alpha\,\overline{|\phi_u-\phi_v|^\alpha}`.
    q : ndarray, shape (realisations, depth)
        :math:`\sigma_w^\alpha\,\overline{|\phi|^\alpha} + \sigma_b^\alpha`, mean of both signals.
    meta : dict
        Parameters and versions.

    Notes
    -----
    Quote medians or means of logarithms: moments of the differences of order :math:`p_t/\alpha` and above do not exist.
    """

    log_rho: Array
    log_d: Array
    q: Array
    meta: dict[str, Any] = field(repr=False, default_factory=dict)

    @property
    def rho(self) -> Array:
        """The order parameter itself."""
        with np.errstate(under="ignore"):
            return np.asarray(np.exp(self.log_rho))

    def growth(self, burn_in: int = 0) -> tuple[float, float]:
        r"""Mean growth of :math:`\ln D_\alpha` per layer, alpha times that of the amplitude, and its standard error.

        Parameters
        ----------
        burn_in : int
            Layers left out.

        Returns
        -------
        value, stderr : float
        """
        start = check_integer("burn_in", burn_in, low=0, high=self.log_d.shape[1] - 2)
        rates = (self.log_d[:, -1] - self.log_d[:, start]) / (self.log_d.shape[1] - 1 - start)
        return float(rates.mean()), float(rates.std(ddof=1) / math.sqrt(rates.size))


def simulate_levy_pairs(
    width: int,
    depth: int,
    *,
    alpha: float,
    sigma_w: float,
    sigma_b: float,
    activation: Any = "tanh",
    realisations: int = 10,
    tangent: bool = False,
    jumps: int = 16,
    dense: bool = False,
    rng: RandomState = None,
) -> LevyChains:
    r"""Simulate two signals in heavy-tailed networks by LePage jumps, O(n jumps) a layer.

    Every unit receives a Poisson number of large weights on random units and a Gaussian remainder
    (``rmt.meanfield.LepageLayer``); half-sum and difference of the two activities share them, so small differences keep
    their relative accuracy. Biases are stable and common to both signals.

    Parameters
    ----------
    width, depth : int
        Units per layer, at least 2; layers, at least 1.
    alpha : float
        Stability index in [0.1, 2).
    sigma_w, sigma_b : float
        Scales of weights and biases.
    activation : str or Activation
    realisations : int
        Number of networks.
    tangent : bool
        Propagate an infinitesimal difference instead of a second signal.
    jumps : int
        Mean number of jumps per unit. Near alpha = 2 the remainder dominates: take more.
    dense : bool
        Draw the stable weight matrices instead, O(n^2): the check of the jumps.
    rng : seed or Generator
        One spawned stream per network.

    Returns
    -------
    LevyChains
        The first layer has two independent inputs of the fixed length.

    Raises
    ------
    ValueError
        If an argument is out of range.

    Examples
    --------
    >>> from rmt.criticality import simulate_levy_pairs
    >>> runs = simulate_levy_pairs(500, 10, alpha=1.5, sigma_w=1.0, sigma_b=0.5, realisations=3, rng=1)
    >>> runs.log_rho.shape
    (3, 10)
    """
    index, phi = _heavy(alpha), activations.get(activation)
    n, layers = check_integer("width", width, low=2), check_integer("depth", depth, low=1)
    sw, sb = check_real("sigma_w", sigma_w, low=0.0, low_open=True), check_real("sigma_b", sigma_b, low=0.0)
    scale = (0.5 * meanfield.fixed_point(alpha=index, sigma_w=sw, sigma_b=sb, activation=phi).q) ** (1.0 / index)
    law, half = AlphaStable(index), 0.5 ** (1.0 / index)
    count = check_integer("realisations", realisations, low=1)
    log_d, log_rho, q = (np.empty((count, layers)) for _ in range(3))
    for r, stream in enumerate(streams(rng, count)):
        layer = None if dense else meanfield.LepageLayer(index, sw, jumps=jumps, rng=stream)
        u, v = scale * law.sample((2, n), stream)
        s, d = (u, v) if tangent else (0.5 * (u + v), u - v)
        log_scale = 0.0
        for l in range(layers):
            linear = tangent or log_scale < 0.0
            f_s, f_d = (tangent_values if linear else pair_values)(phi, s, d)
            size, gap = _sizes(f_s, f_d, index, linear)
            log_d[r, l] = index * math.log(sw) + math.log(gap) + index * log_scale if gap > 0.0 else -math.inf
            log_rho[r, l] = log_d[r, l] - index * math.log(sw) - math.log(2.0 * size) if size > 0.0 else math.nan
            q[r, l] = sw**index * size + sb**index
            if l == layers - 1:
                break
            f_d, log_scale = _rescaled(f_d, log_scale, tangent)
            if layer is None:
                weights = law.sample((n, n), stream) * (sw * (2.0 * n) ** (-1.0 / index))
                s, d = weights @ f_s, weights @ f_d
            else:
                s, d = layer(np.column_stack([f_s, f_d])).T
            s = s + half * sb * law.sample(n, stream)
    meta = {"alpha": index, "activation": phi.name, "width": n, "sigma_w": sw, "sigma_b": sb, **provenance()}
    return LevyChains(log_rho=log_rho, log_d=log_d, q=q, meta=meta)


def _sizes(f_s: Array, f_d: Array, alpha: float, linear: bool) -> tuple[float, float]:
    """Mean |phi|^alpha of a signal and mean |difference|^alpha, the latter scaled so that it does not underflow."""
    half = 0.0 if linear else 0.5 * f_d
    size = 0.5 * float(np.mean(np.abs(f_s + half) ** alpha) + np.mean(np.abs(f_s - half) ** alpha))
    return size, float(np.mean(np.abs(f_d) ** alpha))


def _rescaled(f_d: Array, log_scale: float, tangent: bool) -> tuple[Array, float]:
    """Differences of order one and the logarithm of their scale, once they are tiny; back to plain ones when they are not."""
    largest = float(np.max(np.abs(f_d)))
    if largest == 0.0:
        return f_d, 0.0
    total = log_scale + math.log(largest)
    if tangent or total < math.log(LINEAR):
        return f_d / largest, total
    return f_d * math.exp(log_scale), 0.0
