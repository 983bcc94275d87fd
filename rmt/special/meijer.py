r"""ln of the Meijer function G^{q,0}_{0,q}: the density of a product of gamma variables.

With K(t) = sum ln Gamma(b_j + t), convex, everything is an integral over the line through the real saddle K'(t) = ln z;
for z so small that the saddle leans on the first pole, its residue plus the integral on a line beyond it.
"""

from __future__ import annotations

import math
from collections import Counter
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import digamma, gammaln, loggamma, zeta

from rmt._checks import check_array, check_integer

__all__ = ["log_meijerg_q0"]

_NATS = 38.0  # errors of the rules are below exp(-38) of the value
_POINTS = 256  # arguments taken together: bounds the memory

Floats = NDArray[np.float64]


def log_meijerg_q0(z: ArrayLike | None, b: ArrayLike, *, log_z: Any = None, dps: int | None = None) -> Any:
    r"""ln of the Meijer function G^{q,0}_{0,q}(z | b_1, ..., b_q).

    .. math:: G = \frac{1}{2\pi i} \int \prod_{j=1}^{q} \Gamma(b_j + s)\; z^{-s}\, ds

    along a vertical line right of all poles. prod_j Gamma(b_j) times the density of the product of independent
    Gamma(b_j) variables at z is G/z; for q = 1, G = z^b exp(-z). G > 0 for z > 0.

    Parameters
    ----------
    z : array_like or None
        Positive arguments; None if ``log_z`` is given.
    b : array_like (q,)
        Real parameters, any sign and order; equal ones cost no more than one.
    log_z : array_like, optional
        ln z instead of z, for arguments beyond the range of doubles.
    dps : int, optional
        Evaluate in mpmath to this many digits; the result is then an ``mpmath.mpf`` (the argument is a scalar, and it
        and ``b`` may be mpmath numbers).

    Returns
    -------
    float, array or mpf

    Raises
    ------
    ValueError
        If a z is not positive and finite, ``b`` is empty, or not exactly one of ``z`` and ``log_z`` is given.
    ArithmeticError
        If ln G itself is beyond the range of doubles.

    Notes
    -----
    The line passes through the real saddle, sum_j psi(b_j + c) = ln z, found by Newton's method; the trapezoid rule
    converges exponentially, so nothing over- or underflows. Where the saddle is close to the first pole and that pole
    is simple, its residue is taken out and the line runs half way to the next one. Tested against mpmath to 1e-13
    (absolute in the logarithm, relative where it is large) for q up to 300 and \|b\| up to 1e3. Cost: 24 to a few
    hundred nodes for each distinct parameter; for a double first pole and z -> 0 it grows as \|ln z\|.

    Examples
    --------
    >>> from rmt.special import log_meijerg_q0
    >>> print(round(log_meijerg_q0(0.3, [0, 1.5, 2]), 12))
    -0.405491862312
    >>> print(round(log_meijerg_q0(None, [2.0, 2.0], log_z=-5000.0), 9))
    -9991.483037722
    """
    if (z is None) == (log_z is None):
        raise ValueError(f"exactly one of z and log_z must be given, not z = {z!r} and log_z = {log_z!r}")
    if dps is not None:
        return _multiprecision(z, b, log_z, check_integer("dps", dps, low=1))
    values, repeats = np.unique(check_array("b", b, min_size=1), return_counts=True)
    counts = repeats.astype(float)
    if log_z is None:
        points = check_array("z", z)  # type: ignore[arg-type]
        if (points <= 0).any():
            raise ValueError(f"z = {points[points <= 0].flat[0]!r} must be in (0, inf)")
        points = np.log(points)
    else:
        points = check_array("log_z", log_z)
    flat = points.reshape(-1)
    out = np.empty_like(flat)
    for start in range(0, flat.size, _POINTS):
        span = slice(start, start + _POINTS)
        out[span] = _log_g(flat[span], values - values[0], counts) + values[0] * flat[span]
    return float(out[0]) if points.ndim == 0 else out.reshape(points.shape)


