"""The slopes of the activation as a random variable: the row profile that the spectral laws take."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rmt import activations
from rmt._checks import check_alpha, check_real
from rmt.activations import Activation
from rmt.meanfield._averages import LOG_OVERFLOW, Averages, averages, density_at, log_scale

__all__ = ["ActivationProfile"]

Array = NDArray[np.float64]


@dataclass(frozen=True)
class ActivationProfile:
    r"""Law of :math:`d = |\phi'(h)|`, h symmetric stable with :math:`E e^{ith} = e^{-q|t|^\alpha/2}`, as a discrete rule.

    Parameters
    ----------
    activation : str, Activation or pair of functions
    q : float
        Scale of the pre-activation, at least 0.
    alpha : float
        Stability index in [0.1, 2].
    log_q : float, optional
        ``ln q`` for scales that are not doubles; replaces ``q`` (give ``q=0.0``).
    wing : bool
        Nodes at most 0.4 apart in ln d down to ln d = -700 where a smooth activation saturates (about 2700 more), which
        spectral laws need at small s. False: the rule of the averages; laws then have steps there, up to 2e-4 in F.

    Attributes
    ----------
    log_values : ndarray, shape (n,)
        ln d, never exponentiated (values of 1e-77 occur). Zero slopes are left out.
    weights : ndarray, shape (n,)
        Probabilities; they sum to 1 - P(d = 0). ``sum(weights * g(log_values))`` is E[g(ln d); d > 0] to 1e-13 for
        analytic g and smooth activations.

    Raises
    ------
    ValueError
        If an argument is out of range.

    Examples
    --------
    >>> from rmt.meanfield import ActivationProfile, fixed_point
    >>> point = fixed_point(alpha=1.5, sigma_w=1.0)
    >>> profile = ActivationProfile("tanh", point.q, 1.5)
    >>> profile.moment(1.5)  # sigma_w^alpha E d^alpha is the one-step factor chi
    0.9092789941...
    >>> float(ActivationProfile("hard_tanh", 2.0, 2.0).weights.sum())  # P(|h| < 1), h normal with variance 2
    0.520499877813...
    """

    activation: Activation
    q: float
    alpha: float
    log_q: float | None = None
    wing: bool = True
    log_values: NDArray[np.float64] = field(init=False, repr=False, compare=False)
    weights: NDArray[np.float64] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        phi = activations.get(self.activation)
        alpha = check_alpha(self.alpha, low=0.1)
        q = check_real("q", self.q, low=0.0)
        if self.log_q is None:
            log_q = math.log(q) if q > 0.0 else -math.inf
        else:
            log_q = check_real("log_q", self.log_q)
        values, weights = _profile(phi, alpha, log_q, bool(self.wing))
        values.flags.writeable = weights.flags.writeable = False
        for name, value in (
            ("activation", phi),
            ("alpha", alpha),
            ("q", q),
            ("log_values", values),
            ("weights", weights),
        ):
            object.__setattr__(self, name, value)

    def moment(self, order: float) -> float:
        """Return E[d^order; d > 0].

        Parameters
        ----------
        order : float
            Any real number; negative orders may be infinite in truth and are then meaningless.

        Returns
        -------
        float
        """
        return float(self.weights @ np.exp(check_real("order", order) * self.log_values))

    def mean_log(self) -> float:
        r"""Return E[ln d; d > 0]; ``-inf`` if it diverges (tanh with alpha <= 1).

        Returns
        -------
        float
        """
        slope_decay: Any = self.activation.log_abs_derivative(np.array([1e8, 2e8]))
        if self.alpha <= 1.0 and slope_decay[1] < 1.5 * slope_decay[0]:  # ln d ~ -|h| or faster
            return -math.inf
        return float(self.weights @ self.log_values)


DEEP = 700.0  # -ln d down to which a wing is resolved
SPACING = 0.4  # of its nodes in ln d


def _graded_points(mean: Averages, log_q: float) -> tuple[Array, Array] | None:
    """Trapezoid rule in u = t + (DEEP step / SPACING) arctan((h/H)^m), t = ln h: steps in ln h where ln d changes slowly, in
    ln d where ln d = -DEEP (h/H)^m changes fast, in ln h again beyond H. None if |phi'| does not fall like that."""
    log_high = _log_depth(mean.phi)
    if mean.kind != "smooth" or log_high is None:
        return None
    here, below = (-float(mean.phi.log_abs_derivative(math.exp(t))) for t in (log_high, log_high - 0.1))
    power = math.log(here / below) / 0.1
    step = float(mean.log_nodes[1] - mean.log_nodes[0])
    size = DEEP * step / SPACING
    log_c = log_scale(log_q, mean.alpha)

    def of(t: Array) -> Array:
        return np.asarray(t + size * np.arctan(np.exp(np.minimum(power * (t - log_high), LOG_OVERFLOW))))

    ends = of(mean.log_nodes[[0, -1]] + log_c)
    u = np.arange(ends[0], ends[1], step)
    table = np.linspace(mean.log_nodes[0] + log_c, mean.log_nodes[-1] + log_c, 20001)
    t = np.interp(u, of(table), table)
    for _ in range(6):
        lift = np.exp(np.clip(power * (t - log_high), -LOG_OVERFLOW, 0.25 * LOG_OVERFLOW))
        slope = 1.0 + size * power * lift / (1.0 + lift * lift)
        t = t - (of(t) - u) / slope
    weights = 2.0 * step * density_at(mean.alpha, t - log_c) / slope
    h = np.exp(np.minimum(t, LOG_OVERFLOW))
    return (h, weights) if mean.phi.odd else (np.concatenate([h, -h]), 0.5 * np.tile(weights, 2))


def _log_depth(phi: Activation) -> float | None:
    """ln h at which ln|phi'(h)| = -DEEP, None if the slope does not fall that far before h = 1e6."""
    low, high = math.log(1e-3), math.log(1e6)
    if not float(phi.log_abs_derivative(1e6)) < -DEEP:
        return None
    while high - low > 1e-9:
        middle = 0.5 * (low + high)
        deeper = float(phi.log_abs_derivative(math.exp(middle))) < -DEEP
        low, high = (low, middle) if deeper else (middle, high)
    return high


def _profile(
    phi: Activation, alpha: float, log_q: float, wing: bool
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    if log_q == -math.inf:
        return np.atleast_1d(np.asarray(phi.log_abs_derivative(0.0), dtype=float)), np.ones(1)
    mean = averages(phi, alpha)
    graded = _graded_points(mean, log_q) if wing else None
    h, weights = graded or mean.points(log_q)
    values = np.asarray(phi.log_abs_derivative(h), dtype=float)
    keep = np.isfinite(values) & (weights > 1e-25)
    values, weights = values[keep], weights[keep]
    # The many nodes close to h = 0 share one slope: they are one value with their summed weight.
    centre = np.asarray(phi.log_abs_derivative(np.array([1e-300, -1e-300])), dtype=float)
    for side in np.unique(centre[np.isfinite(centre)]):
        same = np.abs(values - side) < 1e-16
        if same.sum() > 1:
            values = np.append(values[~same], side)
            weights = np.append(weights[~same], math.fsum(weights[same]))
    return values, weights
