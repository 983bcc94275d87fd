"""Derivatives of the log density in the parameters: differences of the density itself, one-sided at the boundaries.

The density at fixed x is analytic in alpha and beta up to and including the boundaries alpha = 2 and |beta| = 1, where its
logarithm is not (the light part is exponentially small), so the density is differenced and divided by its value.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["Score", "difference_nodes"]


class Score(NamedTuple):
    """d log f / d(x, alpha, beta, loc, scale), each of the shape of x."""

    x: NDArray[np.float64]
    alpha: NDArray[np.float64]
    beta: NDArray[np.float64]
    loc: NDArray[np.float64]
    scale: NDArray[np.float64]


def difference_nodes(
    value: float, low: float, high: float, step: float, count: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Nodes near ``value`` inside [low, high] and weights of the first derivative at ``value``.

    Parameters
    ----------
    value, low, high, step : float
    count : int
        Number of nodes, odd; centred unless an end is near.

    Returns
    -------
    nodes, weights : ndarray of float64
        ``value`` is one of the nodes; the weights are exact for polynomials of degree count - 1.
    """
    half = count // 2
    shift = 0
    while value + (half + shift) * step > high and shift > -half:
        shift -= 1
    while value - (half - shift) * step < low and shift < half:
        shift += 1
    offsets = np.arange(-half + shift, half + shift + 1).astype(float)
    nodes = value + step * offsets
    nodes[offsets == 0] = value
    exact = (nodes - value) / step
    powers = np.vander(exact, count, increasing=True).T
    right = np.zeros(count)
    right[1] = 1.0 / step
    return nodes, np.asarray(np.linalg.solve(powers, right), dtype=np.float64)
