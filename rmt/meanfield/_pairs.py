r"""The law of a pair of pre-activations on logarithmic grids of angles: density, and the spectral measure of the next layer.

A pair is bivariate symmetric stable and exchangeable, :math:`E e^{i(t_1h_1+t_2h_2)} = e^{-\Psi(t)}`. Its state is
:math:`g_\pm(\tau)=\Psi(1,\pm\tau)`, :math:`0<\tau<1`, in the variable :math:`z = \ln[\tau/(1-\tau)]`, which is graded towards
the axes (one input much larger) and towards the diagonals (nearly equal, or opposite, inputs). The density comes from the
one-dimensional projections,

.. math:: p(h) = \frac1{2\pi^2}\int_{-\pi/2}^{\pi/2}\Psi(u)^{-2/\alpha}\,G(u\cdot h\,\Psi(u)^{-1/\alpha})\,d\omega,\qquad
    G(y) = \int_0^\infty r\cos(ry)\,e^{-r^\alpha}dr,

and the next spectral measure is a density in the same variable of the ratio :math:`\phi(h_2)/\phi(h_1)`. Pairs with both
units saturated are atoms on the diagonals; their mass follows from the probability of equal signs, a one-dimensional
integral over :math:`g`, so that no tail is ever truncated.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy import interpolate, special

from rmt._quadrature import gauss_legendre_panels
from rmt.activations import Activation
from rmt.meanfield._ray import _far_ray, _near_ray

__all__ = ["PairState", "admissible", "next_measure"]

Array = NDArray[np.float64]
_AXIS_REACH = 6.0  # ln of the smallest ratio resolved, below the smallest ratio c/h used
_DIAGONAL_REACH = 17.0  # the same for 1 - ratio, below the typical difference
_ALGEBRAIC_REACH = 9.0  # for activations that saturate like a power: equal outputs then need larger inputs
_FAR = 2000.0
_CHUNK = 256
_TABLE_STEP = 0.0025


@dataclass(frozen=True)
class Table:
    """A function on a uniform grid: cubic Hermite interpolation, constant beyond the ends."""

    low: float
    step: float
    values: Array
    slopes: Array  # times the step

    def __call__(self, x: Array) -> Array:
        place = np.clip((x - self.low) / self.step, 0.0, len(self.values) - 1.0001)
        k = place.astype(np.int64)
        t = place - k
        left, right = self.values[k], self.values[k + 1]
        first, second = self.slopes[k], self.slopes[k + 1]
        rise = right - left
        return left + t * (first + t * (3.0 * rise - 2.0 * first - second + t * (first + second - 2.0 * rise)))


def table(low: float, step: float, values: Array, refine: int = 1) -> Table:
    """Slopes (and ``refine`` times more nodes) from a spline of degree 7."""
    x = low + step * np.arange(len(values))
    spline = interpolate.make_interp_spline(x, values, k=7)
    fine = low + step / refine * np.arange(refine * (len(values) - 1) + 1)
    return Table(low, step / refine, spline(fine), step / refine * spline(fine, 1))


@lru_cache(maxsize=16)
def projection_kernel(alpha: float) -> Table:
    """(1 + y^2) G(y) over asinh y: bounded, -1 at infinity."""
    a = _TABLE_STEP * np.arange(int(48.0 / _TABLE_STEP))
    y = np.sinh(a)
    near = y < 4.0
    t, step = _near_ray(alpha)
    values = np.empty_like(y)
    values[near] = (step * np.exp(np.multiply.outer(y[near], 1j * t) - t**alpha) @ t**2).real
    t, step = _far_ray(alpha)
    powers = np.multiply.outer(y[~near] ** -alpha, t**alpha)
    values[~near] = ((step * np.expm1(-powers) @ (np.exp(1j * t) * t**2)).real - 1.0) / y[~near] ** 2
    return table(0.0, _TABLE_STEP, values * (1.0 + y**2))


def _kernel(alpha: float, y: Array) -> Array:
    y = np.abs(y)
    return projection_kernel(alpha)(np.arcsinh(y)) / (1.0 + y * y)


@dataclass(frozen=True)
class PairState:
    """ln Psi(1, +-tau) on the grid z of logit tau.

    Parameters
    ----------
    alpha : float
    z : ndarray
        Uniform grid.
    log_g : ndarray, shape (2, len(z))
        First row the plus sign.
    """

    alpha: float
    z: Array
    log_g: Array

    @property
    def step(self) -> float:
        return float(self.z[1] - self.z[0])

    def scale(self) -> float:
        """c of one pre-activation, h = c X."""
        return math.exp(float(self.log_g[0, 0]) / self.alpha)

    def equal_signs(self) -> float:
        """P(h1 h2 > 0) = 1/2 + (2/(pi^2 alpha)) int ln(g_+/g_-) dtau/tau."""
        ratio = (self.log_g[0] - self.log_g[1]) * special.expit(-self.z)
        total = self.step * (float(np.sum(ratio)) + _missing(self.step) * float(ratio[0] + ratio[-1]))
        return 0.5 + 2.0 / (math.pi**2 * self.alpha) * total

    def density(self, h: Array, k: Array, gap: Array, sign: int) -> Array:
        """p(h, sign k) at 0 < k < h, with gap = h - k given accurately; one-dimensional arrays."""
        # Far out on every scale the density is homogeneous, while the projections cancel more and more digits there.
        apart = math.exp(float(self.log_g[1, -1]) / self.alpha) if sign > 0 else self.scale()
        factor = np.maximum(np.minimum(k / self.scale(), gap / apart) / _FAR, 1.0)
        if factor.max() > 1.0:
            near = self._density(h / factor, k / factor, gap / factor, sign)
            return np.asarray(near * factor ** (-2.0 - self.alpha))
        return self._density(h, k, gap, sign)

    def _density(self, h: Array, k: Array, gap: Array, sign: int) -> Array:
        order = np.argsort(np.log(k) - np.log(gap))
        result = np.empty_like(h)
        fine = [table(float(self.z[0]), self.step, row, refine=32) for row in self.log_g]
        for start in range(0, len(h), _CHUNK):
            part = order[start : start + _CHUNK]
            result[part] = self._plain(h[part], k[part], gap[part], sign)
            result[part] += self._peak(h[part], k[part], gap[part], fine[1 if sign > 0 else 0])
        return result / (2.0 * math.pi**2)

    def _plain(self, h: Array, k: Array, gap: Array, sign: int) -> Array:
        """The three quadrants of directions without a zero of u.h, on the grid itself."""
        tau, rest = special.expit(self.z), special.expit(-self.z)
        weights = self.step * tau * rest
        weights[0] *= 1.0 + _missing(self.step)
        weights[-1] *= 1.0 + _missing(self.step)
        total = np.zeros_like(h)
        for row, relative in ((self.log_g[0], sign), (self.log_g[1], -sign)):
            inverse = np.exp(-row / self.alpha)
            if relative > 0:
                arguments = [h[:, None] + k[:, None] * tau, k[:, None] + h[:, None] * tau]
            else:
                arguments = [gap[:, None] + k[:, None] * rest]
            for argument in arguments:
                total += _kernel(self.alpha, argument * inverse) @ (weights * inverse**2)
        return total

    def _peak(self, h: Array, k: Array, gap: Array, log_g: Table) -> Array:
        """Directions (-tau, 1): u.h = k - tau h vanishes at tau = k/h, with a width that may be tiny."""
        low, high = float(self.z[0]), float(self.z[-1])
        centre = np.log(k) - np.log(gap)
        width = np.minimum(np.exp(log_g(centre) / self.alpha) * h / (k * gap), 1.0)
        width = width if self.alpha >= 1.0 else 0.1 * width  # G is not analytic at 0 then
        left, right = np.clip(centre - 1.0, low, high), np.clip(centre + 1.0, low, high)
        # middle: z = centre + width sinh(u), panels of equal size in u
        u_low, u_high = np.arcsinh((left - centre) / width), np.arcsinh((right - centre) / width)
        count = max(2, math.ceil(float(np.max(u_high - u_low)) / 1.25))
        x, w = gauss_legendre_panels(np.linspace(0.0, 1.0, count + 1), 10)
        u = u_low[:, None] + (u_high - u_low)[:, None] * x
        shift = [width[:, None] * np.sinh(u)]
        weights = [w * (u_high - u_low)[:, None] * width[:, None] * np.cosh(u)]
        for start, stop in ((np.full_like(left, low), left), (right, np.full_like(right, high))):
            count = math.ceil(float(np.max(stop - start)) / 1.25)
            if count:
                x, w = gauss_legendre_panels(np.linspace(0.0, 1.0, count + 1), 10)
                shift.append((start - centre)[:, None] + (stop - start)[:, None] * x)
                weights.append((stop - start)[:, None] * w)
        ends = np.array([low, high])  # beyond the grid the integrand is constant in tau
        shift.append(ends - centre[:, None])
        scale = special.expit(-np.abs(ends))
        weights.append(np.broadcast_to(scale / (special.expit(ends) * special.expit(-ends)), (len(h), 2)))
        delta, weight = np.concatenate(shift, axis=1), np.concatenate(weights, axis=1)
        z = centre[:, None] + delta
        tau, rest = special.expit(z), special.expit(-z)
        inverse = np.exp(-log_g(z) / self.alpha)
        # k - tau h = k (1 - tau) (1 - e^delta), because e^centre = k/gap
        argument = k[:, None] * rest * np.expm1(delta) * inverse
        return np.sum(weight * tau * rest * inverse**2 * _kernel(self.alpha, argument), axis=1)


def _missing(step: float) -> float:
    """Sum of e^-step + e^-2 step + ...: nodes beyond an end where the integrand falls like e^-|z|."""
    return 1.0 / math.expm1(step)


def admissible(phi: Activation) -> str | None:
    """Why this activation has no pair map here, or None: it must be odd, bounded and increasing."""
    x = np.geomspace(1e-3, 1e3, 1201)
    if not phi.odd:
        return "is not odd"
    if not phi.bounded:
        return "is not bounded"
    if phi.period or (np.asarray(phi.derivative(x)) < 0.0).any():
        return "is not increasing"
    return None


class Inverse:
    """Solve phi(k) = rho phi(h) for k and for h - k, both to relative accuracy, for an odd increasing bounded phi."""

    STEP = 0.01

    def __init__(self, phi: Activation) -> None:
        self.phi = phi
        stops = sorted(math.asinh(p) for p in phi.singular_points if p > 0)
        a = np.unique(np.concatenate([self.STEP * np.arange(1, int(24.0 / self.STEP)), stops]))
        left = np.concatenate([[0.0], a[:-1]])
        x, w = gauss_legendre_panels([0.0, 1.0], 8)
        nodes = left[:, None] + (a - left)[:, None] * x
        with np.errstate(over="ignore", under="ignore"):
            slope = np.exp(np.maximum(np.asarray(phi.log_abs_derivative(np.sinh(nodes)), dtype=float), -700.0))
        cells = (a - left) * ((slope * np.cosh(nodes)) @ w)
        self.limit = float(np.asarray(phi.value(1e300)))
        tail = np.concatenate([np.cumsum(cells[::-1])[::-1][1:], [0.0]])  # int from a_k to the last node
        tail += max(self.limit - float(np.asarray(phi.value(math.sinh(a[-1])))), 0.0)
        keep = tail > 1e-280
        self.a, self.log_tail = a[keep], np.log(tail[keep])
        self.forward = interpolate.PchipInterpolator(self.a, self.log_tail)
        falling = np.concatenate([[True], np.diff(self.log_tail) < 0.0])
        self.backward = interpolate.PchipInterpolator(self.log_tail[falling][::-1], self.a[falling][::-1])

    def _log_tail(self, h: Array) -> Array:
        """ln of phi(infinity) - phi(h)."""
        a = np.arcsinh(h)
        direct = self.limit - np.asarray(self.phi.value(h), dtype=float)
        inside = np.clip(a, self.a[0], self.a[-1])
        with np.errstate(divide="ignore"):
            return np.where(
                direct > 0.1 * self.limit, np.log(direct), np.where(a > self.a[-1], -np.inf, self.forward(inside))
            )

    def __call__(self, h: Array, z: Array) -> tuple[Array, Array]:
        """(k, h - k) at rho = expit(z)."""
        rho, delta = special.expit(z), special.expit(-z)
        top = np.asarray(self.phi.value(h), dtype=float)
        target = np.logaddexp(self._log_tail(h), np.log(delta * top))
        small = rho * top  # k from its own value where that does not cancel, from the distance to saturation otherwise
        table = np.sinh(self.backward(np.clip(target, self.log_tail[-1], self.log_tail[0])))
        tangent = small / self.phi.slope_at_zero
        k = np.clip(np.where(small < float(np.asarray(self.phi.value(0.03))), tangent, table), 1e-300, h)
        for _ in range(60):
            value, slope = np.asarray(self.phi.value(k)), np.asarray(self.phi.derivative(k))
            with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
                # Newton in ln k: phi is concave there for the activations of the catalogue
                move = np.where(slope > 0.0, (small - value) / (slope * k), 0.0)
            move = np.where(small < 0.9 * self.limit, np.clip(move, -1.0, 1.0), 0.0)
            k = np.minimum(k * np.exp(move), h)
            if np.max(np.abs(move)) < 1e-14:
                break
        gap = h - k
        near = delta * top < 0.2 * np.asarray(self.phi.derivative(h)) * np.minimum(1.0, h)
        x, w = gauss_legendre_panels([0.0, 1.0], 10)
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            close = np.where(near, delta * top / np.asarray(self.phi.derivative(h)), 0.0)
        for _ in range(30):
            if not near.any():
                break
            mean = np.asarray(self.phi.derivative(h[..., None] - close[..., None] * x)) @ w
            with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
                new = np.where(near, delta * top / mean, 0.0)
            done = np.max(np.abs(new - close) / np.where(close > 0.0, close, 1.0))
            close = new
            if done < 1e-13:
                break
        gap = np.where(near, close, gap)
        return np.where(near, h - close, k), gap


@lru_cache(maxsize=16)
def inverse_of(phi: Activation) -> Inverse:
    return Inverse(phi)


@dataclass(frozen=True)
class Measure:
    """Law of the outputs: density of E[max|phi|^alpha; z] for both signs of the product, and atoms on axis and diagonals."""

    alpha: float
    z: Array
    density: Array  # (2, n), times the step
    atoms: tuple[float, float]  # equal signs, opposite signs
    axis: float
    product: float  # E|phi1 phi2|^alpha
    power: float  # E|phi1|^alpha as found

    def difference(self) -> float:
        """E|phi1 - phi2|^alpha."""
        rho, delta = special.expit(self.z), special.expit(-self.z)
        ends = self.atoms[1] * 2.0**self.alpha + self.axis
        return float(self.density[0] @ delta**self.alpha + self.density[1] @ (1.0 + rho) ** self.alpha) + ends

    def exponent(self, z: Array) -> Array:
        """E|phi1 +- tau phi2|^alpha at tau = expit(z): the grid of the measure, where the cusps sit on nodes."""
        a, step = self.alpha, float(z[1] - z[0])
        tau, rest = special.expit(z)[:, None], special.expit(-z)[:, None]
        rho, delta = tau.T, rest.T
        shift = z[:, None] - z[None, :]
        with np.errstate(over="ignore"):
            # |rho - tau| = the smaller of rho (1 - tau), tau (1 - rho) times |1 - e^|shift||: no cancellation anywhere
            apart = np.where(shift > 0, tau * delta * -np.expm1(-np.abs(shift)), rho * rest * -np.expm1(-np.abs(shift)))
        cusp = apart**a
        index = np.arange(len(z))
        unit = (tau * rest)[:, 0] ** a  # |rho - tau|^alpha = unit |shift|^alpha (1 + O(shift))
        leading = -2.0 * float(_zeta(-a)) * step**a
        second = -float(_zeta(-a - 2.0)) * step**a
        cusp[index, index] += (leading - 2.0 * second) * unit
        for side in (1, -1):
            inner = index[(index + side >= 0) & (index + side < len(z))]
            cusp[inner, inner + side] *= 1.0 + second
        same = 0.5 * ((1.0 + rho * tau) ** a + (rho + tau) ** a)
        other = 0.5 * ((delta + rho * rest) ** a + cusp)
        axis = 0.5 * self.axis * (1.0 + tau[:, 0] ** a)
        plus = same @ self.density[0] + other @ self.density[1] + axis
        minus = other @ self.density[0] + same @ self.density[1] + axis
        equal, opposite = self.atoms
        plus += equal * (1.0 + tau[:, 0]) ** a + opposite * rest[:, 0] ** a
        minus += equal * rest[:, 0] ** a + opposite * (1.0 + tau[:, 0]) ** a
        return np.array([plus, minus])


def _zeta(s: float) -> float:
    """Riemann's zeta at negative argument, by reflection."""
    if s == -2.0 or s == -4.0:
        return 0.0
    return (
        2.0**s * math.pi ** (s - 1.0) * math.sin(0.5 * math.pi * s) * math.gamma(1.0 - s) * float(special.zeta(1.0 - s))
    )


