r"""Eigenvalue law of symmetric Levy matrices (Cizeau and Bouchaud; Ben Arous and Guionnet), by one scalar equation.

With a = alpha/2, S the positive stable variable of index a and x + i0 on the real axis,

.. math:: y = q\,\hat g(y), \quad q = K x^{-\alpha}e^{i\pi a}, \quad
   K = \frac{(2\sigma_w)^{\alpha}\Gamma(\frac{1+\alpha}2)}{2\sqrt\pi},
   \qquad f(x) = -\frac{\mathrm{Im}\,h(y)}{\pi x}

The equations are stationary for a potential, which gives the distribution in closed form:
1 - F(x) = Im[E ln(1 + y^(1/a) S) - Gamma(1+a) y ghat(y)/(2a)]/pi.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import elementwise

from rmt._checks import check_real
from rmt._continuation import ConvergenceError, follow, newton
from rmt._quadrature import double_exponential
from rmt.laws.classical._base import BoundedLaw, _fraction, _like
from rmt.laws.classical.bulk import Semicircle
from rmt.special import ghat, h
from rmt.special._stable_kernel import stable_kernel

__all__ = ["WignerLevy"]

Array = NDArray[np.float64]

CENTRE = 1e-11  # x^alpha below which f is f(0), in units of the scale


@dataclass(frozen=True)
class WignerLevy(BoundedLaw):
    r"""Limit law of the eigenvalues of `rmt.ensembles.wigner_levy(n, alpha=alpha, sigma_w=sigma_w)`.

    Parameters
    ----------
    alpha : float
        Stability index, in [0.3, 2]; at 2 the law is the semicircle of variance sigma_w^2.
    sigma_w : float
        Scale of the entries, CF exp(-abs(c t)^alpha) with c = sigma_w (2N)^(-1/alpha).

    Raises
    ------
    ValueError
        If an argument is out of its range.
    rmt.laws.ConvergenceError
        If the continuation from the imaginary axis fails.

    Notes
    -----
    Derived in docs/theory/wigner-levy.md; tested: integral of pdf = difference of cdf to 1e-12, a 20-digit solution of
    the equation to 1e-12, the value at 0, the tail, the limit at 2 and sampled matrices.

    Examples
    --------
    >>> law = WignerLevy(1.5)
    >>> print(f"{law.pdf(1.0):.6f} {law.cdf(0.0)}")
    0.209402 0.5
    """

    alpha: float
    sigma_w: float = 1.0

    def __post_init__(self) -> None:
        object.__setattr__(self, "alpha", check_real("alpha", self.alpha, low=0.3, high=2.0))
        object.__setattr__(self, "sigma_w", check_real("sigma_w", self.sigma_w, low=0.0, low_open=True))

    @property
    def _log_k(self) -> float:
        """ln K at sigma_w = 1."""
        a = self.alpha
        return a * math.log(2.0) + math.lgamma(0.5 * (1.0 + a)) - math.log(2.0 * math.sqrt(math.pi))

    @property
    def _centre(self) -> float:
        """The x / sigma_w below which the density is its value at 0."""
        return float(CENTRE ** (1.0 / self.alpha))

    @property
    def _semicircle(self) -> Semicircle | None:
        """The law itself at alpha = 2, where its branch points are on the axis."""
        return Semicircle(self.sigma_w) if self.alpha == 2.0 else None

    def support(self) -> tuple[float, float]:
        """The whole line; (-2 sigma_w, 2 sigma_w) at alpha = 2."""
        if self._semicircle:
            return self._semicircle.support()
        return -math.inf, math.inf

    def moment(self, k: int) -> float:
        """k = 0, and 1 for alpha > 1: below alpha = 2 the law has no variance."""
        if self._semicircle:
            return self._semicircle.moment(k)
        if k == 0:
            return 1.0
        if k == 1 and self.alpha > 1.0:
            return 0.0
        raise ValueError(f"k = {k!r} must be below alpha = {self.alpha!r}: the moment does not exist")

    def density_at_zero(self) -> float:
        """f(0) = Gamma(1 + 1/a) (Gamma(1+a)/K)^(1/alpha)/pi, a = alpha/2."""
        a = 0.5 * self.alpha
        log = math.lgamma(1.0 + 1.0 / a) + (math.lgamma(1.0 + a) - self._log_k) / self.alpha
        return math.exp(log) / (math.pi * self.sigma_w)

    def _solve(self, log_x: Array) -> NDArray[np.complex128]:
        """y at x = sigma_w exp(log_x), turned down from the imaginary axis, where q and y are real.

        The quarter circle meets the one branch point near the axis (it tends to 2 sigma_w as alpha tends to 2) only at its
        end; a path along the axis would pass it for every point inside.
        """
        a = 0.5 * self.alpha
        goal = self._log_k - self.alpha * log_x
        kernel = stable_kernel(a, 1.0)
        log_gamma = math.lgamma(1.0 + a)

        def increment(state: NDArray, log_q: NDArray, index: NDArray) -> NDArray:
            log_y = state[:, 0]
            value, _, slope = kernel.evaluate(np.ascontiguousarray(log_y / a))
            # ln y - ln q - ln ghat = 0 with Gamma(1+a) y ghat = H: the derivative is 2 - d ln H/d ln y
            rest = log_q + np.log(value * np.exp(-log_y)) - log_gamma - log_y
            return (rest / (2.0 - slope / (a * value)))[:, None]

        # on the imaginary axis ln y increases with ln q, with slope between 1/2 and 1
        start, ok, size = newton(
            increment, np.minimum(goal, 0.5 * goal)[:, None] + 0j, goal + 0j, np.arange(goal.size), max_iterations=60
        )
        if not ok.all():
            raise ConvergenceError(
                f"the Wigner-Levy law at z = i sigma_w exp({float(log_x[~ok][0])!r}): last Newton increment {size.max():.3g}"
            )
        state = follow(
            increment, start, lambda t, index: goal[index] + 1j * math.pi * a * t, goal.size, what="the Wigner-Levy law, ln q"
        )[-1]  # fmt: skip
        return np.asarray(np.exp(state[:, 0]), dtype=complex)

    def _pdf(self, x: Array) -> Array:
        if self._semicircle:
            return self._semicircle._pdf(x)
        u = np.abs(x) / self.sigma_w
        out = np.full(u.shape, self.density_at_zero())
        far = u > self._centre
        if far.any():
            values = np.asarray(h(self._solve(np.log(u[far])), 0.5 * self.alpha))
            out[far] = -values.imag / (math.pi * u[far] * self.sigma_w)
        return out

    def _upper(self, log_x: Array) -> Array:
        """P(X > sigma_w exp(log_x))."""
        a = 0.5 * self.alpha
        y = self._solve(log_x)
        nodes, weights = double_exponential(0.0, 1.0, step=1 / 48)
        # E ln(1 + y^(1/a) S) = Gamma(a) times the integral of ghat from 0 to y
        integral = (np.asarray(ghat(y[:, None] * nodes, a)) @ weights) * y * math.gamma(a)
        potential = integral - math.gamma(1.0 + a) * y * np.asarray(ghat(y, a)) / (2.0 * a)
        return np.asarray(potential.imag / math.pi, dtype=float)

    def _ccdf(self, x: Array) -> Array:
        if self._semicircle:
            return self._semicircle._ccdf(x)
        u = np.abs(x) / self.sigma_w
        out = 0.5 - u * self.sigma_w * self.density_at_zero()
        far = u > self._centre
        if far.any():
            out[far] = self._upper(np.log(u[far]))
        return np.where(x >= 0.0, out, 1.0 - out)

    def _cdf(self, x: Array) -> Array:
        return self._ccdf(-x)

    def iccdf(self, p: ArrayLike) -> float | Array:
        """x with ccdf(x) = p; inf and -inf at 0 and 1 below alpha = 2."""
        if self._semicircle:
            return self._semicircle.iccdf(p)
        fraction = _fraction("p", p)
        flat = np.atleast_1d(fraction).ravel()
        tail = np.minimum(flat, 1.0 - flat)
        out = np.full(flat.shape, math.inf)
        middle = tail > 0.5 - 1.001 * self._centre * self.sigma_w * self.density_at_zero()
        out[middle] = (0.5 - tail[middle]) / self.density_at_zero()
        todo = (tail > 0.0) & ~middle
        if todo.any():
            goal = tail[todo]
            high = (12.0 - np.log(goal)) / self.alpha
            root = elementwise.find_root(
                lambda v, g: self._upper(v.ravel()).reshape(v.shape) - g,
                (np.full(goal.shape, math.log(self._centre)), high),
                args=(goal,),
            )
            if not root.success.all():
                raise ConvergenceError(f"no quantile of the Wigner-Levy law at p = {goal[~root.success][0]!r}")
            out[todo] = self.sigma_w * np.exp(root.x)
        return _like(np.where(flat <= 0.5, out, -out).reshape(fraction.shape), p)

    def icdf(self, p: ArrayLike) -> float | Array:
        """Quantile; -inf and inf at 0 and 1 below alpha = 2."""
        return _like(-np.asarray(self.iccdf(_fraction("p", p))), p)
