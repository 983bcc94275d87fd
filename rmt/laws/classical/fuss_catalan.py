r"""Fuss-Catalan and Raney laws of any order by the sine parametrisation: no polynomial root, so no wrong branch.

.. math:: x = \frac{\sin^p(p\varphi)}{\sin\varphi\,\sin^{p-1}((p-1)\varphi)}, \qquad
          x f(x) = \frac{\sin(r\varphi)}{\pi}\left(\frac{\sin p\varphi}{\sin((p-1)\varphi)}\right)^{r}, \quad 0<\varphi<\pi/p.

Everything is a function of the distance :math:`\epsilon = \pi/p - \varphi` from the end at which x = 0, where the law is
singular; the mass up to epsilon is the integral of a function that behaves like :math:`\epsilon^{r-1}`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special
from scipy.optimize import elementwise

from rmt._checks import check_integer, check_real
from rmt._continuation import ConvergenceError, follow
from rmt._quadrature import double_exponential
from rmt.laws.classical._base import _fraction, _like
from rmt.laws.classical._transforms import TransformLaw, log_upper

__all__ = ["FussCatalan", "Raney"]

Array = NDArray[np.float64]
SEARCH = 300.0  # reach of the logit of epsilon; x ~ epsilon^p is far below any double there


@dataclass(frozen=True)
class Raney(TransformLaw):
    r"""Raney law of parameters (p, r): moments :math:`\frac{r}{kp+r}\binom{kp+r}{k}`.

    Parameters
    ----------
    p : float
        Order, > 1; real orders are allowed.
    r : float
        0 < r <= p. r = 1 is the Fuss-Catalan law of order p - 1.

    Raises
    ------
    ValueError
        If p or r is outside its range.

    Notes
    -----
    Parametrisation from Forrester and Liu (arXiv:1404.5759). Tested to 1e-12 against moments and 30-digit integrals for
    p up to 31.

    Examples
    --------
    >>> law = Raney(3.0, 2.0)
    >>> law.moment(1), law.moment(2)
    (2.0, 7.0)
    """

    p: float
    r: float

    def __post_init__(self) -> None:
        object.__setattr__(self, "p", check_real("p", self.p, low=1.0, low_open=True))
        object.__setattr__(self, "r", check_real("r", self.r, low=0.0, low_open=True, high=self.p))

    def support(self) -> tuple[float, float]:
        """(0, p^p / (p-1)^(p-1))."""
        return 0.0, math.exp(self.p * math.log(self.p) - (self.p - 1.0) * math.log(self.p - 1.0))

    def moment(self, k: int) -> float:
        """E x^k = r/(kp + r) binom(kp + r, k)."""
        k = check_integer("k", k, low=0)
        if k == 0:
            return 1.0
        p, r = self.p, self.r
        log = math.lgamma(k * p + r) - math.lgamma(k + 1) - math.lgamma(k * (p - 1.0) + r + 1.0)
        value = r * math.exp(log)
        whole = float(p).is_integer() and float(r).is_integer() and value < 2.0**50
        return float(round(value)) if whole else value

    # Every function takes epsilon and phi = pi/p - epsilon, so that each end can be given to full relative accuracy.

    def _sines(self, eps: Array, phi: Array) -> tuple[Array, Array]:
        """sin(p phi) and sin((p-1) phi), each from the argument that is small."""
        p = self.p
        far = (p - 1.0) * phi
        return np.sin(p * np.minimum(eps, phi)), np.where(far < 1.0, np.sin(far), np.sin(math.pi / p + (p - 1.0) * eps))

    def _log_x(self, eps: Array, phi: Array) -> Array:
        sin_p, sin_q = self._sines(eps, phi)
        return np.log(sin_p / np.sin(phi)) + (self.p - 1.0) * np.log(sin_p / sin_q)

    def _x_pdf(self, eps: Array, phi: Array) -> Array:
        """x f(x)."""
        sin_p, sin_q = self._sines(eps, phi)
        return np.sin(self.r * phi) / math.pi * (sin_p / sin_q) ** self.r

    def _dlogx(self, eps: Array, phi: Array) -> Array:
        """d ln x / d epsilon > 0."""
        p = self.p
        sin_p, sin_q = self._sines(eps, phi)
        cot_p, cot_q = np.cos(p * phi) / sin_p, np.cos((p - 1.0) * phi) / sin_q
        return -(p**2) * cot_p + 1.0 / np.tan(phi) + (p - 1.0) ** 2 * cot_q

    def _mass_below(self, eps: Array, phi: Array) -> Array:
        nodes, weights = double_exponential(0.0, 1.0, step=1 / 24, reach=3.9)
        e = np.maximum(eps[:, None] * nodes, 1e-300)
        f = phi[:, None] + eps[:, None] * nodes[::-1]  # the rule is symmetric: 1 - nodes without cancellation
        return (self._x_pdf(e, f) * self._dlogx(e, f)) @ weights * eps

    def _mass_above(self, eps: Array, phi: Array) -> Array:
        nodes, weights = double_exponential(0.0, 1.0, step=1 / 24, reach=3.9)
        f = np.maximum(phi[:, None] * nodes, 1e-300)
        e = eps[:, None] + phi[:, None] * nodes[::-1]
        return (self._x_pdf(e, f) * self._dlogx(e, f)) @ weights * phi

    def _place(self, x: Array) -> tuple[Array, Array]:
        """(epsilon, phi) of points x; the edge as this parametrisation rounds it is the largest."""
        v = np.array([SEARCH])
        edge = self._log_x(math.pi / self.p * special.expit(v), math.pi / self.p * special.expit(-v))
        return self._solve(self._log_x, np.minimum(np.log(x), edge))

    def _solve(self, function, goal: Array) -> tuple[Array, Array]:
        """(epsilon, phi) at which a function that increases with epsilon takes the values ``goal``."""

        def ends(v: Array) -> tuple[Array, Array]:
            return math.pi / self.p * special.expit(v), math.pi / self.p * special.expit(-v)

        bracket = (np.full(goal.shape, -SEARCH), np.full(goal.shape, SEARCH))
        with np.errstate(divide="ignore"):
            return ends(elementwise.find_root(lambda v, g: function(*ends(v)) - g, bracket, args=(goal,)).x)

    def _pdf(self, x: Array) -> Array:
        return self._x_pdf(*self._place(x)) / x

    def _cdf(self, x: Array) -> Array:
        return self._mass_below(*self._place(x))

    def _ccdf(self, x: Array) -> Array:
        return self._mass_above(*self._place(x))

    def icdf(self, p: ArrayLike) -> float | Array:
        """Quantile, accurate in relative terms at both ends."""
        fraction = _fraction("p", p)
        return _like(self._quantile(fraction, 1.0 - fraction), p)

    def iccdf(self, p: ArrayLike) -> float | Array:
        """x with ccdf(x) = p, accurate for small p."""
        fraction = _fraction("p", p)
        return _like(self._quantile(1.0 - fraction, fraction), p)

    def _log_b(self, w: NDArray[np.complex128]) -> tuple[NDArray[np.complex128], NDArray[np.complex128]]:
        """(ln B, v = ln(1 - 1/B)), B = 1 + B^p/w, w != 0, from ln w = (p - 1) ln B - v.

        B maps the upper half plane one to one into the sector -pi/p < arg B < 0, and w(B) is real on one curve there, so
        a root in that sector is the right one: Newton's method from the limits of large and small w, and for points that
        miss the sector the continuation from large w.
        """
        p = self.p
        log_w = log_upper(w)
        edge = math.log(self.support()[1])

        def increment(state: NDArray, z: NDArray, index: NDArray) -> NDArray:
            v = state[:, 0]
            with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
                rest = 1.0 - np.exp(v)
                value = -(p - 1.0) * np.log(rest) - v - z
                return (-value / ((p - 1.0) * np.exp(v) / rest - 1.0))[:, None]

        def in_sector(v: NDArray) -> NDArray[np.bool_]:
            with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
                angle = -np.log(1.0 - np.exp(v)).imag
            return np.asarray((angle < 1e-9) & (angle > -math.pi / p - 1e-9))

        with np.errstate(divide="ignore"):
            small = log_upper((1.0 - np.exp((1j * math.pi - log_w) / p)).conj()).conj()
        v = np.where(log_w.real < edge, small, -log_w)
        for _ in range(14):
            step = increment(v[:, None], log_w, np.arange(w.size))[:, 0]
            with np.errstate(invalid="ignore"):
                v = v + step / np.maximum(1.0, np.abs(step))
        again = np.flatnonzero(~((np.abs(step) < 1e-12) & in_sector(v)))
        if again.size:
            far = np.maximum(log_w[again].real, edge) + 4.0 + 0.5j * math.pi
            v[again] = follow(
                increment, -far[:, None], lambda t, i: far[i] + t * (log_w[again[i]] - far[i]), again.size,
                what="the Raney law, ln z",
            )[-1][:, 0]  # fmt: skip
        # next to the edge the double root leaves half of the digits
        log_b = -np.log(1.0 - np.exp(v))
        wrong = (log_b.imag > 1e-6) | (log_b.imag < -math.pi / p - 1e-6)
        if wrong.any():
            raise ConvergenceError(
                f"the Raney law at z = {w[wrong][0]}: arg B = {log_b[wrong][0].imag:.6g} is not in its sector"
            )
        return log_b, v

    def _reciprocal(self, w: NDArray[np.complex128]) -> tuple[NDArray[np.complex128], NDArray[np.complex128]]:
        zero = w == 0.0
        log_b, v = self._log_b(np.where(zero, 1.0, w))
        value = w * np.exp(-self.r * log_b)
        # d ln B/d ln w = 1/(p - B/(B - 1))
        with np.errstate(divide="ignore", invalid="ignore"):
            slope = np.exp(-self.r * log_b) * (1.0 - self.r / (self.p - np.exp(-v)))
        # rounding leaves the value a little below the axis where it is real
        return value.real + 1j * np.maximum(value.imag, 0.0), np.where(zero, math.inf, slope)

    def _potential(self, w: NDArray[np.complex128]) -> NDArray[np.complex128]:
        # dU/dB = p B^(r-1) - (B^r - 1)/(B - 1) - 1/(B - 1); at w = 0, B is 0
        zero = w == 0.0
        log_b, v = self._log_b(np.where(zero, 1.0, w))
        small = np.where(zero, -1.0 + 1e-15, np.exp(v + log_b))
        t, weight = double_exponential(0.0, 1.0, step=1 / 16)
        inner = np.expm1(self.r * np.log1p(small[:, None] * t)) / t @ weight
        whole = np.where(zero, -1.0, np.expm1(self.r * log_b))
        total = self.p / self.r * whole - inner - np.where(zero, 1j * math.pi, v + log_b)
        return np.asarray(total, dtype=complex)

    def _s_closed(self, y: NDArray[np.complex128]) -> NDArray[np.complex128]:
        # the inverse of B^r - 1 = y in 1/w is (B - 1) B^(-p)
        log_b = np.log(1.0 + y) / self.r
        ratio = np.where(y == 0.0, 1.0 / self.r, np.expm1(log_b) / np.where(y == 0.0, 1.0, y))
        return ratio * np.exp((self.r - self.p) * log_b)

    def _quantile(self, below: Array, above: Array) -> Array:
        """Solve in the smaller of the two masses."""
        low, high = self.support()
        out = np.where(below < above, low, high).astype(float)
        lower = (below <= 0.5) & (below > 0.0)
        upper = (below > 0.5) & (above > 0.0)
        if lower.any():
            out[lower] = np.exp(self._log_x(*self._solve(self._mass_below, below[lower])))
        if upper.any():
            out[upper] = np.exp(self._log_x(*self._solve(lambda e, f: -self._mass_above(e, f), -above[upper])))
        return out


def FussCatalan(order: int) -> Raney:
    r"""Fuss-Catalan law of order L: squared singular values of a product of L square matrices with variance 1/N.

    .. math:: m_k = \frac{1}{Lk+1}\binom{(L+1)k}{k}, \qquad \text{edge } (L+1)^{L+1}/L^L

    Parameters
    ----------
    order : int
        L >= 1; 1 is the Marchenko-Pastur law of ratio 1.

    Returns
    -------
    Raney
        The law Raney(L + 1, 1).

    Raises
    ------
    ValueError
        If order is not an integer >= 1.

    Examples
    --------
    >>> [FussCatalan(2).moment(k) for k in range(4)]
    [1.0, 1.0, 3.0, 12.0]
    """
    return Raney(check_integer("order", order, low=1) + 1.0, 1.0)
