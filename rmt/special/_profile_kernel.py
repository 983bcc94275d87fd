"""E_d H_{a,b}(tau d^2) for a profile of many values d: the stable kernel averaged over ln d^2."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rmt import _special
from rmt.special._lines import Line
from rmt.special._stable_kernel import StableKernel, Triple, stable_kernel

__all__ = ["ProfileKernel"]

_FEW = 12  # up to so many values are summed one by one
_SPLIT = 6.0  # width in ln tau of the region served by one splitting of the profile
_PANEL = 0.5  # profiles are thinned to _NODES nodes on panels of this width in ln d^2
_NODES = 22


class ProfileKernel:
    """(H, p - H, dH/dx) with H(x) = sum_j w_j H_{a,b}(e^{x + u_j}), p = sum_j w_j = P(d != 0), u = ln d^2.

    For many values the profile is split at u ~ -Re x: the lower part uses the line c < 0 (H), the upper one c > 0
    (F = 1 - H), so that no term cancels however wide the profile is, and moments E d^(-2s) need not exist.
    """

    def __init__(self, a: float, b: float, log_values: NDArray, weights: NDArray) -> None:
        self.kernel: StableKernel = stable_kernel(a, b)
        self.a, self.b, self.sector = self.kernel.a, self.kernel.b, self.kernel.sector
        order = np.argsort(log_values, kind="stable")
        self.u, self.weights = 2.0 * log_values[order], weights[order]
        self.mass = float(np.sum(weights))
        self.log_d2_mean = float(self.u @ self.weights)
        self.highest = float(self.u[-1])
        self.few = self.u.size <= _FEW
        self.unit = self.u.size == 1 and self.u[0] == 0.0 and self.weights[0] == 1.0
        self._thinned = False
        self._parts: dict[int, tuple[Line | None, Line | None, float]] = {}

    def evaluate(self, x: NDArray) -> Triple:
        """(H, p - H, dH/dx) for a one-dimensional float or complex array."""
        if self.unit:
            return self.kernel.evaluate(x)
        if self.few or self.kernel.is_rational:
            return self._direct(x)
        self._thin()
        h, f, slope = np.empty_like(x), np.empty_like(x), np.empty_like(x)
        index = self._splitting(x)
        for j in np.unique(index):
            mask = index == j
            h[mask], f[mask], slope[mask] = self._split(int(j), x[mask])
        return h, f, slope

    def potential(self, x: NDArray) -> tuple[NDArray, NDArray]:
        """(E ln(1 + tau d^2 S S'), E [ln(1 + 1/(tau d^2 S S')); d > 0])."""
        if self.unit:
            return self.kernel.potential(x)
        mean = self.log_d2_mean + self.mass * (x + np.euler_gamma * (1 / self.a + 1 / self.b - 2))
        if self.few or self.kernel.is_rational:
            low, high = np.zeros_like(x), np.zeros_like(x)
            for u, w in zip(self.u, self.weights, strict=True):
                below, above = self.kernel.potential(x + u)
                low, high = low + w * below, high + w * above
            return low, high
        self._thin()
        low, high = np.empty_like(x), np.empty_like(x)
        index = self._splitting(x)
        for j in np.unique(index):
            mask = index == j
            low[mask], high[mask] = self._split_potential(int(j), x[mask], mean[mask])
        return low, high

    def _split_potential(self, j: int, x: NDArray, mean: NDArray) -> tuple[NDArray, NDArray]:
        """Both parts of the profile, each with the integral that converges; their means make up the rest."""
        lower, upper, upper_mass = self._split_lines(j)
        centre = _SPLIT * j
        up = self.u > centre
        upper_mean = float(self.u[up] @ self.weights[up]) + upper_mass * (
            x + np.euler_gamma * (1 / self.a + 1 / self.b - 2)
        )
        zero = np.zeros_like(x)
        from_low = lower.potential(x + centre) if lower is not None else zero
        from_up = upper.potential(x + centre) if upper is not None else zero
        return from_low + from_up + upper_mean, from_up + from_low - (mean - upper_mean)

    def _splitting(self, x: NDArray) -> NDArray:
        """Index of the splitting that serves each point; beyond the ends of the profile one serves all."""
        return np.round(np.clip(-x.real, self.u[0] - 1.0, self.u[-1] + 1.0) / _SPLIT).astype(int)

    def _thin(self) -> None:
        if self.u.size > 4000 and not self._thinned:
            self.u, self.weights = thin(self.u, self.weights)
            self._thinned = True

    def _direct(self, x: NDArray) -> Triple:
        h, f, slope = (np.zeros_like(x) for _ in range(3))
        block = max(1, 4_000_000 // max(x.size, 1))
        for first in range(0, self.u.size, block):
            u, w = self.u[first : first + block], self.weights[first : first + block]
            parts = self.kernel.evaluate((x[:, None] + u).ravel())
            for total, part in zip((h, f, slope), parts, strict=True):
                total += part.reshape(x.size, u.size) @ w
        return h, f, slope

    def _split_lines(self, j: int) -> tuple[Line | None, Line | None, float]:
        if j not in self._parts:
            self._parts[j] = self._make_parts(j)
        return self._parts[j]

    def _split(self, j: int, x: NDArray) -> Triple:
        lower, upper, upper_mass = self._split_lines(j)
        centre = _SPLIT * j
        h, f, slope = np.full_like(x, upper_mass), np.full_like(x, self.mass - upper_mass), np.zeros_like(x)
        if lower is not None:
            value, derivative = lower.sums(x + centre)
            h, f, slope = h + value, f - value, slope + derivative
        if upper is not None:
            value, derivative = upper.sums(x + centre)
            h, f, slope = h - value, f + value, slope - derivative
        return h, f, slope

    def _make_parts(self, j: int) -> tuple[Line | None, Line | None, float]:
        shifted = self.u - _SPLIT * j
        low = shifted <= 0
        m = self.a
        c_low, c_up = -0.5 * m, (0.5 * m if m < 0.7 else 0.5)

        def line(c: float, part: NDArray) -> Line | None:
            u, w = shifted[part], self.weights[part]
            # values so far from the split that they weigh nothing against the nearest ones
            keep = -c * u + np.log(np.abs(w) + 1e-300) > -46.0
            if not keep.any():
                return None
            u, w = np.ascontiguousarray(u[keep]), w[keep] * np.exp(-c * u[keep])

            def moments(_: float, step: float, count: int) -> NDArray:
                out = np.empty(count, dtype=complex)
                _special.power_sums(u, w, step, out)
                return out

            return Line(self.a, self.b, c, moments=moments)

        return line(c_low, low), line(c_up, ~low), float(np.sum(self.weights[~low]))


def thin(u: NDArray, weights: NDArray) -> tuple[NDArray, NDArray]:
    """Fewer atoms with the same integrals of every polynomial of degree < 22 on every panel of width 1/2.

    Each crowded panel is replaced by Chebyshev nodes whose weights interpolate (they may be negative). Functions that
    are analytic within a distance r of the real axis keep their integrals to (4r + sqrt(1 + 16 r^2))^(-22), 1e-14 for
    r = 1; panels with fewer atoms than nodes are left as they are.
    """
    panel = np.floor(u / _PANEL).astype(np.int64)
    starts = np.flatnonzero(np.diff(panel, prepend=panel[0] - 1))
    ends = np.append(starts[1:], u.size)
    crowded = ends - starts > 2 * _NODES
    angles = (np.arange(_NODES) + 0.5) * np.pi / _NODES
    nodes = np.cos(angles)
    new_u, new_w = [], []
    for first, last, many in zip(starts, ends, crowded, strict=True):
        if not many:
            new_u.append(u[first:last])
            new_w.append(weights[first:last])
            continue
        centre = (panel[first] + 0.5) * _PANEL
        t = np.clip((u[first:last] - centre) * (2 / _PANEL), -1, 1)
        # l_i(t) = (1/n) sum_k (2 - delta_k0) T_k(t_i) T_k(t): moments of T_k, then back to the nodes
        moments = np.polynomial.chebyshev.chebvander(t, _NODES - 1).T @ weights[first:last]
        moments[1:] *= 2
        new_u.append(centre + 0.5 * _PANEL * nodes)
        new_w.append(np.cos(np.outer(angles, np.arange(_NODES))) @ moments / _NODES)
    return np.concatenate(new_u), np.concatenate(new_w)
