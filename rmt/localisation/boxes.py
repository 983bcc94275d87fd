"""Box counting: dimensions of one vector on ordered sites from the weight in boxes of growing length."""

from __future__ import annotations

import dataclasses

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from rmt._checks import check_array, check_choice
from rmt._results import Result
from rmt.localisation.moments import VectorMoments, vector_moments
from rmt.localisation.weights import check_vectors, log_weights

__all__ = ["BoxCounting", "box_counting"]

Array = NDArray[np.float64]
MIN_BOX_SIZES = 3


@dataclasses.dataclass(frozen=True)
class BoxCounting(Result):
    r"""Slopes over box lengths.

    Attributes
    ----------
    q, dimension, tau, alpha, f : ndarray, (m,)
        Mean over the vectors (typical); :math:`\tau = (q - 1) D_q`.
    residual : ndarray, (m,)
        Largest distance of the mean entropy from the straight line: the curvature that no error bar shows.
    lengths : ndarray of int
        Box lengths used.
    per_vector : ndarray, (m, k)
        Dimension of every vector.
    sites : str
        ``"ordered"``, or ``"exchangeable"`` when the count was forced.
    """

    q: Array
    dimension: Array
    tau: Array
    alpha: Array
    f: Array
    residual: Array
    lengths: NDArray[np.int64]
    per_vector: Array
    sites: str


def _default_lengths(n: int) -> NDArray[np.int64]:
    """The divisors of n that leave at least four boxes."""
    return np.array([length for length in range(1, n // 4 + 1) if n % length == 0], dtype=np.int64)


def _box_moments(vectors: NDArray, logs: Array, length: int, q: Array, zeros: str) -> VectorMoments:
    """Moments of the weights of boxes; at length 1 those of the vectors themselves."""
    if length == 1:
        return vector_moments(vectors, q, zeros=zeros)
    boxes = special.logsumexp(logs.reshape(-1, length, logs.shape[1]), axis=1)
    return vector_moments(np.exp(0.5 * (boxes - boxes.max(axis=0))), q, zeros=zeros)


def box_counting(
    vectors: ArrayLike,
    q: ArrayLike,
    *,
    sites: str,
    lengths: ArrayLike | None = None,
    force: bool = False,
    zeros: str = "infinite",
) -> BoxCounting:
    r"""Dimensions of vectors on ordered sites: slopes of the entropy of boxes against the logarithm of their number.

    With :math:`\mu_b` the weight in box b of length :math:`\ell`,

    .. math:: \sum_b \mu_b^q \sim (\ell / n)^{\tau(q)}, \qquad \tau(q) = (q - 1) D_q .

    Parameters
    ----------
    vectors : array_like, (n,) or (n, k)
        Columns; the order of the sites is that of a line.
    q : array_like, (m,)
        Finite real numbers.
    sites : {"ordered", "exchangeable"}
        Whether neighbouring sites are near each other. The neurons of a layer are exchangeable: any permutation is the same
        network, boxes are random subsets, and the slope says nothing about the vector. That is refused.
    lengths : array_like of int, optional
        Box lengths, divisors of n, at least 3; by default all divisors that leave four boxes or more.
    force : bool
        Count boxes of exchangeable sites all the same; the result carries ``sites="exchangeable"``.
    zeros : {"infinite", "support"}
        See `vector_moments`; here for boxes.

    Returns
    -------
    BoxCounting

    Raises
    ------
    ValueError
        For exchangeable sites without `force`, lengths that do not divide n, fewer than 3 lengths, or as `log_moments`.

    Notes
    -----
    Tested accuracy 1e-10 on binomial cascades. Box weights below 1e-600 of the largest count as zero.

    Examples
    --------
    >>> import numpy as np
    >>> from rmt.localisation import box_counting
    >>> cantor = np.array([1.0])
    >>> for _ in range(6):
    ...     cantor = np.kron(cantor, [1.0, 0.0, 1.0])
    >>> box_counting(cantor, [0, 2], sites="ordered").dimension
    array([0.63093, 0.63093])
    """
    check_choice("sites", sites, ("ordered", "exchangeable"))
    if sites == "exchangeable" and not force:
        raise ValueError(
            "sites = 'exchangeable': boxes are random subsets of sites that can be permuted, so their slope is not a property of "
            "the vector; use size_scaling over a ladder of sizes, or force=True"
        )
    array = check_vectors("vectors", vectors)
    columns = array[:, None] if array.ndim == 1 else array
    n = columns.shape[0]
    grid = np.atleast_1d(check_array("q", q))
    chosen = _default_lengths(n) if lengths is None else np.unique(np.asarray(lengths))
    if chosen.dtype.kind not in "iu" or (chosen < 1).any() or (chosen >= n).any() or (n % np.maximum(chosen, 1)).any():
        raise ValueError(
            f"lengths = {chosen.tolist()} must be integers that divide the number of sites {n} and are below it"
        )
    if chosen.size < MIN_BOX_SIZES:
        raise ValueError(
            f"lengths = {chosen.tolist()}: at least {MIN_BOX_SIZES} that divide {n} are needed for a slope"
        )
    logs = log_weights(columns)
    moments = [_box_moments(columns, logs, int(length), grid, zeros) for length in chosen]
    if not all(np.isfinite(one.log_moments).all() for one in moments):
        raise ValueError("zeros = 'infinite' with q < 0: an empty box has no weight; use zeros='support' or q >= 0")
    log_boxes = np.log(n / chosen)
    centred = log_boxes - log_boxes.mean()
    slope = centred / (centred**2).sum()
    entropy = np.array([one.entropy() for one in moments])
    strength = -np.array([one.mean_logs for one in moments])
    dimension, alpha = np.einsum("s,smk->mk", slope, entropy), np.einsum("s,smk->mk", slope, strength).mean(axis=1)
    typical, mean_entropy = dimension.mean(axis=1), entropy.mean(axis=2)
    tau = (grid - 1.0) * typical
    line = mean_entropy.mean(axis=0) + centred[:, None] * typical
    return BoxCounting(
        q=grid,
        dimension=typical,
        tau=tau,
        alpha=alpha,
        f=grid * alpha - tau,
        residual=np.abs(mean_entropy - line).max(axis=0),
        lengths=chosen.astype(np.int64),
        per_vector=dimension,
        sites=sites,
    )
