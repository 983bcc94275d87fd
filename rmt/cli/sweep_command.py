"""Run a parameter sweep described in a TOML file.

One file a cell is written in the store; running again computes what is missing, so a run may be stopped, killed or shared
by many processes and machines at any time.
"""

from __future__ import annotations

import argparse
import sys
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

from rmt.cli.common import add_json, add_progress, print_json

__all__ = ["EPILOG", "add_arguments", "run"]

EPILOG = """\
examples:
  rmt sweep gain.toml --workers 2            on a laptop
  rmt sweep gain.toml --part 3/64            job 3 of an array of 64 (they count from 0)
  mpiexec -n 16 python -m mpi4py.futures -m rmt sweep gain.toml --mpi
  rmt sweep gain.toml --status
  rmt sweep gain.toml --table gain.tex       what is finished, as tex, md, csv or html

the file:
  function = "module:name"      # name(alpha, width, rng) -> number, array, or a mapping of them
  store = "results"             # relative to the file
  seed = 1                      # optional, as are version, realisations, minimum
  realisations = 40
  target = { gain = 0.01 }      # stop a cell at this standard error
  [grid]
  alpha = { from = 1.0, to = 2.0, count = 11 }
  width = [64, 128]
"""


def part(text: str) -> tuple[int, int]:
    """``i/n`` from the command line.

    Parameters
    ----------
    text : str

    Returns
    -------
    (int, int)
    """
    index, slash, count = text.partition("/")
    if not slash or not index.lstrip("-").isdigit() or not count.isdigit():
        raise argparse.ArgumentTypeError(f"part = {text!r} must be i/n with 0 <= i < n")
    return int(index), int(count)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of ``rmt sweep``.

    Parameters
    ----------
    parser : argparse.ArgumentParser

    Returns
    -------
    None
    """
    parser.add_argument("file", type=Path, help="TOML file that describes the sweep")
    parser.add_argument("--part", type=part, metavar="I/N", help="only every N-th cell, from the I-th (I = 0 .. N - 1)")
    engine = parser.add_mutually_exclusive_group()
    engine.add_argument(
        "--workers", type=int, default=0, metavar="K", help="processes on this machine (0: in this one)"
    )
    engine.add_argument("--mpi", action="store_true", help="the MPI processes of `mpiexec ... -m mpi4py.futures`")
    action = parser.add_mutually_exclusive_group()
    action.add_argument("--status", action="store_true", help="count the finished cells and do nothing")
    action.add_argument(
        "--merge", nargs="+", metavar="STORE", type=Path, help="take the cells of other stores or packs"
    )
    action.add_argument("--pack", type=Path, metavar="ZIP", help="write all finished cells to one archive")
    action.add_argument("--table", type=Path, metavar="FILE", help="write a table of the finished cells")
    parser.add_argument(
        "--accept-changed-source", action="store_true", help="the function changed, its numbers did not"
    )
    add_json(parser)
    add_progress(parser)


def run(arguments: argparse.Namespace) -> int:
    """Run, or do what was asked instead.

    Parameters
    ----------
    arguments : argparse.Namespace

    Returns
    -------
    int
        0; 1 if cells failed; 130 if it was interrupted.
    """
    from rmt.sweep import sweep_from_toml

    if arguments.workers < 0:
        raise ValueError(f"workers = {arguments.workers} must be >= 0")
    sweep = sweep_from_toml(arguments.file)
    if arguments.status or arguments.merge or arguments.pack or arguments.table:
        return _without_running(sweep, arguments)
    progress = sys.stderr.isatty() if arguments.progress is None else arguments.progress
    with _executor(arguments) as executor:
        report = sweep.run(
            executor, arguments.part, progress=progress, accept_changed_source=arguments.accept_changed_source
        )
    if arguments.json:
        aside = [{"name": item.name, "reason": item.reason, "moved_to": item.moved_to} for item in report.set_aside]
        names = ("cells", "computed", "found", "missing", "seconds", "cpu_seconds", "interrupted", "failures")
        print_json({**{name: getattr(report, name) for name in names}, "set_aside": aside})
    else:
        print(report)
    if report.interrupted:
        return 130
    return 1 if report.failures else 0


def _executor(arguments: argparse.Namespace) -> AbstractContextManager[Any]:
    if arguments.mpi:
        try:
            from mpi4py.futures import MPIPoolExecutor
        except ModuleNotFoundError:
            raise ValueError("--mpi needs mpi4py: pip install mpi4py") from None
        pool: AbstractContextManager[Any] = MPIPoolExecutor()
        return pool
    if arguments.workers:
        from concurrent.futures import ProcessPoolExecutor
        from multiprocessing import get_context

        return ProcessPoolExecutor(arguments.workers, mp_context=get_context("spawn"))
    return nullcontext()


def _without_running(sweep: Any, arguments: argparse.Namespace) -> int:
    from rmt.tables import write

    if arguments.status:
        finished, cells = sweep.status()
        if arguments.json:
            print_json({"finished": finished, "cells": cells, "store": sweep.store.path})
        else:
            print(f"{finished} of {cells} cells are finished in {sweep.store.path}")
    elif arguments.merge:
        print(f"{sweep.merge(*arguments.merge)} new cells")
    elif arguments.pack:
        print(sweep.pack(arguments.pack))
    else:
        if not sweep.finished():
            raise ValueError(f"no cell is finished yet in {sweep.store.path}")
        print(write(sweep, arguments.table))
    return 0
