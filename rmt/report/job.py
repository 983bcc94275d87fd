"""The report as a job: sample every cell, set every number beside its limit law, write tables, figures and one page."""

from __future__ import annotations

import dataclasses
import hashlib
import time
from collections.abc import Sequence
from concurrent.futures import Executor
from pathlib import Path
from typing import Any

from rmt._checks import check_integer
from rmt._parallel import map_ordered
from rmt._random import canonical_json
from rmt._results import provenance
from rmt._version import __version__
from rmt.report.files import write_report
from rmt.report.model import Cell, Outcome, Report, Settings
from rmt.report.sampling import sample_products
from rmt.report.theory import Theory, theory_of
from rmt.report.trained import fit_file
from rmt.sweep import Sweep

__all__ = ["FULL", "QUICK", "report"]


def _grid(alphas: Sequence[float], sigmas: Sequence[float], depths: Sequence[int]) -> tuple[Cell, ...]:
    return tuple(Cell(alpha, sigma, depth) for alpha in alphas for sigma in sigmas for depth in depths)


QUICK = Settings(_grid((1.2, 1.5, 1.8), (1.0, 2.0), (1, 4)), width=80, realisations=48)
FULL = Settings(_grid((1.1, 1.3, 1.5, 1.7, 1.9, 2.0), (0.7, 1.0, 1.5, 2.5), (1, 3, 10)), width=200, realisations=96)


def report(
    out: str | Path,
    *,
    settings: Settings = QUICK,
    weights: str | Path | None = None,
    seed: int = 0,
    executor: Executor | None = None,
    progress: bool = False,
) -> Report:
    """Sample products of heavy-tailed Jacobians and set singular values, eigenvalues, gains and D_q beside their laws.

    Parameters
    ----------
    out : path
        Directory of the report, made if absent; files appear in it by rename. The sampled cells are kept in it, so that a
        job that was killed goes on where it was.
    settings : Settings
        `QUICK` (under a minute on two cores) or `FULL`.
    weights : path, optional
        File of trained weights (npz, npy, safetensors, onnx): each matrix is fitted and its spectrum set beside the law.
    seed : int
        Root of every random stream; the same seed gives the same numbers on any number of workers.
    executor : concurrent.futures.Executor, optional
        Where realisations are computed; in this process by default.
    progress : bool
        Show progress bars.

    Returns
    -------
    Report

    Raises
    ------
    ValueError
        For a bad argument or a weights file that cannot be used; nothing is written then.
    """
    started = time.time()
    check_integer("seed", seed, low=0)
    trained = None if weights is None else fit_file(weights, progress=progress)  # before anything is written
    theories = list(
        map_ordered(
            _theory_of_cell,
            [(cell, settings) for cell in settings.cells],
            executor=executor,
            progress=progress,
            description="limit laws",
        )
    )
    out = Path(out)
    out.mkdir(parents=True, exist_ok=True)
    sweep = Sweep(
        sample_products,
        [parameters for cell in settings.cells for parameters in _plan(cell, settings)],
        store=out / f"cells-{_digest(settings, seed)}",
        seed=seed,
        version=__version__,
    )
    done = sweep.run(executor, progress=progress)
    if done.interrupted:
        raise KeyboardInterrupt
    if done.failures:
        raise RuntimeError(f"{len(done.failures)} cells failed; the first: {next(iter(done.failures.values()))}")
    outcomes = [
        Outcome(cell, law, {(p["coupling"], p["width"]): sweep.cell(**p) for p in _plan(cell, settings)})
        for cell, law in zip(settings.cells, theories, strict=True)
    ]
    meta = {
        **provenance(),
        "seed": seed,
        "width": settings.width,
        "realisations": settings.realisations,
        "activation": settings.activation,
        "seconds": round(time.time() - started, 1),
    }
    return write_report(out, outcomes, trained, meta)


def _theory_of_cell(argument: tuple[Cell, Settings]) -> Theory:
    cell, settings = argument
    widths = (settings.width // 2, settings.width)
    return theory_of(cell.alpha, cell.sigma_w, cell.depth, settings.activation, widths)


def _plan(cell: Cell, settings: Settings) -> list[dict[str, Any]]:
    """The cells of the sweep that belong to one cell of the report."""
    parts = [
        ("independent", settings.width, settings.realisations),
        ("independent", settings.width // 2, 2 * settings.realisations),
        ("network", settings.width, settings.realisations // 2),
    ]
    product = {**dataclasses.asdict(cell), "activation": settings.activation}
    return [
        {**product, "coupling": coupling, "width": width, "realisations": count} for coupling, width, count in parts
    ]


def _digest(settings: Settings, seed: int) -> str:
    """A name for the store: other settings or seeds in the same directory get a store of their own."""
    content = canonical_json({"settings": dataclasses.asdict(settings), "seed": seed, "version": __version__})
    return hashlib.sha256(content.encode()).hexdigest()[:8]
