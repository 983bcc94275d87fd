"""H_{a,b} and F = 1 - H at X = e^x for whole arrays of real or complex x, with relative accuracy in both."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.special import digamma, gammaln

from rmt import _special
from rmt.special._lines import Line, right_residues

__all__ = ["StableKernel", "stable_kernel"]

Triple = tuple[NDArray, NDArray, NDArray]


class PowerSeries:
    """Sum over n of X^(power n) (p_n + q_n ln X), with its derivative and integral by ln X; Horner's rule in X^power."""

    def __init__(self, power: float, plain: NDArray, log: NDArray | None = None) -> None:
        self.power = power
        powers = power * np.arange(1, plain.size + 1)
        self.has_log = log is not None
        if log is None:
            self._values = np.array([plain, powers * plain])
            self._integral = np.array([plain / powers])
        else:  # rows: value, derivative, integral, first without and then with a factor ln X
            self._values = np.array([plain, powers * plain + log, log, powers * log])
            self._integral = np.array([plain / powers - log / powers**2, log / powers])

    def _sums(self, x: NDArray, rows: NDArray) -> NDArray:
        out = np.empty((rows.shape[0], x.size), dtype=complex)
        _special.polynomial_sums(np.exp(self.power * x).astype(complex), rows, out)
        return out if x.dtype.kind == "c" else out.real

    def evaluate(self, x: NDArray) -> tuple[NDArray, NDArray]:
        """The sum and its derivative by x."""
        out = self._sums(x, self._values)
        return (out[0] + x * out[2], out[1] + x * out[3]) if self.has_log else (out[0], out[1])

    def integral(self, x: NDArray) -> NDArray:
        """The integral of the sum, from -inf for positive power, without constant."""
        out = self._sums(x, self._integral)
        return out[0] + x * out[1] if self.has_log else out[0]


def _left_series(a: float, b: float, edge: float) -> list[PowerSeries] | None:
    """The convergent residue series of H_{a,b} for ln X < edge; None if poles nearly coincide (a n ~ b m).

    b = 1: H = sum (-1)^(n-1) Gamma(1+an) X^(an)/n!.
    a = b: sum (Gamma(1+an)/n!)^2 X^(an) {(sin(pi a n)/pi) [(2/a) psi(n+1) - 2 psi(1+an) - ln X] - cos(pi a n)}.
    else: sum (-1)^(n-1) a Gamma(an)^2 sin(pi a n) / [(n-1)! Gamma(an/b) sin(pi a n/b)] X^(an), and a <-> b.
    """
    if b == 1.0:
        n = _needed(lambda n: gammaln(1 + a * n) - gammaln(n + 1.0) + a * n * edge)
        return [PowerSeries(a, np.exp(gammaln(1 + a * n) - gammaln(n + 1.0)) * np.where(n % 2 == 1, 1.0, -1.0))]
    if a == b:
        n = _needed(lambda n: 2 * (gammaln(1 + a * n) - gammaln(n + 1.0)) + a * n * edge)
        size = np.exp(2 * (gammaln(1 + a * n) - gammaln(n + 1.0)))
        sine = np.sin(np.pi * a * n) / np.pi
        plain = sine * ((2 / a) * digamma(n + 1.0) - 2 * digamma(1 + a * n)) - np.cos(np.pi * a * n)
        return [PowerSeries(a, size * plain, -size * sine)]
    families = []
    for p, q in ((a, b), (b, a)):

        def log_size(n: NDArray, p: float = p, q: float = q) -> NDArray:
            return np.log(p) + 2 * gammaln(p * n) - gammaln(n * 1.0) - gammaln(p * n / q) + p * n * edge

        n = _needed(log_size)
        # sin(pi n p/q) = +-sin(pi n (p - q)/q): p - q is exact, so poles n = m that nearly coincide cost few digits
        turns = n * ((p - q) / q)
        sine = np.where(n % 2 == 0, 1.0, -1.0) * np.sin(np.pi * turns)
        with np.errstate(divide="ignore"):
            loss = np.where(np.abs(turns) < 0.5, 1 / np.abs(sine), n / sine**2)
        if np.max(np.exp(log_size(n) - min(a, b) * edge) * loss) > 300.0:
            return None
        sign = np.where(n % 2 == 1, 1.0, -1.0)
        families.append(PowerSeries(p, sign * np.exp(log_size(n) - p * n * edge) * np.sin(np.pi * p * n) / sine))
    return families


