"""Sample products of heavy-tailed Jacobians, set every number beside its limit law, and write tables, figures and a page."""

from __future__ import annotations

import argparse
import os
import sys
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

from rmt._checks import check_integer
from rmt.cli.common import add_json, add_out, add_progress, add_seed, make_directory, print_json

__all__ = ["add_arguments", "run"]

EPILOG = """examples:
  rmt report --quick --out report
  rmt report --full --out report-full --seed 7
  rmt report --quick --weights model.safetensors --out report"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of ``rmt report``.

    Parameters
    ----------
    parser : argparse.ArgumentParser

    Returns
    -------
    None
    """
    size = parser.add_mutually_exclusive_group()
    size.add_argument(
        "--quick", action="store_true", help="small grid and widths, under a minute on two cores (default)"
    )
    size.add_argument("--full", action="store_true", help="the whole grid at larger widths")
    parser.add_argument(
        "--weights", metavar="FILE", help="also fit the matrices of a file: npz, npy, safetensors, onnx"
    )
    parser.add_argument(
        "--workers", type=int, metavar="N", help="processes (default: the cores); the numbers are the same"
    )
    add_out(parser, "report", "directory of the report")
    add_seed(parser)
    add_progress(parser)
    add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    """Write the report and print the worst pull.

    Parameters
    ----------
    arguments : argparse.Namespace

    Returns
    -------
    int
    """
    from rmt.report import FULL, QUICK, report

    workers = available_cores() if arguments.workers is None else check_integer("workers", arguments.workers, low=1)
    progress = sys.stderr.isatty() if arguments.progress is None else arguments.progress
    settings = FULL if arguments.full else QUICK
    job = {"settings": settings, "weights": arguments.weights, "seed": arguments.seed, "progress": progress}
    out = Path(arguments.out)
    if out.exists():
        make_directory(out)  # refuses a file of that name before any work is done
    if workers == 1:
        result = report(out, **job)
    else:
        # spawn: forking after the BLAS pools have started can deadlock
        with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as executor:
            result = report(out, executor=executor, **job)
    if arguments.json:
        numbers = {"pulls": len(result.pulls), "rms_pull": result.rms_pull, "worst_pull": result.worst_pull}
        print_json({**numbers, "seconds": result.meta["seconds"], "files": list(result.files)})
        return 0
    print(
        f"{len(result.pulls)} pulls of the independent ensemble, rms {result.rms_pull:.2f}, worst {result.worst_pull:.2f}"
    )
    print(f"{result.files[-1]} written in {result.meta['seconds']} s")
    return 0


def available_cores() -> int:
    """Cores that this process may use.

    Returns
    -------
    int
    """
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
