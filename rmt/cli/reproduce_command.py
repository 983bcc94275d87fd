"""The numbers and figures of one of the papers, claim by claim: what was claimed, what we computed, whether it holds."""

from __future__ import annotations

import argparse
import dataclasses
import sys

from rmt.cli.common import add_json, add_out, add_progress, add_seed, print_json

__all__ = ["EPILOG", "add_arguments", "run"]

EPILOG = """\
papers:
  2203.12967   extended critical regimes of deep neural networks
  2307.02284   absorbing phase transitions in deep neural networks
  2012.04030   statistical mechanics of deep linear networks

example:
  rmt reproduce 2203.12967 --quick --out reproduction
  rmt reproduce 2203.12967 --weights model.safetensors
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of ``rmt reproduce``.

    Parameters
    ----------
    parser : argparse.ArgumentParser

    Returns
    -------
    None
    """
    parser.add_argument("paper", help="arXiv number, with or without 'arXiv:'")
    size = parser.add_mutually_exclusive_group()
    size.add_argument("--quick", action="store_true", default=True, help="small sizes, minutes (default)")
    size.add_argument("--full", dest="quick", action="store_false", help="the sizes of the paper, hours")
    add_out(parser, None, "directory for tables and figures (default reproduction/PAPER)")
    parser.add_argument("--weights", metavar="FILE", help="pretrained weights (2203.12967: claims 1 and 2)")
    add_seed(parser)
    add_progress(parser)
    add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    """Reproduce the paper and print the claims.

    Parameters
    ----------
    arguments : argparse.Namespace

    Returns
    -------
    int
    """
    from pathlib import Path

    from rmt.papers import PAPERS, reproduce
    from rmt.tables import Table

    paper = arguments.paper.lower().removeprefix("arxiv:")
    if paper not in PAPERS:
        raise ValueError(f"paper = {arguments.paper!r} must be one of {', '.join(PAPERS)}")
    out = arguments.out or Path("reproduction") / paper
    progress = sys.stderr.isatty() if arguments.progress is None else arguments.progress
    claims = reproduce(
        paper, out=out, quick=arguments.quick, seed=arguments.seed, progress=progress, weights=arguments.weights
    )
    if arguments.json:
        print_json({"paper": paper, "out": out, "claims": [dataclasses.asdict(claim) for claim in claims]})
        return 0
    columns: dict[str, list[object]] = {
        "claim": [claim.number for claim in claims],
        "computed": [claim.computed for claim in claims],
        "verdict": [claim.verdict for claim in claims],
    }
    print(Table(columns, provenance={}))
    print(f"\nwritten to {out}")
    return 0
