"""The limit laws of one cell, and the points at which they are compared."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rmt import activations
from rmt.laws import EigenvectorLaw, Layer, RadialLaw, SingularValueLaw, VectorGrowth, vector_growth
from rmt.meanfield import ActivationProfile, fixed_point
from rmt.report.sampling import ORDERS, RANK_BIN

__all__ = ["LEVELS_RADIAL", "LEVELS_SINGULAR", "Theory", "theory_of"]

LEVELS_SINGULAR = (0.25, 0.5, 0.75, 0.9)
LEVELS_RADIAL = (0.25, 0.5, 0.75)
CURVE_POINTS = 61
PREDICTED_VECTORS = 4000  # their sampling error is below that of Monte Carlo and enters the pull


@dataclass(frozen=True)
class Theory:
    """Independent ensemble, infinite width: quantiles (where Monte Carlo is counted) and curves (for the figures)."""

    log_singular: tuple[float, ...]
    log_radii: tuple[float, ...]
    log_s: NDArray[np.float64]
    singular_cdf: NDArray[np.float64]
    log_r: NDArray[np.float64]
    radial_cdf: NDArray[np.float64]
    gain: dict[int, VectorGrowth]
    dimension: dict[int, NDArray[np.float64]]
    dimension_error: dict[int, NDArray[np.float64]]


def theory_of(alpha: float, sigma_w: float, depth: int, activation: str, widths: tuple[int, ...]) -> Theory:
    """Laws of the product of ``depth`` layers at the fixed point of the length map.

    Parameters
    ----------
    alpha, sigma_w : float
        Stability index and weight scale.
    depth : int
        Number of layers.
    activation : str
        Name of the activation.
    widths : tuple of int
        Widths for which gain (exact) and dimensions (sampled from the local law) are predicted.

    Returns
    -------
    Theory
    """
    point = fixed_point(alpha=alpha, sigma_w=sigma_w, activation=activation)
    layer = Layer(alpha, sigma_w, profile=ActivationProfile(activations.get(activation), point.q, alpha))
    singular = SingularValueLaw([layer] * depth)
    radial = RadialLaw([layer] * depth)
    log_singular = np.asarray(singular.icdf_log(LEVELS_SINGULAR))
    log_radii = np.asarray(radial.icdf_log(LEVELS_RADIAL))
    log_s = np.linspace(
        log_singular[0] - 1.5 * (log_singular[1] - log_singular[0]), log_singular[-1] + 2.0, CURVE_POINTS
    )
    levels = np.linspace(0.04, 0.995, CURVE_POINTS)
    vectors = EigenvectorLaw([layer] * depth, side="right")
    predictions = {n: vectors.prediction(n, ORDERS, RANK_BIN, vectors=PREDICTED_VECTORS, rng=n) for n in widths}
    return Theory(
        tuple(log_singular.tolist()),
        tuple(log_radii.tolist()),
        log_s,
        np.asarray(singular.cdf_log(log_s)),
        np.asarray(radial.icdf_log(levels)),
        levels,
        {n: vector_growth(layer, n) for n in widths},
        {n: prediction.dimension for n, prediction in predictions.items()},
        {n: prediction.stderr for n, prediction in predictions.items()},
    )
