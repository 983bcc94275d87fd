"""The statistics of a comparison, each formed per realisation: mean, CDF, quantiles, density, curve."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from rmt._checks import check_array, check_choice, check_real
from rmt.compare import clusters as units

__all__ = ["STATISTICS", "evaluate"]

Float = NDArray[np.float64]
LEVELS = np.arange(1, 10) / 10
STATISTICS = ("mean", "cdf", "quantile", "density", "curve")


def evaluate(
    theory: Any,
    groups: list[Float],
    independent: bool,
    *,
    statistic: str | None,
    points: ArrayLike | None,
    test: str | None,
    log: bool,
) -> dict[str, Any]:
    """Theory, estimate, error and p-value of a statistic, and its value in every realisation (``rows``).

    Parameters
    ----------
    theory : float, array, callable or law
    groups : list of ndarray
        One array a realisation.
    independent : bool
        Whether the numbers themselves are the independent units.
    statistic, points, test, log
        As in :func:`rmt.compare.compare`.

    Returns
    -------
    dict
    """
    is_law = callable(getattr(theory, "cdf", None))
    is_curve = not is_law and (callable(theory) or np.ndim(theory) == 1)
    statistic = statistic or ("cdf" if is_law else "curve" if is_curve else "mean")
    check_choice("statistic", statistic, STATISTICS)
    if statistic == "mean":
        found = _mean(theory, groups, independent, is_law, log)
    elif statistic == "curve":
        found = _curve(theory, groups, independent, points)
    elif not is_law:
        raise ValueError(f"statistic = {statistic!r} needs a law with cdf and icdf, not {type(theory).__name__}")
    elif statistic == "cdf":
        found = _cdf(theory, groups, independent, points, test, log)
    elif statistic == "density":
        found = _density(theory, groups, independent, points, log)
    else:
        found = _quantile(theory, groups, independent, points, log)
    return {"statistic": statistic, **found}


def _quantiles(law: Any, levels: Float, log: bool) -> Float:
    """Quantiles (of the logarithm), under the name of this library or that of `scipy.stats`' frozen distributions."""
    if log and hasattr(law, "icdf_log"):
        return np.asarray(law.icdf_log(levels), dtype=float)
    x = np.asarray((law.icdf if hasattr(law, "icdf") else law.ppf)(levels), dtype=float)
    if not log:
        return x
    with np.errstate(divide="ignore"):
        return np.log(x)


def _cumulative(law: Any, x: Float, log: bool) -> Float:
    """The CDF at x, or at exp(x); laws of long products have a form in the logarithm, which cannot overflow."""
    if log and hasattr(law, "cdf_log"):
        return np.asarray(law.cdf_log(x), dtype=float)
    return np.asarray(law.cdf(np.exp(x) if log else x), dtype=float)


def _mean(theory: Any, groups: list[Float], independent: bool, is_law: bool, log: bool) -> dict[str, Any]:
    rows = groups[0] if independent else np.array([row.mean() for row in groups])
    if not np.isfinite(rows).all():
        raise ValueError("samples hold infinite values: their mean is not a number to compare")
    if is_law:
        value = theory.mean_log if log else theory.mean
        value = value() if callable(value) else value
    else:
        value = theory
    expected = check_real("theory", value)
    estimate, error = units.mean_and_error(rows)
    return {
        "theory": expected,
        "estimate": float(estimate),
        "stderr": float(error),
        "realisations": rows.size,
        "test": "student",
        "p_value": None,
        "rows": rows,
    }


def _levels(points: ArrayLike | None) -> Float:
    levels = check_array("points", LEVELS if points is None else points, ndim=1, min_size=1)
    if np.any((levels <= 0) | (levels >= 1)) or np.any(np.diff(levels) <= 0):
        raise ValueError("points must be increasing levels in (0, 1) for statistic='quantile'")
    return levels


def _cdf(
    law: Any, groups: list[Float], independent: bool, points: ArrayLike | None, test: str | None, log: bool
) -> dict[str, Any]:
    if points is None:
        x = _quantiles(law, LEVELS, log)
        x = np.unique(x[np.isfinite(x)])
    else:
        x = check_array("points", points, ndim=1, min_size=1)
        if np.any(np.diff(x) <= 0):
            raise ValueError("points must increase strictly for statistic='cdf'")
    theory = _cumulative(law, x, log)
    test = check_choice("test", test or ("kolmogorov" if independent else "hotelling"), ("hotelling", "kolmogorov"))
    if independent:
        values = np.sort(groups[0])
        estimate = np.searchsorted(values, x, side="right") / values.size
        rows = (values[:, None] <= x).astype(float) if test == "hotelling" else np.empty((0, x.size))
        # Under the hypothesis the error of a fraction is known exactly; the estimated one vanishes in the tails.
        error = np.sqrt(theory * (1 - theory) / values.size)
        count = values.size
    else:
        rows = np.array([np.searchsorted(np.sort(row), x, side="right") / row.size for row in groups])
        # A fraction of n values is known to 1/n: no scatter below the standard deviation of that rounding is believed.
        floor = 1 / (math.sqrt(12) * max(row.size for row in groups))
        estimate, error = units.mean_and_error(rows, floor)
        count = len(groups)
    found = {"theory": theory, "estimate": estimate, "stderr": error, "realisations": count, "test": test, "points": x}
    found["rows"] = rows
    if test == "hotelling":
        return {**found, "p_value": units.hotelling(rows, theory)}
    if not independent:
        raise ValueError("test = 'kolmogorov' needs independent numbers; realisations are tested with 'hotelling'")
    distance = units.kolmogorov_distance(groups[0], lambda y: _cumulative(law, y, log))
    return {**found, "p_value": units.kolmogorov_p_value(distance, count), "distance": distance}


