"""Tables: those of the theory, and any CSV file as LaTeX, Markdown or HTML with digits that follow the error."""

from __future__ import annotations

import argparse
import csv
from pathlib import Path
from typing import Any

from rmt.cli.common import add_json, print_json

__all__ = ["EPILOG", "add_arguments", "run"]

EPILOG = """\
examples:
  rmt table laws                                    check values of the limit laws
  rmt table laws --out laws.tex --siunitx
  rmt table gain.csv --out gain.tex --caption "Gain" --label tab:gain
In a CSV file the column x_stderr (or x_error, x_err) holds the error of x; lines that start with # are provenance.
"""
BUILT_IN = ("laws",)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of ``rmt table``.

    Parameters
    ----------
    parser : argparse.ArgumentParser

    Returns
    -------
    None
    """
    parser.add_argument("source", help=f"a table of the library ({', '.join(BUILT_IN)}) or a CSV file")
    parser.add_argument("--out", type=Path, help="file to write: .tex, .md, .csv or .html (default: print)")
    parser.add_argument("--caption", help="caption of the table")
    parser.add_argument("--label", help="LaTeX label")
    parser.add_argument("--siunitx", action="store_true", help="LaTeX: numbers in S columns")
    add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    """Print or write the table.

    Parameters
    ----------
    arguments : argparse.Namespace

    Returns
    -------
    int
    """
    from rmt.tables import as_table, write

    if arguments.source in BUILT_IN:
        from rmt.laws import acceptance_table

        content: Any = acceptance_table()
        provenance = None
    else:
        content, provenance = read_csv(Path(arguments.source))
    table = as_table(content, caption=arguments.caption, label=arguments.label, provenance=provenance)
    if arguments.json:
        print_json(
            {"columns": dict(table.columns), "errors": dict(table.errors), "provenance": dict(table.provenance or {})}
        )
    elif arguments.out:
        print(write(table, arguments.out, siunitx=arguments.siunitx))
    else:
        print(table)
    return 0


def read_csv(path: Path) -> tuple[dict[str, list[Any]], dict[str, str]]:
    """Columns and provenance of a CSV file as :func:`rmt.tables.write` makes it, or any other with a heading.

    Parameters
    ----------
    path : Path

    Returns
    -------
    dict of str to list
    dict of str to str
        What the comments say.
    """
    if not path.exists():
        raise ValueError(f"source = {str(path)!r} is neither a file nor one of {', '.join(BUILT_IN)}")
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except UnicodeDecodeError:
        raise ValueError(f"{path}: is not a text file in UTF-8") from None
    comments = [line[1:].strip() for line in lines if line.startswith("#")]
    provenance = {name.strip(): value.strip() for name, colon, value in (c.partition(":") for c in comments) if colon}
    rows = list(csv.reader(line for line in lines if line.strip() and not line.startswith("#")))
    if len(rows) < 2:
        raise ValueError(f"{path}: holds no table (a line of names and at least one row)")
    for number, row in enumerate(rows[1:], start=1):
        if len(row) != len(rows[0]):
            raise ValueError(f"{path}: row {number} has {len(row)} cells, the heading has {len(rows[0])}")
    if len(set(rows[0])) < len(rows[0]):
        raise ValueError(f"{path}: a column name occurs twice")
    return {name: [_value(row[i]) for row in rows[1:]] for i, name in enumerate(rows[0])}, provenance


def _value(text: str) -> Any:
    """An empty cell, an integer, a number, or the text itself."""
    if not text:
        return None
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text
