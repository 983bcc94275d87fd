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
from rmt.meanfield._averages import averages

__all__ = ["ActivationProfile"]


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
        values, weights = _profile(phi, alpha, log_q)
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


def _profile(phi: Activation, alpha: float, log_q: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    if log_q == -math.inf:
        return np.atleast_1d(np.asarray(phi.log_abs_derivative(0.0), dtype=float)), np.ones(1)
    h, weights = averages(phi, alpha).points(log_q)
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
