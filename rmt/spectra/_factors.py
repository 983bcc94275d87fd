"""The factors of a product: checked one by one, zero rows and columns (dead units) removed exactly."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rmt import _spectra_udt

__all__ = ["Factor", "checked_factors", "compressed", "kept_factors", "live_units"]

KEPT_NUMBERS = 1 << 22  # of a stream whose factors are kept for a correction (32 megabytes)

Matrix = NDArray[np.float64]


@dataclass
class Factor:
    """One checked factor with its largest modulus and the masks of its rows and columns that are not zero."""

    matrix: Matrix
    largest: float
    rows: NDArray[np.bool_]
    columns: NDArray[np.bool_]


def _checked(index: int, value: Any) -> Factor:
    name = f"factors[{index}]"
    array = np.asarray(value)
    if array.ndim != 2:
        raise ValueError(f"{name} has shape {array.shape} and must be a matrix (two dimensions)")
    if array.dtype.kind == "c":
        raise ValueError(f"{name} is complex ({array.dtype}): the factors must be real")
    if array.dtype.kind not in "fiub":
        raise ValueError(f"{name} must hold real numbers, not {array.dtype}")
    if 0 in array.shape:
        raise ValueError(f"{name} has shape {array.shape} and must have at least one row and one column")
    matrix = np.ascontiguousarray(array, dtype=np.float64)
    rows, columns = np.empty(matrix.shape[0], dtype=np.uint8), np.empty(matrix.shape[1], dtype=np.uint8)
    largest = _spectra_udt.scan(matrix, rows, columns)
    if not np.isfinite(largest):
        where = tuple(int(i) for i in np.argwhere(~np.isfinite(matrix))[0])
        raise ValueError(f"{name} holds a value that is not finite at index {where}: {matrix[where]}")
    return Factor(matrix, largest, rows.view(np.bool_), columns.view(np.bool_))


def checked_factors(factors: Iterable[Any]) -> Iterator[Factor]:
    """Yield the factors in the order in which they act; refuse what is not a chain of finite real matrices.

    Factors that come out of this function may go in again and are not read twice.
    """
    if isinstance(factors, np.ndarray) and factors.ndim != 3:
        raise ValueError(f"factors is one array of shape {factors.shape}: a sequence of matrices is needed")
    before: tuple[int, ...] | None = None
    for index, value in enumerate(factors):
        factor = value if isinstance(value, Factor) else _checked(index, value)
        shape = factor.matrix.shape
        if before is not None and shape[1] != before[0]:
            raise ValueError(
                f"factors[{index}] has shape {shape} and cannot act after factors[{index - 1}] of shape {before}: "
                f"{shape[1]} columns, {before[0]} rows"
            )
        before = shape
        yield factor
    if before is None:
        raise ValueError("factors is empty: a product needs at least one factor")


def kept_factors(factors: Iterable[Any], width: int) -> tuple[list[Factor] | None, Iterable[Any]]:
    """All factors, checked, if they come as a sequence or are few and no wider than ``width``; and what to run on."""
    stream = checked_factors(factors)
    if isinstance(factors, list | tuple | np.ndarray):
        kept = list(stream)
        return kept, kept
    kept, numbers = [], 0
    for factor in stream:
        kept.append(replace(factor, matrix=factor.matrix.copy()))  # the stream may use its array again
        numbers += factor.matrix.size
        if numbers > KEPT_NUMBERS or max(factor.matrix.shape) > width:
            return None, itertools.chain(kept, stream)
    return kept, kept


def live_units(chain: Sequence[Factor], *, cyclic: bool = False) -> list[NDArray[np.bool_]]:
    """Masks of the units at the interfaces 0..L through which anything can pass.

    A unit behind a zero row (given the live units before it) or before a zero column carries nothing; removing it may
    make further rows and columns zero, and the removal is repeated until nothing changes. ``cyclic`` joins the
    interfaces L and 0, which keeps the eigenvalues that are not zero.
    """
    depth = len(chain)
    live = [np.ones(chain[0].matrix.shape[1], dtype=bool)]
    live += [np.ones(factor.matrix.shape[0], dtype=bool) for factor in chain]
    if cyclic:
        live[depth] = live[0]
    for k, factor in enumerate(chain):
        live[k + 1] &= factor.rows
        live[k] &= factor.columns
    stale = [not (live[k].all() and live[k + 1].all()) for k in range(depth)]
    while any(stale):
        for k in range(depth):
            if not stale[k]:
                continue
            stale[k] = False
            pattern = chain[k].matrix != 0.0
            rows = live[k + 1] & pattern[:, live[k]].any(axis=1)
            columns = live[k] & pattern[live[k + 1]].any(axis=0)
            for side, mask in ((k + 1, rows), (k, columns)):
                if mask.sum() != live[side].sum():
                    live[side] &= mask
                    neighbours = {side - 1, side, k}
                    if cyclic and side in (0, depth):
                        neighbours |= {0, depth - 1}
                    for other in neighbours:
                        if 0 <= other < depth:
                            stale[other] = True
    return live


def compressed(
    factors: Iterable[Any], live: Sequence[NDArray[np.bool_]] | None = None
) -> Iterator[tuple[Factor, NDArray[np.intp] | None, NDArray[np.intp] | None]]:
    """Yield (factor, live columns, live rows), None for "all", with one factor of look-ahead when masks are not given."""
    if live is not None:
        for k, factor in enumerate(checked_factors(factors)):
            yield factor, _indices(live[k]), _indices(live[k + 1])
        return
    stream = checked_factors(factors)
    factor = next(stream)
    columns = factor.columns
    while factor is not None:
        following = next(stream, None)
        rows = factor.rows if columns.all() else (factor.matrix[:, columns] != 0.0).any(axis=1)
        if following is not None:
            rows = rows & following.columns
        yield factor, _indices(columns), _indices(rows)
        if following is None:
            return
        factor, columns = following, rows


def _indices(mask: NDArray[np.bool_]) -> NDArray[np.intp] | None:
    return None if mask.all() else np.flatnonzero(mask)