def _needed(log_size: Callable[[NDArray], NDArray]) -> NDArray:
    """n = 1..N, N the last term that counts."""
    n = np.arange(1, 600)
    size = log_size(n)
    return n[: np.flatnonzero(size > size[0] - 41.0)[-1] + 2]


def _right_series(a: float, b: float) -> tuple[float, PowerSeries | None]:
    """The asymptotic series of F at large X, where its smallest term is negligible: indices near one only.

    F ~ sum (-1)^(n-1) Gamma(1+n/a) Gamma(1+n/b)/(n!)^2 X^(-n). Returns the smallest ln X and the series.
    """
    if a < 0.9:
        return np.inf, None
    n = np.arange(1, 400)
    log_size = right_residues(a, b, n.size)
    for edge in np.arange(0.35, 4.0, 0.05):
        size = log_size - n * edge
        last = int(np.argmin(size))
        small = np.flatnonzero(size[: last + 1] < size[0] - 39.0)
        if small.size:
            last = int(small[0]) + 1
            return float(edge), PowerSeries(-1.0, np.exp(log_size[:last]) * np.where(n[:last] % 2 == 1, 1.0, -1.0))
    return np.inf, None


class StableKernel:
    """H_{a,b}(e^x), F = 1 - H and dH/dx for one pair of indices; the regions are chosen by ln|X| alone.

    Small X: residue series. Large X and indices near one: asymptotic series. Elsewhere: the line whose terms cancel
    least; the cheapest one within a factor four of the best. Nearer to the edge of the sector than 100 000 nodes can
    resolve the value is NaN.
    """

    def __init__(self, a: float, b: float) -> None:
        self.a, self.b = min(a, b), max(a, b)
        self.sector = 0.5 * np.pi * (1 / a + 1 / b)
        self.is_rational = self.a == 1.0
        if self.is_rational:
            return
        lowest = self.a
        # near a = 1 the edge of the sector is near arg X = pi, where lines are slow: the series reach further there
        self.left_edge = -0.35 if self.a > 0.9 else -1.0
        self.left = _left_series(self.a, self.b, self.left_edge) or []
        self.right_edge, right = _right_series(self.a, self.b)
        self.right = [] if right is None else [right]
        shares = [0.5] if self.left else [0.5, 7 / 8, 63 / 64]
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
        small, large, which = self._regions(x)
        if small.any():
            parts = [part.evaluate(x[small]) for part in self.left]
            h[small], slope[small] = np.sum(parts, axis=0)
            f[small] = 1 - h[small]
        if large.any():
            f[large], derivative = self.right[0].evaluate(x[large])
            h[large], slope[large] = 1 - f[large], -derivative
        for index in np.unique(which[which >= 0]):
            line, mask = self.lines[index], which == index
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

    def _regions(self, x: NDArray) -> tuple[NDArray, NDArray, NDArray]:
        """Masks of the points for the left and the right series, and the line of every other point (-1: none)."""
        small = (x.real < self.left_edge) if self.left else np.zeros(x.size, dtype=bool)
        large = (x.real > self.right_edge) & (np.abs(x.imag) < np.pi + 1e-9)
        which = np.full(x.size, -1)
        rest = ~(small | large)
        if rest.any():
            position = np.searchsorted(self._grid, x.real[rest])
            which[rest] = self._choice[np.minimum(position, self._grid.size - 1)]
        return small, large, which

    def potential(self, x: NDArray) -> tuple[NDArray, NDArray]:
        """(int_-inf^x H, int_x^inf F) = (E ln(1 + X S S'), E ln(1 + 1/(X S S'))); their difference is x + E ln S S'."""
        if self.is_rational:
            right = x.real > 0
            tail = np.log1p(np.exp(np.where(right, -x, x)))
            return np.where(right, x + tail, tail), np.where(right, tail, tail - x)
        shift = x + np.euler_gamma * (1 / self.a + 1 / self.b - 2)
        low, high = np.empty_like(x), np.empty_like(x)
        small, large, which = self._regions(x)
        if small.any():
            low[small] = np.sum([part.integral(x[small]) for part in self.left], axis=0)
            high[small] = low[small] - shift[small]
        if large.any():
            high[large] = -self.right[0].integral(x[large])
            low[large] = high[large] + shift[large]
        for index in np.unique(which[which >= 0]):
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
