"""Finished cells as columns and as labelled arrays."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rmt.sweep.grid import Grid

__all__ = ["columns", "dataset"]

Finished = tuple[dict[str, Any], dict[str, Any], dict[str, NDArray[Any]]]


def columns(names: Sequence[str], finished: Sequence[Finished], realised: bool) -> dict[str, list[Any]]:
    """Parameters and scalar results as columns; over realisations, means and standard errors.

    Parameters
    ----------
    names : sequence of str
        The parameters.
    finished : sequence of (parameters, record, arrays)
    realised : bool
        Whether the first axis of the arrays counts realisations.

    Returns
    -------
    dict of str to list
    """
    rows = []
    for parameters, record, arrays in finished:
        row = {name: parameters[name] for name in names}
        if realised:
            row["realisations"] = record["realisations"]
        for name, array in arrays.items():
            if realised and array.ndim == 1 and array.dtype.kind in "biuf":
                row[name], row[f"{name}_stderr"] = _mean_and_stderr(array)
            elif not realised and array.ndim == 0:
                row[name] = array.item()
        rows.append(row)
    found = dict.fromkeys([*names, *(name for row in rows for name in row)])
    return {name: [row.get(name) for row in rows] for name in found}


def _mean_and_stderr(values: NDArray[Any]) -> tuple[float, float]:
    count = values.size
    return float(np.mean(values)), float(np.std(values, ddof=1)) / math.sqrt(count) if count > 1 else math.nan


def dataset(grid: Grid, finished: Sequence[Finished], realised: bool, meta: dict[str, Any]) -> Any:
    """An ``xarray.Dataset`` on the axes of the grid.

    Parameters
    ----------
    grid : Grid
    finished : sequence of (parameters, record, arrays)
    realised : bool
    meta : dict

    Returns
    -------
    xarray.Dataset
    """
    import xarray

    if grid.axes is None:
        raise ValueError("grid is an explicit list of cells: it has no axes; use to_frame")
    if not finished:
        raise ValueError("no cell is finished yet")
    axes = grid.axes
    sizes = tuple(len(values) for values in axes.values())
    places = [tuple(values.index(parameters[name]) for name, values in axes.items()) for parameters, _, _ in finished]
    variables: dict[str, Any] = {}
    for name in finished[0][2]:
        arrays = [arrays[name] for _, _, arrays in finished]
        inner = _common_shape(name, arrays, realised)
        kind = np.result_type(*arrays)
        if kind.kind in "biu":
            kind = np.dtype(float)  # integers have no NaN for the cells that are missing
        whole = np.full(sizes + inner, "" if kind.kind in "US" else np.nan, dtype=kind)
        for place, array in zip(places, arrays, strict=True):
            corner: Any = (*place, *(slice(0, length) for length in array.shape))
            whole[corner] = array
        dims = [f"{name}_{axis}" for axis in range(len(inner))]
        if realised:
            dims[0] = "realisation"
        variables[name] = ([*axes, *dims], whole)
    coordinates = {name: _coordinate(values) for name, values in axes.items()}
    return xarray.Dataset(variables, coordinates, {name: str(value) for name, value in meta.items()})


def _coordinate(values: Sequence[Any]) -> Any:
    """Tuples and None are labels, not numbers: xarray takes them as text."""
    plain = all(isinstance(value, bool | int | float | str) for value in values)
    return list(values) if plain else [str(value) for value in values]


def _common_shape(name: str, arrays: Sequence[NDArray[Any]], realised: bool) -> tuple[int, ...]:
    """The shape that holds every cell; only the number of realisations may differ between cells."""
    first = 1 if realised else 0
    shapes = {array.shape[first:] for array in arrays}
    if len(shapes) > 1:
        raise ValueError(
            f"the result {name!r} has the shapes {sorted(shapes)} in different cells: use cell() or finished()"
        )
    inner: tuple[int, ...] = shapes.pop()
    return (max(array.shape[0] for array in arrays), *inner) if realised else inner