def _log_g(log_z: Floats, shifted: Floats, counts: Floats) -> Floats:
    """ln G for parameters moved so that the lowest is 0: first pole at 0."""
    t = _saddle(log_z, shifted, counts)
    out = np.empty_like(log_z)
    near = np.zeros(log_z.shape, dtype=bool)
    gap = min(1.0, float(shifted[1])) if shifted.size > 1 else 1.0
    if counts[0] == 1.0 and gap >= 0.25:  # a simple pole, and room for a line beyond it
        near = (t < 0.15) & _residue_dominates(log_z, shifted, counts, gap)
    if near.any():
        out[near] = _beyond_first_pole(log_z[near], shifted, counts, gap)
    if not near.all():
        out[~near] = _through_saddle(log_z[~near], t[~near], shifted, counts)
    return out


def _saddle(log_z: Floats, shifted: Floats, counts: Floats) -> Floats:
    """The root t > 0 of K'(t) = ln z by Newton in ln t, where the slope t K'' is at least 1 everywhere."""
    q = counts.sum()
    if (log_z / q > 700.0 - math.log(q)).any():
        raise ArithmeticError(f"log_meijerg_q0: ln G overflows at ln z = {float(log_z.max())!r} for q = {q:g}")
    log_t = np.where(log_z > 0, log_z / q, -np.log1p(np.maximum(-log_z, 0.0)))
    for _ in range(200):
        t = np.exp(log_t)
        x = shifted + t[:, None]
        step = (digamma(x) @ counts - log_z) / (t * (zeta(2.0, x) @ counts))
        log_t -= np.clip(step, -2.0, 2.0)
        if np.all(np.abs(step) < 1e-9):  # the contour may pass anywhere near the saddle
            return np.exp(log_t)
    worst = int(np.argmax(np.where(np.isfinite(step), np.abs(step), np.inf)))
    raise ArithmeticError(f"log_meijerg_q0: no saddle found at ln z = {float(log_z[worst])!r}")


def _step(t: Floats, shifted: Floats, counts: Floats, curvature: Floats) -> Floats:
    """Step whose aliases, e^(tx) G(e^x) a distance D = 2 pi / step to either side, are below exp(-_NATS).

    Chernoff's bound on the line at t - s gives D = (_NATS + A(s)) / s with A = K(t-s) - K(t) + s K'(t), for any s < t;
    as K'' decreases, A <= s^2 K''(t-s) / 2, and on the right side D = sqrt(2 _NATS K''(t)) will do.
    """
    right = np.sqrt(2 * _NATS * curvature)
    s = np.minimum(right / curvature, t / 2)
    left = _NATS / s + s / 2 * (zeta(2.0, shifted + (t - s)[:, None]) @ counts)
    small = t < 10  # closer to the pole, where A itself does not suffer from cancellation
    if small.any():
        u, x = 0.9 * t[small], shifted + t[small, None]
        rise = (gammaln(x - u[:, None]) - gammaln(x) + u[:, None] * digamma(x)) @ counts
        left[small] = np.minimum(left[small], (_NATS + rise) / u)
    return np.asarray(2 * np.pi / np.maximum(left, right))


def _through_saddle(log_z: Floats, t: Floats, shifted: Floats, counts: Floats) -> Floats:
    """The integral on the line at distance t right of the first pole, relative to its value at the saddle."""
    x = shifted + t[:, None]
    peak = gammaln(x) @ counts
    step = _step(t, shifted, counts, zeta(2.0, x) @ counts)
    total = np.ones_like(log_z)
    block, start = 24, 1
    while True:
        y = step[:, None] * np.arange(start, start + block)
        exponent = -1j * y * log_z[:, None] - peak[:, None]
        for column, count in zip(x.T, counts, strict=True):
            exponent += count * loggamma(column[:, None] + 1j * y)
        terms = np.exp(exponent)
        total += 2 * terms.real.sum(axis=1)
        if np.all(np.abs(terms[:, -1]) < 1e-18):
            return np.asarray(peak - t * log_z + np.log(step * total / (2 * np.pi)))
        start, block = start + block, min(2 * block, 4096)


