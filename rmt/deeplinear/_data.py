"""Training data of a linear network in the eigenbasis of its input kernel; shapes are checked and the rank found here."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from rmt._checks import check_array, check_integer, check_real

__all__ = ["Modes", "check_architecture", "check_design", "kernel_modes"]

RANK_TOLERANCE = 1e-12  # eigenvalues below this fraction of the largest are zero: T -> 0 would divide by them


@dataclasses.dataclass(frozen=True)
class Modes:
    """``K0 = vectors diag(eigenvalues) vectors^T`` on its range, and the targets seen from there."""

    eigenvalues: NDArray[np.float64]  # (R,), descending, all positive
    vectors: NDArray[np.float64]  # (P, R)
    targets: NDArray[np.float64]  # (R,): vectors^T y
    rejected: float  # squared length of the part of y outside the range of K0
    examples: int  # P

    @property
    def rank(self) -> int:
        return self.eigenvalues.size

    @property
    def strength(self) -> float:
        """``B = y^T K0^+ y``."""
        return float(np.sum(self.targets**2 / self.eigenvalues))

    @property
    def log_determinant(self) -> float:
        return float(np.log(self.eigenvalues).sum())


def kernel_modes(K0: ArrayLike, y: ArrayLike) -> Modes:
    """Check a training kernel and its targets, diagonalise, drop what is zero to rounding."""
    kernel = check_array("K0", K0, ndim=2, min_size=1)
    targets = check_array("y", y, ndim=1)
    if kernel.shape[0] != kernel.shape[1]:
        raise ValueError(f"K0 must be square, not of shape {kernel.shape}")
    if targets.size != kernel.shape[0]:
        raise ValueError(f"y has {targets.size} values but K0 has shape {kernel.shape}: both must have P examples")
    scale = float(np.abs(kernel).max())
    asymmetry = float(np.abs(kernel - kernel.T).max())
    if asymmetry > 1e-10 * scale:
        raise ValueError(f"K0 must be symmetric; it differs from its transpose by {asymmetry:.3g}")
    values, vectors = np.linalg.eigh(0.5 * (kernel + kernel.T))
    values, vectors = values[::-1], vectors[:, ::-1]
    if values[0] <= 0 or values[-1] < -1e-10 * values[0]:
        raise ValueError(
            f"K0 must be positive semidefinite and not zero; its eigenvalues lie in [{values[-1]:.3g}, {values[0]:.3g}]"
        )
    rank = int(np.sum(values > RANK_TOLERANCE * values[0]))
    values, vectors = values[:rank].copy(), np.ascontiguousarray(vectors[:, :rank])
    projected = vectors.T @ targets
    rejected = targets - vectors @ projected if rank < targets.size else np.zeros(1)
    return Modes(values, vectors, projected, float(rejected @ rejected), targets.size)


def check_architecture(
    widths: int | Sequence[int] | ArrayLike, weight_variances: ArrayLike
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Widths ``N_1..N_L`` of the hidden layers and variances ``sigma_1^2..sigma_L^2`` of the weights that leave them."""
    raw: Sequence[Any] = [widths] if isinstance(widths, int | np.integer) else list(widths)  # type: ignore[arg-type]
    if not raw:
        raise ValueError("widths = [] must name at least one hidden layer")
    sizes = [check_integer(f"widths[{i}]", value, low=1) for i, value in enumerate(raw)]
    variances = check_array("weight_variances", weight_variances)
    if variances.ndim > 1 or (variances.ndim == 1 and variances.size != len(sizes)):
        raise ValueError(
            f"weight_variances has shape {variances.shape}: give one number, or one per hidden layer ({len(sizes)}), "
            "sigma_l^2 being the variance of the weights that leave layer l"
        )
    variances = np.broadcast_to(variances, len(sizes)).copy()
    for i, value in enumerate(variances):
        check_real(f"weight_variances[{i}]", value, low=0.0, low_open=True)
    return np.asarray(sizes, dtype=np.float64), variances


def check_design(X: ArrayLike, y: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Inputs (P, N_0) and targets (P,) or (P, m) of matching length."""
    inputs = check_array("X", X, ndim=2, min_size=1)
    targets = check_array("y", y, min_size=1)
    if targets.ndim not in (1, 2) or targets.shape[0] != inputs.shape[0]:
        raise ValueError(f"y has shape {targets.shape}: it needs one row for each of the {inputs.shape[0]} rows of X")
    return inputs, targets
