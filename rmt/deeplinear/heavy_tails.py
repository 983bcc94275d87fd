"""Isotropic heavy-tailed priors: the only heavy-tailed weights for which the theory stays exact.

A layer ``W = sqrt(A) G`` with Gaussian G and one positive (alpha/2)-stable A for the whole matrix is isotropic, so the
posterior is again a scale mixture with ``rho`` multiplied by A. Independent heavy-tailed entries break rotation
invariance: no scalar closure exists for them.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from rmt._checks import check_array, check_real
from rmt.deeplinear._data import check_architecture, kernel_modes
from rmt.deeplinear._heavy_density import HeavyDensity, heavy_density
from rmt.deeplinear._mixture import Mixture
from rmt.deeplinear.prediction import Prediction, check_test_kernels, conditional_moments

__all__ = ["HeavyTailedPosterior", "heavy_tailed_posterior"]

NATS = 36.0  # terms below exp(-36) = 2e-16 of the sum are left out
HIGHEST = 1.99  # the density of ln A narrows as 2 - alpha: beyond this its grid grows out of hand


@dataclasses.dataclass(frozen=True)
class HeavyTailedPosterior:
    """Posterior of the kernel factor under isotropic stable layers; made by :func:`heavy_tailed_posterior`."""

    mixture: Mixture
    alphas: tuple[float, ...]
    density: HeavyDensity
    log_weights: NDArray[np.float64]  # ln(prior density * likelihood * step) on the grid of the density

    @property
    def moment_limit(self) -> float:
        """Moments of rho exist below this order: ``(min alpha + R) / 2``, without limit if all layers are Gaussian."""
        heavy = [alpha for alpha in self.alphas if alpha < 2.0]
        return (min(heavy) + self.mixture.modes.rank) / 2 if heavy else math.inf

    def _log_integral(self, k: float) -> float:
        x, log_terms = self.density.x, self.log_weights + k * self.density.x
        value, step = float(special.logsumexp(log_terms)), float(x[1] - x[0])
        if log_terms[0] > value - NATS:
            raise ValueError(f"k = {k!r} is too near the negative order at which the moments become infinite")
        heavy = sum(alpha < 2.0 for alpha in self.alphas)
        if heavy == 0:
            return value
        rate = self.moment_limit - k  # the integrand falls as exp(-rate x) beyond the grid
        beyond = float(log_terms[-1]) - rate * step - math.log(-math.expm1(-rate * step))
        if heavy > 1 and beyond > value - NATS:
            raise ValueError(
                f"k = {k!r} is within {rate:.3g} of the limit {self.moment_limit!r} of finite moments: too near to be "
                "computed with several heavy-tailed layers"
            )
        return float(np.logaddexp(value, beyond))  # one heavy layer: a pure power, to exp(-40)

    def rho_moment(self, k: float = 1.0) -> float:
        r"""Posterior moment of :math:`\rho = \prod_l A_l u_l`.

        Parameters
        ----------
        k : float
            Order, below ``moment_limit`` and, at T > 0, above minus half the smallest width.

        Returns
        -------
        float

        Raises
        ------
        ValueError
            If the moment is infinite.
        """
        order = check_real("k", k, high=self.moment_limit, high_open=True)
        narrowest = float(self.mixture.widths.min())
        if self.mixture.temperature > 0.0 and order <= -narrowest / 2:
            raise ValueError(f"k = {order!r} must be in ({-narrowest / 2!r}, inf) at temperature > 0")
        return math.exp(self._log_integral(order) - self._log_integral(0.0))

    @property
    def log_evidence(self) -> float:
        """Log marginal likelihood of the targets, at T = 0 on the range of the kernel."""
        return self._log_integral(0.0) + self.mixture.log_outside

    def predict(self, k_test: ArrayLike, k_diagonal: ArrayLike) -> Prediction:
        """Exact mean and variance of the output at test points.

        Parameters
        ----------
        k_test, k_diagonal
            As :func:`rmt.deeplinear.posterior_predictive`.

        Returns
        -------
        Prediction

        Raises
        ------
        ValueError
            If the mean of rho, and with it the variance, is infinite: ``moment_limit <= 1``.
        """
        modes, T = self.mixture.modes, self.mixture.temperature
        projections, diagonal = check_test_kernels(modes, k_test, k_diagonal)
        rho = self.rho_moment(1.0)
        if T == 0.0:
            mean, variance = conditional_moments(modes, projections, diagonal, np.array([rho]), 0.0)
            return Prediction(mean[0], variance[0], rho, "exact")
        x = self.density.x
        log_share = self.log_weights - self._log_integral(0.0)
        kept = log_share + np.maximum(x, 0.0) > -NATS - 9.0
        nodes, weights = np.exp(x[kept]), np.exp(log_share[kept])
        mean, variance = conditional_moments(modes, projections, diagonal, nodes, T)
        average = weights @ mean
        # beyond the grid the variance is rho (k_xx - k_x^T K0^+ k_x): the part of E rho that the grid misses
        missed = max(0.0, rho - float(weights @ nodes))
        bare = conditional_moments(modes, projections, diagonal, np.ones(1), 0.0)[1][0]
        return Prediction(average, weights @ (variance + (mean - average) ** 2) + missed * bare, rho, "exact")


def heavy_tailed_posterior(
    K0: ArrayLike,
    y: ArrayLike,
    widths: int | Sequence[int],
    weight_variances: ArrayLike = 1.0,
    temperature: float = 0.0,
    *,
    alphas: ArrayLike,
) -> HeavyTailedPosterior:
    r"""Exact posterior when the weights that leave layer l are :math:`\sqrt{A_l}\,G_l`, A_l positive stable.

    :math:`E e^{-tA} = e^{-t^{\alpha/2}}`, so that the entries are symmetric alpha-stable with characteristic function
    :math:`\exp[-(\sigma^2 t^2/2)^{\alpha/2}]`, dependent through A; :math:`\alpha = 2` is the Gaussian layer.

    Parameters
    ----------
    K0, y, widths, weight_variances, temperature
        As :func:`kernel_renormalisation_layers`.
    alphas : float or array_like, shape (L,)
        Stability index of the weights leaving each hidden layer, in [0.1, 1.99] or exactly 2.

    Returns
    -------
    HeavyTailedPosterior
        ``.rho_moment(k) .log_evidence .moment_limit .predict(k_test, k_diagonal)``.

    Raises
    ------
    ValueError
        As :func:`kernel_renormalisation_layers`, for y = 0 at T = 0, and for an index outside its range.

    Notes
    -----
    Derived. The prior of ln rho is a convolution of the Meijer density of the Gaussian scales with the densities of the
    ln A_l, on one grid. Tested: the Gaussian theory at :math:`\alpha = 2` to 1e-9, a two-dimensional integral at
    :math:`\alpha = 1` to 1e-11, averages of Meijer functions at 0.2 to 1.96 to 1e-10, importance sampling from the
    prior. Posterior moments of rho are finite below order ``(alpha + R)/2``: data tame the tail of the prior, whose mean
    is infinite.

    Examples
    --------
    >>> import numpy as np
    >>> gaussian = heavy_tailed_posterior(np.eye(20), np.full(20, 1.3**0.5), [50, 30], alphas=2.0)
    >>> round(gaussian.rho_moment(1), 8)
    1.16868906
    >>> heavy = heavy_tailed_posterior(np.eye(20), np.full(20, 1.3**0.5), [50, 30], 1.0, 0.1, alphas=[1.5, 2.0])
    >>> round(heavy.rho_moment(1), 6), heavy.moment_limit
    (1.198296, 10.75)
    """
    modes = kernel_modes(K0, y)
    sizes, variances = check_architecture(widths, weight_variances)
    T = check_real("temperature", temperature, low=0.0)
    if T == 0.0 and modes.strength == 0.0:
        raise ValueError("y = 0 on the range of K0 has no exact posterior at temperature = 0")
    indices = check_array("alphas", alphas)
    if indices.ndim > 1 or (indices.ndim == 1 and indices.size != sizes.size):
        raise ValueError(f"alphas has shape {indices.shape}: give one number, or one per hidden layer ({sizes.size})")
    indices = np.broadcast_to(indices, sizes.shape)
    for i, value in enumerate(indices):
        if value != 2.0 and not 0.1 <= value <= HIGHEST:
            raise ValueError(f"alphas[{i}] = {float(value)!r} must be in [0.1, {HIGHEST}] or 2")
    mixture = Mixture(modes, sizes, variances, T)
    density = heavy_density(mixture, tuple(float(v) / 2 for v in indices if v < 2.0))
    block = max(1, 2_000_000 // modes.rank)
    x = density.x
    log_likelihood = np.concatenate([mixture.log_likelihood(x[i : i + block]) for i in range(0, x.size, block)])
    log_weights = density.log_density + log_likelihood + math.log(float(x[1] - x[0]))
    return HeavyTailedPosterior(mixture, tuple(float(v) for v in indices), density, log_weights)
