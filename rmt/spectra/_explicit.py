"""The rescue: eigenvalues of the explicit product, balanced, with a first-order bound from its componentwise error.

Some products are ill conditioned in their factors and harmless as a matrix, e.g. a chain of scaled permutations whose
eigenvalues all have one modulus. LAPACK's balanced eigenvalues of the formed product are then right.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import eig, matrix_balance

from rmt.spectra._factors import Matrix

__all__ = ["better"]

UNIT = 2.0**-53
LN2 = float(np.log(2.0))


def _formed(factors: list[Matrix]) -> tuple[Matrix, Matrix, int]:
    """P and |A_L| ... |A_1|, both times 2^-exponent."""
    product, bound = np.eye(factors[0].shape[1]), np.eye(factors[0].shape[1])
    exponent = 0
    for factor in factors:
        product, bound = factor @ product, np.abs(factor) @ bound
        shift = int(np.frexp(bound.max())[1])
        product, bound = np.ldexp(product, -shift), np.ldexp(bound, -shift)
        exponent += shift
    return product, bound, exponent


def _balanced(factors: list[Matrix]) -> dict[str, Any] | None:
    product, bound, exponent = _formed(factors)
    n = product.shape[0]
    with np.errstate(all="ignore"):
        balanced, (scale, _) = matrix_balance(product, permute=False, separate=True)
        if not np.all(np.isfinite(balanced)):
            return None
        values, left, right = eig(balanced, left=True, right=True)
        # componentwise error of forming the product, normwise error of the QR iteration
        size = UNIT * (2.0 * len(factors) * np.sqrt(n) * bound * scale[None, :] / scale[:, None])
        size = size + UNIT * n * np.linalg.norm(balanced)
        overlap = np.abs(np.einsum("ij,ij->j", left.conj(), right)) * np.abs(values)
        error = np.einsum("ij,ik,kj->j", np.abs(left), size, np.abs(right)) / overlap
        log_modulus = np.log(np.abs(values)) + exponent * LN2
    if not (np.all(np.isfinite(error)) and np.all(np.isfinite(log_modulus))):
        return None
    argument = np.where(values.imag == 0.0, np.where(values.real < 0.0, np.pi, 0.0), np.angle(values))
    error += 10.0 * UNIT * np.abs(log_modulus)
    out = {"log_modulus": log_modulus, "argument": argument, "error": error, "flag": np.full(n, 3)}
    return out | {"right": _unit(scale[:, None] * right), "left": _unit(left.conj() / scale[:, None])}


def _unit(vectors: NDArray[Any]) -> NDArray[np.complex128]:
    vectors = vectors.astype(np.complex128) / np.abs(vectors).max(axis=0)
    largest = vectors[np.argmax(np.abs(vectors), axis=0), np.arange(vectors.shape[1])]
    return vectors / (np.linalg.norm(vectors, axis=0) * largest / np.abs(largest))


def better(found: dict[str, Any], factors: list[Matrix]) -> dict[str, Any]:
    """The balanced explicit product's result where its largest bound is smaller, else ``found``."""
    rescue = _balanced(factors)
    if rescue is None or not rescue["error"].max() < np.nanmax(found["error"]):
        return found
    return found | rescue
