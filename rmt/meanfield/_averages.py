r"""Averages of functions of an activation over a stable pre-activation: E g(cX), c = (q/2)^(1/alpha), as a dot product.

Three kinds of activation need three rules, all deterministic: analytic ones the common rule in ln z; those with kinks
panels that end at the kinks; periodic ones the density folded onto one period. Below ln q = -25 the length map is
replaced by its expansion at small q.
"""

from __future__ import annotations

import math
from functools import lru_cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, special

from rmt._quadrature import double_exponential, gauss_legendre_panels
from rmt.activations import Activation
from rmt.meanfield._ray import LOG_STEP, density_at, log_rule, tail_constant

__all__ = ["Averages", "averages", "growth_exponent", "log_scale", "panels"]

Array = NDArray[np.float64]
LN2 = math.log(2.0)
LOG_OVERFLOW = 690.0


def log_scale(log_q: float, alpha: float) -> float:
    """ln c of h = c X, c = (q/2)^(1/alpha)."""
    return (log_q - LN2) / alpha


@lru_cache(maxsize=256)
def growth_exponent(activation: Activation) -> float:
    """b of |phi(x)| ~ |x|^b at infinity (the larger side); 0 for a bounded function."""
    if activation.bounded:
        return 0.0
    ends = [activation.log_abs_value(np.array([150.0, 300.0]), sign) for sign in (1, -1)]
    slopes = [(e[1] - e[0]) / 150.0 for e in ends if np.isfinite(e).all()]
    return max(0.0, *slopes)


@lru_cache(maxsize=256)
def zeros(phi: Activation) -> tuple[float, ...]:
    """Zeros of phi away from 0: the integrand has an integrable singularity there."""
    x = np.concatenate([-np.geomspace(1e-4, 1e3, 4001)[::-1], np.geomspace(1e-4, 1e3, 4001)])
    value = np.asarray(phi.value(x), dtype=float)
    cells = np.flatnonzero(value[:-1] * value[1:] < 0)
    roots = [optimize.brentq(lambda t: float(phi.value(t)), x[i], x[i + 1]) for i in cells]
    return tuple(root for root in roots if abs(root) > 1e-3)


@lru_cache(maxsize=64)
def panels(points: tuple[float, ...], low: float, high: float) -> tuple[Array, Array]:
    """Nodes and weights in t = ln|h| on (low, high), panels ending at the logarithms of ``points``, tanh-sinh beside them."""
    stops = sorted({math.log(abs(p)) for p in points if p and low < math.log(abs(p)) < high})
    nodes, weights = [], []
    edges = [low, *stops, high]
    for left, right in pairwise(edges):
        a, b = left, right
        if left in stops:
            b = min(right, left + 1.0) if right not in stops else right
            x, w = double_exponential(left, b, step=1 / 12)
            nodes.append(x)
            weights.append(w)
            a = b
        if right in stops and a < right:
            start = max(a, right - 1.0)
            x, w = double_exponential(start, right, step=1 / 12)
            nodes.append(x)
            weights.append(w)
            right = start
        if a < right:
            x, w = gauss_legendre_panels(np.linspace(a, right, max(2, math.ceil(right - a) + 1)), 14)
            nodes.append(x)
            weights.append(w)
    return np.concatenate(nodes), np.concatenate(weights)


def _folded_density(alpha: float, log_c: float, log_y: Array) -> Array:
    """y times the density of h mod pi, folded to (0, pi/2): sum over n of p_c(n pi +- y)."""
    c, y = math.exp(log_c), np.exp(log_y)
    if c > 0.7:  # Poisson summation: a few harmonics
        count = math.ceil((40.0 ** (1.0 / alpha)) / (2.0 * c)) + 1
        waves = 2.0 * np.arange(1, count + 1)
        return y * (1.0 + 2.0 * np.cos(np.multiply.outer(y, waves)) @ np.exp(-((c * waves) ** alpha))) / math.pi

    def plain(distance: Array) -> Array:
        return density_at(alpha, np.log(distance) - log_c) / distance

    total = density_at(alpha, log_y - log_c)
    last = 12
    for n in range(1, last):
        total = total + y * (plain(n * math.pi - y) + plain(n * math.pi + y))
    if alpha < 2.0:
        for k in range(1, 14):  # p(z) = sum_k b_k z^(-1 - k alpha), summed over n by the Hurwitz zeta function
            b = (-1.0) ** (k + 1) * math.sin(0.5 * math.pi * k * alpha) / math.pi
            order = 1.0 + k * alpha
            size = math.exp(
                special.gammaln(order) - special.gammaln(k + 1.0) + k * alpha * log_c - order * math.log(math.pi)
            )
            zeta = special.zeta(order, last - y / math.pi) + special.zeta(order, last + y / math.pi)
            total = total + y * b * size * zeta
    return total


