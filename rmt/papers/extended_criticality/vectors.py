"""Generalised dimensions of Jacobian eigenvectors over (alpha, sigma_w): claim 5."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from rmt.localisation import porter_thomas_dimension
from rmt.papers.claims import Claim
from rmt.papers.dimension_diagram import dimension_diagram, write_dimension_diagram
from rmt.papers.extended_criticality.sizes import COMMAND, Sizes

__all__ = ["vectors"]


def vectors(out: Path, sizes: Sizes, rng: np.random.Generator) -> list[Claim]:
    """Write ``dimension_diagram`` and ``dimension_map`` (left vectors of D W) and answer claim 5.

    Parameters
    ----------
    out : Path
    sizes : Sizes
    rng : Generator

    Returns
    -------
    list of Claim
    """
    gains = [gain for gain in sizes.map_sigmas if gain in (0.5, 1.0, 1.5, 2.0, 3.0)]
    diagrams = {
        side: dimension_diagram(
            sizes.map_alphas,
            gains,
            layers=(1, 3),
            side=side,
            width=sizes.vector_width,
            realisations=max(5, sizes.realisations),
            theory_vectors=400,
            rng=stream,
        )
        for side, stream in zip(("left", "right"), rng.spawn(2), strict=True)
    }
    write_dimension_diagram(diagrams["left"], out)
    write_dimension_diagram(diagrams["right"], out / "right")
    return [_claim({side: _rows(table) for side, table in diagrams.items()}, sizes)]


def _rows(table: Any) -> list[dict[str, Any]]:
    return [dict(zip(table.columns, values, strict=True)) for values in zip(*table.columns.values(), strict=True)]


def _claim(rows: dict[str, list[dict[str, Any]]], sizes: Sizes) -> Claim:
    def single(side: str, q: float, keep: Any) -> list[dict[str, Any]]:
        one = {"coupling": "network", "object": "layer", "layer": 1, "q": q}
        return [row for row in rows[side] if one.items() <= row.items() and keep(row)]

    def number(row: dict[str, Any]) -> str:
        return f"{row['dimension']:.3f}({row['dimension_stderr']:.3f})"

    heavy = min(single("left", 2.0, lambda row: row["alpha"] < 2.0), key=lambda row: row["dimension"])
    gauss = min(
        single("left", 2.0, lambda row: row["alpha"] == 2.0 and row["sigma_w"] > 1.0), key=lambda r: r["dimension"]
    )
    place = {"alpha": heavy["alpha"], "sigma_w": heavy["sigma_w"]}
    half = next(row for row in single("left", 0.5, lambda row: place.items() <= row.items()))
    right = next(row for row in single("right", 2.0, lambda row: place.items() <= row.items()))
    spread = half["dimension"] - heavy["dimension"]
    error = float(np.hypot(heavy["dimension_stderr"], gauss["dimension_stderr"]))
    pulls = np.array([row["pull"] for side in rows.values() for row in side if row["pull"] is not None], dtype=float)
    pulls = pulls[np.isfinite(pulls)]
    reference = float(porter_thomas_dimension(sizes.vector_width, 2.0, field="complex"))
    found = spread > 0.1 and heavy["dimension"] < gauss["dimension"] - 3 * error
    return Claim(
        5,
        "In the extended critical regime Jacobian eigenvectors are multifractal.",
        f"N = {sizes.vector_width}, one layer D W of the network: D_2 of left vectors down to {number(heavy)} at alpha "
        f"{heavy['alpha']:g}, sigma_w {heavy['sigma_w']:g} (D_0.5 - D_2 = {spread:.2f}), right {number(right)}; lowest Gaussian "
        f"left {number(gauss)}; a random vector {reference:.3f}; pulls against the law where one is known: root mean square "
        f"{float(np.sqrt(np.mean(pulls**2))):.1f} over {pulls.size}",
        "holds with restriction" if found else "not at these sizes",
        "At finite N D_q depends on q. In the limit the side without the profile freezes (D_q = 0 for q >= alpha/2) "
        "and the other side is ergodic: strong multifractality is on one side only, "
        "and at one size most of the deviation from 1 is finite-size bias.",
        COMMAND,
    )
