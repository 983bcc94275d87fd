r"""Moments :math:`P_q = \sum_i p_i^q` of the weights of vectors, and what follows from them at one size.

All functions take vectors in columns, of any norm, real or complex, and work in logarithms: nothing over- or underflows,
whatever q and however small the components are.
"""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from rmt import _moments
from rmt._checks import check_array, check_choice
from rmt._results import Result
from rmt.localisation.weights import as_parts, check_vectors, log_weights, refuse_zero_vectors

__all__ = [
    "VectorMoments",
    "generalised_dimension",
    "inverse_participation_ratio",
    "log_moments",
    "mass_exponent",
    "participation_number",
    "vector_moments",
]

# Within this distance of q = 1 the moment is 1 + (a small sum), and that sum is formed directly.
NEAR_ONE = 0.02


@dataclasses.dataclass(frozen=True)
class VectorMoments(Result):
    r"""Moments of the weights of k vectors with n sites each, on a grid of m values of q.

    Attributes
    ----------
    q : ndarray, (m,)
    log_moments : ndarray, (m, k)
        :math:`\ln \sum_i p_i^q`.
    mean_logs : ndarray, (m, k)
        :math:`\sum_i \mu_i \ln p_i` with :math:`\mu_i = p_i^q / P_q`, the derivative of the log moment with respect to q.
    support : ndarray of int, (k,)
        Number of sites that are not exactly zero.
    sites : int
        n, the number of sites.
    """

    q: NDArray[np.float64]
    log_moments: NDArray[np.float64]
    mean_logs: NDArray[np.float64]
    support: NDArray[np.int64]
    sites: int

    def entropy(self) -> NDArray[np.float64]:
        r"""Renyi entropies :math:`\ln P_q / (1 - q)` of every vector, (m, k); the Shannon entropy at q = 1."""
        one = self.q == 1.0
        values = self.log_moments / np.where(one, 1.0, 1.0 - self.q)[:, None]
        values[one] = -self.mean_logs[one]
        return values

    def dimension(self) -> NDArray[np.float64]:
        r""":math:`D_q` of every vector, (m, k): entropy over ln n."""
        return self.entropy() / np.log(self.sites)


def _step(q: NDArray[np.float64]) -> float:
    """Spacing of an equally spaced grid (to rounding), or 0."""
    if q.size < 3:
        return 0.0
    step = (q[-1] - q[0]) / (q.size - 1)
    uniform = np.abs(q - (q[0] + step * np.arange(q.size))).max() <= 4 * np.finfo(float).eps * np.abs(q).max()
    return float(step) if uniform else 0.0