def _highest(phi: Activation, scale: float, reach: float) -> float:
    """ln h beyond which p ~ h^(-1-alpha) at every k of the grid: far above c, 1 and the k that is equal to within e^-reach."""
    inverse = inverse_of(phi)
    saturated = math.sinh(float(inverse.backward(max(-reach, float(inverse.log_tail[-1])))))
    return max(math.log(max(scale, 1.0)) + 6.5, math.log(saturated) + 3.5)


def grid(phi: Activation, scale: float, apart: float, step: float) -> Array:
    """The grid z for units of scale c whose difference has the scale ``apart``."""
    reach = _ALGEBRAIC_REACH if inverse_of(phi).a[-1] > 20.0 else _DIAGONAL_REACH
    high = reach + max(0.0, math.log(scale / apart), math.log(1.0 / apart))
    low = _AXIS_REACH + _highest(phi, scale, high) - math.log(scale)
    return np.asarray(step * np.arange(-math.ceil(low / step), math.ceil(high / step) + 1), dtype=np.float64)


def _edges(phi: Activation, low: float, high: float, reach: float, step: float) -> Array:
    """Panels in ln h: short in ln h, and in ln phi'(h), which carries a difference of inputs to one of outputs."""
    log_h = np.linspace(low, high, 4001)
    decay = -np.asarray(phi.log_abs_derivative(np.exp(log_h)), dtype=float)
    steep = np.maximum.accumulate(np.clip(np.where(np.isfinite(decay), decay, 0.0), 0.0, reach + 12.0))
    place = (log_h - low) / (3.5 * step) + steep / (5.0 * step)
    edges = np.interp(np.linspace(0.0, place[-1], math.ceil(place[-1]) + 1), place, log_h)
    stops = [math.log(p) for p in phi.singular_points if p > 0.0 and low < math.log(p) < high]
    return np.unique(np.concatenate([edges, stops]))


