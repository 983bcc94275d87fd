"""Prior density of ``ln rho`` when positive stable factors multiply the Gaussian scales: convolutions on one grid.

The densities of ``ln A`` and of ``ln prod u`` are analytic and die at both ends, so that the trapezoid rule on a common
grid is exponentially accurate. All terms are positive: a sum loses nothing but what underflows, and a second sum, tilted
to where the data want rho, has its underflow elsewhere; the larger of the two is right everywhere that matters.
"""

from __future__ import annotations

import dataclasses
import math

import numpy as np
from numpy.typing import NDArray

from rmt.deeplinear._mixture import Mixture
from rmt.deeplinear.renormalisation import solve_modes
from rmt.stable import PositiveStable

__all__ = ["HeavyDensity", "heavy_density"]

Array = NDArray[np.float64]
DEPTH = 600.0  # nats below its maximum down to which a density is followed
TAIL = 40.0  # and the power-law tail of A to exp(-40)


@dataclasses.dataclass(frozen=True)
class HeavyDensity:
    """Log density of ln rho at equidistant x."""

    x: Array
    log_density: Array


@dataclasses.dataclass(frozen=True)
class Lattice:
    """Log values at ``step * (first, first + 1, ...)``."""

    first: int
    log_values: Array

    def convolved(self, other: Lattice, step: float, tilt: float) -> Lattice:
        """Density of the sum of the two variables."""
        first = self.first + other.first
        x = step * (first + np.arange(self.log_values.size + other.log_values.size - 1))
        out = np.full(x.size, -np.inf)
        for slope in {0.0, tilt}:
            parts, top = [], math.log(step)
            for part in (self, other):
                values = part.log_values + slope * step * (part.first + np.arange(part.log_values.size))
                top += float(values.max())
                parts.append(np.exp(values - values.max()))
            with np.errstate(divide="ignore"):
                out = np.maximum(out, np.log(np.convolve(*parts)) + top - slope * x)
        return Lattice(first, out)


def _curvature(mixture: Mixture, log_rho: float) -> float:
    """Largest curvature of the log likelihood over the stretch of ln rho where it is not negligible."""
    x: Array = log_rho + 0.05 * np.arange(-400.0, 401.0)
    f = mixture.log_likelihood(x)
    bend = 2 * f[1:-1] - f[:-2] - f[2:]
    return float(bend[f[1:-1] > f.max() - 60.0].max()) / 0.05**2


def _floor(mixture: Mixture, exponents: tuple[float, ...], log_rho: float, centre: float) -> float:
    """Log density of ``ln prod u_l`` below which a value cannot matter, whatever the other factors and the data say.

    The integrand has been at least as large as at the Gaussian saddle with A = 1 and, with heavy tails (density above
    ``exp(-a y - 10)`` for ln A = y > 0), as at typical u with the A the data want; and the likelihood is nowhere above its
    maximum.
    """
    zero, reach = np.zeros(mixture.widths.size), 60.0
    x: Array = np.concatenate([log_rho + np.arange(-reach, reach, 0.1), centre + np.arange(0.0, reach, 0.1)])
    likelihood = mixture.log_likelihood(x)
    at = np.array([log_rho, centre])
    prior, there = mixture.log_prior(at, zero), mixture.log_likelihood(at)
    reached = float(prior[0] + there[0])
    if exponents:
        y = x - centre
        reached = max(reached, float((prior[1] + likelihood - max(exponents) * y)[y >= 0.0].max()))
    return reached - float(likelihood.max()) - 60.0


def _gaussian_scales(mixture: Mixture, step: float, floor: float) -> Lattice:
    """Log density of ``ln prod u_l``, followed on both sides of its bulk down to ``floor``."""
    zero = np.zeros(mixture.widths.size)
    centre = round(float(np.log(mixture.variances).sum()) / step)
    block = max(8, math.ceil(0.25 / step))
    pieces, first = [mixture.log_prior(step * np.array([float(centre)]), zero)], centre
    for direction in (1, -1):
        edge = centre
        while True:
            index = np.asarray(edge + direction * np.arange(1.0, block + 1.0), dtype=np.float64)
            values = mixture.log_prior(step * index, zero)
            edge = int(index[-1])
            pieces = [*pieces, values] if direction == 1 else [values[::-1], *pieces]
            if values[-1] < floor and values[-1] < values[-2]:
                break
        first = min(first, edge)
    return Lattice(first, np.concatenate(pieces))


