"""Exponents from a data collapse, with everything a single fit hides: errors, correlation, drift with the smallest size."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import optimize

from rmt._checks import check_array, check_choice, check_integer, check_real
from rmt._random import RandomState, generator
from rmt._results import Result, provenance
from rmt.criticality._quality import DataSet, bhattacharjee_seno, gaussian_process, houdayer_hartmann, overlaps

__all__ = ["Collapse", "collapse", "collapse_quality"]

Array = NDArray[np.float64]
METHODS = ("gaussian-process", "houdayer-hartmann", "bhattacharjee-seno")
GRID = [(a, b) for a in np.arange(-0.5, 3.01, 0.25) for b in np.arange(-0.5, 3.01, 0.25)]  # where minima are looked for


@dataclass(frozen=True)
class Collapse(Result):
    r"""Exponents of :math:`y = n^{-b} f(x/n^a)`.

    Parameters
    ----------
    a, b : float
        The exponents at the optimum.
    covariance : ndarray, shape (2, 2)
        Of (a, b), from the bootstrap.
    quality : float
        Houdayer-Hartmann S at the optimum: about 1 for a good collapse, whatever method found it.
    kept_from : ndarray, shape (k,)
        Smallest size kept in each of the fits of the drift; the first one keeps all.
    drift_a, drift_b, drift_a_stderr, drift_b_stderr : ndarray, shape (k,)
        Exponents of these fits. If they move by more than their errors, the sizes are too small.
    method : str
        The measure that was optimised.
    laplace : ndarray, shape (2, 2) or None
        Covariance from the curvature of the Gaussian-process evidence: it knows nothing of the correlation of the points
        of one run and is shown for comparison.
    meta : dict
        Versions and settings.
    """

    a: float
    b: float
    covariance: Array
    quality: float
    kept_from: Array
    drift_a: Array
    drift_b: Array
    drift_a_stderr: Array
    drift_b_stderr: Array
    method: str
    laplace: Array | None = field(default=None, repr=False)
    meta: dict[str, Any] = field(repr=False, default_factory=dict)

    @property
    def stderr(self) -> Array:
        """Standard errors of (a, b), from the bootstrap."""
        return np.asarray(np.sqrt(np.diag(self.covariance)))

    @property
    def correlation(self) -> float:
        """Correlation of the errors of a and b."""
        return float(self.covariance[0, 1] / math.sqrt(self.covariance[0, 0] * self.covariance[1, 1]))

    @property
    def drift(self) -> float:
        """Largest move of an exponent when the smallest size is dropped, in its standard errors (nan with three sizes)."""
        if self.drift_a.size < 2:
            return math.nan
        moves = [
            abs(self.drift_a[1] - self.drift_a[0]) / self.drift_a_stderr[1],
            abs(self.drift_b[1] - self.drift_b[0]) / self.drift_b_stderr[1],
        ]
        return float(max(moves))


def _data(x: Any, y: Any, sizes: Any, errors: Any) -> tuple[list[Array], list[Array], list[Array | None], Array]:
    """Abscissae, values (means or realisations) and errors per size, sorted by size and checked."""
    n = check_array("sizes", sizes, ndim=1)
    if n.size < 3:
        raise ValueError(f"sizes must hold at least 3 sizes, not {n.size}: two always collapse")
    if not (n > 0.0).all() or np.unique(n).size < n.size:
        raise ValueError("sizes must be positive and different")
    if len(y) != n.size:
        raise ValueError(f"y must hold one array for each of the {n.size} sizes, not {len(y)}")
    if errors is not None and len(errors) != n.size:
        raise ValueError(f"errors must hold one array for each of the {n.size} sizes, not {len(errors)}")
    per_size = isinstance(x, Sequence) and len(x) == n.size and np.ndim(x[0]) == 1
    order = np.argsort(n)
    xs, ys, es = [], [], []
    for i in map(int, order):
        abscissa = check_array("x", x[i] if per_size else x, ndim=1, min_size=2)
        values = check_array(f"y[{i}]", y[i])
        if not (abscissa > 0.0).all() or not (np.diff(abscissa) > 0.0).all():
            raise ValueError("x must be positive and increasing")
        if values.ndim not in (1, 2) or values.shape[-1] != abscissa.size:
            raise ValueError(f"y[{i}] must have {abscissa.size} points along its last axis, not shape {values.shape}")
        if values.ndim == 1 and errors is None:
            raise ValueError("errors must be given when y holds means (1-D) instead of realisations (2-D)")
        if values.ndim == 2 and values.shape[0] < 10:
            raise ValueError(f"y[{i}] must hold at least 10 realisations, not {values.shape[0]}")
        mean = values if values.ndim == 1 else values.mean(axis=0)
        if not (mean > 0.0).all():
            raise ValueError(f"y[{i}] must have positive means: logarithms are compared")
        error = None if values.ndim == 2 else check_array(f"errors[{i}]", errors[i], ndim=1)
        if error is not None and (error.shape != abscissa.shape or not (error > 0.0).all()):
            raise ValueError(f"errors[{i}] must be positive, one for each of the {abscissa.size} points")
        xs.append(abscissa)
        ys.append(values)
        es.append(error)
    return xs, ys, es, n[order]


def _sets(xs: list[Array], ys: list[Array], es: list[Array | None], sizes: Array) -> list[DataSet]:
    sets = []
    for x, y, e, n in zip(xs, ys, es, sizes, strict=True):
        mean = y if e is not None else y.mean(axis=0)
        error = e if e is not None else y.std(axis=0, ddof=1) / math.sqrt(y.shape[0])
        relative = np.maximum(error / mean, 1e-9)  # a noiseless point must not own the fit
        sets.append(DataSet(math.log(n), np.log(x), np.log(mean), relative))
    return sets


def _resampled(
    xs: list[Array], ys: list[Array], es: list[Array | None], sizes: Array, rng: np.random.Generator
) -> list[DataSet]:
    """One bootstrap sample: whole realisations drawn again; for means, Gaussian noise of the stated errors."""
    new = []
    for y, e in zip(ys, es, strict=True):
        if e is None:
            new.append(y[rng.integers(y.shape[0], size=y.shape[0])])
        else:
            new.append(np.maximum(y + e * rng.standard_normal(e.size), 1e-3 * y))
    return _sets(xs, new, es, sizes)


class _Objective:
    """The measure as a function of its parameters: (a, b), or (a, b, ln A, ln l) for the Gaussian process."""

    def __init__(self, method: str, power: float):
        self.method, self.power = method, power

    def __call__(self, parameters: Array, sets: list[DataSet]) -> float:
        a, b = float(parameters[0]), float(parameters[1])
        if self.method == "houdayer-hartmann":
            return houdayer_hartmann(a, b, sets)
        if self.method == "bhattacharjee-seno":
            return bhattacharjee_seno(a, b, sets, self.power)
        if abs(parameters[2]) > 12.0 or abs(parameters[3]) > 6.0 or not overlaps(a, b, sets):
            return math.inf
        return gaussian_process(a, b, float(parameters[2]), float(parameters[3]), sets)

    def minimise(self, sets: list[DataSet], start: Array, spread: float, tolerance: float = 1e-5) -> Array:
        simplex = np.vstack([start, start + spread * np.diag([1.0, 1.0, 3.0, 3.0][: start.size])])
        # A simplex of infinite values cannot move; the caller has found a finite start.
        result = optimize.minimize(
            self, start, args=(sets,), method="Nelder-Mead",
            options={"initial_simplex": simplex, "xatol": tolerance, "fatol": 1e-7, "maxiter": 2000},
        )  # fmt: skip
        return np.asarray(result.x)


def _first_guesses(objective: _Objective, sets: list[DataSet], start: tuple[float, float] | None) -> list[Array]:
    """The given start, or the three best of a grid (the measures have several minima); refused if nothing overlaps."""
    grid = [start] if start is not None else GRID
    extra = (0.0, 0.7) if objective.method == "gaussian-process" else ()
    points = [np.array([*pair, *extra], dtype=float) for pair in grid]
    values = np.array([objective(point, sets) for point in points])
    if not np.isfinite(values).any():
        where = f"start = {start!r}" if start is not None else "any exponents between -0.5 and 3"
        raise ValueError(f"x: the rescaled data sets of different sizes do not overlap at {where}")
    return [points[k] for k in np.argsort(values)[:3] if math.isfinite(values[k])]


def _again(objective: _Objective, sets: list[DataSet], optimum: Array, everywhere: bool) -> Array:
    """Minimum for a bootstrap sample, looked for from the best of the grid too: the measure may have its depth elsewhere."""
    starts = [optimum]
    if everywhere:
        grid = [np.concatenate([pair, optimum[2:]]) for pair in GRID if pair[0] % 0.5 == pair[1] % 0.5 == 0.0]
        starts.append(min(grid, key=lambda point: objective(point, sets)))
    trials = [objective.minimise(sets, point, 0.1, 1e-3) for point in starts if math.isfinite(objective(point, sets))]
    return min(trials, key=lambda point: objective(point, sets)) if trials else optimum


def collapse(
    x: ArrayLike | Sequence[ArrayLike],
    y: Sequence[ArrayLike],
    sizes: ArrayLike,
    *,
    errors: Sequence[ArrayLike] | None = None,
    method: str = "gaussian-process",
    start: tuple[float, float] | None = None,
    bootstrap: int = 50,
    power: float = 1.0,
    rng: RandomState = None,
) -> Collapse:
    r"""Fit the exponents of a finite-size scaling form :math:`y = n^{-b}f(x/n^a)` without knowing f.

    In :math:`X=\ln x-a\ln n`, :math:`Y=\ln y+b\ln n` one of three measures is minimised: the negative log evidence that all
    points lie on one smooth curve (Gaussian process with a straight line integrated out), Houdayer and Hartmann's S, or
    Bhattacharjee and Seno's :math:`P_b`.

    Parameters
    ----------
    x : array_like, shape (P,), or list of such
        Depths or times, common to all sizes or one array for each. Pass ``effective_depth`` instead of the plain depth to
        remove the leading correction to scaling of deep networks.
    y : list of array_like
        For each size either realisations, shape (R, P), or means, shape (P,), with ``errors``.
    sizes : array_like, shape (k,)
        Sizes ``n``, at least 3 different ones.
    errors : list of array_like, optional
        Standard errors of means.
    method : {"gaussian-process", "houdayer-hartmann", "bhattacharjee-seno"}
        The measure.
    start : (float, float), optional
        First guess of (a, b); by default the best of a grid on [-0.5, 3]^2.
    bootstrap : int
        Number of bootstrap samples, at least 10. Whole realisations are drawn again, never points: the depths of one run
        are strongly correlated.
    power : float
        Exponent of the distances in ``"bhattacharjee-seno"``.
    rng : seed or Generator
        For the bootstrap.

    Returns
    -------
    Collapse

    Raises
    ------
    ValueError
        If there are fewer than 3 sizes, the rescaled sets do not overlap (a quarter of all points must be comparable), or
        the data are malformed.

    Notes
    -----
    A good S is no proof: with sizes 50 to 400 and plain depth the fit of tanh networks gives (0.74, 0.75) with S = 1.3
    where (1, 1) is exact. Look at ``.drift`` and ``.drift_a``. Checked on bond directed percolation and on data made from
    the exact scaling function. Every bootstrap sample is also searched from the best point of a grid, because with poor data
    the measures have several minima: directed percolation watched only to :math:`t\approx N^z` leaves z undecided (1.3 to
    2.1 with errors of 0.15 to 0.3); to :math:`5N^z` it is found.

    Examples
    --------
    >>> import numpy as np
    >>> from rmt.criticality import collapse, scaling_function
    >>> x, sizes = np.geomspace(10, 1000, 8), [100, 200, 400]
    >>> y = [scaling_function(x / n, 0.1) / n for n in sizes]
    >>> fit = collapse(x, y, sizes, errors=[0.01 * v for v in y], bootstrap=10, rng=1)
    >>> bool(abs(fit.a - 1) < 0.1), bool(abs(fit.b - 1) < 0.1)
    (True, True)
    """
    chosen = check_choice("method", method, METHODS)
    samples = check_integer("bootstrap", bootstrap, low=10)
    objective = _Objective(chosen, check_real("power", power, low=0.0, low_open=True))
    data = _data(x, y, sizes, errors)
    stream = generator(rng)
    guesses = _first_guesses(objective, _sets(*data), start)
    fits = []
    for first in range(data[3].size - 2):  # all sizes, then without the smallest, down to three
        part = (data[0][first:], data[1][first:], data[2][first:], data[3][first:])
        sets = _sets(*part)
        trials = [objective.minimise(sets, guess, 0.15) for guess in guesses]
        optimum = trials[int(np.argmin([objective(trial, sets) for trial in trials]))]
        optimum = objective.minimise(sets, optimum, 0.05)
        again = [_again(objective, _resampled(*part, stream), optimum, start is None) for _ in range(samples)]
        fits.append((optimum, np.cov(np.array(again)[:, :2].T)))
        guesses = [optimum]
    best, covariance = fits[0]
    sets = _sets(*data)
    return Collapse(
        a=float(best[0]),
        b=float(best[1]),
        covariance=covariance,
        quality=houdayer_hartmann(float(best[0]), float(best[1]), sets),
        kept_from=data[3][: len(fits)].copy(),
        drift_a=np.array([fit[0][0] for fit in fits]),
        drift_b=np.array([fit[0][1] for fit in fits]),
        drift_a_stderr=np.array([math.sqrt(fit[1][0, 0]) for fit in fits]),
        drift_b_stderr=np.array([math.sqrt(fit[1][1, 1]) for fit in fits]),
        method=chosen,
        laplace=_laplace(objective, best, sets) if chosen == "gaussian-process" else None,
        meta={"bootstrap": samples, **provenance()},
    )


def _laplace(objective: _Objective, optimum: Array, sets: list[DataSet]) -> Array | None:
    """Inverse curvature of the negative log evidence, (a, b) block; None if the optimum is not a regular minimum."""
    step = np.array([1e-3, 1e-3, 1e-2, 1e-2])
    hessian = np.empty((4, 4))
    for i in range(4):
        for j in range(4):
            values = []
            for si, sj in ((1, 1), (1, -1), (-1, 1), (-1, -1)):
                point = optimum.copy()
                point[i] += si * step[i]
                point[j] += sj * step[j]
                values.append(objective(point, sets))
            hessian[i, j] = (values[0] - values[1] - values[2] + values[3]) / (4.0 * step[i] * step[j])
    if not np.isfinite(hessian).all() or np.linalg.eigvalsh(hessian)[0] <= 0.0:
        return None
    return np.asarray(np.linalg.inv(hessian)[:2, :2])


def collapse_quality(
    a: float,
    b: float,
    x: ArrayLike | Sequence[ArrayLike],
    y: Sequence[ArrayLike],
    sizes: ArrayLike,
    *,
    errors: Sequence[ArrayLike] | None = None,
    method: str = "houdayer-hartmann",
    power: float = 1.0,
) -> float:
    """Measure the collapse at given exponents, for instance those of a theory.

    Parameters
    ----------
    a, b : float
        Exponents of y = n^-b f(x/n^a).
    x, y, sizes, errors
        As in :func:`collapse`.
    method : {"houdayer-hartmann", "bhattacharjee-seno"}
        The measure.
    power : float
        Exponent of the distances in ``"bhattacharjee-seno"``.

    Returns
    -------
    float
        S or P_b; infinite if fewer than a quarter of the points can be compared.

    Raises
    ------
    ValueError
        If the data are malformed.
    """
    sets = _sets(*_data(x, y, sizes, errors))
    first, second = check_real("a", a), check_real("b", b)
    if check_choice("method", method, METHODS[1:]) == "houdayer-hartmann":
        return houdayer_hartmann(first, second, sets)
    return bhattacharjee_seno(first, second, sets, check_real("power", power, low=0.0, low_open=True))
