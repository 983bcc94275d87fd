"""Every weight matrix of a model: the stable fit with its error, the tail, the rivals, and what a Gaussian would have given."""

from __future__ import annotations

import dataclasses
import functools
import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rmt._checks import check_integer
from rmt._random import RandomState, generator
from rmt._results import Result, provenance
from rmt.weights import rivals
from rmt.weights.loading import as_model
from rmt.weights.tails import hill_index

__all__ = ["LayerFits", "fit_layers"]

NULL_SIZE = 4096  # largest Gaussian sample of the null: what it says depends little on the size, its cost much


@dataclasses.dataclass(frozen=True)
class LayerFits(Result):
    r"""The entries of each matrix, fitted.

    Attributes
    ----------
    name : ndarray of str, (m,)
    n_out, n_in : ndarray of int
    alpha, alpha_stderr : ndarray
        Stability index of the symmetric stable law and its standard error (for independent entries).
    sigma_w, sigma_w_stderr : ndarray
        Weight scale in the normalisation of this library, c (2 n_in)^(1/alpha); its error includes that of alpha.
    hill, hill_stderr : ndarray
        Hill's index of the largest per cent.
    hill_gaussian : ndarray
        What a Gaussian matrix of the size gives there on average: no tail is shown where ``hill`` is not clearly below.
    p_gaussian : ndarray
        Share of Gaussian samples (of at most 4096 values) that a stable law fits better than a normal one by as much as this
        matrix does for each entry; conservative, its smallest possible value is 1 / (null + 1).
    aic_stable, aic_normal, aic_student, aic_rows : ndarray
        Akaike's criterion less that of the best of the four.
    best : ndarray of str
        The law with the smallest criterion.
    nu : ndarray
        Degrees of freedom of the Student fit.
    meta : mapping
    """

    name: NDArray[np.str_]
    n_out: NDArray[np.int64]
    n_in: NDArray[np.int64]
    alpha: NDArray[np.float64]
    alpha_stderr: NDArray[np.float64]
    sigma_w: NDArray[np.float64]
    sigma_w_stderr: NDArray[np.float64]
    hill: NDArray[np.float64]
    hill_stderr: NDArray[np.float64]
    hill_gaussian: NDArray[np.float64]
    p_gaussian: NDArray[np.float64]
    aic_stable: NDArray[np.float64]
    aic_normal: NDArray[np.float64]
    aic_student: NDArray[np.float64]
    aic_rows: NDArray[np.float64]
    best: NDArray[np.str_]
    nu: NDArray[np.float64]
    meta: Mapping[str, Any] = dataclasses.field(default_factory=dict)

    def __len__(self) -> int:
        return self.name.size

    def to_columns(self) -> dict[str, Any]:
        """Columns for :func:`rmt.tables.write`, one row a matrix."""
        names = [field.name for field in dataclasses.fields(self) if field.name != "meta"]
        return {name: getattr(self, name).tolist() for name in names}


