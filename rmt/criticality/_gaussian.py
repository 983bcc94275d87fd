"""Gaussian averages over one pre-activation, and the fixed point of the length map at alpha = 2."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import optimize

from rmt import activations
from rmt._quadrature import gaussian
from rmt.activations import Activation

__all__ = ["average", "length_fixed_point", "length_map", "nodes_of", "plane_nodes", "smooth_activation"]

Array = NDArray[np.float64]
# Lengths that the searches for fixed points look at.
SMALLEST, LARGEST = 1e-12, 1e8


def smooth_activation(activation: Any, derivatives: int = 3) -> Activation:
    """Return the activation if it is smooth and has its first ``derivatives`` derivatives, or refuse it by name."""
    phi = activations.get(activation)
    if not phi.smooth:
        raise ValueError(f"activation = {phi.name!r} must be smooth; for 'relu' use relu_critical_point")
    missing = [
        order for order, function in ((2, phi.second), (3, phi.third)) if order <= derivatives and function is None
    ]
    if missing:
        wanted = " and ".join({2: "second", 3: "third"}[order] for order in missing)
        raise ValueError(f"activation = {phi.name!r} lacks its {wanted} derivative (activations.custom: second, third)")
    return phi


def nodes_of(q: float) -> tuple[Array, Array, Array]:
    """Nodes z, pre-activations h = sqrt(q) z and weights; a step like 1/sqrt(q) resolves poles at distance >= 1."""
    step = 0.1 * 0.5 ** max(0, math.ceil(0.5 * math.log2(q)))
    z, weights = gaussian(step)
    return z, math.sqrt(q) * z, weights


@lru_cache(maxsize=8)
def _plane(halvings: int) -> tuple[Array, Array, Array]:
    """Product trapezoid for two normals; the second one on its positive half, which is enough for even integrands."""
    z, w = gaussian(0.5**halvings / 6.0, 8.0)
    upper = z >= 0.0
    half = np.where(z[upper] > 0.0, 2.0 * w[upper], w[upper])
    x, y = np.meshgrid(z, z[upper], indexing="ij")
    weights = np.outer(w, half).ravel()
    keep = weights > 1e-20 * weights.max()
    return tuple(np.ascontiguousarray(a) for a in (x.ravel()[keep], y.ravel()[keep], weights[keep]))  # type: ignore[return-value]


def plane_nodes(q: float) -> tuple[Array, Array, Array]:
    """Nodes z1, z2 >= 0 and weights for integrands that are even in z2, fine enough for arguments sqrt(q) z."""
    return _plane(max(0, math.ceil(0.5 * math.log2(q / 3.0))))


def average(function: Callable[[Any], Any], q: float) -> float:
    """<f(h)>, h ~ N(0, q)."""
    _, h, weights = nodes_of(q)
    return float(weights @ function(h))


def length_map(phi: Activation, q: float, sigma_w: float, sigma_b: float) -> float:
    """q' = sigma_w^2 <phi^2> + sigma_b^2."""
    return sigma_w**2 * average(lambda h: phi.value(h) ** 2, q) + sigma_b**2


def length_fixed_point(phi: Activation, sigma_w: float, sigma_b: float) -> float:
    """The largest fixed point q > 0 of the length map, which is the one that large inputs reach."""

    def excess(log_q: float) -> float:
        q = math.exp(log_q)
        return length_map(phi, q, sigma_w, sigma_b) / q - 1.0

    upper = math.log(max(4.0 * (sigma_w**2 + sigma_b**2), 1.0))
    while excess(upper) >= 0.0:
        upper += 1.4
        if upper > math.log(LARGEST):
            raise ValueError(
                f"sigma_w = {sigma_w:g}: the length map of {phi.name!r} has no finite fixed point "
                f"below {LARGEST:g}; give a starting length q0"
            )
    lower = upper - 0.7
    while excess(lower) < 0.0:
        lower -= 0.7
        if lower < math.log(SMALLEST):
            raise ValueError(
                f"sigma_w = {sigma_w:g}: signals of {phi.name!r} die (only q = 0 is fixed at sigma_b = {sigma_b:g}); "
                "give a starting length q0"
            )
    return math.exp(optimize.brentq(excess, lower, lower + 0.7, xtol=1e-15, rtol=8.9e-16))
