"""Deterministic expectations over stable laws."""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from rmt._checks import check_alpha

__all__ = ["expectation_rule"]

Rule = tuple[NDArray[np.float64], NDArray[np.float64]]


def expectation_rule(alpha: float) -> Rule:
    r"""Nodes and weights of E g(ln|Z|), Z symmetric stable of characteristic function exp(-|t|^alpha).

    Parameters
    ----------
    alpha : float
        Stability index in [0.1, 2].

    Returns
    -------
    log_nodes, weights : ndarray of float64
        Read-only and cached: ``E g(ln|Z|) = (weights * g(log_nodes)).sum()``; the weights sum to 1.

    Examples
    --------
    The Cauchy law: E 1/(1 + Z^2) = 1/2.

    >>> import numpy as np
    >>> from rmt.stable import expectation_rule
    >>> log_z, weight = expectation_rule(1.0)
    >>> float(np.sum(weight / (1 + np.exp(2 * log_z))))
    0.500000000000
    """
    return _rule(check_alpha(alpha, low=0.1))


@lru_cache(maxsize=64)
def _rule(alpha: float) -> Rule:
    """Chambers-Mallows-Stuck as a product rule: tanh-sinh in the angle, trapezoid in the logarithm of the exponential."""
    t = np.linspace(-4.05, 4.05, 271)
    s = np.pi * np.sinh(t)
    u = 0.5 * np.pi / (1.0 + np.exp(-s))  # the angle in (0, pi/2)
    v = 0.5 * np.pi / (1.0 + np.exp(s))  # pi/2 - angle
    angle_weight = u * v * np.pi * np.cosh(t)
    angle_weight /= angle_weight.sum()
    near = np.where(u < v, np.sin(alpha * u), np.sin(2.0 * v + (2.0 - alpha) * u))  # sin(alpha u)
    slow = np.cos((1.0 - alpha) * u) if alpha <= 1 else np.sin(v + (2.0 - alpha) * u)
    cosine = np.sin(v)
    log_a = np.log(near / cosine) + (1.0 - alpha) / alpha * np.log(slow / cosine)
    x = np.linspace(-38.0, 4.2, 200)
    exponential_weight = np.exp(x - np.exp(x))
    exponential_weight /= exponential_weight.sum()
    if alpha == 1.0:
        log_nodes, weights = log_a, angle_weight
    else:
        log_nodes = np.add.outer(log_a, -(1.0 - alpha) / alpha * x).ravel()
        weights = np.outer(angle_weight, exponential_weight).ravel()
    weights = weights / math.fsum(weights)
    log_nodes.flags.writeable = weights.flags.writeable = False
    return log_nodes, weights
