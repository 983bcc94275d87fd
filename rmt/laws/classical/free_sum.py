r"""Free additive convolution by subordination, with roots that are certified.

.. math:: F(z) = F_i(u_i),\qquad \sum_i t_i u_i = z + (n - 1) F(z)

Derivation, and why a root with all Im u_i > 0 is the right one: docs/theory/free-convolution.md.
"""

from __future__ import annotations

import itertools
import math
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq

from rmt._checks import check_real
from rmt._continuation import follow
from rmt.laws.classical._free import FreeLaw, at_real, bordered, solve
from rmt.laws.classical._transforms import TransformLaw, log_upper
from rmt.laws.classical.affine import AffineLaw

__all__ = ["FreeSum", "free_compression"]

Array = NDArray[np.float64]
Complex = NDArray[np.complex128]


class FreeSum(FreeLaw):
    r"""Law of A_1 + A_2 + ... for free (independently rotated) Hermitian matrices: free additive convolution.

    .. math:: F(z) = F_i(u_i),\qquad \sum_i t_i u_i = z + (n - 1) F(z),\qquad F = 1/G,\ n = \sum_i t_i

    Parameters
    ----------
    laws : law or sequence of laws
        Laws with a Stieltjes transform (`Semicircle`, `MarchenkoPastur`, `PopulationMarchenkoPastur`, `Raney`,
        `DiscreteLaw`, `FreeSum`, `FreeProduct`).
    powers : array_like, optional
        How often each law is added, real >= 1; default once.

    Raises
    ------
    ValueError
        If an argument is not such a law or a power is below 1.
    rmt.laws.ConvergenceError
        If a point has no certified root; the message names the point and the residual.

    Notes
    -----
    The root is followed from far above the axis. It is returned only with a certificate: all u_i in the upper half plane
    (such a root is unique), or all real and attracting (a point outside the support). Tested to 1e-10 against closed
    laws; within 1e-6 of an edge digits are lost like the root of the distance. docs/theory/free-convolution.md.

    Examples
    --------
    The arcsine law is the free sum of two coins.

    >>> from rmt.laws import DiscreteLaw, FreeSum, Semicircle
    >>> coin = DiscreteLaw([-1.0, 1.0], [0.5, 0.5])
    >>> law = FreeSum([coin, coin])
    >>> print(f"{law.pdf(0.0):.12f} {law.cdf(1.0):.12f}")
    0.159154943092 0.666666666667
    >>> FreeSum([Semicircle(3.0), Semicircle(4.0)]).support()
    (-10.0, 10.0)
    """

    _name = "free sum"

    def _join(self, places: list[tuple[float, float]]) -> float:
        return math.fsum(a * t for a, t in places)

    def _moved(self, law: TransformLaw, place: float) -> TransformLaw:
        return AffineLaw(law, 1.0, place)

    def mean(self) -> float:
        """E x, the sum of the means."""
        return math.fsum(t * law.mean() for law, t in zip(self.laws, self.powers, strict=True))

    @cached_property
    def _hull(self) -> tuple[float, float]:
        ends = np.array([law.support() for law in self.laws])
        return float(self._t @ ends[:, 0]), float(self._t @ ends[:, 1])

    def _unit(self, z: Complex) -> Array:
        """The length that is 1 in scale-free unknowns."""
        low, high = self._hull
        return np.full(z.size, max(0.5 * (high - low), 1e-300)) + np.abs(z - 0.5 * (high + low))

    def _descend(self, z: Complex, first_step: float, max_move: float) -> Complex:
        """Unknowns are u_i and F in the chart (w - i)/(w + i) of the half plane: they are infinite where G = 0."""
        unit = self._unit(z)
        mean = np.array([law.mean() for law in self.laws])

        def path(t: Array, index: NDArray) -> Complex:
            return z[index] + 8j * unit[index] * (1.0 - t) ** 4

        def increment(state: NDArray, point: NDArray, index: NDArray) -> NDArray:
            with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
                return self._chart_step(state, point, unit[index])

        first = path(np.zeros(z.size), np.arange(z.size))
        whole = first - self.mean()
        start = _to_disc(np.column_stack([whole[:, None] + mean, whole]) / unit[:, None])
        for _ in range(8):
            start = start + increment(start, first, np.arange(z.size))
        found = follow(increment, start, path, z.size, first_step=first_step, max_move=max_move, what=self._name)[-1]
        for _ in range(2):  # the last digits; at an edge the increment is rounding and is left out
            more = increment(found, z, np.arange(z.size))
            found = np.where((np.abs(more) < 1e-6).all(axis=1)[:, None], found + more, found)
        return np.asarray(_from_disc(found[:, :-1]) * unit[:, None], dtype=complex)

    def _chart_step(self, state: NDArray, z: NDArray, unit: Array) -> NDArray:
        """Newton increment of u_i and F on the disc; the residuals are differences of F_i and F there."""
        scaled = _from_disc(state)
        u, common = scaled[:, :-1], scaled[:, -1:]
        values, slopes = self._values(np.asarray(u * unit[:, None], dtype=complex))
        values = values / unit[:, None]
        # the F_i are compared with F on the disc; the sum as it is, for divided by F it has a false root at infinity
        ratio = (values + 1j) / (common + 1j)
        miss = u @ self._t - z / unit - (self._n - 1.0) * common[:, 0]
        matrix, right = bordered(slopes, -(ratio**2), (common - values) * ratio, self._t)
        matrix[:, -1, -1] = -(self._n - 1.0)
        right[:, -1] = -miss
        return np.asarray(solve(matrix, right) * 2j / (scaled + 1j) ** 2)

    def _scale(self, z: Complex, u: Complex) -> Array:
        unit = self._unit(z)[:, None]
        return unit + np.abs(u) ** 2 / unit

    def _residual(self, z: Complex, u: Complex) -> Array:
        """Largest difference of two F_i, or what is missing in the sum of the u_i; beyond rounding, ~ F^2 at a pole."""
        unit = self._unit(z)
        values = self._values(u)[0] / unit[:, None]
        common = values @ self._t / self._n
        with np.errstate(invalid="ignore", over="ignore"):
            apart = np.abs(values - common[:, None]).max(axis=1)
            miss = np.abs((u @ self._t - z) / unit - (self._n - 1.0) * common)
            return np.asarray(np.maximum(apart, miss) / (1.0 + 1e-6 * np.abs(common) ** 2))

    def _step_off_pole(self, z: Complex, u: Complex) -> Array:
        unit = self._unit(z)
        return np.where(np.abs(self._values(u)[0]).max(axis=1) > 1e5 * unit, 3e-5 * unit, 0.0)

    def _attracts(self, z: Complex, u: Complex) -> NDArray[np.bool_]:
        _, slopes = self._values(u)
        share = 1.0 / slopes.real
        return np.asarray((share @ self._t - (self._n - 1.0) > -1e-4) & (share <= 1.0 + 1e-9).all(axis=1))

    def _reciprocal(self, w: Complex) -> tuple[Complex, Complex]:
        u = self._subordinates(w)
        values, slopes = self._values(u)
        value = values @ self._t / self._n
        value = value.real + 1j * np.where(
            (u.imag == 0.0).all(axis=1) & (self._n > 1.0), 0.0, np.maximum(value.imag, 0.0)
        )
        with np.errstate(invalid="ignore", divide="ignore"):  # an F_i' may vanish: then F' does
            slope = 1.0 / ((1.0 / slopes) @ self._t - (self._n - 1.0))
        return value, np.where((slopes == 0.0).any(axis=1), 0.0, slope)

    def _potential(self, w: Complex) -> Complex:
        # U = sum t_i U_i(u_i) - (n - 1) ln F
        u = self._subordinates(w)
        value = self._values(u)[0] @ self._t / self._n
        parts = np.column_stack([law._potential(u[:, i]) for i, law in enumerate(self.laws)])
        return parts @ self._t - (self._n - 1.0) * log_upper(value)

    @cached_property
    def _atoms(self) -> list[tuple[float, float]]:
        found = []
        for combination in itertools.product(*(law.atoms() for law in self.laws)):
            place = float(self._t @ [a for a, _ in combination])
            mass = float(self._t @ [m for _, m in combination]) - (self._n - 1.0)
            if mass > 1e-12:
                found.append((place, mass))
        return sorted(found)

    @cached_property
    def _ends(self) -> tuple[float, float]:
        return self._edge(-1.0), self._edge(1.0)

    def _edge(self, side: float) -> float:
        """End of the support: the first point, coming from infinity, with sum t_i/F_i' = n - 1."""
        ends = [law.support()[1 if side > 0 else 0] for law in self.laws]
        if all(law.support()[0] == law.support()[1] for law in self.laws):
            return float(self._t @ ends)
        unit = float(self._unit(np.array([complex(self._hull[1])]))[0])
        floor = max(side * at_real(law, end)[0] for law, end in zip(self.laws, ends, strict=True))

        def places(log_gap: float) -> tuple[Array, float]:
            """u_i outside the supports with one common F = side (floor + unit e^log_gap)."""
            goal = floor + unit * math.exp(log_gap)
            u = np.array([_outside(law, end, side, goal, unit) for law, end in zip(self.laws, ends, strict=True)])
            return u, goal

        def excess(log_gap: float) -> float:
            u, _ = places(log_gap)
            slopes = np.array([at_real(law, point)[1] for law, point in zip(self.laws, u, strict=True)])
            return float((1.0 / slopes) @ self._t) - (self._n - 1.0)

        # z is stationary in the gap at the edge: 1e-9 in one is 1e-18 in the other
        low, high = -34.0, 4.0
        log_gap = low if excess(low) >= 0.0 else brentq(excess, low, high, xtol=1e-9)
        u, goal = places(log_gap)
        return float(self._t @ u) - (self._n - 1.0) * side * goal + 0.0  # no negative zero


