"""Input kernels: linear, and the arc-cosine kernel of rectified units used by the ReLU heuristic."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from rmt._checks import check_array, check_integer, check_real
from rmt.special import arccosine_kernel

__all__ = ["linear_kernel", "relu_kernel"]


def _inputs(X: ArrayLike, X_other: ArrayLike | None) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    left = check_array("X", X, ndim=2, min_size=1)
    right = left if X_other is None else check_array("X_other", X_other, ndim=2, min_size=1)
    if left.shape[1] != right.shape[1]:
        raise ValueError(
            f"X_other has {right.shape[1]} columns but X has {left.shape[1]}: both live in the input space"
        )
    return left, right


def linear_kernel(
    X: ArrayLike, X_other: ArrayLike | None = None, *, input_variance: float = 1.0
) -> NDArray[np.float64]:
    r"""Kernel of the first layer of a linear network, :math:`K_0 = \sigma_0^2 X X'^T / N_0`.

    Parameters
    ----------
    X : array_like, shape (P, N_0)
        Inputs, one example a row.
    X_other : array_like, shape (M, N_0), optional
        Second set of inputs; ``X`` itself by default.
    input_variance : float
        :math:`\sigma_0^2`, the variance of the entries of ``W_1`` (the layer is ``W_1 x / sqrt(N_0)``).

    Returns
    -------
    ndarray, shape (P, M)

    Raises
    ------
    ValueError
        If the inputs are not finite matrices with the same number of columns, or the variance is not positive.

    Examples
    --------
    >>> linear_kernel([[1.0, 1.0], [0.0, 2.0]])
    array([[1., 1.],
           [1., 2.]])
    """
    left, right = _inputs(X, X_other)
    variance = check_real("input_variance", input_variance, low=0.0, low_open=True)
    return variance * (left @ right.T) / left.shape[1]


def relu_kernel(
    X: ArrayLike, X_other: ArrayLike | None = None, *, depth: int, input_variance: float = 1.0
) -> NDArray[np.float64]:
    r"""Kernel of a wide network of rectified units: the arc-cosine map applied ``depth`` times to the linear kernel.

    .. math::

        \kappa(K)_{xy} = \frac{\sqrt{K_{xx} K_{yy}}}{2 \pi} [\sin t + (\pi - t) \cos t],
        \qquad \cos t = \frac{K_{xy}}{\sqrt{K_{xx} K_{yy}}}.

    The map is homogeneous of degree one, so the variances of the later weights are left to the renormalisation
    factors. **Heuristic**: the renormalisation theory is derived for linear units only; with this kernel in the place
    of ``K0`` it reproduces the variance of rectified networks within 6 per cent in the few runs it was tried on, and
    the squared bias within 1 to 20 per cent.

    Parameters
    ----------
    X : array_like, shape (P, N_0)
        Inputs, one example a row.
    X_other : array_like, shape (M, N_0), optional
        Second set of inputs; ``X`` itself by default.
    depth : int
        Number of hidden layers, at least 1.
    input_variance : float
        :math:`\sigma_0^2`, the variance of the entries of ``W_1``.

    Returns
    -------
    ndarray, shape (P, M)

    Raises
    ------
    ValueError
        As :func:`linear_kernel`, and for a depth below 1.

    Examples
    --------
    >>> relu_kernel([[1.0, 1.0], [1.0, -1.0]], depth=1).round(6)
    array([[0.5     , 0.159155],
           [0.159155, 0.5     ]])
    """
    left, right = _inputs(X, X_other)
    depth = check_integer("depth", depth, low=1)
    variance = check_real("input_variance", input_variance, low=0.0, low_open=True)
    kernel = variance * (left @ right.T) / left.shape[1]
    # one layer halves the diagonal: kappa(K)_xx = K_xx / 2
    rows = variance * np.einsum("ij,ij->i", left, left) / left.shape[1]
    columns = variance * np.einsum("ij,ij->i", right, right) / left.shape[1]
    for _ in range(depth):
        scale = np.sqrt(np.outer(rows, columns))
        cosine = np.divide(kernel, scale, out=np.ones_like(kernel), where=scale > 0)
        cosine = np.clip(cosine, -1.0, 1.0)  # rounding only: |K_xy| <= scale by Cauchy-Schwarz
        kernel = 0.5 * scale * arccosine_kernel(cosine)
        rows, columns = rows / 2, columns / 2
    return kernel
