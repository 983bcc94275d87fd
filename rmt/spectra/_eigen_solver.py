"""From factors to the ordered eigenvalues, bounds, flags and vectors that `rmt.spectra.eigen` hands out."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from rmt._checks import check_choice
from rmt._results import provenance
from rmt.spectra._chain import Chain, absorb_all
from rmt.spectra._column_scales import evened
from rmt.spectra._debug import assert_sum_rules, assert_transpose_agrees, debugging, held, transposed
from rmt.spectra._explicit import better
from rmt.spectra._factors import Factor, Matrix, checked_factors, kept_factors, live_units
from rmt.spectra._graded_svd import LN2, UNIT
from rmt.spectra._refined import REFINED_WIDTH, refined
from rmt.spectra._schur import Reduction, SchurForm, merge, reduce_chain, reduce_factors, reduced_factors, schur_form
from rmt.spectra._vectors import complex_triangular, conditions, left_vectors, right_vectors
from rmt.spectra.singular import run_chain

__all__ = ["solve"]

ILL_CONDITIONED = 1e-6  # a bound above this sets the flag
GROWTH_LIMIT = 4.0  # of the reduction to Hessenberg form, beyond which its errors are corrected,
CORRECTED_WIDTH = 256  # up to this width, and the bound is raised above it
UNKNOWN_GROWTH = 64.0  # for ranges that are reduced without blocks
SUSPICIOUS = 1e3  # a correction by more than so many estimated bounds is not believed


def _square_chain(factors: Iterable[ArrayLike], refine: bool | str = False) -> Chain:
    chain = run_chain(factors, refine=refine)
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


@dataclass(frozen=True)
class Wanted:
    """What a call asks for."""

    method: str
    vectors: bool
    error: bool
    refine: bool | str


def _solved(chain: Chain, reduction: Reduction, factors: Sequence[Matrix] | None, wanted: Wanted) -> dict[str, Any]:
    """Eigenvalues of the reduced form in the order of its diagonal, bounds and vectors when they are wanted.

    Given the factors, all of them are corrected in extended precision where that succeeds. Otherwise, with bounds, what
    the reduction to Hessenberg form has lost is corrected in the same way, the product of its few factors being as given.
    """
    vectors, error = wanted.vectors, wanted.error
    basis, full = vectors or factors is not None, vectors or error
    inner = factors is None and error and wanted.refine is not False and len(reduction.triangles) <= 2
    inner = inner and chain.rank <= CORRECTED_WIDTH
    limit = GROWTH_LIMIT if inner else np.inf
    form = schur_form(reduction.h, reduction.triangles, reduction.exponents, vectors=basis, full=full, limit=limit)
    out: dict[str, Any] = {
        "log_modulus": form.log_modulus(),
        "argument": form.argument(),
        "error": np.full(chain.rank, np.nan),
        "flag": np.zeros(chain.rank, dtype=np.int64),
        "sweeps": form.sweeps,
        "pair": form.pair,
        "refined": False,
    }
    correction = None
    if factors is not None and form.missing == 0:
        correction = refined(factors, reduction.right @ form.q1.T, form.pair, chain.condition)
        out["refined"] = correction is not None
    elif inner and form.growth > limit and form.missing == 0:
        correction = refined(reduced_factors(reduction), form.q1.T, form.pair, np.ones(1))
    if correction is not None and out["refined"] and not _plausible(correction, out, chain, form):
        correction, out["refined"] = None, False
    if correction is not None:
        out |= {name: correction[name] for name in ("log_modulus", "argument", "error")}
        if not out["refined"]:
            shift = int(reduction.exponents.max(axis=1).sum())
            out["log_modulus"] += shift * LN2
            correction["right"], left = (reduction.right @ correction[name] for name in ("right", "left"))
            if chain.rank == chain.shape[0]:
                correction["left"] = left
            else:
                del correction["left"]
    if vectors or (error and not out["refined"]):
        _with_vectors(out, chain, reduction, form, vectors=vectors)
    if vectors and correction is not None:
        out |= {name: _normalised(correction[name], form.pair) for name in ("right", "left") if name in correction}
    out["flag"][out["error"] > ILL_CONDITIONED] = 1
    out["flag"][: form.missing] = 2
    out["error"][: form.missing] = np.inf
    return out


def _plausible(correction: dict[str, Any], out: dict[str, Any], chain: Chain, form: SchurForm) -> bool:
    """Whether the corrected values are not absurdly far from the uncorrected ones: a guard against what nobody thought of."""
    estimate = dict(out, refined=False)
    _with_vectors(estimate, chain, None, form, vectors=False)
    moved = np.abs(correction["log_modulus"] - out["log_modulus"])
    return bool(np.all((moved <= SUSPICIOUS * estimate["error"]) | np.isnan(estimate["error"])))


def _with_vectors(
    out: dict[str, Any], chain: Chain, reduction: Reduction | None, form: SchurForm, *, vectors: bool
) -> None:
    """Add the vectors of the form, and the bounds that follow from them unless there are better ones."""
    merged = merge(form)
    inner = complex_triangular(merged, side="inner")
    x = right_vectors(inner)
    y, z = left_vectors(inner)
    if not out["refined"]:
        angle, row_wise = conditions(inner, x, y, z)
        order = np.argsort(-chain.exponents, kind="stable")
        growth = form.growth if np.isnan(out["error"]).all() else 1.0
        estimate = eigenvalue_error(chain.condition[order], chain.grading, angle, row_wise, growth, out["log_modulus"])
        out["error"] = estimate + np.nan_to_num(out["error"])
    if vectors and reduction is not None:
        out["right"] = _normalised(reduction.right @ (inner.basis @ (x / np.abs(x).max(axis=0))), form.pair)
        left = reduction.right
        if chain.rank < chain.shape[0]:
            left, inner = reduction.left, complex_triangular(merged, side="outer")
            y, _ = left_vectors(inner)
        out["left"] = _normalised(left @ (inner.basis.conj() @ (y / np.abs(y).max(axis=0))), form.pair)


def eigenvalue_error(
    condition: NDArray[np.float64],
    grading: float,
    angle: NDArray[np.float64],
    row_wise: NDArray[np.float64],
    growth: float,
    log_modulus: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Estimated bound on |delta ln lambda|: errors of the pass, of the two reduced factors, of the logarithm.

    The pass turns its directions by as many units as it moves its pivots, which an eigenvalue feels times its condition
    number: hence the product of both. The numbers belong to the final basis; where rows are graded the errors of the basis
    before it were larger, which the factor of the grading in powers of two covers. A diagonal that is smaller than its row in
    the reduction to Hessenberg form spoils the rows below it: errors were up to a fifth of the growth times the bound.
    """
    factor = 1.0 + min(grading, 64.0) / 8.0
    if growth > GROWTH_LIMIT:
        factor *= min(growth, 1e12) / 4.0 if np.isfinite(growth) else UNKNOWN_GROWTH / 4.0
    both = angle + row_wise
    size = condition * (30.0 + 0.75 * both) + 15.0 * both
    return UNIT * (factor * size + 5.0 * np.abs(log_modulus))