def _quantile(law: Any, groups: list[Float], independent: bool, points: ArrayLike | None, log: bool) -> dict[str, Any]:
    """Quantiles of all values together; the error is that of the fraction below, carried over by the values themselves."""
    levels = _levels(points)
    theory = _quantiles(law, levels, log)
    pooled = np.sort(np.concatenate(groups))
    estimate = np.quantile(pooled, levels)
    if independent:
        spread = np.sqrt(levels * (1 - levels) / pooled.size)
        rows = (pooled[:, None] <= theory).astype(float)
    else:
        fractions = np.array([np.searchsorted(np.sort(row), estimate, side="right") / row.size for row in groups])
        spread = units.mean_and_error(fractions, 1 / (math.sqrt(12) * max(row.size for row in groups)))[1]
        rows = np.array([np.searchsorted(np.sort(row), theory, side="right") / row.size for row in groups])
    above = np.quantile(pooled, np.minimum(levels + spread, 1.0))
    below = np.quantile(pooled, np.maximum(levels - spread, 0.0))
    count = pooled.size if independent else len(groups)
    found = {"theory": theory, "estimate": estimate, "stderr": (above - below) / 2, "realisations": count}
    # Quantiles agree exactly when the fractions below them do, and fractions have no heavy tail.
    return {**found, "test": "hotelling", "points": levels, "p_value": units.hotelling(rows, levels)}


def _curve(theory: Any, groups: list[Float], independent: bool, points: ArrayLike | None) -> dict[str, Any]:
    """One value a point and realisation, against a curve."""
    if independent or len({row.size for row in groups}) > 1:
        raise ValueError("samples must have shape (R, k), one value for each of the k points of the curve")
    rows = np.array(groups)
    x = check_array("points", np.arange(rows.shape[1]) if points is None else points, ndim=1)
    expected = check_array("theory", theory(x) if callable(theory) else theory, ndim=1)
    if not expected.size == x.size == rows.shape[1]:
        raise ValueError(
            f"theory, points and columns of samples must agree in number, not {expected.size}, {x.size}, {rows.shape[1]}"
        )
    if not np.isfinite(rows).all():
        raise ValueError("samples hold infinite values: their mean is not a number to compare")
    estimate, error = units.mean_and_error(rows)
    found = {"theory": expected, "estimate": estimate, "stderr": error, "realisations": rows.shape[0], "points": x}
    return {**found, "test": "hotelling", "p_value": units.hotelling(rows, expected), "rows": rows}


def _density(law: Any, groups: list[Float], independent: bool, points: ArrayLike | None, log: bool) -> dict[str, Any]:
    """Mean density over bins; what lies outside the outermost edges counts in the norm and in the test."""
    if points is None:
        edges = np.unique(_quantiles(law, np.linspace(0.02, 0.98, 13), log))
        edges = edges[np.isfinite(edges)]
    else:
        edges = check_array("points", points, ndim=1, min_size=2)
    if edges.size < 2 or np.any(np.diff(edges) <= 0):
        raise ValueError("points must be at least two edges of bins that increase strictly for statistic='density'")
    cumulative = _cumulative(law, edges, log)
    probability, widths = np.diff(cumulative), np.diff(edges)
    # Differences of the empirical CDF count a value on an edge to the bin on its left, as the law's own CDF does.
    below = np.array([np.searchsorted(np.sort(row), edges, side="right") / row.size for row in groups])
    rows = np.diff(below, axis=1)
    if independent:
        n = groups[0].size
        estimate, error = rows[0], np.sqrt(probability * (1 - probability) / n)
        whole = np.concatenate([[below[0, 0]], rows[0], [1 - below[0, -1]]])
        expected = np.concatenate([[cumulative[0]], probability, [1 - cumulative[-1]]])
        p_value, count, test = _pearson(whole, expected, n), n, "chi2"
        rows = np.empty((0, rows.shape[1]))
    else:
        estimate, error = units.mean_and_error(rows, 1 / (math.sqrt(12) * max(row.size for row in groups)))
        p_value, count, test = units.hotelling(rows, probability), len(groups), "hotelling"
    found = {"theory": probability / widths, "estimate": estimate / widths, "stderr": error / widths}
    middle = (edges[1:] + edges[:-1]) / 2
    return {**found, "realisations": count, "test": test, "p_value": p_value, "points": middle, "rows": rows / widths}


def _pearson(observed: Float, expected: Float, n: int) -> float:
    """Pearson's chi-square of independent numbers; neighbouring bins are joined until each expects five, which keeps the
    chi-square law of the sum true at finite n."""
    merged: list[list[float]] = [[0.0, 0.0]]
    for o, e in zip(observed * n, expected * n, strict=True):
        if merged[-1][1] >= 5.0:
            merged.append([0.0, 0.0])
        merged[-1][0] += o
        merged[-1][1] += e
    if len(merged) > 1 and merged[-1][1] < 5.0:
        o, e = merged.pop()
        merged[-1] = [merged[-1][0] + o, merged[-1][1] + e]
    if len(merged) < 2:
        raise ValueError(f"samples hold {n} values: too few for a chi-square over these bins")
    bins = np.array(merged)
    return float(special.chdtrc(len(merged) - 1, np.sum((bins[:, 0] - bins[:, 1]) ** 2 / bins[:, 1])))
