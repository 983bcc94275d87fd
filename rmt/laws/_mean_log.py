r"""Mean logarithm of the non-zero values of a product, in closed form where a node is filled, by quadrature elsewhere.

1 - m(z) is the distribution function of ln s^2 + a standard logistic variable (mean zero), so
E ln s^2 = \int z dm over the filled range; and H_{a,b}(e^x) is the distribution function of
logistic - ln S - ln S', with E ln S = (1/a - 1) gamma_E.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from rmt._quadrature import gauss_legendre_panels
from rmt.laws.chain import Node, System, _invert

__all__ = ["mean_log", "moment"]


def mean_log(system: System) -> float:
    """E ln s over the non-zero values (the same number per value for the open and for the closed chain)."""
    top = float(np.exp(system.log_max))
    integral = system.sum_inverse_a * (system.log_max - 1) + system.constant
    for node in system.nodes:
        integral -= node.multiplicity * _mean_x(node, top)
    return 0.5 * integral


def _mean_x(node: Node, top: float) -> float:
    """(1/M_max) int_0^{M_max} x(M) dM at one node."""
    kernel = node.kernel
    if node.narrow:
        mean_log_s = ((1 / kernel.a - 1) + (1 / kernel.b - 1)) * np.euler_gamma
        return -float(kernel.log_d2_mean) / kernel.mass - mean_log_s
    mu = np.array([np.log(top)])
    x_top = float(_invert(node, mu, mu)[0])
    start = min(x_top, -float(kernel.highest)) - 40 / kernel.a
    x, w = gauss_legendre_panels(np.linspace(start, x_top, max(2, int((x_top - start) / 1.0) + 2)), 16)
    area = float(w @ kernel.evaluate(x)[0])
    return x_top - area * float(np.exp(node.log_width)) / top


def moment(ccdf_log: Callable[[NDArray], NDArray], order: float, centre: float, reach: float) -> float:
    """E s^order = int order e^(order t) ccdf(e^t) dt from where it is negligible up to ``reach``, on unit panels."""
    low = centre - 38.0 / order
    t, w = gauss_legendre_panels(np.linspace(low, reach, int(2 * (reach - low)) + 2), 10)
    return float(np.sum(w * order * np.exp(order * t) * ccdf_log(t)))
