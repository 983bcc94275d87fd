"""``compare``: a number or a law against samples."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from rmt._results import provenance
from rmt.compare import clusters as units
from rmt.compare.comparison import Comparison, pulls, student_p_value
from rmt.compare.coupling import Samples, check_coupling
from rmt.compare.statistics import evaluate

__all__ = ["compare"]


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
    theory : float, array (k,), callable or law
        An array, or a function of the points, is a curve. A law has ``cdf`` and ``icdf`` (and ``mean`` for
        ``statistic="mean"``); the distributions of `scipy.stats` will do.
    samples : array_like, (R, n) or (n,); sequence of R arrays; :class:`Samples`
        Rows are realisations. A one-dimensional array holds independent numbers unless ``clusters`` says otherwise.
    clusters : array_like, (n,), optional
        Realisation of each value of a one-dimensional array.
    coupling : {"independent", "network"}, optional
        The ensemble of the samples, if they do not carry it as ``.coupling``.
    statistic : {"mean", "cdf", "quantile", "density", "curve"}, optional
        Default ``mean`` for a number, ``cdf`` for a law, ``curve`` for an array or a function; the samples of a curve have one
        value for each point and realisation.
    points : array_like, optional
        The x of the CDF, the levels in (0, 1) of the quantiles (default for both: the deciles of the law), the edges of the
        bins of a density, or the abscissae of a curve.
    test : {"hotelling", "kolmogorov"}, optional
        Test behind the p-value of a CDF: ``hotelling``, a chi-square with the covariance over realisations, or
        ``kolmogorov``, exact at every n, the default for independent numbers. Other statistics have one test each: Student's
        for one number (exact for Gaussian realisations), Pearson's chi-square for a density of independent numbers, else
        Hotelling's.
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
    found = evaluate(theory, groups, independent, statistic=statistic, points=points, test=test, log=log)
    found.pop("rows", None)
    found["pull"] = _scalar(pulls(found["theory"], found["estimate"], found["stderr"]))
    if found["p_value"] is None:
        found["p_value"] = float(student_p_value(found["pull"], found["realisations"]))
    distance = float(np.max(np.abs(np.subtract(found["estimate"], found["theory"]))))
    found.setdefault("distance", distance)
    carried = {**provenance(), **dict(meta or {})}
    return Comparison(coupling=ensemble, label=label, meta=carried, **found)


def _scalar(array: Any) -> Any:
    return float(array) if np.ndim(array) == 0 else array
