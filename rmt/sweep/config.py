"""A sweep described in a TOML file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from rmt._toml import Document
from rmt.sweep.sweep import Sweep

__all__ = ["sweep_from_toml"]

KEYS = ("function", "store", "seed", "version", "realisations", "target", "minimum", "grid")
RANGE_KEYS = ("from", "to", "count", "spacing")


def sweep_from_toml(path: str | Path) -> Sweep:
    """The sweep that a TOML file describes.

    The keys are those of :class:`Sweep`; the directory of the file is searched for the function's module, and ``store`` is
    relative to it. In the table ``[grid]`` a parameter is a list of values, or a range
    ``{ from = 1.0, to = 2.0, count = 11, spacing = "log" }`` (spacing linear by default, both ends included).

    Parameters
    ----------
    path : str or Path

    Returns
    -------
    Sweep

    Raises
    ------
    ValueError
        If the file is missing or malformed, a key is unknown, missing or of the wrong kind: the message names file, line and
        key.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> file = pathlib.Path(tempfile.mkdtemp()) / "gain.toml"
    >>> _ = file.write_text('''
    ... function = "rmt.sweep.examples:mean_log_gain"
    ... store = "gain"
    ... [grid]
    ... alpha = { from = 1.0, to = 2.0, count = 5 }
    ... width = [16, 32]
    ... ''')
    >>> len(sweep_from_toml(file))
    10
    """
    document = Document(path)
    content = document.content
    document.check_keys(content, "", KEYS, required=("function", "store", "grid"))
    folder = document.path.resolve().parent
    options: dict[str, Any] = {"search": [str(folder)]}
    for key, kind, what in (
        ("seed", int, "an integer >= 0"),
        ("version", str, "a string"),
        ("realisations", int, "an integer >= 1"),
        ("minimum", int, "an integer >= 2"),
    ):
        if key in content:
            options[key] = document.typed(content, key, kind, what)
    if "target" in content:
        options["target"] = _target(document)
    function = document.typed(content, "function", str, "a string 'module:name'")
    store = folder / document.typed(content, "store", str, "the name of a directory")
    axes = document.typed(content, "grid", dict, "a table")
    grid = {name: _axis(document, name, value) for name, value in axes.items()}
    try:
        return Sweep(function, grid, store=store, **options)
    except ValueError as error:
        _refuse_named(document, error)
        raise


def _target(document: Document) -> tuple[str, float]:
    target = document.typed(document.content, "target", dict, "a table { result = standard error }")
    if len(target) != 1:
        document.refuse("target", f"must name one result, not {len(target)}")
    ((name, value),) = target.items()
    if isinstance(value, bool) or not isinstance(value, int | float):
        document.refuse(f"target.{name}", f"must be a standard error, not {value!r}")
    return name, float(value)


def _axis(document: Document, name: str, value: Any) -> list[Any]:
    key = f"grid.{name}"
    if isinstance(value, list):
        return value
    if not isinstance(value, dict):
        document.refuse(key, f"must be a list of values or a range {{ from, to, count }}, not {value!r}")
    document.check_keys(value, f"{key}.", RANGE_KEYS, required=("from", "to", "count"))
    for end in ("from", "to"):
        document.typed(value, end, (int, float), "a number", prefix=f"{key}.")
    count = document.typed(value, "count", int, "an integer >= 2", prefix=f"{key}.")
    spacing = value.get("spacing", "linear")
    if count < 2:
        document.refuse(f"{key}.count", f"must be an integer >= 2, not {count}")
    if spacing not in ("linear", "log"):
        document.refuse(f"{key}.spacing", f"must be 'linear' or 'log', not {spacing!r}")
    if spacing == "log" and min(value["from"], value["to"]) <= 0:
        document.refuse(key, "a range with spacing = 'log' must have positive ends")
    points = (np.geomspace if spacing == "log" else np.linspace)(value["from"], value["to"], count)
    # 1.1500000000000001 in file names and tables helps nobody, and would miss the cell of a list that says 1.15.
    return [float(f"{point:.12g}") for point in points]


def _refuse_named(document: Document, error: ValueError) -> None:
    """Give an error of the sweep the line of the key it names."""
    message = str(error)
    for name in [
        "function",
        "seed",
        "realisations",
        "target",
        "minimum",
        *(f"grid.{key}" for key in document.content["grid"]),
    ]:
        if message.startswith((f"{name} ", f"{name}[")):
            document.refuse(name, message)
    if message.startswith("grid"):
        document.refuse("grid", message)
