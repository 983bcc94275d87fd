"""Densities, distribution functions and comparisons, each with the error of the samples drawn."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from rmt._checks import check_array, check_integer, check_real
from rmt.compare import Comparison
from rmt.compare.clusters import group
from rmt.compare.coupling import Samples, check_coupling
from rmt.plotting.style import PALETTE, axes, style

__all__ = ["plot_cdf", "plot_comparison", "plot_density", "plot_spectrum"]

Float = NDArray[np.float64]


def _groups(samples: Any) -> tuple[list[Float], bool]:
    if isinstance(samples, Samples):
        return group(samples.values, samples.clusters)
    return group(samples)


def _edges(groups: list[Float], bins: int | ArrayLike, log: bool) -> Float:
    if not isinstance(bins, int | np.integer):
        edges = check_array("bins", bins, ndim=1, min_size=2)
        if np.any(np.diff(edges) <= 0):
            raise ValueError("bins must increase strictly")
        return edges
    count = check_integer("bins", bins, low=1)
    values = np.concatenate(groups)
    values = values[np.isfinite(values) & (values > 0)] if log else values[np.isfinite(values)]
    if not values.size:
        raise ValueError("samples hold no value that can be drawn")
    # Heavy tails would leave all bins but one empty: the outermost 0.2 % are not drawn (they still count in the norm).
    low, high = np.quantile(values, [0.002, 0.998])
    if low == high:
        low, high = low - 0.5, high + 0.5
    return np.geomspace(low, high, count + 1) if log else np.linspace(low, high, count + 1)


def plot_density(
    samples: Any,
    law: Any = None,
    *,
    ax: Any = None,
    bins: int | ArrayLike = 40,
    log: bool = False,
    label: str = "Monte Carlo",
    theory_label: str = "theory",
    sigmas: float = 1.0,
    coupling: str | None = None,
) -> Any:
    """Histogram with an error band over realisations, and the density of a law.

    Parameters
    ----------
    samples : array_like, (R, n) or (n,); sequence of arrays; Samples
        As in :func:`rmt.compare.compare`: rows are realisations.
    law : object with ``pdf``, optional
    ax : matplotlib Axes, optional
    bins : int or increasing edges
        A number of bins covers all but the outermost 0.2 % on each side.
    log : bool
        Logarithmic x axis and bins; the density drawn is still that per unit of x.
    label, theory_label : str
    sigmas : float
        Half-width of the band in standard errors.
    coupling : {"independent", "network"}, optional
        As in :func:`rmt.compare.compare`.

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    ValueError
        If fewer than two realisations are given, or the law is of another ensemble.
    """
    sigmas = check_real("sigmas", sigmas, low=0.0)
    if law is not None:
        check_coupling(law, samples, coupling)
    groups, independent = _groups(samples)
    edges = _edges(groups, bins, log)
    widths = np.diff(edges)
    counts = np.array([np.histogram(row, edges)[0] / row.size for row in groups])
    mean = counts.mean(axis=0)
    error = (
        np.sqrt(mean * (1 - mean) / groups[0].size)
        if independent
        else counts.std(axis=0, ddof=1) / math.sqrt(len(groups))
    )
    with style():
        ax = axes(ax)
        ax.stairs(mean / widths, edges, color=PALETTE["sky"], fill=True, alpha=0.45, label=label)
        low, high = (mean - sigmas * error) / widths, (mean + sigmas * error) / widths
        ax.stairs(high, edges, baseline=np.maximum(low, 0.0), color=PALETTE["blue"], fill=True, alpha=0.6)
        if law is not None:
            x = np.geomspace(edges[0], edges[-1], 400) if log else np.linspace(edges[0], edges[-1], 400)
            ax.plot(x, np.asarray(law.pdf(x), dtype=float), color=PALETTE["vermilion"], label=theory_label)
        if log:
            ax.set_xscale("log")
        ax.set_ylabel("density")
        ax.set_ylim(bottom=0.0)
        ax.legend()
    return ax


def plot_cdf(
    samples: Any,
    law: Any = None,
    *,
    ax: Any = None,
    log: bool = False,
    label: str = "Monte Carlo",
    theory_label: str = "theory",
    confidence: float = 0.95,
    coupling: str | None = None,
) -> Any:
    r"""Empirical distribution function with a bound, and that of a law.

    Of independent numbers the band is the Dvoretzky-Kiefer-Wolfowitz bound, which holds for the whole curve at once and at
    every n; of realisations it is the pointwise Student interval over them.

    Parameters
    ----------
    samples : array_like, (R, n) or (n,); sequence of arrays; Samples
    law : object with ``cdf``, optional
    ax : matplotlib Axes, optional
    log : bool
        Logarithmic x axis.
    label, theory_label : str
    confidence : float
        Of the band, in (0, 1).
    coupling : {"independent", "network"}, optional

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    ValueError
        If fewer than two realisations are given, or the law is of another ensemble.
    """
    from scipy.special import stdtrit

    confidence = check_real("confidence", confidence, low=0.0, high=1.0, low_open=True, high_open=True)
    if law is not None:
        check_coupling(law, samples, coupling)
    groups, independent = _groups(samples)
    values = np.concatenate(groups)
    finite = np.sort(values[np.isfinite(values) & ((values > 0) | (not log))])
    if not finite.size:
        raise ValueError("samples hold no value that can be drawn")
    x = np.unique(np.quantile(finite, np.linspace(0.0, 1.0, min(400, finite.size)), method="lower"))
    rows = np.array([np.searchsorted(np.sort(row), x, side="right") / row.size for row in groups])
    mean = rows.mean(axis=0)
    if independent:
        half: Any = math.sqrt(-math.log((1 - confidence) / 2) / (2 * values.size))
    else:
        count = len(groups)
        half = stdtrit(count - 1, (1 + confidence) / 2) * rows.std(axis=0, ddof=1) / math.sqrt(count)
    with style():
        ax = axes(ax)
        band = (np.clip(mean - half, 0, 1), np.clip(mean + half, 0, 1))
        ax.fill_between(x, *band, step="post", color=PALETTE["sky"], alpha=0.45, linewidth=0)
        ax.step(x, mean, where="post", color=PALETTE["blue"], label=label)
        if law is not None:
            theory = np.asarray(law.cdf(x), dtype=float)
            ax.plot(x, theory, color=PALETTE["vermilion"], linestyle="--", label=theory_label)
        if log:
            ax.set_xscale("log")
        ax.set_ylabel("cumulative distribution")
        ax.set_ylim(-0.02, 1.02)
        ax.legend()
    return ax


def plot_comparison(comparison: Comparison, *, ax: Any = None, label: str = "", sigmas: float = 4.0) -> Any:
    """The pulls of a comparison over its points, with the lines at ``sigmas`` beyond which it is in doubt.

    Parameters
    ----------
    comparison : Comparison
        With points (a CDF, quantiles or a curve).
    ax : matplotlib Axes, optional
    label : str
    sigmas : float
        Where to draw the lines.

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    ValueError
        If the comparison is of a single number.
    """
    if comparison.points is None:
        raise ValueError("comparison holds a single number: there is no curve of pulls to draw")
    with style():
        ax = axes(ax)
        ax.axhspan(-1, 1, color=PALETTE["sky"], alpha=0.3, linewidth=0)
        for level in (-sigmas, sigmas):
            ax.axhline(level, color=PALETTE["vermilion"], linestyle="--", linewidth=1)
        ax.plot(comparison.points, comparison.pull, "o", color=PALETTE["blue"])
        ax.set_xlabel("level" if comparison.statistic == "quantile" else "x")
        ax.set_ylabel("pull")
        ax.set_title(label or comparison.label)  # a legend would cover points: they may lie anywhere
    return ax


def plot_spectrum(
    singular_values: ArrayLike,
    law: Any = None,
    *,
    count: int | None = None,
    ax: Any = None,
    label: str = "matrix",
    theory_label: str = "theory",
) -> Any:
    """Share of singular values above s, with both axes logarithmic: the bulk and every single large value can be seen.

    The values of one matrix repel each other, so no error band is drawn.

    Parameters
    ----------
    singular_values : array_like, (k,)
        Zeros count in the share and are not drawn.
    law : object with ``ccdf``, optional
    count : int, optional
        Number of values that the law counts (the width of the input of a wide matrix); default k.
    ax : matplotlib Axes, optional
    label, theory_label : str

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    ValueError
        If no value is positive, or ``count`` is below k.
    """
    values = np.sort(check_array("singular_values", singular_values, ndim=1, min_size=1))[::-1]
    total = check_integer("count", values.size if count is None else count, low=values.size)
    shown = values[values > 0]
    if not shown.size:
        raise ValueError("singular_values hold no positive value that can be drawn")
    with style():
        ax = axes(ax)
        if law is not None:
            s = np.geomspace(shown[-1], shown[0] * 1.5, 200)
            share = np.asarray(law.ccdf(s), dtype=float)
            ax.plot(s, share, color=PALETTE["vermilion"], label=theory_label, zorder=1)
        rank = (np.arange(shown.size) + 0.5) / total
        ax.plot(shown, rank, "o", markersize=2.5, color=PALETTE["blue"], label=label, zorder=2)
        ax.set_xscale("log")
        ax.set_yscale("log")
        ax.set_ylim(0.3 / total, 1.3)
        ax.set_xlabel("singular value s")
        ax.set_ylabel("share above s")
        ax.legend()
    return ax
