"""Roots of the saddle-point equations of the scale mixture.

At T = 0 the equations ``N_l (1 - u_l / sigma_l^2) = R - B / rho`` with ``rho = prod u_l`` say that
``t = B / rho`` satisfies ``u_l = sigma_l^2 (N_l - R + t) / N_l``, so that one number ``t`` remains:

    ln t + sum_l ln(N_l - R + t) = ln B + sum_l ln(N_l / sigma_l^2).

With ``t = max(0, R - min N) + e^z`` every argument of a logarithm is a sum of non-negative terms: nothing cancels, the
left side is increasing and convex in ``z`` with slope between 1 and L + 1, and Newton's method converges from anywhere.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rmt._checks import check_integer

__all__ = ["arithmetic", "finite_temperature_roots", "layer_factors", "mode_sum", "zero_temperature_root"]

Layers = Sequence[tuple[Any, Any, int]]  # (width, variance of the weights leaving it, how many such layers)


def arithmetic(dps: int | None) -> tuple[Any, Any, float]:
    """Module of elementary functions, converter of numbers and rounding unit: doubles, or mpmath with ``dps`` digits."""
    if dps is None:
        return math, float, 2.2e-16
    import mpmath

    context = mpmath.mp.clone()
    context.dps = check_integer("dps", dps, low=15) + 5
    return context, context.mpf, 10.0 ** (-context.dps)


def zero_temperature_root(
    log_strength: Any, rank: Any, layers: Layers, dps: int | None = None
) -> tuple[list[Any], Any]:
    """The unique positive root at T = 0: (u of each entry of ``layers``, ln rho); ``log_strength`` is ln B."""
    m, number, unit = arithmetic(dps)
    log, log1p, exp = m.log, m.log1p, m.exp
    narrowest = min(width for width, _, _ in layers)
    shift = max(number(0), rank - narrowest)
    offsets = [width - (narrowest if shift > 0 else rank) for width, _, _ in layers]
    goal = log_strength + sum(count * log(width / variance) for width, variance, count in layers)
    # Linear terms (offset zero) are one slope; the others are softplus functions of z - ln(offset).
    terms = [(shift, 1)] + [(offset, layer[2]) for offset, layer in zip(offsets, layers, strict=True)]
    linear = sum(count for offset, count in terms if offset == 0)
    curved = [(log(offset), count) for offset, count in terms if offset != 0]
    constant = sum(count * log_offset for log_offset, count in curved) - goal
    z = goal / sum(count for _, count in terms)  # convexity puts the next iterate at or right of the root
    for _ in range(300):
        value, slope = constant + linear * z, linear
        for log_offset, count in curved:
            y = z - log_offset
            e = exp(-y if y > 0 else y)
            value = value + count * (log1p(e) + (y if y > 0 else 0))
            slope = slope + count * (1 if y > 0 else e) / (1 + e)
        step = value / slope
        z = z - step
        if abs(step) <= 2 * unit * max(1, abs(z)):
            break
    excess = exp(z)
    u = [variance * (offset + excess) / width for (width, variance, _), offset in zip(layers, offsets, strict=True)]
    return u, log_strength - (z if shift == 0 else log(shift + excess))


def mode_sum(
    rho: NDArray[np.float64], eigenvalues: NDArray[np.float64], squares: NDArray[np.float64], temperature: float
) -> NDArray[np.float64]:
    """``Tr[rho K0 A^-1] - rho y^T A^-1 K0 A^-1 y`` with ``A = rho K0 + T``: minus twice the slope of ln likelihood in ln rho."""
    signal = rho[..., None] * eigenvalues
    total = signal + temperature
    return np.sum(signal / total * (1.0 - squares / total), axis=-1)


def layer_factors(
    v: NDArray[np.float64], widths: NDArray[np.float64], variances: NDArray[np.float64]
) -> NDArray[np.float64]:
    """All u of the layers, shape (..., L), when the narrowest has ``u_n = sigma_n^2 e^v``: ``N_l - s`` without cancellation."""
    narrowest = float(widths.min())
    return variances * ((widths - narrowest) + narrowest * np.exp(v)[..., None]) / widths


def finite_temperature_roots(
    widths: NDArray[np.float64],
    variances: NDArray[np.float64],
    eigenvalues: NDArray[np.float64],
    squares: NDArray[np.float64],
    temperature: float,
) -> NDArray[np.float64]:
    """All solutions at T > 0, each as the vector u of the layers, shape (count, L), in increasing order of rho.

    The unknown is ``v = ln(u_n / sigma_n^2)`` of the narrowest layer n: every layer then follows from
    ``s = N_n (1 - e^v)``. The modes bound s between ``-sum y^2 / 4T`` and ``min(R, rho tr K0 / T)``, hence v; the scan
    resolves ln rho to 0.05, a tenth of the width of the logistic steps of the sum over modes.
    """
    from scipy.optimize import brentq, minimize_scalar

    narrowest = float(widths.min())

    def log_rho(v: Any) -> Any:
        return np.log(layer_factors(np.asarray(v, dtype=float), widths, variances)).sum(axis=-1)

    def excess(v: float | NDArray[np.float64]) -> Any:
        v = np.asarray(v, dtype=float)
        out = mode_sum(np.exp(log_rho(v)), eigenvalues, squares, temperature) + narrowest * np.expm1(v)
        return float(out) if out.ndim == 0 else out

    high = math.log1p((squares.sum() / (4 * temperature) + 1.0) / narrowest)
    log_gain = math.log(eigenvalues.sum() / temperature)
    low = -1.0
    while -narrowest * math.expm1(low) <= math.exp(min(700.0, float(log_rho(low)) + log_gain)):
        low *= 2
    span = float(log_rho(high) - log_rho(low))
    grid = np.linspace(low, high, max(200, int(span / 0.05)) + 1)
    block = max(1, 2_000_000 // eigenvalues.size)
    values = np.concatenate([excess(grid[i : i + block]) for i in range(0, grid.size, block)])

    brackets = [(grid[i], grid[i + 1]) for i in np.flatnonzero(values[:-1] * values[1:] < 0)]
    # A pair of roots inside one cell shows as an extremum that points to zero: look there too.
    middle, sign = values[1:-1], np.sign(values[1:-1])
    for i in np.flatnonzero((sign * (values[:-2] - middle) >= 0) & (sign * (values[2:] - middle) >= 0)) + 1:
        side = math.copysign(1.0, values[i])
        found = minimize_scalar(
            lambda v, side=side: side * excess(v), bounds=(grid[i - 1], grid[i + 1]), method="bounded"
        )
        if side * excess(found.x) < 0:
            brackets += [(grid[i - 1], found.x), (found.x, grid[i + 1])]
    roots = sorted(brentq(excess, a, b, xtol=1e-15, rtol=8.9e-16) for a, b in brackets)
    roots += [float(v) for v in grid[values == 0.0]]
    return layer_factors(np.asarray(sorted(roots)), widths, variances)
