"""One layer of a product: the stability index, the gain, the profile of its diagonal factor, and its shape."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence
from functools import cached_property
from math import gamma, lgamma
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rmt._checks import check_array, check_real

__all__ = ["Layer"]

_WEIGHT_TOLERANCE = 1e-9


@dataclasses.dataclass(frozen=True, eq=False)
class Layer:
    r"""One factor A = D W of a product: W has N_out x N_in iid symmetric stable entries, D is diagonal, independent of W.

    .. math:: E e^{itW_{ij}} = e^{-|ct|^\alpha},\quad c = \sigma_w (2 N_{in})^{-1/\alpha}

    At ``alpha = 2`` the variance is :math:`\sigma_w^2/N_{in}`; nothing else is special there.

    Parameters
    ----------
    alpha : float
        Stability index in [0.3, 2].
    sigma_w : float
        Gain, positive.
    profile : None, tuple or object
        Law of the diagonal entries d of D. None: D = 1. A tuple ``(values, weights)``: d takes ``values`` >= 0 with
        probabilities ``weights`` that sum to one. An object with ``.log_values`` (ln d) and ``.weights`` whose sum is
        P(d != 0), for example ``rmt.meanfield.ActivationProfile``. For derivative samples of a trained network use
        :meth:`from_samples`.
    shape : float
        N_out / N_in, positive.

    Raises
    ------
    ValueError
        If a parameter is outside its range, or profile weights are negative or do not sum to one.

    Examples
    --------
    >>> from rmt.laws import Layer
    >>> layer = Layer(1.5, 1.0, profile=([0.2, 1.5], [0.4, 0.6]))
    >>> round(layer.kappa, 12)
    0.723204542316
    """

    alpha: float
    sigma_w: float = 1.0
    profile: Any = dataclasses.field(default=None, kw_only=True)
    shape: float = dataclasses.field(default=1.0, kw_only=True)

    def __post_init__(self) -> None:
        object.__setattr__(self, "alpha", check_real("alpha", self.alpha, low=0.3, high=2.0))
        object.__setattr__(self, "sigma_w", check_real("sigma_w", self.sigma_w, low=0.0, low_open=True))
        object.__setattr__(self, "shape", check_real("shape", self.shape, low=0.0, low_open=True))
        _ = self.log_profile

    @classmethod
    def from_samples(cls, alpha: float, derivatives: Any, sigma_w: float = 1.0, *, shape: float = 1.0) -> Layer:
        """A layer whose profile is the empirical law of the absolute derivatives, for example phi'(h) of a trained network.

        Parameters
        ----------
        alpha, sigma_w, shape
            As for the class.
        derivatives : array_like
            Samples of the diagonal entries; the sign is immaterial, zeros are dead units.

        Returns
        -------
        Layer
        """
        d = np.abs(check_array("derivatives", derivatives, min_size=1)).ravel()
        return cls(alpha, sigma_w, profile=(d, np.full(d.size, 1 / d.size)), shape=shape)

    @property
    def a(self) -> float:
        """alpha / 2, the index of the positive stable variables of the theory."""
        return 0.5 * self.alpha

    @property
    def kappa(self) -> float:
        """sigma_w^alpha Gamma(alpha) / Gamma(alpha/2)."""
        return self.sigma_w**self.alpha * gamma(self.alpha) / gamma(self.a)

    @property
    def log_kappa(self) -> float:
        """ln kappa, without overflow for extreme gains."""
        return self.alpha * float(np.log(self.sigma_w)) + lgamma(self.alpha) - lgamma(self.a)

    @cached_property
    def log_profile(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """(ln d, weights) over the values d > 0; the weights sum to P(d != 0)."""
        if self.profile is None:
            return np.zeros(1), np.ones(1)
        return read_profile(self.profile)

    @property
    def alive(self) -> float:
        """P(d != 0)."""
        return min(1.0, float(np.sum(self.log_profile[1])))

    @property
    def mean_log_profile(self) -> float:
        """E ln d over the values d > 0 (times their probability)."""
        log_values, weights = self.log_profile
        return float(weights @ log_values)


def read_profile(profile: Any) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """(ln d, weights) of a profile object or of a tuple (values, weights); checked."""
    if hasattr(profile, "log_values") and hasattr(profile, "weights"):
        log_values = check_array("profile.log_values", profile.log_values, ndim=1, min_size=1, finite=False)
        weights = check_array("profile.weights", profile.weights, ndim=1)
        _check_weights(log_values, weights)
        total = float(weights.sum())
        if total > 1 + _WEIGHT_TOLERANCE or total <= 0:
            raise ValueError(f"profile.weights sum to {total!r}; they must sum to P(d != 0), in (0, 1]")
        if np.isnan(log_values).any() or (log_values == np.inf).any():
            raise ValueError("profile.log_values must be real numbers or -inf (a dead unit)")
    else:
        try:
            values, weights = profile
        except (TypeError, ValueError):
            raise ValueError(
                f"profile = {profile!r} must be None, (values, weights) or have .log_values and .weights"
            ) from None
        values = check_array("profile values", values, ndim=1, min_size=1)
        weights = check_array("profile weights", weights, ndim=1)
        _check_weights(values, weights)
        if (values < 0).any():
            raise ValueError(f"profile values must be >= 0, not {values.min()!r}")
        total = float(weights.sum())
        if abs(total - 1) > _WEIGHT_TOLERANCE:
            raise ValueError(f"profile weights sum to {total!r}; they must sum to one")
        with np.errstate(divide="ignore"):
            log_values = np.log(values)
    keep = (weights > 0) & (log_values > -np.inf)
    if not keep.any():
        raise ValueError("profile has no weight on d > 0: the product would vanish")
    return log_values[keep], weights[keep]


def _check_weights(values: NDArray, weights: NDArray) -> None:
    if values.shape != weights.shape:
        raise ValueError(f"profile values and weights must have one shape, not {values.shape} and {weights.shape}")
    if (weights < 0).any():
        raise ValueError(f"profile weights must be >= 0, not {weights.min()!r}")


def as_layers(layers: Layer | Iterable[Layer]) -> tuple[Layer, ...]:
    """A tuple of 1 to 1000 layers from one layer or a sequence, in order of action."""
    chain: Sequence[Any] = (layers,) if isinstance(layers, Layer) else tuple(layers)
    if not 1 <= len(chain) <= 1000:
        raise ValueError(f"layers must hold 1 to 1000 layers, not {len(chain)}")
    for i, layer in enumerate(chain):
        if not isinstance(layer, Layer):
            raise ValueError(f"layers[{i}] = {layer!r} must be a rmt.laws.Layer")
    return tuple(chain)
