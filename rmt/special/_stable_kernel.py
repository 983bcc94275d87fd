"""H_{a,b} and F = 1 - H at X = e^x for whole arrays of real or complex x, with relative accuracy in both."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.special import digamma, gammaln

from rmt import _special
from rmt.special._lines import Line, right_residues

__all__ = ["StableKernel", "stable_kernel"]

Triple = tuple[NDArray, NDArray, NDArray]


class LeftSeries:
    """The convergent residue series of H_{a,b} at small X, for b = 1 (simple poles) or a = b (double poles).

    H_{a,1} = sum (-1)^(n-1) Gamma(1+an) X^(an)/n!;
    H_{a,a} = sum (Gamma(1+an)/n!)^2 X^(an) {(sin(pi a n)/pi) [(2/a) psi(n+1) - 2 psi(1+an) - ln X] - cos(pi a n)}.
    """

    def __init__(self, a: float, b: float, edge: float) -> None:
        self.edge = edge  # used for ln|X| < edge
        double = b != 1.0 or a == 1.0
        n = np.arange(1, 400)
        log_size = (2 if double else 1) * (gammaln(1 + a * n) - gammaln(n + 1.0)) + a * n * edge
        n = n[: np.flatnonzero(log_size > log_size[0] - 40.0)[-1] + 2]
        self.a, powers = a, a * n
        size = np.exp((2 if double else 1) * (gammaln(1 + a * n) - gammaln(n + 1.0)))
        self.has_log = double
        if double:
            sine = np.sin(np.pi * a * n) / np.pi
            plain = size * (sine * ((2 / a) * digamma(n + 1.0) - 2 * digamma(1 + a * n)) - np.cos(np.pi * a * n))
            log = -size * sine
            # rows: value, derivative, integral, first without and then with a factor x
            self._values = np.array([plain, powers * plain + log, log, powers * log])
            self._integral = np.array([plain / powers - log / powers**2, log / powers])
        else:
            plain = size * np.where(n % 2 == 1, 1.0, -1.0)
            self._values = np.array([plain, powers * plain])
            self._integral = np.array([plain / powers])

    def _sums(self, x: NDArray, rows: NDArray) -> NDArray:
        out = np.empty((rows.shape[0], x.size), dtype=complex)
        _special.polynomial_sums(np.exp(self.a * x).astype(complex), rows, out)
        return out if x.dtype.kind == "c" else out.real

    def evaluate(self, x: NDArray) -> tuple[NDArray, NDArray]:
        """H and dH/dx."""
        out = self._sums(x, self._values)
        return (out[0] + x * out[2], out[1] + x * out[3]) if self.has_log else (out[0], out[1])

    def potential(self, x: NDArray) -> NDArray:
        """int_-inf^x H."""
        out = self._sums(x, self._integral)
        return out[0] + x * out[1] if self.has_log else out[0]


class StableKernel:
    """H_{a,b}(e^x), F = 1 - H and dH/dx for one pair of indices; the regions are chosen by ln|X| alone.

    Small X: residue series (b = 1 or a = b). Elsewhere: the line whose terms cancel least; the cheapest one within a
    factor four of the best.
    """

    def __init__(self, a: float, b: float) -> None:
        self.a, self.b = min(a, b), max(a, b)
        self.sector = 0.5 * np.pi * (1 / a + 1 / b)
        self.is_rational = self.a == 1.0
        if self.is_rational:
            return
        lowest = self.a
        self.series = LeftSeries(self.a, self.b, -1.0) if self.b == 1.0 or self.a == self.b else None
        shares = [0.5] if self.series else [0.5, 7 / 8, 63 / 64]
        abscissae = [-share * lowest for share in shares] + ([0.5 * lowest] if lowest < 0.7 else []) + [0.5, 1.5, 2.5]
        self.lines = [Line(self.a, self.b, c) for c in abscissae]
        self.residues = right_residues(self.a, self.b, 2)
        self._choose()

    def _choose(self) -> None:
        """Tabulate on a grid of ln|X| which line to use."""
        self._grid = np.concatenate([-np.geomspace(800, 20, 60), np.arange(-20, 100, 0.25)])
        cost, amplification = [], []
        for line in self.lines:
            log_size = line.log_envelope - line.abscissa * self._grid
            for n in range(1, int(line.abscissa) + 1 if line.is_upper else 1):
                log_size = np.logaddexp(log_size, self.residues[n - 1] - n * self._grid)
            amplification.append(log_size)
            cost.append(1 / line.step)
        table = np.array(amplification)
        # F and H are compared on one footing: the smaller of the two decides, and both envelopes bound it.
        allowed = table < table.min(axis=0) + np.log(4.0)
        self._choice = np.argmin(np.where(allowed, np.array(cost)[:, None], np.inf), axis=0)

    def evaluate(self, x: NDArray) -> Triple:
        """(H, F, dH/dx) at X = e^x; ``x`` one-dimensional, float or complex, |Im x| inside the sector."""
        if self.is_rational:
            return _rational(x)
        h, f, slope = np.empty_like(x), np.empty_like(x), np.empty_like(x)
        rest = np.ones(x.size, dtype=bool)
        if self.series is not None:
            small = x.real < self.series.edge
            if small.any():
                h[small], slope[small] = self.series.evaluate(x[small])
                f[small] = 1 - h[small]
                rest = ~small
        if not rest.any():
            return h, f, slope
        which = self._lines_for(x, rest)
        for index in np.unique(which[rest]):
            line = self.lines[index]
            mask = which == index
            value, derivative = line.sums(x[mask])
            if line.is_upper:
                for n in range(1, int(line.abscissa) + 1):
                    term = (1 if n % 2 else -1) * np.exp(self.residues[n - 1] - n * x[mask])
                    value = value + term
                    derivative = derivative - n * term
                f[mask], h[mask], slope[mask] = value, 1 - value, -derivative
            else:
                h[mask], f[mask], slope[mask] = value, 1 - value, derivative
        return h, f, slope

    def _lines_for(self, x: NDArray, rest: NDArray) -> NDArray:
        which = np.full(x.size, -1)
        position = np.searchsorted(self._grid, x.real[rest])
        which[rest] = self._choice[np.minimum(position, self._grid.size - 1)]
        return which

    def potential(self, x: NDArray) -> tuple[NDArray, NDArray]:
        """(int_-inf^x H, int_x^inf F) = (E ln(1 + X S S'), E ln(1 + 1/(X S S'))); their difference is x + E ln S S'."""
        if self.is_rational:
            right = x.real > 0
            tail = np.log1p(np.exp(np.where(right, -x, x)))
            return np.where(right, x + tail, tail), np.where(right, tail, tail - x)
        shift = x + np.euler_gamma * (1 / self.a + 1 / self.b - 2)
        low, high = np.empty_like(x), np.empty_like(x)
        rest = np.ones(x.size, dtype=bool)
        if self.series is not None:
            small = x.real < self.series.edge
            if small.any():
                low[small] = self.series.potential(x[small])
                high[small] = low[small] - shift[small]
                rest = ~small
        if rest.any():
            which = self._lines_for(x, rest)
            for index in np.unique(which[rest]):
                line, mask = self.lines[index], which == index
                value = line.potential(x[mask])
                if line.is_upper:
                    for n in range(1, int(line.abscissa) + 1):
                        value = value + (1 if n % 2 else -1) / n * np.exp(self.residues[n - 1] - n * x[mask])
                    high[mask], low[mask] = value, value + shift[mask]
                else:
                    low[mask], high[mask] = value, value - shift[mask]
        return low, high


def _rational(x: NDArray) -> Triple:
    """a = b = 1: H = X/(1+X), without overflow at large |x|."""
    small = np.exp(np.where(x.real > 0, -x, x))
    near, far = 1 / (1 + small), small / (1 + small)
    swap = x.real > 0
    return np.where(swap, near, far), np.where(swap, far, near), near * far


@lru_cache(maxsize=256)
def stable_kernel(a: float, b: float) -> StableKernel:
    """The cached kernel of one pair of indices."""
    return StableKernel(min(a, b), max(a, b))
