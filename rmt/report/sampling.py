"""The cell function of the report: products are sampled, and their spectra, gains and dimensions kept."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from rmt import localisation, spectra
from rmt.ensembles import JacobianChain

__all__ = ["ORDERS", "RANK_BIN", "sample_products"]

ORDERS = (0.5, 2.0)  # q of the dimensions D_q
# D_q is averaged over eigenvalues with rank of abs(lambda) in this bin; further in, corrections of finite width are slow.
RANK_BIN = (0.5, 0.8)
# Eigenvalues closer than this to the real axis, in units of sqrt(L/N), feel it: their vectors are neither real nor complex.
REAL_AXIS = 3.0
Array = NDArray[np.float64]


def sample_products(
    alpha: float,
    sigma_w: float,
    depth: int,
    width: int,
    coupling: str,
    activation: str,
    realisations: int,
    rng: np.random.Generator,
) -> dict[str, Array]:
    """Statistics of sampled products: the function of the sweep behind the report.

    Parameters
    ----------
    alpha, sigma_w : float
        Stability index and weight scale.
    depth, width : int
        Layers and width.
    coupling : {"independent", "network"}
        The ensemble.
    activation : str
        Name of the activation.
    realisations : int
        Products sampled, each from a stream of its own.
    rng : numpy Generator
        Source of random numbers.

    Returns
    -------
    dict of ndarray, (realisations, ...)
        ``log_singular`` and ``log_modulus`` (all values), ``gain`` (log gain of the alpha-norm of a vector per layer),
        ``dimension`` (mean D_q of right eigenvectors), ``worst_error`` (largest error bounds of the logarithms).
    """
    chain = JacobianChain(width, depth, alpha=alpha, sigma_w=sigma_w, activation=activation, coupling=coupling)
    rows = [_realise(list(chain.sample(stream)), alpha) for stream in rng.spawn(realisations)]
    return {name: np.stack([row[name] for row in rows]) for name in rows[0]}


def _realise(factors: list[Array], alpha: float) -> dict[str, Array]:
    singular = spectra.product_singular_values(factors)
    eigen = spectra.product_eig(factors)
    return {
        "log_singular": singular.log_values,
        "log_modulus": eigen.log_modulus,
        "gain": np.array([_log_gain(factors, alpha)]),
        "dimension": _dimensions(eigen, factors[0].shape[1], len(factors)),
        "worst_error": np.array([_worst(singular.error), _worst(eigen.error)]),
    }


def _worst(error: Any) -> float:
    finite = np.asarray(error)[np.isfinite(error)]
    return float(finite.max()) if finite.size else 0.0


def _log_gain(factors: list[Array], alpha: float) -> float:
    """(1/L) ln of the ratio of alpha-norms of J v and v, v = (1, ..., 1); scaled at every layer."""
    v = np.ones(factors[0].shape[1])
    total = -np.log(v.size) / alpha
    for factor in factors:
        v = factor @ v
        top = np.abs(v).max()
        v /= top
        total += np.log(top)
    return float(total + np.log(np.sum(np.abs(v) ** alpha)) / alpha) / len(factors)


def _dimensions(eigen: Any, width: int, depth: int) -> Array:
    """Mean D_q over the right eigenvectors in the bin of rank, one of each complex pair; NaN where there is none."""
    right = eigen.right  # zero eigenvalues (saturated units) come last and have no column
    rank = 1.0 - (np.arange(width) + 0.5) / width  # log_modulus is descending
    cut = REAL_AXIS * np.sqrt(depth / width)
    chosen = (eigen.argument > cut) & (eigen.argument < np.pi - cut) & (rank >= RANK_BIN[0]) & (rank < RANK_BIN[1])
    chosen = chosen[: right.shape[1]]
    if not chosen.any():
        return np.full(len(ORDERS), np.nan)
    return localisation.generalised_dimension(right[:, chosen], ORDERS).mean(axis=1)
