"""The one-dimensional integral behind every exact result.

A priori ``rho = prod u_l`` with independent ``u_l = sigma_l^2 chi2_{N_l} / N_l``; given rho the outputs are Gaussian.
Everything is an integral over ``x = ln rho`` of a Meijer density, tilted by powers of the ``u_l``, times a likelihood.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy import special

from rmt.deeplinear._data import Modes
from rmt.special import log_meijerg_q0

__all__ = ["Mixture"]

NATS = 45.0  # the integrand is followed down to exp(-45) of its maximum


@dataclasses.dataclass(frozen=True)
class Mixture:
    """Posterior of the scales for one data set."""

    modes: Modes
    widths: NDArray[np.float64]
    variances: NDArray[np.float64]
    temperature: float

    def parameters(self, powers: NDArray[np.float64], offset: float = 0.0) -> NDArray[np.float64]:
        """Meijer parameters ``N_l / 2 + powers_l - offset``."""
        return self.widths / 2 + powers - offset

    @property
    def log_unit(self) -> float:
        """``ln prod 2 sigma_l^2 / N_l``: the Meijer argument of rho is rho / exp(log_unit)."""
        return float(np.log(2 * self.variances / self.widths).sum())

    def log_prior(self, x: NDArray[np.float64], powers: NDArray[np.float64]) -> NDArray[np.float64]:
        """Log density in x of the prior measure weighted with ``prod u_l^powers_l`` (not normalised unless powers = 0)."""
        scale = float(np.dot(powers, np.log(2 * self.variances / self.widths)))
        log_g: NDArray[np.float64] = log_meijerg_q0(None, self.parameters(powers), log_z=x - self.log_unit)
        return scale + log_g - special.gammaln(self.widths / 2).sum()

    def log_likelihood(self, x: NDArray[np.float64]) -> NDArray[np.float64]:
        """ln N(y; 0, rho K0 + T) on the range of K0; the rest does not depend on rho and is in ``log_outside``."""
        modes = self.modes
        total = np.exp(np.asarray(x, dtype=float))[..., None] * modes.eigenvalues + self.temperature
        out: NDArray[np.float64] = -0.5 * (np.log(total) + modes.targets**2 / total).sum(axis=-1)
        return out - 0.5 * modes.rank * math.log(2 * math.pi)

    @property
    def log_outside(self) -> float:
        """Log likelihood of the targets outside the range of K0: huge at small T, so kept apart from what varies."""
        if self.temperature == 0.0:
            return 0.0
        free = self.modes.examples - self.modes.rank
        return -0.5 * (free * math.log(2 * math.pi * self.temperature) + self.modes.rejected / self.temperature)

    def log_integral(self, powers: NDArray[np.float64]) -> float:
        """ln of prior expectation of ``prod u_l^powers_l * likelihood``."""
        if self.temperature == 0.0:
            return self._log_integral_cold(powers)
        return float(special.logsumexp(self.nodes(powers)[1]))

    def _log_integral_cold(self, powers: NDArray[np.float64]) -> float:
        modes = self.modes
        half = modes.rank / 2
        # ln of (B/2) prod N_l / (2 sigma_l^2); the likelihood multiplies the Mellin transform by a Gamma function more
        log_z = math.log(modes.strength / 2) - self.log_unit
        value = float(log_meijerg_q0(None, [0.0, *self.parameters(powers, half)], log_z=log_z))
        scale = float(np.dot(powers, np.log(2 * self.variances / self.widths)))
        value += scale - half * self.log_unit - float(special.gammaln(self.widths / 2).sum())
        return value - half * math.log(2 * math.pi) - 0.5 * modes.log_determinant

    def nodes(self, powers: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Trapezoid nodes in ln rho and ln(weight * integrand) there: machine precision for one mode, and for two."""

        def target(x: NDArray[np.float64]) -> NDArray[np.float64]:
            return self.log_prior(x, powers) + self.log_likelihood(x)

        centre = float(np.log(self.variances).sum())
        return log_quadrature(target, centre, float(np.sqrt((2 / self.widths).sum())))


def log_quadrature(
    target: Callable[[NDArray[np.float64]], NDArray[np.float64]], centre: float, width: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Nodes and log weights for the integral of exp(target) over the line, wherever its one or two modes are."""
    # each side on its own: to the left the prior falls as exp(N x / 2), slowly for a narrow layer, to the right steeply
    left = right = max(4.0, 8 * width)
    while True:
        x = np.linspace(centre - left, centre + right, 401)
        f = target(x)
        top = f.max()
        low, high = f[0] < top - NATS - 15, f[-1] < top - NATS - 15
        if low and high:
            break
        left, right = left * (1 if low else 2), right * (1 if high else 2)
    peaks = []
    for i in np.flatnonzero((f[1:-1] >= f[:-2]) & (f[1:-1] >= f[2:])) + 1:
        a, b = x[i - 1], x[i + 1]
        while b - a > 1e-3 * width:  # zoom: the widest cell that holds the maximum, nine points at a time
            fine = np.linspace(a, b, 9)
            j = int(np.clip(np.argmax(target(fine)), 1, 7))
            a, b = fine[j - 1], fine[j + 1]
        peaks.append(0.5 * (a + b))
    points = np.asarray(peaks)
    delta = 0.05 * width
    f_peak, f_left, f_right = target(points), target(points - delta), target(points + delta)
    keep = f_peak > f_peak.max() - NATS
    curvature = (2 * f_peak - f_left - f_right)[keep] / delta**2
    step = float(min(0.3, 0.45 / math.sqrt(max(curvature.max(), 1e-12))))
    bottom = f_peak.max() - NATS
    # the scan ends below the bottom on both sides; a finer one between neighbouring points saves nodes
    first, last = points[keep].min(), points[keep].max()
    outer_left, outer_right = x[(x < first) & (f < bottom)].max(), x[(x > last) & (f < bottom)].min()
    ends = []
    for inner, outer in ((first, outer_left), (last, outer_right)):
        fine = np.linspace(inner, outer, 17)
        ends.append(fine[np.flatnonzero(target(fine) < bottom)[0]])
    nodes = np.arange(ends[0], ends[1] + step, step)
    return nodes, target(nodes) + math.log(step)
