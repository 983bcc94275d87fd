"""Vectors binned by the modulus of their eigenvalue or by its rank F, real and complex eigenvalues kept apart."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from rmt._checks import check_array, check_choice, check_integer, check_real
from rmt._random import RandomState, generator
from rmt._results import Result
from rmt.localisation.estimates import MEANS, MIN_REALISATIONS, bootstrap, reduce_realisations
from rmt.localisation.moments import VectorMoments, vector_moments
from rmt.localisation.weights import amplitudes

__all__ = ["BinnedDimensions", "binned_dimensions", "eigenvalue_bins"]

Array = NDArray[np.float64]


def modulus_ranks(log_modulus: Array) -> Array:
    """F of each eigenvalue: the share of the n eigenvalues below it, plus half a step."""
    ranks = np.empty(log_modulus.size)
    ranks[np.argsort(log_modulus, kind="stable")] = (np.arange(log_modulus.size) + 0.5) / log_modulus.size
    return ranks


def eigenvalue_bins(
    log_modulus: ArrayLike,
    argument: ArrayLike,
    edges: ArrayLike,
    *,
    by: str = "rank",
    field: str = "complex",
    conjugates: str = "drop",
    guard: float = 0.0,
) -> list[NDArray[np.intp]]:
    r"""Indices of the eigenvalues of one matrix in each bin.

    Parameters
    ----------
    log_modulus, argument : array_like, (n,)
        :math:`\ln|\lambda|` and :math:`\arg\lambda` in :math:`[-\pi, \pi]` of **all** eigenvalues (ranks count them all).
    edges : array_like, (bins + 1,)
        Increasing; of F in [0, 1] or of :math:`|\lambda|`. Bins are closed below, open above, the last one closed.
    by : {"rank", "modulus"}
        F, the share of eigenvalues of smaller modulus, or :math:`|\lambda|` itself.
    field : {"complex", "real"}
        Which eigenvalues: their vectors have different local laws and are never mixed. Real: argument exactly 0 or
        :math:`\pm\pi`, as real arithmetic gives. Eigenvalues that are exactly zero have no vector of their own: they count in
        the ranks and are in no bin.
    conjugates : {"drop", "keep"}
        Of a conjugate pair the vectors have equal weights: keep the one with positive argument only. ``"keep"`` is for complex
        matrices, whose eigenvalues are not paired.
    guard : float
        Complex eigenvalues with :math:`|\sin\arg\lambda|` below it are left out. Within about :math:`n^{-1/2}` of the real
        axis the vectors of a real matrix are neither real nor complex; 0 keeps all.

    Returns
    -------
    list of ndarray of int
        One array of column numbers for each bin.

    Raises
    ------
    ValueError
        For edges that do not increase, NaN, or shapes that differ.

    Examples
    --------
    >>> import numpy as np
    >>> from rmt.localisation import eigenvalue_bins
    >>> [list(map(int, one)) for one in eigenvalue_bins([0.3, 0.3, -1.0, -2.0], [2.0, -2.0, 0.0, np.pi], [0, 0.5, 1])]
    [[], [0]]
    """
    logs, angles = (
        check_array("log_modulus", log_modulus, ndim=1, finite=False),
        check_array("argument", argument, ndim=1),
    )
    limits = check_array("edges", edges, ndim=1, min_size=2)
    check_choice("by", by, ("rank", "modulus"))
    check_choice("field", field, ("complex", "real"))
    check_choice("conjugates", conjugates, ("drop", "keep"))
    least = check_real("guard", guard, low=0.0, high=1.0)
    if logs.shape != angles.shape:
        raise ValueError(f"argument has {angles.size} values and log_modulus {logs.size}: they must be equal")
    if np.isnan(logs).any() or (logs == np.inf).any():
        raise ValueError("log_modulus holds NaN or +inf: a number or -inf (zero eigenvalue) is needed")
    if not (np.diff(limits) > 0).all():
        raise ValueError(f"edges = {limits.tolist()} must increase")
    real = (angles == 0.0) | (np.abs(angles) == np.pi)
    if field == "real":
        wanted = real & (logs > -np.inf)
    else:
        wanted = ~real & (logs > -np.inf) & (np.abs(np.sin(angles)) >= least)
        if conjugates == "drop":
            wanted &= angles > 0.0
    value = modulus_ranks(logs) if by == "rank" else np.exp(logs)
    place = np.searchsorted(limits, value, side="right") - 1
    place[value == limits[-1]] = limits.size - 2
    return [np.flatnonzero(wanted & (place == number)) for number in range(limits.size - 1)]


@dataclasses.dataclass(frozen=True)
class BinnedDimensions(Result):
    r"""Dimensions and participation in bins of F or :math:`|\lambda|`; errors over realisations.

    Attributes
    ----------
    edges : ndarray, (bins + 1,)
    centre : ndarray, (bins,)
        Mean F (or mean modulus) of the eigenvalues in the bin.
    log_modulus : ndarray, (bins,)
        Mean :math:`\ln|\lambda|` in the bin.
    q : ndarray, (m,)
    dimension, stderr : ndarray, (bins, m)
    participation, participation_stderr : ndarray, (bins,)
        :math:`\exp(-\langle \ln P_2 \rangle)` (typical) or :math:`1 / \langle P_2 \rangle` (average).
    vectors, realisations : ndarray of int, (bins,)
        How many entered; a realisation without a vector in the bin does not count.
    sites : int
    side, by, field, mean : str
    """

    edges: Array
    centre: Array
    log_modulus: Array
    q: Array
    dimension: Array
    stderr: Array
    participation: Array
    participation_stderr: Array
    vectors: NDArray[np.int64]
    realisations: NDArray[np.int64]
    sites: int
    side: str
    by: str
    field: str
    mean: str


def binned_dimensions(
    spectra: Sequence[Any] | Iterable[Any],
    q: ArrayLike,
    edges: ArrayLike,
    *,
    side: str = "right",
    by: str = "rank",
    field: str = "complex",
    mean: str = "typical",
    conjugates: str = "drop",
    guard: float = 0.0,
    zeros: str = "infinite",
    replicates: int = 1000,
    rng: RandomState = None,
) -> BinnedDimensions:
    r"""Generalised dimensions and participation numbers against :math:`|\lambda|` or its rank F.

    Parameters
    ----------
    spectra : iterable
        One object per independent matrix with ``.log_modulus``, ``.argument``, ``.right``, ``.left``, such as the result of
        ``rmt.spectra.product_eig`` (columns in the order of the moduli, those of exact zeros may be absent); all of one size.
        At least 5 with vectors in every bin. A generator is read once.
    q : array_like, (m,)
        Finite real numbers.
    edges : array_like, (bins + 1,)
        Of F or of the modulus.
    side : {"right", "left", "biorthogonal"}
    by, field, conjugates, guard
        See `eigenvalue_bins`.
    mean, zeros, replicates, rng
        See `dimension_estimate`.

    Returns
    -------
    BinnedDimensions

    Raises
    ------
    ValueError
        If a bin has vectors of fewer than 5 realisations (the message names it), or as `dimension_estimate`.

    Examples
    --------
    >>> import numpy as np
    >>> from types import SimpleNamespace
    >>> from rmt.localisation import binned_dimensions
    >>> def ginibre(rng, n=60):
    ...     values, vectors = np.linalg.eig(rng.standard_normal((n, n)))
    ...     return SimpleNamespace(log_modulus=np.log(abs(values)), argument=np.angle(values), right=vectors)
    >>> rng = np.random.default_rng(3)
    >>> result = binned_dimensions((ginibre(rng) for _ in range(6)), [1, 2], [0, 0.5, 1], rng=1)
    >>> result.dimension.shape, bool((result.stderr < 0.02).all())
    ((2, 2), True)
    """
    check_choice("mean", mean, MEANS)
    check_integer("replicates", replicates, low=100)
    powers = np.atleast_1d(check_array("q", q))
    grid = np.append(powers, 2.0)  # the last row is the participation number
    limits = check_array("edges", edges, ndim=1, min_size=2)
    kept: list[list[tuple[VectorMoments, Array]]] = [[] for _ in limits[1:]]
    for spectrum in spectra:
        logs = np.asarray(spectrum.log_modulus, dtype=float)
        bins = eigenvalue_bins(logs, spectrum.argument, limits, by=by, field=field, conjugates=conjugates, guard=guard)
        place = modulus_ranks(logs) if by == "rank" else np.exp(logs)
        vectors = amplitudes(spectrum, side)
        for number, chosen in enumerate(bins):
            if chosen.size:
                moments = vector_moments(vectors[:, chosen], grid, zeros=zeros)
                kept[number].append((moments, np.array([place[chosen], logs[chosen]])))
    for number, content in enumerate(kept):
        if len(content) < MIN_REALISATIONS:
            raise ValueError(
                f"edges: the bin from {limits[number]:g} to {limits[number + 1]:g} has {field} eigenvalues in {len(content)} "
                f"realisation(s), at least {MIN_REALISATIONS} are needed; use wider bins or more realisations"
            )
    random = generator(rng)
    row = 2 * MEANS.index(mean)
    rows = []
    for content in kept:
        groups = reduce_realisations((moments for moments, _ in content), grid, zeros)
        if len(groups) > 1:
            raise ValueError(f"spectra have different sizes {sorted(groups)}: one is needed")
        sums = next(iter(groups.values()))
        found = bootstrap(sums, replicates, random)
        values, errors = found.centre[row], found.widening * found.drawn[:, row].std(axis=0, ddof=1)
        rows.append((values, errors, np.concatenate([where for _, where in content], axis=1).mean(axis=1), sums))
    log_n = np.log(rows[0][3].sites)
    participation = np.exp([values[-1] for values, *_ in rows])
    return BinnedDimensions(
        edges=limits,
        centre=np.array([where[0] for _, _, where, _ in rows]),
        log_modulus=np.array([where[1] for _, _, where, _ in rows]),
        q=powers,
        dimension=np.array([values[:-1] for values, *_ in rows]) / log_n,
        stderr=np.array([errors[:-1] for _, errors, *_ in rows]) / log_n,
        participation=participation,
        participation_stderr=participation * np.array([errors[-1] for _, errors, *_ in rows]),
        vectors=np.array([int(sums.counts.sum()) for *_, sums in rows], dtype=np.int64),
        realisations=np.array([sums.counts.size for *_, sums in rows], dtype=np.int64),
        sites=rows[0][3].sites,
        side=side,
        by=by,
        field=field,
        mean=mean,
    )
