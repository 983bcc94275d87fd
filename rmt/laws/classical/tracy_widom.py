r"""Tracy-Widom laws for beta = 1, 2 and 4 by Fredholm determinants on Gauss-Legendre nodes (Bornemann, arXiv:0804.2543).

With V the integral operator of kernel Ai((x+y)/2)/2 on (s, inf), in the convention of Tracy and Widom's edge scaling,

.. math:: F_1 = \det(1-V), \qquad F_2 = \det(1-V)\det(1+V), \qquad F_4 = \tfrac12[\det(1-V)+\det(1+V)]

where F_4 is taken at sqrt(2) s. The eigenvalues of the symmetric matrix of V give the three laws, their derivatives and
their upper tails without cancellation.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special
from scipy.optimize import elementwise

from rmt._checks import check_choice, check_integer
from rmt._quadrature import gauss_legendre, gauss_legendre_panels
from rmt._random import RandomState, generator
from rmt.laws.classical._base import BoundedLaw, _fraction, _like

__all__ = ["TracyWidom"]

Array = NDArray[np.float64]
NODES = 56
CHUNK = 128  # matrices held at a time


def _spectrum(s: Array, slopes: bool) -> tuple[Array, Array]:
    """Eigenvalues of V on (s, inf), and the diagonal of dV/ds in its eigenvectors if asked: arrays (len(s), NODES)."""
    t, w = gauss_legendre(NODES)
    length = np.maximum(17.0 - 2.0 * s, 9.0)[:, None]  # the square of the kernel is below 1e-17 beyond
    x = 0.5 * length * (t + 1.0)  # distances from s: they stay fixed in the derivative
    root = np.sqrt(0.5 * length * w)
    scale = 0.5 * root[:, :, None] * root[:, None, :]
    upper = np.triu_indices(NODES)  # the kernel is symmetric and its Airy functions are most of the cost
    kernel, slope = np.empty_like(scale), np.empty_like(scale)
    both = special.airy(s[:, None] + 0.5 * (x[:, upper[0]] + x[:, upper[1]]))
    for matrix, entries in zip((kernel, slope), both, strict=False):
        matrix[:, upper[0], upper[1]] = matrix[:, upper[1], upper[0]] = entries
    if not slopes:
        return np.asarray(np.linalg.eigvalsh(kernel * scale), dtype=float), slope
    values, vectors = np.linalg.eigh(kernel * scale)
    return np.asarray(values, dtype=float), (vectors * ((slope * scale) @ vectors)).sum(axis=1)


def _others(factors: Array) -> Array:
    """Products of all factors but one, without division."""
    ones = np.ones((len(factors), 1))
    before = np.cumprod(np.hstack([ones, factors[:, :-1]]), axis=1)
    after = np.cumprod(np.hstack([ones, factors[:, :0:-1]]), axis=1)[:, ::-1]
    return np.asarray(before * after, dtype=float)


def _even_odd(values: Array) -> Array:
    """Minus the sum of the elementary symmetric functions of even order >= 2: 1 - F_4 without cancellation."""
    even, odd = np.zeros(len(values)), np.zeros(len(values))
    for column in values.T:
        even, odd = even + column * odd, odd + column * (1.0 + even)
    return -even


@dataclass(frozen=True)
class TracyWidom(BoundedLaw):
    r"""Limit law of the largest eigenvalue of Gaussian ensembles: beta = 1 real, 2 complex, 4 quaternion.

    For `rmt.ensembles.wigner(n)` the variable is n^(2/3) (lambda_max - 2).

    Parameters
    ----------
    beta : {2, 1, 4}
        Dyson's index. beta = 4 is in Bornemann's convention (mean -2.30688...): divide Tracy and Widom's variable by
        sqrt(2).

    Raises
    ------
    ValueError
        If beta is not 1, 2 or 4.

    Notes
    -----
    beta = 4 is in the convention of Tracy and Widom and of the published moments: (lambda - 2 sqrt n)(2n)^(1/6) for
    eigenvalues in units that put the edge at 2 sqrt n; the convention common to all beta has n^(1/6), smaller by 2^(1/6).

    Tested absolute errors: 1e-13 for cdf and ccdf (30-digit determinants), 2e-12 for mean and variance (the published
    digits). The lower tail carries an absolute error; ccdf is formed without cancellation, so that it goes on to decay.

    Examples
    --------
    >>> law = TracyWidom(2)
    >>> print(f"{law.mean():.10f} {law.variance():.10f} {law.cdf(-2.0):.12f}")
    -1.7710868074 0.8131947928 0.413224142505
    """

    beta: int = 2

    def __post_init__(self) -> None:
        beta = check_integer("beta", self.beta)
        check_choice("beta", str(beta), ("1", "2", "4"))
        object.__setattr__(self, "beta", beta)

    @property
    def _unit(self) -> float:
        return math.sqrt(2.0) if self.beta == 4 else 1.0

    def support(self) -> tuple[float, float]:
        """The whole line."""
        return -math.inf, math.inf

    def _interval(self) -> tuple[float, float]:
        """Outside, the distribution is below 1e-30 and its complement underflows or nearly so."""
        return -13.0, 96.0

    def _over(self, x: Array, what: str) -> Array:
        out = np.empty(x.shape)
        flat, result = x.ravel(), out.ravel()
        for start in range(0, flat.size, CHUNK):
            part = slice(start, start + CHUNK)
            result[part] = self._values(flat[part] * self._unit, what)
        return result.reshape(x.shape)

    def _values(self, s: Array, what: str) -> Array:
        values, moved = _spectrum(s, what == "pdf")
        low, high = np.maximum(1.0 - values, 0.0), np.maximum(1.0 + values, 0.0)
        if what == "ccdf":
            if self.beta == 4:
                return np.maximum(_even_odd(values), 0.0)
            factors = -values if self.beta == 1 else -(values**2)
            return np.abs(np.expm1(np.log1p(np.maximum(factors, -1.0 + 2.0**-53)).sum(axis=1)))
        minus, plus = low.prod(axis=1), high.prod(axis=1)
        if what == "cdf":
            return {1: minus, 2: minus * plus, 4: 0.5 * (minus + plus)}[self.beta]
        d_minus = -(moved * _others(low)).sum(axis=1)
        d_plus = (moved * _others(high)).sum(axis=1)
        if self.beta == 2:
            return d_minus * plus + minus * d_plus
        return d_minus if self.beta == 1 else 0.5 * self._unit * (d_minus + d_plus)

    def _pdf(self, x: Array) -> Array:
        return np.maximum(self._over(x, "pdf"), 0.0)

    def _cdf(self, x: Array) -> Array:
        return self._over(x, "cdf")

    def _ccdf(self, x: Array) -> Array:
        return self._over(x, "ccdf")

    def moment(self, k: int) -> float:
        """E x^k, by quadrature."""
        k = check_integer("k", k, low=0)
        x, density, weights = _moment_rule(self.beta)
        return float((x**k * density) @ weights)

    def variance(self) -> float:
        """Var x."""
        x, density, weights = _moment_rule(self.beta)
        return float(((x - self.mean()) ** 2 * density) @ weights)

    def icdf(self, p: ArrayLike) -> float | Array:
        """Quantile; -inf and inf at 0 and 1."""
        fraction = _fraction("p", p)
        inside = super().icdf(np.clip(fraction, 1e-300, 1.0))
        return _like(np.where(fraction == 0.0, -math.inf, np.where(fraction == 1.0, math.inf, inside)), p)

    def iccdf(self, p: ArrayLike) -> float | Array:
        """x with ccdf(x) = p, accurate for small p; inf and -inf at 0 and 1."""
        fraction = _fraction("p", p)
        inside = super().iccdf(np.minimum(fraction, 1.0 - 2.0**-53))
        return _like(np.where(fraction == 0.0, math.inf, np.where(fraction == 1.0, -math.inf, inside)), p)

    def sample(self, shape: int | tuple[int, ...] = (), rng: RandomState = None) -> float | Array:
        """Independent draws, by inversion of a Chebyshev interpolant of the distribution (error below 1e-12)."""
        uniform = np.asarray(generator(rng).random(shape))
        series = _interpolant(self.beta)
        low, high = series.domain
        goal = np.clip(uniform.ravel(), 2.0**-54, 1.0 - 2.0**-53)
        root = elementwise.find_root(
            lambda x, g: np.where(x <= low, -1.0, np.where(x >= high, 1.0, series(x) - g)),
            (np.full(goal.shape, low), np.full(goal.shape, high)),
            args=(goal,),
        )
        return _like(root.x.reshape(uniform.shape), uniform)


@lru_cache(maxsize=3)
def _moment_rule(beta: int) -> tuple[Array, Array, Array]:
    law = TracyWidom(beta)
    x, weights = gauss_legendre_panels(np.arange(-11.0, 19.0, 1.5) / law._unit, 16)
    return x, law._pdf(x), weights


@lru_cache(maxsize=3)
def _interpolant(beta: int) -> np.polynomial.Chebyshev:
    return np.polynomial.Chebyshev.interpolate(TracyWidom(beta)._cdf, 160, domain=[-12.0, 17.0])
