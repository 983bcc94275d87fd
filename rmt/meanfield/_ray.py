r"""Fourier integrals of the symmetric stable law on a rotated ray, where they neither oscillate nor cancel.

With :math:`t = re^{i\theta}`, :math:`0 < \theta < \pi/2\alpha`, both :math:`e^{ixt}` and :math:`e^{-t^\alpha}` decay, and the
trapezoid rule in :math:`\ln r` converges exponentially (the integrand is analytic in a strip). Two forms are used:
below :math:`x = 4` the integrand :math:`e^{ixt-t^\alpha}` itself, above it :math:`e^{ixt}(e^{-t^\alpha}-1)`, whose integral is
the algebraic tail and keeps its relative accuracy at any distance.
"""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy import interpolate, special

__all__ = ["LOG_STEP", "InverseMoments", "density_at", "inverse_moments", "log_rule", "tail_constant"]

Array = NDArray[np.float64]
LOG_STEP = 0.125  # of the rule in ln z; the strip of analyticity is at least pi/4 wide, so its error is exp(-39)
_NEAR = 4.0  # where the two forms of the Fourier integral change over
_DIGITS = 38.0  # nats of accuracy aimed at


def tail_constant(alpha: float) -> float:
    """C_alpha of P(|Z| > z) ~ C_alpha z^-alpha; zero at alpha = 2."""
    return 2.0 / math.pi * math.gamma(alpha) * math.sin(0.5 * math.pi * (2.0 - alpha))


def _angle(alpha: float) -> float:
    return min(0.25 * math.pi / alpha, 0.5 * math.pi)


@lru_cache(maxsize=64)
def _ray(alpha: float, log_low: float, log_high: float) -> tuple[NDArray[np.complex128], float]:
    """Nodes t on the ray and the step in ln r."""
    theta = _angle(alpha)
    strip = min(theta, 0.5 * math.pi / alpha - theta, math.pi - theta)
    step = 2.0 * math.pi * strip / _DIGITS
    r = np.exp(np.arange(log_low, log_high + step, step))
    return r * np.exp(1j * theta), step


def _near_ray(alpha: float) -> tuple[NDArray[np.complex128], float]:
    reach = math.log(_DIGITS / math.cos(alpha * _angle(alpha))) / alpha
    return _ray(alpha, -_DIGITS, reach)


def _far_ray(alpha: float) -> tuple[NDArray[np.complex128], float]:
    # At u -> 0 the integrand is (u/x)^alpha times u^s: the relative accuracy of the tail needs exp(-38/alpha) at most.
    return _ray(alpha, -_DIGITS / alpha, math.log(_DIGITS / math.sin(_angle(alpha))))


def density(alpha: float, x: NDArray[np.float64]) -> NDArray[np.float64]:
    """Density of Z at x > 0, for the construction of the rule only (1e-14 of its value, or 1e-17 absolutely near alpha = 2)."""
    if alpha == 2.0:
        return np.exp(-0.25 * x**2) / (2.0 * math.sqrt(math.pi))
    result = np.empty_like(x)
    near = x < _NEAR
    t, step = _near_ray(alpha)
    result[near] = (step * np.exp(np.multiply.outer(x[near], 1j * t) - t**alpha) @ t).real
    t, step = _far_ray(alpha)
    powers = np.multiply.outer(x[~near] ** -alpha, t**alpha)
    result[~near] = (step * np.expm1(-powers) @ (np.exp(1j * t) * t)).real / x[~near]
    return np.maximum(result / math.pi, 0.0)


