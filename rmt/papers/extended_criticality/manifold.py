"""A circle of inputs pushed through the network: claim 6."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np

from rmt import tables
from rmt.meanfield import lyapunov_exponent, manifold_geometry
from rmt.papers.claims import Claim
from rmt.papers.extended_criticality.sizes import COMMAND, DEPTHS, Sizes
from rmt.plotting import axes, save, style

__all__ = ["manifold"]

QUANTITIES = {
    "log_stretch": "ln(length / start)",
    "curvature": r"$\ln$ curvature",
    "dimension": "effective dimension",
    "variation": "variation of stretch",
}


def manifold(out: Path, sizes: Sizes, rng: np.random.Generator) -> list[Claim]:
    """Write ``geometry`` (table and maps over (alpha, sigma_w) at three depths) and answer claim 6.

    Parameters
    ----------
    out : Path
    sizes : Sizes
    rng : Generator

    Returns
    -------
    list of Claim
    """
    rows = []
    for alpha in sizes.map_alphas:
        for sigma_w in sizes.map_sigmas:
            parameters: dict[str, Any] = {"alpha": alpha, "sigma_w": sigma_w}
            result = manifold_geometry(
                sizes.width, max(DEPTHS), **parameters, radius=0.5, realisations=sizes.realisations, rng=rng
            )
            rate = lyapunov_exponent(**parameters).value
            for depth in DEPTHS:
                row: dict[str, float] = parameters | {"depth": depth}
                found = {
                    "log_stretch": result.log_length[:, depth] - result.log_length[:, 0],
                    "dimension": result.dimension[:, depth],
                    "variation": result.variation[:, depth],
                    "curvature": result.curvature[:, depth],
                }
                for name, values in found.items():
                    row |= {name: values.mean(), f"{name}_stderr": values.std(ddof=1) / math.sqrt(len(values))}
                rows.append(row | {"theory_log_stretch": rate * depth})
    columns = {name: [row[name] for row in rows] for name in rows[0]}
    caption = (
        f"a circle of 200 inputs of radius 0.5, tanh, N = {sizes.width}: ln(length / input length), effective dimension, "
        "coefficient of variation of the local stretch, curvature; theory: depth times the exponent at infinite width, "
        "which a finite curve follows neither at finite width nor once it fills the space it has; the map's colours end at "
        "ln stretch -6 and ln curvature 6, beyond which the curve has collapsed to a point"
    )
    tables.write_all(tables.as_table(columns, caption=caption), out / "geometry")
    _draw(out, rows, sizes)
    return [_claim(rows, sizes)]


def _claim(rows: list[dict[str, float]], sizes: Sizes) -> Claim:
    last = [row for row in rows if row["depth"] == max(DEPTHS)]
    # A stretch is uneven in a telling way only where the curve still exists: length not below e^-3 of the start.
    alive = [row for row in last if row["log_stretch"] > -3.0]
    heavy = max((row for row in alive if 1.0 < row["alpha"] < 2.0), key=lambda row: row["variation"])
    gauss = max((row for row in alive if row["alpha"] == 2.0), key=lambda row: row["variation"])
    error = math.hypot(heavy["variation_stderr"], gauss["variation_stderr"])
    uneven = heavy["variation"] > gauss["variation"] + 3 * error
    return Claim(
        6,
        "Extended criticality balances contraction and expansion of internal representations.",
        f"depth {max(DEPTHS)}, N = {sizes.width}: largest coefficient of variation of the local stretch "
        f"{heavy['variation']:.2f}({heavy['variation_stderr']:.2f}) at alpha {heavy['alpha']:g}, sigma_w {heavy['sigma_w']:g} "
        f"(dimension {heavy['dimension']:.1f}), Gaussian {gauss['variation']:.2f}({gauss['variation_stderr']:.2f}) at sigma_w "
        f"{gauss['sigma_w']:g}; both the largest of their grid among cells whose curve keeps e^-3 of its length",
        "holds with restriction" if uneven else "not at these sizes",
        "Our definition: standard deviation over mean of |dx/dtheta| along the image of the circle (the paper's text was not "
        "available). Large values mean that contracting and expanding stretches live side by side. "
        "Cells whose curve has collapsed were left out after a first run, in which one of them had the largest value and error.",
        COMMAND,
    )


def _draw(out: Path, rows: list[dict[str, float]], sizes: Sizes) -> None:
    """Four quantities (rows) at three depths (columns) in colour over (alpha, sigma_w); one scale a row."""
    panels = axes(figsize=(7.2, 7.6), nrows=len(QUANTITIES), ncols=len(DEPTHS))
    panels = np.reshape(panels, (len(QUANTITIES), len(DEPTHS)))
    shape = len(sizes.map_alphas), len(sizes.map_sigmas)
    with style():
        for number, (name, label) in enumerate(QUANTITIES.items()):
            line = panels[number]
            maps = [np.array([row[name] for row in rows if row["depth"] == depth]).reshape(shape) for depth in DEPTHS]
            if name == "curvature":
                maps = [np.log(np.maximum(values, 1e-300)) for values in maps]
            low = -6.0 if name == "log_stretch" else min(float(np.nanmin(values)) for values in maps)
            high = 6.0 if name == "curvature" else max(float(np.nanpercentile(values, 95)) for values in maps)
            for ax, values, depth in zip(line, maps, DEPTHS, strict=True):
                mesh = ax.pcolormesh(
                    sizes.map_alphas,
                    sizes.map_sigmas,
                    values.T,
                    vmin=low,
                    vmax=high,
                    shading="nearest",
                    rasterized=True,
                )
                if number == 0:
                    ax.set_title(f"depth {depth}")
                if number == len(QUANTITIES) - 1:
                    ax.set_xlabel(r"$\alpha$")
            line[0].set_ylabel(r"$\sigma_w$")
            line[-1].figure.colorbar(mesh, ax=list(line), label=label, pad=0.01)
    save(panels[0, 0].figure, out / "geometry")
