"""Mean kernels of the hidden layers, and of their inverses: the emergent representations."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from rmt._checks import check_array, check_choice, check_integer, check_real
from rmt.deeplinear._data import Modes, check_architecture, kernel_modes
from rmt.deeplinear._mixture import Mixture
from rmt.deeplinear.renormalisation import solve_modes

__all__ = ["mean_inverse_layer_kernel", "mean_layer_kernels", "output_second_moment"]


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
        As :func:`kernel_renormalisation_layers`; at T > 0 the exact mean of a layer l needs ``N_k > 2`` for all k >= l.

    Notes
    -----
    Exact for one output at any width. At T > 0 the correlation of f with the scales is kept by a quadrature over rho
    with the prior measure tilted by :math:`1/\Lambda_l`. Tested against samples of the weights.

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
        if exact:
            powers = np.where(np.arange(1, count + 1) >= l, -1.0, 0.0)
            if T > 0 and np.any(sizes[l - 1 :] <= 2):
                raise ValueError(
                    f"widths = {sizes.tolist()}: the mean kernel of layer {l} at temperature > 0 needs widths above 2"
                )
            if T == 0.0:
                rho, weights = np.ones(1), np.array([np.exp(mixture.log_integral(powers) - log_mass)])
            else:
                x, log_density = mixture.nodes(powers)
                rho, weights = np.exp(x), np.exp(log_density - log_mass)
        else:
            rho, weights = np.array([saddle.rho]), np.array([1.0 / np.prod(saddle.u[l - 1 :])])
        moment = output_second_moment(modes, rho, weights, T)
        keep = 1.0 - 1.0 / sizes[l - 1] if exact else 1.0
        current = variances[l - 1] * (keep * current + moment / sizes[l - 1])
        out.append(modes.vectors @ current @ modes.vectors.T)
    return np.stack(out)


def mean_inverse_layer_kernel(
    K0: ArrayLike,
    y: ArrayLike,
    widths: int | Sequence[int],
    weight_variances: ArrayLike = 1.0,
    *,
    layer: int = 1,
    method: str = "mean_field",
) -> NDArray[np.float64]:
    r"""Mean inverse kernel of a hidden layer of a wide network at T = 0.

    With :math:`\Pi = K_0^{-1}YY^TK_0^{-1}/(Y^TK_0^{-1}Y)`, to leading order

    .. math::

        \langle K_l^{-1}\rangle = \prod_{k \le l} \frac{1}{\sigma_k^2 (1-\eta_k)}\,(K_0^{-1} - \Pi)
        + \prod_{k \le l} \frac{1}{u_k}\,\Pi .

    For one hidden layer the exact mean is :math:`(N/\sigma^2)[(1+e)/(N-P-1)\,(K_0^{-1}-\Pi) + e\,\Pi]`,
    :math:`e = \sigma^2 E[1/u]/N`.

    Parameters
    ----------
    K0, y, widths, weight_variances
        As :func:`kernel_renormalisation_layers`; ``K0`` of full rank.
    layer : int
        l from 1 to L.
    method : {"mean_field", "exact"}
        Exact for L = 1 only.

    Returns
    -------
    ndarray, shape (P, P)

    Raises
    ------
    ValueError
        If ``K0`` is singular, a layer up to l has ``N <= P + 1`` (the mean is infinite), or ``"exact"`` with L > 1.

    Examples
    --------
    >>> import numpy as np
    >>> mean_inverse_layer_kernel(np.eye(2), [1.0, 0.0], 20, method="exact").round(4)
    array([[1.1565, 0.    ],
           [0.    , 1.2445]])
    """
    check_choice("method", method, ("mean_field", "exact"))
    kernel = check_array("K0", K0, ndim=2, min_size=1)
    modes = kernel_modes(kernel, y)
    sizes, variances = check_architecture(widths, weight_variances)
    l = check_integer("layer", layer, low=1, high=sizes.size)
    if modes.rank < modes.examples:
        raise ValueError(f"K0 has rank {modes.rank} of {modes.examples}: the layer kernels have no inverse")
    if modes.strength == 0.0:
        raise ValueError("y = 0: the projector on the targets is not defined")
    if np.any(sizes[:l] <= modes.rank + 1):
        raise ValueError(
            f"widths = {sizes.tolist()}: the mean inverse of layer {l} needs widths above P + 1 = {modes.rank + 1}"
        )
    inverse = (modes.vectors / modes.eigenvalues) @ modes.vectors.T
    direction = modes.vectors @ (modes.targets / modes.eigenvalues)
    projector = np.outer(direction, direction) / modes.strength
    if method == "exact":
        if sizes.size > 1:
            raise ValueError(f"method = 'exact' is known for one hidden layer, widths = {sizes.tolist()}")
        mixture = Mixture(modes, sizes, variances, 0.0)
        e = variances[0] / sizes[0] * np.exp(mixture.log_integral(np.array([-1.0])) - mixture.log_integral(np.zeros(1)))
        bulk = (1 + e) / (sizes[0] - modes.rank - 1)
        return sizes[0] / variances[0] * (bulk * (inverse - projector) + e * projector)
    u = solve_modes(modes, sizes, variances, 0.0).u
    bulk = 1.0 / np.prod(variances[:l] * (1 - modes.rank / sizes[:l]))
    return bulk * (inverse - projector) + projector / np.prod(u[:l])