class Averages:
    """E g(h) for one activation and one alpha. ``nodes(log_q)`` gives signed points and weights; the rest are dot products."""

    def __init__(self, activation: Activation, alpha: float) -> None:
        self.phi, self.alpha = activation, alpha
        self.log_nodes, self.weights = log_rule(alpha)
        # |phi|^alpha has a cusp at a zero of phi; the one at 0 lies at the end of every rule
        self.stops = (*activation.singular_points, *(() if activation.period else zeros(activation)))
        self.kind = "period" if activation.period else "panels" if self.stops else "smooth"
        self.finite = alpha == 2.0 or growth_exponent(activation) < 1.0 - 1e-6
        # Below this ln q the expansion is used: its error is O(q) for odd analytic functions, O(q^(1/alpha)) at worst.
        self.threshold = -25.0 if activation.odd and activation.smooth else -50.0
        low = -41.0 / (1.0 + alpha) if activation.zero_at_zero else -math.inf
        core = (self.log_nodes > low) & (self.log_nodes < 40.0 / alpha)
        self._core = slice(int(np.argmax(core)), len(core) - int(np.argmax(core[::-1])))

    def nodes(self, log_q: float, core: bool = False) -> tuple[Array, Array, Array]:
        """Return (ln|h|, sign, weights); one side only for odd functions. ``core``: for integrands that vanish like |h|^alpha."""
        log_c = log_scale(log_q, self.alpha)
        if self.kind == "smooth":
            part = self._core if core and log_q > -8.0 else slice(None)
            log_h, weights = self.log_nodes[part] + log_c, self.weights[part]
        elif self.kind == "panels":
            reach = min(84.0 / self.alpha, 3.3 if self.alpha == 2.0 else math.inf)
            log_h, w = panels(self.stops, *_quantised(log_c - 38.0, log_c + reach))
            weights = 2.0 * w * density_at(self.alpha, log_h - log_c)
        else:
            half = 0.5 * self.phi.period  # type: ignore[operator]
            low = min(log_c, 0.0) - 38.0
            log_h, w = panels((half,), _quantised(low, 0.0)[0], math.log(half) + 1e-9)
            inside = log_h < math.log(half)
            log_h, w = log_h[inside], w[inside]
            weights = 2.0 * w * _folded_density(self.alpha, log_c, log_h)
        if self.phi.odd:
            return log_h, np.ones(()), weights
        signs = np.repeat([1.0, -1.0], len(log_h))
        return np.tile(log_h, 2), signs, 0.5 * np.tile(weights, 2)

    def points(self, log_q: float, core: bool = False) -> tuple[Array, Array]:
        """Signed points h and weights; points beyond the largest double are placed there."""
        log_h, sign, weights = self.nodes(log_q, core)
        return sign * np.exp(np.minimum(log_h, LOG_OVERFLOW)), weights

    # -- the length map -------------------------------------------------------------------------------------------

    def log_power(self, log_q: float) -> float:
        """ln E|phi(h)|^alpha at ln q, by quadrature or, at very small q, by the expansion."""
        if log_q < self.threshold and self.expandable:
            return self.log_ratio(log_q) + log_q
        if not self.finite:
            return math.inf
        h, weights = self.points(log_q, core=True)
        return math.log(float(weights @ np.abs(self.phi.value(h)) ** self.alpha))

    def log_ratio(self, log_q: float) -> float:
        """ln(E|phi(h)|^alpha / q), without cancellation at very small q."""
        if log_q < self.threshold and self.expandable and self.finite:
            radius, shift = self.expansion
            return math.log(0.5 * (shift - radius * log_scale(log_q, self.alpha)))
        return self.log_power(log_q) - log_q

    def power_slope(self, log_q: float) -> float:
        """d ln E|phi|^alpha / d ln q = E[|phi|^alpha h phi'/phi] / E|phi|^alpha."""
        if log_q < self.threshold and self.expandable:
            a = self.alpha
            radius, shift = self.expansion
            return 1.0 - radius / a / (shift - radius * log_scale(log_q, a))
        if self.kind == "period":  # the folded points have lost h itself: a seven-point difference, 1e-12
            step = 0.02
            f = [self.log_power(log_q + k * step) for k in (1, -1, 2, -2, 3, -3)]
            return (45.0 * (f[0] - f[1]) - 9.0 * (f[2] - f[3]) + (f[4] - f[5])) / (60.0 * step)
        h, weights = self.points(log_q, core=True)
        value, slope = np.asarray(self.phi.value(h), dtype=float), np.asarray(self.phi.derivative(h), dtype=float)
        size = np.abs(value) ** self.alpha
        with np.errstate(divide="ignore", invalid="ignore"):
            ratio = np.where((size > 0) & (slope != 0), h * slope / value, 0.0)
        return float((weights * size) @ ratio) / float(weights @ size)

    @property
    def expandable(self) -> bool:
        return self.phi.zero_at_zero and self.alpha < 2.0 and self._one_sided_slopes != (0.0, 0.0)

    @property
    def _one_sided_slopes(self) -> tuple[float, float]:
        return abs(float(self.phi.derivative(1e-300))), abs(float(self.phi.derivative(-1e-300)))

    @property
    def expansion(self) -> tuple[float, float]:
        """(R, R K + m0), each already multiplied by the mean of |phi'(0)|^alpha over the two sides."""
        return _small_expansion(self.phi, self.alpha)

    # -- one-step averages ----------------------------------------------------------------------------------------

    def slope_power(self, log_q: float, order: float) -> float:
        """E|phi'(h)|^order."""
        h, weights = self.points(log_q)
        with np.errstate(over="ignore"):
            return float(weights @ np.exp(order * np.asarray(self.phi.log_abs_derivative(h), dtype=float)))


