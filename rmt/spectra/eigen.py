r"""Eigenvalues and eigenvectors of a product of square matrices, without forming the product."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from rmt._checks import check_choice
from rmt._results import Result, provenance
from rmt.spectra._chain import Chain, absorb_all
from rmt.spectra._debug import assert_sum_rules, assert_transpose_agrees, debugging, held, transposed
from rmt.spectra._explicit import better
from rmt.spectra._factors import Matrix, checked_factors, live_units
from rmt.spectra._schur import Reduction, merge, reduce_chain, reduce_factors, schur_form
from rmt.spectra._vectors import complex_triangular, conditions, left_vectors, right_vectors
from rmt.spectra.singular import UNIT, run_chain

__all__ = ["ProductEig", "ProductEigenvalues", "eig", "product_eig", "product_eigenvalues"]

ILL_CONDITIONED = 1e-6  # a bound above this sets the flag


@dataclass(frozen=True)
class ProductEigenvalues(Result):
    """Eigenvalues of a product: lambda = exp(log_modulus + i argument).

    Attributes
    ----------
    log_modulus : (n,) array
        ln|lambda| in descending order; -inf for eigenvalues that are exactly zero.
    argument : (n,) array
        Exactly 0 or pi for real eigenvalues; complex pairs are adjacent, +theta first, with equal ``log_modulus``.
    error : (n,) array
        Bound on the error of ln lambda.
    flag : (n,) integer array
        0: in order; 1: ill conditioned (the bound exceeds 1e-6); 2: the iteration did not converge; 3: rescued, the
        balanced explicit product had the smaller bound.
    log_abs_det : float
        Sum of ``log_modulus``.
    meta : dict
        Versions, depth, number of sweeps.
    """

    log_modulus: NDArray[np.float64]
    argument: NDArray[np.float64]
    error: NDArray[np.float64]
    flag: NDArray[np.int64]
    log_abs_det: float
    meta: dict[str, Any] = field(default_factory=dict, repr=False)


@dataclass(frozen=True)
class ProductEig(ProductEigenvalues):
    """Eigenvalues and eigenvectors of a product.

    Attributes
    ----------
    right : (n, r) complex array
        Columns v with P v = lambda v, unit length, for the r eigenvalues that are not exactly zero.
    left : (n, r) complex array
        Columns w with w^T P = lambda w^T (no conjugation), unit length.
    """

    right: NDArray[np.complex128] = field(default_factory=lambda: np.zeros((0, 0), dtype=np.complex128))
    left: NDArray[np.complex128] = field(default_factory=lambda: np.zeros((0, 0), dtype=np.complex128))


def _square_chain(factors: Iterable[ArrayLike]) -> Chain:
    chain = run_chain(factors)
    if chain.shape[0] != chain.shape[1]:
        raise ValueError(f"the product of factors has shape {chain.shape} and must be square to have eigenvalues")
    return chain


def _order(log_modulus: NDArray[np.float64], argument: NDArray[np.float64]) -> NDArray[np.intp]:
    """Descending modulus; members of a pair stay adjacent, + before -."""
    return np.lexsort((-argument, np.abs(argument), -log_modulus))


def _normalised(vectors: NDArray[np.complex128], pair: NDArray[np.int8]) -> NDArray[np.complex128]:
    """Unit columns, largest component real and positive; real for real eigenvalues, conjugate for pairs, exactly."""
    vectors = vectors / np.abs(vectors).max(axis=0)
    largest = vectors[np.argmax(np.abs(vectors), axis=0), np.arange(vectors.shape[1])]
    vectors = vectors / (np.linalg.norm(vectors, axis=0) * largest / np.abs(largest))
    vectors[:, pair == 0] = vectors[:, pair == 0].real
    first = np.flatnonzero(pair == 1)
    vectors[:, first + 1] = vectors[:, first].conj()
    return vectors


def _solved(chain: Chain, reduction: Reduction, *, vectors: bool, error: bool) -> dict[str, Any]:
    """Eigenvalues of the reduced form in the order of its diagonal, bounds and vectors when they are wanted."""
    form = schur_form(reduction.h, reduction.triangles, reduction.exponents, vectors=vectors, full=vectors or error)
    log_modulus, argument = form.log_modulus(), form.argument()
    out: dict[str, Any] = {
        "log_modulus": log_modulus,
        "argument": argument,
        "error": np.full(chain.rank, np.nan),
        "flag": np.zeros(chain.rank, dtype=np.int64),
        "sweeps": form.sweeps,
        "pair": form.pair,
    }
    if vectors or error:
        merged = merge(form)
        inner = complex_triangular(merged, side="inner")
        x = right_vectors(inner)
        y, z = left_vectors(inner)
        angle, row_wise = conditions(inner, x, y, z)
        order = np.argsort(-chain.exponents, kind="stable")
        out["error"] = eigenvalue_error(chain.condition[order], chain.grading, angle, row_wise, log_modulus)
        out["flag"][out["error"] > ILL_CONDITIONED] = 1
        if vectors:
            out["right"] = _normalised(reduction.right @ (inner.basis @ (x / np.abs(x).max(axis=0))), form.pair)
            left = reduction.right
            if chain.rank < chain.shape[0]:
                left, inner = reduction.left, complex_triangular(merged, side="outer")
                y, _ = left_vectors(inner)
            out["left"] = _normalised(left @ (inner.basis.conj() @ (y / np.abs(y).max(axis=0))), form.pair)
    out["flag"][: form.missing] = 2
    out["error"][: form.missing] = np.inf
    return out


def eigenvalue_error(
    condition: NDArray[np.float64],
    grading: float,
    angle: NDArray[np.float64],
    row_wise: NDArray[np.float64],
    log_modulus: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Bound on |delta ln lambda|: errors of the pass, of the orthogonal and of the graded factor, of the logarithm.

    The condition numbers belong to the final basis; where rows are graded the errors of the basis before it were up to
    five times larger than such a bound (measured), which the factor of the grading in powers of two covers.
    """
    factor = 1.0 + min(grading, 64.0) / 8.0
    size = 60.0 * condition + 10.0 * np.sqrt(condition.size) * (angle + row_wise)
    return UNIT * (factor * size + 5.0 * np.abs(log_modulus))


