"""Vertical lines of the Mellin-Barnes integral of H_{a,b}: trapezoid weights, truncation, and sums over many points.

K(s) = Gamma(1+s/a) Gamma(1+s/b) Gamma(1-s) / (s Gamma(1+s)) has simple poles at s = 0, 1, 2, ... on the right, and on
the left poles at -a n and -b n. A line at abscissa c inside a gap between neighbouring poles, plus the residues of the
poles that were crossed, gives F = 1 - H (c > 0) or H (c < 0); the trapezoid rule on it converges like exp(-2 pi delta/h),
delta the distance to the nearest pole and h the step.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln, loggamma

from rmt import _special

__all__ = ["Line", "log_kernel"]

Real = NDArray[np.float64]
Complex = NDArray[np.complex128]
# A line is cut where its terms fall below exp(-_NEGLIGIBLE) of the largest one, and its step makes the same error.
_NEGLIGIBLE = 39.0
# Points are grouped by their distance to the edge of the sector of convergence, in factors of 2^(1/3).
_BINS = 66
MAX_NODES = 100_000


def log_kernel(s: NDArray, a: float, b: float) -> NDArray:
    """ln K(s), up to multiples of 2 pi i."""
    return loggamma(1 + s / a) + loggamma(1 + s / b) + loggamma(1 - s) - np.log(s) - loggamma(1 + s)


@lru_cache(maxsize=512)
def _plain_weights(a: float, b: float, c: float, step: float, count: int) -> tuple[NDArray, NDArray, NDArray]:
    """(s, ln|K|, weights) on the nodes of a line, shared by all profiles; read-only."""
    s = c + 1j * step * np.arange(count)
    log_weights = log_kernel(s, a, b)
    weights = (1.0 if c > 0 else -1.0) * step / (2 * np.pi) * np.exp(log_weights)
    out = s, log_weights.real, weights
    for array in out:
        array.flags.writeable = False
    return out


class Line:
    """The part of H (c < 0) or F (c > 0) that a vertical line at abscissa c carries, and the residues it passed.

    ``moments(c, step, count)`` returns E e^{-s u} on the nodes s = c + i k step for a profile of log-variances u; None
    stands for u = 0.
    """

    def __init__(
        self,
        a: float,
        b: float,
        abscissa: float,
        *,
        moments: Callable[[float, float, int], Complex] | None = None,
    ) -> None:
        self.a, self.b, self.abscissa = a, b, abscissa
        self.sector = 0.5 * np.pi * (1 / a + 1 / b)
        left = [-n * p for p in (a, b) for n in range(1, 3)]
        poles = np.array([*left, 0.0, *range(1, int(abs(abscissa)) + 3)])
        distance = float(np.min(np.abs(poles - abscissa)))
        self.step = 2 * np.pi * distance / _NEGLIGIBLE
        self._moments = moments
        self._log_size: NDArray = np.empty(0)
        self.values: NDArray = np.empty(0, dtype=complex)
        self.slopes: NDArray = np.empty(0, dtype=complex)
        self.potentials: NDArray = np.empty(0, dtype=complex)
        edges = self.sector * (1 - 2.0 ** (-np.arange(_BINS) / 3))
        reach = (_NEGLIGIBLE + 20.0) / (MAX_NODES * self.step)  # nearer to the edge of the sector NaN is returned
        self._edges = edges[: max(2, int(np.searchsorted(edges, self.sector - reach)))]
        self._up = np.zeros(_BINS, dtype=np.int64)
        self._down = np.zeros(_BINS, dtype=np.int64)
        self.is_upper = abscissa > 0
        self._grow(64)
        self._counts(0)
        order = int(self._up[0]) + 1
        size = np.abs(self.values[:order])
        self.log_envelope = float(np.log(size[0] + 2 * size[1:].sum()))

    def _grow(self, count: int) -> None:
        s, self._log_size, weights = _plain_weights(self.a, self.b, self.abscissa, self.step, count)
        sign = 1.0 if self.is_upper else -1.0
        if self._moments is not None:
            weights = weights * self._moments(self.abscissa, self.step, count)
        self.values = weights
        self.slopes = -s * weights
        self.potentials = sign * weights / s

    def _counts(self, bin_index: int) -> None:
        """Fill in how many nodes the points of one bin need above and below the real axis."""
        theta = self._edges[bin_index]
        while True:
            t = self.step * np.arange(self._log_size.size)
            size = self._log_size + theta * t
            needed = np.flatnonzero(size > size.max() - _NEGLIGIBLE)[-1]
            if needed < size.size - 1:
                break
            self._grow(int(1.6 * size.size) + 16)
        self._up[bin_index] = needed
        low = self._edges[bin_index - 1] if bin_index else 0.0
        size = self._log_size - low * t
        self._down[bin_index] = np.flatnonzero(size > size.max() - _NEGLIGIBLE)[-1]

    def sums(self, x: NDArray) -> tuple[NDArray, NDArray]:
        """The line's share of F or H at X = e^x, and its derivative by x; real for real ``x``."""
        return self._sums(x, potential=False)

    def potential(self, x: NDArray) -> NDArray:
        """The line's share of int_x^inf F (c > 0) or int_-inf^x H (c < 0)."""
        return self._sums(x, potential=True)[0]

    def _sums(self, x: NDArray, *, potential: bool) -> tuple[NDArray, NDArray]:
        log_modulus = np.ascontiguousarray(x.real)
        is_complex = x.dtype.kind == "c"
        theta = np.abs(x.imag) if is_complex else np.zeros(1)
        bins = np.searchsorted(self._edges, theta, side="left")
        beyond = bins == self._edges.size
        if beyond.any():
            bins = np.where(beyond, 0, bins)
        for index in np.flatnonzero(np.bincount(bins)):
            if self._up[index] == 0:
                self._counts(int(index))
        first, second = (self.potentials, self.values) if potential else (self.values, self.slopes)
        if not is_complex:
            value, slope = np.empty(x.size), np.empty(x.size)
            _special.line_sums_real(
                log_modulus, self.abscissa, self.step, first, second, int(self._up[0]), value, slope
            )
            return value, slope
        values, slopes = np.empty(x.size, dtype=complex), np.empty(x.size, dtype=complex)
        _special.line_sums(
            log_modulus, theta, self.abscissa, self.step, first, second,
            self._up[bins], self._down[bins], values, slopes,
        )  # fmt: skip
        if beyond.any():
            values[beyond] = slopes[beyond] = np.nan
        below = x.imag < 0
        if below.any():
            return np.where(below, values.conj(), values), np.where(below, slopes.conj(), slopes)
        return values, slopes


def right_residues(a: float, b: float, count: int) -> Real:
    """ln of |coefficient| of X^(-n) in the expansion of F at large X, n = 1..count; signs alternate from +."""
    n = np.arange(1, count + 1)
    return gammaln(1 + n / a) + gammaln(1 + n / b) - 2 * gammaln(1.0 + n)
