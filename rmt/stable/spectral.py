"""Symmetric stable vectors with a discrete spectral measure: sampling and characteristic function."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from rmt._checks import check_alpha, check_array, check_integer
from rmt._random import RandomState, generator
from rmt.stable.law import AlphaStable
from rmt.stable.sampling import draw_stable

__all__ = ["SpectralStable"]


class SpectralStable:
    r"""The symmetric stable vector X = sum_j m_j^(1/alpha) s_j Z_j with iid symmetric stable Z_j.

    .. math:: E e^{i t\cdot X} = \exp\Bigl(-\sum_j m_j |t\cdot s_j|^\alpha\Bigr)

    for masses m_j >= 0 on directions s_j (any vectors; unit vectors in the classical form). Exact for every finite
    measure; every projection t.X is a scaled one-dimensional law. It is the joint law of the pre-activations (h1, h2) of two
    inputs of a network, with one direction (x1_j, x2_j) per neuron, and not a sub-Gaussian vector.

    Parameters
    ----------
    alpha : float
        Stability index in (0, 2].
    directions : array_like, shape (k, d)
    masses : array_like, shape (k,), optional
        Non-negative; 1 by default.

    Raises
    ------
    ValueError
        If shapes do not match, a mass is negative or a value is not finite.

    Examples
    --------
    >>> import numpy as np
    >>> from rmt.stable import SpectralStable
    >>> law = SpectralStable(1.5, [[1.0, 0.0], [0.6, 0.8]], [0.5, 2.0])
    >>> law.sample(4, rng=1).shape
    (4, 2)
    >>> law.cf([1.0, 0.0])  # exp(-0.5 - 2 * 0.6^1.5)
    0.239424...
    """

    def __init__(self, alpha: float, directions: ArrayLike, masses: ArrayLike | None = None) -> None:
        self.alpha = check_alpha(alpha)
        self.directions = check_array("directions", directions, ndim=2, min_size=1)
        count = self.directions.shape[0]
        self.masses = np.ones(count) if masses is None else check_array("masses", masses, ndim=1)
        if self.masses.size != count:
            raise ValueError(f"masses must hold {count} values, one per direction, not {self.masses.size}")
        if (self.masses < 0.0).any():
            raise ValueError(f"masses holds a negative value: {self.masses.min()}")
        self.directions.flags.writeable = self.masses.flags.writeable = False

    @classmethod
    def from_density(cls, alpha: float, density: Callable[[Any], Any], count: int = 64) -> SpectralStable:
        """The bivariate vector of a spectral density on the circle, on an even grid of angles.

        Parameters
        ----------
        alpha : float
        density : callable
            Mass per radian at an array of angles in [0, pi) (the measure is symmetric: opposite directions count once).
        count : int
            Number of angles; for a smooth periodic density the error of the exponent falls like count^-(1 + alpha).

        Returns
        -------
        SpectralStable
        """
        count = check_integer("count", count, low=1)
        angle = (np.arange(count) + 0.5) * math.pi / count
        masses = np.broadcast_to(np.asarray(density(angle), dtype=float), angle.shape) * (math.pi / count)
        return cls(alpha, np.stack([np.cos(angle), np.sin(angle)], axis=1), masses)

    def exponent(self, t: ArrayLike) -> Any:
        """sum_j m_j abs(t.s_j)^alpha, minus the logarithm of the characteristic function.

        Parameters
        ----------
        t : array_like, shape (..., d)

        Returns
        -------
        float or ndarray, shape (...)
        """
        points = check_array("t", t)
        if points.ndim == 0 or points.shape[-1] != self.directions.shape[1]:
            raise ValueError(f"t must have a last axis of length {self.directions.shape[1]}, not shape {points.shape}")
        value = np.abs(points @ self.directions.T) ** self.alpha @ self.masses
        return float(value) if points.ndim == 1 else value

    def cf(self, t: ArrayLike) -> Any:
        """The characteristic function E exp(i t.X), real because the law is symmetric.

        Parameters
        ----------
        t : array_like, shape (..., d)

        Returns
        -------
        float or ndarray, shape (...)
        """
        value = np.exp(-np.asarray(self.exponent(t)))
        return float(value) if value.ndim == 0 else value

    def projection(self, t: ArrayLike) -> AlphaStable:
        """The law of t.X, symmetric of scale exponent(t)^(1/alpha).

        Parameters
        ----------
        t : array_like, shape (d,)

        Returns
        -------
        AlphaStable
        """
        value = self.exponent(t)
        if not isinstance(value, float) or value <= 0.0:
            raise ValueError(f"t = {t!r} must be one vector on which the law does not vanish")
        return AlphaStable(self.alpha, scale=value ** (1.0 / self.alpha))

    def sample(self, count: int, rng: RandomState = None) -> NDArray[np.float64]:
        """Independent vectors.

        Parameters
        ----------
        count : int
        rng : seed, Generator, SeedSequence, BitGenerator or None
            Two 64-bit words per vector and direction.

        Returns
        -------
        ndarray of float64, shape (count, d)
        """
        count = check_integer("count", count, low=0)
        stream = generator(rng)
        weighted = self.masses[:, None] ** (1.0 / self.alpha) * self.directions
        out = np.empty((count, weighted.shape[1]))
        block = max(1, 1_000_000 // weighted.shape[0])  # bounds the memory: the stream does not depend on it
        for start in range(0, count, block):
            size = min(block, count - start)
            z = draw_stable(
                (size, weighted.shape[0]), stream, alpha=self.alpha, beta=0.0, scale=1.0, shift=0.0, s0=True
            )
            out[start : start + size] = z @ weighted
        return out
