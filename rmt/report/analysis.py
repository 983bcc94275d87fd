"""Rows of the report: theory, estimate, standard error over realisations, pull; the network ensemble beside, never pulled."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rmt.compare import extrapolate
from rmt.compare.comparison import pulls
from rmt.report.model import Outcome, Row
from rmt.report.sampling import ORDERS, RANK_BIN
from rmt.report.theory import LEVELS_RADIAL, LEVELS_SINGULAR

__all__ = ["QUANTITIES", "mean_and_error", "rows_of"]

Array = NDArray[np.float64]
ENOUGH_VECTORS = 8  # realisations with a vector in the bin; narrow deep products have too few, and no row of D_q then
QUANTITIES = {
    "singular": "fraction of singular values below the quantile of the limit law",
    "radial": "fraction of eigenvalue moduli below the quantile of the limit law",
    "gain": "mean log gain of a vector per layer (alpha-norm), exact at this width",
    "dimension": f"dimension D_q of right eigenvectors at this width, rank F from {RANK_BIN[0]:g} to {RANK_BIN[1]:g}",
}


def rows_of(outcome: Outcome) -> list[Row]:
    """All numbers of one cell.

    Parameters
    ----------
    outcome : Outcome

    Returns
    -------
    list of Row
        Pulls are of the independent ensemble; ``network`` is what the coupled network of the larger width gives.
    """
    widths = sorted({width for coupling, width in outcome.statistics if coupling == "independent"})
    small, large = (outcome.statistics["independent", width] for width in widths)
    network = outcome.statistics["network", widths[-1]]
    theory = outcome.theory
    rows: list[Row] = []

    def add(quantity: str, at: list[str], expected: Array, estimate: Array, stderr: Array, coupled: Array) -> None:
        coupled_mean, coupled_error = mean_and_error(coupled)
        pull = pulls(expected, estimate, stderr)
        cell = outcome.cell
        for i, place in enumerate(at):
            numbers = (expected[i], estimate[i], stderr[i], pull[i], coupled_mean[i], coupled_error[i])
            rows.append(Row(cell.alpha, cell.sigma_w, cell.depth, quantity, place, *map(float, numbers)))

    def fractions(part: dict[str, Array], name: str, points: tuple[float, ...]) -> Array:
        return np.mean(part[name][:, :, None] <= np.array(points), axis=1)

    for quantity, name, levels, points in (
        ("singular", "log_singular", LEVELS_SINGULAR, theory.log_singular),
        ("radial", "log_modulus", LEVELS_RADIAL, theory.log_radii),
    ):
        below = [fractions(part, name, points) for part in (small, large, network)]
        places = [f"F = {level:g}" for level in levels]
        add(quantity, places, np.array(levels), *limit(widths, *below[:2]), below[2])

    # Gains of successive layers are iid with a known variance; the scatter of a skewed law over few realisations is a
    # worse error. The network's error is its scatter.
    growth = theory.gain[widths[-1]]
    exact_error = np.sqrt(np.array([growth.variance]) / (outcome.cell.depth * len(large["gain"])))
    add("gain", ["per layer"], np.array([growth.mean]), large["gain"].mean(axis=0), exact_error, network["gain"])

    if min(np.isfinite(part["dimension"]).all(axis=1).sum() for part in (small, large, network)) < ENOUGH_VECTORS:
        return rows

    # The local law holds at N -> infinity: what is extrapolated is the difference from its prediction at each width.
    excess, error = limit(
        widths, *(part["dimension"] - theory.dimension[n] for part, n in zip((small, large), widths, strict=True))
    )
    error = np.sqrt(error**2 + (2.0 * theory.dimension_error[widths[1]]) ** 2 + theory.dimension_error[widths[0]] ** 2)
    predicted = theory.dimension[widths[-1]]
    add("dimension", [f"q = {q:g}" for q in ORDERS], predicted, predicted + excess, error, network["dimension"])
    return rows


def mean_and_error(samples: Array) -> tuple[Array, Array]:
    """Mean over realisations and its standard error; realisations without a value (NaN) do not count.

    Parameters
    ----------
    samples : ndarray, (realisations, ...)

    Returns
    -------
    mean, stderr : ndarray
    """
    count = np.sum(np.isfinite(samples), axis=0)
    return np.nanmean(samples, axis=0), np.nanstd(samples, axis=0, ddof=1) / np.sqrt(count)


def limit(widths: list[int], small: Array, large: Array) -> tuple[Array, Array]:
    """Infinite-width estimates, linear in 1/N, with their standard errors; one for each column.

    A fraction of N values is known to 1/N only: no scatter below that of the rounding is believed.
    """
    values, errors = zip(*(mean_and_error(part) for part in (small, large)), strict=True)
    floors = [1.0 / (np.sqrt(12.0 * len(part)) * n) for part, n in zip((small, large), widths, strict=True)]
    fits = [
        extrapolate(widths, [value[i] for value in values], [max(e[i], f) for e, f in zip(errors, floors, strict=True)])
        for i in range(small.shape[1])
    ]
    return np.array([fit.value for fit in fits]), np.array([fit.stderr for fit in fits])
