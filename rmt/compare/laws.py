"""``compare``: a number or a law against samples."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from rmt._checks import check_array, check_choice, check_real
from rmt._results import provenance
from rmt.compare import clusters as units
from rmt.compare.comparison import Comparison, pulls, student_p_value
from rmt.compare.coupling import Samples, check_coupling

__all__ = ["compare"]

Float = NDArray[np.float64]
LEVELS = np.arange(1, 10) / 10


def compare(
    theory: Any,
    samples: Any,
    *,
    clusters: ArrayLike | None = None,
    coupling: str | None = None,
    statistic: str | None = None,
    points: ArrayLike | None = None,
    test: str | None = None,
    log: bool = False,
    label: str = "",
    meta: Mapping[str, Any] | None = None,
) -> Comparison:
    r"""Set a number or a law beside samples, with errors over realisations.

    Numbers of one realisation (the eigenvalues of one matrix) are not independent: every statistic is formed per
    realisation, and its error is the scatter over the R realisations, :math:`s/\sqrt R`.

    Parameters
    ----------
    theory : float or law
        A law has ``cdf`` and ``icdf`` (and ``mean`` for ``statistic="mean"``); the distributions of `scipy.stats` will do.
    samples : array_like, (R, n) or (n,); sequence of R arrays; :class:`Samples`
        Rows are realisations. A one-dimensional array holds independent numbers unless ``clusters`` says otherwise.
    clusters : array_like, (n,), optional
        Realisation of each value of a one-dimensional array.
    coupling : {"independent", "network"}, optional
        The ensemble of the samples, if they do not carry it as ``.coupling``.
    statistic : {"mean", "cdf", "quantile"}, optional
        Default ``mean`` for a number, ``cdf`` for a law.
    points : array_like, optional
        The x of the CDF, or the levels in (0, 1) of the quantiles; default: the deciles of the law.
    test : {"student", "hotelling", "kolmogorov"}, optional
        Test behind the p-value. ``student`` for one number (exact for Gaussian realisations); ``hotelling``, a chi-square
        with the covariance over realisations, for points of realisations; ``kolmogorov`` (exact at every n) for independent
        numbers against a law, its default.
    log : bool
        The samples are natural logarithms of what the law describes (``log_values`` of deep products, which may not fit
        into a double); points are then logarithms too.
    label : str
        A name for tables.
    meta : mapping, optional
        Provenance that the result carries, beside the versions.

    Returns
    -------
    Comparison
        ``.theory .estimate .stderr .pull .p_value``, ``.check(sigmas=4)``.

    Raises
    ------
    CouplingMismatch
        If theory and samples are of different ensembles.
    ValueError
        If there are fewer than two realisations, a value is NaN, or an argument is out of range.

    Notes
    -----
    A law of infinite matrices differs from samples of finite ones by O(1/N): use ``extrapolate``, or widths at which this
    is below the error. The p-value does not know about it.

    Examples
    --------
    >>> import numpy as np
    >>> from rmt.compare import compare
    >>> samples = np.random.default_rng(1).normal(2.0, 1.0, size=(50, 20))
    >>> result = compare(2.0, samples)
    >>> abs(result.pull) < 4, result.realisations
    (True, 50)
    >>> compare(2.5, samples).check()
    Traceback (most recent call last):
    ...
    rmt.compare.comparison.ComparisonFailed: mean: theory and Monte Carlo differ: ...
    """
    if isinstance(samples, Samples) and clusters is None:
        clusters = samples.clusters
    ensemble = check_coupling(theory, samples, coupling)
    groups, independent = units.group(samples.values if isinstance(samples, Samples) else samples, clusters)
    is_law = callable(getattr(theory, "cdf", None))
    statistic = check_choice("statistic", statistic or ("cdf" if is_law else "mean"), ("mean", "cdf", "quantile"))
    if statistic == "mean":
        found = _mean(theory, groups, independent, is_law, log)
    elif not is_law:
        raise ValueError(f"statistic = {statistic!r} needs a law with cdf and icdf, not {type(theory).__name__}")
    elif statistic == "cdf":
        found = _cdf(theory, groups, independent, points, test, log)
    else:
        found = _quantile(theory, groups, independent, points, log)
    found["pull"] = _scalar(pulls(found["theory"], found["estimate"], found["stderr"]))
    if found["p_value"] is None:
        found["p_value"] = float(student_p_value(found["pull"], found["realisations"]))
    distance = float(np.max(np.abs(np.subtract(found["estimate"], found["theory"]))))
    found.setdefault("distance", distance)
    carried = {**provenance(), **dict(meta or {})}
    return Comparison(statistic=statistic, coupling=ensemble, label=label, meta=carried, **found)


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


def _scalar(array: Any) -> Any:
    return float(array) if np.ndim(array) == 0 else array


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
