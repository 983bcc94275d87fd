r"""Singular values and vectors of a product of matrices, every one to full relative accuracy, over any range."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from rmt._checks import check_integer
from rmt._results import Result, provenance
from rmt.spectra._chain import Chain, absorb_all
from rmt.spectra._debug import assert_sum_rules, assert_transpose_agrees, debugging, held, transposed
from rmt.spectra._factors import Factor, Matrix, checked_factors, kept_factors, live_units
from rmt.spectra._graded_svd import LN2, UNIT, graded_svd
from rmt.spectra._refined import REFINED_WIDTH, carry, orthonormal

__all__ = ["ProductSVD", "ProductSingularValues", "product_singular_values", "product_svd"]

CORRECTIONS = 3  # passes of the correction, one nearly always
NEARLY_DIAGONAL = (
    10.0  # condition of the scaled triangle that a basis close to the right singular vectors leaves (2 mostly)
)
SUSPICIOUS = 1e3  # a correction by more than so many bounds is not believed


@dataclass(frozen=True)
class ProductSingularValues(Result):
    """Natural logarithms of the singular values of a product.

    Attributes
    ----------
    log_values : (n,) array
        ln s_i in descending order, n = min(n_0, n_L); -inf for values that are exactly zero.
    error : (n,) array
        Bound on the error of each ln s_i (0 where the value is exactly zero).
    log_abs_det : float
        Sum of the logarithms, ln|det P| if the product is square; -inf if a value is zero.
    rank : int
        Number of values that are not exactly zero.
    meta : dict
        Versions, depth, condition of the scaled triangle, how many factors were ``refined``, whether the values were
        ``corrected``.
    """

    log_values: NDArray[np.float64]
    error: NDArray[np.float64]
    log_abs_det: float
    rank: int
    meta: dict[str, Any] = field(default_factory=dict, repr=False)


@dataclass(frozen=True)
class ProductSVD(ProductSingularValues):
    """Singular values and vectors: P = left diag(exp(log_values)) right^T.

    Attributes
    ----------
    left : (n_L, k) array
        Left singular vectors as columns.
    right : (n_0, k) array
        Right singular vectors as columns.
    """

    left: NDArray[np.float64] = field(default_factory=lambda: np.zeros((0, 0)))
    right: NDArray[np.float64] = field(default_factory=lambda: np.zeros((0, 0)))


def _grouped(factors: Iterable[ArrayLike], group: int) -> Iterator[Matrix]:
    """Products of ``group`` consecutive factors, formed by plain multiplication."""
    product: Matrix | None = None
    count = 0
    for factor in checked_factors(factors):
        product = factor.matrix if product is None else factor.matrix @ product
        count += 1
        if count == group:
            yield product
            product, count = None, 0
    if product is not None:
        yield product


def run_chain(factors: Iterable[ArrayLike], *, probe: bool = True, group: int = 1, refine: bool | str = False) -> Chain:
    """The UDT pass; a sequence is compressed over its whole length first, an iterator one factor ahead."""
    if not isinstance(refine, bool) and refine != "auto":
        raise ValueError(f"refine = {refine!r} must be 'auto', True or False")
    if group > 1:  # the digits that multiplying has lost cannot be brought back
        return absorb_all(_grouped(factors, group), probe=probe, refine=False)
    if isinstance(factors, list | tuple) or (isinstance(factors, np.ndarray) and factors.ndim == 3):
        chain = list(checked_factors(factors))
        return absorb_all(chain, probe=probe, refine=refine, live=_live(chain))
    return absorb_all(factors, probe=probe, refine=refine)


def _live(chain: list[Factor]) -> list[NDArray[np.bool_]] | None:
    """Masks of the live units at all interfaces, None where all are."""
    if all(factor.rows.all() and factor.columns.all() for factor in chain):
        return None
    return live_units(chain)


def _final_error(log_values: NDArray[np.float64], t_condition: float) -> NDArray[np.float64]:
    """Bound on the errors of the final SVD and of the logarithm, in units."""
    return 3.0 * math.sqrt(log_values.size) * t_condition + 5.0 * np.abs(log_values)


def singular_error(chain: Chain, log_values: NDArray[np.float64], t_condition: float) -> NDArray[np.float64]:
    """The a-posteriori bound: errors of the pass, of the final SVD, of the logarithm; constants measured (docs/theory)."""
    condition = chain.condition[np.argsort(-chain.exponents, kind="stable")]
    # sums of squares miss rare errors a hundred times larger, and more values over more factors find more of them (measured)
    many = max(1.0, math.sqrt(chain.rank * chain.depth / 20_000))
    weight = 40.0 if chain.sampled else 100.0 * many
    return UNIT * (weight * condition + _final_error(log_values, t_condition))


@dataclass
class _Found:
    """Logarithms of the values that are not zero, their bounds, their vectors (of the live units, or none)."""

    log_values: NDArray[np.float64]
    error: NDArray[np.float64]
    left: Matrix
    right: Matrix
    condition: float  # of the scaled triangle
    total: float  # sum of the logarithms


def _decomposed(exponents: NDArray[np.int64], t: Matrix, vectors: bool) -> _Found:
    mantissa, exponent, left, right, condition = graded_svd(exponents, t, vectors)
    log_values = np.log(mantissa) + exponent * LN2
    total = math.fsum(np.log(mantissa)) + int(exponent.sum()) * LN2
    return _Found(log_values, np.zeros(0), left, right, condition, total)


def _corrected(chain: Chain, kept: list[Factor], plain: _Found) -> _Found | None:
    """The same from a pass that takes the right singular vectors V through all factors in double-double arithmetic.

    P V = Q 2^e T with T nearly diagonal, so that the SVD of 2^e T has the errors of its own rounding only. None where that
    is no better: a factor is singular to thirty digits, or V is far from the truth.
    """
    matrices, right = [factor.matrix for factor in kept], plain.right
    live = _live(kept)
    if live is not None:
        matrices = [matrix[np.ix_(live[k + 1], live[k])] for k, matrix in enumerate(matrices)]
        right = right[live[0]]
    for _ in range(CORRECTIONS):
        start = orthonormal(right)
        carried = None if start is None else carry(matrices, start)
        if start is None or carried is None:
            return None
        found = _decomposed(carried.exponents, carried.triangle[0], True)
        right = start[0] @ found.right
        if found.condition <= NEARLY_DIAGONAL:
            break
    else:
        return None
    floor = 8.0 * UNIT**2 * chain.loss * float(chain.condition.max())
    if right.shape[1] < right.shape[0]:  # what V lacks of the range of P^T moves the values to second order
        floor += float(plain.error.max()) ** 2
    found.error = UNIT * _final_error(found.log_values, found.condition) + floor
    moved = np.abs(found.log_values - plain.log_values)
    if not (found.error.max() < plain.error.max() and np.all(moved <= SUSPICIOUS * plain.error)):
        return None
    found.error = np.minimum(found.error, moved + plain.error)
    found.left, found.right = carried.behind[0] @ found.left, right
    if live is not None:
        for name, mask in (("left", live[-1]), ("right", live[0])):
            full = np.zeros((mask.size, chain.rank))
            full[mask] = getattr(found, name)
            setattr(found, name, full)
    return found


def _solution(
    factors: Iterable[ArrayLike], *, vectors: bool, error: bool = True, group: int = 1, refine: bool | str = "auto"
) -> tuple[dict[str, Any], Matrix, Matrix]:
    """The fields of the public results; left and right vectors where they are wanted."""
    kept: list[Factor] | None = None
    if group == 1 and refine is not False:
        factors = list(factors) if refine is True else factors
        kept, factors = kept_factors(factors, REFINED_WIDTH)
        if kept is not None and refine == "auto" and max(max(factor.matrix.shape) for factor in kept) > REFINED_WIDTH:
            kept = None
    chain = run_chain(factors, probe=error or kept is not None, group=group, refine=refine)
    n = min(chain.shape)
    log_values, bounds = np.full(n, -np.inf), np.zeros(n)
    found = _Found(log_values[:0], bounds[:0], np.zeros((chain.shape[0], 0)), np.zeros((chain.shape[1], 0)), 1.0, 0.0)
    better = None
    if chain.rank:
        found = _decomposed(chain.exponents, chain.t(), vectors or kept is not None)
        found.left = chain.u() @ found.left if vectors else found.left
        found.error = singular_error(chain, found.log_values, found.condition)
        better = None if kept is None else _corrected(chain, kept, found)
        found = better or found
        log_values[: chain.rank], bounds[: chain.rank] = found.log_values, found.error
    if debugging() and chain.probe and chain.rank == n == max(chain.shape):
        assert_sum_rules(chain, found.total, float(bounds.sum()))
    meta = provenance() | {
        "depth": chain.depth,
        "shape": chain.shape,
        "condition": found.condition,
        "refined": chain.refined,
        "corrected": better is not None,
        "group": group,
    }
    fields = {
        "log_values": log_values,
        "error": bounds if error else np.full(n, np.nan),
        "log_abs_det": found.total if chain.rank == n else -math.inf,
        "rank": chain.rank,
        "meta": meta,
    }
    return fields, found.left, found.right


def product_singular_values(
    factors: Iterable[ArrayLike], *, group: int = 1, error: bool = True, refine: bool | str = "auto"
) -> ProductSingularValues:
    r"""Natural logarithms of all singular values of P = A_L ... A_1, without forming P.

    One streaming pass carries P = U 2^e T with exact integer exponents e, U orthonormal, T well conditioned (rows of every
    panel sorted by norm, columns pivoted); the singular values of the graded triangle follow by scaled one-sided Jacobi
    or, when the range allows, by LAPACK's bidiagonal SVD. Up to 64 columns the right singular vectors go through all
    factors once more in double-double arithmetic, which leaves the errors of a few last digits.

    Parameters
    ----------
    factors : sequence or iterator of (n_k, n_{k-1}) arrays
        Real matrices, the first one acts first. An iterator is consumed; the memory needed is O(N^2) beyond the 4 million
        numbers (32 megabytes) of a stream that are kept for the correction.
    group : int
        Multiply this many factors before each QR factorisation. 1 is safe for any factors. 2 saves a third of the time
        and costs digits of the smallest values; the bound follows it. Structural zeros inside a group are not compressed.
    error : bool
        Compute the bound (a twentieth of the time of wide products, a fifth up to 128 columns); False gives NaN in
        ``.error`` and the same values.
    refine : {"auto", True, False}
        Spend double-double arithmetic on digits. A nearly singular factor: its step is computed in it, so that its condition
        number costs no digits (up to 1e20 or so; the bound follows what is beyond). "auto" does so up to 128 columns, where
        such a step takes two to five times as long as an ordinary one and is needed for one random factor in ten (most of
        them in a product of hundreds). The correction of all values: "auto" makes it up to 64 columns, for a list of factors
        or a stream of at most 4 million numbers; it takes half to once the time of the rest. True does both at any width and
        keeps the factors of a stream; False neither. Grouped factors are not refined: their digits are lost before.

    Returns
    -------
    ProductSingularValues
        ``.log_values`` (descending, -inf for exact zeros), ``.error`` (bound on each), ``.log_abs_det``.

    Raises
    ------
    ValueError
        If the list is empty, shapes do not chain, an entry is not finite, or a factor is not a real matrix; if ``group``
        is not a positive integer or ``refine`` none of its three values.

    Notes
    -----
    Measured against multiprecision, up to 64 columns: a few units in the last place of the logarithm, 7e-12 at worst
    (slopes down to 1e-40, ln s = -3e4), on 311 fresh products of 20 families (Gaussian, stable, saturated slopes, near
    singular, rectangular, factors of condition up to 1e15, slopes down to 1e-40) with 4 to 60 columns and 10 to 1000 factors;
    error at most 0.40 of the bound. Without the correction (wider products, longer streams) errors are 1e-15 to 1e-11, and
    2e-10 was seen once in 300 products, inside its bound. Factors whose *columns* span more than 20 decades
    (W D) are beyond double-double arithmetic; their transposed product (D W^T, in reverse order) is not.

    Source: derived from the graded QR of G. W. Stewart, ETNA 3 (1995) 39, and Demmel et al., LAA 299 (1999) 21; see
    docs/theory/product-spectra.md.

    Examples
    --------
    >>> import numpy as np
    >>> from rmt.spectra import product_singular_values
    >>> factors = [np.diag([2.0, 1.0, 1e-200])] * 3
    >>> product_singular_values(factors).log_values.round(6)
    array([    2.079442,     0.      , -1381.551056])
    """
    group = check_integer("group", group, low=1)
    if debugging():
        factors, kept = held(factors)
    result, _, _ = _solution(factors, vectors=False, error=error, group=group, refine=refine)
    if debugging() and error:
        _assert_transpose(result, kept, group, refine)
    return ProductSingularValues(**result)


def product_svd(factors: Iterable[ArrayLike], k: int | None = None, *, refine: bool | str = "auto") -> ProductSVD:
    r"""Singular values and singular vectors of P = A_L ... A_1, without forming P.

    Parameters
    ----------
    factors : sequence or iterator of (n_k, n_{k-1}) arrays
        Real matrices, the first one acts first.
    k : int, optional
        Return only the k largest values and their vectors; all r values that are not exactly zero by default.
    refine : {"auto", True, False}
        As in `product_singular_values`.

    Returns
    -------
    ProductSVD
        As `product_singular_values`, and ``.left`` (n_L, k), ``.right`` (n_0, k); vectors of exact zeros are not
        returned, ``log_values`` and ``error`` are as long as there are vectors.

    Raises
    ------
    ValueError
        As `product_singular_values`; or if ``k`` is not an integer from 1 to min(n_0, n_L).

    Examples
    --------
    >>> import numpy as np
    >>> from rmt.spectra import product_svd
    >>> rng = np.random.default_rng(1)
    >>> factors = [rng.standard_normal((4, 5)), rng.standard_normal((3, 4))]
    >>> svd = product_svd(factors)
    >>> product = svd.left @ np.diag(np.exp(svd.log_values)) @ svd.right.T
    >>> bool(np.allclose(product, factors[1] @ factors[0], rtol=1e-12))
    True
    """
    if k is not None:
        k = check_integer("k", k, low=1)
    if debugging():
        factors, kept = held(factors)
    result, left, right = _solution(factors, vectors=True, refine=refine)
    if k is not None and k > result["log_values"].size:
        raise ValueError(f"k = {k} must be an integer from 1 to min(n_0, n_L) = {result['log_values'].size}")
    if debugging():
        _assert_transpose(result, kept, 1, refine)
    count = result["rank"] if k is None else min(k, result["rank"])
    result["log_values"], result["error"] = result["log_values"][:count], result["error"][:count]
    return ProductSVD(
        **result, left=np.ascontiguousarray(left[:, :count]), right=np.ascontiguousarray(right[:, :count])
    )


def _assert_transpose(result: dict[str, Any], kept: list[Any], group: int, refine: bool | str) -> None:
    other, _, _ = _solution(transposed(kept), vectors=False, group=group, refine=refine)
    assert_transpose_agrees(result["log_values"], result["error"], other["log_values"], other["error"])
