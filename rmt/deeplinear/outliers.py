"""The bridge to random-matrix theory: learned weights are a fresh Gaussian matrix plus a rank-one spike.

The bulk of the learned weights and of their products is untouched by learning (Marchenko-Pastur for one layer,
Fuss-Catalan for a product of square ones); learning with one output shows as one outlier a layer.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import brentq

from rmt._checks import check_array, check_real
from rmt._results import Result
from rmt.deeplinear._data import check_architecture, kernel_modes
from rmt.deeplinear.kernels import linear_kernel
from rmt.deeplinear.renormalisation import solve_modes

__all__ = ["KernelOutlier", "LearnedSpectra", "kernel_outlier", "learned_spectra", "weight_spectrum_outlier"]


def weight_spectrum_outlier(u: float, variance: float, ratio: float) -> float:
    r"""Outlier of the eigenvalues of :math:`W_l W_l^T/N_{l-1}`: :math:`u\,(1 + c\,\sigma^2/(u - \sigma^2))`.

    Parameters
    ----------
    u : float
        Strength of the learned direction: ``u_{l-1}`` for l >= 2, see :func:`learned_spectra` for the first layer.
    variance : float
        :math:`\sigma^2` of the entries.
    ratio : float
        :math:`c = N_l/N_{l-1}`.

    Returns
    -------
    float
        Its position, or NaN when :math:`u/\sigma^2 \le 1 + \sqrt{c}` and the outlier is inside the bulk, whose edge is
        :math:`\sigma^2 (1 + \sqrt{c})^2`.

    Raises
    ------
    ValueError
        For arguments that are not positive.

    Examples
    --------
    >>> round(weight_spectrum_outlier(1.72568651, 0.36, 1.0), 10)
    2.1805838375
    """
    strength = check_real("u", u, low=0.0, low_open=True)
    v = check_real("variance", variance, low=0.0, low_open=True)
    c = check_real("ratio", ratio, low=0.0, low_open=True)
    if strength <= v * (1 + math.sqrt(c)):
        return math.nan
    return strength * (1 + c * v / (strength - v))


@dataclasses.dataclass(frozen=True)
class LearnedSpectra(Result):
    """Predicted spectrum of ``W_l W_l^T / N_{l-1}`` for every layer l = 1..L.

    Attributes
    ----------
    ratio : ndarray, shape (L,)
        ``c = N_l / N_{l-1}``.
    variance : ndarray, shape (L,)
        Variance of the entries of ``W_l``: the bulk is Marchenko-Pastur.
    edge : ndarray, shape (L,)
        Upper edge of the bulk.
    strength : ndarray, shape (L,)
        ``|W_l^T b|^2 / N_{l-1}`` along the learned direction b.
    outlier : ndarray, shape (L,)
        Position of the outlier, NaN where there is none.
    """

    ratio: NDArray[np.float64]
    variance: NDArray[np.float64]
    edge: NDArray[np.float64]
    strength: NDArray[np.float64]
    outlier: NDArray[np.float64]


def learned_spectra(
    X: ArrayLike,
    y: ArrayLike,
    widths: int | Sequence[int],
    weight_variances: ArrayLike = 1.0,
    temperature: float = 0.0,
    *,
    input_variance: float = 1.0,
) -> LearnedSpectra:
    r"""Bulk edge and outlier of the learned weights of every layer, from the mean field.

    Along the learned direction layer l >= 2 has strength :math:`u_{l-1}`, the first layer
    :math:`|w|^2/(N_0 \rho)` with w the effective map, which at T = 0 is
    :math:`\sigma_0^2[(1 - R/N_0) + B/(N_0\rho)]`, :math:`B = Y^T K_0^+ Y`.

    Parameters
    ----------
    X : array_like, shape (P, N_0)
    y : array_like, shape (P,)
    widths, weight_variances, temperature
        As :func:`kernel_renormalisation_layers`.
    input_variance : float
        :math:`\sigma_0^2`.

    Returns
    -------
    LearnedSpectra

    Raises
    ------
    ValueError
        As :func:`kernel_renormalisation_layers`.

    Examples
    --------
    >>> import numpy as np
    >>> rng = np.random.default_rng(0)
    >>> s = learned_spectra(rng.standard_normal((50, 150)), rng.standard_normal(50), [100, 100], 0.36, input_variance=0.36)
    >>> s.edge.round(3)
    array([1.188, 1.44 ])
    """
    kernel = linear_kernel(X, input_variance=input_variance)
    modes = kernel_modes(kernel, y)
    sizes, variances = check_architecture(widths, weight_variances)
    T = check_real("temperature", temperature, low=0.0)
    saddle = solve_modes(modes, sizes, variances, T)
    n0 = float(np.shape(X)[1])
    rho, k = saddle.rho, modes.eigenvalues
    total = rho * k + T
    first = input_variance * (1.0 + (np.sum(rho * k * modes.targets**2 / total**2) - np.sum(rho * k / total)) / n0)
    strength = np.concatenate([[first], saddle.u[:-1]])
    ratio = sizes / np.concatenate([[n0], sizes[:-1]])
    variance = np.concatenate([[input_variance], variances[:-1]])
    outlier = [
        weight_spectrum_outlier(float(a), float(b), float(c)) for a, b, c in zip(strength, variance, ratio, strict=True)
    ]
    return LearnedSpectra(ratio, variance, variance * (1 + np.sqrt(ratio)) ** 2, strength, np.array(outlier))


@dataclasses.dataclass(frozen=True)
class KernelOutlier(Result):
    """Largest eigenvalue of the kernel of the first hidden layer.

    Attributes
    ----------
    position : float
        Position of the outlier, NaN if it is inside the bulk.
    edge : float
        Upper edge of the bulk.
    """

    position: float
    edge: float


def kernel_outlier(K0: ArrayLike, y: ArrayLike, width: int, variance: float, partial: float) -> KernelOutlier:
    r"""Outlier of the layer kernel :math:`K_1 = (\sigma^2/N)\sum g g^T + \theta\,YY^T`, :math:`\theta = \sigma^2/(N\Lambda_1)`.

    With :math:`C = \sigma^2 K_0` and the map :math:`z(m) = -1/m + N^{-1}\mathrm{tr}\,C(1 + mC)^{-1}` of a sample covariance
    matrix, the edge is the minimum of z over :math:`-1/c_{\max} < m < 0` and the outlier the root of
    :math:`1 = (\theta/z)\,Y^T(1 + mC)^{-1}Y` above it.

    Parameters
    ----------
    K0 : array_like, shape (P, P)
    y : array_like, shape (P,)
    width : int
        N of the hidden layer.
    variance : float
        :math:`\sigma^2` of the weights that leave it.
    partial : float
        :math:`\Lambda_1 = \prod_{k \ge 1} u_k`, the kernel factor rho.

    Returns
    -------
    KernelOutlier

    Raises
    ------
    ValueError
        For shapes that do not match or arguments that are not positive.

    Examples
    --------
    >>> import numpy as np
    >>> found = kernel_outlier(np.eye(100), np.full(100, 2.0), 200, 1.0, 1.0)
    >>> round(found.edge, 6), found.position > found.edge
    (2.914214, True)
    """
    modes = kernel_modes(K0, y)
    sizes, _ = check_architecture(width, 1.0)
    v = check_real("variance", variance, low=0.0, low_open=True)
    rho = check_real("partial", partial, low=0.0, low_open=True)
    n = float(check_array("width", sizes)[0])
    c = v * modes.eigenvalues
    top = float(c[0])
    theta = v / (n * rho)

    # m = -t / c_max with t in (0, 1): the edge is where dz/dm = 0, unique there
    def slope(t: float) -> float:
        return 1.0 - t * t * float(np.sum((c / top / (1 - t * c / top)) ** 2)) / n

    upper = 1.0 - 1e-15
    edge_t = brentq(slope, 0.0, upper, xtol=1e-15) if slope(upper) < 0 else upper

    def z(t: float) -> float:
        return top / t + float(np.sum(c / (1 - t * c / top))) / n

    def condition(t: float) -> float:
        return theta * float(np.sum(modes.targets**2 / (1 - t * c / top))) / z(t) - 1.0

    if condition(edge_t) <= 0:
        return KernelOutlier(math.nan, z(edge_t))
    return KernelOutlier(z(brentq(condition, 1e-14, edge_t, xtol=1e-15)), z(edge_t))
