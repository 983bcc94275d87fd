"""Samples grouped by realisation, and statistics whose errors come from the scatter over realisations."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from rmt._checks import check_array

__all__ = ["group", "hotelling", "hotelling_of", "kolmogorov_distance", "kolmogorov_p_value", "mean_and_error"]

Float = NDArray[np.float64]


def group(samples: ArrayLike, clusters: ArrayLike | None = None) -> tuple[list[Float], bool]:
    """Samples as one array per realisation, and whether the numbers themselves are the independent units.

    Parameters
    ----------
    samples : array_like, (R, n) or (n,); or a sequence of R arrays of any length
        Rows are realisations. -inf and +inf are allowed (logarithms of exact zeros), NaN is not.
    clusters : array_like of int or str, (n,), optional
        Realisation of each value of a one-dimensional array.

    Returns
    -------
    list of ndarray
        One array per realisation; of independent numbers, one array that holds them all.
    bool
        True for independent numbers.

    Raises
    ------
    ValueError
        If a value is NaN, a realisation is empty, there are fewer than two units, or the labels do not fit.
    """
    if isinstance(samples, list | tuple) and len(samples) and np.ndim(samples[0]) == 1:
        groups = [_values(row, f"samples[{i}]") for i, row in enumerate(samples)]
    else:
        values = _values(samples, "samples")
        if values.ndim == 2:
            groups = list(values)
        elif values.ndim != 1:
            raise ValueError(f"samples must have shape (R, n) or (n,), not {values.shape}")
        elif clusters is None:
            if values.size < 2:
                raise ValueError(f"samples must hold at least 2 values to give an error, not {values.size}")
            return [values], True
        else:
            return _by_label(values, clusters), False
    if clusters is not None:
        raise ValueError("clusters goes with one-dimensional samples; rows of samples are realisations already")
    return _at_least_two(groups), False


def _values(samples: ArrayLike, name: str) -> Float:
    values = check_array(name, samples, finite=False, min_size=1)
    if np.isnan(values).any():
        where = tuple(int(i) for i in np.argwhere(np.isnan(values))[0])
        raise ValueError(f"{name} holds NaN at index {where}")
    return values


def _by_label(values: Float, clusters: ArrayLike) -> list[Float]:
    labels = np.asarray(clusters)
    if labels.shape != values.shape:
        raise ValueError(f"clusters must have the shape of samples, {values.shape}, not {labels.shape}")
    _, index = np.unique(labels, return_inverse=True)
    order = np.argsort(index, kind="stable")
    return _at_least_two(np.split(values[order], np.cumsum(np.bincount(index))[:-1]))


def _at_least_two(groups: list[Float]) -> list[Float]:
    if len(groups) < 2:
        raise ValueError(f"samples must hold at least 2 realisations to give an error, not {len(groups)}")
    return groups


def mean_and_error(rows: Float, floor: float = 0.0) -> tuple[Float, Float]:
    """Mean over the first axis and its standard error; ``floor`` is the smallest error believed.

    Parameters
    ----------
    rows : ndarray, (R, ...)
        One statistic per realisation.
    floor : float
        Smallest standard deviation of one realisation.

    Returns
    -------
    mean, stderr : ndarray
    """
    spread = np.maximum(rows.std(axis=0, ddof=1), floor)
    return rows.mean(axis=0), spread / math.sqrt(rows.shape[0])


def hotelling(rows: Float, theory: Float) -> float:
    r"""p-value of the hypothesis that the mean of the rows is ``theory``, with the covariance estimated from the rows.

    .. math:: T^2 = R\,(\bar x-\mu)^T S^{-1} (\bar x-\mu), \qquad \frac{R-k}{k(R-1)}T^2 \sim F_{k,R-k}

    exact at every R when the rows are Gaussian. With few realisations only ``max(1, R // 3)`` of the k points are used,
    evenly spread, because a covariance of more cannot be estimated.

    Parameters
    ----------
    rows : ndarray, (R, k)
        One statistic per realisation and point.
    theory : ndarray, (k,)

    Returns
    -------
    float
    """
    realisations = rows.shape[0]
    covariance = np.atleast_2d(np.cov(rows, rowvar=False)) / realisations
    return hotelling_of(rows.mean(axis=0) - theory, covariance, realisations)


def hotelling_of(difference: Float, covariance: Float, realisations: int) -> float:
    """p-value of a difference of k points whose covariance was estimated from so many realisations.

    Parameters
    ----------
    difference : ndarray, (k,)
    covariance : ndarray, (k, k)
        Of the difference (of the mean, not of one realisation).
    realisations : int

    Returns
    -------
    float
    """
    k = difference.size
    used = max(1, min(k, realisations // 3))
    chosen = np.unique(np.round((np.arange(used) + 0.5) * k / used - 0.5).astype(int))
    difference, covariance = difference[chosen], covariance[np.ix_(chosen, chosen)]
    values, vectors = np.linalg.eigh(covariance)
    kept = values > 1e-12 * max(values[-1], 1e-300)
    rank = int(kept.sum())
    outside = vectors[:, ~kept].T @ difference  # directions in which all realisations agree exactly
    if np.any(np.abs(outside) > 1e-9):
        return 0.0
    if rank == 0:
        return 1.0
    t2 = float(np.sum((vectors[:, kept].T @ difference) ** 2 / values[kept]))
    f = t2 * (realisations - rank) / (rank * (realisations - 1))
    return float(special.fdtrc(rank, realisations - rank, f))


def kolmogorov_distance(values: Float, cdf: Any) -> float:
    """Largest distance of the empirical CDF of independent numbers from a law.

    Parameters
    ----------
    values : ndarray, (n,)
    cdf : callable

    Returns
    -------
    float
    """
    x = np.sort(values)
    f = np.asarray(cdf(x), dtype=float)
    n = x.size
    return float(max(np.max(np.arange(1, n + 1) / n - f), np.max(f - np.arange(n) / n)))


def kolmogorov_p_value(distance: float, n: int) -> float:
    """p-value of a Kolmogorov distance of n independent numbers, exact at every n.

    Parameters
    ----------
    distance : float
    n : int

    Returns
    -------
    float
    """
    from scipy.stats import kstwo

    return float(kstwo.sf(distance, n))
