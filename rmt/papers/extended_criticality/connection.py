r"""Performance against the Jacobian at initialisation, and vectors against singular values: claim 8.

For every cell (alpha, sigma_w) of the digits experiment the end-to-end Jacobian of the square hidden layers,
:math:`J=D_LW_L\cdots D_2W_2`, is taken at initialisation, at one training image a network: the networks that are
trained and further ones of the same law. Of every J:

- ``top``: :math:`\ln s_1/(L-1)`, the largest singular value per layer, and ``ten``, the mean over the ten largest;
- ``radius``: :math:`\ln|\lambda_1|/(L-1)`, the spectral radius per layer;
- ``dimension``: mean :math:`D_2` of the right eigenvectors of the ten eigenvalues of largest modulus.

**The rule of the verdict**, fixed before any of these numbers had been computed (the accuracies of earlier runs, and their
correlation with the theoretical exponent, had been seen):

1. *Performance and spectrum.* Over cells, Spearman's correlation of the mean accuracy with the medians of
   ``|top|``, ``|radius|`` (distances from criticality) and ``dimension``; two-sided permutation test over cells. Connected
   if one of the three p-values is below 0.05/3. The error of a correlation is its bootstrap error over cells. The epochs
   to the loss are correlated and printed, and decide nothing.
2. *Vectors beyond singular values.* Among all pairs of cells, those whose singular values do not tell them apart:
   Mann-Whitney p > 0.2 for ``top`` and for ``ten``. The vectors add something if ``dimension`` tells at least one of these
   pairs apart with p < 0.01/(number of these pairs). A grid without such pairs (the quick one has none) decides nothing.

Both: "holds with restriction", because self-organised criticality has no statistic here: no dynamics drives these networks
to a critical point. Otherwise "not at these sizes". Both rest on the grid chosen: an association over cells, not a cause.
"""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from rmt import tables
from rmt.ensembles import levy_matrix
from rmt.localisation import generalised_dimension
from rmt.papers.claims import Claim
from rmt.papers.digits import load_digits
from rmt.papers.extended_criticality.sizes import COMMAND, Sizes
from rmt.plotting import PALETTE, axes, save, style
from rmt.spectra import product_eig, product_svd
from rmt.weights import jacobian_chain

__all__ = ["connection", "initial_spectra", "rank_correlation", "undistinguished_pairs"]

Array = NDArray[np.float64]
QUANTITIES = ("top", "ten", "radius", "dimension")
TEN = 10


def initial_spectra(
    trained: list[list[Array]], networks: int, *, alpha: float, sigma_w: float, rng: np.random.Generator
) -> dict[str, Array]:
    """Measure the Jacobians of one cell at initialisation.

    Parameters
    ----------
    trained : list of list of ndarray
        Initial weights (input, square hidden layers, read-out) of the networks that were trained.
    networks : int
        How many to measure; beyond the trained ones fresh weights are drawn.
    alpha, sigma_w : float
        Their law.
    rng : Generator

    Returns
    -------
    dict of ndarray, shape (networks,)
        ``top``, ``ten``, ``radius``, ``dimension``.
    """
    images = load_digits()[0]
    shapes = [w.shape for w in trained[0]]
    found: dict[str, list[float]] = {name: [] for name in QUANTITIES}
    for number in range(networks):
        if number < len(trained):
            weights = trained[number]
        else:
            weights = [levy_matrix(m, n, alpha=alpha, sigma_w=sigma_w, rng=rng) for m, n in shapes]
        image = images[rng.integers(len(images))]
        factors = list(jacobian_chain(weights[:-1], image))[1:]
        singular, eigen = product_svd(factors, k=TEN), product_eig(factors)
        found["top"].append(float(singular.log_values[0]) / len(factors))
        found["ten"].append(float(np.mean(singular.log_values[:TEN])) / len(factors))
        found["radius"].append(float(eigen.log_modulus[0]) / len(factors))
        found["dimension"].append(float(np.mean(generalised_dimension(eigen.right[:, :TEN], 2.0))))
    return {name: np.array(values) for name, values in found.items()}