def next_measure(state: PairState, phi: Activation) -> Measure:
    """Law of (phi(h1), phi(h2)) from the state of (h1, h2)."""
    alpha, c = state.alpha, state.scale()
    z = state.z
    apart = float(state.log_g[1, -1]) / alpha  # ln of the scale of h1 - h2: below it the density is constant
    low, high = min(math.log(c), apart) - 8.0, _highest(phi, c, float(z[-1]))
    log_h, weights = gauss_legendre_panels(_edges(phi, low, high, float(z[-1]), state.step), 8)
    log_h, weights = np.append(log_h, high), np.append(weights, 1.0 / alpha)  # beyond: p h ~ h^-alpha
    h = np.exp(log_h)[:, None] + np.zeros_like(z)
    k, gap = inverse_of(phi)(h, z + np.zeros_like(h))
    top = np.asarray(phi.value(h), dtype=float)
    with np.errstate(divide="ignore", over="ignore"):
        log_jacobian = np.log(top) + special.log_expit(z) + special.log_expit(-z) - phi.log_abs_derivative(k)
    alive = np.isfinite(log_jacobian) & (k > 0.0) & (gap > 0.0)
    base = 4.0 * weights[:, None] * np.exp(np.where(alive, log_jacobian, -np.inf)) * h
    density, chance = np.empty((2, len(z))), np.empty(2)
    product = 0.0
    rho = special.expit(z)
    p = np.zeros_like(h)
    for row, sign in enumerate((1, -1)):
        if row == 0 or not np.array_equal(state.log_g[0], state.log_g[1]):
            p[alive] = state.density(h[alive], k[alive], gap[alive], sign)
        mass = state.step * base * p
        mass[:, -1] *= 1.0 + _missing(state.step)
        density[row] = (mass * top**alpha).sum(axis=0)
        tail = _missing(state.step) * mass[:, 0].sum()
        chance[row] = mass.sum() + tail
        product += float((mass * top ** (2 * alpha)).sum(axis=0) @ rho**alpha)
    axis = _missing(state.step) * float(density[:, 0].sum())
    equal = state.equal_signs()
    limit = float(np.asarray(phi.value(1e300))) ** alpha
    atoms = limit * (equal - chance[0]), limit * (1.0 - equal - chance[1])
    power = 0.5 * float(density.sum(axis=0) @ (1.0 + rho**alpha)) + sum(atoms) + 0.5 * axis
    return Measure(alpha, z, density, atoms, axis, product + limit * sum(atoms), power)
