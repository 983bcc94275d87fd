"""Deterministic expectations over stable laws: one trapezoid rule in ln|z| per index, split rules for kinks.

In t = ln|z| the density of a stable law times |z| is analytic in a strip and decays exponentially on both sides, so the
trapezoid rule converges exponentially, and a change of scale of the integrand only shifts t: one set of weights per index.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rmt._checks import check_alpha, check_real
from rmt._quadrature import double_exponential
from rmt.stable.evaluation import direct
from rmt.stable.law import LOWEST_ALPHA, AlphaStable
from rmt.stable.positive import PositiveStable

__all__ = ["expect", "expectation_rule"]

Rule = tuple[NDArray[np.float64], NDArray[np.float64]]
LEFT = -41.0  # e^-41: what lies nearer to the centre has probability below 1e-17 for a bounded density
DEPTH = 39.0  # e^-39: probability beyond the last node


def expectation_rule(alpha: float, growth: float = 0.0) -> Rule:
    r"""Nodes and weights of E g(ln abs(Z)), Z symmetric stable of characteristic function exp(-abs(t)^alpha).

    :math:`E\,g(\ln|Z|) = \int g(t)\,2 e^t p(e^t)\,dt` by the trapezoid rule with step 0.1; the error is
    :math:`e^{-20\pi d}` for g analytic in a strip of half width d <= pi/4 about the real line.

    Parameters
    ----------
    alpha : float
        Stability index in [0.1, 2].
    growth : float
        Exponent p < alpha of the growth of g like \|z\|^p; 0 for saturating functions and logarithms.

    Returns
    -------
    log_nodes, weights : ndarray of float64
        Read-only and cached: ``E g(ln|Z|) = (weights * g(log_nodes)).sum()``; the weights sum to 1 within 1e-14. About
        450 nodes at alpha = 2, 800 at 1, 1700 at 0.3; more with ``growth``.

    Raises
    ------
    ValueError
        If an argument is out of its range.

    Notes
    -----
    Tested: 1e-13 for saturating analytic functions, ln abs(Z) and abs(Z)^p, p <= 0.9 alpha, with ``growth=p``. The rule starts at
    abs(z) = e^-41, so a function that is singular like abs(z)^-s at 0 keeps an error of e^(-41 (1 - s)). For kinks and interior
    singularities use :func:`expect`. The scale of "stable(q)" is a shift: h = (q/2)^(1/alpha) Z.

    Examples
    --------
    The Cauchy law: E 1/(1 + Z^2) = 1/2.

    >>> import numpy as np
    >>> from rmt.stable import expectation_rule
    >>> log_z, weight = expectation_rule(1.0)
    >>> float(np.sum(weight / (1 + np.exp(2 * log_z))))
    0.500000000000
    """
    alpha = check_alpha(alpha, low=LOWEST_ALPHA)
    growth = check_real("growth", growth, low=0.0)
    if growth >= alpha and alpha < 2.0:
        raise ValueError(f"growth = {growth!r} must be below alpha = {alpha!r}: the expectation is infinite")
    return _rule(alpha, growth)


@lru_cache(maxsize=64)
def _rule(alpha: float, growth: float) -> Rule:
    step = 0.1
    kernel = AlphaStable(alpha)._kernel()
    left = LEFT - max(0.0, math.lgamma(1.0 + 1.0 / alpha))  # small alpha: the law is concentrated near 0
    top = math.log(14.0) if alpha == 2.0 else min(DEPTH / (alpha - growth), 690.0)
    t = np.asarray(left + step * np.arange(int((top - left) / step) + 2), dtype=np.float64)
    x = np.exp(t)
    weights = 2.0 * step * x * direct(kernel, x, x, "pdf")
    if alpha < 2.0:  # the power law beyond the last node; half the end weight as in any trapezoid sum
        weights[-1] *= 0.5 + 1.0 / ((alpha - growth) * step)
    t.flags.writeable = weights.flags.writeable = False
    return t, weights


Law = AlphaStable | PositiveStable


def expect(
    f: Callable[[NDArray[np.float64]], Any], law: Law, *, kinks: Sequence[float] = (), growth: float = 0.0
) -> float:
    r"""E f(X), deterministically.

    Parameters
    ----------
    f : callable
        Takes an array of points and returns the array of its values.
    law : AlphaStable or PositiveStable
    kinks : sequence of float
        Points where f is not smooth: a kink, a jump, a logarithm of \|x - kink\|. The integral is split there. The centre
        of the law is always a split point.
    growth : float
        Exponent p of the growth of \|f\| like \|x\|^p at infinity; p below alpha, and alpha - p above 0.06 for full accuracy
        (below, the range of doubles ends the rule at e^690 and the remainder is only estimated).

    Returns
    -------
    float
        Tested: 1e-13 for analytic saturating f, 1e-12 with kinks, logarithmic singularities at the kinks or growth
        p <= 0.9 alpha. The error for an oscillating f (cos x) is that of a rule without knowledge of the period: use the
        characteristic function instead.

    Raises
    ------
    ValueError
        If ``growth`` is not below alpha (the expectation is infinite), or f does not return an array of the given shape.

    Examples
    --------
    >>> import numpy as np
    >>> from rmt.stable import AlphaStable, expect
    >>> expect(lambda x: np.minimum(x * x, 1.0), AlphaStable(1.0), kinks=(-1.0, 1.0))
    0.63661977236758
    """
    index = law.a if isinstance(law, PositiveStable) else law.alpha
    growth = check_real("growth", growth, low=0.0)
    light = isinstance(law, AlphaStable) and law.alpha == 2.0
    if growth >= index and not light:
        raise ValueError(f"growth = {growth!r} must be below the index {index!r}: the expectation is infinite")
    points = tuple(sorted(check_real("kinks", point) for point in kinks))
    x, weights = _split_rule(law, points, growth)
    if points:  # a node that rounds to a kink lies within 1e-16 of it
        keep = ~np.isin(x, points)
        x, weights = x[keep], weights[keep]
    values = np.asarray(f(x), dtype=np.float64)
    if values.shape != x.shape:
        raise ValueError(f"f must return an array of shape {x.shape}, not {values.shape}")
    used = weights != 0.0
    return float(np.sum(weights[used] * values[used]))


@lru_cache(maxsize=64)
def _split_rule(law: Law, kinks: tuple[float, ...], growth: float) -> Rule:
    """Nodes and weights: tanh-sinh between neighbouring split points, the trapezoid rule in ln(distance) outside."""
    if isinstance(law, PositiveStable):
        return _positive_rule(law, kinks, growth)
    index = law.alpha
    low, high = law.support()
    centre = _centre(law)
    inside = [point for point in kinks if low < point < high]
    splits = sorted({*inside, centre})
    nodes, weights = [], []
    for a, b in itertools.pairwise(splits):
        near, weight = double_exponential(0.0, b - a, step=1 / 32)
        # distances from either end are exact: log-singularities at the ends see them
        x = np.where(near < 0.5 * (b - a), a + near, b - (b - a - near))
        nodes.append(x)
        weights.append(weight * law.pdf(x, table=False))
    for sign, start, end in ((-1.0, splits[0], low), (1.0, splits[-1], high)):
        if start == end:
            continue
        # beyond t the integrand falls like exp((growth - index) t)
        reach = math.log(40.0 * law.scale) if index == 2.0 else DEPTH / (index - growth) + math.log(law.scale)
        reach = min(max(reach, math.log(1e-8 + abs(start)) + 8.0), 690.0)
        left = (
            LEFT - max(0.0, math.log(law.scale * law.pdf(start)) if law.pdf(start) > 0 else 0.0) + math.log(law.scale)
        )
        t = left + STEP * np.arange(int((reach - left) / STEP) + 2)
        distance = np.exp(t)
        x = start + sign * distance
        weight = STEP * distance * law.pdf(x, table=False)
        if index < 2.0:
            # the rest of a power law beyond the last node: integrand * x/(index - growth); half the end weight as in a sum
            weight[-1] *= 0.5 + 1.0 / ((index - growth) * STEP)
        nodes.append(x)
        weights.append(weight)
    x, w = np.concatenate(nodes), np.concatenate(weights)
    x.flags.writeable = w.flags.writeable = False
    return x, w


def _positive_rule(law: PositiveStable, kinks: tuple[float, ...], growth: float) -> Rule:
    """In ln S = t0 + l sinh(s): l shrinks with 1 - a, where the law closes around its scale."""
    a, co = law.a, 1.0 - law.a
    shape = math.log(co) + a / co * math.log(a)  # ln of g_min(x) x^(a/(1-a))
    t0, l = co / a * shape, min(1.0, 2.0 * co)

    def to_s(t: float) -> float:
        return math.asinh((t - t0) / l)

    start, far = to_s(co / a * (shape - math.log(60.0))), to_s(DEPTH / (a - growth) + 1.0)
    unit = PositiveStable(a)
    splits = [to_s(math.log(point / law.scale)) for point in kinks if point > 0.0]
    if not splits:
        s = np.linspace(start, far, int((far - start) * 2 / STEP) + 2)
        t, weights = t0 + l * np.sinh(s), (s[1] - s[0]) * l * np.cosh(s)
        inside = int(np.searchsorted(t, 690.0))
        x = np.exp(t[:inside])
        rest, weights = weights[inside:], weights[:inside] * x * unit.pdf(x, table=False)
        if rest.size:
            _continue_tail(a, growth, t, weights, rest)
        return x * law.scale, weights
    end = min(far, to_s(690.0))
    edges = [start, *(s for s in splits if start < s < end), end]
    pieces = [double_exponential(low, high, step=1 / 32) for low, high in itertools.pairwise(edges)]
    s = np.concatenate([piece[0] for piece in pieces])
    x = np.exp(t0 + l * np.sinh(s))
    weights = np.concatenate([piece[1] for piece in pieces]) * l * np.cosh(s) * x * unit.pdf(x, table=False)
    x_end = math.exp(t0 + l * math.sinh(end))
    rest = x_end * unit.pdf(x_end) / (a - growth) if growth else unit.ccdf(x_end)  # the power law beyond
    return np.append(x, x_end) * law.scale, np.append(weights, rest)


def _continue_tail(
    a: float, growth: float, t: NDArray[np.float64], weights: NDArray[np.float64], rest: NDArray[np.float64]
) -> None:
    """Add what lies beyond the range of doubles (a < 0.06) to the last nodes in t = ln S.

    ``rest`` are the weights in t there; the density of t is a A e^(-at) + 2 a B e^(-2at), two terms of the tail. f is
    continued as a power S^growth, or, without growth, as a constant plus a logarithm.
    """
    unit, end = PositiveStable(a), weights.size - 1
    x_end, beyond = math.exp(t[end]), t[end + 1 :] - t[end]
    tail, leading = unit.ccdf(x_end), x_end * unit.pdf(x_end) / a
    first, second = 2.0 * tail - leading, leading - tail
    rest = rest * a * (first * np.exp(-a * beyond) + 2.0 * second * np.exp(-2.0 * a * beyond))
    if growth:
        weights[end] += float(np.sum(rest * np.exp(growth * beyond)))
        return
    inner = int(np.searchsorted(t, t[end] - 1.0)) - 1
    excess = float(np.sum(rest * beyond)) / (t[end] - t[inner])
    weights[inner] -= excess
    weights[end] += float(np.sum(rest)) + excess


STEP = 1 / 16


def _centre(law: AlphaStable) -> float:
    """zeta for alpha < 0.94, where the density is steep, the location otherwise."""
    if law.alpha >= 0.94 or law.beta == 0.0:
        return law._shift
    return law.loc + (law.scale * law._zeta if law.parameterization == "S0" else 0.0)
