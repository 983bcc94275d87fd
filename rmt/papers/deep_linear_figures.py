"""Figures of the deep linear networks; without matplotlib they are left out, the tables carry the numbers."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rmt.papers.deep_linear_runs import INTEGERS, SWEEPS, theory, varied
from rmt.papers.deep_linear_tasks import Task

__all__ = ["figure_generalisation", "figure_kernels", "figure_rectified"]

LABELS = {
    "width": "width $N$",
    "depth": "depth $L$",
    "weight noise": r"weight noise $\sigma$",
    "load": "load $P/N$",
    "temperature": "temperature $T$",
}


def _abscissae(kind: str, low: float, high: float) -> NDArray[np.float64]:
    """Values of the varied field for a smooth curve of the theory."""
    if SWEEPS[kind][0] in INTEGERS:
        return np.unique(np.rint(np.geomspace(low, high, 40)))
    return np.geomspace(low, high, 25)


def figure_generalisation(task: Task, rows: Sequence[dict[str, Any]], out: Path) -> list[Path]:
    """Generalisation error against width, depth, weight noise, load and temperature, and the kernel factor against width.

    Parameters
    ----------
    task : Task
    rows : sequence of dict
        Of :func:`compare_setting`, with the key ``varied``.
    out : Path
        Directory; the files are ``generalisation_<data>.png`` and ``.pdf``.

    Returns
    -------
    list of Path
    """
    try:
        from rmt import plotting

        panels = plotting.axes(figsize=(9.6, 5.6), ncols=3, nrows=2)
    except ImportError:
        return []
    wanted = [*((kind, "error") for kind in SWEEPS), ("width", "rho")]
    with plotting.style():
        for ax, (kind, quantity) in zip(np.ravel(panels), wanted, strict=True):
            mine = [row for row in rows if row["varied"] == kind and row["data"] == task.name]
            _panel(ax, task, kind, quantity, mine)
        first = np.ravel(panels)[0]
        first.figure.suptitle(f"{task.name}: Monte Carlo on the weights, exact posterior, mean field")
        first.figure.legend(*first.get_legend_handles_labels(), loc="outside lower center", ncols=5)
        return plotting.save(first, out / f"generalisation_{task.name.split()[0].lower()}")


def _panel(ax: Any, task: Task, kind: str, quantity: str, rows: Sequence[dict[str, Any]]) -> None:
    """One dependence: points with errors on the curves of the theory."""
    from rmt import plotting

    field, base = SWEEPS[kind][:2]
    at = np.array([row[field] for row in rows], dtype=float)
    grid = _abscissae(kind, at.min(), at.max())
    curves = [theory(task, varied(kind, value)) for value in grid]
    unit = base.N if kind == "load" else 1
    plotting.plot_points(
        at / unit,
        [row[f"{quantity} MC"] for row in rows],
        [row[f"{quantity} stderr"] for row in rows],
        theory=(grid / unit, [curve[f"{quantity} exact"] for curve in curves]),
        ax=ax,
        theory_label="exact",
    )
    ax.get_legend().remove()  # one legend serves all panels
    others = [(f"{quantity} mean field", "--", "vermilion", "mean field")]
    if quantity == "error":
        others += [("error wide", "-.", "green", "infinite width"), ("bias", ":", "purple", "bias$^2$ (exact)")]
    for name, dash, colour, label in others:
        ax.plot(
            grid / unit, [curve[name] for curve in curves], dash, color=plotting.PALETTE[colour], label=label, zorder=0
        )
    if field in ("N", "T"):
        ax.set_xscale("log")
    if field == "N":
        ax.set_xticks([10, 30, 100], ["10", "30", "100"])
        ax.minorticks_off()
    if field == "L":
        ax.set_xticks(grid)
    ax.set_xlabel(LABELS[kind])
    ax.set_ylabel("generalisation error" if quantity == "error" else r"kernel factor $\rho$")
    shown = {"P": "P", "N": "N", "L": "L", "sigma": r"\sigma"}
    ax.set_title(", ".join(f"${shown[name]}={getattr(base, name):g}$" for name in shown if name != field))


def figure_kernels(
    task: Task, prior: NDArray[np.float64], exact: NDArray[np.float64], sampled: NDArray[np.float64], out: Path
) -> list[Path]:
    """What learning adds to the kernels of the hidden layers, examples sorted by label: exact above, Monte Carlo below.

    Parameters
    ----------
    task : Task
    prior : ndarray, shape (P, P)
        Input kernel, which is the kernel of every hidden layer before learning (all variances 1).
    exact, sampled : ndarray, shape (L, P, P)
    out : Path

    Returns
    -------
    list of Path
    """
    try:
        from rmt import plotting

        panels = plotting.axes(figsize=(9.6, 4.6), ncols=len(exact) + 1, nrows=2)
    except ImportError:
        return []
    order = np.argsort(-task.y[: len(prior)], kind="stable")
    size, change = float(np.abs(prior).max()), float(np.abs(exact - prior).max())
    with plotting.style():
        for row, kernels in enumerate((exact, sampled)):
            pictures = [(prior, size, "input kernel $K_0$")]
            pictures += [
                (kernel - prior, change, rf"$\langle K_{l}\rangle - K_0$") for l, kernel in enumerate(kernels, start=1)
            ]
            for ax, (picture, limit, title) in zip(panels[row], pictures, strict=True):
                image = ax.imshow(picture[np.ix_(order, order)], cmap="RdBu_r", vmin=-limit, vmax=limit)
                ax.set_xticks([])
                ax.set_yticks([])
                if row == 0:
                    ax.set_title(title)
                if ax in (panels[row, 0], panels[row, -1]):
                    ax.figure.colorbar(image, ax=ax, shrink=0.85)
            panels[row, 0].set_ylabel(("exact", "Monte Carlo")[row])
        panels[0, 0].figure.suptitle(f"{task.name}: kernels of the hidden layers, examples sorted by label")
        return plotting.save(panels[0, 0], out / "kernels")


def figure_rectified(rows: Sequence[dict[str, Any]], out: Path) -> list[Path]:
    """Variance and squared bias of rectified networks: heuristic, infinite width and Monte Carlo, one column a setting.

    Parameters
    ----------
    rows : sequence of dict
        Of :func:`rectified_rows`.
    out : Path

    Returns
    -------
    list of Path
    """
    try:
        from rmt import plotting

        panels = plotting.axes(figsize=(7.6, 3.2), ncols=2)
    except ImportError:
        return []
    x = np.arange(len(rows))
    orange, green = plotting.PALETTE["vermilion"], plotting.PALETTE["green"]
    with plotting.style():
        for ax, name in zip(np.ravel(panels), ("variance", "bias"), strict=True):
            plotting.plot_points(x, [row[f"{name} MC"] for row in rows], [row[f"{name} stderr"] for row in rows], ax=ax)
            ax.plot(x, [row[f"{name} heuristic"] for row in rows], "D", mfc="none", color=orange, label="heuristic")
            ax.plot(x, [row[f"{name} wide"] for row in rows], "_", ms=12, color=green, label="infinite width")
            ax.set_xticks(x, [f"$N={r['N']}$\n$L={r['L']}$\n$\\sigma={r['sigma']:g}$" for r in rows])
            ax.set_xlim(-0.5, len(rows) - 0.5)
            ax.set_ylim(0.0, 1.08 * ax.get_ylim()[1])
            ax.set_ylabel({"variance": "variance", "bias": "squared bias"}[name])
            ax.legend(loc="lower right")
        return plotting.save(np.ravel(panels)[0], out / "relu")
