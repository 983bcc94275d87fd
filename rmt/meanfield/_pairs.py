r"""The law of a pair of pre-activations on logarithmic grids of angles: density, and the spectral measure of the next layer.

A pair is bivariate symmetric stable and exchangeable, :math:`E e^{i(t_1h_1+t_2h_2)} = e^{-\Psi(t)}`. Its state is
:math:`g_\pm(\tau)=\Psi(1,\pm\tau)`, :math:`0<\tau<1`, in the variable :math:`z = \ln[\tau/(1-\tau)]`, which is graded towards
the axes (one input much larger) and towards the diagonals (nearly equal, or opposite, inputs). The density comes from the
one-dimensional projections,

.. math:: p(h) = \frac1{2\pi^2}\int_{-\pi/2}^{\pi/2}\Psi(u)^{-2/\alpha}\,G(u\cdot h\,\Psi(u)^{-1/\alpha})\,d\omega,\qquad
    G(y) = \int_0^\infty r\cos(ry)\,e^{-r^\alpha}dr,

and the next spectral measure is a density in the same variable of the ratio :math:`\phi(h_2)/\phi(h_1)`, with atoms on the
axes and the diagonals. Three modules make it from the density: ``_pairs_odd`` for odd increasing activations,
``_pairs_general`` for any bounded one that settles to limits, ``_pairs_sine`` for the sine.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy import interpolate, special

from rmt._quadrature import gauss_legendre_panels
from rmt.meanfield._ray import _far_ray, _near_ray

__all__ = ["Measure", "PairState", "missing", "table"]

Array = NDArray[np.float64]
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
        total = self.step * (float(np.sum(ratio)) + missing(self.step) * float(ratio[0] + ratio[-1]))
        return 0.5 + 2.0 / (math.pi**2 * self.alpha) * total

    def density(self, h: Array, k: Array, gap: Array, sign: int) -> Array:
        """p(h, sign k) at 0 < k < h, with gap = h - k given accurately; one-dimensional arrays."""
        # Far out on every scale the density is homogeneous, while the projections cancel more and more digits there.
        apart = math.exp(float(self.log_g[1, -1]) / self.alpha) if sign > 0 else self.scale()
        factor = np.maximum(np.minimum(k / self.scale(), gap / apart) / _FAR, 1.0)
        return np.asarray(self._density(h / factor, k / factor, gap / factor, sign) * factor ** (-2.0 - self.alpha))

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
        weights[0] *= 1.0 + missing(self.step)
        weights[-1] *= 1.0 + missing(self.step)
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


def missing(step: float) -> float:
    """Sum of e^-step + e^-2 step + ...: nodes beyond an end where the integrand falls like e^-|z|."""
    return 1.0 / math.expm1(step)


@dataclass(frozen=True)
class Measure:
    """Law of the outputs: density of E[max|phi|^alpha; z] for both signs of the product, and atoms on axis and diagonals.

    The grid is that of the state or finer: every node of the state is one of the measure.
    """

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
        """E|phi1 +- tau phi2|^alpha at tau = expit(z), nodes of the grid of the measure: there the cusps sit."""
        a, step = self.alpha, float(self.z[1] - self.z[0])
        tau, rest = special.expit(z)[:, None], special.expit(-z)[:, None]
        rho, delta = special.expit(self.z)[None, :], special.expit(-self.z)[None, :]
        shift = z[:, None] - self.z[None, :]
        with np.errstate(over="ignore"):
            # |rho - tau| = the smaller of rho (1 - tau), tau (1 - rho) times |1 - e^|shift||: no cancellation anywhere
            apart = np.where(shift > 0, tau * delta * -np.expm1(-np.abs(shift)), rho * rest * -np.expm1(-np.abs(shift)))
        cusp = apart**a
        row, node = np.arange(len(z)), np.rint((z - self.z[0]) / step).astype(np.int64)
        unit = (tau * rest)[:, 0] ** a  # |rho - tau|^alpha = unit |shift|^alpha (1 + O(shift))
        leading = -2.0 * float(_zeta(-a)) * step**a
        second = -float(_zeta(-a - 2.0)) * step**a
        for side, share in ((0, leading - 2.0 * second), (1, second), (-1, second)):
            inner = (node + side >= 0) & (node + side < len(self.z))
            cusp[row[inner], node[inner] + side] += share * unit[inner]
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
