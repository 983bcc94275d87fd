"""Figures of the report: limit laws as lines, Monte Carlo as points with errors, the network ensemble as open points."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np

from rmt.plotting.style import PALETTE, axes, style
from rmt.report.analysis import mean_and_error
from rmt.report.model import Outcome, Row

__all__ = ["cdf_figure", "gain_figure", "pull_figure"]

COLOURS = [PALETTE[name] for name in ("blue", "vermilion", "green", "purple", "orange", "black")]


def cdf_figure(outcomes: list[Outcome], kind: str) -> Any:
    """Distribution functions of ln s per layer (``kind="singular"``) or ln abs(lambda) per layer (``"radial"``).

    Parameters
    ----------
    outcomes : list of Outcome
    kind : {"singular", "radial"}

    Returns
    -------
    matplotlib Figure
        A panel for each (alpha, depth), a colour for each sigma_w.
    """
    alphas = sorted({outcome.cell.alpha for outcome in outcomes})
    depths = sorted({outcome.cell.depth for outcome in outcomes})
    sigmas = sorted({outcome.cell.sigma_w for outcome in outcomes})
    panels = axes(figsize=(2.6 * len(alphas) + 0.6, 2.3 * len(depths) + 0.4), nrows=len(depths), ncols=len(alphas))
    panels = np.atleast_2d(np.asarray(panels).reshape(len(depths), len(alphas)))
    with style():
        for outcome in outcomes:
            cell = outcome.cell
            ax = panels[depths.index(cell.depth), alphas.index(cell.alpha)]
            _draw_cdf(ax, outcome, kind, COLOURS[sigmas.index(cell.sigma_w) % len(COLOURS)])
            ax.set_title(f"α = {cell.alpha:g}, L = {cell.depth}")
        symbol = "s" if kind == "singular" else "|λ|"
        for ax in panels[-1]:
            ax.set_xlabel(f"(1/L) ln {symbol}")
        for ax in panels[:, 0]:
            ax.set_ylabel("cumulative distribution")
        panels.flat[0].figure.legend(*legend_entries(panels), loc="outside lower center", ncols=3, fontsize=7)
    return panels[0, 0].figure


def legend_entries(panels: Any) -> tuple[list[Any], list[str]]:
    """Each label once, wherever it was drawn."""
    found: dict[str, Any] = {}
    for ax in panels.flat:
        for handle, label in zip(*ax.get_legend_handles_labels(), strict=True):
            found.setdefault(label, handle)
    return list(found.values()), list(found)


def _draw_cdf(ax: Any, outcome: Outcome, kind: str, colour: str) -> None:
    theory, cell = outcome.theory, outcome.cell
    x, curve = (theory.log_s, theory.singular_cdf) if kind == "singular" else (theory.log_r, theory.radial_cdf)
    ax.plot(x / cell.depth, curve, color=colour, label=f"limit law, σ = {cell.sigma_w:g}")
    points = x[3::6]
    for coupling, marker in (("independent", "o"), ("network", "x")):
        width = max(n for name, n in outcome.statistics if name == coupling)
        values = outcome.statistics[coupling, width]["log_singular" if kind == "singular" else "log_modulus"]
        fractions = np.mean(values[:, :, None] <= points, axis=1)
        mean, error = mean_and_error(fractions)
        ax.errorbar(
            points / cell.depth, mean, error, fmt=marker, color=colour, markersize=3, linewidth=0.8, label=coupling
        )


def gain_figure(rows: list[Row]) -> Any:
    """Mean log gain of a vector per layer against alpha: exact line, independent and network points.

    Parameters
    ----------
    rows : list of Row

    Returns
    -------
    matplotlib Figure
    """
    gains = [row for row in rows if row.quantity == "gain"]
    sigmas = sorted({row.sigma_w for row in gains})
    depth = max(row.depth for row in gains)
    with style():
        ax = axes(figsize=(4.6, 3.2))
        for sigma, colour in zip(sigmas, itertools.cycle(COLOURS), strict=False):
            mine = sorted(
                (row for row in gains if row.sigma_w == sigma and row.depth == depth), key=lambda row: row.alpha
            )
            alpha = [row.alpha for row in mine]
            ax.plot(alpha, [row.theory for row in mine], color=colour, label=f"exact at this width, σ = {sigma:g}")
            for marker, value, error in (("o", "estimate", "stderr"), ("x", "network", "network_stderr")):
                label = "independent" if value == "estimate" else "network"
                y, e = ([getattr(row, name) for row in mine] for name in (value, error))
                ax.errorbar(alpha, y, e, fmt=marker, color=colour, markersize=4, linewidth=0.8, label=label)
        ax.set_xlabel("α")
        ax.set_ylabel(f"log gain per layer, L = {depth}")
        ax.legend(fontsize=6.5)
    return ax.figure


def pull_figure(pulls: np.ndarray) -> Any:
    """Histogram of all pulls of the independent ensemble beside the standard normal density.

    Parameters
    ----------
    pulls : ndarray

    Returns
    -------
    matplotlib Figure
    """
    with style():
        ax = axes(figsize=(4.2, 2.8))
        edges = np.arange(-4.5, 4.75, 0.5)
        ax.hist(
            np.clip(pulls, -4.49, 4.49), bins=edges, density=True, color=PALETTE["sky"], label=f"{pulls.size} pulls"
        )
        x = np.linspace(-4.5, 4.5, 181)
        ax.plot(x, np.exp(-(x**2) / 2) / np.sqrt(2 * np.pi), color=PALETTE["black"], label="N(0, 1)")
        ax.set_xlabel("(estimate − theory) / standard error; the outermost bins hold all beyond")
        ax.legend()
    return ax.figure
