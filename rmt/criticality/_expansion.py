"""Width corrections at fixed depth: the exact coefficient of 1/n in the mean order parameter of each layer."""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from rmt.activations import Activation
from rmt.criticality._differences import pair_values
from rmt.criticality._gaussian import average, plane_nodes

__all__ = ["first_order"]

Array = NDArray[np.float64]


@lru_cache(maxsize=16)
def first_order(
    phi: Activation, q: float, sigma_w: float, sigma_b: float, depth: int
) -> tuple[float, Array, Array, Array]:
    r"""Order parameter of infinite width and its two first-order changes, layer by layer from rho = 1.

    The kernel of the next layer is an average over n independent units, so the fluctuations of the length G = (K11 + K22)/2,
    of A and of D around infinite width obey linear recursions: covariances C -> J C J^T + (covariance of a unit), means
    m -> J m + (Hessian : C)/2. The growth chi of a small difference is divided out of every layer (D by chi, A by its root),
    so that the flow is critical at every ``sigma_w``; its effect to first order is the third result.

    Returns
    -------
    chi : float
    rho, width, growth : ndarray, shape (depth,)
        E rho = rho + width/n + growth ln(chi), to first order in 1/n and in ln(chi).
    """
    z1, z2, w = plane_nodes(q)
    a, b = z1**2 - 1.0, z2**2 - 1.0
    rows = w * np.array([np.ones_like(a), a, b, z1**4 - 6.0 * z1**2 + 3.0, a * b, z2**4 - 6.0 * z2**2 + 3.0])
    odd = w * z1 * z2
    chi = sigma_w**2 * average(lambda h: phi.derivative(h) ** 2, q)
    rho, width, growth = (np.zeros(depth) for _ in range(3))
    rho[0] = 1.0
    mean, cov, cross = np.zeros(2), np.zeros((2, 2)), 0.0  # of (G, D) and of A, times n
    moved = np.zeros(2)  # d(G, D)/d ln chi
    for l in range(depth):
        s, d = q * (1.0 - 0.5 * rho[l]), 2.0 * q * rho[l]
        # rho = 1 - (G - D/2)/sqrt(G^2 - A^2)
        gradient = np.array([-rho[l] / q, 0.5 / q])
        bend = np.array([[2.0 * rho[l] / q**2, -0.5 / q**2], [-0.5 / q**2, 0.0]])
        width[l] = gradient @ mean + 0.5 * (np.sum(bend * cov) - (1.0 - rho[l]) / q**2 * cross)
        growth[l] = gradient @ moved
        if l == depth - 1:
            break
        f_s, f_d = pair_values(phi, math.sqrt(s) * z1, math.sqrt(d) * z2)
        units = sigma_w**2 * np.array([f_s**2 + 0.25 * f_d**2, f_d**2 / chi])
        product = sigma_w**2 * f_s * f_d / math.sqrt(chi)
        value, ds, dd, dss, dsd, ddd = rows @ units.T
        ds, dd = ds / (2.0 * s), dd / (2.0 * d)
        dss, dsd, ddd = dss / (4.0 * s**2), dsd / (4.0 * s * d), ddd / (4.0 * d**2)
        # From (S, D) to (G, D): S = G - D/4.
        jacobian = np.column_stack([ds, dd - 0.25 * ds])
        curved = dss * cov[0, 0] + 2.0 * (dsd - 0.25 * dss) * cov[0, 1] + (ddd - 0.5 * dsd + dss / 16.0) * cov[1, 1]
        mean = jacobian @ mean + 0.5 * (curved + 4.0 * dsd * cross)
        cov = jacobian @ cov @ jacobian.T + (units * w) @ units.T - np.outer(value, value)
        cross = (odd @ product) ** 2 / (s * d) * cross + float(w @ product**2)
        moved = jacobian @ moved + np.array([0.0, value[1]])
        rho[l + 1] = value[1] / (2.0 * q)
    return chi, rho, width, growth
