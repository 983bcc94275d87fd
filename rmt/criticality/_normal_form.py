r"""One layer of width n on functions of a close pair, to second order in 1/n, with the fast variables eliminated.

The state of a pair is xi = (K11 + K22)/2 - q (the length), eta = Cov((u+v)/2, u-v)/sqrt(D) and D = Var(u-v). In the scaling
regime xi and eta are of order n^(-1/2), D and e = 1/n of order 1/n. A layer maps a polynomial of the state to one, order by
order, because all that enters are moments of averages over n independent units. ``layer_constants`` finds the
functions Phi_p = (D/2q)^p (1 + ...) with

    E[Phi_p(next) | state] = t00(p) Phi_p + (e t01(p) + e^2 t02(p)) Phi_p + (t10(p) + e t11(p)) Phi_(p+1) + ...,

that is, the slow variable and its law of motion (derivation: docs/theory/absorbing-transition.md).
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.polynomial import hermite_e
from numpy.typing import NDArray

from rmt.activations import Activation
from rmt.criticality._gaussian import nodes_of

__all__ = ["LayerConstants", "layer_constants"]

Array = NDArray[np.float64]
ORDER = 4  # highest weight kept: xi and eta count 1, D and e count 2; 4 is relative order 1/n^2
# Monomials xi^i eta^j D^k e^l; D enters the drift only to its first power relative to the leading one.
MONOMIALS = [
    (i, j, k, l)
    for i in range(ORDER + 1)
    for j in range(ORDER + 1)
    for k in range(2)
    for l in range(3)
    if i + j + 2 * k + 2 * l <= ORDER
]
INDEX = {monomial: position for position, monomial in enumerate(MONOMIALS)}
_products = [
    (a, b, INDEX[total])
    for a, first in enumerate(MONOMIALS)
    for b, second in enumerate(MONOMIALS)
    if (total := tuple(map(sum, zip(first, second, strict=True)))) in INDEX
]
LEFT, RIGHT, TARGET = (np.array(column) for column in zip(*_products, strict=True))


def _times(first: Array, second: Array) -> Array:
    """Product of two truncated polynomials."""
    return np.asarray(np.bincount(TARGET, first[LEFT] * second[RIGHT], len(MONOMIALS)), dtype=float)


def _total(terms: Iterable[Array]) -> Array:
    return np.asarray(np.sum(list(terms), axis=0))


def _monomial(*powers: int) -> Array:
    result = np.zeros(len(MONOMIALS))
    if powers in INDEX:
        result[INDEX[powers]] = 1.0
    return result


ONE, XI, ETA, DIFFERENCE, SMALL = (
    _monomial(*powers) for powers in ((0, 0, 0, 0), (1, 0, 0, 0), (0, 1, 0, 0), (0, 0, 1, 0), (0, 0, 0, 1))
)


def _powers(base: Array, highest: int = ORDER) -> list[Array]:
    result = [ONE]
    for _ in range(highest):
        result.append(_times(result[-1], base))
    return result


class _Layer:
    """Moments of a single unit as polynomials of the state, and the layer operator made of them."""

    def __init__(self, phi: Activation, q: float, sigma_w: float, sigma_b: float):
        assert phi.second is not None
        assert phi.third is not None
        self.q = q
        self.z, h, self.weights = nodes_of(q)
        self.h = h
        f, d1, d2, d3, gain = phi.value(h), phi.derivative(h), phi.second(h), phi.third(h), sigma_w**2
        # Squared half-sum plus quarter of the squared difference (less q), product, squared difference of the activities:
        # two terms each of the expansion in the difference d.
        self.units = (
            (gain * f**2 + sigma_b**2 - q, 0.25 * gain * (f * d2 + d1**2)),
            (gain * f * d1, gain * (f * d3 / 24.0 + d1 * d2 / 8.0)),
            (gain * d1**2, gain * d1 * d3 / 12.0),
        )
        self.hermite = [hermite_e.hermeval(self.z, [0.0] * (2 * k) + [1.0]) for k in range(ORDER + 1)]
        self.shift = _powers(XI - 0.25 * DIFFERENCE)  # S - q
        self.inverse = _total((-1.0) ** k * power / q ** (k + 1) for k, power in enumerate(self.shift))  # 1/S
        self.unit = lru_cache(maxsize=None)(self._unit)
        self.image = lru_cache(maxsize=None)(self._image)

    def _gaussian(self, values: Array) -> Array:
        """<g(h)> at variance S, by its Taylor series around q."""
        return _total(
            (self.weights @ (values * self.hermite[k])) / (math.factorial(k) * (2.0 * self.q) ** k) * power
            for k, power in enumerate(self.shift)
        )

    def _with_difference(self, values: Array, power: int) -> Array:
        """<g(s) d^power>/D^(power/2) for (s, d) of covariance S, eta sqrt(D), D."""
        result = np.zeros(len(MONOMIALS))
        free = ONE - _times(_powers(ETA)[2], self.inverse)  # variance of d given s, over D
        slope = _times(ETA, self.inverse)
        for pairs in range(power // 2 + 1):
            rest = power - 2 * pairs
            if rest > ORDER:
                continue
            ways = math.comb(power, rest) * math.prod(range(1, 2 * pairs, 2))
            term = _times(_powers(slope)[rest], self._gaussian(values * self.h**rest))
            for _ in range(pairs):
                term = _times(term, free)
            result += ways * term
        return result

    def _unit(self, a: int, b: int, c: int) -> Array:
        """Moment of one unit over D^(b/2 + c)."""
        leading, relative = np.ones_like(self.h), np.zeros_like(self.h)
        for (first, second), count in zip(self.units, (a, b, c), strict=True):
            for _ in range(count):
                leading, relative = leading * first, leading * second + relative * first
        power = b + 2 * c
        return self._with_difference(leading, power) + _times(DIFFERENCE, self._with_difference(relative, power + 2))

    def _image(self, i: int, j: int, k: int) -> Array:
        """E[xi'^i A'^j D'^k]/D^(j/2 + k): moments of averages of n units, sorted by which factors share a unit."""
        factors = [(1, 0, 0)] * i + [(0, 1, 0)] * j + [(0, 0, 1)] * k
        n = len(factors)
        joined = lambda group: self.unit(*map(sum, zip(*(factors[g] for g in group), strict=True)))

        def product(groups: Sequence[tuple[int, ...]]) -> Array:
            used = set(itertools.chain.from_iterable(groups))
            result = ONE
            for group in [*groups, *((g,) for g in range(n) if g not in used)]:
                result = _times(result, joined(group))
            return result

        def distinct(units: int) -> Array:  # (1 - e)(1 - 2e)...: that these units differ
            result = ONE
            for taken in range(units):
                result = _times(result, ONE - taken * SMALL)
            return result

        pairs = list(itertools.combinations(range(n), 2))
        twice = [list(two) for two in itertools.combinations(pairs, 2) if not set(two[0]) & set(two[1])]
        result = _times(distinct(n), product([]))
        if pairs:
            once = _total(product([pair]) for pair in pairs)
            result = result + _times(SMALL, _times(distinct(n - 1), once))
        higher: list[Sequence[tuple[int, ...]]] = [[triple] for triple in itertools.combinations(range(n), 3)]
        higher += twice
        if higher:
            result = result + _times(_times(SMALL, SMALL), _total(product(groups) for groups in higher))
        return result

    def apply(self, polynomial: Array, p: int) -> Array:
        """Conditional mean of D'^p times a polynomial of the next state, over D^p."""
        result = np.zeros(len(MONOMIALS))
        for (i, j, k, l), coefficient in zip(MONOMIALS, polynomial, strict=True):
            if coefficient != 0.0:  # eta^j D^p = A^j D^(p - j/2); a power of D raises p
                image = self.image(i, j, p + k - j // 2)
                result += coefficient * _times(_monomial(0, 0, k, l), image)
        return result


@dataclass(frozen=True)
class LayerConstants:
    """Coefficients of the generator of the slow variable, the logarithm of the layer operator.

    On rho^p it gives p log_chi + (c1 p + v p^2/2)/n + (c2 p + v1 p^2/2 + k3 p^3/6)/n^2 times rho^p and
    -kappa (p + (alpha p + beta p^2)/n) times rho^(p+1). The mean of the order parameter is that of the slow variable times
    1 + offset/n.
    """

    log_chi: float
    kappa: float
    c1: float
    v: float
    c2: float
    v1: float
    k3: float
    alpha: float
    beta: float
    offset: float


def _slow_function(layer: _Layer, p: int, following: Array | None) -> tuple[Array, dict[tuple[int, int], float]]:
    """Phi_p over D^p and the coefficients t; ``following`` is Phi_(p+1) over D^(p+1)."""
    chi_q = float(layer.unit(1, 0, 0)[INDEX[1, 0, 0, 0]])
    chi = float(layer.unit(0, 0, 1)[0])
    pure = {(k, l): INDEX[0, 0, k, l] for k in range(2) for l in range(3) if (0, 0, k, l) in INDEX}
    # A monomial that is not pure forgets itself at this rate, so what is left of the equation is moved into Phi_p.
    gap = chi**p * np.array([1.0 - chi_q ** (i + j) * chi**k if i + j > 0 else np.inf for i, j, k, _ in MONOMIALS])
    function = ONE.copy()
    for _ in range(8 * ORDER):  # every pass settles one more weight; ORDER + 1 passes at chi = 1
        image = layer.apply(function, p)
        t = {key: float(image[position]) for key, position in pure.items()}
        rest = image - t[0, 0] * function
        for l in (1, 2):
            rest = rest - _times(t[0, l] * _monomial(0, 0, 0, l), function)
        if following is not None:
            for l in (0, 1):
                rest = rest - t[1, l] * _times(_monomial(0, 0, 1, l), following)
        step = rest / gap
        function = function + step
        if np.max(np.abs(step)) <= 1e-15 * np.max(np.abs(function)):
            break
    return function, t


def _offset(layer: _Layer, first: dict[tuple[int, int], float]) -> float:
    """Width times the relative difference of the means of rho and of the slow variable Phi_1."""
    kept = np.array([i + j + 2 * k + 2 * l <= 2 for i, j, k, l in MONOMIALS])
    s = layer.q * ONE + layer.shift[1]
    # rho = (S D - A^2)/(2 S^2) (1 - D/4S + ...), over D/2q.
    ratio = _times(
        _times(s - _times(ETA, ETA), _times(layer.inverse, layer.inverse)),
        ONE - 0.25 * _times(DIFFERENCE, layer.inverse),
    )
    function, chi = np.where(kept, layer.q * ratio, 0.0), first[0, 0]
    drift = first[0, 1] / chi
    chi_q = abs(float(layer.unit(1, 0, 0)[INDEX[1, 0, 0, 0]]))
    steps = math.ceil(40.0 / -math.log(chi_q)) if chi_q > 0.0 else 4  # until the fast part is below rounding
    for _ in range(steps):
        function = np.where(kept, layer.apply(function, 1), 0.0) / chi
    return float(function[INDEX[0, 0, 0, 1]] - steps * drift)


def layer_constants(phi: Activation, q: float, sigma_w: float, sigma_b: float) -> LayerConstants:
    """Constants at a fixed length q; the slope chi of the correlation map must be within O(1/n) of 1."""
    layer = _Layer(phi, q, sigma_w, sigma_b)
    t: dict[int, dict[tuple[int, int], float]] = {}
    following = None
    for p in (3, 2, 1):
        following, t[p] = _slow_function(layer, p, following)
    chi = t[1][0, 0]
    first = {p: t[p][0, 1] / t[p][0, 0] for p in t}
    second = [t[p][0, 2] / t[p][0, 0] - 0.5 * first[p] ** 2 for p in (1, 2, 3)]
    c1, v = np.linalg.solve([[1.0, 0.5], [2.0, 2.0]], [first[1], first[2]])
    c2, v1, k3 = np.linalg.solve([[p, p * p / 2.0, p**3 / 6.0] for p in (1, 2, 3)], second)
    # Logarithm of the triangular two-by-two block (p, p + 1); 2q turns powers of D into powers of rho.
    mean = {p: 0.5 * (t[p][0, 0] + t[p + 1][0, 0]) for p in (1, 2)}
    coupling = {p: 2.0 * q * t[p][1, 0] / mean[p] for p in (1, 2)}
    relative = [p * (t[p][1, 1] / t[p][1, 0] - 0.5 * (t[p][0, 1] + t[p + 1][0, 1]) / mean[p]) for p in (1, 2)]
    alpha, beta = np.linalg.solve([[1.0, 1.0], [2.0, 4.0]], relative)
    return LayerConstants(
        log_chi=math.log(chi), kappa=-coupling[1], c1=float(c1), v=float(v), c2=float(c2), v1=float(v1), k3=float(k3),
        alpha=float(alpha), beta=float(beta), offset=_offset(layer, t[1]),
    )  # fmt: skip