def _residue_dominates(log_z: Floats, shifted: Floats, counts: Floats, gap: float) -> NDArray[np.bool_]:
    """Whether the integrand beyond the first pole is below the residue (else they cancel), and its alias negligible."""
    log_residue = gammaln(shifted[1:]) @ counts[1:]
    half, far = -gap / 2, -0.875 * gap
    at_half = gammaln(shifted + half) @ counts - half * log_z - log_residue
    at_far = gammaln(shifted + far) @ counts - far * log_z - log_residue
    return np.asarray((at_half < 0) & (at_far < 7))


def _beyond_first_pole(log_z: Floats, shifted: Floats, counts: Floats, gap: float) -> Floats:
    """ln G for small z: residue at the first pole plus the integral on a line half way to the next one."""
    log_residue = float(gammaln(shifted[1:]) @ counts[1:])
    c = -gap / 2
    step = np.pi * gap / 60.0  # alias: exp(-60) from the first pole, exp(-0.75 * 60 + 7) from the line at `far` above
    y = step * np.arange(math.ceil(30.0 / step))  # every Gamma function falls as exp(-pi y / 2)
    log_gammas = sum(count * loggamma(value + c + 1j * y) for value, count in zip(shifted, counts, strict=True))
    terms = np.exp(log_gammas - log_residue - (c + 1j * y) * log_z[:, None]).real
    return np.asarray(log_residue + np.log1p(step / np.pi * (terms.sum(axis=1) - terms[:, 0] / 2)))


def _multiprecision(z: Any, b: Any, log_z: Any, dps: int) -> Any:
    """The integral through the saddle in mpmath, for one argument, in a context of its own."""
    import mpmath

    m = mpmath.mp.clone()
    m.dps = dps + 15
    name, given = ("z", z) if log_z is None else ("log_z", log_z)
    point = m.mpf(given)
    if not m.isfinite(point) or (log_z is None and point <= 0):
        raise ValueError(f"{name} = {given!r} must be in {'(0, inf)' if log_z is None else '(-inf, inf)'}")
    log_point = m.log(point) if log_z is None else point
    grouped = Counter(m.mpf(value) for value in np.atleast_1d(np.asarray(b, dtype=object)).ravel())
    if not grouped or not all(m.isfinite(value) for value in grouped):
        raise ValueError(f"b = {b!r} must hold at least one real number, all finite")
    lowest = min(grouped)
    shifted = {value - lowest: count for value, count in grouped.items()}
    floats = np.array([float(value) for value in shifted]), np.array([float(count) for count in shifted.values()])
    t = m.mpf(float(_saddle(np.array([float(log_point)]), *floats)[0]))
    curvature = m.fsum(count * m.psi(1, value + t) for value, count in shifted.items())
    digits = (dps + 12) * m.log(10)
    step = min(2 * m.pi / m.sqrt(2 * digits * curvature) * m.mpf("0.8"), 2 * m.pi * t / digits)
    peak = m.fsum(count * m.loggamma(value + t) for value, count in shifted.items())
    total, k = m.mpf("0.5"), 1
    while True:
        s = m.mpc(t, step * k)
        log_gammas = m.fsum(count * m.loggamma(value + s) for value, count in shifted.items())
        term = m.exp(log_gammas - peak - m.mpc(0, step * k) * log_point)
        total += term.real
        if abs(term) < m.exp(-digits):
            value = peak - (t - lowest) * log_point + m.log(total * step / m.pi)
            return mpmath.mp.make_mpf(value._mpf_)  # all digits, whatever the precision of the caller
        k += 1
