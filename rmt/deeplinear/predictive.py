"""Exact law of one output of a deep linear network: a scale mixture of Gaussians at finite width."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from rmt._checks import check_array
from rmt._random import RandomState, generator
from rmt.deeplinear._mixture import Mixture
from rmt.deeplinear._scales import sample_scales
from rmt.deeplinear.prediction import conditional_moments
from rmt.special import log_meijerg_q0

__all__ = ["PredictiveLaw"]

Array = NDArray[np.float64]


@dataclasses.dataclass(frozen=True)
class PredictiveLaw:
    r"""Law of the noise-free output at one test point: a scale mixture of Gaussians, not a Gaussian.

    At T = 0 its density is a ratio of Meijer G functions (the evidence with the test point added, over the evidence);
    for one hidden layer the scale has a generalised inverse Gaussian law. Its tails are those of a product of
    :math:`L + 1` Gaussians until the data cut them. Made by :meth:`ExactPosterior.predictive_law`.

    Every method takes a scalar or an array and returns the same. ``pdf`` and ``logpdf`` are good in the far tail;
    ``cdf`` and ``ccdf`` are sums over the components, each relative to its own side.
    """

    mixture: Mixture
    projections: Array
    diagonal: Array

    @cached_property
    def _components(self) -> tuple[Array, Array, Array]:
        """Weights, means and standard deviations of the Gaussians at the quadrature nodes."""
        mixture = self.mixture
        x, log_density = mixture.nodes(np.zeros(mixture.widths.size))
        weights = np.exp(log_density - log_density.max())
        mean, variance = conditional_moments(
            mixture.modes, self.projections, self.diagonal, np.exp(x), mixture.temperature
        )
        if variance[:, 0].max() <= 1e-13 * float(np.exp(x[-1])) * self.diagonal[0]:
            raise ValueError("the test input lies in the span of the training inputs: the output there is certain")
        return weights / weights.sum(), mean[:, 0], np.sqrt(variance[:, 0])

    def logpdf(self, f: ArrayLike) -> Any:
        """Log density at outputs f; at T = 0 through the Meijer G function.

        Parameters
        ----------
        f : array_like

        Returns
        -------
        float or ndarray
        """
        values = check_array("f", f)
        mixture, modes = self.mixture, self.mixture.modes
        if mixture.temperature > 0.0:
            weights, mean, deviation = self._components
            z = (values[..., None] - mean) / deviation
            return special.logsumexp(-0.5 * z**2 - np.log(deviation), b=weights, axis=-1) - 0.5 * math.log(2 * math.pi)
        self._components  # noqa: B018 - refuses a certain output
        centre, variance = conditional_moments(modes, self.projections, self.diagonal, np.ones(1), 0.0)
        v = float(variance[0, 0])
        zero = np.zeros(mixture.widths.size)

        def log_g(strength: Any, examples: int) -> Any:
            parameters = [0.0, *mixture.parameters(zero, examples / 2)]
            return log_meijerg_q0(None, parameters, log_z=np.log(strength / 2) - mixture.log_unit)

        top = log_g(modes.strength + (values - centre[0, 0]) ** 2 / v, modes.rank + 1)
        bottom = log_g(modes.strength, modes.rank)
        return (top - bottom - 0.5 * mixture.log_unit - 0.5 * math.log(2 * math.pi * v))[()]

    def pdf(self, f: ArrayLike) -> Any:
        """Density at outputs f."""
        return np.exp(self.logpdf(f))

    def cdf(self, f: ArrayLike) -> Any:
        """Probability of an output at most f."""
        return self._tail(f, 1.0)

    def ccdf(self, f: ArrayLike) -> Any:
        """Probability of an output above f."""
        return self._tail(f, -1.0)

    def _tail(self, f: ArrayLike, side: float) -> Any:
        weights, mean, deviation = self._components
        return special.ndtr(side * (check_array("f", f)[..., None] - mean) / deviation) @ weights

    def icdf(self, probability: ArrayLike) -> Any:
        """Quantile at each probability in (0, 1)."""
        return self._quantile(check_array("probability", probability), upper=False)

    def iccdf(self, probability: ArrayLike) -> Any:
        """Output that is exceeded with each probability in (0, 1)."""
        return self._quantile(check_array("probability", probability), upper=True)

    def _quantile(self, p: Array, upper: bool) -> Any:
        from scipy.optimize import brentq

        if p.size and (p.min() <= 0 or p.max() >= 1):
            raise ValueError(f"probability = {p.min()!r}..{p.max()!r} must be in (0, 1)")
        tail, side = (self.ccdf, 1.0) if upper else (self.cdf, -1.0)
        centre, width = self.mean(), math.sqrt(self.variance())
        out = []
        for value in p.ravel():
            reach = 2 * width
            while tail(centre + side * reach) > value or tail(centre - side * reach) < value:
                reach *= 2
            solve = lambda f, value=value: math.log(tail(f)) - math.log(value)
            out.append(brentq(solve, centre - reach, centre + reach, xtol=1e-14 * max(width, abs(centre)), rtol=1e-14))
        return np.array(out).reshape(p.shape)[()]

    def mean(self) -> float:
        """The posterior mean."""
        weights, mean, _ = self._components
        return float(weights @ mean)

    def variance(self) -> float:
        """The posterior variance."""
        weights, mean, deviation = self._components
        return float(weights @ (deviation**2 + (mean - weights @ mean) ** 2))

    def excess_kurtosis(self) -> float:
        """Excess kurtosis, zero for the Gaussian process of infinite width."""
        weights, mean, deviation = self._components
        d = mean - weights @ mean
        fourth = weights @ (d**4 + 6 * d**2 * deviation**2 + 3 * deviation**4)
        return float(fourth / self.variance() ** 2 - 3)

    def support(self) -> tuple[float, float]:
        """The whole line."""
        return -math.inf, math.inf

    def sample(self, shape: int | Sequence[int] = (), rng: RandomState = None) -> Any:
        """Independent draws of the output.

        Parameters
        ----------
        shape : int or tuple of int
        rng : seed or Generator

        Returns
        -------
        float or ndarray
        """
        size = (shape,) if isinstance(shape, int | np.integer) else tuple(shape)
        count, source, mixture = math.prod(size), generator(rng), self.mixture
        rho = sample_scales(mixture, max(count, 1), source).prod(axis=1)
        mean, variance = conditional_moments(mixture.modes, self.projections, self.diagonal, rho, mixture.temperature)
        draws = mean[:, 0] + np.sqrt(variance[:, 0]) * source.standard_normal(rho.size)
        return draws[:count].reshape(size)[()]
