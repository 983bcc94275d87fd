"""One realisation of one cell of the report: a chain is sampled, its spectra are counted at fixed points."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rmt import localisation, spectra
from rmt.ensembles import JacobianChain

__all__ = ["ORDERS", "RANK_BIN", "Task", "realise"]

ORDERS = (0.5, 2.0)  # q of the dimensions D_q
# D_q is averaged over eigenvalues with rank of abs(lambda) in this bin; further in, corrections of finite width are slow.
RANK_BIN = (0.5, 0.8)
# Eigenvalues closer than this to the real axis, in units of sqrt(L/N), feel it: their vectors are neither real nor complex.
REAL_AXIS = 3.0
Array = NDArray[np.float64]


@dataclass(frozen=True)
class Task:
    """What a worker needs: plain numbers, so that it can be sent anywhere."""

    alpha: float
    sigma_w: float
    depth: int
    width: int
    coupling: str
    activation: str
    log_singular: tuple[float, ...]  # where the distribution of ln s is counted
    log_radii: tuple[float, ...]  # where the distribution of ln abs(lambda) is counted
    seed: np.random.SeedSequence


def realise(task: Task) -> dict[str, Array]:
    """The statistics of one realisation.

    Keys: ``singular`` and ``radial`` (fractions below the given points), ``gain`` (log gain of the alpha-norm of a
    vector per layer), ``dimension`` (mean D_q of right eigenvectors), ``log_singular`` (all
    values, for the figures), ``worst_error`` (largest error bound of a logarithm in this realisation).
    """
    chain = JacobianChain(
        task.width,
        task.depth,
        alpha=task.alpha,
        sigma_w=task.sigma_w,
        activation=task.activation,
        coupling=task.coupling,
    )
    factors = list(chain.sample(np.random.default_rng(task.seed)))
    singular = spectra.product_singular_values(factors)
    eigen = spectra.product_eig(factors)
    return {
        "singular": _fractions(singular.log_values, task.log_singular),
        "radial": _fractions(eigen.log_modulus, task.log_radii),
        "gain": np.array([_log_gain(factors, task.alpha)]),
        "dimension": _dimensions(eigen, task.width, task.depth),
        "log_singular": singular.log_values,
        "log_modulus": eigen.log_modulus,
        "worst_error": np.array([_worst(singular.error), _worst(eigen.error)]),
    }


def _worst(error: Any) -> float:
    finite = np.asarray(error)[np.isfinite(error)]
    return float(finite.max()) if finite.size else 0.0


def _fractions(values: Array, points: tuple[float, ...]) -> Array:
    return np.array([np.mean(values <= point) for point in points])


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
