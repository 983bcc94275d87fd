"""What every heavy-tailed law shares: checks of arguments, scalars in and out, sampling by inversion."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from rmt._checks import check_array
from rmt._random import RandomState, generator

__all__ = ["apply", "check_fraction", "check_log_position", "check_position", "sample_by_inversion"]


def apply(function: Callable[[NDArray], NDArray], flat_input: NDArray) -> float | NDArray:
    """Evaluate on the flattened array; a float for a 0-dimensional argument."""
    out = function(np.ascontiguousarray(flat_input).ravel())
    return float(out[0]) if flat_input.ndim == 0 else out.reshape(flat_input.shape)


def check_position(name: str, value: ArrayLike) -> NDArray[np.float64]:
    """Singular values and moduli: real and >= 0 (infinity is allowed)."""
    x = check_array(name, value, finite=False)
    bad = np.isnan(x) | (x < 0)
    if bad.any():
        raise ValueError(f"{name} = {x[bad].flat[0]!r} must be in [0, inf]")
    return x


def check_log_position(name: str, value: ArrayLike) -> NDArray[np.float64]:
    """Logarithms of them: any finite real number."""
    return check_array(name, value)


def check_fraction(name: str, value: ArrayLike) -> NDArray[np.float64]:
    """Probabilities in [0, 1]."""
    p = check_array(name, value)
    bad = (p < 0) | (p > 1)
    if bad.any():
        raise ValueError(f"{name} = {p[bad].flat[0]!r} must be in [0, 1]")
    return p


def sample_by_inversion(
    icdf: Callable[[ArrayLike], float | NDArray], shape: int | Sequence[int], rng: RandomState
) -> NDArray[np.float64]:
    """Independent draws: the quantile function at uniform numbers."""
    size = (shape,) if isinstance(shape, int | np.integer) else tuple(shape)
    return np.asarray(icdf(generator(rng).random(size)))