def solve(
    factors: Iterable[ArrayLike], *, method: str, vectors: bool, error: bool, refine: bool | str
) -> dict[str, Any]:
    """The fields of the public results; in debug mode P and its transpose are compared."""
    check_choice("method", method, ("merged", "exact"))
    if not isinstance(refine, bool) and refine != "auto":
        raise ValueError(f"refine = {refine!r} must be 'auto', True or False")
    wanted = Wanted(method, vectors, error, refine)
    if not debugging():
        return _solve_once(factors, wanted)
    factors, kept = held(factors)
    out = _solve_once(factors, wanted)
    if error:
        other = _solve_once(transposed(kept), replace(wanted, vectors=False))
        assert_transpose_agrees(out["log_modulus"], out["error"], other["log_modulus"], other["error"])
    return out


def _solve_once(factors: Iterable[ArrayLike], wanted: Wanted) -> dict[str, Any]:
    if wanted.method == "exact" or wanted.refine is True:
        factors = list(factors)
    checked, factors = kept_factors(factors, REFINED_WIDTH)
    if checked is None:
        return _solve_checked(factors, None, wanted)
    if checked[0].matrix.shape[1] != checked[-1].matrix.shape[0]:
        return _solve_checked(checked, checked, wanted)  # which refuses it
    out, uneven = _even_solution([factor.matrix for factor in checked], checked, wanted)
    if (
        wanted.vectors and uneven
    ):  # left vectors lose what the scales bring up; right ones of the transposed product do not
        other, _ = _even_solution([np.ascontiguousarray(factor.matrix.T) for factor in checked[::-1]], None, wanted)
        kept_apart = np.isfinite(out["log_modulus"]) & np.isfinite(other["log_modulus"])
        moved = np.abs(out["log_modulus"] - other["log_modulus"])[kept_apart]
        if other["right"].shape == out["left"].shape and np.all(moved <= (out["error"] + other["error"])[kept_apart]):
            out["left"] = other["right"]
    return out


def _even_solution(matrices: list[Matrix], checked: list[Factor] | None, wanted: Wanted) -> tuple[dict[str, Any], bool]:
    """The fields for a list of factors, columns of many decades made even first, and whether there were any."""
    even = evened(matrices)
    if even is None:
        checked = checked or list(checked_factors(matrices))
        return _solve_checked(checked, checked, wanted), False
    checked, scales = list(checked_factors(even[0])), even[1]
    out = _solve_checked(checked, checked, wanted)
    if wanted.vectors:
        pair = np.sign(np.where(out["argument"] == np.pi, 0.0, out["argument"]))[: out["right"].shape[1]]
        for name, exponents in (("right", -scales), ("left", scales)):
            out[name] = _normalised(np.ldexp(1.0, exponents.astype(np.int32))[:, None] * out[name], pair)
    return out, True


