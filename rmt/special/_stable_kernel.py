"""H_{a,b} and F = 1 - H at X = e^x for whole arrays of real or complex x, with relative accuracy in both."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.special import digamma, gammaln

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
        n = n[: np.flatnonzero(log_size > log_size[0] - 42.0)[-1] + 2]
        self.powers = a * n
        size = np.exp((2 if double else 1) * (gammaln(1 + a * n) - gammaln(n + 1.0)))
        if double:
            sine = np.sin(np.pi * a * n) / np.pi
            self.plain = size * (sine * ((2 / a) * digamma(n + 1.0) - 2 * digamma(1 + a * n)) - np.cos(np.pi * a * n))
            self.log = -size * sine
        else:
            self.plain = size * np.where(n % 2 == 1, 1.0, -1.0)
            self.log = np.zeros(n.size)

    def evaluate(self, x: NDArray) -> tuple[NDArray, NDArray]:
        """H and dH/dx by Horner's rule in X^a."""
        y = np.exp(self.powers[0] * x)
        plain = slope = log = log_slope = np.zeros_like(y)
        for power, p, q in zip(self.powers[::-1], self.plain[::-1], self.log[::-1], strict=True):
            plain = (plain + p) * y
            slope = (slope + power * p + q) * y
            log = (log + q) * y
            log_slope = (log_slope + power * q) * y
        return plain + x * log, slope + x * log_slope


class StableKernel:
    """H_{a,b}(e^x), F = 1 - H and dH/dx for one pair of indices; the regions are chosen by ln|X| alone.

    Small X: residue series (b = 1 or a = b). Elsewhere: the line whose terms cancel least; the cheapest one within a
    factor four of the best.
    """

    def __init__(self, a: float, b: float) -> None:
        self.a, self.b = max(a, b), min(a, b)
        self.a, self.b = (self.b, self.a)  # a <= b
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
        which = np.full(x.size, -1)
        position = np.searchsorted(self._grid, x.real[rest])
        which[rest] = self._choice[np.clip(position, 0, self._grid.size - 1)]
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