def _spearman(x: Array, y: Array) -> Array:
    """Spearman's correlation along the last axis, ties at their mean rank; 0 where one side is constant."""
    from scipy import stats

    ranks = [stats.rankdata(values, axis=-1) for values in (x, y)]
    a, b = (rank - rank.mean(axis=-1, keepdims=True) for rank in ranks)
    norm = np.sqrt((a * a).sum(axis=-1) * (b * b).sum(axis=-1))
    return np.asarray((a * b).sum(axis=-1) / np.where(norm > 0.0, norm, np.inf))


def rank_correlation(
    x: ArrayLike, y: ArrayLike, *, rng: np.random.Generator, resamples: int = 20_000
) -> tuple[float, float, float]:
    """Return Spearman's correlation, its bootstrap error and the two-sided p-value of a permutation test.

    Parameters
    ----------
    x, y : array_like, shape (cells,)
        One pair a cell, at least 3.
    rng : Generator
    resamples : int
        Permutations, and resamples of the bootstrap; the p-value is never below 1/(resamples + 1).

    Returns
    -------
    r, stderr, p : float

    Raises
    ------
    ValueError
        If the shapes differ or there are fewer than three cells.
    """
    a, b = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    if a.ndim != 1 or a.shape != b.shape or a.size < 3:
        raise ValueError(
            f"x and y of shapes {a.shape}, {b.shape} must be one-dimensional, alike and of at least 3 cells"
        )
    r = float(_spearman(a, b))
    shuffled = _spearman(a[None, :], rng.permuted(np.tile(b, (resamples, 1)), axis=1))
    p = (1.0 + float(np.sum(np.abs(shuffled) >= abs(r) - 1e-12))) / (resamples + 1.0)
    chosen = rng.integers(a.size, size=(resamples, a.size))
    return r, float(_spearman(a[chosen], b[chosen]).std(ddof=1)), p


def undistinguished_pairs(cells: list[dict[str, Array]]) -> list[tuple[int, int, float]]:
    """Return the pairs of cells that singular values do not tell apart, with the p-value of the vectors' dimension.

    Parameters
    ----------
    cells : list of dict
        From :func:`initial_spectra`.

    Returns
    -------
    list of (int, int, float)
        Places of the two cells and the Mann-Whitney p-value of ``dimension``, the smallest first.
    """
    from scipy import stats

    def p_value(a: int, b: int, name: str) -> float:
        return float(stats.mannwhitneyu(cells[a][name], cells[b][name]).pvalue)

    pairs = [
        (a, b, p_value(a, b, "dimension"))
        for a, b in itertools.combinations(range(len(cells)), 2)
        if min(p_value(a, b, "top"), p_value(a, b, "ten")) > 0.2
    ]
    return sorted(pairs, key=lambda pair: pair[2])


def connection(
    out: Path, rows: list[dict[str, Any]], cells: list[dict[str, Array]], sizes: Sizes, rng: np.random.Generator
) -> list[Claim]:
    """Write ``connection`` and ``initial_spectra`` and answer claim 8 by the rule of the module.

    Parameters
    ----------
    out : Path
    rows : list of dict
        One a cell: ``alpha``, ``sigma_w``, ``accuracy``, ``epochs``.
    cells : list of dict
        From :func:`initial_spectra`, in the order of ``rows``.
    sizes : Sizes
    rng : Generator

    Returns
    -------
    list of Claim
    """
    medians = {name: np.array([np.median(cell[name]) for cell in cells]) for name in QUANTITIES}
    distance = {"|top|": abs(medians["top"]), "|radius|": abs(medians["radius"]), "dimension": medians["dimension"]}
    found = [
        (outcome, name, *rank_correlation(values, [row[outcome] for row in rows], rng=rng))
        for outcome in ("accuracy", "epochs")
        for name, values in distance.items()
    ]
    names = ("outcome", "at initialisation", "correlation", "correlation_stderr", "p")
    tables.write_all(
        tables.as_table(
            dict(zip(names, (list(column) for column in zip(*found, strict=True)), strict=True)),
            caption=f"Spearman's correlation over {len(rows)} cells of the digits experiment, error by bootstrap over cells, "
            "two-sided permutation test",
        ),
        out / "connection",
    )
    tables.write_all(
        tables.as_table(
            {name: [row[name] for row in rows] for name in ("alpha", "sigma_w", "accuracy", "accuracy_stderr")}
            | {name: values.tolist() for name, values in medians.items()},
            caption=f"end-to-end Jacobian of nine hidden layers of 100 units at initialisation, medians over {sizes.networks} "
            "networks: ln s_1 and the mean ln s of ten, ln |lambda_1|, each per layer; D_2 of ten right eigenvectors",
        ),
        out / "initial_spectra",
    )
    _draw(out, rows, medians)
    return [_claim(rows, medians, found, undistinguished_pairs(cells), len(cells))]


