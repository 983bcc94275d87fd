r"""Moments M_q = E h^q of the local eigenvector law by one Mellin-Barnes integral.

With X = tau d_L^2 d_0^2 S S' every side is S^{..} S'^{..} d^{..} (1 + X)^{-q}, and

.. math:: (1 + X)^{-q} = \frac{1}{2 \pi i} \int \frac{\Gamma(s) \Gamma(q - s)}{\Gamma(q)} X^{-s} ds, \qquad
    E S^p = \frac{\Gamma(1 - p/a)}{\Gamma(1 - p)} .
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, special

__all__ = ["SIDES", "LocalLaw", "log_gaussian_factor"]

SIDES = ("right", "left", "biorthogonal")
Profile = tuple[NDArray[np.float64], NDArray[np.float64]]
DIGITS = 38.0  # exponents are followed down to e^-38
RARE = 1e-4


def log_gaussian_factor(q: float, field: str, *, pair: bool) -> float:
    """ln of E g^q / (E g)^q, or of E (g g')^{q/2} / (E sqrt(g g'))^q for a pair."""
    least = {"complex": -1.0, "real": -0.5}[field] * (2.0 if pair else 1.0)
    if q <= least:
        raise ValueError(f"q = {q} must be > {least} for {field} vectors: below, the moment is infinite")

    def log_mean(power: float) -> float:
        if field == "complex":
            return math.lgamma(1.0 + power)
        return power * math.log(2.0) + math.lgamma(power + 0.5) - 0.5 * math.log(math.pi)

    return 2.0 * (log_mean(0.5 * q) - q * log_mean(0.5)) if pair else log_mean(q) - q * log_mean(1.0)


class LocalLaw:
    """The local law of one side: S (index a) and the profile `last` below the node, S' (index b) and `first` above it."""

    def __init__(self, side: str, *, a: float, b: float, last: Profile, first: Profile) -> None:
        self.side, self.a, self.b, self.profiles = side, a, b, (last, first)
        self.index = {"right": a, "left": b, "biorthogonal": min(a, b)}[side]
        self.kind = self._kind()

    def _powers(self, q: float, s: Any) -> tuple[Any, Any, Any, Any]:
        """Exponents of S, S', d_L, d_0 in the integrand."""
        if self.side == "right":
            return q - s, -s, 2.0 * (q - s), -2.0 * s
        if self.side == "left":
            return -s, q - s, -2.0 * s, 2.0 * (q - s)
        return 0.5 * q - s, 0.5 * q - s, q - 2.0 * s, q - 2.0 * s

    def _kind(self) -> str:
        """Does the mean weight exist? It needs E d^(-2(1-a)) of the profile that only feeds back."""
        if self.side == "biorthogonal":
            return "ergodic"
        log_values, weights = self.profiles[1 if self.side == "right" else 0]
        if self.index == 1.0:
            return "ergodic"  # a Gaussian layer: no heavy sites
        if 1.0 - weights.sum() > 1e-12:
            return "frozen"
        shares = np.log(weights) - 2.0 * (1.0 - self.index) * log_values
        shares = special.softmax(shares)
        order = np.argsort(-shares)
        half = np.searchsorted(np.cumsum(shares[order]), 0.5) + 1
        return "frozen (logarithmic)" if weights[order[:half]].sum() < RARE else "ergodic"

    def _log_integrand(self, q: float, s: Any, x: float) -> Any:
        """ln of the integrand without 1/Gamma(q), at complex s."""
        p_s, p_t, p_last, p_first = self._powers(q, s)
        total = special.loggamma(s) + special.loggamma(q - s) - s * x
        for power, index in ((p_s, self.a), (p_t, self.b)):
            if index != 1.0:
                total = total + special.loggamma(1.0 - power / index) - special.loggamma(1.0 - power)
        for power, profile in ((p_last, self.profiles[0]), (p_first, self.profiles[1])):
            total = total + _log_profile_moment(power, profile)
        return total

    def _strip(self, q: float) -> tuple[float, float]:
        """Where the straight contour may run: right of the pole of the stable moments, left of the pole at s = q."""
        low = 0.0 if q > 0 else -1.0
        offset = {"right": (q, 0.0), "left": (0.0, q), "biorthogonal": (0.5 * q, 0.5 * q)}[self.side]
        for start, index in zip(offset, (self.a, self.b), strict=True):
            if index != 1.0:
                low = max(low, start - index)
        if self.a == 1.0 == self.b and q < 0:
            low = max(low, -1.0)
        return low, q

    def log_moment(self, q: float, x: float) -> float:
        """ln E h^q at tau = e^x."""
        carriers = {"right": (0,), "left": (1,), "biorthogonal": (0, 1)}[self.side]
        if q == 0.0:
            return math.log(math.prod(float(self.profiles[i][1].sum()) for i in carriers))
        if q < 0 and any(1.0 - self.profiles[i][1].sum() > 1e-12 for i in carriers):
            raise ValueError(f"q = {q} must be >= 0: dead units have zero weight and the moment is infinite")
        return math.log(math.exp(self._log_connected(q, x)) + self._without_feedback(q))

    def _without_feedback(self, q: float) -> float:
        """Sites whose d is zero on the other side: h = d^2 there for a Gaussian layer (else the side is frozen)."""
        if self.side == "biorthogonal":
            return 0.0
        carrier, other = (0, 1) if self.side == "right" else (1, 0)
        dead = max(0.0, 1.0 - float(self.profiles[other][1].sum()))
        if dead <= 1e-12:
            return 0.0
        if self.index != 1.0:
            raise ValueError("the mean weight of the frozen side is infinite")
        return dead * float(np.exp(_log_profile_moment(complex(2.0 * q), self.profiles[carrier]).real))

    def _log_connected(self, q: float, x: float) -> float:
        """ln E h^q over the sites with feedback."""
        low, high = self._strip(q)
        if low >= high:
            raise ValueError(f"q = {q} must be > {self._least():.6g}: below, the moment of the local law is infinite")
        width = high - low
        found = optimize.minimize_scalar(
            lambda c: float(self._log_integrand(q, complex(c), x).real),
            bounds=(low + 0.12 * width, high - 0.12 * width),
            method="bounded",
            options={"xatol": 0.01 * width},
        )
        c = float(found.x)
        delta = min(c - low, high - c)
        decay = math.pi + 0.5 * math.pi * (1.0 / self.a - 1.0) + 0.5 * math.pi * (1.0 / self.b - 1.0)
        step = 2.0 * math.pi * delta / DIGITS
        t = step * np.arange(int(1.6 * DIGITS / decay / step) + 2)
        logs = self._log_integrand(q, c + 1j * t, x)
        terms = np.exp(logs - logs[0].real).real
        value = step / math.pi * (terms.sum() - 0.5 * terms[0])
        if q > 0:
            return float(np.log(value) + logs[0].real - special.gammaln(q))
        # The line runs left of s = 0, whose pole belongs to its left: its residue is E S^.. d^.. alone.
        integral = float(special.gammasgn(q) * value * np.exp(logs[0].real - special.gammaln(q)))
        p_s, p_t, p_last, p_first = self._powers(q, 0.0)
        residue = sum(
            special.gammaln(1.0 - power / index) - special.gammaln(1.0 - power)
            for power, index in ((p_s, self.a), (p_t, self.b))
            if index != 1.0
        )
        residue += sum(
            float(_log_profile_moment(complex(power), profile).real)
            for power, profile in zip((p_last, p_first), self.profiles, strict=True)
        )
        return math.log(math.exp(residue) + integral)

    def log_moment_multiprecision(self, q: Any, x: Any, dps: int) -> Any:
        """ln E h^q for q > 0 in mpmath: the same integral on the middle of the strip, error 10^-dps of the largest term."""
        import mpmath as mp

        with mp.workdps(dps + 15):
            q, x = mp.mpf(q), mp.mpf(x)
            indices = (mp.mpf(self.a), mp.mpf(self.b))
            offset = {"right": (q, 0), "left": (0, q), "biorthogonal": (q / 2, q / 2)}[self.side]
            low = max([mp.mpf(0)] + [start - index for start, index in zip(offset, indices, strict=True) if index != 1])
            c = (low + q) / 2
            digits = mp.log(10) * (dps + 8)
            step = 2 * mp.pi * (c - low) / digits
            total = mp.mpf(0)
            for number in range(int(2 * digits / mp.pi / step) + 2):
                s = mp.mpc(c, number * step)
                powers = self._powers(q, s)
                term = mp.gamma(s) * mp.gamma(q - s) * mp.exp(-s * x)
                for power, index in zip(powers[:2], indices, strict=True):
                    term *= 1 if index == 1 else mp.gamma(1 - power / index) * mp.rgamma(1 - power)
                for power, (log_values, weights) in zip(powers[2:], self.profiles, strict=True):
                    pairs = zip(log_values.tolist(), weights.tolist(), strict=True)
                    term *= mp.fsum(weight * mp.exp(power * value) for value, weight in pairs)
                total += mp.re(term) * (step if number else step / 2)
            value = mp.log(total / (mp.pi * mp.gamma(q)) + self._without_feedback(float(q)))
        with mp.workdps(dps):
            return +value

    def _least(self) -> float:
        """Power below which the local moment is infinite (or beyond the contour used)."""
        bound = {"right": self.b, "left": self.a, "biorthogonal": 2.0 * min(self.a, self.b)}[self.side]
        return -min(1.0, bound)


def _log_profile_moment(power: Any, profile: Profile) -> Any:
    """ln E d^power over the units that are not dead, for complex powers."""
    log_values, weights = profile
    if log_values.size == 1:
        return power * log_values[0] + math.log(float(weights[0]))
    power = np.asarray(power, dtype=complex)
    exponents = power[..., None] * log_values + np.log(weights)
    top = exponents.real.max(axis=-1)
    return top + np.log(np.exp(exponents - top[..., None]).sum(axis=-1))