def vector_moments(vectors: ArrayLike, q: ArrayLike, *, zeros: str = "infinite") -> VectorMoments:
    r"""Moments :math:`\ln P_q` and their q-derivatives of every vector, in one pass of the compiled kernel.

    Parameters
    ----------
    vectors : array_like, (n,) or (n, k)
        Columns, real or complex, any norm > 0, n >= 2.
    q : array_like
        Finite real numbers, any sign. An equally spaced grid is more than twice as fast as an arbitrary one.
    zeros : {"infinite", "support"}
        Components that are exactly zero. For q > 0 they contribute nothing, for q = 0 they are not counted
        (:math:`P_0` is the size of the support). For q < 0 a moment with a zero weight is infinite (``"infinite"``) or is
        taken over the support (``"support"``).

    Returns
    -------
    VectorMoments

    Raises
    ------
    ValueError
        For NaN or infinite components, zero vectors, fewer than two sites, or q that is not finite.

    Notes
    -----
    Tested accuracy: relative 1e-13 of :math:`\ln P_q` against 40-digit arithmetic for components from 1e-300 to 1e300 and
    q from -8 to 8; exactly 0 at q = 1. Derived, see docs/theory/eigenvectors.md.

    Examples
    --------
    >>> from rmt.localisation import vector_moments
    >>> vector_moments([[1.0], [1.0], [0.0]], [0, 1, 2]).dimension()
    array([[0.63093],
           [0.63093],
           [0.63093]])
    """
    check_choice("zeros", zeros, ("infinite", "support"))
    array = check_vectors("vectors", vectors)
    grid = np.atleast_1d(check_array("q", q))
    if grid.ndim != 1 or grid.size == 0:
        raise ValueError(f"q must be a number or a list of numbers, not of shape {np.shape(q)}")
    parts = as_parts(array)
    order = np.argsort(grid, kind="stable")
    ascending = grid[order]
    negative, positive = ascending[ascending < 0][::-1].copy(), ascending[ascending >= 0]
    rows = np.concatenate([order[ascending >= 0], order[ascending < 0][::-1]])
    log_sums, means = np.empty((2, grid.size, parts.shape[1]))
    support = np.empty(parts.shape[1], dtype=np.int64)
    _moments.log_moments(parts, positive, _step(positive), negative, _step(negative), log_sums, means, support)
    refuse_zero_vectors("vectors", support)
    moments, mean_logs = np.empty_like(log_sums), np.empty_like(means)
    moments[rows], mean_logs[rows] = log_sums, means
    moments[grid == 1.0] = 0.0
    moments[grid == 0.0] = np.log(support)
    if zeros == "infinite" and negative.size:
        holes = support < parts.shape[0]
        moments[np.ix_(grid < 0, holes)] = np.inf
        mean_logs[np.ix_(grid < 0, holes)] = -np.inf
    near = np.flatnonzero((np.abs(grid - 1.0) < NEAR_ONE) & (grid != 1.0))
    if near.size:
        moments[near] = _near_one(array, grid[near])
    return VectorMoments(q=grid, log_moments=moments, mean_logs=mean_logs, support=support, sites=parts.shape[0])


def _near_one(array: NDArray[Any], q: NDArray[np.float64]) -> NDArray[np.float64]:
    """ln P_q for q close to 1 without cancellation: P_q - 1 = sum p (p^(q-1) - 1)."""
    logs = log_weights(array[:, None] if array.ndim == 1 else array)
    weights = np.exp(logs)
    logs = np.where(weights > 0, logs, 0.0)
    return np.array([np.log1p((weights * np.expm1((one - 1.0) * logs)).sum(axis=0)) for one in q])


def _shaped(values: NDArray[np.float64], vectors: ArrayLike, q: ArrayLike) -> Any:
    """Drops the axis of a single vector or of a scalar q."""
    if np.ndim(vectors) == 1:
        values = values[:, 0]
    return values[0] if np.ndim(q) == 0 else values


def log_moments(vectors: ArrayLike, q: ArrayLike, *, zeros: str = "infinite") -> NDArray[np.float64]:
    r"""Logarithm of the moments, :math:`\ln P_q = \ln \sum_i p_i^q`, :math:`p_i = |\psi_i|^2 / \sum_j |\psi_j|^2`.

    Parameters
    ----------
    vectors : array_like, (n,) or (n, k)
        Columns, real or complex, of any norm > 0.
    q : array_like, scalar or (m,)
        Finite real numbers, any sign.
    zeros : {"infinite", "support"}
        See `vector_moments`: what a component that is exactly zero means for q < 0.

    Returns
    -------
    ndarray, (m, k)
        The axis of a scalar `q` or of a single vector is dropped.

    Raises
    ------
    ValueError
        For NaN or infinite components, zero vectors, fewer than two sites, or q that is not finite.

    Examples
    --------
    >>> import numpy as np
    >>> from rmt.localisation import log_moments
    >>> np.exp(log_moments([[1.0, 1.0], [1.0, 0.0]], [0, 1, 2]))
    array([[2. , 1. ],
           [1. , 1. ],
           [0.5, 1. ]])
    """
    return _shaped(vector_moments(vectors, q, zeros=zeros).log_moments, vectors, q)


