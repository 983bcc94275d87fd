"""Log of Meijer's ``G^{q,0}_{0,q}(z | -; b)`` for many arguments z at one set of parameters b (repeated ones grouped)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from rmt.deeplinear._saddle import arithmetic

__all__ = ["log_meijer"]

Parameters = Sequence[tuple[float, int]]  # (b, multiplicity)


def _saddle(
    log_z: NDArray[np.float64], shifted: NDArray[np.float64], counts: NDArray[np.float64]
) -> NDArray[np.float64]:
    """t > 0 with sum counts psi(shifted + t) = log_z: Newton from the left of the root of a concave increasing function."""

    def value(t: NDArray[np.float64]) -> NDArray[np.float64]:
        return special.digamma(shifted + t[:, None]) @ counts - log_z

    t = np.exp(np.minimum(log_z / counts.sum(), 600.0))  # psi(x) < ln x, exact for equal large parameters
    for _ in range(2100):
        above = value(t) > 0
        if not above.any():
            break
        t[above] /= 2
    for _ in range(200):
        slope = special.zeta(2.0, shifted + t[:, None]) @ counts
        step = -value(t) / slope
        t = t + step
        if np.all(np.abs(step) <= 1e-9 * t):  # the contour may pass anywhere near the saddle
            break
    return t


def _beyond_first_pole(
    log_z: NDArray[np.float64], shifted: NDArray[np.float64], counts: NDArray[np.float64], gap: float
) -> NDArray[np.float64]:
    """ln G z^-lowest for small z: residue at the first pole plus the integral on a line half way to the next one."""
    others = shifted > 0
    log_residue = float(special.gammaln(shifted[others]) @ counts[others])
    c = -gap / 2
    step = 2 * np.pi * (gap / 2) / 38.0
    y = step * np.arange(math.ceil(60.0 / step))  # every Gamma function falls as exp(-pi y / 2)
    log_gammas = sum(count * special.loggamma(value + c + 1j * y) for value, count in zip(shifted, counts, strict=True))
    terms = np.exp(log_gammas - log_residue - (c + 1j * y) * log_z[:, None]).real
    return log_residue + np.log1p(step / np.pi * (terms.sum(axis=1) - terms[:, 0] / 2))


def log_meijer(log_z: ArrayLike, parameters: Parameters) -> NDArray[np.float64]:
    """ln G(z) for an array of ln z: Mellin-Barnes integral on the line through the real saddle, trapezoid rule."""
    flat = np.atleast_1d(np.asarray(log_z, dtype=float))
    b = np.array([value for value, _ in parameters], dtype=float)
    counts = np.array([count for _, count in parameters], dtype=float)
    lowest = b.min()
    shifted = b - lowest
    t = _saddle(flat, shifted, counts)
    out = np.empty_like(flat)
    gap = min(1.0, float(shifted[shifted > 0].min(initial=1.0)))
    # Near the first pole the line through the saddle needs 1/t nodes; past it, a few hundred.
    near = (t < 0.15) & (counts[shifted == 0].sum() == 1.0) & (gap >= 0.25)
    if near.any():
        out[near] = _beyond_first_pole(flat[near], shifted, counts, gap) + lowest * flat[near]
    if not near.all():
        out[~near] = _through_saddle(flat[~near], t[~near], shifted, counts, lowest)
    return out.reshape(np.shape(log_z))


def _through_saddle(
    flat: NDArray[np.float64],
    t: NDArray[np.float64],
    shifted: NDArray[np.float64],
    counts: NDArray[np.float64],
    lowest: float,
) -> NDArray[np.float64]:
    """The integral on the line at distance t right of the first pole, in logarithms relative to the saddle."""
    base = special.gammaln(shifted + t[:, None]) @ counts - (t - lowest) * flat
    curvature = special.zeta(2.0, shifted + t[:, None]) @ counts
    # Two errors of the rule: exp(-2 pi^2 / h^2) of a Gaussian, exp(-2 pi t / h) of the nearest pole at distance t.
    step = np.minimum(0.6 / np.sqrt(curvature), 2 * np.pi * t / 38.0)
    total = np.ones_like(flat)
    block, start = 24, 1
    while True:
        y = step[:, None] * np.arange(start, start + block)
        exponent = -1j * y * flat[:, None] - (base + (t - lowest) * flat)[:, None]
        for value, count in zip(shifted, counts, strict=True):
            exponent += count * special.loggamma(value + t[:, None] + 1j * y)
        terms = np.exp(exponent)
        total += 2 * terms.real.sum(axis=1)
        if np.all(np.abs(terms[:, -1]) < 1e-18):
            break
        start, block = start + block, min(2 * block, 4096)
    return np.asarray(base + np.log(step * total / (2 * np.pi)))


def log_meijer_digits(z: Any, b: Sequence[Any], dps: int) -> Any:
    """The same integral in mpmath for one argument; numbers in, an mpmath number out."""
    m, number, unit = arithmetic(dps)
    b = [number(value) for value in b]
    log_z, lowest = m.log(number(z)), min(number(value) for value in b)
    value = lambda t: sum(m.digamma(p - lowest + t) for p in b) - log_z
    low = high = m.exp(log_z / len(b))
    while value(low) > 0:
        low /= 2
    while value(high) < 0:
        high *= 2
    for _ in range(60):
        middle = m.sqrt(low * high)
        low, high = (low, middle) if value(middle) > 0 else (middle, high)
    t = m.sqrt(low * high)
    curvature = sum(m.psi(1, p - lowest + t) for p in b)
    digits = -m.log(unit)
    step = min(m.pi * m.sqrt(2 / (digits * curvature)), 2 * m.pi * t / digits)
    base = sum(m.loggamma(p - lowest + t) for p in b) - (t - lowest) * log_z
    total, k = number(1), 0
    while True:
        k += 1
        s = m.mpc(t - lowest, k * step)
        term = m.exp(sum(m.loggamma(p + s) for p in b) - s * log_z - base)
        total += 2 * term.real
        if abs(term) < unit * abs(total):
            break
    return base + m.log(step * total / (2 * m.pi))