def _solve(factors: Iterable[ArrayLike], *, method: str, vectors: bool, error: bool) -> dict[str, Any]:
    check_choice("method", method, ("merged", "exact"))
    if not debugging():
        return _solve_once(factors, method=method, vectors=vectors, error=error)
    factors, kept = held(factors)
    out = _solve_once(factors, method=method, vectors=vectors, error=error)
    if error:
        other = _solve_once(transposed(kept), method=method, vectors=False, error=True)
        assert_transpose_agrees(out["log_modulus"], out["error"], other["log_modulus"], other["error"])
    return out


def _solve_once(factors: Iterable[ArrayLike], *, method: str, vectors: bool, error: bool) -> dict[str, Any]:
    kept: Sequence[ArrayLike] | None = None
    if method == "exact" or isinstance(factors, list | tuple) or isinstance(factors, np.ndarray):
        factors = kept = list(factors)
    chain = _square_chain(factors)
    n, rank = chain.shape[0], chain.rank
    out: dict[str, Any] = {
        "log_modulus": np.full(n, -np.inf),
        "argument": np.zeros(n),
        "error": np.zeros(n),
        "flag": np.zeros(n, dtype=np.int64),
        "log_abs_det": -math.inf,
        "meta": provenance() | {"depth": chain.depth, "rank": rank, "method": method},
    }
    found: dict[str, Any] = {"right": np.zeros((n, 0), dtype=complex), "left": np.zeros((n, 0), dtype=complex)}
    if kept is not None and rank:
        nonzero = _cyclic_chain(kept, chain)
        if nonzero.rank < rank:
            return _structurally_singular(nonzero, chain, out, vectors=vectors, error=error)
    if rank:
        if method == "exact":
            assert kept is not None
            found = _solved(chain, _kept_apart(chain, kept), vectors=vectors, error=error)
        else:
            found = _solved(chain, reduce_chain(chain), vectors=vectors, error=error)
        if kept is not None and rank == n and np.any(found["flag"] > 0):
            found = better(found, [np.asarray(factor, dtype=np.float64) for factor in kept])
        order = _order(found["log_modulus"], found["argument"])
        for name in ("log_modulus", "argument", "error", "flag"):
            out[name][:rank] = found[name][order]
        for name in ("right", "left"):
            if vectors:
                found[name] = found[name][:, order]
        out["meta"] |= {"sweeps": found.get("sweeps", (0, 0))}
        if rank == n:
            out["log_abs_det"] = math.fsum(found["log_modulus"])
    if vectors:
        out |= {"right": found["right"], "left": found["left"]}
    if debugging() and rank == n and error:
        assert_sum_rules(chain, math.fsum(found["log_modulus"]), float(found["error"].sum()))
    return out


