r"""Eigenvalues and eigenvectors of a product of square matrices, without forming the product."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from rmt._results import Result, provenance
from rmt.spectra._chain import Chain
from rmt.spectra._schur import Reduction, SchurForm, reduce_chain, schur_form
from rmt.spectra._vectors import complex_triangular, conditions, left_vectors, right_vectors
from rmt.spectra.singular import UNIT, run_chain

__all__ = ["ProductEig", "ProductEigenvalues", "product_eig", "product_eigenvalues"]

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
        0: in order; 1: ill conditioned (the bound exceeds 1e-6); 2: the iteration did not converge.
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


def _normalised(vectors: NDArray[np.complex128]) -> NDArray[np.complex128]:
    """Unit columns, largest component real and positive, so that the vectors of real eigenvalues are real."""
    largest = vectors[np.argmax(np.abs(vectors), axis=0), np.arange(vectors.shape[1])]
    return vectors / (np.linalg.norm(vectors, axis=0) * largest / np.abs(largest))


def _vectors(
    reduction: Reduction, form: SchurForm
) -> tuple[NDArray[np.complex128], NDArray[np.complex128], NDArray[np.float64], NDArray[np.float64]]:
    """Right and left eigenvectors in the order of the diagonal, and the two condition numbers."""
    outer = complex_triangular(form, side="outer")
    x = right_vectors(outer)
    y, z = left_vectors(outer)
    angle, row_wise = conditions(outer, x, y, z)
    right = reduction.z.T @ (outer.basis @ (x / np.linalg.norm(x, axis=0)))
    left = reduction.z.T @ (outer.basis.conj() @ (y / np.linalg.norm(y, axis=0)))
    right, left = _normalised(right), _normalised(left)
    first = np.flatnonzero(form.pair == 1)
    real = form.pair == 0
    for vectors in (right, left):
        vectors[:, real] = vectors[:, real].real
        vectors[:, first + 1] = vectors[:, first].conj()
    return right, left, angle, row_wise


def _solve(factors: Iterable[ArrayLike], *, vectors: bool) -> dict[str, Any]:
    chain = _square_chain(factors)
    n, rank = chain.shape[0], chain.rank
    out: dict[str, Any] = {
        "log_modulus": np.full(n, -np.inf),
        "argument": np.zeros(n),
        "error": np.zeros(n),
        "flag": np.zeros(n, dtype=np.int64),
        "log_abs_det": -math.inf,
        "meta": provenance() | {"depth": chain.depth, "rank": rank},
    }
    right = left = np.zeros((n, 0), dtype=np.complex128)
    if rank:
        reduction = reduce_chain(chain)
        form = schur_form(reduction.h, reduction.triangles, reduction.exponents, vectors=True)
        log_modulus, argument = form.log_modulus(), form.argument()
        right, left, angle, row_wise = _vectors(reduction, form)
        condition = chain.condition[np.argsort(-chain.exponents, kind="stable")]
        order = _order(log_modulus, argument)
        out["log_modulus"][:rank] = log_modulus[order]
        out["argument"][:rank] = argument[order]
        out["error"][:rank] = (
            10.0 * UNIT * (condition * angle[order] + row_wise[order] + np.abs(log_modulus[order]) + 1.0)
        )
        out["flag"][:rank] = np.where(out["error"][:rank] > ILL_CONDITIONED, 1, 0)
        if form.missing:
            out["flag"][:rank][np.argsort(order)[: form.missing]] = 2
            out["error"][:rank][np.argsort(order)[: form.missing]] = np.inf
        if rank == n:
            out["log_abs_det"] = math.fsum(log_modulus)
        right, left = right[:, order], left[:, order]
        out["meta"] |= {"sweeps": form.sweeps}
    if vectors:
        out |= {"right": right, "left": left}
    return out


def product_eigenvalues(factors: Iterable[ArrayLike]) -> ProductEigenvalues:
    r"""Eigenvalues of the square product P = A_L ... A_1, without forming P.

    P = U 2^e T (streaming, exact exponents) and T = R Z give the similar matrix (Z U)(2^e R), whose orthogonal and graded
    factors are kept apart through a real double-shift periodic QR iteration: complex pairs are exact conjugates and real
    eigenvalues exactly real.

    Parameters
    ----------
    factors : sequence or iterator of (n_k, n_{k-1}) arrays
        Real matrices with n_L = n_0, the first one acts first.

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
    return ProductEigenvalues(**_solve(factors, vectors=False))


def product_eig(factors: Iterable[ArrayLike]) -> ProductEig:
    r"""Eigenvalues with right and left eigenvectors of the square product P = A_L ... A_1, without forming P.

    Parameters
    ----------
    factors : sequence or iterator of (n_k, n_{k-1}) arrays
        Real matrices with n_L = n_0, the first one acts first.

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
    return ProductEig(**_solve(factors, vectors=True))
