"""Predictor and generalisation error of a deep linear network, from the mean field or exactly."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from rmt._checks import check_array, check_choice, check_real
from rmt._results import Result
from rmt.deeplinear._data import Modes, check_architecture, kernel_modes
from rmt.deeplinear._mixture import Mixture
from rmt.deeplinear.renormalisation import solve_modes

__all__ = ["GeneralisationError", "Prediction", "generalisation_error", "posterior_predictive"]


@dataclasses.dataclass(frozen=True)
class Prediction(Result):
    """Mean and variance of the network's output at test points.

    Attributes
    ----------
    mean, variance : ndarray, shape (M,)
        Moments of the noise-free output under the posterior.
    rho : float
        Factor of the kernel: its mean-field value, or its exact posterior mean.
    method : str
    """

    mean: NDArray[np.float64]
    variance: NDArray[np.float64]
    rho: float
    method: str


@dataclasses.dataclass(frozen=True)
class GeneralisationError(Result):
    """Squared error at test points, split into bias and variance.

    Attributes
    ----------
    error, bias_squared, variance : float
        Averages over the test points; ``error = bias_squared + variance``.
    errors : ndarray, shape (M,)
        The error at each test point.
    rho : float
    method : str
    """

    error: float
    bias_squared: float
    variance: float
    errors: NDArray[np.float64]
    rho: float
    method: str


def check_test_kernels(
    modes: Modes, k_test: ArrayLike, k_diagonal: ArrayLike
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Projections of the test kernels on the modes, shape (M, R), and the test variances (M,)."""
    cross = check_array("k_test", k_test)
    if cross.ndim == 1:
        cross = cross[:, None]
    diagonal = np.atleast_1d(check_array("k_diagonal", k_diagonal))
    if cross.ndim != 2 or cross.shape[0] != modes.examples:
        raise ValueError(
            f"k_test has shape {cross.shape}: it needs one row for each of the {modes.examples} training examples"
        )
    if diagonal.shape != (cross.shape[1],):
        raise ValueError(
            f"k_diagonal has shape {diagonal.shape}, not ({cross.shape[1]},): one prior variance a test point"
        )
    return cross.T @ modes.vectors, diagonal