def _solve_checked(factors: Iterable[Any], checked: list[Factor] | None, wanted: Wanted) -> dict[str, Any]:
    """The fields for factors that come as a stream, or are kept as a list of checked ones."""
    method, vectors = wanted.method, wanted.vectors
    chain = _square_chain(factors, wanted.refine)
    n, rank = chain.shape[0], chain.rank
    out: dict[str, Any] = {
        "log_modulus": np.full(n, -np.inf),
        "argument": np.zeros(n),
        "error": np.zeros(n),
        "flag": np.zeros(n, dtype=np.int64),
        "log_abs_det": -math.inf,
        "meta": provenance() | {"depth": chain.depth, "rank": rank, "method": method, "refined": False},
    }
    found: dict[str, Any] = {"right": np.zeros((n, 0), dtype=complex), "left": np.zeros((n, 0), dtype=complex)}
    matrices = None if checked is None else [factor.matrix for factor in checked]
    correct = wanted.refine is True
    if wanted.refine == "auto" and wanted.error and matrices is not None:
        correct = max(max(factor.shape) for factor in matrices) <= REFINED_WIDTH
    if checked is not None and matrices is not None and rank:
        live = _seen_by_eigenvalues(checked)
        if live is not None and min(mask.sum() for mask in live) < rank:
            return _structurally_singular(matrices, live, chain, out, wanted, correct=correct)
    if rank:
        reduction = _kept_apart(chain, matrices or []) if method == "exact" else reduce_chain(chain)
        found = _solved(chain, reduction, matrices if correct else None, wanted)
        if matrices is not None and rank == n and np.any(found["flag"] > 0):
            found = better(found, matrices)
        order = _fill(out, found)
        for name in ("right", "left"):
            if vectors:
                found[name] = found[name][:, order]
        if rank == n:
            out["log_abs_det"] = math.fsum(found["log_modulus"])
    if vectors:
        out |= {"right": found["right"], "left": found["left"]}
    if debugging() and rank == n and wanted.error:
        assert_sum_rules(chain, math.fsum(found["log_modulus"]), float(found["error"].sum()))
    return out


def _fill(out: dict[str, Any], found: dict[str, Any]) -> NDArray[np.intp]:
    """Write the eigenvalues that are not zero into the result, in order; returns the order."""
    order = _order(found["log_modulus"], found["argument"])
    for name in ("log_modulus", "argument", "error", "flag"):
        out[name][: order.size] = found[name][order]
    out["meta"] |= {"sweeps": found["sweeps"], "refined": found["refined"]}
    return order


def _seen_by_eigenvalues(checked: Sequence[Factor]) -> list[NDArray[np.bool_]] | None:
    """Masks of the units that the eigenvalues can see, unlike those of a nilpotent pattern; None: no row or column is zero."""
    if all(factor.rows.all() and factor.columns.all() for factor in checked):
        return None
    return live_units(checked, cyclic=True)


def _structurally_singular(
    factors: Sequence[Matrix],
    live: list[NDArray[np.bool_]],
    chain: Chain,
    out: dict[str, Any],
    wanted: Wanted,
    *,
    correct: bool,
) -> dict[str, Any]:
    """Eigenvalues of the cyclically compressed chain; its eigenvectors, carried once through the product itself."""
    nonzero = absorb_all(factors, live=live)
    rank, n = nonzero.rank, chain.shape[0]
    out["meta"] |= {"rank": rank}
    right = left = np.zeros((n, 0), dtype=np.complex128)
    if rank:
        masked = [
            factor * after[:, None] * before for factor, before, after in zip(factors, live, live[1:], strict=False)
        ]
        found = _solved(nonzero, reduce_chain(nonzero), masked if correct else None, wanted)
        order = _fill(out, found)
        if wanted.vectors:
            scale = np.ldexp(1.0, np.clip(chain.exponents - chain.exponents.max(), -1070, 0).astype(np.int32))
            u, t, pair = chain.u(), chain.t(), found["pair"]
            right = _normalised(u @ (scale[:, None] * (t @ found["right"])), pair)[:, order]
            left = _normalised(t.T @ (scale[:, None] * (u.T @ found["left"])), pair)[:, order]
    return out | ({"right": right, "left": left} if wanted.vectors else {})


def _kept_apart(chain: Chain, matrices: list[Matrix]) -> Reduction:
    if any(matrix.shape != chain.shape for matrix in matrices) or chain.rank < chain.shape[0]:
        raise ValueError("method = 'exact' needs square factors of full rank (no dead units): use method = 'merged'")
    return reduce_factors(chain, matrices)
