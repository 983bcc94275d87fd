"""Checks of arguments: every public function refuses bad input with a ValueError that names argument, value and range."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["check_alpha", "check_array", "check_choice", "check_integer", "check_real"]


def _interval(low: float, high: float, low_open: bool, high_open: bool) -> str:
    left = "(" if low_open or low == -math.inf else "["
    right = ")" if high_open or high == math.inf else "]"
    return f"{left}{low:g}, {high:g}{right}"


def check_real(
    name: str,
    value: Any,
    *,
    low: float = -math.inf,
    high: float = math.inf,
    low_open: bool = False,
    high_open: bool = False,
) -> float:
    """Return ``value`` as a float, or raise a ValueError that names ``name``, the value and the allowed interval.

    Infinite and NaN values are refused always; ``low_open`` and ``high_open`` exclude the ends.
    """
    interval = _interval(low, high, low_open, high_open)
    try:
        number = float(value)
    except (TypeError, ValueError):
        raise ValueError(f"{name} = {value!r} must be a real number in {interval}") from None
    below = number <= low if low_open else number < low
    above = number >= high if high_open else number > high
    if not math.isfinite(number) or below or above:
        raise ValueError(f"{name} = {value!r} must be in {interval}")
    return number


def check_alpha(alpha: Any, name: str = "alpha", low: float = 0.0) -> float:
    """Return a stability index in (0, 2] as a float; ``low`` > 0 narrows the range to [low, 2]."""
    return check_real(name, alpha, low=low, high=2.0, low_open=low == 0.0)


def check_integer(name: str, value: Any, *, low: int | None = None, high: int | None = None) -> int:
    """Return ``value`` as an int; floats are refused even when they are whole, so that nothing is rounded silently."""
    wanted = "an integer" + (f" >= {low}" if low is not None else "") + (f" and <= {high}" if high is not None else "")
    if isinstance(value, bool | np.bool_) or not isinstance(value, int | np.integer):
        raise ValueError(f"{name} = {value!r} must be {wanted}")
    number = int(value)
    if (low is not None and number < low) or (high is not None and number > high):
        raise ValueError(f"{name} = {value!r} must be {wanted}")
    return number


def check_choice(name: str, value: Any, allowed: Sequence[str]) -> str:
    """Return ``value`` if it is one of ``allowed``."""
    if value not in allowed:
        raise ValueError(f"{name} = {value!r} must be one of {', '.join(map(repr, allowed))}")
    return str(value)


def check_array(
    name: str, value: ArrayLike, *, ndim: int | None = None, finite: bool = True, min_size: int = 0
) -> NDArray[np.float64]:
    """Return a real float64 array (C order); refuse other kinds, a wrong number of dimensions and, by default, NaN and inf."""
    array = np.asarray(value)
    if array.dtype.kind not in "fiu":
        raise ValueError(f"{name} must be an array of real numbers, not of dtype {array.dtype}")
    if ndim is not None and array.ndim != ndim:
        raise ValueError(f"{name} must have {ndim} dimension(s), not shape {array.shape}")
    if array.size < min_size:
        raise ValueError(f"{name} must hold at least {min_size} value(s), not {array.size}")
    array = np.asarray(array, dtype=np.float64, order="C")  # keeps 0 dimensions, ascontiguousarray does not
    if finite and not np.isfinite(array).all():
        where = tuple(int(i) for i in np.argwhere(~np.isfinite(array))[0])
        raise ValueError(f"{name} holds a value that is not finite at index {where}: {array[where]}")
    return array
