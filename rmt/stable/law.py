"""The alpha-stable law as a frozen object."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from rmt._checks import check_alpha, check_choice, check_real
from rmt._random import RandomState
from rmt._stable_density import Law
from rmt.stable.evaluation import StableMethods, kernel_law, shaped
from rmt.stable.sampling import Shape, draw_log_stable, draw_stable
from rmt.stable.scores import Score, standard_scores

__all__ = ["AlphaStable"]

LOWEST_ALPHA = 0.1


def tan_half_pi(alpha: float) -> float:
    """tan(pi alpha/2), relative accuracy also next to alpha = 1 (infinite there) and alpha = 2."""
    if alpha > 1.5:
        return -math.tan(0.5 * math.pi * (2.0 - alpha))
    if alpha < 0.5:
        return math.tan(0.5 * math.pi * alpha)
    eps = alpha - 1.0  # exact
    return -1.0 / math.tan(0.5 * math.pi * eps) if eps != 0.0 else math.inf


@dataclass(frozen=True)
class AlphaStable(StableMethods):
    r"""The alpha-stable law.

    Parameterisation S0 (the default, jointly continuous in all parameters), unit scale and location 0:

    .. math:: \ln E e^{iuX} = -|u|^\alpha\,[1 + i\beta\tan(\pi\alpha/2)\,\mathrm{sgn}(u)\,(|u|^{1-\alpha} - 1)],

    at :math:`\alpha = 1`: :math:`-|u|\,[1 + i\beta(2/\pi)\,\mathrm{sgn}(u)\ln|u|]`. S1:
    :math:`-|u|^\alpha\,[1 - i\beta\tan(\pi\alpha/2)\,\mathrm{sgn}(u)]`, at :math:`\alpha = 1` as S0. A law of
    scale gamma and location delta is that of gamma X + delta; only at alpha = 1 in S1 it is that of gamma X + delta + beta
    (2/pi) gamma ln gamma (Nolan's convention, and SciPy's). For beta = 0 the two agree: exp(-abs(gamma u)^alpha), and
    alpha = 2 is the normal law of variance 2 gamma^2.

    Parameters
    ----------
    alpha : float
        Stability index in (0, 2].
    beta : float
        Skewness in [-1, 1].
    loc, scale : float
        Location (finite) and scale (> 0).
    parameterization : "S0" or "S1"

    Raises
    ------
    ValueError
        If a parameter is out of its range.

    Examples
    --------
    >>> from rmt.stable import AlphaStable
    >>> law = AlphaStable(1.5)
    >>> law.pdf(1.0), law.ccdf(1e6)
    (0.202038159607840, 1.99471140519e-10)
    >>> law.iccdf(1e-9)
    341392.0334
    >>> law.sample((2, 3), rng=1).shape
    (2, 3)
    """

    alpha: float
    beta: float = 0.0
    loc: float = field(default=0.0, kw_only=True)
    scale: float = field(default=1.0, kw_only=True)
    parameterization: str = field(default="S0", kw_only=True)

    def __post_init__(self) -> None:
        object.__setattr__(self, "alpha", check_alpha(self.alpha))
        object.__setattr__(self, "beta", check_real("beta", self.beta, low=-1.0, high=1.0))
        object.__setattr__(self, "loc", check_real("loc", self.loc))
        object.__setattr__(self, "scale", check_real("scale", self.scale, low=0.0, low_open=True))
        check_choice("parameterization", self.parameterization, ("S0", "S1"))

    @property
    def _zeta(self) -> float:
        """x_S0 - x_S1 at unit scale; infinite at alpha = 1, 0 for beta = 0."""
        return -self.beta * tan_half_pi(self.alpha) if self.beta != 0.0 else 0.0

    @property
    def _shift(self) -> float:
        """Location of the law of unit scale and location 0 in its own coordinate (S1 at alpha = 1 has its own rule)."""
        if self.parameterization == "S1" and self.alpha == 1.0:
            return self.loc + self.beta * (2.0 / math.pi) * self.scale * math.log(self.scale)
        return self.loc

    def _kernel(self) -> Law:
        if self.alpha < LOWEST_ALPHA:
            raise ValueError(f"alpha = {self.alpha!r} must be in [{LOWEST_ALPHA}, 2] for densities and quantiles")
        return kernel_law(self.alpha, self.beta)

    def _table(self) -> Any:
        from rmt.stable.tables import law_table

        self._kernel()  # checks the range
        return law_table(self.alpha, self.beta, self._zeta if self.alpha != 1.0 else 0.0)

    def _coordinates(self, x: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """S0 and S1 coordinates at unit scale; the one the caller uses is not rounded twice."""
        z = (x - self._shift) / self.scale
        if self.beta == 0.0 or self.alpha == 1.0:
            return z, z
        return (z, z - self._zeta) if self.parameterization == "S0" else (z + self._zeta, z)

    def _to_user(self, u: NDArray[np.float64], s0: bool) -> NDArray[np.float64]:
        if self.beta != 0.0 and self.alpha != 1.0:
            if self.parameterization == "S0" and not s0:
                u = u + self._zeta
            elif self.parameterization == "S1" and s0:
                u = u - self._zeta
        return self._shift + self.scale * u

    def _inverse_key(self) -> tuple[float, float, bool]:
        return self.alpha, self.beta, False

    def _prefers_s0(self) -> bool:
        return self.alpha >= 0.94  # below, the centre of the S1 coordinate is where the density is steep

    def _ends(self) -> tuple[float, float]:
        return self.support()

    def _exact(self, x: Any, kind: str, dps: int) -> Any:
        from mpmath import mp, mpf

        from rmt.stable.arbitrary import stable_values

        if np.ndim(x):
            return np.array([self._exact(value, kind, dps) for value in np.ravel(x)], dtype=object).reshape(np.shape(x))
        with mp.workdps(2 * dps + 20):
            scale, alpha, beta = mpf(self.scale), mpf(self.alpha), mpf(self.beta)
            z = (mpf(x) - self.loc) / scale
            if self.parameterization == "S1" and beta != 0:
                if alpha == 1:
                    z -= beta * 2 / mp.pi * mp.log(scale)
                else:
                    z -= beta * mp.tan(mp.pi * alpha / 2)
            f, lower, upper = stable_values(alpha, beta, z, dps)
            value = {"pdf": f / scale, "cdf": lower, "ccdf": upper}[kind.removeprefix("log")]
            value = mp.log(value) if kind.startswith("log") else value
        with mp.workdps(dps):
            return +value

    def support(self) -> tuple[float, float]:
        """The ends of the support: the line, or a half line for alpha < 1 and beta = +-1.

        Returns
        -------
        low, high : float
        """
        if self.alpha < 1.0 and abs(self.beta) == 1.0:
            end = self.loc + (self.scale * self._zeta if self.parameterization == "S0" else 0.0)
            return (end, math.inf) if self.beta > 0 else (-math.inf, end)
        return -math.inf, math.inf

    def mean(self) -> float:
        """The mean: loc in S1, loc + scale zeta in S0 (zeta = -beta tan(pi alpha/2)); NaN where it does not exist.

        Returns
        -------
        float
            For alpha <= 1 +-inf for a one-sided law with infinite mean, NaN otherwise.
        """
        if self.alpha > 1.0:
            return self.loc + (self.scale * self._zeta if self.parameterization == "S0" else 0.0)
        if self.alpha < 1.0 and abs(self.beta) == 1.0:
            return math.copysign(math.inf, self.beta)
        return math.nan

    def score(self, x: ArrayLike) -> Score:
        """Derivatives of the log density with respect to x, alpha, beta, loc and scale, at fixed parameterisation.

        Parameters
        ----------
        x : float or array_like
            Points inside the support.

        Returns
        -------
        Score
            Named tuple ``(x, alpha, beta, loc, scale)`` of arrays of the shape of x. Tested: 1e-11 (1 + abs(score)) against
            contour integrals at 45 digits. At alpha = 2 and at abs(beta) = 1 the derivatives are one-sided; on a light side
            they are then as large as the inverse density, and infinite where that overflows. Where -ln f exceeds 1e8 only the
            saddle point is differentiated (relative 1e-8).

        Raises
        ------
        ValueError
            If a point is NaN, infinite or outside the support.

        Examples
        --------
        >>> from rmt.stable import AlphaStable
        >>> AlphaStable(1.2, 1.0).score(-3.5).alpha
        57.185942...
        """
        points = np.asarray(x, dtype=np.float64)
        flat = np.ascontiguousarray(points).ravel()
        if not np.isfinite(flat).all():
            raise ValueError("x holds NaN or an infinity, where the score does not exist")
        self._kernel()  # checks the range
        z0, z1 = self._coordinates(flat)
        s0 = self.parameterization == "S0"
        log_f, d_x, d_alpha, d_beta = standard_scores(self.alpha, self.beta, z0, z1, s0)
        if np.isnan(log_f).any():
            raise ValueError("x holds a point outside the support, where the score does not exist")
        d_x /= self.scale
        d_scale = -1.0 / self.scale - (flat - self._shift) / self.scale * d_x
        if self.alpha == 1.0 and not s0:
            d_beta -= (2.0 / math.pi) * self.scale * math.log(self.scale) * d_x
            d_scale -= self.beta * (2.0 / math.pi) * (math.log(self.scale) + 1.0) * d_x
        parts = (d_x, d_alpha, d_beta, -d_x, d_scale)
        return Score(*(shaped(part, points) for part in parts))

    def sample(self, shape: Shape = None, rng: RandomState = None) -> NDArray[np.float64]:
        """Independent variates (Chambers, Mallows and Stuck 1976, in a form that is smooth through alpha = 1).

        Two 64-bit words of the stream a variate, in blocks of 256; the tail is exact to probability 1e-16. For
        alpha < 0.1 a variate beyond the range of doubles is an infinity of its sign: use :meth:`sample_log`.

        Parameters
        ----------
        shape : int, tuple of int or None
            Shape of the result.
        rng : seed, Generator, SeedSequence, BitGenerator or None
            Where the random numbers come from.

        Returns
        -------
        ndarray of float64
        """
        return draw_stable(
            shape,
            rng,
            alpha=self.alpha,
            beta=self.beta,
            scale=self.scale,
            shift=self._shift,
            s0=self.parameterization == "S0" or self.alpha == 1.0,
        )

    def sample_log(
        self, shape: Shape = None, rng: RandomState = None
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Sign and natural logarithm of the modulus of independent variates: no overflow, however small alpha is.

        Parameters
        ----------
        shape, rng
            As for :meth:`sample`; the same stream gives the same variates.

        Returns
        -------
        sign, logarithm : ndarray of float64
        """
        if self.beta != 0.0 and abs(self.alpha - 1.0) < 0.05:  # no overflow here
            x = self.sample(shape, rng)
            with np.errstate(divide="ignore"):
                return np.sign(x), np.log(np.abs(x))
        shift = self.loc + (self.scale * self._zeta if self.parameterization == "S0" else 0.0)
        return draw_log_stable(shape, rng, alpha=self.alpha, beta=self.beta, scale=self.scale, shift=shift)
