"""Eigenvectors of a graded Schur form by scaled back-substitution, and the condition numbers they give."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rmt.spectra._schur import SchurForm

__all__ = ["Triangular", "complex_triangular", "conditions", "left_vectors", "right_vectors"]

Complex = NDArray[np.complex128]


@dataclass
class Triangular:
    """A complex upper triangular matrix diag(2**exponents) @ rows, and the unitary matrix of its basis (columns)."""

    rows: Complex
    exponents: NDArray[np.int64]
    basis: Complex


def _rotate_pair(m: NDArray[Any], eigenvalue: complex) -> Complex:
    """Unitary 2 x 2 matrix whose first column is the eigenvector of m for the eigenvalue."""
    first = np.array([m[0, 1], eigenvalue - m[0, 0]])
    second = np.array([eigenvalue - m[1, 1], m[1, 0]])
    v = first if np.linalg.norm(first) >= np.linalg.norm(second) else second
    v = v / np.linalg.norm(v)
    return np.array([[v[0], -np.conj(v[1])], [v[1], np.conj(v[0])]])


def complex_triangular(form: SchurForm, *, side: str) -> Triangular:
    """The merged real form (one triangle) as a complex triangular one: H R (side "outer") or R H (side "inner").

    The outer form belongs to the interface before H (basis q0), the inner one to the interface behind it (basis q1); they
    share their eigenvalues. Both rows of a complex pair get one common exponent.
    """
    r, e = form.triangles[0], form.exponents[0].copy()
    n = r.shape[0]
    s = np.triu(r).astype(np.complex128)
    q = form.q0 if side == "outer" else form.q1
    basis = q.T.astype(np.complex128) if q.size else np.eye(n, dtype=np.complex128)  # not accumulated: bounds only
    sign = np.where(np.diagonal(form.h) < 0.0, -1.0, 1.0)
    for i in np.flatnonzero(form.pair == 1):
        sign[i : i + 2] = 1.0
        top = max(e[i], e[i + 1])
        for j in (i, i + 1):
            s[j] = np.ldexp(s[j].real, int(np.clip(e[j] - top, -4000, 0)))
            e[j] = top
        block = form.h[i : i + 2, i : i + 2]
        if side == "outer":
            s[i : i + 2] = block @ s[i : i + 2]
        else:
            s[: i + 2, i : i + 2] = s[: i + 2, i : i + 2] @ block
    s = sign[:, None] * s if side == "outer" else s * sign[None, :]
    for i in np.flatnonzero(form.pair == 1):
        m = s[i : i + 2, i : i + 2].real
        half = 0.5 * (m[0, 0] - m[1, 1])
        root = np.sqrt(max(-(half * half + m[0, 1] * m[1, 0]), 0.0))
        g = _rotate_pair(m, complex(0.5 * (m[0, 0] + m[1, 1]), root))
        s[i : i + 2] = g.conj().T @ s[i : i + 2]
        s[: i + 2, i : i + 2] = s[: i + 2, i : i + 2] @ g
        basis[:, i : i + 2] = basis[:, i : i + 2] @ g
        s[i + 1, i] = 0.0
    return Triangular(s[:n], e, basis)


def _safe(denominator: Complex, scale: NDArray[np.float64]) -> Complex:
    """Denominators of nearly equal eigenvalues, kept away from zero by one rounding error of their terms."""
    floor = 2.0**-53 * np.maximum(scale, 1e-300)
    small = np.abs(denominator) < floor
    return np.where(small, floor, denominator)


def _powers(shift: NDArray[np.int64]) -> NDArray[np.float64]:
    return np.ldexp(1.0, np.clip(shift, -1070, 1000).astype(np.int32))


def right_vectors(t: Triangular) -> Complex:
    """Columns x with T x = lambda x, x_i = 1: x_j = (sum_k S_jk x_k) / (lambda_i 2^-E_j - s_jj)."""
    s, e = t.rows, t.exponents
    n = s.shape[0]
    diagonal = np.diagonal(s)
    x = np.eye(n, dtype=np.complex128)
    for j in range(n - 2, -1, -1):
        rhs = s[j, j + 1 :] @ x[j + 1 :, j + 1 :]
        shift = e[j + 1 :] - e[j]
        term = diagonal[j + 1 :] * _powers(shift)
        x[j, j + 1 :] = rhs / _safe(term - diagonal[j], np.abs(term) + abs(diagonal[j]))
    return x


def left_vectors(t: Triangular) -> tuple[Complex, Complex]:
    """Columns y with y^T T = lambda y^T, y_i = 1, and z_j = y_j 2^(E_j - E_i), which stays of order one."""
    s, e = t.rows, t.exponents
    n = s.shape[0]
    diagonal = np.diagonal(s)
    y = np.eye(n, dtype=np.complex128)
    z = np.eye(n, dtype=np.complex128)
    for j in range(1, n):
        rhs = s[:j, j] @ z[:j, :j]
        power = _powers(e[j] - e[:j])
        term = diagonal[j] * power
        y[j, :j] = rhs / _safe(diagonal[:j] - term, np.abs(term) + np.abs(diagonal[:j]))
        z[j, :j] = y[j, :j] * power
    return y, z


def conditions(t: Triangular, x: Complex, y: Complex, z: Complex) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Eigenvalue conditions: 1/|cos(left, right)|, and sum_l |z_l| |row l| |x| / |s_ii| for row-wise errors of T."""
    size = np.linalg.norm(x, axis=0)
    angle = size * np.linalg.norm(y, axis=0)
    rows = np.linalg.norm(t.rows, axis=1)
    with np.errstate(divide="ignore", over="ignore", invalid="ignore"):  # no digit is left: the bound is infinite
        row_wise = size * (rows @ np.abs(z)) / np.abs(np.diagonal(t.rows))
    return np.where(np.isfinite(angle), angle, np.inf), np.where(np.isfinite(row_wise), row_wise, np.inf)