def _quantised(low: float, high: float) -> tuple[float, float]:
    """Ends of the panels on a grid, so that the cached panels serve many q."""
    return 4.0 * math.floor(low / 4.0), 4.0 * math.ceil(high / 4.0)


@lru_cache(maxsize=512)
def _small_expansion(phi: Activation, alpha: float) -> tuple[float, float]:
    r"""Constants of E|phi(cX)|^alpha = c^alpha {R [ln(1/c) + K] + m0} (1 + O(c^min(alpha, 2))), weighted by |phi'(0)|^alpha.

    K = int [(|phi(x)|/(s x))^alpha - 1/(1 + x^2)] d ln x, s = |phi'(0)|, per side; m0 from the moments of X.
    """
    half = 0.5 * alpha
    radius = alpha * tail_constant(alpha)
    # Q(s) = 2^s Gamma((1+s)/2) / (sqrt(pi) Gamma(1-s/2)) at s = alpha, and its logarithmic derivative.
    q = 2.0**alpha * math.gamma(0.5 + half) / math.sqrt(math.pi) * float(special.rgamma(1.0 - half))
    log_slope = LN2 + 0.5 * float(special.digamma(0.5 + half)) + 0.5 * float(special.digamma(1.0 - half))
    m0 = -q * (float(np.euler_gamma) + alpha * log_slope)
    total_radius = total_shift = 0.0
    for sign in (1, -1):
        slope = abs(float(phi.derivative(sign * 1e-300)))
        if slope == 0.0:
            continue
        weight = 0.5 * slope**alpha
        total_radius += weight * radius
        total_shift += weight * (radius * _saturation_integral(phi, alpha, sign, slope) + m0)
    return total_radius, total_shift


def _saturation_integral(phi: Activation, alpha: float, sign: int, slope: float) -> float:
    growth = growth_exponent(phi)
    high = 42.0 / (alpha * (1.0 - growth))
    if phi.period:
        return _periodic_saturation(phi, alpha, slope)
    stops = (*phi.singular_points, *zeros(phi))
    if stops:
        t, w = panels(stops, -40.0, math.ceil(high))
    else:
        steps = np.arange(-math.ceil(40.0 / LOG_STEP), math.ceil(high / LOG_STEP) + 1)
        t, w = np.asarray(LOG_STEP * steps, dtype=np.float64), np.full(steps.size, LOG_STEP)
    ratio = np.exp(alpha * (phi.log_abs_value(t, sign) - t - math.log(slope)))
    return float(w @ (ratio - special.expit(-2.0 * t)))


def _periodic_saturation(phi: Activation, alpha: float, slope: float) -> float:
    """The same integral for a periodic |phi|: x^(-1-alpha) summed over the periods by the Hurwitz zeta function."""
    period = float(phi.period)  # type: ignore[arg-type]
    half = math.log(0.5 * period)
    t, w = panels((0.5 * period,), -40.0, half + 1e-9)
    inside = t < half
    t, w = t[inside], w[inside]
    y = np.exp(t)
    size = np.exp(alpha * (phi.log_abs_value(t) - math.log(slope)))
    folded = special.zeta(1.0 + alpha, 1.0 - y / period) + special.zeta(1.0 + alpha, 1.0 + y / period)
    # int over (0, inf) of 1/(1 + x^2) d ln x is cut at the same place as the first term.
    first = float(w @ (size * np.exp(-alpha * t) - special.expit(-2.0 * t))) + _rest(half)
    return first + float(w @ (size * y * folded)) * period ** (-1.0 - alpha)


def _rest(half: float) -> float:
    """Minus the integral of 1/(1 + x^2) d ln x beyond x = e^half."""
    return -0.5 * math.log1p(math.exp(-2.0 * half))


@lru_cache(maxsize=512)
def averages(activation: Activation, alpha: float) -> Averages:
    """The cached object of one activation and one alpha."""
    return Averages(activation, alpha)
