"""Two signals in finite heavy-tailed networks: chains by LePage jumps, and their order parameter."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rmt import activations, meanfield
from rmt._checks import check_alpha, check_integer, check_real
from rmt._random import RandomState, streams
from rmt._results import Result, provenance
from rmt.criticality._differences import pair_values, tangent_values
from rmt.criticality.levy import check_heavy
from rmt.stable import AlphaStable

__all__ = ["LevyChains", "alpha_order_parameter", "simulate_levy_pairs"]

Array = NDArray[np.float64]
LINEAR = 1e-100  # a difference below this goes through the layer linearly, to beyond double precision


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
    index, phi = check_heavy(alpha), activations.get(activation)
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
