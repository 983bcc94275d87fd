"""Saddle point for several outputs at T > 0: the unknown of the scalar equations becomes a symmetric matrix.

With ``Lambda_l`` the m x m Gram matrix of the backward map of layer l, stationarity in every ``Lambda_l`` says that one
symmetric matrix s obeys ``s = N_l (1 - Lambda_{l+1}^-1 Lambda_l / sigma_l^2)`` for all l. At the last layer s commutes
with ``Lambda_L``, hence by induction with all of them: ``u_l = sigma_l^2 (1 - s / N_l)`` share their eigenvectors, and
what remains is ``s = Lambda_1^(1/2) G Lambda_1^(1/2)``, ``G`` minus twice the slope of the log likelihood in ``Lambda_1``.
The eigenvectors couple the directions: at T > 0 each mode of the kernel sees its own noise-to-signal ratio.
"""

from __future__ import annotations

import itertools
import math

import numpy as np
from numpy.typing import NDArray

from rmt.deeplinear._saddle import finite_temperature_roots, layer_factors

__all__ = ["matrix_solutions"]

Array = NDArray[np.float64]
Solution = tuple[Array, Array]  # v of every direction (m,), directions as columns (m, m)
MOST_STARTS = 64
TOLERANCE = 1e-9  # of the residual, in units of the narrowest width


class MatrixSaddle:
    """The equations for one data set: eigenvalues k (R,) of the kernel, targets (R, m) in its eigenbasis."""

    def __init__(self, widths: Array, variances: Array, eigenvalues: Array, targets: Array, temperature: float) -> None:
        self.widths, self.variances, self.k, self.T = widths, variances, eigenvalues, temperature
        self.targets = targets
        self.narrowest = int(np.argmin(widths))

    def log_rho(self, v: Array) -> Array:
        return np.asarray(np.log(layer_factors(v, self.widths, self.variances)).sum(axis=-1))

    def residual(self, v: Array, V: Array) -> Array:
        """``Lambda^(1/2) G Lambda^(1/2) - s`` in the basis V, shape (m, m)."""
        rho = np.exp(self.log_rho(v))
        y = self.targets @ V
        total = rho * self.k[:, None] + self.T
        pull = np.sqrt(rho * self.k[:, None]) * y / total
        out: Array = -pull.T @ pull
        out[np.diag_indices(v.size)] += np.sum(rho * self.k[:, None] / total, axis=0)
        out[np.diag_indices(v.size)] += self.widths[self.narrowest] * np.expm1(v)
        return out

    def maxima(self, direction: Array) -> Array:
        """v of the maxima of the action when one output direction is on its own, in increasing order."""
        squares = (self.targets @ direction) ** 2
        u = finite_temperature_roots(self.widths, self.variances, self.k, squares, self.T)
        # roots alternate between maxima and the barriers between them, and the outermost are maxima
        return np.asarray(np.log(u[::2, self.narrowest] / self.variances[self.narrowest]))

    def rotate(self, v: Array, V: Array) -> float:
        """Turn the directions in place to the best ones at given v (Jacobi sweeps); returns the largest angle."""
        weights = 1.0 / (np.exp(self.log_rho(v)) * self.k[:, None] + self.T)
        largest = 0.0
        for a, b in itertools.combinations(range(v.size), 2):
            ya, yb, difference = self.targets @ V[:, a], self.targets @ V[:, b], weights[:, a] - weights[:, b]
            even, odd = 0.5 * float(difference @ (ya**2 - yb**2)), float(difference @ (ya * yb))
            if math.hypot(even, odd) == 0.0:
                continue
            # even cos 2t + odd sin 2t, the part of the action that turns, is smallest here; |t| <= pi/2
            angle = 0.5 * math.atan2(-odd, -even)
            V[:, [a, b]] = V[:, [a, b]] @ np.array(
                [[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]]
            )
            largest = max(largest, abs(math.sin(2 * angle)))
        return largest

    def ascend(self, v: Array, V: Array) -> Solution:
        """Alternate between directions and factors, each at its best given the other, until both hardly move."""
        v, V = v.copy(), V.copy()
        for _ in range(60):
            turned = self.rotate(v, V)
            roots = [self.maxima(V[:, a]) for a in range(v.size)]
            new = np.array([r[np.argmin(np.abs(r - x))] for r, x in zip(roots, v, strict=True)])
            moved = float(np.abs(new - v).max())
            v = new
            if max(turned, moved) < 1e-5:
                break
        return v, V

    def polish(self, v: Array, V: Array) -> Solution:
        """Solve for the symmetric matrix ``Z = V diag(v) V^T``, in which the equations are smooth also at equal v."""
        from scipy.optimize import root

        upper = np.triu_indices(v.size)

        def matrix(z: Array) -> Array:
            out = np.zeros((v.size, v.size))
            out[upper] = z
            return out + np.triu(out, 1).T

        def equations(z: Array) -> Array:
            values, vectors = np.linalg.eigh(matrix(z))
            return np.asarray((vectors @ self.residual(values, vectors) @ vectors.T)[upper])

        found = root(equations, ((V * v) @ V.T)[upper], method="hybr", options={"xtol": 1e-14})
        values, vectors = np.linalg.eigh(matrix(found.x))
        error = float(np.abs(self.residual(values, vectors)).max())
        if error > TOLERANCE * self.widths[self.narrowest]:
            raise RuntimeError(f"the matrix saddle point was not reached: residual {error:.3g} ({found.message})")
        return values, vectors


def matrix_solutions(
    widths: Array, variances: Array, eigenvalues: Array, targets: Array, temperature: float
) -> list[Solution]:
    """Every solution reached from the maxima of the single directions, in several bases, without repetitions.

    For one output this is the complete list of maxima. For more the list is not proven complete.
    """
    saddle = MatrixSaddle(widths, variances, eigenvalues, targets, temperature)
    guess = float(np.prod(variances))
    grams = [targets.T @ (targets / (rho * eigenvalues[:, None] + temperature)) for rho in (guess, 0.0)]
    found: list[Solution] = []
    for gram in grams:
        V = np.linalg.eigh(gram)[1]
        for start in _starts([saddle.maxima(direction) for direction in V.T]):
            v, directions = saddle.polish(*saddle.ascend(start, V))
            Z = (directions * v) @ directions.T
            if all(np.abs(Z - (W * w) @ W.T).max() > 1e-6 for w, W in found):
                found.append((v, directions))
    return found


def _starts(maxima: list[Array]) -> list[Array]:
    """All combinations of the maxima of the directions; beyond 64 of them those that differ from one in one direction."""
    if math.prod(len(m) for m in maxima) <= MOST_STARTS:
        return [np.array(choice) for choice in itertools.product(*maxima)]
    starts = [np.array([m[i] for m in maxima]) for i in (0, -1)]
    for a, others in enumerate(maxima):
        for base in (starts[0], starts[1]):
            for value in others:
                start = base.copy()
                start[a] = value
                starts.append(start)
    return starts
