"""Singular values of weight matrices beside the law with the fitted parameters, and beside their own shuffled entries."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rmt._checks import check_integer
from rmt._random import RandomState, generator
from rmt._results import Result, provenance
from rmt.weights.loading import as_model

__all__ = ["LayerSpectrum", "spectrum"]

Float = NDArray[np.float64]


@dataclasses.dataclass(frozen=True)
class LayerSpectrum(Result):
    """The singular values of one matrix and what they are compared with.

    Attributes
    ----------
    name : str
    singular_values : ndarray, (min(n_out, n_in),)
        Falling.
    law : SingularValueLaw
        Of independent symmetric stable entries with the fitted alpha and sigma_w; counts all n_in values, zeros included.
    distance : float
        Kolmogorov distance between the empirical CDF (zeros included) and the law.
    distance_null : ndarray, (r,)
        The same distance for r sampled matrices of the law and this shape: what chance and finite size give.
    p_value : float
        Share of the null at or beyond the distance; smallest value 1 / (r + 1).
    distance_shuffled : float
        Kolmogorov distance to the mean CDF of the matrix with its entries shuffled: structure that no law of independent
        entries can have, whatever their law.
    meta : mapping
    """

    name: str
    singular_values: Float
    law: Any
    distance: float
    distance_null: Float
    p_value: float
    distance_shuffled: float
    meta: Mapping[str, Any] = dataclasses.field(default_factory=dict)

    def to_row(self) -> dict[str, Any]:
        """One row for a table."""
        row = {"name": self.name, "largest": float(self.singular_values[0]), "distance": self.distance}
        return {**row, "p_value": self.p_value, "distance_shuffled": self.distance_shuffled}


def spectrum(
    model: Any, fits: Any = None, *, replicates: int = 19, rng: RandomState = 0, **selection: Any
) -> list[LayerSpectrum]:
    """Set the singular values of every matrix beside the law with its fitted parameters.

    Parameters
    ----------
    model : path, mapping of arrays, array or object with ``state_dict()``
    fits : LayerFits, optional
        The fits of the same model; made here if not given.
    replicates : int
        Matrices sampled from the law, and shuffles, of each matrix; at least 2.
    rng : seed or Generator
    **selection
        ``include``, ``exclude``, ``min_entries`` as in :func:`fit_layers`.

    Returns
    -------
    list of LayerSpectrum

    Raises
    ------
    ValueError
        If fits do not belong to the model.

    Notes
    -----
    The law is that of infinite matrices; ``p_value`` compares with sampled matrices of the same shape, so that it is calibrated
    at finite size (for parameters that are known: those fitted to the same matrix make it conservative).
    """
    from rmt.weights.fits import fit_layers

    check_integer("replicates", replicates, low=2)
    selection.setdefault("min_entries", 1000)
    matrices = as_model(model, **selection)
    fits = fit_layers(matrices, min_entries=50, null=0) if fits is None else fits
    if list(fits.name) != list(matrices):
        raise ValueError(
            f"fits hold {list(fits.name)[:3]}, the model {list(matrices)[:3]}: they must be of the same matrices"
        )
    streams = generator(rng).spawn(len(matrices))
    return [
        _one(name, matrix, float(fits.alpha[i]), float(fits.sigma_w[i]), replicates, streams[i])
        for i, (name, matrix) in enumerate(matrices.items())
    ]


def _one(
    name: str, matrix: Float, alpha: float, sigma_w: float, replicates: int, rng: np.random.Generator
) -> LayerSpectrum:
    from rmt.ensembles import levy_matrix
    from rmt.laws import Layer, SingularValueLaw

    n_out, n_in = matrix.shape
    law = SingularValueLaw([Layer(alpha, sigma_w, shape=n_out / n_in)])
    values = _values(matrix)
    null = np.array(
        [
            _distance(_values(levy_matrix(n_out, n_in, alpha=alpha, sigma_w=sigma_w, rng=rng)), n_in, law)
            for _ in range(replicates)
        ]
    )
    distance = _distance(values, n_in, law)
    shuffled = np.array([_values(rng.permutation(matrix.ravel()).reshape(matrix.shape)) for _ in range(replicates)])
    return LayerSpectrum(
        name=name,
        singular_values=values,
        law=law,
        distance=distance,
        distance_null=null,
        p_value=float((1 + np.sum(null >= distance)) / (replicates + 1)),
        distance_shuffled=_distance_between(values, shuffled.ravel()),
        meta={**provenance(), "alpha": alpha, "sigma_w": sigma_w, "n_out": n_out, "n_in": n_in},
    )


def _values(matrix: Float) -> Float:
    return np.asarray(np.linalg.svd(matrix, compute_uv=False), dtype=float)


def _distance(values: Float, n_in: int, law: Any) -> float:
    """Kolmogorov distance over the values that are not structurally zero; the zeros of a wide matrix are an atom of both."""
    x = np.sort(values)
    zeros = n_in - x.size
    f = np.asarray(law.cdf(x), dtype=float)
    upper, lower = (zeros + np.arange(1, x.size + 1)) / n_in, (zeros + np.arange(x.size)) / n_in
    return float(max(np.max(upper - f), np.max(f - lower)))


def _distance_between(first: Float, second: Float) -> float:
    """Largest distance of two empirical CDFs."""
    first, second = np.sort(first), np.sort(second)
    both = np.concatenate([first, second])
    one = np.searchsorted(first, both, side="right") / first.size
    other = np.searchsorted(second, both, side="right") / second.size
    return float(np.max(np.abs(one - other)))