def _claim(rows: Any, medians: dict[str, Array], found: Any, pairs: Any, cells: int) -> Claim:
    decisive = [line for line in found if line[0] == "accuracy"]
    connected = min(line[4] for line in decisive) < 0.05 / len(decisive)
    apart = [pair for pair in pairs if pair[2] < 0.01 / len(pairs)]
    numbers = ", ".join(f"{name} {r:.2f}({error:.2f}), p = {p:.2g}" for _, name, r, error, p in decisive)
    text = f"rank correlation of accuracy over {cells} cells with, at initialisation, {numbers}; "
    text += f"singular values do not tell apart {len(pairs)} of {cells * (cells - 1) // 2} pairs of cells"
    if pairs:
        text += f", D_2 of eigenvectors tells apart {len(apart)} of these"
    if apart:
        first, second, p = apart[0]
        text += " (most clearly " + " and ".join(
            f"alpha {rows[k]['alpha']:g}, sigma_w {rows[k]['sigma_w']:g}: ln s_1 per layer {medians['top'][k]:.3f}, "
            f"D_2 {medians['dimension'][k]:.3f}"
            for k in (first, second)
        )
        text += f"; p = {p:.1g})"
    parts = [
        "Performance is "
        + ("" if connected else "not ")
        + "connected with the Jacobian at initialisation at the level 0.05/3",
        "the vectors " + ("tell" if apart else "do not tell") + " cells apart that singular values do not",
    ]
    return Claim(
        8,
        "A spectral theory with eigenvectors generalises singular values; performance, spectra and criticality are connected.",
        text,
        "holds with restriction" if connected and apart else "not at these sizes",
        "; ".join(parts)
        + ". Associations over a grid, no causes. Self-organised criticality has no statistic here: nothing in "
        "these networks drives them to a critical point, so that part of the claim is neither supported nor refuted.",
        COMMAND,
    )


def _draw(out: Path, rows: list[dict[str, Any]], medians: dict[str, Array]) -> None:
    """Accuracy, and the dimension of the eigenvectors, against the largest singular value per layer."""
    panels = axes(figsize=(7.0, 3.0), ncols=2)
    alphas = sorted({row["alpha"] for row in rows})
    with style():
        for alpha, colour in zip(alphas, PALETTE.values(), strict=False):
            part = [k for k, row in enumerate(rows) if row["alpha"] == alpha]
            x = medians["top"][part]
            accuracy = [[rows[k][name] for k in part] for name in ("accuracy", "accuracy_stderr")]
            panels[0].errorbar(x, *accuracy, marker="o", ls="", color=colour, label=rf"$\alpha$ = {alpha:g}", capsize=2)
            panels[1].plot(x, medians["dimension"][part], "o", color=colour)
        for ax, label in zip(panels, ("test accuracy", r"$D_2$ of eigenvectors"), strict=True):
            ax.axvline(0.0, color=PALETTE["sky"], lw=0.8, ls=":")
            ax.set(xlabel=r"$\ln s_1$ per layer at initialisation", ylabel=label)
        panels[0].legend()
    save(panels[0], out / "connection")
