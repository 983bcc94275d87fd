"""Three measures of a data collapse, in logarithms: rescaling only shifts a data set."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import linalg

__all__ = ["DataSet", "bhattacharjee_seno", "gaussian_process", "houdayer_hartmann", "overlaps"]

Array = NDArray[np.float64]
# A collapse that compares fewer than this part of the points is no collapse: without the guard minimisers escape to
# zero overlap, where nothing disagrees.
LEAST_OVERLAP = 0.25


@dataclass(frozen=True)
class DataSet:
    """ln x, ln y and the relative error of y for one size."""

    log_size: float
    log_x: Array
    log_y: Array
    error: Array

    def shifted(self, a: float, b: float) -> tuple[Array, Array]:
        """X = ln x - a ln n, Y = ln y + b ln n."""
        return self.log_x - a * self.log_size, self.log_y + b * self.log_size


def _brackets(x: Array, master: Array) -> tuple[Array, NDArray[np.intp]]:
    """Which x lie inside the master set, and the index of the left neighbour of those."""
    inside = (x >= master[0]) & (x <= master[-1])
    left = np.clip(np.searchsorted(master, x[inside], side="right") - 1, 0, master.size - 2)
    return inside, left


def _enough(compared: int, sets: list[DataSet]) -> bool:
    return compared >= max(3, math.ceil(LEAST_OVERLAP * sum(s.log_x.size for s in sets)))


def overlaps(a: float, b: float, sets: list[DataSet]) -> bool:
    """Whether enough points lie inside the range of another size; cheap."""
    ends = np.array([(s.log_x[0] - a * s.log_size, s.log_x[-1] - a * s.log_size) for s in sets])
    compared = 0
    for i, s in enumerate(sets):
        others = np.delete(ends, i, axis=0)
        x = s.log_x[:, None] - a * s.log_size
        compared += int(((x >= others[:, 0]) & (x <= others[:, 1])).any(axis=1).sum())
    return _enough(compared, sets)


def houdayer_hartmann(a: float, b: float, sets: list[DataSet]) -> float:
    """S: mean squared distance from the master line through the bracketing points of all other sizes, in squared errors."""
    moved = [s.shifted(a, b) for s in sets]
    total, compared = 0.0, 0
    for i, (x, y) in enumerate(moved):
        sums = np.zeros((5, x.size))  # K, Kx, Ky, Kxx, Kxy of the weighted line through the bracketing points
        for j, (master_x, master_y) in enumerate(moved):
            if i == j or master_x.size < 2:
                continue
            inside, left = _brackets(x, master_x)
            for k in (left, left + 1):
                w = sets[j].error[k] ** -2.0
                # Distances from the point itself, so that the line's value there is the intercept and nothing cancels.
                dx, my = master_x[k] - x[inside], master_y[k]
                sums[:, inside] += np.array([w, w * dx, w * my, w * dx**2, w * dx * my])
        n, sx, sy, sxx, sxy = sums
        determinant = n * sxx - sx**2
        usable = determinant > 1e-14 * n * sxx
        if not usable.any():
            continue
        n, sx, sy, sxx, sxy, determinant = (v[usable] for v in (n, sx, sy, sxx, sxy, determinant))
        line = (sxx * sy - sx * sxy) / determinant
        variance = sxx / determinant
        total += float(np.sum((y[usable] - line) ** 2 / (sets[i].error[usable] ** 2 + variance)))
        compared += int(usable.sum())
    return total / compared if _enough(compared, sets) else math.inf


def bhattacharjee_seno(a: float, b: float, sets: list[DataSet], power: float = 1.0) -> float:
    """P_b: mean distance (to a power) of every set's points from the linear interpolation of every other set."""
    moved = [s.shifted(a, b) for s in sets]
    total, compared, touched = 0.0, 0, np.zeros(sum(x.size for x, _ in moved), dtype=bool)
    offset = 0
    for i, (x, y) in enumerate(moved):
        for j, (master_x, master_y) in enumerate(moved):
            if i == j or master_x.size < 2:
                continue
            inside, _ = _brackets(x, master_x)
            total += float(np.sum(np.abs(y[inside] - np.interp(x[inside], master_x, master_y)) ** power))
            compared += int(inside.sum())
            touched[offset : offset + x.size] |= inside
        offset += x.size
    return (total / compared) ** (1.0 / power) if _enough(int(touched.sum()), sets) else math.inf


def gaussian_process(a: float, b: float, log_amplitude: float, log_length: float, sets: list[DataSet]) -> float:
    """Minus the log evidence of one smooth curve: Y ~ N(beta0 + beta1 X, A^2 exp(-(X-X')^2/(2 l^2)) + diag(e^2)).

    The straight line is integrated out with a flat prior.
    """
    moved = [s.shifted(a, b) for s in sets]
    x, y = np.concatenate([m[0] for m in moved]), np.concatenate([m[1] for m in moved])
    error = np.concatenate([s.error for s in sets])
    x = x - x.mean()
    length = math.exp(log_length)
    kernel = math.exp(2.0 * log_amplitude) * np.exp(-0.5 * ((x[:, None] - x) / length) ** 2)
    kernel[np.diag_indices(x.size)] += error**2
    try:
        factor = linalg.cholesky(kernel, lower=True, check_finite=False)
    except linalg.LinAlgError:  # amplitude over error beyond double precision: as bad as can be
        return math.inf
    basis = np.column_stack([np.ones_like(x), x, y])
    white = linalg.solve_triangular(factor, basis, lower=True, check_finite=False)
    gram = white[:, :2].T @ white[:, :2]
    beta = np.linalg.solve(gram, white[:, :2].T @ white[:, 2])
    rest = white[:, 2] - white[:, :2] @ beta
    return float(
        0.5 * rest @ rest
        + np.log(np.diag(factor)).sum()
        + 0.5 * np.linalg.slogdet(gram)[1]
        + 0.5 * (x.size - 2) * math.log(2.0 * math.pi)
    )
