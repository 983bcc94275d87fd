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

from rmt._checks import check_alpha, check_array, check_real
from rmt._quadrature import double_exponential
from rmt.deeplinear._data import check_architecture, kernel_modes
from rmt.deeplinear._mixture import Mixture
from rmt.special import log_meijerg_q0

__all__ = ["HeavyTailedPosterior", "heavy_tailed_posterior"]

STEP = 0.02  # of the grid in ln A: trapezoid and convolution errors are exponentially small


def _log_density_of_log(x: NDArray[np.float64], a: float) -> NDArray[np.float64]:
    """Log density of ln A at x, ``E exp(-tA) = exp(-t^a)``: Zolotarev's integral over an angle, in logarithms.

    The right tail lives within exp(-x) of the angle pi, hence nodes placed by the distance v from it.
    """
    v, weights = double_exponential(0.0, math.pi, step=1 / 24, reach=3.8)
    with np.errstate(divide="ignore"):
        sines = a * np.log(np.sin(a * (math.pi - v))) + (1 - a) * np.log(np.sin((1 - a) * (math.pi - v)))
        log_k = (sines - np.log(np.sin(v))) / (1 - a)
    usable = np.isfinite(log_k) & (weights > 0)
    log_k, log_weights = log_k[usable], np.log(weights[usable])
    c = a / (1 - a)
    with np.errstate(over="ignore"):
        exponent = log_k + log_weights - np.exp(log_k - c * x[:, None])
    return special.logsumexp(exponent, axis=1) - c * x + math.log(a / (math.pi * (1 - a)))


@dataclasses.dataclass(frozen=True)
class HeavyTailedPosterior:
    """Posterior of the kernel factor under isotropic stable layers at T = 0; made by :func:`heavy_tailed_posterior`."""

    mixture: Mixture
    alphas: tuple[float, ...]
    log_scale: NDArray[np.float64]  # ln of the product of the A
    log_prior: NDArray[np.float64]  # ln of its prior density, times the step

    @property
    def moment_limit(self) -> float:
        """Moments of rho exist below this order: ``(min alpha + R) / 2``."""
        return (min(self.alphas) + self.mixture.modes.rank) / 2

    def _log_integral(self, k: float) -> float:
        mixture = self.mixture
        half = mixture.modes.rank / 2
        powers = np.full(mixture.widths.size, k)
        parameters = [0.0, *mixture.parameters(powers, half)]
        log_z = math.log(mixture.modes.strength / 2) - mixture.log_unit - self.log_scale
        rest = self.log_prior + (k - half) * (self.log_scale + mixture.log_unit)
        # outwards from A = 1 in blocks, until the integrand is below exp(-45) of its largest value on both sides
        middle, block = int(np.argmin(np.abs(self.log_scale))), 50
        parts = [log_meijerg_q0(None, parameters, log_z=log_z[middle : middle + 1]) + rest[middle : middle + 1]]
        for direction in (1, -1):
            start = middle + (1 if direction == 1 else 0)
            while 0 < start < log_z.size:
                span = slice(start, start + block) if direction == 1 else slice(max(0, start - block), start)
                values = log_meijerg_q0(None, parameters, log_z=log_z[span]) + rest[span]
                parts.append(values)
                start += direction * block
                if values[-1 if direction == 1 else 0] < max(float(part.max()) for part in parts) - 45.0:
                    break
        return float(special.logsumexp(np.concatenate(parts)))

    def rho_moment(self, k: float = 1.0) -> float:
        r"""Posterior moment of :math:`\rho = \prod_l A_l u_l`.

        Parameters
        ----------
        k : float
            Order, below ``moment_limit``.

        Returns
        -------
        float

        Raises
        ------
        ValueError
            If the moment is infinite.
        """
        order = check_real("k", k, high=self.moment_limit, high_open=True)
        return math.exp(self._log_integral(order) - self._log_integral(0.0))

    @property
    def log_evidence(self) -> float:
        """Log marginal likelihood of the targets, on the range of the kernel."""
        modes = self.mixture.modes
        constant = special.gammaln(self.mixture.widths / 2).sum() + 0.5 * modes.rank * math.log(2 * math.pi)
        return float(self._log_integral(0.0) - constant - 0.5 * modes.log_determinant)


def heavy_tailed_posterior(
    K0: ArrayLike,
    y: ArrayLike,
    widths: int | Sequence[int],
    weight_variances: ArrayLike = 1.0,
    *,
    alphas: ArrayLike,
) -> HeavyTailedPosterior:
    r"""Exact posterior at T = 0 when the weights that leave layer l are :math:`\sqrt{A_l}\,G_l`, A_l positive stable.

    :math:`E e^{-tA} = e^{-t^{\alpha/2}}`, so that the entries are symmetric alpha-stable with characteristic function
    :math:`\exp[-(\sigma^2 t^2/2)^{\alpha/2}]`, dependent through A; :math:`\alpha = 2` is the Gaussian layer.

    Parameters
    ----------
    K0, y, widths, weight_variances
        As :func:`kernel_renormalisation_layers`.
    alphas : float or array_like, shape (L,)
        Stability index of the weights leaving each hidden layer, in [0.1, 2].

    Returns
    -------
    HeavyTailedPosterior
        ``.rho_moment(k) .log_evidence .moment_limit``.

    Raises
    ------
    ValueError
        As :func:`kernel_renormalisation_layers`, and for an index outside [0.1, 2].

    Notes
    -----
    Derived; tested against importance sampling from the prior. Posterior moments of rho are finite below order
    ``(alpha + R)/2``: data tame the tail of the prior, whose mean is infinite.

    Examples
    --------
    >>> import numpy as np
    >>> gaussian = heavy_tailed_posterior(np.eye(20), np.full(20, 1.3**0.5), [50, 30], alphas=2.0)
    >>> round(gaussian.rho_moment(1), 8)
    1.16868906
    >>> heavy_tailed_posterior(np.eye(20), np.full(20, 1.3**0.5), [50, 30], alphas=[1.5, 2.0]).rho_moment(1) > 1.17
    True
    """
    modes = kernel_modes(K0, y)
    sizes, variances = check_architecture(widths, weight_variances)
    if modes.strength == 0.0:
        raise ValueError("y = 0 on the range of K0 has no exact posterior at temperature = 0")
    indices = np.broadcast_to(check_array("alphas", alphas), sizes.shape)
    for i, value in enumerate(indices):
        check_alpha(value, f"alphas[{i}]", low=0.1)
    log_scale: NDArray[np.float64] = np.zeros(1)
    density: NDArray[np.float64] = np.ones(1)
    for alpha in indices[indices < 2.0]:
        a = float(alpha) / 2
        # Beyond the right end the integrand exp(-(a + R/2 - k) x) is below exp(-45) for every moment that exists by a margin
        x = np.arange(math.floor(-12.0 / STEP), math.ceil(45.0 / a / STEP) + 1, dtype=np.float64) * STEP
        log_density = _log_density_of_log(x, a)
        density = np.convolve(density, STEP * np.exp(log_density))
        log_scale = np.asarray(float(x[0] + log_scale[0]) + STEP * np.arange(density.size), dtype=np.float64)
    kept = density > 0
    return HeavyTailedPosterior(
        Mixture(modes, sizes, variances, 0.0), tuple(float(v) for v in indices), log_scale[kept], np.log(density[kept])
    )
