"""Tables of one law: logarithms of density and tails as polynomials of degree 12 on panels of |x| per binary octave.

A panel is found from the exponent and the first mantissa bits of x, so a value costs one polynomial and one exponential.
The coordinate is S0, below alpha = 0.94 the distance from the centre zeta, where the density is steep.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rmt._stable_density import Law
from rmt._stable_tables import Piecewise
from rmt.stable.evaluation import direct, kernel_law

__all__ = ["Layout", "Table", "chebyshev_ends", "chebyshev_nodes", "law_table", "panel_layout"]

DEGREE = 12
TOLERANCE = 1e-12  # of the logarithm, at panels that are split further
WORST = 4e-12  # a panel above it is not served
TOP = 45  # octaves up to 2^45 (more for alpha < 1/2); beyond, the tail series is evaluated directly
FINEST = 6  # at most 2^6 panels an octave
FUNCTIONS = ("logpdf", "logcdf", "logccdf")

Coordinates = tuple[NDArray[np.float64], NDArray[np.float64]]


@lru_cache(maxsize=1)
def _transform() -> tuple[NDArray[np.float64], NDArray[Any], NDArray[np.float64]]:
    """Chebyshev nodes, the matrix from values to monomial coefficients (extended precision), the last two Chebyshev rows."""
    n = DEGREE + 1
    angle = np.pi * (np.arange(n) + 0.5) / n
    nodes = np.cos(angle)
    chebyshev = 2.0 / n * np.cos(np.outer(np.arange(n), angle))
    chebyshev[0] *= 0.5
    monomial = np.zeros((n, n), dtype=np.longdouble)
    for k in range(n):
        column = np.polynomial.chebyshev.cheb2poly([0.0] * k + [1.0])
        monomial[: column.size, k] = column  # integers: exact
    # the values-to-Chebyshev matrix once more in extended precision
    wide = (
        np.longdouble(2)
        / n
        * np.cos(np.outer(np.arange(n), np.longdouble(math.pi) * (np.arange(n) + np.longdouble(0.5)) / n))
    )
    wide[0] *= np.longdouble(0.5)
    return nodes, monomial @ wide, chebyshev[-2:]


def chebyshev_nodes() -> NDArray[np.float64]:
    """The 13 nodes of a panel in [-1, 1].

    Returns
    -------
    ndarray of float64, shape (13,)
    """
    return _transform()[0]


def chebyshev_ends() -> NDArray[np.float64]:
    """The matrix from the values at the nodes to the last two Chebyshev coefficients.

    Returns
    -------
    ndarray of float64, shape (2, 13)
    """
    return _transform()[2]


class Layout:
    """Where the panels are: shared by all functions of one law, and by laws that are differenced.

    Parameters
    ----------
    coordinate : callable
        Turns table coordinates into the pair (S0, S1).
    sides : tuple of int
        +1, -1, or both.
    radius : float
        The centre polynomial serves |x| < radius; 0 without one.
    low : int
        The first octave begins at 2^low.
    bits : dict of int to list of int
        Per side, the number of mantissa bits of every octave.
    """

    def __init__(
        self, coordinate: Callable[[Any], Coordinates], sides: tuple[int, ...], radius: float, low: int, bits: Any
    ) -> None:
        self.coordinate, self.sides, self.radius, self.low = coordinate, sides, radius, low
        self.bits = {s: np.array(bits[s], dtype=np.uint8) for s in sides}
        self.base = {s: np.r_[0, np.cumsum(2 ** self.bits[s].astype(int))[:-1]].astype(np.int32) for s in sides}

    def edges(self, side: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Lower ends and widths of the panels of a side, as |x|.

        Parameters
        ----------
        side : int

        Returns
        -------
        start, width : ndarray of float64
        """
        start, width = [], []
        for octave, k in enumerate(self.bits[side].tolist()):
            size = 2.0 ** (self.low + octave)
            start.append(size * (1.0 + np.arange(2**k) / 2**k))
            width.append(np.full(2**k, size / 2**k))
        if not start:
            return np.empty(0), np.empty(0)
        return np.concatenate(start), np.concatenate(width)

    def points(self) -> NDArray[np.float64]:
        """All nodes: sides in order, panels, 13 nodes each; then the centre.

        Returns
        -------
        ndarray of float64, shape (panels + centre, 13)
        """
        nodes = chebyshev_nodes()
        rows = []
        for side in self.sides:
            start, width = self.edges(side)
            rows.append(side * (start[:, None] + 0.5 * width[:, None] * (nodes + 1.0)))
        rows.append(self.radius * nodes[None, :])
        return np.concatenate(rows)

    def coefficients(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Monomial coefficients of the panels from the values at :meth:`points`; linear, so tables can be combined.

        Parameters
        ----------
        values : ndarray of float64, shape (..., panels + centre, 13)

        Returns
        -------
        ndarray of float64, of the same shape
        """
        with np.errstate(invalid="ignore"):
            return np.asarray(values.astype(np.longdouble) @ _transform()[1].T, dtype=np.float64)

    def piecewise(self, coefficients: NDArray[np.float64], mirrored: NDArray[np.float64] | None = None) -> Piecewise:
        """The function with the given coefficients.

        Parameters
        ----------
        coefficients : ndarray of float64, shape (panels + centre, 13)
        mirrored : ndarray, optional
            For a layout of one side of a symmetric law: coefficients of the function at minus the points.

        Returns
        -------
        rmt._stable_tables.Piecewise
        """
        parts, done = {}, 0
        for side in self.sides:
            count = int((2 ** self.bits[side].astype(int)).sum())
            panels = np.ascontiguousarray(coefficients[done : done + count])
            parts[side] = (self.bits[side], self.base[side], panels)
            done += count
        if mirrored is not None:
            parts[-1] = (self.bits[1], self.base[1], np.ascontiguousarray(mirrored[:done]))
        empty = (np.empty(0, np.uint8), np.empty(0, np.int32), np.empty((0, 13)))
        centre = np.ascontiguousarray(coefficients[-1])
        return Piecewise(self.low, self.radius, centre, *parts.get(1, empty), *parts.get(-1, empty))


def _coordinate(alpha: float, zeta: float, positive: bool) -> Callable[[Any], Coordinates]:
    if positive or zeta == 0.0:
        return lambda u: (u, u)
    if alpha < 0.94:
        return lambda u: (u + zeta, u)
    return lambda u: (u, u - zeta)


def _logs(law: Law, coordinates: Coordinates, shape: tuple[int, ...]) -> NDArray[np.float64]:
    out = np.empty((3, math.prod(shape)))
    x0, x1 = (np.ascontiguousarray(c).ravel() for c in coordinates)
    law.evaluate_logs(x0, x1, out)
    return out.reshape((3, *shape))


def _first_octave(alpha: float, positive: bool) -> int:
    """The octave in which the density of a one-sided law stops to underflow: -ln f = 745 for the leading term."""
    co = 1.0 - alpha
    log_y = co / alpha * (math.log(co / 745.0) + alpha / co * math.log(alpha))
    log_sc = 0.0 if positive else math.log(math.cos(0.5 * math.pi * alpha)) / alpha
    return min(max(math.floor((log_y - log_sc) / math.log(2.0)), -1000), -2)


def panel_layout(
    alpha: float, beta: float, zeta: float, positive: bool = False, *, only_density: bool = False, top: int = TOP
) -> tuple[Layout, NDArray[np.float64]]:
    """Panels on which the logarithms of density and tails are polynomials to 1e-12, and the values at their nodes.

    Parameters
    ----------
    alpha, beta, zeta : float
        The law at unit scale; zeta = x_S0 - x_S1.
    positive : bool
        The positive law.
    only_density : bool
        Ask for the accuracy of the density only.
    top : int, optional
        Last octave; by default the one beyond which the probability is below 2^-22.

    Returns
    -------
    layout : Layout
    values : ndarray of float64, shape (3, panels + centre, 13)
        logpdf, logcdf, logccdf at ``layout.points()``; NaN on panels that miss the tolerance.
    """
    law, coordinate = kernel_law(alpha, beta, positive), _coordinate(alpha, zeta, positive)
    one_sided = positive or (alpha < 0.94 and abs(beta) == 1.0)  # in the table coordinate
    if top is None:
        top = min(max(TOP, int(0.5 * TOP / alpha)), 1000)
    sides: tuple[int, ...] = (1, -1)
    if beta == 0.0 or positive or (one_sided and beta > 0):
        sides = (1,)
    elif one_sided:
        sides = (-1,)
    nodes, last = chebyshev_nodes(), chebyshev_ends()
    wanted = 1 if only_density else 3

    def excess(values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Size of the last Chebyshev coefficients, the worst of the functions; infinite where something is not finite."""
        with np.errstate(invalid="ignore"):
            size = np.abs(np.einsum("cj,fpj->cfp", last, values[:wanted])).max(axis=(0, 1))
        return np.where(np.isfinite(values[:wanted]).all(axis=(0, 2)), np.nan_to_num(size, nan=np.inf), np.inf)

    low, radius, centre = -4, 0.0, np.full((3, 1, 13), np.nan)
    if not one_sided:
        for low in (-3, -5, -8, -12, -20, -30, -45):
            radius = 2.0**low
            centre = _logs(law, coordinate(radius * nodes[None, :]), (1, 13))
            if excess(centre)[0] < TOLERANCE:
                break
    else:
        low = _first_octave(alpha, positive)
    stored: dict[tuple[int, int], tuple[int, NDArray[np.float64]]] = {}
    pending = [(side, octave) for side in sides for octave in range(top - low)]
    finest = FINEST + 2 if positive and alpha > 0.9 else FINEST  # the positive law closes around 1 as a -> 1
    for k in range(1, finest + 1):
        offsets = np.arange(2**k) / 2**k
        start = np.array([[s * 2.0 ** (low + o) * (1.0 + d) for d in offsets] for s, o in pending])
        if not start.size:
            break
        width = np.array([2.0 ** (low + o) / 2**k for _, o in pending])
        signs = np.array([s for s, _ in pending])
        u = start[:, :, None] + (signs * width)[:, None, None] * 0.5 * (nodes + 1.0)
        values = _logs(law, coordinate(u), u.shape).reshape(3, -1, 13)
        size = excess(values).reshape(len(pending), -1)
        again = []
        for i, key in enumerate(pending):
            block = values.reshape(3, len(pending), -1, 13)[:, i]
            underflown = not np.any(block[0] > -745.0)  # the density underflows: leave it to the direct evaluation
            if size[i].max() < TOLERANCE or k == finest or underflown:
                block = np.where((size[i] < WORST)[None, :, None], block, np.nan)
                stored[key] = (k, block)
            else:
                again.append(key)
        pending = again
    bits = {side: [stored[side, octave][0] for octave in range(top - low)] for side in sides}
    rows = [stored[side, octave][1] for side in sides for octave in range(top - low)]
    return Layout(coordinate, sides, radius, low, bits), np.concatenate([*rows, centre], axis=1)


class Table:
    """The tables of one law at unit scale.

    Parameters
    ----------
    alpha, beta, zeta : float
    positive : bool

    Attributes
    ----------
    max_error : float
        Largest difference in a logarithm from the direct evaluation, at one point per panel between the nodes; beyond the
        underflow of its exponential (logarithms below -745) relative to the logarithm/745.
    panels : int
    """

    def __init__(self, alpha: float, beta: float, zeta: float, positive: bool = False) -> None:
        self.law = kernel_law(alpha, beta, positive)
        self.layout, values = panel_layout(alpha, beta, zeta, positive)
        self.symmetric = beta == 0.0 and not positive
        self.by_s1 = positive or (alpha < 0.94 and zeta != 0.0)
        swapped = [0, 2, 1]  # of a symmetric law at -x
        polynomials = self.layout.coefficients(values)
        self.functions = {
            name: self.layout.piecewise(polynomials[i], polynomials[swapped[i]] if self.symmetric else None)
            for i, name in enumerate(FUNCTIONS)
        }
        self.panels = values.shape[1]
        self.max_error = self._check()

    def _check(self) -> float:
        points = []
        for side in self.layout.sides:
            start, width = self.layout.edges(side)
            points.append(side * (start + 0.6180339887 * width))
        u = np.concatenate(points)
        reference = _logs(self.law, self.layout.coordinate(u), u.shape)
        worst = 0.0
        for i, name in enumerate(FUNCTIONS):
            out = np.empty(u.size)
            self.functions[name].values(u, out, False)
            served = np.isfinite(out)
            scale = np.maximum(1.0, np.abs(reference[i][served]) / 745.0)
            worst = max(worst, float(np.max(np.abs(out[served] - reference[i][served]) / scale, initial=0.0)))
        return worst

    def evaluate(self, x0: NDArray[np.float64], x1: NDArray[np.float64], kind: str) -> NDArray[np.float64]:
        """Values at S0 coordinates ``x0`` (S1 coordinates ``x1``); points without a panel are evaluated directly.

        Parameters
        ----------
        x0, x1 : ndarray of float64, shape (n,)
        kind : str

        Returns
        -------
        ndarray of float64, shape (n,)
        """
        out = np.empty(x0.size)
        name = kind if kind.startswith("log") else "log" + kind
        self.functions[name].values(x1 if self.by_s1 else x0, out, not kind.startswith("log"))
        missing = np.flatnonzero(np.isnan(out))
        if missing.size:
            out[missing] = direct(self.law, x0[missing], x1[missing], kind)
        return out


@lru_cache(maxsize=32)
def law_table(alpha: float, beta: float, zeta: float, positive: bool = False) -> Table:
    """The table of a law, made on first use and kept.

    Parameters
    ----------
    alpha, beta, zeta : float
    positive : bool

    Returns
    -------
    Table
    """
    return Table(alpha, beta, zeta, positive)