def _left_end(a: float) -> float:
    """Where the density of ln A, ``exp(-k e^{-cx})`` with ``c = a/(1-a)``, is below exp(-DEPTH)."""
    c = a / (1 - a)
    return -math.log(DEPTH / ((1 - a) * a**c)) / c


def _stable_factor(a: float, step: float, reach: float) -> Lattice:
    """Log density of ln A, ``E exp(-tA) = exp(-t^a)``, up to ``ln A = reach``."""
    left = _left_end(a)
    # above ln A = 600 the density has been a pure power for long
    x = step * np.arange(math.floor(left / step), math.ceil(reach / step) + 1)
    inside = x[x < 600.0]
    log_density = np.full(x.size, -np.inf)
    log_density[: inside.size] = PositiveStable(a).logpdf(np.exp(inside)) + inside
    log_density[inside.size :] = log_density[inside.size - 1] - a * (x[inside.size :] - inside[-1])
    return Lattice(round(x[0] / step), log_density)


def _reach(mixture: Mixture, exponents: tuple[float, ...], log_rho: float) -> float:
    """How far to follow ln A. One factor: until its density is a pure power, whatever moment is asked for.

    Several: until the integrand of moments up to two thirds of the limit has died, which for small indices is much nearer.
    """
    lowest = min(exponents, default=1.0)
    if len(exponents) < 2:
        return TAIL / lowest
    modes = mixture.modes
    asked = max(0.0, log_rho, math.log(max(modes.strength, 1e-300) / modes.rank))
    return asked + TAIL / max(lowest, (lowest + modes.rank / 2) / 3)


def heavy_density(mixture: Mixture, exponents: tuple[float, ...]) -> HeavyDensity:
    """Prior density of ``ln(prod u_l prod A_j)``; ``exponents`` holds a = alpha/2 of the heavy layers."""
    widths = mixture.widths
    saddle = solve_modes(mixture.modes, widths, mixture.variances, mixture.temperature)
    narrowest = int(np.argmin(widths))
    # slope of the log likelihood at the saddle of the Gaussian theory; where it is positive the tails of A do the work
    slope = 0.5 * float(widths[narrowest]) * (float(saddle.u[narrowest] / mixture.variances[narrowest]) - 1.0)
    tilt = min(0.0, slope)
    # curvatures of the prior, where the data pull it, and of the likelihood
    curvature = 1.0 / float(np.sum(1 / (widths / 2 + max(0.0, slope))))
    curvature += max(0.0, _curvature(mixture, math.log(saddle.rho)))
    step = 0.4 / math.sqrt(curvature)
    for a in exponents:
        step = min(step, 0.25 * (1 - a) / a)
    centre = float(np.log(mixture.variances).sum())
    total = _gaussian_scales(mixture, step, _floor(mixture, exponents, math.log(saddle.rho), centre))
    # A factor cut at `reach` gives complete sums up to `reach` plus the left ends of the other terms, kept below.
    lost = max(0.0, -step * total.first) - sum(min(0.0, _left_end(a)) for a in exponents)
    reach, firsts = _reach(mixture, exponents, math.log(saddle.rho)) + lost, []
    for a in exponents:
        factor = _stable_factor(a, step, reach)
        total = total.convolved(factor, step, tilt)
        firsts.append(factor.first)
    index = total.first + np.arange(total.log_values.size)
    kept = np.isfinite(total.log_values) & (np.abs(step * index) < 650.0)  # rho itself must fit a double
    if firsts:
        kept &= index <= reach / step + total.first - max(firsts)
    return HeavyDensity(step * index[kept], total.log_values[kept])
