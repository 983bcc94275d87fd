"""Arguments that several commands share, and the two ways of printing a result."""

from __future__ import annotations

import argparse
import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

__all__ = ["add_json", "add_out", "add_progress", "add_seed", "make_directory", "print_json"]


def add_seed(parser: argparse.ArgumentParser, default: int = 0) -> None:
    """``--seed``: a whole number >= 0.

    Parameters
    ----------
    parser : argparse.ArgumentParser
    default : int

    Returns
    -------
    None
    """
    parser.add_argument(
        "--seed", type=seed, default=default, metavar="S", help=f"seed of all random numbers (default {default})"
    )


def seed(text: str) -> int:
    """A seed from the command line.

    Parameters
    ----------
    text : str

    Returns
    -------
    int
    """
    try:
        value = int(text)
    except ValueError:
        value = -1
    if value < 0:
        raise argparse.ArgumentTypeError(f"seed = {text!r} must be an integer >= 0")
    return value


def add_out(parser: argparse.ArgumentParser, default: str | None, what: str) -> None:
    """``--out``: a directory or a file.

    Parameters
    ----------
    parser : argparse.ArgumentParser
    default : str or None
    what : str
        The help text.

    Returns
    -------
    None
    """
    shown = f" (default {default})" if default else ""
    parser.add_argument("--out", type=Path, default=Path(default) if default else None, help=what + shown)


def add_json(parser: argparse.ArgumentParser) -> None:
    """``--json``: the result as JSON on stdout instead of text.

    Parameters
    ----------
    parser : argparse.ArgumentParser

    Returns
    -------
    None
    """
    parser.add_argument("--json", action="store_true", help="print the result as JSON")


def add_progress(parser: argparse.ArgumentParser) -> None:
    """``--no-progress``: no progress bar; there is none either when stderr is not a terminal.

    Parameters
    ----------
    parser : argparse.ArgumentParser

    Returns
    -------
    None
    """
    parser.add_argument(
        "--progress", action=argparse.BooleanOptionalAction, default=None, help="progress bar (default: on a terminal)"
    )


def make_directory(path: Path) -> Path:
    """Make a directory for results, or say in one line why not.

    Parameters
    ----------
    path : Path

    Returns
    -------
    Path
    """
    if path.exists() and not path.is_dir():
        raise ValueError(f"out = {str(path)!r} exists and is not a directory")
    path.mkdir(parents=True, exist_ok=True)
    return path


def plain(value: Any) -> Any:
    """Arrays as lists, NumPy scalars as Python's, what JSON has no word for (nan, inf) as text.

    Parameters
    ----------
    value : object

    Returns
    -------
    object
    """
    if isinstance(value, Mapping):
        return {str(name): plain(item) for name, item in value.items()}
    if isinstance(value, np.ndarray):
        return plain(value.tolist())
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, np.generic):
        return plain(value.item())
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return str(value) if isinstance(value, Path) else value


def print_json(content: Any) -> None:
    """Print a result as JSON.

    Parameters
    ----------
    content : object

    Returns
    -------
    None
    """
    print(json.dumps(plain(content), indent=2, allow_nan=False, ensure_ascii=False))
