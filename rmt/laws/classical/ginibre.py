r"""Eigenvalue densities of Gaussian matrices of finite size: products of complex ones, and real ones.

The moduli squared of the eigenvalues of a product of L complex Ginibre matrices are, as a set, independent products of
L variables Gamma(j, 1), j = 1...n (Kostlan; Akemann and Burda), whose laws are Mellin integrals of Gamma(j+s)^L.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special
from scipy.optimize import elementwise

from rmt._checks import check_array, check_integer, check_real
from rmt._continuation import ConvergenceError
from rmt._quadrature import double_exponential
from rmt._random import RandomState, generator
from rmt.laws.classical._base import _fraction, _like
from rmt.special import log_meijerg_q0

__all__ = ["ComplexGinibre", "RealGinibre"]

Array = NDArray[np.float64]
STEPS = np.arange(-320, 321)


def _saddle(log_x: Array, j: Array, layers: int) -> Array:
    """c with L digamma(j + c) = ln x, by Newton in ln(j + c) from the inverse's usual bounds."""
    y = np.broadcast_to(log_x / layers, np.broadcast_shapes(log_x.shape, j.shape))
    z = np.where(y > -2.2, np.exp(np.minimum(y, 600.0)) + 0.5, -1.0 / (y - special.digamma(1.0)))
    for _ in range(6):
        z = z - (special.digamma(z) - y) / special.polygamma(1, z)
    return np.asarray(z - j, dtype=float)


def _mellin(log_x: Array, j: Array, layers: int, what: str) -> Array:
    """For a product of L variables Gamma(j): its density in ln x, or its distribution."""
    width = 1.0 / np.sqrt(layers * special.polygamma(1, j))
    c = np.maximum(_saddle(log_x, j, layers), -0.5 * j)
    if what == "cdf":  # the pole at 0 stays at a distance of the width of the integrand
        near = np.minimum(width, 0.5 * j)
        c = np.where(c > 0.0, np.maximum(c, near), np.minimum(c, -near))
        room = np.minimum(np.abs(c), j + c)
    else:
        room = j + c
    # the law at c decays like a normal one of this width, then like exp(-pi L t/2): the step resolves both
    local = 1.0 / np.sqrt(layers * special.polygamma(1, j + c))
    step = np.minimum(room / 6.0, np.maximum(local, 1.0 / layers) / 6.0)
    s = c[..., None] + 1j * step[..., None] * STEPS
    start = np.broadcast_to(j, c.shape)[..., None]
    power = layers * (special.loggamma(start + s) - special.gammaln(start)) - s * log_x[..., None]
    terms = np.exp(power) / (s if what == "cdf" else 1.0)
    total = terms.real.sum(axis=-1) * step / (2.0 * math.pi)
    return np.asarray(total if what == "pdf" else np.where(c > 0.0, 1.0 - total, -total), dtype=float)