def _to_disc(w: NDArray) -> NDArray:
    return (w - 1j) / (w + 1j)


def _from_disc(zeta: NDArray) -> NDArray:
    return 1j * (1.0 + zeta) / (1.0 - zeta)


def _outside(law: TransformLaw, end: float, side: float, goal: float, unit: float) -> float:
    """The point beyond an end of the support where side F = goal; F increases there with slope >= 1."""

    def excess(log_distance: float) -> float:
        return side * at_real(law, end + side * unit * math.exp(log_distance))[0] - goal

    # F(x) <= x - mean outside, so the point is not nearer than goal + mean
    high = math.log((abs(goal) + abs(law.mean()) + abs(end)) / unit + 1.0) + 1.0
    low = -36.0
    if excess(low) >= 0.0:
        return end
    return end + side * unit * math.exp(brentq(excess, low, high, xtol=1e-14, rtol=1e-14))


def free_compression(law: TransformLaw, fraction: float) -> AffineLaw:
    r"""Law of the corner of relative size ``fraction`` of a free (randomly rotated) Hermitian matrix.

    The free power 1/fraction of the law, times fraction; not the zeros that a projection P A P adds.

    Parameters
    ----------
    law : law
        Of the whole matrix, with a Stieltjes transform.
    fraction : float
        In (0, 1].

    Returns
    -------
    AffineLaw

    Raises
    ------
    ValueError
        If fraction is out of its range.

    Examples
    --------
    >>> from rmt.laws import Semicircle, free_compression
    >>> law = free_compression(Semicircle(), 0.25)
    >>> [round(x, 9) for x in law.support()]
    [-1.0, 1.0]
    """
    fraction = check_real("fraction", fraction, low=0.0, low_open=True, high=1.0)
    return AffineLaw(FreeSum(law, [1.0 / fraction]), fraction)