def inverse_participation_ratio(vectors: ArrayLike) -> Any:
    r"""Inverse participation ratio :math:`P_2 = \sum_i p_i^2`, between 1/n (extended) and 1 (one site).

    Parameters
    ----------
    vectors : array_like, (n,) or (n, k)
        Columns, real or complex, of any norm > 0.

    Returns
    -------
    float or ndarray, (k,)

    Raises
    ------
    ValueError
        For NaN or infinite components, zero vectors, fewer than two sites.

    Examples
    --------
    >>> from rmt.localisation import inverse_participation_ratio
    >>> float(inverse_participation_ratio([1, 1j, -1, 1]))
    0.25
    """
    return np.exp(log_moments(vectors, 2.0))


def participation_number(vectors: ArrayLike) -> Any:
    r"""Participation number :math:`1 / \sum_i p_i^2`: how many sites carry the vector, from 1 to n.

    Parameters
    ----------
    vectors : array_like, (n,) or (n, k)
        Columns, real or complex, of any norm > 0.

    Returns
    -------
    float or ndarray, (k,)

    Raises
    ------
    ValueError
        For NaN or infinite components, zero vectors, fewer than two sites.

    Examples
    --------
    >>> from rmt.localisation import participation_number
    >>> float(participation_number([1, 1j, -1, 1]))
    4.0
    """
    return np.exp(-log_moments(vectors, 2.0))


def mass_exponent(vectors: ArrayLike, q: ArrayLike, *, zeros: str = "infinite") -> NDArray[np.float64]:
    r"""Mass exponent at one size, :math:`\tau(q) = -\ln P_q / \ln n = (q - 1) D_q`.

    Parameters
    ----------
    vectors : array_like, (n,) or (n, k)
        Columns, real or complex, of any norm > 0, n >= 2.
    q : array_like, scalar or (m,)
        Finite real numbers, any sign.
    zeros : {"infinite", "support"}
        See `vector_moments`.

    Returns
    -------
    ndarray, (m, k)
        The axis of a scalar `q` or of a single vector is dropped.

    Raises
    ------
    ValueError
        As `log_moments`.

    Notes
    -----
    One size carries a finite-size bias of order 1/ln n; see `size_scaling` and `bias_corrected_dimension`.

    Examples
    --------
    >>> from rmt.localisation import mass_exponent
    >>> mass_exponent([1.0, 1.0, 0.0, 0.0], [0, 1, 3])
    array([-0.5,  0. ,  1. ])
    """
    moments = vector_moments(vectors, q, zeros=zeros)
    return _shaped(0.0 - moments.log_moments / np.log(moments.sites), vectors, q)


def generalised_dimension(vectors: ArrayLike, q: ArrayLike, *, zeros: str = "infinite") -> NDArray[np.float64]:
    r"""Generalised dimension at one size, :math:`D_q = \ln P_q / ((1 - q) \ln n)`; :math:`D_1` is the Shannon limit.

    Parameters
    ----------
    vectors : array_like, (n,) or (n, k)
        Columns, real or complex, of any norm > 0, n >= 2.
    q : array_like, scalar or (m,)
        Finite real numbers, any sign, q = 0 and q = 1 included.
    zeros : {"infinite", "support"}
        See `vector_moments`.

    Returns
    -------
    ndarray, (m, k)
        0 for a vector on one site, 1 for a constant modulus. The axis of a scalar `q` or of a single vector is dropped.

    Raises
    ------
    ValueError
        As `log_moments`.

    Notes
    -----
    Tested accuracy 1e-13, continuous through q = 1. Even a Haar vector has D_q < 1 at finite n: compare with
    `porter_thomas_dimension`.

    Examples
    --------
    >>> from rmt.localisation import generalised_dimension
    >>> generalised_dimension([1.0, 1.0, 0.0, 0.0], [0, 0.5, 1, 2])
    array([0.5, 0.5, 0.5, 0.5])
    """
    return _shaped(vector_moments(vectors, q, zeros=zeros).dimension(), vectors, q)