def _cyclic_chain(factors: Sequence[ArrayLike], chain: Chain) -> Chain:
    """The chain without the units that the eigenvalues cannot see, such as those of a nilpotent pattern."""
    checked = list(checked_factors(factors))
    if all(factor.rows.all() and factor.columns.all() for factor in checked):
        return chain
    live = live_units(checked, cyclic=True)
    return chain if min(mask.sum() for mask in live) >= chain.rank else absorb_all(factors, live=live)


def _structurally_singular(
    nonzero: Chain, chain: Chain, out: dict[str, Any], *, vectors: bool, error: bool
) -> dict[str, Any]:
    """Eigenvalues of the cyclically compressed chain; its eigenvectors, carried once through the product itself."""
    rank, n = nonzero.rank, chain.shape[0]
    out["meta"] |= {"rank": rank}
    right = left = np.zeros((n, 0), dtype=np.complex128)
    if rank:
        found = _solved(nonzero, reduce_chain(nonzero), vectors=vectors, error=error)
        order = _order(found["log_modulus"], found["argument"])
        for name in ("log_modulus", "argument", "error", "flag"):
            out[name][:rank] = found[name][order]
        if vectors:
            scale = np.ldexp(1.0, np.clip(chain.exponents - chain.exponents.max(), -1070, 0).astype(np.int32))
            u, t, pair = chain.u(), chain.t(), found["pair"]
            right = _normalised(u @ (scale[:, None] * (t @ found["right"])), pair)[:, order]
            left = _normalised(t.T @ (scale[:, None] * (u.T @ found["left"])), pair)[:, order]
    return out | ({"right": right, "left": left} if vectors else {})


def _kept_apart(chain: Chain, factors: Sequence[ArrayLike]) -> Reduction:
    matrices = [np.asarray(factor, dtype=np.float64) for factor in factors]
    if any(matrix.shape != chain.shape for matrix in matrices) or chain.rank < chain.shape[0]:
        raise ValueError("method = 'exact' needs square factors of full rank (no dead units): use method = 'merged'")
    return reduce_factors(chain, matrices)


def product_eigenvalues(
    factors: Iterable[ArrayLike], *, method: str = "merged", error: bool = True
) -> ProductEigenvalues:
    r"""Eigenvalues of the square product P = A_L ... A_1, without forming P.

    P = U 2^e T (streaming, exact exponents) and T = R Z give the similar matrix (Z U)(2^e R), whose orthogonal and graded
    factors are kept apart through a real double-shift periodic QR iteration: complex pairs are exact conjugates and real
    eigenvalues exactly real.

    Parameters
    ----------
    factors : sequence or iterator of (n_k, n_{k-1}) arrays
        Real matrices with n_L = n_0, the first one acts first.
    method : {"merged", "exact"}
        "merged" iterates on one orthogonal and one triangular factor, whatever L is. "exact" keeps the triangles of all
        L factors apart, a reference that costs L times more and needs square factors of full rank.
    error : bool
        Compute the bound (it takes the whole Schur form and back-substitution, about a fifth more time at n = 500);
        False gives NaN in ``.error`` and sets the flag only when the iteration fails.

    Returns
    -------
    ProductEigenvalues
        ``.log_modulus`` (descending), ``.argument``, ``.error``, ``.flag``.

    Raises
    ------
    ValueError
        If the list is empty, shapes do not chain, the product is not square, an entry is not finite or not real.

    Notes
    -----
    Source: derived, see docs/theory/product-spectra.md; the product eigenproblem is reviewed by Watkins, SIAM Rev. 47
    (2005) 3.

    Examples
    --------
    >>> import numpy as np
    >>> from rmt.spectra import product_eigenvalues
    >>> result = product_eigenvalues([np.array([[0.0, -4.0], [1.0, 0.0]])] * 100)
    >>> (result.log_modulus / np.log(2.0)).round(6)
    array([100., 100.])
    """
    return ProductEigenvalues(**_solve(factors, method=method, vectors=False, error=error))


