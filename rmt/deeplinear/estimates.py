"""Means of correlated draws with errors that count the correlation."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
from numpy.typing import ArrayLike

from rmt._checks import check_array

__all__ = ["Estimate", "effective_sample_size", "estimate"]


@dataclasses.dataclass(frozen=True)
class Estimate:
    """A Monte Carlo mean with its standard error and the number of independent draws it is worth.

    Attributes
    ----------
    value, stderr : float
    effective_samples : float
    """

    value: float
    stderr: float
    effective_samples: float

    def z(self, expected: float) -> float:
        """Distance from an expected value in standard errors.

        Parameters
        ----------
        expected : float

        Returns
        -------
        float
        """
        return (self.value - expected) / self.stderr


def effective_sample_size(chains: ArrayLike) -> float:
    """Number of independent draws that would give the same error of the mean.

    Autocovariances averaged over the chains, with the spread between chain means added as a constant at all lags, summed
    by Geyer's initial monotone sequence.

    Parameters
    ----------
    chains : array_like, shape (chains, n) or (n,)
        Successive values of one quantity, at least four a chain.

    Returns
    -------
    float
        Between 1 and about the number of values (a little above it for antithetic chains).

    Examples
    --------
    >>> import numpy as np
    >>> x = np.random.default_rng(1).standard_normal((4, 1000))
    >>> 3000 < effective_sample_size(x) < 5000
    True
    >>> 100 < effective_sample_size(np.cumsum(x, axis=1) * 0 + np.repeat(x[:, ::20], 20, axis=1)) < 400
    True
    """
    values = np.atleast_2d(check_array("chains", chains))
    if values.ndim != 2 or values.shape[1] < 4:
        raise ValueError(f"chains has shape {values.shape}: at least four values a chain are needed")
    count, n = values.shape
    centred = values - values.mean(axis=1, keepdims=True)
    size = 1 << (2 * n - 1).bit_length()
    spectrum = np.fft.rfft(centred, size, axis=1)
    covariance = np.fft.irfft(np.abs(spectrum) ** 2, size, axis=1)[:, :n].mean(axis=0) / n
    within = covariance[0] * n / (n - 1)
    if within == 0.0:
        return float(count * n)
    between = values.mean(axis=1).var(ddof=1) if count > 1 else 0.0
    total = covariance[0] + between
    correlation = 1.0 - (within - covariance) / total if count > 1 else covariance / covariance[0]
    correlation[0] = 1.0
    pairs = correlation[: n - n % 2].reshape(-1, 2).sum(axis=1)
    negative = np.flatnonzero(pairs <= 0)
    pairs = np.minimum.accumulate(pairs[: negative[0] if negative.size else pairs.size])
    time = max(2 * float(pairs.sum()) - 1.0, 1.0 / math.log10(max(count * n, 10)))
    return float(count * n / time)


def estimate(chains: ArrayLike) -> Estimate:
    """Mean of correlated draws with a standard error that counts the correlation.

    Parameters
    ----------
    chains : array_like, shape (chains, n) or (n,)

    Returns
    -------
    Estimate
        ``.value .stderr .effective_samples``.

    Examples
    --------
    >>> import numpy as np
    >>> e = estimate(np.random.default_rng(1).standard_normal((4, 1000)))
    >>> abs(e.z(0.0)) < 4
    True
    """
    values = np.atleast_2d(check_array("chains", chains))
    effective = effective_sample_size(values)
    deviation = float(values.std(ddof=1))
    return Estimate(float(values.mean()), deviation / math.sqrt(effective), effective)
