"""Eigenvectors of a graded Schur form by scaled back-substitution, and the condition numbers they give."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rmt import _spectra_vectors
from rmt.spectra._schur import SchurForm

__all__ = ["Triangular", "complex_triangular", "conditions", "left_vectors", "right_vectors"]

Complex = NDArray[np.complex128]


@dataclass
class Triangular:
    """A complex upper triangular matrix diag(2**exponents) @ rows, and the unitary matrix of its basis (columns)."""

    rows: Complex
    exponents: NDArray[np.int64]
    basis: Complex


def _rotate_pairs(m: NDArray[np.float64], eigenvalues: Complex) -> Complex:
    """Unitary 2 x 2 matrices whose first columns are the eigenvectors of the matrices m (p, 2, 2) for the eigenvalues."""
    first = np.stack([m[:, 0, 1] + 0j, eigenvalues - m[:, 0, 0]], axis=1)
    second = np.stack([eigenvalues - m[:, 1, 1], m[:, 1, 0] + 0j], axis=1)
    longer = np.linalg.norm(first, axis=1) >= np.linalg.norm(second, axis=1)
    v = np.where(longer[:, None], first, second)
    v /= np.linalg.norm(v, axis=1)[:, None]
    return np.stack([v, np.stack([-v[:, 1].conj(), v[:, 0].conj()], axis=1)], axis=2)


def _blocks_times(blocks: NDArray[Any], first: NDArray[np.intp], matrix: NDArray[Any]) -> None:
    """The 2 x 2 blocks times the pairs of rows first, first + 1 of the matrix, in place."""
    x, y = matrix[first], matrix[first + 1]
    matrix[first] = blocks[:, 0, 0, None] * x + blocks[:, 0, 1, None] * y
    matrix[first + 1] = blocks[:, 1, 0, None] * x + blocks[:, 1, 1, None] * y


def _times_blocks(matrix: NDArray[Any], first: NDArray[np.intp], blocks: NDArray[Any]) -> None:
    """The pairs of columns first, first + 1 of the matrix times the 2 x 2 blocks, in place."""
    x, y = matrix[:, first], matrix[:, first + 1]
    matrix[:, first] = x * blocks[:, 0, 0] + y * blocks[:, 1, 0]
    matrix[:, first + 1] = x * blocks[:, 0, 1] + y * blocks[:, 1, 1]


def complex_triangular(form: SchurForm, *, side: str) -> Triangular:
    """The merged real form (one triangle) as a complex triangular one: H R (side "outer") or R H (side "inner").

    The outer form belongs to the interface before H (basis q0), the inner one to the interface behind it (basis q1); they
    share their eigenvalues. Both rows of a complex pair get one common exponent.
    """
    r, e = form.triangles[0], form.exponents[0].copy()
    real = np.triu(r)
    q = form.q0 if side == "outer" else form.q1
    basis = q.T.astype(np.complex128)  # (0, 0) when it is not accumulated, for bounds only
    sign = np.where(np.diagonal(form.h) < 0.0, -1.0, 1.0)
    first = np.flatnonzero(form.pair == 1)
    second = first + 1
    sign[first] = sign[second] = 1.0
    top = np.maximum(e[first], e[second])
    for rows in (first, second):
        real[rows] *= _powers(e[rows] - top)[:, None]
        e[rows] = top
    blocks = np.array([form.h[i : i + 2, i : i + 2] for i in first]).reshape(-1, 2, 2)
    if side == "outer":
        _blocks_times(blocks, first, real)
    else:
        _times_blocks(real, first, blocks)
    real = sign[:, None] * real if side == "outer" else real * sign[None, :]
    m = np.array([real[i : i + 2, i : i + 2] for i in first]).reshape(-1, 2, 2)
    half = 0.5 * (m[:, 0, 0] - m[:, 1, 1])
    root = np.sqrt(np.maximum(-(half * half + m[:, 0, 1] * m[:, 1, 0]), 0.0))
    g = _rotate_pairs(m, 0.5 * (m[:, 0, 0] + m[:, 1, 1]) + 1j * root)
    s = real.astype(np.complex128)
    _blocks_times(g.conj().transpose(0, 2, 1), first, s)
    _times_blocks(s, first, g)
    if basis.size:
        _times_blocks(basis, first, g)
    s[second, first] = 0.0
    return Triangular(s, e, basis)


def _powers(shift: NDArray[np.int64]) -> NDArray[np.float64]:
    return np.ldexp(1.0, np.clip(shift, -1070, 1000).astype(np.int32))


def _substituted(t: Triangular, *, right: bool) -> list[Complex]:
    n = t.rows.shape[0]
    shapes = [(n, n), (0, 0) if right else (n, n)]
    x_real, x_imag, y_real, y_imag = (np.empty(shape) for shape in shapes for _ in range(2))
    real, imag = np.ascontiguousarray(t.rows.real), np.ascontiguousarray(t.rows.imag)
    _spectra_vectors.triangular_vectors(real, imag, t.exponents, x_real, x_imag, y_real, y_imag, right)
    out = [np.empty(shape, dtype=np.complex128) for shape in shapes]
    out[0].real, out[0].imag, out[1].real, out[1].imag = x_real, x_imag, y_real, y_imag
    return out


def right_vectors(t: Triangular) -> Complex:
    """Columns x with T x = lambda x, x_i = 1: x_j = (sum_k S_jk x_k) / (lambda_i 2^-E_j - s_jj)."""
    return _substituted(t, right=True)[0]


def left_vectors(t: Triangular) -> tuple[Complex, Complex]:
    """Columns y with y^T T = lambda y^T, y_i = 1, and z_j = y_j 2^(E_j - E_i), which stays of order one."""
    z, y = _substituted(t, right=False)
    return y, z


def conditions(t: Triangular, x: Complex, y: Complex, z: Complex) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Eigenvalue conditions: 1/|cos(left, right)|, and sum_l |z_l| |row l| |x| / |s_ii| for row-wise errors of T."""
    size = np.linalg.norm(x, axis=0)
    angle = size * np.linalg.norm(y, axis=0)
    rows = np.linalg.norm(t.rows, axis=1)
    with np.errstate(divide="ignore", over="ignore", invalid="ignore"):  # no digit is left: the bound is infinite
        row_wise = size * (rows @ np.abs(z)) / np.abs(np.diagonal(t.rows))
    return np.where(np.isfinite(angle), angle, np.inf), np.where(np.isfinite(row_wise), row_wise, np.inf)
