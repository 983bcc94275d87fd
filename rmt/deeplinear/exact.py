"""Exact posterior of a deep linear network at finite width and finite data: evidence, moments, prediction, samples."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from rmt._checks import check_array, check_integer, check_real
from rmt._random import RandomState, generator
from rmt.deeplinear._data import check_architecture, kernel_modes
from rmt.deeplinear._mixture import Mixture
from rmt.deeplinear._scales import sample_scales
from rmt.deeplinear.prediction import Prediction, check_test_kernels, predict_mixture
from rmt.deeplinear.predictive import PredictiveLaw
from rmt.special import log_meijerg_q0

__all__ = ["ExactPosterior", "exact_posterior"]


@dataclasses.dataclass(frozen=True)
class ExactPosterior:
    r"""The posterior as a one-dimensional mixture of Gaussian processes; made by :func:`exact_posterior`.

    Given :math:`\rho = \prod_l u_l` the outputs are a Gaussian process with kernel :math:`\rho K_0`; a priori the
    :math:`u_l = \sigma_l^2 \chi^2_{N_l}/N_l` are independent. All methods are exact for one output, any widths, any
    rank of the kernel.
    """

    mixture: Mixture

    @property
    def rank(self) -> int:
        """R, the rank of the input kernel."""
        return self.mixture.modes.rank

    @cached_property
    def _log_mass(self) -> float:
        return self.mixture.log_integral(np.zeros(self.mixture.widths.size))

    @property
    def log_evidence(self) -> float:
        r"""Log of the marginal likelihood :math:`p(Y \mid X)`.

        At T = 0 a Meijer G function, at T > 0 a trapezoid rule in ln rho; tested to 1e-9 against mpmath.

        Raises
        ------
        ValueError
            At T = 0 if ``K0`` is singular: the outputs then have no density.
        """
        modes = self.mixture.modes
        if self.mixture.temperature == 0.0 and modes.rank < modes.examples:
            raise ValueError(
                f"log_evidence at temperature = 0 needs a kernel of full rank: K0 has rank {modes.rank} and there are "
                f"{modes.examples} examples, so the outputs have no density; use temperature > 0 or fewer examples"
            )
        return self._log_mass + self.mixture.log_outside

    def scale_moment(self, powers: ArrayLike, *, dps: int | None = None) -> Any:
        r"""Posterior mean of :math:`\prod_l u_l^{a_l}`.

        Parameters
        ----------
        powers : array_like, shape (L,)
            The exponents a_l, of any sign.
        dps : int, optional
            Evaluate in mpmath to this many digits (T = 0 only).

        Returns
        -------
        float or mpmath.mpf

        Raises
        ------
        ValueError
            If the moment is infinite (T > 0 and ``a_l <= -N_l / 2``), or for a wrong number of powers.
        """
        a = check_array("powers", powers, ndim=1)
        mixture = self.mixture
        if a.size != mixture.widths.size:
            raise ValueError(f"powers has {a.size} values: one for each of the {mixture.widths.size} hidden layers")
        if mixture.temperature > 0 and np.any(a <= -mixture.widths / 2):
            raise ValueError(
                f"powers = {a.tolist()} must be above -widths/2 = {(-mixture.widths / 2).tolist()} at temperature > 0"
            )
        if dps is not None:
            if mixture.temperature > 0:
                raise ValueError(f"dps = {dps!r}: digits beyond doubles are available at temperature = 0 only")
            return _cold_moment_digits(mixture, a, check_integer("dps", dps, low=15))
        return float(math.exp(mixture.log_integral(a) - self._log_mass))

    def rho_moment(self, k: float = 1.0, *, dps: int | None = None) -> Any:
        r"""Posterior moment :math:`E[\rho^k \mid Y]`, a ratio of Meijer G functions at T = 0.

        Parameters
        ----------
        k : float
            Order, of any sign.
        dps : int, optional
            Evaluate in mpmath to this many digits (T = 0 only).

        Returns
        -------
        float or mpmath.mpf

        Notes
        -----
        Relative accuracy 1e-11 against 30 digits (T = 0) and 1e-10 (T > 0).
        """
        order = check_real("k", k)
        return self.scale_moment(np.full(self.mixture.widths.size, order), dps=dps)

    def inverse_partial(self, layer: int) -> float:
        r"""Posterior mean of :math:`1/\Lambda_l`, :math:`\Lambda_l = \prod_{k \ge l} u_k`.

        Parameters
        ----------
        layer : int
            l from 1 to L; ``inverse_partial(1)`` is the mean of 1/rho.

        Returns
        -------
        float
        """
        count = self.mixture.widths.size
        first = check_integer("layer", layer, low=1, high=count)
        return float(self.scale_moment(np.where(np.arange(1, count + 1) >= first, -1.0, 0.0)))

    def log_density(self, rho: ArrayLike) -> NDArray[np.float64]:
        """Log of the posterior density of rho.

        Parameters
        ----------
        rho : array_like
            Positive arguments.

        Returns
        -------
        ndarray
        """
        values = check_array("rho", rho)
        if np.any(values <= 0):
            raise ValueError(f"rho = {values.min()!r} must be in (0, inf)")
        x = np.log(values)
        zero = np.zeros(self.mixture.widths.size)
        flat = np.atleast_1d(x).ravel()
        out = self.mixture.log_prior(flat, zero) + self.mixture.log_likelihood(flat) - flat - self._log_mass
        return out.reshape(x.shape)[()]

    def predict(self, k_test: ArrayLike, k_diagonal: ArrayLike) -> Prediction:
        """Exact mean and variance of the output at test points.

        Parameters
        ----------
        k_test, k_diagonal
            As :func:`rmt.deeplinear.posterior_predictive`.

        Returns
        -------
        Prediction
        """
        return predict_mixture(self.mixture, *check_test_kernels(self.mixture.modes, k_test, k_diagonal))

    def predictive_law(self, k_test: ArrayLike, k_diagonal: float) -> PredictiveLaw:
        """The whole law of the noise-free output at one test point.

        Parameters
        ----------
        k_test : array_like, shape (P,)
            Input kernel between the training inputs and the test input.
        k_diagonal : float
            Input kernel of the test input with itself.

        Returns
        -------
        PredictiveLaw
        """
        projections, diagonal = check_test_kernels(self.mixture.modes, k_test, k_diagonal)
        if diagonal.size != 1:
            raise ValueError(f"k_test holds {diagonal.size} test points: a predictive law is for one")
        return PredictiveLaw(self.mixture, projections, diagonal)

    def sample_rho(self, count: int, rng: RandomState = None) -> NDArray[np.float64]:
        """Independent draws of rho from its posterior.

        Parameters
        ----------
        count : int
        rng : seed or Generator

        Returns
        -------
        ndarray, shape (count,)
        """
        return np.asarray(self.sample_scales(count, rng).prod(axis=1))

    def sample_scales(self, count: int, rng: RandomState = None) -> NDArray[np.float64]:
        """Independent draws of the scales (u_1, ..., u_L) of the layers.

        Parameters
        ----------
        count : int
        rng : seed or Generator

        Returns
        -------
        ndarray, shape (count, L)
        """
        return sample_scales(self.mixture, check_integer("count", count, low=1), generator(rng))


def _cold_moment_digits(mixture: Mixture, powers: NDArray[np.float64], dps: int) -> Any:
    import mpmath

    context = mpmath.mp.clone()
    context.dps = dps + 10
    number, half = context.mpf, context.mpf(mixture.modes.rank) / 2
    units = [2 * number(float(v)) / number(float(n)) for v, n in zip(mixture.variances, mixture.widths, strict=True)]
    strength = sum(
        number(float(t)) ** 2 / number(float(k))
        for t, k in zip(mixture.modes.targets, mixture.modes.eigenvalues, strict=True)
    )
    z = strength / 2 / context.fprod(units)
    halves = [number(float(n)) / 2 - half for n in mixture.widths]
    shifted = [h + number(float(a)) for h, a in zip(halves, powers, strict=True)]
    top, bottom = (context.mpf(log_meijerg_q0(z, [0, *b], dps=dps + 10)) for b in (shifted, halves))
    return context.exp(
        top - bottom + sum(number(float(a)) * context.log(unit) for a, unit in zip(powers, units, strict=True))
    )


def exact_posterior(
    K0: ArrayLike,
    y: ArrayLike,
    widths: int | Sequence[int],
    weight_variances: ArrayLike = 1.0,
    temperature: float = 0.0,
) -> ExactPosterior:
    r"""Exact posterior at finite N and P for one output.

    The posterior density of :math:`\rho` is proportional to its prior density (a product of independent
    :math:`\sigma_l^2\chi^2_{N_l}/N_l`) times :math:`N(Y; 0, \rho K_0 + T)`. At T = 0

    .. math::

        E[\rho^k|Y] = \prod_l \Big(\frac{2\sigma_l^2}{N_l}\Big)^k
        \frac{G(z; 0, \{(N_l-R)/2 + k\})}{G(z; 0, \{(N_l-R)/2\})}, \qquad
        z = \frac{Y^T K_0^+ Y}{2} \prod_l \frac{N_l}{2\sigma_l^2},

    with :math:`G = G^{L+1,0}_{0,L+1}`; at T > 0 a trapezoid rule in :math:`\ln\rho`.

    Parameters
    ----------
    K0, y, widths, weight_variances, temperature
        As :func:`kernel_renormalisation_layers`.

    Returns
    -------
    ExactPosterior
        ``.log_evidence .rho_moment(k) .inverse_partial(l) .scale_moment(powers) .predict .predictive_law .sample_rho``.

    Raises
    ------
    ValueError
        As :func:`kernel_renormalisation_layers`; at T = 0 also for targets that are zero on the range of ``K0``.

    Notes
    -----
    A singular ``K0`` is treated on its range, with its rank R in the place of P: at T = 0 the part of the targets outside of
    it, which no weights can fit, plays no part (the limit of T to 0). Derived in docs/theory/deep-linear-networks.md; the
    evidence as a Meijer G function is due to Hanin and Zlokapa,
    arXiv:2212.14457.

    Examples
    --------
    >>> import numpy as np
    >>> posterior = exact_posterior(np.eye(20), np.full(20, np.sqrt(1.3)), [50, 30])
    >>> round(posterior.rho_moment(1), 9), round(posterior.inverse_partial(2), 9)
    (1.168689065, 0.938529067)
    """
    modes = kernel_modes(K0, y)
    sizes, variances = check_architecture(widths, weight_variances)
    T = check_real("temperature", temperature, low=0.0)
    if T == 0.0 and modes.strength == 0.0:
        raise ValueError(
            "y = 0 on the range of K0 has no exact posterior at temperature = 0; give targets or a temperature > 0"
        )
    return ExactPosterior(Mixture(modes, sizes, variances, T))