def fit_layers(
    model: Any,
    *,
    min_entries: int = 1000,
    null: int = 19,
    rng: RandomState = 0,
    progress: bool = False,
    **selection: Any,
) -> LayerFits:
    r"""Fit the entries of every matrix of a model, with rivals, errors and a Gaussian null.

    Symmetric stable (3 parameters), normal (2), Student (3) and Gaussian rows with a scale each (n_out + 1) are fitted by
    maximum likelihood and compared by Akaike's criterion. The error of alpha is asymptotic and for independent entries.

    Parameters
    ----------
    model : path, mapping of arrays, array or object with ``state_dict()``
        See :func:`load`.
    min_entries : int
        Smaller matrices are left out: at 1000 entries the error of alpha is 0.05.
    null : int
        Gaussian samples behind ``p_gaussian`` and ``hill_gaussian``; 0: neither.
    rng : seed or Generator
        Of the null.
    progress : bool
        Show a bar.
    **selection
        ``include`` and ``exclude`` patterns as in :func:`load`.

    Returns
    -------
    LayerFits

    Raises
    ------
    WeightsError
        If the model cannot be read or holds no matrix that is large enough.

    Notes
    -----
    Weights of trained networks are not independent, so errors and criteria are lower bounds on the uncertainty. A stable index
    of 1.6 to 1.7 with a Hill index of 4 to 5 is the signature of Student tails or of rows of different scales, not of a
    stable law; ``best`` says which.

    Examples
    --------
    >>> from rmt.ensembles import levy_matrix
    >>> fits = fit_layers({"layer": levy_matrix(60, alpha=1.5, rng=1)}, null=0)
    >>> bool(abs(fits.alpha[0] - 1.5) < 5 * fits.alpha_stderr[0]), str(fits.best[0])
    (True, 'stable')
    """
    check_integer("null", null, low=0)
    matrices = as_model(model, min_entries=check_integer("min_entries", min_entries, low=50), **selection)
    seed = int(generator(rng).integers(2**63))
    items: Any = matrices.items()
    if progress:
        from tqdm import tqdm

        items = tqdm(items, desc="fits", total=len(matrices))
    rows = [_fit_one(name, matrix, null, seed) for name, matrix in items]
    columns = {name: np.array([row[name] for row in rows]) for name in rows[0]}
    meta = {**provenance(), "source": matrices.source, "null": null, "skipped": len(matrices.skipped)}
    return LayerFits(**columns, meta=meta)


def _fit_one(name: str, matrix: NDArray[np.float64], null: int, seed: int) -> dict[str, Any]:
    n_out, n_in = matrix.shape
    stable, normal = rivals.fit_stable(matrix), rivals.fit_normal(matrix)
    student, by_rows = rivals.fit_student(matrix), rivals.fit_rows(matrix)
    candidates = (stable, normal, student, by_rows)
    lowest = min(candidates, key=lambda fit: fit.aic)
    index, index_error, _ = hill_index(matrix)
    p_gaussian = hill_gaussian = float("nan")
    if null:
        size = min(1 << (matrix.size.bit_length() - 1), NULL_SIZE)  # few sizes, so that layers share their null
        gains, hills = _gaussian_null(size, null, seed)
        # Where there is a tail the gain in log-likelihood is extensive: a sample of the null's size would see this much of
        # it. Where there is none it is of order one, and taking it smaller errs towards the Gaussian.
        gain = (stable.loglikelihood - normal.loglikelihood) * size / matrix.size
        p_gaussian = (1 + sum(other >= gain for other in gains)) / (null + 1)
        hill_gaussian = float(np.mean(hills))
    alpha, scale = stable.parameters["alpha"], stable.parameters["scale"]
    sigma_w = scale * (2 * n_in) ** (1 / alpha)
    # ln sigma_w = ln c + ln(2 n_in)/alpha
    slope = -math.log(2 * n_in) / alpha**2
    relative = (stable.stderr["scale"] / scale) ** 2 + (slope * stable.stderr["alpha"]) ** 2
    relative = math.sqrt(max(relative + 2 * slope * stable.stderr["alpha_scale"] / scale, 0.0))
    return {
        "name": name,
        "n_out": n_out,
        "n_in": n_in,
        "alpha": alpha,
        "alpha_stderr": stable.stderr["alpha"],
        "sigma_w": sigma_w,
        "sigma_w_stderr": sigma_w * relative,
        "hill": index,
        "hill_stderr": index_error,
        "hill_gaussian": hill_gaussian,
        "p_gaussian": p_gaussian,
        **{f"aic_{fit.name}": fit.aic - lowest.aic for fit in candidates},
        "best": lowest.name,
        "nu": student.parameters["nu"],
    }


@functools.lru_cache(maxsize=64)
def _gaussian_null(size: int, count: int, seed: int) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Gain in log-likelihood of the stable over the normal fit, and Hill's index, of Gaussian samples; scale-free."""
    gains, hills = [], []
    for stream in np.random.default_rng([seed, size]).spawn(count):
        sample = stream.standard_normal((1, size))
        gains.append(rivals.fit_stable(sample).loglikelihood - rivals.fit_normal(sample).loglikelihood)
        hills.append(hill_index(sample)[0])
    return tuple(gains), tuple(hills)
