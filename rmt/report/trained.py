"""The weights section: every matrix of a file, its stable fit with rivals and tail, its spectrum beside the law of the fit."""

from __future__ import annotations

import html
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from rmt import weights
from rmt.plotting.style import PALETTE, axes, save, style
from rmt.tables import Table, write

__all__ = ["Trained", "fit_file"]

SMALLEST = 1000  # entries; with fewer the error of alpha exceeds 0.05
NULL = 19  # sampled matrices behind each p-value


@dataclass(frozen=True)
class Trained:
    """Fits and spectra of the matrices of one file."""

    source: str
    fits: weights.LayerFits
    spectra: list[weights.LayerSpectrum]
    skipped: list[str]

    def table(self, meta: dict[str, Any]) -> Table:
        """One row a matrix."""
        columns = self.fits.to_columns()
        shown: tuple[str, ...] = ("name", "n_out", "n_in", "alpha", "alpha_stderr", "sigma_w", "sigma_w_stderr")
        shown += ("hill", "hill_stderr", "hill_gaussian", "best")
        chosen: dict[str, Any] = {name: columns[name] for name in shown}
        chosen["distance"] = [round(found.distance, 4) for found in self.spectra]
        chosen["p_value"] = [found.p_value for found in self.spectra]
        return Table(
            chosen,
            errors={"alpha": "alpha_stderr", "sigma_w": "sigma_w_stderr", "hill": "hill_stderr"},
            headings={
                "n_out": "rows",
                "n_in": "columns",
                "alpha": r"$\alpha$",
                "sigma_w": r"$\sigma_w$",
                "hill": "Hill index",
                "hill_gaussian": "Hill, Gaussian",
                "best": "best by AIC",
                "distance": "distance of spectrum",
                "p_value": "p",
            },
            caption=f"Weight matrices of {Path(self.source).name}: stable fit, tail index, best law, and the Kolmogorov "
            "distance of the singular values from the law of independent entries with the fitted parameters",
            label="tab:weights",
            provenance={name: value for name, value in meta.items() if name != "seconds"},
        )

    def figure(self) -> Any:
        """A panel a matrix: distribution of the singular values, and the law with the fitted parameters."""
        columns = min(3, len(self.spectra))
        rows = -(-len(self.spectra) // columns)
        panels = np.atleast_1d(axes(figsize=(2.6 * columns + 0.4, 2.2 * rows + 0.3), nrows=rows, ncols=columns)).ravel()
        with style():
            for ax, found in zip(panels, self.spectra, strict=False):
                # the law counts all n_in values of a matrix, zeros included
                n_in = int(self.fits.n_in[list(self.fits.name).index(found.name)])
                values = np.sort(found.singular_values)
                cdf = (n_in - values.size + np.arange(1, values.size + 1)) / n_in
                ax.step(values, cdf, where="post", color=PALETTE["blue"], label="trained matrix")
                grid = np.linspace(0.0, 1.1 * values[-1], 60)[1:]
                ax.plot(grid, found.law.cdf(grid), "--", color=PALETTE["vermilion"], label="law of the fit")
                ax.set_title(found.name, fontsize=8)
                ax.set_xlabel("s")
            panels[0].legend(fontsize=7)
        for ax in panels[len(self.spectra) :]:
            ax.set_axis_off()
        return panels[0].figure

    def write(self, out: Path, meta: dict[str, Any]) -> list[Path]:
        """Write table and figure into the directory of the report."""
        table = self.table(meta)
        return [write(table, out / f"weights.{ending}") for ending in ("tex", "md", "csv")] + save(
            self.figure(), out / "weights"
        )

    def html(self, picture: Any, meta: dict[str, Any]) -> str:
        """The section of the page."""
        left_out = f"<p>Left out: {html.escape(', '.join(self.skipped))}.</p>" if self.skipped else ""
        return (
            f"<h2>Weights of {html.escape(Path(self.source).name)}</h2>{picture(self.figure(), 'weights')}"
            f"{self.table(meta).to_html()}{left_out}<p>Weights of a trained network are not independent: errors are lower "
            "bounds. An index of 1.6 to 1.7 with a Hill index of 4 to 5 is the sign of Student tails or of rows of different "
            "scales rather than of a stable law; the column of the best law says which.</p>"
        )


def fit_file(path: str | Path, *, progress: bool = False) -> Trained:
    """Load a file of weights and fit every matrix with at least `SMALLEST` entries.

    Parameters
    ----------
    path : path
        npz, npy, safetensors or onnx.
    progress : bool
        Show a bar.

    Returns
    -------
    Trained

    Raises
    ------
    ValueError
        If the file is missing, damaged, of another format, or holds no such matrix of finite real numbers.
    """
    model = weights.load(path, min_entries=SMALLEST)
    fits = weights.fit_layers(model, min_entries=SMALLEST, null=NULL, rng=0, progress=progress)
    spectra = weights.spectrum(model, fits, min_entries=SMALLEST)
    return Trained(str(path), fits, list(spectra), [f"{item.name} ({item.reason})" for item in model.skipped])
