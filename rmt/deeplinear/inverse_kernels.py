"""Mean inverse kernels of the hidden layers: a closed form at any depth, from the scales of the layers alone."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from rmt._checks import check_array, check_choice, check_integer, check_real
from rmt._quadrature import half_line
from rmt.deeplinear._data import Modes, check_architecture, kernel_modes
from rmt.deeplinear._mixture import Mixture
from rmt.deeplinear.renormalisation import solve_modes

__all__ = ["mean_inverse_layer_kernel"]

Array = NDArray[np.float64]


def _mean_projector(modes: Modes, rho: Array, weights: Array, temperature: float) -> Array:
    r"""``sum_j weights_j E[g g^T / |g|^2 | rho_j]`` with ``g = K0^(-1/2) f``, f the training outputs, in the mode basis.

    Given rho, g is Gaussian with independent components; ``1/|g|^2 = int_0^inf exp(-t |g|^2) dt`` leaves one integral.
    In ln t the integrand is analytic within pi/2 of the real axis: at a step of 0.25 the trapezoid error is exp(-39).
    """
    k, root = modes.eigenvalues, np.sqrt(modes.eigenvalues)
    if temperature == 0.0:
        g = modes.targets / root
        return float(weights.sum()) * np.outer(g, g) / float(g @ g)
    out = np.zeros((modes.rank, modes.rank))
    for value, weight in zip(rho, weights, strict=True):
        total = value * k + temperature
        mean, variance = value * root * modes.targets / total, value * temperature / total
        low = -math.log(float(mean @ mean + variance.sum())) - 38.0
        high = -math.log(2 * float(variance.max())) + 80.0 / modes.rank + 4.0
        t, step = half_line(low, high, 0.25)
        shrink = 1.0 + 2.0 * t[:, None] * variance
        log_mass = -0.5 * np.log(shrink).sum(axis=1) - t * np.sum(mean**2 / shrink, axis=1)
        mass = weight * step * np.exp(log_mass)
        shifted = mean / shrink
        out += (shifted.T * mass) @ shifted + np.diag(mass @ (variance / shrink))
    return out


def _exact_terms(mixture: Mixture, l: int) -> tuple[float, Array]:
    """Coefficient of ``K0^-1`` and the matrix along the outputs, in the basis of whitened modes."""
    modes, widths, variances = mixture.modes, mixture.widths, mixture.variances
    index = np.arange(1, widths.size + 1)
    log_mass = mixture.log_integral(np.zeros(widths.size))
    free = widths[:l] - modes.rank - 1
    growth = np.concatenate([[1.0], np.cumprod(widths[:l] / (variances[:l] * free))])  # q_0..q_l
    # (powers of u, share of K0^-1, share of the projector) of every term of the formula
    terms: list[tuple[Array, float, float]] = [(np.zeros(widths.size), growth[l], -growth[l])]
    for k in range(1, l + 1):
        share = growth[k - 1] / free[k - 1]
        terms.append((np.where((index >= k) & (index <= l), -1.0, 0.0), share, (1.0 if k == 1 else 0.0) - share))
    bulk, along = 0.0, np.zeros((modes.rank, modes.rank))
    for powers, isotropic, aligned in terms:
        if mixture.temperature == 0.0:
            rho, weights = np.ones(1), np.array([math.exp(mixture.log_integral(powers) - log_mass)])
        else:
            x, log_density = mixture.nodes(powers)
            rho, weights = np.exp(x), np.exp(log_density - log_mass)
        bulk += isotropic * float(weights.sum())
        along += aligned * _mean_projector(modes, rho, weights, mixture.temperature)
    return bulk, along


def mean_inverse_layer_kernel(
    K0: ArrayLike,
    y: ArrayLike,
    widths: int | Sequence[int],
    weight_variances: ArrayLike = 1.0,
    temperature: float = 0.0,
    *,
    layer: int = 1,
    method: str = "exact",
) -> NDArray[np.float64]:
    r"""Posterior mean of the inverse of the kernel :math:`K_l = (\sigma_l^2/N_l)\,X_l X_l^T` of a hidden layer.

    With :math:`\Pi = K_0^{-1}ff^TK_0^{-1}/(f^TK_0^{-1}f)`, f the outputs on the training set (:math:`f = Y` at T = 0),

    .. math::

        E[K_l^{-1}] = E\Big[\prod_{j \le l} \frac{1}{u_j}\,\Pi + \Big(q_l + \sum_{k=1}^{l}
        \frac{q_{k-1}}{N_k - P - 1} \prod_{j=k}^{l} \frac{1}{u_j}\Big) (K_0^{-1} - \Pi)\Big],
        \qquad q_l = \prod_{j \le l} \frac{N_j}{\sigma_j^2 (N_j - P - 1)} .

    Learning leaves the inverse kernel alone but along the outputs, where it is divided by the factors :math:`u_j`, and
    at order 1/N elsewhere.

    Parameters
    ----------
    K0, y, widths, weight_variances, temperature
        As :func:`kernel_renormalisation_layers`; ``K0`` of full rank.
    layer : int
        l from 1 to L.
    method : {"exact", "mean_field"}
        Exact at finite N and P, or to leading order: :math:`\prod_j 1/u_j` along the outputs and
        :math:`\prod_j 1/[\sigma_j^2 (1 - P/N_j)]` elsewhere.

    Returns
    -------
    ndarray, shape (P, P)

    Raises
    ------
    ValueError
        If ``K0`` is singular, a layer up to l has ``N <= P + 1`` (the mean is infinite), or y = 0 at T = 0. Layers above l
        may be of any width.

    Notes
    -----
    Derived in docs/theory/deep-linear-networks.md for one output. At T = 0 the means are ratios of Meijer G functions; at
    T > 0 two nested one-dimensional integrals, spectrally accurate. Tested against sampled weights at every layer of
    three, T = 0 and T > 0, and against the known closed form of one layer.

    Examples
    --------
    >>> import numpy as np
    >>> mean_inverse_layer_kernel(np.eye(2), [1.0, 0.0], 20).round(4)
    array([[1.1565, 0.    ],
           [0.    , 1.2445]])
    >>> mean_inverse_layer_kernel(np.eye(2), [1.0, 0.0], [20, 30, 2], layer=2, temperature=0.1).round(4)
    array([[1.2361, 0.    ],
           [0.    , 1.4013]])
    """
    check_choice("method", method, ("exact", "mean_field"))
    kernel = check_array("K0", K0, ndim=2, min_size=1)
    modes = kernel_modes(kernel, y)
    sizes, variances = check_architecture(widths, weight_variances)
    T = check_real("temperature", temperature, low=0.0)
    l = check_integer("layer", layer, low=1, high=sizes.size)
    if modes.rank < modes.examples:
        raise ValueError(f"K0 has rank {modes.rank} of {modes.examples}: the layer kernels have no inverse")
    if modes.strength == 0.0 and T == 0.0:
        raise ValueError("y = 0 at temperature = 0: the projector on the targets is not defined")
    if np.any(sizes[:l] <= modes.rank + 1):
        raise ValueError(
            f"widths = {sizes.tolist()}: the mean inverse of layer {l} needs widths above P + 1 = {modes.rank + 1}"
        )
    if method == "exact":
        bulk, along = _exact_terms(Mixture(modes, sizes, variances, T), l)
    else:
        saddle = solve_modes(modes, sizes, variances, T)
        bulk = float(np.prod(1.0 / (variances[:l] * (1 - modes.rank / sizes[:l]))))
        weight = 1.0 / np.prod(saddle.u[:l]) - bulk
        along = _mean_projector(modes, np.array([saddle.rho]), np.array([weight]), T)
    whitened = modes.vectors / np.sqrt(modes.eigenvalues)
    return whitened @ (bulk * np.eye(modes.rank) + along) @ whitened.T
