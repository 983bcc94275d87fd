"""Debug mode (``RMT_DEBUG=1``): what every call then asserts about its own result."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from rmt.spectra._factors import Matrix, checked_factors

if TYPE_CHECKING:
    from rmt.spectra._chain import Chain

__all__ = ["assert_sum_rules", "assert_transpose_agrees", "debugging", "held", "log_determinant", "transposed"]

UNIT = 2.0**-53


def debugging() -> bool:
    """Whether results are to be checked against the invariants; costs a second run on the transposed product."""
    return bool(os.environ.get("RMT_DEBUG"))


def held(factors: Iterable[Any]) -> tuple[Iterable[Any], list[Matrix]]:
    """The factors to run on, of the kind they were (sequence or stream), and a copy to run on once more."""
    kept = list(factors)
    return (factors if hasattr(factors, "__len__") else iter(kept)), kept


def transposed(kept: list[Matrix]) -> list[Matrix]:
    """The factors of the transposed product."""
    return [np.ascontiguousarray(factor.matrix.T) for factor in checked_factors(kept)][::-1]


def log_determinant(matrix: Matrix) -> tuple[float, float]:
    """ln|det| by LU of the matrix with rows and columns scaled by powers of two, and its error from the condition."""
    scaled, exponent = matrix, 0
    for axis in (1, 0, 1):
        top = np.frexp(np.abs(scaled).max(axis=axis, keepdims=True))[1]
        scaled, exponent = np.ldexp(scaled, -top), exponent + int(top.sum())
    n = scaled.shape[0]
    log_abs_det = float(np.linalg.slogdet(scaled)[1]) + exponent * float(np.log(2.0))
    return log_abs_det, 100 * UNIT * (n * (1.0 + 0.01 * float(np.linalg.cond(scaled, 1))) + abs(log_abs_det))


def assert_sum_rules(chain: Chain, total: float, bound: float) -> None:
    """The sum of the logarithms is sum ln|det A_k|, which the pass took from LU factorisations of its own."""
    slack = bound + chain.log_abs_error
    assert abs(total - chain.log_abs_det) <= slack, (
        f"sum of logarithms {total}, ln|det| {chain.log_abs_det}, slack {slack}"
    )


def assert_transpose_agrees(
    values: NDArray[np.float64],
    error: NDArray[np.float64],
    other: NDArray[np.float64],
    other_error: NDArray[np.float64],
) -> None:
    """P and its transpose have the same logarithms, in descending order, within the sum of both bounds."""
    zero = np.isneginf(values)
    assert np.array_equal(zero, np.isneginf(other)), f"P has {np.sum(~zero)} values, its transpose another number"
    slack = (error + other_error)[~zero]
    if slack.size == 0:
        return
    # two values nearer than their bounds may have changed places
    slack = np.maximum(slack, np.maximum(np.append(slack[1:], 0.0), np.append(0.0, slack[:-1])))
    difference = np.abs(values[~zero] - other[~zero])
    worst = int(np.argmax(difference - slack))
    assert np.all(difference <= slack), (
        f"value {worst} of P and of its transpose differ by {difference[worst]}, their bounds allow {slack[worst]}"
    )