@lru_cache(maxsize=256)
def log_rule(alpha: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Trapezoid rule in ln z: E g(ln|Z|) = sum weights g(log_nodes), nodes LOG_STEP apart, tail mass exp(-84) left out.

    It reaches further out than ``rmt.stable.expectation_rule`` (lengths down to ln q = -50) and its density comes from the
    integrals of this module; a test holds the two together.
    """
    count = np.arange(math.floor(-40.0 / LOG_STEP), math.ceil(84.0 / alpha / LOG_STEP) + 1)
    log_nodes: Array = np.asarray(LOG_STEP * count, dtype=np.float64)
    if alpha == 2.0:
        log_nodes = log_nodes[log_nodes < 3.3]
    pareto = log_nodes > 40.0 / alpha  # there the tail is its first term to 1e-17
    weights = np.empty_like(log_nodes)
    x = np.exp(log_nodes[~pareto])
    weights[~pareto] = 2.0 * LOG_STEP * x * density(alpha, x)
    weights[pareto] = LOG_STEP * alpha * tail_constant(alpha) * np.exp(-alpha * log_nodes[pareto])
    weights /= math.fsum(weights)
    log_nodes.flags.writeable = weights.flags.writeable = False
    return log_nodes, weights


class InverseMoments:
    r"""max(1, x)^s E|x - Z|^-s for -alpha < s < 1 at fixed points x = exp(log_x), any s after one preparation.

    :math:`E|x-Z|^{-s} = [\Gamma(s)\cos(\pi s/2)]^{-1}\,\mathrm{Re}\int_0^\infty t^{s-1}e^{ixt-t^\alpha}dt`. The factor keeps the
    result a double at any distance; it tends to 1.
    """

    def __init__(self, alpha: float, log_x: NDArray[np.float64]) -> None:
        self.alpha, self.log_x, self.theta = alpha, log_x, _angle(alpha)
        self._near = log_x < math.log(_NEAR)
        t, step = _near_ray(alpha)
        self._near_log_r = np.log(np.abs(t))
        decay = step * np.exp(-(t**alpha))
        self._near_matrix = np.expm1(np.multiply.outer(np.exp(log_x[self._near]), 1j * t)) * decay
        t, step = _far_ray(alpha)
        self._far_log_r = np.log(np.abs(t))
        powers = np.multiply.outer(np.exp(-alpha * log_x[~self._near]), t**alpha)
        self._far_matrix = np.expm1(-powers) * (step * np.exp(1j * t))

    def __call__(self, s: float) -> NDArray[np.float64]:
        """The scaled moments at order -s; s = 0 gives ones."""
        alpha = self.alpha
        # 1/Gamma(s) and Gamma(s/alpha)/alpha combine to a finite value at s = 0.
        inverse = float(special.rgamma(s)) / math.cos(0.5 * math.pi * s)
        centre = math.gamma(1.0 + s / alpha) * float(special.rgamma(1.0 + s)) / math.cos(0.5 * math.pi * s)
        phase = np.exp(1j * self.theta * s)
        result = np.empty_like(self.log_x)
        near = self._near_matrix @ (np.exp(s * self._near_log_r) * phase)
        result[self._near] = (centre + inverse * near.real) * np.exp(s * np.maximum(self.log_x[self._near], 0.0))
        far = self._far_matrix @ (np.exp(s * self._far_log_r) * phase)
        result[~self._near] = 1.0 + inverse * far.real
        return result


GRID_LOW = -18.0
_BLOCK = 40


def _grid(count: int) -> Array:
    return np.asarray(GRID_LOW + LOG_STEP * np.arange(count), dtype=np.float64)


@lru_cache(maxsize=48)
def _grid_moments(alpha: float, count: int) -> InverseMoments:
    return InverseMoments(alpha, _grid(count))


def inverse_moments(alpha: float, log_high: float) -> tuple[NDArray[np.float64], InverseMoments]:
    """The common grid ln x = -18, -18 + LOG_STEP, ... up to at least ``log_high`` with its prepared moments (cached)."""
    count = _BLOCK * math.ceil((log_high - GRID_LOW) / LOG_STEP / _BLOCK)
    moments = _grid_moments(alpha, count)
    return _grid(count), moments


@lru_cache(maxsize=48)
def _density_spline(alpha: float) -> interpolate.BSpline:
    """p(z) (1 + z^2)^((1 + alpha)/2) in ln z: bounded, and smooth where the bulk hands over to the tail."""
    log_z = 0.5 * LOG_STEP * np.arange(-320, 700)
    log_z = log_z[log_z < 40.0 / alpha]
    z = np.exp(log_z)
    return interpolate.make_interp_spline(log_z, density(alpha, z) * np.hypot(1.0, z) ** (1.0 + alpha), k=11)


def density_at(alpha: float, log_z: NDArray[np.float64]) -> NDArray[np.float64]:
    """z p(z) at any ln z (1e-12 relative, 1e-16 absolute): the density of ln|Z| is twice this number."""
    if alpha == 2.0:
        return np.exp(log_z - 0.25 * np.exp(2.0 * np.minimum(log_z, 5.0))) / (2.0 * math.sqrt(math.pi))
    spline = _density_spline(alpha)
    # Beyond the table the ratio is constant on both sides: the flat centre and the first term of the tail.
    ratio = np.maximum(spline(np.clip(log_z, spline.t[0], spline.t[-1])), 0.0)
    return ratio * np.exp(log_z - 0.5 * (1.0 + alpha) * np.logaddexp(0.0, 2.0 * log_z))
