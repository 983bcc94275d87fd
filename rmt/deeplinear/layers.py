"""Mean kernels of the hidden layers: the emergent representations."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from rmt._checks import check_choice, check_real
from rmt.deeplinear._data import Modes, check_architecture, kernel_modes
from rmt.deeplinear._mixture import Mixture
from rmt.deeplinear.renormalisation import solve_modes

__all__ = ["mean_layer_kernels"]


def output_second_moment(
    modes: Modes, rho: NDArray[np.float64], weights: NDArray[np.float64], temperature: float
) -> NDArray[np.float64]:
    """``sum_j weights_j E[f f^T | rho_j]`` on the training set, in the basis of the modes."""
    signal = rho[:, None] * modes.eigenvalues
    total = signal + temperature
    mean = signal * modes.targets / total
    return (mean.T * weights) @ mean + np.diag(weights @ (signal * temperature / total))


def mean_layer_kernels(
    K0: ArrayLike,
    y: ArrayLike,
    widths: int | Sequence[int],
    weight_variances: ArrayLike = 1.0,
    temperature: float = 0.0,
    *,
    method: str = "exact",
) -> NDArray[np.float64]:
    r"""Posterior means of the layer kernels :math:`K_l = (\sigma_l^2/N_l)\,X_l X_l^T`.

    .. math::

        E[K_l] = \sigma_l^2 (1 - 1/N_l)\,E[K_{l-1}] + (\sigma_l^2/N_l)\,E[f f^T/\Lambda_l], \qquad
        \Lambda_l = \prod_{k \ge l} u_k .

    Learning adds a multiple of :math:`Y Y^T` to the kernel of every layer, more to the later ones.

    Parameters
    ----------
    K0, y, widths, weight_variances, temperature
        As :func:`kernel_renormalisation_layers`.
    method : {"exact", "mean_field"}
        Exact at finite N and P, or to leading order.

    Returns
    -------
    ndarray, shape (L, P, P)

    Raises
    ------
    ValueError
        As :func:`kernel_renormalisation_layers`.

    Notes
    -----
    Exact for one output at any width. At T > 0 the correlation of f with the scales is kept by a quadrature over rho
    with the prior measure tilted by :math:`u_1 \cdots u_{l-1} = \rho/\Lambda_l`. Tested against samples of the weights.

    Examples
    --------
    >>> import numpy as np
    >>> K1, K2 = mean_layer_kernels(np.eye(2), [1.0, -1.0], [20, 20])
    >>> K1.round(4)
    array([[ 1.0077, -0.0577],
           [-0.0577,  1.0077]])
    """
    check_choice("method", method, ("exact", "mean_field"))
    modes = kernel_modes(K0, y)
    sizes, variances = check_architecture(widths, weight_variances)
    T = check_real("temperature", temperature, low=0.0)
    count = sizes.size
    saddle = solve_modes(modes, sizes, variances, T)
    mixture = Mixture(modes, sizes, variances, T)
    exact = method == "exact"
    log_mass = mixture.log_integral(np.zeros(count)) if exact else 0.0
    current = np.diag(modes.eigenvalues)
    out = []
    for l in range(1, count + 1):
        if exact and T == 0.0:
            powers = np.where(np.arange(1, count + 1) >= l, -1.0, 0.0)
            rho, weights = np.ones(1), np.array([np.exp(mixture.log_integral(powers) - log_mass)])
        elif exact:
            # 1/Lambda_l = (u_1 ... u_{l-1}) / rho: the powers stay positive, so that any width will do
            x, log_density = mixture.nodes(np.where(np.arange(1, count + 1) < l, 1.0, 0.0))
            rho, weights = np.exp(x), np.exp(log_density - x - log_mass)
        else:
            rho, weights = np.array([saddle.rho]), np.array([1.0 / np.prod(saddle.u[l - 1 :])])
        moment = output_second_moment(modes, rho, weights, T)
        keep = 1.0 - 1.0 / sizes[l - 1] if exact else 1.0
        current = variances[l - 1] * (keep * current + moment / sizes[l - 1])
        out.append(modes.vectors @ current @ modes.vectors.T)
    return np.stack(out)
