"""The length map and the path growth in mpmath, to any number of digits: the same integrals, other series.

Density and inverse moments of the stable law come from their power series at small and their algebraic series at large
argument; of the two one converges and the other is asymptotic, and they meet where the asymptotic one is good enough.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from mpmath import mp

from rmt.activations import Activation

__all__ = ["exponential", "fixed_point_mp", "length_map_mp", "path_growth_mp"]

Pair = tuple[Callable[[Any], Any], Callable[[Any], Any]]
_FUNCTIONS: dict[str, Pair] = {
    "tanh": (mp.tanh, lambda x: mp.sech(x) ** 2),
    "erf": (mp.erf, lambda x: 2 / mp.sqrt(mp.pi) * mp.exp(-x * x)),
    "unit_erf": (lambda x: mp.erf(mp.sqrt(mp.pi) * x / 2), lambda x: mp.exp(-mp.pi * x * x / 4)),
    "softsign": (lambda x: x / (1 + abs(x)), lambda x: (1 + abs(x)) ** -2),
    "arctan": (mp.atan, lambda x: 1 / (1 + x * x)),
    "unit_arctan": (lambda x: 2 / mp.pi * mp.atan(mp.pi * x / 2), lambda x: 1 / (1 + (mp.pi * x / 2) ** 2)),
}


def functions(phi: Activation) -> Pair:
    """phi and its slope in mpmath; odd smooth activations of the catalogue only."""
    if phi.name not in _FUNCTIONS:
        raise ValueError(
            f"activation = {phi.name!r} must be one of {', '.join(map(repr, _FUNCTIONS))} when dps is given"
        )
    return _FUNCTIONS[phi.name]


def _log_tolerance(dps: int) -> float:
    return (dps + 3) * math.log(10.0)


def _crossover(alpha: float, dps: int) -> float:
    """x where the asymptotic series is good to dps digits: exp(-|1-alpha| (x/alpha)^(alpha/(alpha-1))) = 10^-dps."""
    gap = abs(1.0 - alpha)
    return alpha * (_log_tolerance(dps) / gap) ** ((alpha - 1.0) / alpha)


def _series(alpha: Any, s: Any, x: Any, dps: int) -> Any:
    r"""Re of int_0^inf t^(s-1) exp(ixt - t^alpha) dt, 0 < s <= 1, at x > 0."""
    exponent = float(alpha)
    if exponent in (1.0, 2.0):
        if exponent == 1.0:
            return mp.gamma(s) * mp.re((1 - 1j * x) ** (-s))
        return mp.gamma(s / 2) / 2 * mp.hyp1f1(s / 2, mp.mpf(1) / 2, -x * x / 4)
    power = x < _crossover(exponent, dps)
    converges = power == (exponent > 1.0)
    small = mp.mpf(10) ** (-dps - 5)
    total, k, last = mp.mpf(0), 0, mp.inf
    while True:
        if power:
            size = x ** (2 * k) / mp.factorial(2 * k) * mp.gamma((s + 2 * k) / alpha) / alpha
            term = (-1) ** k * size
        else:
            order = s + alpha * k
            size = mp.gamma(order) / mp.factorial(k) * x**-order  # the cosine may vanish: it decides nothing
            term = (-1) ** k * size * mp.cos(mp.pi * order / 2)
        if not converges and k > 3 and size > last:
            return total  # past the smallest term of the asymptotic series
        total += term
        if k > 3 and size < last and size < small * abs(total):
            return total
        last, k = size, k + 1


@lru_cache(maxsize=8)
def _rule(alpha: float, dps: int) -> list[tuple[Any, Any]]:
    """Trapezoid rule in ln z for E g(|Z|) at the working precision of the caller."""
    nats = _log_tolerance(dps)
    step = mp.mpf(2) * mp.pi * mp.pi / 4 / nats
    low, high = -nats / (1.0 + alpha), (nats / alpha if alpha < 2.0 else math.log(2.0 * math.sqrt(nats)) + 0.1)
    a = mp.mpf(alpha)
    nodes = [mp.exp(k * step) for k in range(math.floor(low / step), math.ceil(high / step) + 1)]
    return [(z, 2 * step * z * _series(a, mp.mpf(1), z, dps) / mp.pi) for z in nodes]


def _precision(alpha: float, dps: int) -> int:
    """Digits in which the convergent series may cancel are added."""
    return 2 * dps + 20 if alpha not in (1.0, 2.0) else dps + 15


def _image(log_q: Any, alpha: float, sigma_w: Any, sigma_b: Any, phi: Activation, dps: int) -> Any:
    value, _ = functions(phi)
    a = mp.mpf(alpha)
    c = mp.exp((log_q - mp.log(2)) / a)
    return sigma_w**a * mp.fsum(w * value(c * z) ** a for z, w in _rule(alpha, dps)) + sigma_b**a


def length_map_mp(q: Any, alpha: float, sigma_w: float, sigma_b: float, phi: Activation, dps: int) -> Any:
    """q' to dps digits."""
    with mp.workdps(_precision(alpha, dps)):
        return _image(mp.log(mp.mpf(q)), alpha, mp.mpf(sigma_w), mp.mpf(sigma_b), phi, dps)


def fixed_point_mp(start: float, alpha: float, sigma_w: float, sigma_b: float, phi: Activation, dps: int) -> Any:
    """ln q* by secants from the double result."""
    with mp.workdps(_precision(alpha, dps)):
        w, b = mp.mpf(sigma_w), mp.mpf(sigma_b)

        def gap(log_q: Any) -> Any:
            return mp.log(_image(log_q, alpha, w, b, phi, dps)) - log_q

        x0, x1 = mp.mpf(start), mp.mpf(start) + mp.mpf(10) ** -9
        f0, f1 = gap(x0), gap(x1)
        while abs(x1 - x0) > mp.mpf(10) ** (-dps // 2 - 2) and f1 != f0:
            x0, x1, f0 = x1, x1 - f1 * (x1 - x0) / (f1 - f0), f1
            f1 = gap(x1)
        return x1 - f1 * (x1 - x0) / (f1 - f0) if f1 != f0 else x1


def exponential(x: Any, dps: int) -> Any:
    """e^x with guard digits."""
    with mp.workdps(dps + 15):
        return mp.exp(x)


def path_growth_mp(p: float, log_q: Any, alpha: float, sigma_w: float, phi: Activation, dps: int) -> Any:
    """rho(p) to dps digits at a given ln q."""
    value, slope = functions(phi)
    nats = _log_tolerance(dps)
    with mp.workdps(_precision(alpha, dps)):
        a, order = mp.mpf(alpha), mp.mpf(p)
        s = 1 + a - order
        c = mp.exp((log_q - mp.log(2)) / a)
        step = mp.mpf(2) * mp.pi * mp.pi / 4 / nats
        high = math.log(nats) if phi.name in ("tanh", "erf", "unit_erf") else nats / (2.0 * p - 1.0)
        total = mp.mpf(0)
        for k in range(math.floor(-nats / float(s) / step), math.ceil(high / step) + 1):
            v = mp.exp(k * step)
            kernel = _series(a, s, v / c, dps) * c**-s
            total += slope(v) ** order * value(v) ** (a - order) * v * kernel
        moment = total * step * 2 / (mp.gamma(s) * mp.cos(mp.pi * s / 2))
        constant = 2 / mp.pi * mp.gamma(a) * mp.sin(mp.pi * a / 2)
        return a * constant * mp.mpf(sigma_w) ** a / 4 * moment
