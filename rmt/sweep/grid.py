"""The cells of a sweep: a Cartesian product of named values, or an explicit list, in canonical plain Python values."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from rmt._random import canonical_json

__all__ = ["Grid"]


class Grid:
    """The parameters of every cell.

    Parameters
    ----------
    axes : mapping of str to sequence, or sequence of mappings
        A mapping holds the values of each parameter, of which all combinations are taken; a sequence lists the cells.
        Values are numbers, strings, booleans, None, or tuples of these.

    Attributes
    ----------
    names : tuple of str
        The parameters.
    axes : dict or None
        The values of each parameter, None for an explicit list.
    cells : list of dict
        The parameters of each cell.

    Raises
    ------
    ValueError
        If there is no cell, a value is NaN, infinite or of another kind, a cell occurs twice, or names differ between cells.

    Examples
    --------
    >>> grid = Grid({"alpha": [1, 1.5], "depth": [8]})
    >>> grid.cells
    [{'alpha': 1.0, 'depth': 8}, {'alpha': 1.5, 'depth': 8}]
    """

    def __init__(self, axes: Mapping[str, Sequence[Any]] | Sequence[Mapping[str, Any]]) -> None:
        self.axes: dict[str, list[Any]] | None = None
        if isinstance(axes, Mapping):
            self.axes = {_name(name): _axis(name, values) for name, values in axes.items()}
            self.names = tuple(self.axes)
            product = itertools.product(*self.axes.values())
            self.cells: list[dict[str, Any]] = [dict(zip(self.names, values, strict=True)) for values in product]
        else:
            self.names, self.cells = _listed(axes)
        if not self.names or not self.cells:
            raise ValueError("grid must hold at least one parameter and one cell")
        seen: dict[str, int] = {}
        for index, cell in enumerate(self.cells):
            text = canonical_json(cell)
            if text in seen:
                raise ValueError(f"grid holds the cell {text} twice (cells {seen[text]} and {index})")
            seen[text] = index

    def __len__(self) -> int:
        return len(self.cells)

    def __iter__(self) -> Iterator[dict[str, Any]]:
        return iter(self.cells)


def _name(name: Any) -> str:
    if not isinstance(name, str) or not name.isidentifier():
        raise ValueError(f"grid holds the parameter {name!r}: names must be Python identifiers")
    if name == "rng":
        raise ValueError("grid holds the parameter 'rng': the random stream of a cell is made by the sweep")
    return name


def _plain(name: str, value: Any) -> Any:
    """A value as plain Python, so that its JSON and with it its hash is the same wherever it came from."""
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, tuple | list):
        return tuple(_plain(name, item) for item in value)
    if isinstance(value, float):
        if not math.isfinite(value):
            raise ValueError(f"grid.{name} holds {value}, which is not finite")
        return value + 0.0  # -0.0 and 0.0 are one value
    if value is None or isinstance(value, bool | int | str):
        return value
    raise ValueError(f"grid.{name} holds {value!r}: values must be numbers, strings, booleans, None or tuples of these")


def _one_kind(values: list[Any]) -> list[Any]:
    """[1, 1.5] means [1.0, 1.5]: the hash of 1 must not depend on the other values having a point."""
    numbers = all(isinstance(value, int | float) and not isinstance(value, bool) for value in values)
    return [float(value) for value in values] if numbers and any(isinstance(v, float) for v in values) else values


def _axis(name: str, values: Any) -> list[Any]:
    if isinstance(values, str) or not hasattr(values, "__iter__"):
        raise ValueError(f"grid.{name} must be a sequence of values, not {values!r}")
    found = _one_kind([_plain(name, value) for value in values])
    if not found:
        raise ValueError(f"grid.{name} holds no value")
    seen: set[Any] = set()
    for value in found:
        if value in seen:
            raise ValueError(f"grid.{name} holds the value {value!r} twice")
        seen.add(value)
    return found


def _listed(cells: Sequence[Mapping[str, Any]]) -> tuple[tuple[str, ...], list[dict[str, Any]]]:
    rows = []
    for index, cell in enumerate(cells):
        if not isinstance(cell, Mapping):
            raise ValueError(f"grid[{index}] must be a mapping of parameters, not {cell!r}")
        rows.append({_name(name): _plain(name, value) for name, value in cell.items()})
    names = tuple(rows[0]) if rows else ()
    for index, row in enumerate(rows):
        if set(row) != set(names):
            raise ValueError(f"grid[{index}] has the parameters {sorted(row)}, others have {sorted(names)}")
    columns = {name: _one_kind([row[name] for row in rows]) for name in names}
    return names, [{name: columns[name][i] for name in names} for i in range(len(rows))]
