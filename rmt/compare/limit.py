r"""From finite matrices to the limit: extrapolation in powers of 1/N, with errors, and comparisons at N = infinity."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from rmt._checks import check_array, check_integer, check_real
from rmt._results import Result, provenance
from rmt.compare import clusters as units
from rmt.compare.comparison import Comparison, pulls
from rmt.compare.coupling import Samples, check_coupling
from rmt.compare.statistics import evaluate

__all__ = ["Extrapolation", "compare_limit", "extrapolate"]

Float = NDArray[np.float64]


@dataclasses.dataclass(frozen=True)
class Extrapolation(Result):
    r"""A fit :math:`y(N) = y_\infty + \sum_{k=1}^{K} b_k N^{-k p}`.

    Attributes
    ----------
    value, stderr : float
        :math:`y_\infty` and its standard error, from the errors of the data.
    coefficients : ndarray, (K + 1,)
        :math:`y_\infty, b_1, \dots, b_K`.
    covariance : ndarray, (K + 1, K + 1)
    chi2, p_value : float
        How well the form fits; NaN when there are no more sizes than coefficients.
    shift : float
        Change of the value when the smallest size is left out: a sign of the terms that the form lacks. NaN when that leaves
        too few sizes.
    weights : ndarray, (n,)
        The value is the sum of weights times data.
    """

    value: float
    stderr: float
    coefficients: Float
    covariance: Float
    chi2: float
    p_value: float
    shift: float
    weights: Float

    def __call__(self, size: ArrayLike, *, power: float = 1.0) -> Any:
        """The fitted form at a size."""
        x = np.asarray(size, dtype=float) ** -power
        return np.polynomial.polynomial.polyval(x, self.coefficients)


def extrapolate(
    sizes: ArrayLike, estimates: ArrayLike, stderr: ArrayLike, *, order: int = 1, power: float = 1.0
) -> Extrapolation:
    r"""Weighted least squares in powers of :math:`N^{-p}`; the limit with its error, and whether the form fits.

    Parameters
    ----------
    sizes : array_like, (n,)
        N > 0, all different; at least ``order + 1``.
    estimates, stderr : array_like, (n,)
        Data and their standard errors > 0.
    order : int
        K, number of powers.
    power : float
        p > 0, the first power.

    Returns
    -------
    Extrapolation

    Raises
    ------
    ValueError
        If lengths differ, a size or error is not positive, or there are too few sizes.

    Examples
    --------
    >>> fit = extrapolate([50, 100, 200], [1.04, 1.02, 1.01], [0.001, 0.001, 0.001])
    >>> print(f"{fit.value:.4f} {fit.stderr:.4f}")
    1.0000 0.0012
    """
    n = check_array("sizes", sizes, ndim=1)
    y = check_array("estimates", estimates, ndim=1)
    s = check_array("stderr", stderr, ndim=1)
    order = check_integer("order", order, low=0)
    power = check_real("power", power, low=0.0, low_open=True)
    if not n.size == y.size == s.size:
        raise ValueError(f"sizes, estimates and stderr must have one length, not {n.size}, {y.size}, {s.size}")
    if np.any(n <= 0) or np.unique(n).size < n.size:
        raise ValueError(f"sizes must be positive and all different, not {n.tolist()}")
    if np.any(s <= 0):
        raise ValueError(f"stderr must be positive, not {s.min()}")
    if n.size < order + 1:
        raise ValueError(f"sizes must hold at least order + 1 = {order + 1} values, not {n.size}")
    solver, covariance = _least_squares(n, s, order, power)
    coefficients = solver @ y
    residuals = (y - np.vander(n**-power, order + 1, increasing=True) @ coefficients) / s
    free = n.size - order - 1
    chi2 = float(residuals @ residuals) if free else float("nan")
    shift = float("nan")
    if free:
        kept = n > n.min()
        shift = float(_least_squares(n[kept], s[kept], order, power)[0][0] @ y[kept] - coefficients[0])
    return Extrapolation(
        value=float(coefficients[0]),
        stderr=float(np.sqrt(covariance[0, 0])),
        coefficients=coefficients,
        covariance=covariance,
        chi2=chi2,
        p_value=float(special.chdtrc(free, chi2)) if free else float("nan"),
        shift=shift,
        weights=solver[0],
    )


def _least_squares(n: Float, s: Float, order: int, power: float) -> tuple[Float, Float]:
    """The matrix that takes data to coefficients, and the covariance of these."""
    scale = n.min() ** power  # columns of order one: the normal matrix is then well conditioned
    design = np.vander(scale * n**-power, order + 1, increasing=True) / s[:, None]
    inverse = np.linalg.pinv(design)
    back = np.diag(scale ** np.arange(order + 1))
    solver = back @ inverse / s
    return solver, back @ (inverse @ inverse.T) @ back


def compare_limit(
    theory: Any,
    samples: Mapping[int, Any],
    *,
    order: int = 1,
    power: float = 1.0,
    coupling: str | None = None,
    statistic: str | None = None,
    points: ArrayLike | None = None,
    log: bool = False,
    label: str = "",
    meta: Mapping[str, Any] | None = None,
) -> Comparison:
    r"""Set a limit law beside samples of several sizes, each statistic extrapolated to :math:`N = \infty`.

    Parameters
    ----------
    theory : float, array or law
        As in :func:`compare`.
    samples : mapping of int to samples
        Width N to its realisations (rows); at least ``order + 1`` widths.
    order, power
        As in :func:`extrapolate`.
    coupling, statistic, points, log, label, meta
        As in :func:`compare`; not for quantiles.

    Returns
    -------
    Comparison
        The p-value is Hotelling's with the covariance of the extrapolated points and the realisations of the scarcest size,
        which makes it slightly conservative.

    Raises
    ------
    CouplingMismatch
        If theory and samples are of different ensembles.
    ValueError
        If there are too few sizes or realisations.
    """
    if len(samples) < order + 1:
        raise ValueError(f"samples must hold at least order + 1 = {order + 1} sizes, not {len(samples)}")
    if statistic == "quantile":
        raise ValueError("statistic = 'quantile' is not extrapolated; use 'cdf' at the law's quantiles")
    sizes = np.array(sorted(samples), dtype=float)
    single, couplings = [], []
    for size in sorted(samples):
        own = samples[size]
        couplings.append(check_coupling(theory, own, coupling))
        values, clusters = (own.values, own.clusters) if isinstance(own, Samples) else (own, None)
        groups, independent = units.group(values, clusters)
        if independent:
            raise ValueError(f"samples[{size}] must be realisations: rows, or values with clusters")
        single.append(evaluate(theory, groups, False, statistic=statistic, points=points, test=None, log=log))
    estimates = np.array([np.atleast_1d(found["estimate"]) for found in single])
    errors = np.array([np.atleast_1d(found["stderr"]) for found in single])
    fits = [
        extrapolate(sizes, estimates[:, k], errors[:, k], order=order, power=power) for k in range(estimates.shape[1])
    ]
    weights = np.array([fit.weights for fit in fits])  # (points, sizes)
    covariance = np.zeros((len(fits), len(fits)))
    for i, found in enumerate(single):
        rows = found["rows"].reshape(found["realisations"], -1)
        covariance += np.outer(weights[:, i], weights[:, i]) * np.atleast_2d(np.cov(rows, rowvar=False)) / rows.shape[0]
    first = single[0]
    scalar = np.ndim(first["theory"]) == 0
    expected = np.atleast_1d(first["theory"])
    value, error = np.array([fit.value for fit in fits]), np.array([fit.stderr for fit in fits])
    realisations = min(found["realisations"] for found in single)
    pull = pulls(expected, value, error)
    fit_p = [fit.p_value for fit in fits]
    carried = {
        **provenance(),
        "sizes": [int(size) for size in sizes],
        "order": order,
        "power": power,
        "fit_p_values": fit_p,
    }
    return Comparison(
        statistic=first["statistic"],
        points=first.get("points"),
        theory=float(expected[0]) if scalar else expected,
        estimate=float(value[0]) if scalar else value,
        stderr=float(error[0]) if scalar else error,
        pull=float(pull[0]) if scalar else pull,
        p_value=units.hotelling_of(value - expected, covariance, realisations),
        distance=float(np.max(np.abs(value - expected))),
        realisations=realisations,
        test="hotelling",
        coupling=couplings[0],
        label=label or f"{first['statistic']}, N to infinity",
        meta={**carried, **dict(meta or {})},
    )
