"""Critical points in mpmath: the formulas of critical_points.py on a trapezoid rule for any number of digits."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from mpmath import mp

from rmt.activations import Activation

__all__ = ["critical_constants_mp", "levy_critical_sigma_w_mp"]

Jet = tuple[Any, Any, Any, Any]  # phi, phi', phi'', phi'''


def _tanh(x: Any) -> Jet:
    t = mp.tanh(x)
    d = 1 - t * t
    return t, d, -2 * t * d, d * (6 * t * t - 2)


def _erf(x: Any) -> Jet:
    d = 2 / mp.sqrt(mp.pi) * mp.exp(-x * x)
    return mp.erf(x), d, -2 * x * d, (4 * x * x - 2) * d


def _arctan(x: Any) -> Jet:
    u = 1 / (1 + x * x)
    return mp.atan(x), u, -2 * x * u * u, (6 * x * x - 2) * u**3


def _sigmoid(x: Any) -> Jet:
    t, d1, d2, d3 = _tanh(x / 2)
    return (1 + t) / 2, d1 / 4, d2 / 8, d3 / 16


def _swish(x: Any) -> Jet:
    f, d1, d2, d3 = _sigmoid(x)
    return x * f, f + x * d1, 2 * d1 + x * d2, 3 * d2 + x * d3


def _scaled(jet: Callable[[Any], Jet], gain: Callable[[], Any], power: int) -> Callable[[Any], Jet]:
    """phi(g x) / g^power."""

    def scaled(x: Any) -> Jet:
        g = gain()
        return tuple(value * g ** (k - power) for k, value in enumerate(jet(g * x)))

    return scaled


# The function and the distance of its nearest singularity from the real line (infinite: entire).
_JETS: dict[str, tuple[Callable[[Any], Jet], float]] = {
    "tanh": (_tanh, math.pi / 2),
    "erf": (_erf, math.inf),
    "unit_erf": (_scaled(_erf, lambda: mp.sqrt(mp.pi) / 2, 0), math.inf),
    "arctan": (_arctan, 1.0),
    "unit_arctan": (_scaled(_arctan, lambda: mp.pi / 2, 1), 2.0 / math.pi),
    "sin": (lambda x: (mp.sin(x), mp.cos(x), -mp.sin(x), -mp.cos(x)), math.inf),
    "sigmoid": (_sigmoid, math.pi),
    "swish": (_swish, math.pi),
}


def _nodes(phi: Activation, q: Any, dps: int) -> list[tuple[Any, Any, Jet]]:
    """Weights, z and the jet at sqrt(q) z; the step is what the strip of analyticity asks for."""
    jet, distance = _JETS[phi.name]
    nats, size = (dps + 5) * math.log(10.0), math.sqrt(float(q))
    # e^(-z^2/2) alone; with the growth of sin, or with phi'^4 of erf, whose Gaussian is narrower.
    step = 2.0 * math.pi / (math.sqrt(2.0 * nats * (1.0 + 8.0 * size**2 * ("erf" in phi.name))) + 4.0 * size)
    if distance < math.inf:
        # phi'''^2 of tanh has poles of order 8: a power of the exponent comes with the exponential.
        wanted = nats + 8.0 * math.log(nats) + 0.5 * (distance / size) ** 2
        step = min(step, 2.0 * math.pi * (distance / size) / wanted)
    count = math.ceil(math.sqrt(2.0 * nats) / step)
    h, root = mp.mpf(step), mp.sqrt(q)
    zs = [k * h for k in range(-count, count + 1)]
    return [(h / mp.sqrt(2 * mp.pi) * mp.exp(-z * z / 2), z, jet(root * z)) for z in zs]


def critical_constants_mp(phi: Activation, sigma_b: Any, start: float, dps: int) -> dict[str, Any]:
    """The fields of CriticalPoint to ``dps`` digits, from the double value of q."""
    if phi.name not in _JETS:
        raise ValueError(f"activation = {phi.name!r} must be one of {', '.join(map(repr, _JETS))} when dps is given")
    with mp.workdps(dps + 10):
        bias = mp.mpf(sigma_b)

        def excess(q: Any) -> Any:
            table = _nodes(phi, q, dps)
            return (
                mp.fsum(w * f[0] ** 2 for w, _, f in table) / mp.fsum(w * f[1] ** 2 for w, _, f in table) + bias**2 - q
            )

        x0, x1 = mp.mpf(start), mp.mpf(start) * (1 + mp.mpf(10) ** -8)
        f0, f1 = excess(x0), excess(x1)
        while f1 != f0 and abs(x1 - x0) > mp.mpf(10) ** (-dps - 3) * abs(x1):
            x0, x1, f0 = x1, x1 - f1 * (x1 - x0) / (f1 - f0), f1
            f1 = excess(x1)
        constants = _constants(_nodes(phi, x1, dps), x1)
    with mp.workdps(dps):
        return {"q": +x1, **{name: +value for name, value in constants.items()}}


def _constants(table: list[tuple[Any, Any, Jet]], q: Any) -> dict[str, Any]:
    """``_constants`` of critical_points.py, in mpmath."""
    of = lambda g: mp.fsum(w * g(z, *f) for w, z, f in table)
    slope2 = of(lambda z, f, d1, d2, d3: d1**2)
    sw2, f2 = 1 / slope2, of(lambda z, f, d1, d2, d3: f**2)
    he2, he4 = (lambda z: z**2 - 1), (lambda z: z**4 - 6 * z**2 + 3)
    chi_q = sw2 * of(lambda z, f, d1, d2, d3: f**2 * he2(z)) / (2 * q)
    l1 = sw2 * of(lambda z, f, d1, d2, d3: d1**2 * he2(z)) / (2 * q)
    l2 = sw2 * of(lambda z, f, d1, d2, d3: d1**2 * he4(z)) / (4 * q**2) - l1**2
    curvature = sw2 * of(lambda z, f, d1, d2, d3: f**2 * he4(z)) / (4 * q**2)
    v_q = sw2**2 * (of(lambda z, f, d1, d2, d3: f**4) - f2**2)
    e2 = v_q / (1 - chi_q**2)
    e1 = curvature * e2 / (2 * (1 - chi_q))
    cross = of(lambda z, f, d1, d2, d3: (f * d1) ** 2)
    r2 = sw2**2 * cross / (q * (1 - chi_q**2))
    k2 = of(lambda z, f, d1, d2, d3: (d1 * z) ** 2) / slope2
    v_x = 3 * sw2**2 * of(lambda z, f, d1, d2, d3: d1**4) - 1
    response = l1 / (1 - chi_q)
    return {
        "sigma_w": mp.sqrt(sw2),
        "kappa": sw2 * q * of(lambda z, f, d1, d2, d3: d2**2) / 2,
        "c3": sw2 * q**2 * of(lambda z, f, d1, d2, d3: d3**2) / 6,
        "gamma": 2 / mp.sqrt(sw2) + l1 * 2 * mp.sqrt(sw2) * f2 / (1 - chi_q),
        "c1": l1 * e1 + l2 * e2 / 2 + r2 * (k2 - 1) - v_x / 2,
        "v": v_x + 2 * response * sw2**2 * (cross - f2 * slope2) + response**2 * v_q,
        "chi_q": chi_q,
    }


def levy_critical_sigma_w_mp(
    alpha: float, sigma_b: float, phi: Activation, dps: int, start: float, order: float
) -> Any:
    """Critical weight scale at alpha < 2 to ``dps`` digits, from the double values of q and p*.

    At a given q both the length map and Lambda(p) are sigma_w^alpha times a function of q, so sigma_w^alpha = 1/R(q) with
    R = Lambda(2) or, frozen, the minimum of Lambda over p, at sigma_w = 1; what remains is a root in ln q.
    """
    from rmt.meanfield._multiprecision import length_map_mp, path_growth_mp

    work = dps + 10
    with mp.workdps(2 * dps + 30):
        state = {"order": mp.mpf(max(order, 2.0) if order >= 2.0 else order)}

        def rate(p: Any, log_q: Any) -> Any:
            return mp.log(path_growth_mp(p, log_q, alpha, 1.0, phi, work))

        def growth(log_q: Any) -> Any:
            if order >= 2.0:
                return mp.exp(rate(mp.mpf(2), log_q))
            # Newton for the minimum over p; its value is stationary there, so half the digits of p suffice.
            h = mp.mpf(10) ** (-work // 4)
            while True:
                p = state["order"]
                left, middle, right = (rate(p + k * h, log_q) for k in (-1, 0, 1))
                step = -h * (right - left) / 2 / (right - 2 * middle + left)
                state["order"] = p + step
                if abs(step) < mp.mpf(10) ** (-(work // 2)) or abs(step) < h * h:
                    # The parabola through three points has its value at the minimum to order step^2 h^2.
                    return mp.exp(middle + step * (right - left) / (4 * h))

        def gap(log_q: Any) -> tuple[Any, Any]:
            q = mp.exp(log_q)
            gain = 1 / growth(log_q)
            length = length_map_mp(q, alpha, 1.0, 0.0, phi, work)
            return mp.log(gain * length + mp.mpf(sigma_b) ** mp.mpf(alpha)) - log_q, gain

        x0, x1 = mp.log(mp.mpf(start)), mp.log(mp.mpf(start)) + mp.mpf(10) ** -7
        f0, (f1, gain) = gap(x0)[0], gap(x1)
        while f1 != f0 and abs(x1 - x0) > mp.mpf(10) ** (-dps - 2):
            x0, x1, f0 = x1, x1 - f1 * (x1 - x0) / (f1 - f0), f1
            f1, gain = gap(x1)
        result = gain ** (1 / mp.mpf(alpha))
    with mp.workdps(dps):
        return +result
