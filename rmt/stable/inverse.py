"""Quantiles of one law as polynomials of degree 12 in the tail probability, on panels per binary octave of it.

The table coordinate is p for the lower tail and -q for the upper one, both at most 1/2, so a panel is found from the bits of the
probability and a value costs one polynomial: near p = 0 the quantile is a power of p, which is smooth on every octave.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rmt._stable_density import Law
from rmt.stable.evaluation import kernel_law
from rmt.stable.tables import FINEST, Layout, chebyshev_ends, chebyshev_nodes

__all__ = ["InverseTable", "inverse_table"]

DEEPEST = 60  # octaves: down to probability 2^-61
TOLERANCE = 1e-13  # of ln p, for a panel that is not split further
WORST = 2e-12  # a panel above it is not served


class InverseTable:
    """Quantiles of one law at unit scale.

    Parameters
    ----------
    alpha, beta : float
    positive : bool
    s0 : bool
        Coordinate of the quantiles.

    Attributes
    ----------
    max_error : float
        Largest difference from the direct quantile, as a difference of ln p, at one point per panel between the nodes.
    panels : int
    """

    def __init__(self, alpha: float, beta: float, positive: bool, s0: bool) -> None:
        self.kernel, self.s0 = kernel_law(alpha, beta, positive), s0
        self.symmetric = beta == 0.0 and not positive
        layout, values = _panels(self, (1,) if self.symmetric else (1, -1))
        polynomials = layout.coefficients(values)
        self.function = layout.piecewise(polynomials, -polynomials if self.symmetric else None)
        self.panels = values.shape[0] - 1
        points = np.concatenate(
            [side * (a + 0.6180339887 * b) for side in layout.sides for a, b in [layout.edges(side)]]
        )
        table, exact = np.empty(points.size), self.quantile(points)
        self.function.values(points, table, False)
        served = np.isfinite(table) & np.isfinite(exact)
        with np.errstate(invalid="ignore"):
            step = self.quantile(points * (1.0 + 2.0**-20)) - exact
            error = np.abs(table - exact) / np.abs(step) * 2.0**-20
        self.max_error = float(np.max(error[served], initial=0.0))

    def quantile(self, u: NDArray[np.float64]) -> NDArray[np.float64]:
        """Quantiles at table coordinates by the direct solution.

        Parameters
        ----------
        u : ndarray of float64
            p, or minus the upper tail probability.

        Returns
        -------
        ndarray of float64, of the shape of u
        """
        return direct_quantile(self.kernel, u, self.s0)

    def evaluate(self, u: NDArray[np.float64]) -> NDArray[np.float64]:
        """Quantiles at table coordinates; NaN where there is no panel.

        Parameters
        ----------
        u : ndarray of float64, shape (n,)

        Returns
        -------
        ndarray of float64, shape (n,)
        """
        out = np.empty(u.size)
        self.function.values(u, out, False)
        return out


def direct_quantile(kernel: Law, u: NDArray[np.float64], s0: bool) -> NDArray[np.float64]:
    """Quantiles at the probabilities ``|u|`` of the lower (u > 0) or upper tail (u < 0).

    Parameters
    ----------
    kernel : rmt._stable_density.Law
    u : ndarray of float64
    s0 : bool
        Coordinate of the quantiles.

    Returns
    -------
    ndarray of float64, of the shape of u
    """
    flat = np.ascontiguousarray(u).ravel()
    found = np.empty(flat.size)
    kernel.quantile(np.log(np.abs(flat)), np.ascontiguousarray(flat > 0.0, dtype=np.uint8), found, s0)
    return found.reshape(u.shape)


def _excess(values: NDArray[np.float64], u: NDArray[np.float64]) -> NDArray[np.float64]:
    """Size of the last Chebyshev coefficients beyond 32 roundings of x, per panel, in units of dx/d ln p."""
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        size = np.abs(np.einsum("cj,pj->cp", chebyshev_ends(), values)).max(axis=0)
        size = np.maximum(size - 32 * np.finfo(float).eps * np.abs(values).max(axis=1), 0.0)
        slope = np.abs(np.diff(values, axis=1) / np.diff(np.log(np.abs(u)), axis=1)).min(axis=1)
        return np.where(np.isfinite(values).all(axis=1), np.nan_to_num(size / slope, nan=np.inf), np.inf)


def _panels(table: InverseTable, sides: tuple[int, ...]) -> tuple[Layout, NDArray[np.float64]]:
    """Octaves of the probability, each halved until its panels meet the tolerance, and the quantiles at their nodes."""
    nodes, low = chebyshev_nodes(), -DEEPEST - 1
    stored: dict[tuple[int, int], tuple[int, NDArray[np.float64]]] = {}
    pending = [(side, octave) for side in sides for octave in range(DEEPEST)]
    for k in range(1, FINEST + 1):
        if not pending:
            break
        width = np.array([2.0 ** (low + octave - k) for _, octave in pending])
        start = width[:, None] * (2**k + np.arange(2**k))
        signs = np.array([side for side, _ in pending], dtype=float)[:, None, None]
        u = signs * (start[:, :, None] + width[:, None, None] * 0.5 * (nodes + 1.0))
        values = table.quantile(u)
        size = _excess(values.reshape(-1, 13), u.reshape(-1, 13)).reshape(len(pending), -1)
        again = []
        for key, block, error in zip(pending, values, size, strict=True):
            hopeless = not np.isfinite(block).any()  # beyond the range of doubles
            if error.max() < TOLERANCE or k == FINEST or hopeless:
                stored[key] = (k, np.where((error < WORST)[:, None], block, np.nan))
            else:
                again.append(key)
        pending = again
    bits = {side: [stored[side, octave][0] for octave in range(DEEPEST)] for side in sides}
    rows = [stored[side, octave][1] for side in sides for octave in range(DEEPEST)]
    return Layout(lambda u: (u, u), sides, 0.0, low, bits), np.concatenate([*rows, np.zeros((1, 13))])


@lru_cache(maxsize=32)
def inverse_table(alpha: float, beta: float, positive: bool, s0: bool) -> InverseTable:
    """The table of a law, made on first use and kept.

    Parameters
    ----------
    alpha, beta : float
    positive, s0 : bool

    Returns
    -------
    InverseTable
    """
    return InverseTable(alpha, beta, positive, s0)


def table_coordinate(p: NDArray[Any], upper: bool) -> NDArray[np.float64]:
    """p <= 1/2 as it is, above 1/2 minus the other tail (exact); mirrored for the upper tail.

    Parameters
    ----------
    p : ndarray of float64
    upper : bool

    Returns
    -------
    ndarray of float64
    """
    u = np.where(p <= 0.5, p, p - 1.0)
    return -u if upper else u
