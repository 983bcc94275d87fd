"""Stable variates by stream from the caller's Generator: the Python side of the compiled sampler."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from rmt import _stable_sampling as kernel
from rmt._random import RandomState, generator

__all__ = ["draw_log_positive", "draw_log_stable", "draw_positive", "draw_stable"]

Shape = int | tuple[int, ...] | None


def _count(shape: Shape) -> tuple[tuple[int, ...], int]:
    dimensions = () if shape is None else tuple(shape) if isinstance(shape, tuple | list) else (shape,)
    for size in dimensions:
        if isinstance(size, bool) or not isinstance(size, int | np.integer) or size < 0:
            raise ValueError(f"shape = {shape!r} must be an integer >= 0 or a tuple of them")
    return tuple(int(size) for size in dimensions), math.prod(int(size) for size in dimensions)


def draw_stable(
    shape: Shape, rng: RandomState, *, alpha: float, beta: float, scale: float, shift: float, s0: bool
) -> NDArray[np.float64]:
    """Variates ``shift + scale X``; X of unit scale, in the S0 (``s0``) or S1 coordinate.

    Parameters
    ----------
    shape : int, tuple of int or None
        Shape of the result; None is a 0-d array.
    rng : seed, Generator, SeedSequence, BitGenerator or None
        The stream; two 64-bit words a variate.
    alpha, beta, scale, shift : float
        Checked by the caller.
    s0 : bool
        Coordinate of X.

    Returns
    -------
    ndarray of float64
    """
    dimensions, count = _count(shape)
    bits = generator(rng).bit_generator
    out = np.empty(count)
    with bits.lock:
        kernel.fill_stable(bits.capsule, out, alpha, beta, scale, shift, s0)
    return out.reshape(dimensions)


def draw_log_stable(
    shape: Shape, rng: RandomState, *, alpha: float, beta: float, scale: float, shift: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Sign and natural logarithm of ``|shift + scale X1|``, X1 strictly stable (S1 coordinate, alpha != 1 or beta = 0).

    Parameters
    ----------
    shape, rng, alpha, beta, scale, shift
        As for :func:`draw_stable`.

    Returns
    -------
    sign, logarithm : ndarray of float64
        Never overflow, whatever alpha.
    """
    dimensions, count = _count(shape)
    bits = generator(rng).bit_generator
    sign, logarithm = np.empty(count), np.empty(count)
    with bits.lock:
        kernel.fill_log_stable(bits.capsule, sign, logarithm, alpha, beta)
    logarithm += math.log(scale)
    if shift != 0.0:
        # a shift is lost in rounding beyond 2^54 times its size; elsewhere exp cannot overflow
        with np.errstate(over="ignore"):
            moved = sign * np.exp(np.minimum(logarithm, 700.0)) + shift
        small = logarithm < min(700.0, math.log(abs(shift)) + 40.0)
        sign = np.where(small, np.sign(moved), sign)
        with np.errstate(divide="ignore"):
            logarithm = np.where(small, np.log(np.abs(moved)), logarithm)
    return sign.reshape(dimensions), logarithm.reshape(dimensions)


def draw_positive(shape: Shape, rng: RandomState, *, a: float, scale: float) -> NDArray[np.float64]:
    """Variates ``scale S``, E exp(-t S) = exp(-t^a).

    Parameters
    ----------
    shape, rng
        As for :func:`draw_stable`.
    a, scale : float
        Checked by the caller.

    Returns
    -------
    ndarray of float64
        Beyond the range of doubles (a below about 0.05) infinity; :func:`draw_log_positive` never overflows.
    """
    dimensions, count = _count(shape)
    bits = generator(rng).bit_generator
    out = np.empty(count)
    with bits.lock:
        kernel.fill_positive(bits.capsule, out, a, 1.0 - a, scale, False)
    return out.reshape(dimensions)


def draw_log_positive(shape: Shape, rng: RandomState, *, a: float, scale: float) -> NDArray[np.float64]:
    """Natural logarithm of ``scale S``.

    Parameters
    ----------
    shape, rng, a, scale
        As for :func:`draw_positive`.

    Returns
    -------
    ndarray of float64
    """
    dimensions, count = _count(shape)
    bits = generator(rng).bit_generator
    out = np.empty(count)
    with bits.lock:
        kernel.fill_positive(bits.capsule, out, a, 1.0 - a, 1.0, True)
    return (out + math.log(scale)).reshape(dimensions)
