"""The weights of a trained network: for each matrix the stable index with its error, its rivals, the tail, the spectrum.

Reads npz, npy, safetensors and onnx files; convolution kernels are flattened to (out, in k k), everything that is no matrix
is named as left out.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from rmt.cli.common import add_json, add_out, add_progress, add_seed, make_directory, print_json

__all__ = ["EPILOG", "add_arguments", "run"]

EPILOG = """\
examples:
  rmt weights model.safetensors
  rmt weights model.onnx --exclude 'stft*' --out weights
columns: alpha(error) of the symmetric stable law; Hill index, and what a Gaussian gives; p of the Gaussian; the best of
stable, normal, student and Gaussian rows by Akaike's criterion, and how far the stable law is behind; with --spectra the
Kolmogorov distance of the singular values to the law with the fitted parameters, its p-value, and the distance to the
matrix's own shuffled entries.
"""
SHOWN = (
    "name",
    "n_out",
    "n_in",
    "alpha",
    "alpha_stderr",
    "hill",
    "hill_stderr",
    "hill_gaussian",
    "p_gaussian",
    "best",
    "aic_stable",
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of ``rmt weights``.

    Parameters
    ----------
    parser : argparse.ArgumentParser

    Returns
    -------
    None
    """
    parser.add_argument("file", type=Path, help="npz, npy, safetensors or onnx file")
    parser.add_argument("--include", action="append", default=[], metavar="PATTERN", help="only matrices of this name")
    parser.add_argument(
        "--exclude", action="append", default=[], metavar="PATTERN", help="leave out matrices of this name"
    )
    parser.add_argument("--min-entries", type=int, default=1000, help="leave out smaller matrices (default 1000)")
    parser.add_argument("--null", type=int, default=19, metavar="N", help="Gaussian samples of the null (default 19)")
    parser.add_argument(
        "--spectra", action=argparse.BooleanOptionalAction, default=True, help="compare singular values too"
    )
    add_out(parser, None, "directory for tables and figures")
    add_seed(parser)
    add_progress(parser)
    add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    """Fit, compare, print and write.

    Parameters
    ----------
    arguments : argparse.Namespace

    Returns
    -------
    int
    """
    from rmt.tables import as_table
    from rmt.weights import fit_layers, load, spectrum

    model = load(
        arguments.file, include=arguments.include, exclude=arguments.exclude, min_entries=arguments.min_entries
    )
    out = make_directory(arguments.out) if arguments.out else None
    progress = sys.stderr.isatty() if arguments.progress is None else arguments.progress
    fits = fit_layers(model, min_entries=50, null=arguments.null, rng=arguments.seed, progress=progress)
    columns = fits.to_columns()
    shown = {name: columns[name] for name in SHOWN}
    spectra = spectrum(model, fits, rng=arguments.seed, min_entries=0) if arguments.spectra else []
    if spectra:
        shown |= {
            name: [one.to_row()[name] for one in spectra] for name in ("distance", "p_value", "distance_shuffled")
        }
    table = as_table(
        shown,
        caption=f"Weights of {arguments.file.name}: symmetric stable fits of the entries",
        provenance={**fits.meta, "source": arguments.file.name, "seed": arguments.seed},
        digits={name: 3 for name in ("hill_gaussian", "aic_stable", "distance", "distance_shuffled")},
    )
    if out is not None:
        _write(table, columns, spectra, out)
    if arguments.json:
        skipped = [{"name": item.name, "shape": item.shape, "reason": item.reason} for item in model.skipped]
        print_json({"source": arguments.file, "fits": columns, "spectra": shown_spectra(spectra), "skipped": skipped})
    else:
        print(table)
        print(f"\n{len(model)} matrices fitted, {len(model.skipped)} arrays left out")
    return 0


def shown_spectra(spectra: list[Any]) -> list[dict[str, Any]]:
    """The comparison of the spectra as plain rows.

    Parameters
    ----------
    spectra : list of LayerSpectrum

    Returns
    -------
    list of dict
    """
    return [one.to_row() for one in spectra]


def _write(table: Any, columns: dict[str, Any], spectra: list[Any], out: Path) -> None:
    from rmt.plotting import plot_spectrum, save
    from rmt.tables import as_table, write, write_all

    written = write_all(table, out / "weights")
    written.append(write(as_table(columns, provenance=table.provenance), out / "weights_all.csv"))
    for index, one in enumerate(spectra):
        ax = plot_spectrum(one.singular_values, one.law, count=one.meta["n_in"], label=one.name)
        written += save(ax, out / f"spectrum_{index:03d}")
    for path in written:
        print(path, file=sys.stderr)
