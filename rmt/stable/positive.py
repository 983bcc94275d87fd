"""The positive stable law as a frozen object."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from rmt._checks import check_real
from rmt._random import RandomState
from rmt._stable_density import Law
from rmt.stable.evaluation import StableMethods, kernel_law, shaped
from rmt.stable.sampling import Shape, draw_log_positive, draw_positive
from rmt.stable.scores import PositiveScore, standard_scores

__all__ = ["PositiveStable"]

LOWEST_A = 0.02


@dataclass(frozen=True)
class PositiveStable(StableMethods):
    r"""The positive stable law, :math:`E e^{-tS} = e^{-(\mathrm{scale}\,t)^a}`.

    It is the law of the squared heavy-tailed weights' sums: a = alpha/2, and a symmetric alpha-stable Z is
    sqrt(2 S) g with g standard normal.

    Parameters
    ----------
    a : float
        Index in (0, 1).
    scale : float
        Scale > 0.

    Raises
    ------
    ValueError
        If a parameter is out of its range.

    Examples
    --------
    >>> from rmt.stable import PositiveStable
    >>> bool((PositiveStable(0.75).sample(1000, rng=1) > 0).all())
    True
    """

    a: float
    scale: float = 1.0

    def __post_init__(self) -> None:
        object.__setattr__(self, "a", check_real("a", self.a, low=0.0, high=1.0, low_open=True, high_open=True))
        object.__setattr__(self, "scale", check_real("scale", self.scale, low=0.0, low_open=True))

    def _kernel(self) -> Law:
        if self.a < LOWEST_A:
            raise ValueError(f"a = {self.a!r} must be in [{LOWEST_A}, 1) for densities and quantiles")
        return kernel_law(self.a, 1.0, True)

    def _table(self) -> Any:
        from rmt.stable.tables import law_table

        self._kernel()  # checks the range
        return law_table(self.a, 1.0, 0.0, True)

    def _coordinates(self, x: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        z = x / self.scale
        return z, z

    def _to_user(self, u: NDArray[np.float64], s0: bool) -> NDArray[np.float64]:
        return self.scale * u

    def _inverse_key(self) -> tuple[float, float, bool]:
        return self.a, 1.0, True

    def _prefers_s0(self) -> bool:
        return False

    def _ends(self) -> tuple[float, float]:
        return self.support()

    def _exact(self, x: Any, kind: str, dps: int) -> Any:
        from mpmath import mp, mpf

        from rmt.stable.arbitrary import stable_values

        if np.ndim(x):
            return np.array([self._exact(value, kind, dps) for value in np.ravel(x)], dtype=object).reshape(np.shape(x))
        with mp.workdps(2 * dps + 20):
            f, lower, upper = stable_values(self.a, 1, mpf(x) / self.scale, dps, positive=True)
            value = {"pdf": f / mpf(self.scale), "cdf": lower, "ccdf": upper}[kind.removeprefix("log")]
            value = mp.log(value) if kind.startswith("log") else value
        with mp.workdps(dps):
            return +value

    def support(self) -> tuple[float, float]:
        """The half line (0, inf).

        Returns
        -------
        low, high : float
        """
        return 0.0, math.inf

    def mean(self) -> float:
        """Infinite for every a < 1.

        Returns
        -------
        float
        """
        return math.inf

    def moment(self, s: float) -> float:
        """E S^s = scale^s Gamma(1 - s/a)/Gamma(1 - s); infinite for s >= a.

        Parameters
        ----------
        s : float
            Order, any real number; negative moments exist.

        Returns
        -------
        float
        """
        s = check_real("s", s)
        if s >= self.a:
            return math.inf
        return math.exp(s * math.log(self.scale) + math.lgamma(1.0 - s / self.a) - math.lgamma(1.0 - s))

    def score(self, x: ArrayLike) -> PositiveScore:
        r"""Derivatives of the log density with respect to x, a and scale.

        S is :math:`c\,X` with X of the law (a, beta = 1) in S1 and :math:`c = \cos(\pi a/2)^{1/a}`, so with
        :math:`L' = d\ln c/da` the derivative in a is that of X at x/c less :math:`L'\,(1 + x\,\partial_x\ln f)`.

        Parameters
        ----------
        x : float or array_like
            Points > 0.

        Returns
        -------
        PositiveScore
            Named tuple ``(x, a, scale)`` of arrays of the shape of x. Tested: 1e-11 (1 + abs(score)) against differences of
            certified densities, a from 0.02 to 0.99.

        Raises
        ------
        ValueError
            If a point is NaN, infinite or not positive.

        Examples
        --------
        >>> from rmt.stable import PositiveStable
        >>> PositiveStable(0.5).score(0.5).x  # Levy's law: -3/(2x) + 1/(4x^2)
        -2.0
        """
        points = np.asarray(x, dtype=np.float64)
        flat = np.ascontiguousarray(points).ravel()
        if not (np.isfinite(flat) & (flat > 0.0)).all():
            raise ValueError("x holds a point that is not finite and positive, where the score does not exist")
        self._kernel()  # checks the range
        half = 0.5 * math.pi * self.a
        log_cosine = math.log(math.sin(0.5 * math.pi * (1.0 - self.a)))
        z1 = flat / self.scale * math.exp(-log_cosine / self.a)
        _, d_z, d_a, _ = standard_scores(self.a, 1.0, z1 - math.tan(half), z1, False)
        relative = z1 * d_z  # x d log f/dx
        d_a += (log_cosine / self.a + 0.5 * math.pi * math.tan(half)) / self.a * (1.0 + relative)
        parts = (relative / flat, d_a, -(1.0 + relative) / self.scale)
        return PositiveScore(*(shaped(part, points) for part in parts))

    def sample(self, shape: Shape = None, rng: RandomState = None) -> NDArray[np.float64]:
        """Independent variates (Kanter 1975). Below a = 0.05 use :meth:`sample_log`: overflow gives infinity.

        Parameters
        ----------
        shape : int, tuple of int or None
            Shape of the result.
        rng : seed, Generator, SeedSequence, BitGenerator or None
            Where the random numbers come from; two 64-bit words a variate.

        Returns
        -------
        ndarray of float64
        """
        return draw_positive(shape, rng, a=self.a, scale=self.scale)

    def sample_log(self, shape: Shape = None, rng: RandomState = None) -> NDArray[np.float64]:
        """Natural logarithm of independent variates; the same stream gives the same variates as :meth:`sample`.

        Parameters
        ----------
        shape, rng
            As for :meth:`sample`.

        Returns
        -------
        ndarray of float64
        """
        return draw_log_positive(shape, rng, a=self.a, scale=self.scale)
