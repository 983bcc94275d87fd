r"""The spectral measure of the next layer: a cloud of outputs, each with its mass, collected in directions.

The pair of inputs is integrated on the sectors :math:`0<k<h` of both signs, in :math:`\ln h` by panels and in
:math:`z=\ln[k/(h-k)]` by the trapezoid rule, and every node sends its mass to the direction of its outputs
:math:`(\phi(\pm h),\phi(\pm k))`, on a fine grid of the logit of the ratio of the two. No inverse of the activation is needed, so
any bounded one that settles to limits may come; folds, steps and saturation make the measure rough, which averages over it
do not feel.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy import interpolate, optimize, special

from rmt._quadrature import gauss_legendre_panels
from rmt.activations import Activation
from rmt.meanfield._averages import LOG_OVERFLOW
from rmt.meanfield._pairs import Measure, PairState, missing

__all__ = ["AXIS_REACH", "DIAGONAL_REACH", "collect", "next_measure", "pair_grid", "shape_of"]

Array = NDArray[np.float64]
AXIS_REACH = 6.0  # ln of the smallest ratio resolved, below the smallest ratio c/h used
DIAGONAL_REACH = 17.0  # the same for 1 - ratio, below the typical difference
_NODES = 60.0  # of the measure, and
_POINTS = 50.0  # of the cloud, in a unit of z
_PERIODS = 6  # of a periodic activation, before phases are averaged over
_ROW_STEP = 0.2  # in ln h, of the rows on which the density is found
_SETTLED = 1e-4  # of the supremum; the distance to the limit falls at least like 1/h from there on
# Weights of the four neighbours of a point at t in [0, 1] between the inner two, over 1, t, t^2, t^3.
_CUBIC = np.array([[0.0, -2.0, 3.0, -1.0], [6.0, -3.0, -6.0, 3.0], [0.0, 6.0, 3.0, -3.0], [0.0, -1.0, 0.0, 1.0]]) / 6.0


def collect(state: PairState, parts: Iterable[tuple[Array, Array, Array]]) -> Measure:
    """The measure of masses at the outputs (first, second, mass), and exchanged; ratios beyond the grid are atoms."""
    alpha = state.alpha
    z = _finer(state, _NODES)
    count = len(z)
    density, atoms, axis, product = np.zeros(2 * count), np.zeros(2), 0.0, 0.0
    for first, second, mass in parts:
        a, b = np.abs(first), np.abs(second)
        top, low = np.maximum(a, b), np.minimum(a, b)
        weight = mass * top**alpha
        product += float(np.sum(weight * low**alpha))
        with np.errstate(divide="ignore", invalid="ignore"):
            place = np.where(top > 0.0, (np.log(low) - np.log(top - low) - z[0]) / (z[1] - z[0]), 0.0)
        opposite = (first * second < 0.0).astype(np.int64)
        axis += float(weight[place < 1.0].sum())
        beyond = place >= count - 2.0
        atoms += np.bincount(opposite[beyond], weights=weight[beyond], minlength=2)
        inside = (place >= 1.0) & ~beyond
        place, weight = place[inside], weight[inside]
        cell = place.astype(np.int64)
        t = place - cell
        cell += count * opposite[inside]
        for offset, c in enumerate(_CUBIC):  # keeps the moments 0 to 3
            share = weight * (c[0] + t * (c[1] + t * (c[2] + t * c[3])))
            density += np.bincount(cell + offset - 1, weights=share, minlength=2 * count)
    rows, equal, other = density.reshape(2, count), float(atoms[0]), float(atoms[1])
    # From the measure, not from the cloud: this is what the next layer has as its marginal.
    power = 0.5 * float(rows.sum(axis=0) @ (1.0 + special.expit(z) ** alpha)) + equal + other + 0.5 * axis
    return Measure(alpha, z, rows, (equal, other), axis, product, power)


@dataclass(frozen=True)
class Shape:
    """ln|h| from which an activation is at its limits, ln|h| of its zeros and singular points, and its supremum."""

    log_settled: float
    log_stops: tuple[float, ...]
    supremum: float


@lru_cache(maxsize=64)
def shape_of(phi: Activation) -> Shape:
    """Found by looking at 11201 points from 1e-7 to 2e17 on both sides."""
    log_h = np.linspace(-16.0, 40.0, 11201)
    h, far = np.exp(log_h), np.array([math.exp(LOG_OVERFLOW)])
    with np.errstate(over="ignore", under="ignore"):
        sides = np.array([phi.value(h), phi.value(-h)], dtype=float)
        limits = np.array([phi.value(far), phi.value(-far)], dtype=float)
    if not (np.isfinite(sides).all() and np.isfinite(limits).all()):
        raise ValueError(f"activation = {phi.name!r} must be finite up to |x| = 1e299")
    supremum = float(np.abs(sides).max())
    away = (np.abs(sides - limits) > _SETTLED * supremum).any(axis=0)
    settled = float(log_h[away][-1]) if away.any() else -16.0
    if settled > 16.0:
        raise ValueError(
            f"activation = {phi.name!r} must settle to a limit on each side: it still changes at |x| = {math.exp(settled):.2g}"
        )
    stops = {math.log(abs(p)) for p in phi.singular_points if p}
    for sign, side in zip((1.0, -1.0), sides, strict=True):
        for i in np.flatnonzero(side[:-1] * side[1:] < 0.0):
            root = optimize.brentq(lambda t, s=sign: float(phi.value(s * np.exp([t]))[0]), log_h[i], log_h[i + 1])
            stops.add(float(root))
    return Shape(settled, tuple(sorted(stops)), supremum)


def _highest(phi: Activation, scale: float) -> float:
    """ln h beyond which p ~ h^(-1-alpha) at every k and at every gap that matters, with the unit at its limit."""
    if phi.period:
        return math.log(2.0 * phi.period * max(_PERIODS, math.ceil(15.0 * scale / phi.period)))
    return max(math.log(max(scale, 1.0)) + 8.0, shape_of(phi).log_settled + 3.5)


def pair_grid(phi: Activation, scale: float, apart: float, step: float) -> Array:
    """The grid z for units of scale c whose difference has the scale ``apart``."""
    high = DIAGONAL_REACH + max(0.0, math.log(scale / apart), math.log(1.0 / apart))
    low = AXIS_REACH + max(_highest(phi, scale) - math.log(scale), 8.0)
    return np.asarray(step * np.arange(-math.ceil(low / step), math.ceil(high / step) + 1), dtype=np.float64)


def _rows(phi: Activation, alpha: float, low: float, high: float) -> tuple[Array, Array, Array]:
    """Nodes and weights in ln h, and what is added to h in the outputs (beyond ``high``, where p h ~ h^-alpha).

    Panels are short in ln h and in the variation of phi, and end where it is zero or not smooth. The last row stands for
    all above it: at the limit, or, if phi is periodic, one row for every phase with the sum over the periods.
    """
    if phi.period:
        quarters = 0.5 * phi.period * np.arange(1.0, 0.5 + 2.0 * math.exp(high) / phi.period)
        start = math.log(quarters[0])
        edges = np.concatenate([np.linspace(low, start, math.ceil(start - low) + 1)[:-1], np.log(quarters)])
        phase, last = gauss_legendre_panels(np.linspace(0.0, 2.0 * phi.period, 5), 8)
        turns = (math.exp(high) + phase) / (2.0 * phi.period)
        last = (
            last / (2.0 * phi.period) * (turns - phase / (2.0 * phi.period)) ** alpha * special.zeta(1.0 + alpha, turns)
        )
    else:
        shape = shape_of(phi)
        log_h = np.linspace(low, high, 8001)
        change = sum(np.abs(np.diff(np.asarray(phi.value(s * np.exp(log_h)), dtype=float))) for s in (1.0, -1.0))
        place = log_h - low + np.concatenate([[0.0], np.cumsum(change)]) * (3.0 / shape.supremum)
        edges = np.interp(np.linspace(0.0, place[-1], math.ceil(place[-1]) + 1), place, log_h)
        edges = np.unique(np.concatenate([edges, [stop for stop in shape.log_stops if low < stop < high]]))
        phase, last = np.zeros(1), np.array([1.0 / alpha])
    log_h, weights = gauss_legendre_panels(edges, 8)
    more = np.full(len(phase), high)
    return np.append(log_h, more), np.append(weights, last), np.append(np.zeros(len(log_h)), phase)


def _finer(state: PairState, nodes: float) -> Array:
    """The grid z of the state, filled up to about so many nodes in a unit of z."""
    refine = max(1, round(nodes * state.step))
    return np.asarray(state.z[0] + state.step / refine * np.arange(refine * (len(state.z) - 1) + 1), dtype=np.float64)


def _interpolation(x: Array, targets: Array) -> Array:
    """Matrix of spline interpolation of degree 7 from the grid x."""
    return np.asarray(interpolate.make_interp_spline(x, np.eye(len(x)), k=7)(np.clip(targets, x[0], x[-1])))


def next_measure(state: PairState, phi: Activation) -> Measure:
    """Law of (phi(h1), phi(h2)) from the state of (h1, h2)."""
    alpha, c = state.alpha, state.scale()
    apart = math.exp(float(state.log_g[1, -1]) / alpha)  # below it the density is constant
    low, high = math.log(min(c, apart)) - 8.0, _highest(phi, c)
    log_h, weights, phase = _rows(phi, alpha, low, high)
    fine = _finer(state, _POINTS)
    ends = np.full(len(fine), fine[1] - fine[0])
    ends[[0, -1]] *= 1.0 + missing(fine[1] - fine[0])

    def sector(log_h: Array, z: Array) -> tuple[Array, Array, Array, Array]:
        h = np.exp(log_h)[:, None] + np.zeros_like(z)
        k, gap = h * special.expit(z), h * special.expit(-z)
        return h, k, gap, k / (c + k) * gap / (apart + gap) * (c + h) ** (1.0 + alpha)  # times p: flat at all ends

    coarse = np.linspace(low, high, math.ceil((high - low) / min(_ROW_STEP, state.step)) + 1)
    h, k, gap, level = sector(coarse, state.z)
    in_h, in_z = _interpolation(coarse, log_h), _interpolation(state.z, fine)
    h_fine, k_fine, gap_fine, level_fine = sector(log_h, fine)
    area = 2.0 * ends * weights[:, None] * k_fine * gap_fine / level_fine  # 2: the inputs exchanged
    outer = h_fine + phase[:, None]
    inner = k_fine + np.where(fine > 0.0, phase[:, None], 0.0)  # the last rows stand for the same k or for the same gap
    (up, down), (inner_up, inner_down) = (
        [np.asarray(phi.value(s * x), float) for s in (1, -1)] for x in (outer, inner)
    )
    equal = state.equal_signs()

    def parts() -> Iterator[tuple[Array, Array, Array]]:
        for row, sign in enumerate((1, -1)):
            if row == 0 or not np.array_equal(state.log_g[0], state.log_g[1]):
                p = state.density(h.ravel(), k.ravel(), gap.ravel(), sign).reshape(h.shape)
                mass = area * (in_h @ (p * level) @ in_z.T)
                left = 0.5 * (equal if sign > 0 else 1.0 - equal) - mass.sum()  # of rounding, to the pair of limits
            pairs = ((up, inner_up), (down, inner_down)) if sign > 0 else ((up, inner_down), (down, inner_up))
            for first, second in pairs:
                yield first.ravel(), second.ravel(), mass.ravel()
                yield first[-1, -1:], second[-1, -1:], np.array([left])

    return collect(state, parts())
