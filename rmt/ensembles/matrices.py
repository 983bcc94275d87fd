"""Random matrices: one function per ensemble, a fresh float64 (or complex128) array from the caller's generator."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rmt._checks import check_alpha, check_choice, check_integer, check_real
from rmt._random import RandomState, generator
from rmt.ensembles.conventions import scale
from rmt.stable import AlphaStable

__all__ = ["ginibre", "levy_matrix", "wigner", "wigner_levy"]


def levy_matrix(
    n_out: int, n_in: int | None = None, *, alpha: float, sigma_w: float = 1.0, rng: RandomState = None
) -> NDArray[np.float64]:
    """Matrix of iid symmetric alpha-stable weights, E exp(itW) = exp(-abs(ct)^alpha), c = sigma_w (2 n_in)^(-1/alpha).

    Parameters
    ----------
    n_out, n_in : int
        Shape; ``n_in`` defaults to ``n_out``.
    alpha : float
        Stability index in (0, 2]; at 2 the entries are normal of variance sigma_w^2 / n_in.
    sigma_w : float
        Weight scale, > 0.
    rng : seed, Generator or None
        Source of random numbers.

    Returns
    -------
    ndarray, shape (n_out, n_in)

    Examples
    --------
    >>> levy_matrix(3, 5, alpha=1.5, rng=1).shape
    (3, 5)
    """
    n_out = check_integer("n_out", n_out, low=1)
    n_in = n_out if n_in is None else check_integer("n_in", n_in, low=1)
    law = AlphaStable(check_alpha(alpha), scale=scale(alpha, sigma_w, n_in))
    return law.sample((n_out, n_in), rng=generator(rng))


def ginibre(
    n_out: int, n_in: int | None = None, *, sigma: float = 1.0, field: str = "real", rng: RandomState = None
) -> NDArray[Any]:
    """Matrix of iid normal entries with E abs(G)^2 = sigma^2 / n_in.

    Parameters
    ----------
    n_out, n_in : int
        Shape; ``n_in`` defaults to ``n_out``.
    sigma : float
        Scale, > 0.
    field : {"real", "complex"}
        Complex entries have independent real and imaginary parts of equal variance.
    rng : seed, Generator or None
        Source of random numbers.

    Returns
    -------
    ndarray, shape (n_out, n_in)
    """
    n_out = check_integer("n_out", n_out, low=1)
    n_in = n_out if n_in is None else check_integer("n_in", n_in, low=1)
    deviation = check_real("sigma", sigma, low=0.0, low_open=True) / math.sqrt(n_in)
    check_choice("field", field, ("real", "complex"))
    rng = generator(rng)
    if field == "real":
        return deviation * rng.standard_normal((n_out, n_in))
    parts = rng.standard_normal((n_out, n_in, 2)) * (deviation / math.sqrt(2.0))
    return parts.view(np.complex128)[..., 0]


def wigner(n: int, *, sigma: float = 1.0, field: str = "real", rng: RandomState = None) -> NDArray[Any]:
    """Gaussian orthogonal or unitary matrix with E abs(H_ij)^2 = sigma^2 / n off the diagonal; spectrum in [-2 sigma, 2 sigma].

    Parameters
    ----------
    n : int
        Size.
    sigma : float
        Scale, > 0.
    field : {"real", "complex"}
        GOE (diagonal variance 2 sigma^2 / n) or GUE (sigma^2 / n).
    rng : seed, Generator or None
        Source of random numbers.

    Returns
    -------
    ndarray, shape (n, n)
        Symmetric or Hermitian to the last bit.
    """
    g = ginibre(n, sigma=sigma, field=field, rng=rng)
    return (g + g.conj().T) / math.sqrt(2.0)


def wigner_levy(n: int, *, alpha: float, sigma_w: float = 1.0, rng: RandomState = None) -> NDArray[np.float64]:
    """Symmetric matrix whose entries on and above the diagonal are iid stable, scale sigma_w (2n)^(-1/alpha).

    Parameters
    ----------
    n : int
        Size.
    alpha : float
        Stability index in (0, 2]; at 2 the off-diagonal variance is sigma_w^2 / n.
    sigma_w : float
        Scale, > 0.
    rng : seed, Generator or None
        Source of random numbers.

    Returns
    -------
    ndarray, shape (n, n)
        Symmetric to the last bit.
    """
    upper = np.triu(levy_matrix(n, alpha=alpha, sigma_w=sigma_w, rng=rng))
    return upper + np.triu(upper, 1).T