def product_eig(factors: Iterable[ArrayLike], *, method: str = "merged") -> ProductEig:
    r"""Eigenvalues with right and left eigenvectors of the square product P = A_L ... A_1, without forming P.

    Parameters
    ----------
    factors : sequence or iterator of (n_k, n_{k-1}) arrays
        Real matrices with n_L = n_0, the first one acts first.
    method : {"merged", "exact"}
        As in `product_eigenvalues`.

    Returns
    -------
    ProductEig
        As `product_eigenvalues`, and the columns ``.right`` (P v = lambda v) and ``.left`` (w^T P = lambda w^T), unit
        vectors whose largest component is real and positive.

    Raises
    ------
    ValueError
        As `product_eigenvalues`.

    Examples
    --------
    >>> import numpy as np
    >>> from rmt.spectra import product_eig
    >>> a = np.array([[2.0, 1.0], [0.0, 3.0]])
    >>> eig = product_eig([a])
    >>> np.exp(eig.log_modulus).round(12)
    array([3., 2.])
    >>> bool(np.allclose(a @ eig.right, eig.right * np.exp(eig.log_modulus)))
    True
    """
    return ProductEig(**_solve(factors, method=method, vectors=True, error=True))


def eig(a: ArrayLike) -> ProductEig:
    r"""Eigenvalues and eigenvectors of one matrix whose rows or columns may span any number of decades.

    LAPACK balances such a matrix or works normwise; either destroys the small eigenvalues or the small components of the
    eigenvectors. Here the grading is taken out by a row-sorted, column-pivoted QR factorisation first.

    Parameters
    ----------
    a : (n, n) array
        A real matrix.

    Returns
    -------
    ProductEig
        As `product_eig` of the single factor ``a``.

    Raises
    ------
    ValueError
        If ``a`` is not a finite real square matrix.

    Examples
    --------
    >>> import numpy as np
    >>> from rmt.spectra import eig
    >>> a = np.diag([1.0, 1e-150]) @ np.array([[2.0, 1.0], [1.0, 1.0]])
    >>> eig(a).log_modulus.round(6)  # ln 2 and ln(1e-150 / 2)
    array([   0.693147, -346.080911])
    """
    array = np.asarray(a)
    if array.ndim != 2 or array.shape[0] != array.shape[1]:
        raise ValueError(f"a has shape {array.shape} and must be a square matrix")
    result = product_eig([array])
    if np.any(result.flag > 0) and math.isfinite(result.log_abs_det):
        balanced = _balanced_eig(np.asarray(array, dtype=np.float64))
        if np.max(balanced.error) < np.max(result.error):
            return balanced
    return result


def _balanced_eig(a: Matrix) -> ProductEig:
    """2^-s A 2^s with rows and columns of equal norm, s integer: exact, and its vectors scaled back exactly."""
    n = a.shape[0]
    s = np.zeros(n, dtype=np.int64)
    with np.errstate(divide="ignore"):
        logs = np.log2(np.abs(a))
    np.fill_diagonal(logs, -np.inf)
    for _ in range(100):
        shift = logs - s[:, None] + s[None, :]
        step = np.rint(0.5 * (shift.max(axis=1) - shift.max(axis=0)))
        step = np.where(np.isfinite(step), step, 0.0).astype(np.int64)
        if np.all(np.abs(step) <= 1):
            break
        index = int(np.argmax(np.abs(step)))
        s[index] += step[index]
    shift = np.clip(s[None, :] - s[:, None], -2000, 2000).astype(np.int32)
    result = product_eig([np.ldexp(a, shift)])
    right = np.ldexp(1.0, np.clip(s - s.max(), -1070, 0).astype(np.int32))[:, None] * result.right
    left = np.ldexp(1.0, np.clip(s.min() - s, -1070, 0).astype(np.int32))[:, None] * result.left
    return replace(
        result,
        right=right / np.linalg.norm(right, axis=0),
        left=left / np.linalg.norm(left, axis=0),
        flag=np.full(n, 3),
    )
