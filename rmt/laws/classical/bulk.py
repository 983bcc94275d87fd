"""Closed-form laws: semicircle, Marchenko-Pastur, circular and elliptic."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from rmt._checks import check_integer, check_real
from rmt._random import RandomState, generator
from rmt.laws.classical._base import BoundedLaw
from rmt.laws.classical._transforms import TransformLaw, log_upper

__all__ = ["CircularLaw", "EllipticLaw", "MarchenkoPastur", "Semicircle"]

Array = NDArray[np.float64]
Complex = NDArray[np.complex128]


def _u_minus_sin(u: Array) -> Array:
    """u - sin u without cancellation: its series below u = 1."""
    small = np.minimum(u, 1.0)
    term = small**3 / 6.0
    total = term.copy()
    for k in range(2, 12):
        term = -term * small**2 / ((2 * k) * (2 * k + 1))
        total += term
    return np.where(u < 1.0, total, u - np.sin(u))


def _two_roots(w: Complex, low: float, high: float) -> Complex:
    """sqrt((w - low)(w - high)), ~ w at infinity, cut between low and high; the limit from above on the cut."""
    upper = w.real + 1j * (w.imag + 0.0)  # no negative zeros
    return np.sqrt(upper - low) * np.sqrt(upper - high)


@dataclass(frozen=True)
class Semicircle(TransformLaw):
    r"""Wigner's semicircle of variance sigma^2 on [-2 sigma, 2 sigma].

    .. math:: f(x) = \frac{\sqrt{4\sigma^2-x^2}}{2\pi\sigma^2}

    Parameters
    ----------
    sigma : float
        Standard deviation, > 0. The eigenvalues of `rmt.ensembles.wigner(n, sigma=sigma)` follow it.

    Raises
    ------
    ValueError
        If sigma <= 0.

    Examples
    --------
    >>> Semicircle().cdf(0.0)
    0.5
    """

    sigma: float = 1.0

    def __post_init__(self) -> None:
        object.__setattr__(self, "sigma", check_real("sigma", self.sigma, low=0.0, low_open=True))

    def support(self) -> tuple[float, float]:
        """(-2 sigma, 2 sigma)."""
        return -2.0 * self.sigma, 2.0 * self.sigma

    def _pdf(self, x: Array) -> Array:
        r = 2.0 * self.sigma
        return np.sqrt((r - x) * (r + x)) / (2.0 * math.pi * self.sigma**2)

    def _cdf(self, x: Array) -> Array:
        # x = -2 sigma cos(u/2): F = (u - sin u)/(2 pi), relative accuracy at the lower end
        r = 2.0 * self.sigma
        return _u_minus_sin(4.0 * np.arcsin(np.sqrt((r + x) / (2.0 * r)))) / (2.0 * math.pi)

    def _ccdf(self, x: Array) -> Array:
        return self._cdf(-x)

    def moment(self, k: int) -> float:
        """E x^k: sigma^k times a Catalan number for even k."""
        k = check_integer("k", k, low=0)
        return 0.0 if k % 2 else self.sigma**k * math.comb(k, k // 2) / (k // 2 + 1)

    def _reciprocal(self, w: Complex) -> tuple[Complex, Complex]:
        root = _two_roots(w, -2.0 * self.sigma, 2.0 * self.sigma)
        with np.errstate(divide="ignore", invalid="ignore"):
            return 0.5 * (w + root), 0.5 * (1.0 + w / root)

    def _potential(self, w: Complex) -> Complex:
        # U = w G - 1 - ln G - int_0^G R
        value, _ = self._reciprocal(w)
        return w / value - 1.0 + log_upper(value) - 0.5 * self.sigma**2 / value**2

    def _r_closed(self, g: Complex) -> Complex:
        return self.sigma**2 * g


@dataclass(frozen=True)
class MarchenkoPastur(TransformLaw):
    r"""Limit law of the eigenvalues of X X^T / n for a p x n matrix X of variance sigma^2, ratio c = p/n.

    .. math:: f(x) = \frac{\sqrt{(b-x)(x-a)}}{2\pi c\sigma^2 x}, \qquad a, b = \sigma^2(1\mp\sqrt c)^2,

    with an atom 1 - 1/c at zero for c > 1.

    Parameters
    ----------
    ratio : float
        c = rows / columns, > 0.
    sigma : float
        Standard deviation of the entries, > 0.

    Raises
    ------
    ValueError
        If an argument is not positive.

    Examples
    --------
    >>> MarchenkoPastur(0.25).support()
    (0.25, 2.25)
    >>> MarchenkoPastur(2.0).atom_at_zero
    0.5
    """

    ratio: float = 1.0
    sigma: float = 1.0

    def __post_init__(self) -> None:
        for name in ("ratio", "sigma"):
            object.__setattr__(self, name, check_real(name, getattr(self, name), low=0.0, low_open=True))

    @property
    def atom_at_zero(self) -> float:  # type: ignore[override]
        """Fraction of zero eigenvalues."""
        return max(0.0, 1.0 - 1.0 / self.ratio)

    def _interval(self) -> tuple[float, float]:
        root = math.sqrt(self.ratio)
        return (self.sigma * (1.0 - root)) ** 2, (self.sigma * (1.0 + root)) ** 2

    def support(self) -> tuple[float, float]:
        """(a, b), or (0, b) when there is an atom at zero."""
        low, high = self._interval()
        return (0.0 if self.atom_at_zero else low), high

    def _pdf(self, x: Array) -> Array:
        low, high = self._interval()
        return np.sqrt((high - x) * (x - low)) / (2.0 * math.pi * self.ratio * self.sigma**2 * x)

    def _cdf(self, x: Array) -> Array:
        return self.atom_at_zero + self._between(x)

    def _between(self, x: Array) -> Array:
        """Mass of (a, x], from x = 1 + c - 2 sqrt(c) cos(theta) in units of sigma^2 and an elementary integral."""
        c, low, high = self.ratio, *self._interval()
        theta = 2.0 * np.arcsin(np.sqrt((x - low) / (high - low)))
        root = math.sqrt(c)
        # int (2/pi) sin^2 t / (1 + c - 2 sqrt(c) cos t) dt; the last term is the Poisson kernel's integral
        swept = np.arctan2((1.0 + root) * np.sin(theta / 2.0), abs(1.0 - root) * np.cos(theta / 2.0))
        mass = ((1.0 + c) * theta + 2.0 * root * np.sin(theta) - 2.0 * abs(1.0 - c) * swept) / (2.0 * c)
        return mass / math.pi

    def moment(self, k: int) -> float:
        """E x^k = sigma^(2k) sum_j Narayana(k, j) c^(j-1)."""
        k = check_integer("k", k, low=0)
        if k == 0:
            return 1.0
        terms = (math.comb(k, j) * math.comb(k, j - 1) // k * self.ratio ** (j - 1) for j in range(1, k + 1))
        return self.sigma ** (2 * k) * math.fsum(terms)

    def _reciprocal(self, w: Complex) -> tuple[Complex, Complex]:
        # F^2 - (w + (c - 1) s2) F + c s2 w = 0, the root that is ~ w, written without cancellation
        low, high = self._interval()
        unit = self.sigma**2
        sum_ = w + (self.ratio - 1.0) * unit
        root = _two_roots(w, low, high)
        plus, minus = sum_ + root, sum_ - root
        with np.errstate(divide="ignore", invalid="ignore"):
            value = np.where(np.abs(plus) >= np.abs(minus), 0.5 * plus, 2.0 * self.ratio * unit * w / minus)
            return value, (value - self.ratio * unit) / root

    def _potential(self, w: Complex) -> Complex:
        # U = w G - 1 - ln G - int_0^G R with R = s2/(1 - c s2 G)
        value, _ = self._reciprocal(w)
        c = self.ratio
        with np.errstate(divide="ignore", invalid="ignore"):
            return w / value - 1.0 + log_upper(value) + log_upper(1.0 - c * self.sigma**2 / value) / c

    def _r_closed(self, g: Complex) -> Complex:
        return self.sigma**2 / (1.0 - self.ratio * self.sigma**2 * g)

    def _s_closed(self, y: Complex) -> Complex:
        return 1.0 / (self.sigma**2 * (1.0 + self.ratio * y))


@dataclass(frozen=True)
class CircularLaw(BoundedLaw):
    r"""Moduli of the eigenvalues of a matrix of iid entries of variance sigma^2/N: uniform in a disc of radius sigma.

    .. math:: F(r) = (r/\sigma)^{2/L}, \qquad r < \sigma^L = \text{edge}

    Parameters
    ----------
    sigma : float
        Radius of the disc of one factor, > 0.
    layers : int
        Number L >= 1 of independent factors of the product.

    Raises
    ------
    ValueError
        If an argument is out of its range.

    Examples
    --------
    >>> CircularLaw().cdf(0.5)
    0.25
    """

    sigma: float = 1.0
    layers: int = 1

    def __post_init__(self) -> None:
        object.__setattr__(self, "sigma", check_real("sigma", self.sigma, low=0.0, low_open=True))
        object.__setattr__(self, "layers", check_integer("layers", self.layers, low=1))

    def support(self) -> tuple[float, float]:
        """(0, sigma^L)."""
        return 0.0, self.sigma**self.layers

    def _pdf(self, x: Array) -> Array:
        return 2.0 / self.layers * self._cdf(x) / x

    def _cdf(self, x: Array) -> Array:
        return (x / self.support()[1]) ** (2.0 / self.layers)

    def moment(self, k: int) -> float:
        """E r^k = edge^k / (1 + k L / 2)."""
        k = check_integer("k", k, low=0)
        return self.support()[1] ** k / (1.0 + 0.5 * k * self.layers)

    def plane_density(self, r: ArrayLike) -> float | Array:
        """Density of eigenvalues in the complex plane at modulus r > 0: pdf(r)/(2 pi r)."""
        return self.pdf(r) / (2.0 * math.pi * np.asarray(r, dtype=float))


@dataclass(frozen=True)
class EllipticLaw:
    r"""Eigenvalues of a matrix with E W_ij W_ji = correlation / N: uniform in an ellipse (Girko).

    Semi-axes sigma (1 + correlation) along the real axis and sigma (1 - correlation) along the imaginary one.

    Parameters
    ----------
    correlation : float
        In (-1, 1); 0 is the circular law.
    sigma : float
        Scale, > 0.

    Raises
    ------
    ValueError
        If an argument is out of its range.

    Examples
    --------
    >>> EllipticLaw(0.5).axes()
    (1.5, 0.5)
    """

    correlation: float
    sigma: float = 1.0

    def __post_init__(self) -> None:
        check_real("correlation", self.correlation, low=-1.0, high=1.0, low_open=True, high_open=True)
        check_real("sigma", self.sigma, low=0.0, low_open=True)

    def axes(self) -> tuple[float, float]:
        """Real and imaginary semi-axis."""
        return self.sigma * (1.0 + self.correlation), self.sigma * (1.0 - self.correlation)

    def pdf(self, z: ArrayLike) -> float | Array:
        """Density in the complex plane: 1 / (pi a b) inside."""
        a, b = self.axes()
        z_ = np.asarray(z, dtype=complex)
        out = np.where((z_.real / a) ** 2 + (z_.imag / b) ** 2 <= 1.0, 1.0 / (math.pi * a * b), 0.0)
        return float(out) if np.ndim(z) == 0 else out

    def real_marginal(self) -> Semicircle:
        """Law of the real part: a semicircle of radius sigma (1 + correlation)."""
        return Semicircle(self.axes()[0] / 2.0)

    def sample(self, shape: int | tuple[int, ...] = (), rng: RandomState = None) -> NDArray[np.complex128]:
        """Independent points, uniform in the ellipse."""
        rng = generator(rng)
        radius, angle = np.sqrt(rng.random(shape)), 2.0 * math.pi * rng.random(shape)
        a, b = self.axes()
        return a * radius * np.cos(angle) + 1j * b * radius * np.sin(angle)