def conditional_moments(
    modes: Modes,
    projections: NDArray[np.float64],
    diagonal: NDArray[np.float64],
    rho: NDArray[np.float64],
    temperature: float,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Mean and variance of the output given rho, shapes (len(rho), M)."""
    total = rho[:, None] * modes.eigenvalues + temperature
    mean = (rho[:, None] * modes.targets / total) @ projections.T
    variance = rho[:, None] * diagonal - (rho[:, None] ** 2 / total) @ (projections**2).T
    # a test point in the span of the training inputs has variance zero; rounding may put it just below
    return mean, np.maximum(variance, 0.0)


def predict_mixture(mixture: Mixture, projections: NDArray[np.float64], diagonal: NDArray[np.float64]) -> Prediction:
    """Exact posterior mean and variance at test points given by their projections."""
    modes, T = mixture.modes, mixture.temperature
    zero, one = np.zeros(mixture.widths.size), np.ones(mixture.widths.size)
    if T == 0.0:
        rho = float(np.exp(mixture.log_integral(one) - mixture.log_integral(zero)))
        mean, variance = conditional_moments(modes, projections, diagonal, np.array([rho]), 0.0)
        return Prediction(mean[0], variance[0], rho, "exact")
    x, log_density = mixture.nodes(zero)
    weights = np.exp(log_density - log_density.max())
    weights /= weights.sum()
    mean, variance = conditional_moments(modes, projections, diagonal, np.exp(x), T)
    average = weights @ mean
    return Prediction(average, weights @ (variance + (mean - average) ** 2), float(weights @ np.exp(x)), "exact")


def posterior_predictive(
    K0: ArrayLike,
    y: ArrayLike,
    k_test: ArrayLike,
    k_diagonal: ArrayLike,
    widths: int | Sequence[int],
    weight_variances: ArrayLike = 1.0,
    temperature: float = 0.0,
    *,
    method: str = "mean_field",
) -> Prediction:
    r"""Mean and variance of the network's output at new inputs.

    Given the kernel factor rho,

    .. math::

        \langle f\rangle = \rho\,k_x^T(\rho K_0 + T)^{-1} Y, \qquad
        \mathrm{Var} f = \rho\,k_{xx} - \rho^2\,k_x^T(\rho K_0 + T)^{-1} k_x .

    At T = 0 the mean is :math:`k_x^T K_0^{-1} Y` at every width, depth and variance, and the variance is proportional
    to rho.

    Parameters
    ----------
    K0 : array_like, shape (P, P)
        Input kernel of the training set.
    y : array_like, shape (P,)
        Targets.
    k_test : array_like, shape (P, M) or (P,)
        The same kernel between training and test inputs.
    k_diagonal : array_like, shape (M,) or scalar
        The same kernel of each test input with itself.
    widths, weight_variances, temperature
        As :func:`kernel_renormalisation_layers`.
    method : {"mean_field", "exact"}
        rho at its saddle point, or averaged over its exact posterior; the two differ by O(1/N).

    Returns
    -------
    Prediction
        ``.mean .variance`` of shape (M,), and ``.rho``.

    Raises
    ------
    ValueError
        For shapes that do not match, values that are not finite, or T < 0.

    Examples
    --------
    >>> K0, y = [[1.0, 0.2], [0.2, 1.0]], [1.0, -1.0]
    >>> p = posterior_predictive(K0, y, [0.5, 0.1], 1.0, widths=[10, 10], method="exact")
    >>> p.mean.round(6), p.variance.round(6)
    (array([0.5]), array([0.852863]))
    """
    check_choice("method", method, ("mean_field", "exact"))
    modes = kernel_modes(K0, y)
    sizes, variances = check_architecture(widths, weight_variances)
    T = check_real("temperature", temperature, low=0.0)
    projections, diagonal = check_test_kernels(modes, k_test, k_diagonal)
    if method == "exact":
        return predict_mixture(Mixture(modes, sizes, variances, T), projections, diagonal)
    rho = solve_modes(modes, sizes, variances, T).rho
    mean, variance = conditional_moments(modes, projections, diagonal, np.array([rho]), T)
    return Prediction(mean[0], variance[0], rho, "mean_field")


def generalisation_error(
    K0: ArrayLike,
    y: ArrayLike,
    k_test: ArrayLike,
    k_diagonal: ArrayLike,
    y_test: ArrayLike,
    widths: int | Sequence[int],
    weight_variances: ArrayLike = 1.0,
    temperature: float = 0.0,
    *,
    method: str = "mean_field",
) -> GeneralisationError:
    r"""Mean squared error at test points, :math:`\epsilon_g = (\langle f\rangle - y)^2 + \mathrm{Var} f`, averaged.

    Parameters
    ----------
    K0, y, k_test, k_diagonal, widths, weight_variances, temperature, method
        As :func:`posterior_predictive`.
    y_test : array_like, shape (M,)
        The labels at the test points.

    Returns
    -------
    GeneralisationError
        ``.error = .bias_squared + .variance``, and ``.errors`` for each test point.

    Raises
    ------
    ValueError
        As :func:`posterior_predictive`, and if ``y_test`` has another length than the test kernels.

    Examples
    --------
    >>> K0, y = [[1.0, 0.2], [0.2, 1.0]], [1.0, -1.0]
    >>> e = generalisation_error(K0, y, [0.5, 0.1], 1.0, [0.4], widths=10)
    >>> round(e.bias_squared, 12), e.error == e.bias_squared + e.variance
    (0.01, True)
    """
    prediction = posterior_predictive(K0, y, k_test, k_diagonal, widths, weight_variances, temperature, method=method)
    labels = np.atleast_1d(check_array("y_test", y_test))
    if labels.shape != prediction.mean.shape:
        raise ValueError(f"y_test has shape {labels.shape}, not {prediction.mean.shape}: one label a test point")
    bias = (prediction.mean - labels) ** 2
    bias_squared, variance = float(bias.mean()), float(prediction.variance.mean())
    return GeneralisationError(
        bias_squared + variance, bias_squared, variance, bias + prediction.variance, prediction.rho, method
    )
