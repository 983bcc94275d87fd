r"""Free multiplicative convolution of laws on [0, inf) by subordination, with roots that are certified.

.. math:: \eta(z) = \eta_i(u_i),\qquad \prod_i u_i^{t_i} = z\,\eta(z)^{1-n},\qquad \eta = 1 - F(w)/w

Derivation, and why a root with all Im u_i > 0 is the right one: docs/theory/free-convolution.md.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import brentq

from rmt._continuation import follow
from rmt.laws.classical._free import FreeLaw, at_real, bordered, solve
from rmt.laws.classical._transforms import TransformLaw, log_upper
from rmt.laws.classical.affine import AffineLaw

__all__ = ["FreeProduct"]

Array = NDArray[np.float64]
Complex = NDArray[np.complex128]


class FreeProduct(FreeLaw):
    r"""Law of A_1^(1/2) A_2 A_1^(1/2) ... for free positive matrices: free multiplicative convolution.

    .. math:: \eta(z) = \eta_i(u_i),\qquad \prod_i u_i^{t_i} = z\,\eta(z)^{1-n},\qquad
              \eta(w) = 1 - \frac1{w\,G(w)},\ n = \sum_i t_i

    Parameters
    ----------
    laws : law or sequence of laws
        Laws on [0, inf) with a Stieltjes transform and a positive mean.
    powers : array_like, optional
        How often each law is multiplied, real >= 1; default once.

    Raises
    ------
    ValueError
        If an argument is not such a law, has mass below 0, or a power is below 1.
    rmt.laws.ConvergenceError
        If a point has no certified root; the message names the point and the residual.

    Notes
    -----
    Certificates as for :class:`FreeSum`. Tested to 1e-9 against the Fuss-Catalan laws of order 1 to 30 (powers of
    Marchenko-Pastur), two projections, and Silverstein's equation. docs/theory/free-convolution.md.

    Examples
    --------
    >>> from rmt.laws import FreeProduct, FussCatalan, MarchenkoPastur
    >>> law = FreeProduct(MarchenkoPastur(), [2])
    >>> print(f"{law.pdf(1.0):.12f} {FussCatalan(2).pdf(1.0):.12f}")
    0.178979127488 0.178979127488
    """

    _name = "free product"

    def __init__(self, laws: TransformLaw | Iterable[TransformLaw], powers: ArrayLike | None = None) -> None:
        given = (laws,) if isinstance(laws, TransformLaw) else tuple(laws)
        for i, law in enumerate(given):
            if isinstance(law, TransformLaw) and (law.support()[0] < 0.0 or not law.mean() > 0.0):
                raise ValueError(f"laws[{i}] = {law!r} must be a law on [0, inf) with a positive mean")
        super().__init__(given, powers)

    def _join(self, places: list[tuple[float, float]]) -> float:
        return math.prod(a**t for a, t in places)

    def _moved(self, law: TransformLaw, place: float) -> TransformLaw:
        return AffineLaw(law, place)

    def mean(self) -> float:
        """E x, the product of the means."""
        return math.prod(law.mean() ** t for law, t in zip(self.laws, self.powers, strict=True))

    def _eta(self, u: Complex) -> tuple[Complex, Complex]:
        """(ln eta_i, d ln eta_i/d ln u_i) in columns; eta is in the lower half plane."""
        values, slopes = self._values(u)
        eta = 1.0 - values / u
        # analytic on both sides of the real axis: the cut is the positive imaginary one
        return np.log(1j * eta) - 0.5j * math.pi, (values / u - slopes) / eta

    def _descend(self, z: Complex, first_step: float, max_move: float) -> Complex:
        log_z = log_upper(z)
        log_mean = np.log([law.mean() for law in self.laws])
        top = math.log(self.support()[1])
        far = np.maximum(log_z.real, top) + 4.0 + 0.5j * math.pi

        def increment(state: NDArray, point: NDArray, index: NDArray) -> NDArray:
            with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
                log_eta, slope = self._eta(np.exp(state[:, :-1]))
                common = state[:, -1]
                matrix, right = bordered(slope, -np.ones_like(slope), common[:, None] - log_eta, self._t)
                matrix[:, -1, -1] = self._n - 1.0
                right[:, -1] = point - state[:, :-1] @ self._t - (self._n - 1.0) * common
                return solve(matrix, right)

        whole = self._t @ log_mean
        start = np.column_stack([far[:, None] + (log_mean - whole), whole - far])
        for _ in range(8):
            start = start + increment(start, far, np.arange(z.size))
        found = follow(
            increment, start, lambda t, index: far[index] + t * (log_z[index] - far[index]), z.size,
            first_step=first_step, max_move=max_move, what=f"{self._name}, ln z",
        )[-1]  # fmt: skip
        for _ in range(2):  # the last digits
            more = increment(found, log_z, np.arange(z.size))
            found = np.where((np.abs(more) < 1e-6).all(axis=1)[:, None], found + more, found)
        return np.asarray(np.exp(found[:, :-1]), dtype=complex)

    def _scale(self, z: Complex, u: Complex) -> Array:
        return np.abs(u)

    def _residual(self, z: Complex, u: Complex) -> Array:
        log_eta, _ = self._eta(u)
        common = log_eta @ self._t / self._n
        # far out eta = 1 - F/u is a small difference
        apart = (np.abs(log_eta - common[:, None]) / (1.0 + 1e-5 * np.exp(-log_eta.real))).max(axis=1)
        return np.asarray(np.maximum(apart, np.abs(log_upper(u) @ self._t - log_upper(z) + (self._n - 1.0) * common)))

    def _attracts(self, z: Complex, u: Complex) -> NDArray[np.bool_]:
        # e_i = -d ln k_i/d ln u_i, k = u eta: pairs need e_1 e_2 < 1; 1/(1 + e) of a power or a pair is a linear sum
        share = -1.0 / self._eta(u)[1].real
        good = np.ones(z.size, dtype=bool)
        total = np.ones(z.size)
        for i, t in enumerate(self.powers):
            power = t * share[:, i] - (t - 1.0)
            good &= (t - 1.0) * np.abs(1.0 / share[:, i] - 1.0) < 1.0 + 1e-4
            good &= (1.0 / total - 1.0) * (1.0 / power - 1.0) < 1.0 + 1e-4
            total = total + power - 1.0
        return good

    def _reciprocal(self, w: Complex) -> tuple[Complex, Complex]:
        zero = w == 0.0
        if zero.any():
            value, slope = np.empty(w.size, dtype=complex), np.empty(w.size, dtype=complex)
            value[zero], slope[zero] = self._at_zero()
            if not zero.all():
                value[~zero], slope[~zero] = self._reciprocal(w[~zero])
            return value, slope
        u = self._subordinates(w)
        log_eta, slope = self._eta(u)
        eta = np.exp(log_eta @ self._t / self._n)
        with np.errstate(invalid="ignore", divide="ignore"):
            rate = 1.0 / ((1.0 / slope) @ self._t + self._n - 1.0)
        rate = np.where((slope == 0.0).any(axis=1), 0.0, rate)
        value = w * (1.0 - eta)
        value = value.real + 1j * np.where(
            (u.imag == 0.0).all(axis=1) & (self._n > 1.0), 0.0, np.maximum(value.imag, 0.0)
        )
        return value, 1.0 - eta * (1.0 + rate)

    def _at_zero(self) -> tuple[float, float]:
        """(F, F') at w = 0: a point mass, an end of the support, or a point outside it, where F is a product."""
        if self.atom_at_zero:
            return 0.0, 1.0 / self.atom_at_zero
        if self.support()[0] == 0.0:
            return 0.0, math.inf
        return -math.prod((-at_real(law, 0.0)[0]) ** t for law, t in zip(self.laws, self.powers, strict=True)), math.nan

    def _potential(self, w: Complex) -> Complex:
        # U = sum t_i U_i(u_i) + (n - 1) ln m, m = eta/(1 - eta) in the lower half plane
        u = self._subordinates(w)
        eta = np.exp(self._eta(u)[0] @ self._t / self._n)
        parts = np.column_stack([law._potential(u[:, i]) for i, law in enumerate(self.laws)])
        return parts @ self._t + (self._n - 1.0) * log_upper(eta / (1.0 - eta)).conj()

    @cached_property
    def _atoms(self) -> list[tuple[float, float]]:
        zero = max(law.atom_at_zero for law in self.laws)
        found = [(0.0, zero)] if zero > 0.0 else []
        for combination in itertools.product(*(law.atoms() for law in self.laws)):
            place = math.prod(a**t for (a, _), t in zip(combination, self.powers, strict=True))
            mass = float(self._t @ [m for _, m in combination]) - (self._n - 1.0)
            if mass > 1e-12 and place > 0.0:
                found.append((place, mass))
        return sorted(found)

    @cached_property
    def _ends(self) -> tuple[float, float]:
        lowest = min(law.support()[0] for law in self.laws)
        return (self._edge(0) if lowest > 0.0 else 0.0), self._edge(1)

    def _edge(self, which: int) -> float:
        """End of the support: the first point, from outside, with sum of -t_i/(d ln eta_i/d ln u_i) = n - 1."""
        ends = np.array([law.support()[which] for law in self.laws])
        if all(law.support()[0] == law.support()[1] for law in self.laws):
            return float(np.prod(ends**self._t))
        side = 1.0 if which else -1.0
        at_ends = [self._eta_at(law, end)[0] for law, end in zip(self.laws, ends, strict=True)]
        limit = min(at_ends) if which else max(at_ends)

        def places(gap: float) -> tuple[Array, float]:
            """u_i outside the supports with the common eta = limit (1 + e^gap)^(-side)."""
            goal = limit * (1.0 + math.exp(gap)) ** -side
            u = [
                _beyond(lambda x, law=law: self._eta_at(law, x)[0] - goal, end, side)
                for law, end in zip(self.laws, ends, strict=True)
            ]
            return np.array(u), goal

        def excess(gap: float) -> float:
            u, _ = places(gap)
            slopes = np.array([self._eta_at(law, point)[1] for law, point in zip(self.laws, u, strict=True)])
            return -float((1.0 / slopes) @ self._t) - (self._n - 1.0)

        # z is stationary in the gap at the edge: 1e-9 in one is 1e-18 in the other
        low, high = -34.0, 12.0
        gap = low if excess(low) >= 0.0 else brentq(excess, low, high, xtol=1e-9)
        u, goal = places(gap)
        return math.exp(float(np.log(u) @ self._t) + (self._n - 1.0) * math.log(goal))

    @staticmethod
    def _eta_at(law: TransformLaw, x: float) -> tuple[float, float]:
        value, slope = at_real(law, x)
        eta = 1.0 - value / x
        return eta, (value / x - slope) / eta


def _beyond(excess: Any, end: float, side: float) -> float:
    """Zero of a function that decreases with the position, beyond an end of the support: end (1 + e^v)^side."""

    def at(v: float) -> float:
        return float(end * (1.0 + math.exp(v)) ** side)

    low, high = -36.0, 25.0
    if side * excess(at(low)) <= 0.0:
        return end
    return at(brentq(lambda v: excess(at(v)), low, high, xtol=1e-14, rtol=1e-14))
