"""Versions of everything that enters a number: paste them into a bug report or a paper's appendix."""

from __future__ import annotations

import argparse

import rmt
from rmt.cli.common import add_json, print_json

__all__ = ["add_arguments", "run"]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of ``rmt about``.

    Parameters
    ----------
    parser : argparse.ArgumentParser

    Returns
    -------
    None
    """
    add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    """Print the versions.

    Parameters
    ----------
    arguments : argparse.Namespace

    Returns
    -------
    int
    """
    versions = rmt.about()
    if arguments.json:
        print_json(versions)
    else:
        width = max(map(len, versions))
        print("\n".join(f"{name:<{width}}  {value}" for name, value in versions.items()))
    return 0
