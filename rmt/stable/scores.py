"""Derivatives of the log density in x and in every parameter, from the differentiated series and integrals of the kernel."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from rmt._stable_scores import ScoreLaw

__all__ = ["PositiveScore", "Score", "score_law", "standard_scores"]


class Score(NamedTuple):
    """d log f / d(x, alpha, beta, loc, scale), each of the shape of x, floats for a number."""

    x: float | NDArray[np.float64]
    alpha: float | NDArray[np.float64]
    beta: float | NDArray[np.float64]
    loc: float | NDArray[np.float64]
    scale: float | NDArray[np.float64]


class PositiveScore(NamedTuple):
    """d log f / d(x, a, scale) of the positive law, each of the shape of x, floats for a number."""

    x: float | NDArray[np.float64]
    a: float | NDArray[np.float64]
    scale: float | NDArray[np.float64]


@lru_cache(maxsize=64)
def score_law(alpha: float, beta: float) -> ScoreLaw:
    """Constants of a law of unit scale and their derivatives, made once.

    Parameters
    ----------
    alpha, beta : float

    Returns
    -------
    rmt._stable_scores.ScoreLaw
    """
    return ScoreLaw(alpha, beta)


def standard_scores(
    alpha: float, beta: float, x0: NDArray[np.float64], x1: NDArray[np.float64], s0: bool
) -> NDArray[np.float64]:
    """log f and its derivatives in x, alpha and beta at unit scale.

    Parameters
    ----------
    alpha, beta : float
    x0, x1 : ndarray of float64, shape (n,)
        S0 and S1 coordinates of the points.
    s0 : bool
        Derivatives in alpha and beta at fixed S0, or at fixed S1 coordinate.

    Returns
    -------
    ndarray of float64, shape (4, n)
        NaN outside the support.
    """
    out = np.empty((4, x0.size))
    score_law(alpha, beta).evaluate(np.ascontiguousarray(x0), np.ascontiguousarray(x1), s0, out)
    return out
