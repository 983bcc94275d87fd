"""Quantiles of one law as polynomials of degree 12 in the tail probability, on panels per binary octave of it.

The table coordinate is p for the lower tail and -q for the upper one, both at most 1/2, so a panel is found from the bits of the
probability and a value costs one polynomial: near p = 0 the quantile is a power of p, which is smooth on every octave. For small
alpha the density is so steep at the centre zeta that the quantile is not smooth next to p = P(X < zeta): there a second set of
panels has the distance from that probability as its coordinate.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rmt._stable_density import Law
from rmt._stable_tables import Piecewise
from rmt.stable.evaluation import kernel_law
from rmt.stable.tables import FINEST, Layout, chebyshev_ends, chebyshev_nodes

__all__ = ["InverseTable", "inverse_table"]

DEEPEST = 60  # octaves: down to probability 2^-61
NEAREST, REACH = -32, -7  # octaves of the distance from the probability of the centre: beyond 2^-32 nothing is served
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
        sides = (1,) if self.symmetric else (1, -1)
        layout, values = _panels(self.quantile, np.abs, sides, -DEEPEST - 1, -1)
        self.function = self._function(layout, values)
        self.panels = values.shape[0] - 1
        points = [side * (a + 0.6180339887 * b) for side in layout.sides for a, b in [layout.edges(side)]]
        self.inner = None
        if np.isnan(values[:-1]).any() and alpha < 0.5 and not (positive or abs(beta) == 1.0):
            ends = np.zeros(1), np.empty((3, 1))
            zeta = np.array([-beta * np.tan(0.5 * np.pi * alpha)])
            self.kernel.evaluate_logs(zeta, ends[0], ends[1])
            self.centre = np.exp(ends[1][1:, 0])  # P(X < zeta), P(X > zeta)
            layout, values = _panels(lambda v: self.quantile(self._outer(v)), self._probability, sides, NEAREST, REACH)
            self.inner = self._function(layout, values)
            self.panels += values.shape[0] - 1
            points += [self._outer(side * (a + 0.6180339887 * b)) for side in sides for a, b in [layout.edges(side)]]
        u = np.concatenate(points)
        table, exact = self.evaluate(u), self.quantile(u)
        served = np.isfinite(table) & np.isfinite(exact)
        with np.errstate(invalid="ignore"):
            step = self.quantile(u * (1.0 + 2.0**-20)) - exact
            error = np.abs(table - exact) / np.abs(step) * 2.0**-20
        self.max_error = float(np.max(error[served], initial=0.0))

    def _function(self, layout: Layout, values: NDArray[np.float64]) -> Piecewise:
        polynomials = layout.coefficients(values)
        return layout.piecewise(polynomials, -polynomials if self.symmetric else None)

    def _outer(self, v: NDArray[np.float64]) -> NDArray[np.float64]:
        """The table coordinate whose lower tail probability is ``v`` above that of the centre."""
        p = self.centre[0] + v
        return np.where(p <= 0.5, p, v - self.centre[1])

    def _probability(self, v: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.abs(self._outer(v))

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
        if self.inner is not None:
            missing = np.flatnonzero(np.isnan(out))
            rest = u[missing]
            found = np.empty(missing.size)
            self.inner.values(np.where(rest > 0.0, rest - self.centre[0], rest + self.centre[1]), found, False)
            out[missing] = found
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


def _excess(values: NDArray[np.float64], p: NDArray[np.float64]) -> NDArray[np.float64]:
    """Size of the last Chebyshev coefficients beyond 32 roundings of x, per panel, in units of dx/d ln p."""
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        size = np.abs(np.einsum("cj,pj->cp", chebyshev_ends(), values)).max(axis=0)
        size = np.maximum(size - 32 * np.finfo(float).eps * np.abs(values).max(axis=1), 0.0)
        slope = np.abs(np.diff(values, axis=1) / np.diff(np.log(p), axis=1)).min(axis=1)
        return np.where(np.isfinite(values).all(axis=1), np.nan_to_num(size / slope, nan=np.inf), np.inf)


Function = Callable[[NDArray[np.float64]], NDArray[np.float64]]


def _panels(
    quantile: Function, probability: Function, sides: tuple[int, ...], low: int, top: int
) -> tuple[Layout, NDArray[np.float64]]:
    """Octaves of the coordinate, each halved until its panels meet the tolerance, and the quantiles at their nodes."""
    nodes = chebyshev_nodes()
    stored: dict[tuple[int, int], tuple[int, NDArray[np.float64]]] = {}
    pending = [(side, octave) for side in sides for octave in range(top - low)]
    for k in range(1, FINEST + 1):
        if not pending:
            break
        width = np.array([2.0 ** (low + octave - k) for _, octave in pending])
        start = width[:, None] * (2**k + np.arange(2**k))
        signs = np.array([side for side, _ in pending], dtype=float)[:, None, None]
        u = signs * (start[:, :, None] + width[:, None, None] * 0.5 * (nodes + 1.0))
        values = quantile(u)
        size = _excess(values.reshape(-1, 13), probability(u.reshape(-1, 13))).reshape(len(pending), -1)
        again = []
        for key, block, error in zip(pending, values, size, strict=True):
            hopeless = not np.isfinite(block).any()  # beyond the range of doubles
            if error.max() < TOLERANCE or k == FINEST or hopeless:
                stored[key] = (k, np.where((error < WORST)[:, None], block, np.nan))
            else:
                again.append(key)
        pending = again
    bits = {side: [stored[side, octave][0] for octave in range(top - low)] for side in sides}
    rows = [stored[side, octave][1] for side in sides for octave in range(top - low)]
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
