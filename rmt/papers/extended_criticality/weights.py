"""Entries and spectra of trained weight matrices: claims 1 and 2, on the digits networks and on a file of pretrained weights."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rmt import tables
from rmt.papers.claims import Claim
from rmt.papers.extended_criticality.sizes import COMMAND
from rmt.stable import fit
from rmt.weights import fit_layers, load

__all__ = ["pretrained_rows", "tail_exponent", "weight_claims", "weight_row"]

Array = NDArray[np.float64]


def tail_exponent(values: Any, count: int) -> tuple[float, float]:
    """Return Hill's tail exponent of the ``count`` largest moduli, with its error exponent/sqrt(count).

    Parameters
    ----------
    values : array_like
    count : int

    Returns
    -------
    exponent, stderr : float
    """
    top = np.sort(np.abs(np.asarray(values, dtype=float)).ravel())[::-1][: count + 1]
    exponent = 1.0 / float(np.mean(np.log(top[:-1] / top[-1])))
    return exponent, exponent / math.sqrt(count)


def _spectra(matrices: list[Array], count: int) -> dict[str, float]:
    """Hill exponents of the largest singular values, each matrix in units of its median, and of shuffled entries."""
    rng = np.random.default_rng(1)
    row: dict[str, float] = {}
    for name, group in (
        ("tail", matrices),
        ("tail_shuffled", [rng.permutation(w.ravel()).reshape(w.shape) for w in matrices]),
    ):
        values = [np.linalg.svd(w, compute_uv=False) for w in group]
        row[name], row[f"{name}_stderr"] = tail_exponent(np.concatenate([s / np.median(s) for s in values]), count)
    return row


def weight_row(alpha: float, sigma_w: float, run: Any) -> dict[str, float]:
    """Stable fits of the hidden layers before and after training, and the tails of their spectra.

    Parameters
    ----------
    alpha, sigma_w : float
    run : TrainingRun

    Returns
    -------
    dict
    """
    row = {"alpha": alpha, "sigma_w": sigma_w}
    for name, matrices in (("before", run.initial[1:-1]), ("after", run.weights[1:-1])):
        found = fit(np.concatenate([w.ravel() for w in matrices]), symmetric=True)
        row |= {f"fit_{name}": found.alpha, f"fit_{name}_stderr": float(np.ravel(found.stderr)[0])}
    return row | _spectra(run.weights[1:-1], 40)


def pretrained_rows(path: str | Path, out: Path) -> list[dict[str, Any]]:
    """Fit every matrix of a file of pretrained weights and write ``pretrained``.

    Parameters
    ----------
    path : path
        A file that :func:`rmt.weights.load` reads.
    out : Path

    Returns
    -------
    list of dict
        One row a matrix: stable fit, best law by Akaike's criterion, tails of the spectrum and of the shuffled matrix.
    """
    model = load(path, min_entries=1000)
    fits = fit_layers(model, null=0)
    rows = []
    for k, name in enumerate(fits.name):
        matrix = np.asarray(model[str(name)], dtype=float)
        row: dict[str, Any] = {"name": str(name), "rows": int(fits.n_out[k]), "columns": int(fits.n_in[k])}
        row |= {"alpha": float(fits.alpha[k]), "alpha_stderr": float(fits.alpha_stderr[k]), "best": str(fits.best[k])}
        rows.append(row | _spectra([matrix], max(10, min(matrix.shape) // 10)))
    columns = {name: [row[name] for row in rows] for name in rows[0]}
    caption = (
        f"{Path(path).name}: symmetric stable fit of every matrix, best law by AIC, Hill exponents of the top tenth of "
    )
    caption += "the singular values (at least 10) and of those of the shuffled entries"
    tables.write_all(tables.as_table(columns, caption=caption), out / "pretrained")
    return rows


def weight_claims(rows: list[dict[str, float]], pretrained: list[dict[str, Any]]) -> list[Claim]:
    """Answer claims 1 and 2.

    Parameters
    ----------
    rows : list of dict
        From :func:`weight_row`.
    pretrained : list of dict
        From :func:`pretrained_rows`; empty if no file was given.

    Returns
    -------
    list of Claim
    """
    return [_entries_claim(rows, pretrained), _spectra_claim(rows, pretrained)]


def _entries_claim(rows: list[dict[str, float]], pretrained: list[dict[str, Any]]) -> Claim:
    lowest = min((row for row in rows if row["alpha"] == 2.0), key=lambda row: row["fit_after"])
    kept = next(row for row in rows if row["alpha"] == 1.5)
    found = f"{lowest['fit_after']:.4f}({lowest['fit_after_stderr']:.4f})"
    if lowest["fit_after"] == 2.0:
        found = "2 (the Gaussian end itself)"
    text = (
        f"digits networks, maximum-likelihood stable fit: Gaussian start, after training lowest alpha {found}; "
        f"start 1.5: {kept['fit_before']:.3f} before, {kept['fit_after']:.3f}({kept['fit_after_stderr']:.3f}) after"
    )
    if not pretrained:
        created = lowest["fit_after"] < 1.98 and lowest["fit_after"] < 2.0 - 5 * lowest["fit_after_stderr"]
        return Claim(
            1,
            _FIRST,
            text,
            "holds with restriction" if created else "not at these sizes",
            "In this experiment heavy tails survive training when the start has them"
            + (" and appear from a Gaussian start. " if created else "; from a Gaussian start none appear. ")
            + "No file of pretrained weights was given (--weights FILE).",
            COMMAND,
        )
    heavy = [row for row in pretrained if row["alpha"] < 2.0 - 5 * row["alpha_stderr"] and row["alpha"] < 1.98]
    stable = [row for row in heavy if row["best"] == "stable"]
    text += (
        f"; pretrained: {len(heavy)} of {len(pretrained)} matrices have alpha below 2 by five errors, "
        f"{min(row['alpha'] for row in pretrained):.2f} to {max(row['alpha'] for row in pretrained):.2f}; the stable law is the "
        f"best of four by AIC for {len(stable)} of these {len(heavy)}"
    )
    verdict = "not at these sizes"
    if heavy and 2 * len(heavy) >= len(pretrained):
        verdict = "holds" if len(stable) == len(heavy) == len(pretrained) else "holds with restriction"
    others = sorted({row["best"] for row in heavy if row["best"] != "stable"})
    return Claim(
        1,
        _FIRST,
        text,
        verdict,
        "Tails heavier than Gaussian are common, a stable law is the best description only of some of them"
        + (f" (others: {', '.join(others)})" if others else "")
        + ". One pretrained model of one architecture is no survey.",
        COMMAND + " --weights FILE",
    )


def _spectra_claim(rows: list[dict[str, float]], pretrained: list[dict[str, Any]]) -> Claim:
    kept, gauss = (next(row for row in rows if row["alpha"] == alpha) for alpha in (1.5, 2.0))

    def pair(row: dict[str, Any]) -> str:
        return (
            f"{row['tail']:.2f}({row['tail_stderr']:.2f}), entries shuffled "
            f"{row['tail_shuffled']:.2f}({row['tail_shuffled_stderr']:.2f})"
        )

    text = f"Hill exponent of the 40 largest singular values: start 1.5 {pair(kept)}; Gaussian start {pair(gauss)}"
    reason = (
        "With heavy-tailed entries the tail survives shuffling the entries, so the entries make it, not correlations; "
        "40 values give the exponent to 16 %, and a Hill estimate on Gaussian data is finite too."
    )
    apart = gauss["tail"] - kept["tail"] > 2 * math.hypot(gauss["tail_stderr"], kept["tail_stderr"])
    same = abs(kept["tail"] - kept["tail_shuffled"]) < 2 * math.hypot(kept["tail_stderr"], kept["tail_shuffled_stderr"])
    seen = apart and same  # the tail is heavier than that of a Gaussian start, and the entries make it
    if not seen:
        reason = (
            "Here the tail of the heavy-tailed start is not told from the Gaussian one, or does not survive shuffling."
        )
    if pretrained:
        changed = [
            row
            for row in pretrained
            if abs(row["tail"] - row["tail_shuffled"]) > 2 * math.hypot(row["tail_stderr"], row["tail_shuffled_stderr"])
        ]
        steep = [row for row in pretrained if row["tail"] < 6.0]
        text += (
            f"; pretrained: exponent below 6 in {len(steep)} of {len(pretrained)} matrices, changed by shuffling (two errors) in "
            f"{len(changed)}"
        )
        reason += " Pretrained matrices whose exponent changes owe it to correlations between entries."
        seen = seen and 2 * len(steep) >= len(pretrained)
    return Claim(
        2,
        "Spectra of trained weight matrices have power-law tails, from correlations or from heavy-tailed entries.",
        text,
        "holds with restriction" if seen else "not at these sizes",
        reason,
        COMMAND + (" --weights FILE" if pretrained else ""),
    )


_FIRST = "Trained weights are heavy-tailed and each matrix is fitted by a stable law, whatever the architecture."
