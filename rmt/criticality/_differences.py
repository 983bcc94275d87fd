"""phi(u) and phi(v) as mean and difference, without cancellation: the NumPy form of the loops in ext/absorbing_math.h."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rmt import _absorbing
from rmt.activations import Activation, get

__all__ = ["compiled_kind", "pair_values", "tangent_values"]

Array = NDArray[np.float64]


def compiled_kind(phi: Activation) -> int | None:
    """Number of the compiled loop for a catalogue activation, None for any other."""
    if phi.name in _absorbing.KINDS and get(phi.name) is phi:
        return _absorbing.KINDS.index(phi.name)
    return None


def pair_values(phi: Activation, s: Array, d: Array) -> tuple[Array, Array]:
    """(phi(u) + phi(v))/2 and phi(u) - phi(v) for u = s + d/2, v = s - d/2, the latter to full relative accuracy."""
    u, v = s + 0.5 * d, s - 0.5 * d
    fu, fv = phi.value(u), phi.value(v)
    if phi.name == "tanh":
        return 0.5 * (fu + fv), np.tanh(d) * (1.0 - fu * fv)
    if phi.name == "sin":
        return np.sin(s) * np.cos(0.5 * d), 2.0 * np.sin(0.5 * d) * np.cos(s)
    if phi.homogeneous_degree == 1.0:  # slopes on the two sides of 0: exact where u and v lie on one side
        same = np.abs(s) >= 0.5 * np.abs(d)
        return 0.5 * (fu + fv), np.where(same, phi.derivative(s) * d, fu - fv)
    if phi.third is not None:
        near = np.abs(d) < 1e-3
        series = d * (phi.derivative(s) + phi.third(s) * d**2 / 24.0)
    else:
        near = np.abs(d) < 1e-6
        series = phi.derivative(s) * d
    return 0.5 * (fu + fv), np.where(near, series, fu - fv)


def tangent_values(phi: Activation, s: Array, d: Array) -> tuple[Array, Array]:
    """phi(s) and phi'(s) d."""
    return np.asarray(phi.value(s)), np.asarray(phi.derivative(s) * d)
