r"""Networks of finite width: the length as a Markov chain, and the exponent from jump populations and from direct networks.

For one input the scale of a layer of width N is *exactly* a scalar Markov chain,

.. math:: q' = \sigma_w^\alpha\frac1N\sum_{j=1}^N|\phi((q/2)^{1/\alpha}X_j)|^\alpha + \sigma_b^\alpha,

because given the activities the next pre-activations are independent stable variables of that scale. For homogeneous
:math:`\phi` (linear, ReLU) ln q is a random walk whose step has a law known by quadrature: that is the usable answer where
the infinite-width map is infinite.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rmt._checks import check_integer, check_real
from rmt._lepage import sum_jumps
from rmt._random import RandomState, generator
from rmt._results import Result
from rmt.activations import Activation
from rmt.meanfield._averages import averages
from rmt.meanfield._ray import log_rule, tail_constant
from rmt.meanfield.length import _log, check_parameters, fixed_log_q
from rmt.stable import AlphaStable

__all__ = [
    "FiniteWidthChain",
    "HomogeneousGrowth",
    "LepageLayer",
    "finite_width_chain",
    "homogeneous_growth",
    "quiescent_sigma_w",
]

Array = NDArray[np.float64]


@dataclass(frozen=True)
class FiniteWidthChain(Result):
    """Samples of the length at finite width.

    Parameters
    ----------
    log_q : ndarray, shape (realisations, depth + 1)
        ln q of the layers 0 ... depth.
    mean, spread : ndarray, shape (depth + 1,)
        Mean and standard deviation of ln q over realisations.
    stderr : ndarray, shape (depth + 1,)
        Standard error of the mean.
    growth, growth_stderr : float
        Mean change of ln q per layer over the second half of the layers, and its standard error over realisations.
    width : int
    """

    log_q: Array
    mean: Array
    spread: Array
    stderr: Array
    growth: float
    growth_stderr: float
    width: int


def _start(log_q: float | None, q: float | None, phi: Activation, alpha: float, log_w: float, log_b: float) -> float:
    if q is not None:
        return math.log(check_real("q", q, low=0.0, low_open=True))
    mean = averages(phi, alpha)
    if not mean.finite:
        return 0.0
    start = fixed_log_q(mean, log_w, log_b)
    return start if start > -math.inf else 0.0


def finite_width_chain(
    width: int,
    depth: int,
    *,
    alpha: float,
    sigma_w: float,
    sigma_b: float = 0.0,
    activation: Any = "tanh",
    q: float | None = None,
    realisations: int = 100,
    rng: RandomState = None,
) -> FiniteWidthChain:
    r"""Sample the exact chain of lengths of a network of finite width (fresh weights in every layer).

    Parameters
    ----------
    width, depth : int
        Units per layer and number of further layers.
    alpha, sigma_w, sigma_b, activation
        As in :func:`fixed_point`; activations that grow linearly are welcome.
    q : float, optional
        Scale of layer 0; by default the infinite-width fixed point, or 1 where there is none.
    realisations : int
        Independent networks.
    rng : seed, Generator or None

    Returns
    -------
    FiniteWidthChain

    Raises
    ------
    ValueError
        If an argument is out of range.

    Notes
    -----
    The bias enters as its exact scale, so it does not fluctuate. Logarithms throughout: no overflow.
    Tested against direct networks of full matrices.

    Examples
    --------
    >>> from rmt.meanfield import finite_width_chain, homogeneous_growth
    >>> chain = finite_width_chain(200, 40, alpha=1.5, sigma_w=1.0, activation="relu", realisations=50, rng=1)
    >>> exact = homogeneous_growth(200, alpha=1.5, sigma_w=1.0, activation="relu")
    >>> abs(chain.growth / 1.5 - exact.value) < 0.05  # growth of ln q is alpha times that of the scale
    True
    """
    alpha, sigma_w, sigma_b, phi = check_parameters(alpha, sigma_w, sigma_b, activation)
    width, depth = check_integer("width", width, low=1), check_integer("depth", depth, low=0)
    realisations = check_integer("realisations", realisations, low=1)
    rng = generator(rng)
    law = AlphaStable(alpha)
    log_w, log_b = alpha * _log(sigma_w), alpha * _log(sigma_b)
    flow = np.empty((realisations, depth + 1))
    flow[:, 0] = _start(None, q, phi, alpha, log_w, log_b)
    block = max(1, 100_000 // width)
    for layer in range(depth):
        for start in range(0, realisations, block):
            part = slice(start, min(start + block, realisations))
            flow[part, layer + 1] = _next_lengths(flow[part, layer], width, phi, law, rng)
        flow[:, layer + 1] = np.logaddexp(log_w + flow[:, layer + 1], log_b)
    spread = flow.std(axis=0, ddof=1) if realisations > 1 else np.full(depth + 1, np.nan)
    half = depth // 2
    steps = (flow[:, -1] - flow[:, half]) / max(1, depth - half)
    error = float(steps.std(ddof=1) / math.sqrt(realisations)) if realisations > 1 else math.nan
    return FiniteWidthChain(
        flow, flow.mean(axis=0), spread, spread / math.sqrt(realisations), float(steps.mean()), error, width
    )


def _next_lengths(log_q: Array, width: int, phi: Activation, law: AlphaStable, rng: np.random.Generator) -> Array:
    """ln of the mean of |phi|^alpha over the units of each network; -inf where all are silent."""
    alpha = law.alpha
    sign, log_x = law.sample_log((log_q.size, width), rng)
    log_h = log_x + (log_q[:, None] - math.log(2.0)) / alpha
    size = phi.log_abs_value(log_h, 1)
    if not phi.odd:
        size = np.where(sign > 0, size, phi.log_abs_value(log_h, -1))
    top = np.maximum(size.max(axis=1), -1e300)
    with np.errstate(divide="ignore"):
        return alpha * top + np.log(np.mean(np.exp(alpha * (size - top[:, None])), axis=1))


@dataclass(frozen=True)
class HomogeneousGrowth(Result):
    """Growth per layer of the scale of a homogeneous network without bias.

    Parameters
    ----------
    value : float
        Mean of ln(scale'/scale), scale = (q/2)^(1/alpha).
    spread : float
        Standard deviation of the step: after L layers ln(scale) has standard deviation ``spread * sqrt(L)``.
    width : int
    alpha, sigma_w : float
    activation : str
    """

    value: float
    spread: float
    width: int
    alpha: float
    sigma_w: float
    activation: str


def homogeneous_growth(width: int, *, alpha: float, sigma_w: float, activation: Any = "linear") -> HomogeneousGrowth:
    r"""Return mean and spread of the random walk of ln(scale) for a homogeneous activation of degree one.

    .. math:: \ln\sigma_w + \tfrac1\alpha E\ln S, \qquad S = \frac1{2N}\sum_{j=1}^N|\phi(X_j)|^\alpha,

    from :math:`E\ln S = \int_0^\infty(e^{-t}-E e^{-tS})\,dt/t`, where :math:`Ee^{-tS}` is the N-th power of a one-unit
    average: deterministic, no sampling.

    Parameters
    ----------
    width : int
        Units per layer, N.
    alpha, sigma_w : float
        Stability index in [0.1, 2] and weight scale above 0.
    activation : str, Activation or pair of functions
        Homogeneous of degree one: ``"linear"``, ``"relu"``, ``leaky_relu(slope)``.

    Returns
    -------
    HomogeneousGrowth

    Raises
    ------
    ValueError
        If an argument is out of range or the activation is not homogeneous of degree one.

    Notes
    -----
    The growth is :math:`\ln\sigma_w + \tfrac1\alpha\ln[\tfrac12C_\alpha(\ln N+\mathrm{const})]` at large N for
    ``alpha < 2``: it diverges with the width, which is what the infinite map says. ReLU: with probability
    :math:`2^{-N}` all units are silent and ln S is -inf; the mean is over the other outcomes. Accurate to 1e-9.

    Examples
    --------
    >>> from rmt.meanfield import homogeneous_growth
    >>> homogeneous_growth(1, alpha=2.0, sigma_w=1.0).value  # E ln|g| of a standard normal
    -0.635181422...
    """
    width = check_integer("width", width, low=1)
    alpha, sigma_w, _, phi = check_parameters(alpha, sigma_w, 0.0, activation)
    check_real("sigma_w", sigma_w, low=0.0, low_open=True)
    if phi.homogeneous_degree != 1.0:
        raise ValueError(f"activation = {phi.name!r} must be homogeneous of degree one")
    log_x, weights = log_rule(alpha)
    silent = 0.0
    sides = []
    for sign in (1, -1):
        slope = abs(float(phi.derivative(float(sign))))
        sides.append(slope)
        silent += 0.5 * (slope == 0.0)
    # ln t on a grid; E exp(-t |phi(X)|^alpha / 2N) - 1 by the rule in ln|X|
    step = 0.1
    log_t = np.arange(-60.0, 60.0 + 3.0 * math.log(width), step)
    loss = np.zeros_like(log_t)
    for slope in sides:
        if slope > 0.0:
            exponent = np.add.outer(log_t, alpha * (log_x + math.log(slope)) - math.log(2.0 * width))
            loss -= 0.5 * np.expm1(-np.exp(np.minimum(exponent, 60.0))) @ weights
    dead = silent**width if silent else 0.0
    with np.errstate(divide="ignore"):
        transform = np.exp(width * np.log1p(-np.minimum(loss, 1.0)))
    transform = (transform - dead) / (1.0 - dead)
    difference = np.exp(-np.exp(log_t)) - transform
    first = step * float(difference.sum())
    second = 2.0 * (-step * float((log_t * difference).sum()) - float(np.euler_gamma) * first)
    return HomogeneousGrowth(
        math.log(sigma_w) + first / alpha,
        math.sqrt(max(second - first**2, 0.0)) / alpha,
        width,
        alpha,
        sigma_w,
        phi.name,
    )


def quiescent_sigma_w(width: int, *, alpha: float, activation: Any = "linear") -> float:
    r"""Return the weight scale at which a weakly excited network of width N neither grows nor decays.

    Parameters
    ----------
    width : int
        Units per layer, N.
    alpha : float
        Stability index in [0.1, 2].
    activation : str, Activation or pair of functions
        Homogeneous of degree one (the tangent of a saturating activation of slope 1 is ``"linear"``).

    Returns
    -------
    float
        :math:`\sigma_c(N) = \exp(-E\ln S/\alpha)`, which tends to 0 like :math:`(\ln N)^{-1/\alpha}` for ``alpha < 2``.

    Raises
    ------
    ValueError
        If an argument is out of range or the activation is not homogeneous of degree one.

    Examples
    --------
    >>> from rmt.meanfield import quiescent_sigma_w
    >>> [round(quiescent_sigma_w(1024, alpha=alpha), 3) for alpha in (1.1, 1.5, 1.8, 2.0)]
    [0.377, 0.59, 0.792, 1.0]
    """
    return math.exp(-homogeneous_growth(width, alpha=alpha, sigma_w=1.0, activation=activation).value)


class LepageLayer:
    r"""Sums :math:`\sum_jW_{ij}(x_j,y_j,\dots)` for fresh rows of a heavy-tailed layer without drawing the matrix.

    Per row, the entries beyond a threshold are a Poisson number of jumps on random columns; the rest is Gaussian with the
    covariance of the truncated weights given the population. Compiled; about 12 ns a jump.

    Parameters
    ----------
    alpha, sigma_w : float
        Stability index in [0.1, 2] and weight scale above 0.
    jumps : int
        Mean number of jumps per row. The Gaussian part is an approximation: more jumps, smaller error.
    rng : seed, Generator or None

    Raises
    ------
    ValueError
        If an argument is out of range.

    Notes
    -----
    A population of N members stands for a network of width N: a row picks its columns with replacement, which differs
    from a true row by ``jumps/N``.
    """

    def __init__(self, alpha: float, sigma_w: float, *, jumps: int = 48, rng: RandomState = None) -> None:
        self.alpha, self.sigma_w, _, _ = check_parameters(alpha, sigma_w, 0.0, "tanh")
        check_real("sigma_w", sigma_w, low=0.0, low_open=True)
        self.jumps = check_integer("jumps", jumps, low=1)
        self.rng = generator(rng)
        self._state = self.rng.integers(1, 2**63, size=4, dtype=np.uint64)
        constant = 0.5 * tail_constant(self.alpha) * self.sigma_w**self.alpha  # k: N P(|W| > u) -> k u^-alpha
        self._threshold = (constant / self.jumps) ** (1.0 / self.alpha)
        self._levels: Array = np.exp2((np.arange(128) + 1.0) / self.alpha)
        self._fractions: Array = (1.0 + np.arange(1025) / 1024.0) ** (-1.0 / self.alpha)
        if self.alpha == 2.0:
            self._remainder = self.sigma_w**2
        else:  # N times the second moment of the weights below the threshold
            self._remainder = self.alpha * self.jumps * self._threshold**2 / (2.0 - self.alpha)

    def __call__(self, signals: Array) -> Array:
        """Apply one layer to ``signals`` of shape (width, m); returns the same shape.

        Parameters
        ----------
        signals : ndarray, shape (width, m)

        Returns
        -------
        ndarray, shape (width, m)
        """
        width, m = signals.shape
        out = np.zeros((width, m))
        if self.alpha < 2.0:
            counts = np.asarray(self.rng.poisson(self.jumps, size=width), dtype=np.int64)
            sum_jumps(np.ascontiguousarray(signals), counts, self._levels, self._fractions, self._state, out)
            out *= self._threshold
        # The covariance given the population; a root of it by the singular values of the signals themselves, so that a
        # tangent of any size keeps its own relative accuracy.
        root = np.asarray(np.linalg.qr(signals, mode="r")) * math.sqrt(self._remainder / width)
        out += self.rng.standard_normal((width, root.shape[0])) @ root
        return out