@dataclass(frozen=True)
class ComplexGinibre:
    r"""Eigenvalue moduli of a product of ``layers`` complex n x n Ginibre matrices of variance sigma^2/n, exact in n.

    .. math:: F(r) = \frac1n\sum_{j=1}^n P\Big(\prod_{l=1}^L\gamma_{j,l} \le (n/\sigma^2)^L r^2\Big)

    Parameters
    ----------
    n : int
        Size, >= 1.
    layers : int
        Number of factors, 1 to 64.
    sigma : float
        Scale of each factor, > 0; as n grows the law tends to `CircularLaw(sigma, layers)`.

    Raises
    ------
    ValueError
        If an argument is out of its range or r < 0.

    Notes
    -----
    Tested absolute error below 1e-12 up to 8 layers (incomplete gamma function at one layer, Bessel function at two,
    30-digit contour integrals). The mean over j is the expected empirical law.

    Examples
    --------
    >>> law = ComplexGinibre(50)
    >>> print(f"{law.cdf(0.5):.10f} {law.cdf(1.0):.10f}")
    0.2500000000 0.9436749937
    """

    n: int
    layers: int = 1
    sigma: float = 1.0

    def __post_init__(self) -> None:
        object.__setattr__(self, "n", check_integer("n", self.n, low=1))
        object.__setattr__(self, "layers", check_integer("layers", self.layers, low=1, high=64))
        object.__setattr__(self, "sigma", check_real("sigma", self.sigma, low=0.0, low_open=True))

    def _mean(self, r: ArrayLike, what: str) -> Array:
        points = check_array("r", r)
        if (points < 0.0).any():
            raise ValueError(f"r = {float(points.min())!r} must be >= 0")
        out = np.zeros(points.shape)
        j = np.arange(1.0, self.n + 1.0)
        block = max(1, 4096 // self.n)
        positive = np.flatnonzero(points.ravel() > 0.0)
        flat = out.reshape(-1)
        for start in range(0, positive.size, block):
            place = positive[start : start + block]
            log_x = (2.0 * np.log(points.ravel()[place]) + self.layers * math.log(self.n / self.sigma**2))[:, None]
            log_x = np.broadcast_to(log_x, (place.size, self.n))
            if self.layers > 1:
                values = _mellin(log_x, j, self.layers, what)
            elif what == "cdf":
                values = special.gammainc(j, np.exp(log_x))
            else:
                values = np.exp(j * log_x - np.exp(log_x) - special.gammaln(j))
            flat[place] = values.mean(axis=1)
        return out

    def pdf(self, r: ArrayLike) -> float | Array:
        """Density of the modulus; 0 at r = 0 for one layer, not defined there for more."""
        points = check_array("r", r)
        if self.layers > 1 and (points == 0.0).any():
            raise ValueError("r = 0.0 must be > 0 for a product")
        density = self._mean(points, "pdf")
        return _like(np.where(points > 0.0, 2.0 * density / np.where(points > 0.0, points, 1.0), 0.0), r)

    def cdf(self, r: ArrayLike) -> float | Array:
        """Expected fraction of eigenvalues of modulus <= r."""
        return _like(self._mean(r, "cdf"), r)

    def ccdf(self, r: ArrayLike) -> float | Array:
        """Expected fraction of eigenvalues of modulus > r."""
        return _like(1.0 - self._mean(r, "cdf"), r)

    def icdf(self, p: ArrayLike) -> float | Array:
        """Modulus below which a fraction p lies in expectation; infinite at p = 1."""
        fraction = _fraction("p", p)
        flat = np.atleast_1d(fraction).ravel()
        out = np.where(flat > 0.0, math.inf, 0.0)
        inside = (flat > 0.0) & (flat < 1.0)
        if inside.any():
            goal = flat[inside]
            edge = self.layers * math.log(self.sigma)
            root = elementwise.find_root(
                lambda v, g: self._mean(np.exp(v), "cdf") - g,
                (np.full(goal.shape, edge - 300.0), np.full(goal.shape, edge + 6.0 * self.layers)),
                args=(goal,),
            )
            if not root.success.all():
                raise ConvergenceError(f"no quantile of the Ginibre law at p = {goal[~root.success][0]!r}")
            out[inside] = np.exp(root.x)
        return _like(out.reshape(fraction.shape), p)

    def support(self) -> tuple[float, float]:
        """(0, inf)."""
        return 0.0, math.inf

    def mean(self) -> float:
        """E r = (sigma^2/n)^(L/2) times the mean over j of [Gamma(j + 1/2)/Gamma(j)]^L."""
        j = np.arange(1.0, self.n + 1.0)
        log = self.layers * (special.gammaln(j + 0.5) - special.gammaln(j) + 0.5 * math.log(self.sigma**2 / self.n))
        return float(np.exp(log).mean())

    def plane_density(self, r: ArrayLike) -> float | Array:
        """Density in the complex plane at modulus r > 0, normalised to 1: pdf(r)/(2 pi r)."""
        return self.pdf(r) / (2.0 * math.pi * np.asarray(r, dtype=float))

    def sample(self, rng: RandomState = None) -> Array:
        """The n moduli of one matrix, in decreasing order of the shape parameter; no matrix is formed."""
        j = np.arange(self.n, 0, -1.0)[:, None]
        draws = generator(rng).standard_gamma(np.broadcast_to(j, (self.n, self.layers)))
        return np.asarray(np.exp(0.5 * (np.log(draws / self.n * self.sigma**2)).sum(axis=1)), dtype=float)


@dataclass(frozen=True)
class RealGinibre:
    r"""Eigenvalue densities of a real n x n Ginibre matrix of variance sigma^2/n, and of products of such matrices.

    One matrix: Edelman, Kostlan and Shub. The real eigenvalues of a product of L (Forrester and Ipsen),
    in units (sigma/sqrt n)^L:

    .. math:: \rho(x) = \int w(x)w(v)\,|x-v|\sum_{j=0}^{n-2}\frac{(xv)^j}{(2\sqrt{2\pi}\,j!)^L}\,dv,\qquad
              w(x) = G^{L,0}_{0,L}\Big(0,\dots,0\Big|\frac{x^2}{2^L}\Big)

    Parameters
    ----------
    n : int
        Size, >= 2.
    sigma : float
        Scale of each factor, > 0.
    layers : int
        Number of factors L, 1 to 16; for more than one n must be even (at n = 3, L = 1 the formula fails), and only
        the real eigenvalues have a density here.

    Raises
    ------
    ValueError
        If an argument is out of its range.

    Notes
    -----
    Tested: the product formula at L = 1 and even n against the incomplete gamma function (density 1e-12, number of real
    eigenvalues 1e-11), pi/2 real eigenvalues of a product of two 2 x 2 matrices to 1e-12, sampled products (their number
    of real eigenvalues, and of those in an interval). A point of the density of a product costs about 0.1 s.

    Examples
    --------
    >>> print(f"{RealGinibre(2).expected_real():.12f}")
    1.414213562373
    >>> print(f"{RealGinibre(2, layers=2).expected_real():.9f}")  # pi/2
    1.570796327
    """

    n: int
    sigma: float = 1.0
    layers: int = 1

    def __post_init__(self) -> None:
        object.__setattr__(self, "n", check_integer("n", self.n, low=2))
        object.__setattr__(self, "layers", check_integer("layers", self.layers, low=1, high=16))
        if self.layers > 1 and self.n % 2:
            raise ValueError(f"n = {self.n} must be even for a product")
        object.__setattr__(self, "sigma", check_real("sigma", self.sigma, low=0.0, low_open=True))

    @property
    def _unit(self) -> float:
        return (self.sigma / math.sqrt(self.n)) ** self.layers

    def real_density(self, x: ArrayLike) -> float | Array:
        """Expected number of real eigenvalues per unit length at x; its integral is `expected_real()`.

        Infinite at x = 0 for a product.
        """
        y = np.abs(check_array("x", x)) / self._unit
        if self.layers > 1:
            values = [math.inf if v == 0.0 else self._product_density(v) for v in y.ravel()]
            return _like(np.array(values).reshape(y.shape) / self._unit, x)
        n, half = self.n, 0.5 * (self.n - 1)
        bulk = special.gammaincc(n - 1, y**2) / math.sqrt(2.0 * math.pi)
        with np.errstate(divide="ignore"):
            log_edge = (n - 1) * np.log(y) - 0.5 * y**2 - special.gammaln(0.5 * n) - 0.5 * n * math.log(2.0)
        return _like(np.asarray((bulk + np.exp(log_edge) * special.gammainc(half, 0.5 * y**2)) / self._unit), x)

    def complex_density(self, z: ArrayLike) -> float | Array:
        """Expected number of non-real eigenvalues per unit area at z; its integral over the plane is n - expected_real().

        Of one matrix only.
        """
        if self.layers > 1:
            raise ValueError(
                f"layers = {self.layers} must be 1: the complex density of a product has no closed form here"
            )
        w = np.asarray(z, dtype=complex) / self._unit
        y = np.abs(w.imag)
        density = math.sqrt(2.0 / math.pi) * y * special.erfcx(math.sqrt(2.0) * y)
        return _like(np.asarray(density * special.gammaincc(self.n - 1, np.abs(w) ** 2) / self._unit**2), z)

    def expected_real(self) -> float:
        """Expected number of real eigenvalues, ~ sqrt(2nL/pi)."""
        if self.layers > 1:
            return math.fsum(self._real_terms())
        # sqrt 2 sum of (2m-1)!!/(2m)!! over even m < n (n even), or 1 + the sum over odd m < n - 1 (n odd)
        odd = self.n % 2
        order = np.arange(float(odd), self.n - 1.0, 2.0)
        terms = np.exp(special.gammaln(order + 0.5) - special.gammaln(order + 1.0) - 0.5 * math.log(math.pi))
        return odd + math.sqrt(2.0) * math.fsum(terms)

    def _real_terms(self) -> Array:
        r"""The integral of the product formula, term by term: 4 E max for even j and -4 E min for odd j.

        With M(z) = 2^(Lz/2) Gamma(z/2)^L/2 the Mellin transform of w on (0, inf),
        int int w w (xv)^j max(x, v) = (2/(2 pi i)) int M(j+1+s) M(j+2-s)/(-s) ds left of 0; min changes 1 and 2.
        """
        j = np.arange(self.n - 1.0)[:, None]
        first = np.where(j % 2 == 0, 1.0, 2.0)
        c = -0.5
        half_width = 40.0 / self.layers + 3.0 * np.sqrt(40.0 * self.n / self.layers)
        s = c + 1j * np.arange(-half_width, half_width, 0.04)
        log = special.loggamma(0.5 * (j + first + s)) + special.loggamma(0.5 * (j + 3.0 - first - s))
        log = self.layers * (
            log + (j + 1.5) * math.log(2.0) - special.gammaln(j + 1.0) - math.log(2 * math.sqrt(2 * math.pi))
        )
        total = (np.exp(log) / -s).real.sum(axis=1) * 0.04 / (2.0 * math.pi) * 0.5
        return np.asarray(4.0 * np.where(j[:, 0] % 2 == 0, total, -total), dtype=float)

    @property
    def _reach(self) -> float:
        """Beyond t^L in units no eigenvalue is left: the moduli of one factor end at sqrt(n) + O(1)."""
        return math.sqrt(self.n) + 9.0

    def _product_density(self, y: float) -> float:
        """The product formula at y > 0 in units, v = +-t^L: every factor in logarithms, signs of (yv)^j apart."""
        count = self.layers
        kink = y ** (1.0 / count)
        top = max(self._reach, kink + 9.0)
        below, above = double_exponential(0.0, kink, step=1 / 16), double_exponential(kink, top, step=1 / 16)
        t, weight = (np.concatenate(parts) for parts in zip(below, above, strict=True))
        kept = t**count > 1e-16 * y  # v below it has 1e-16 of the weight, and its Meijer function is slow
        t, weight = t[kept], weight[kept]
        weight = weight * count * t ** (count - 1)
        v = t**count
        logs = count * math.log(2.0) / 2.0
        log_w = np.asarray(
            log_meijerg_q0(None, np.zeros(count), log_z=2.0 * (np.log(np.append(v, y)) - logs)), dtype=float
        )
        j = np.arange(self.n - 1)
        terms = log_w[-1] + log_w[:-1, None] + j * (np.log(v)[:, None] + math.log(y))
        terms = np.exp(terms - count * (special.gammaln(j + 1.0) + math.log(2.0 * math.sqrt(2.0 * math.pi))))
        same, other = terms.sum(axis=1), terms @ np.where(j % 2 == 0, 1.0, -1.0)
        return float(weight @ (np.abs(y - v) * same + (y + v) * other))
