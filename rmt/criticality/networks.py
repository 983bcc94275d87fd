"""Networks with their weights drawn, to check the exact chains against; and the exact chain of any number of signals."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rmt import activations
from rmt._checks import check_array, check_choice, check_integer, check_real
from rmt._random import RandomState, streams
from rmt._results import provenance
from rmt.activations import Activation
from rmt.criticality._chain import start_length
from rmt.criticality._differences import pair_values
from rmt.criticality.pairs import ESTIMATORS, PairChains, order_parameter

__all__ = ["simulate_network", "simulate_signals"]

Array = NDArray[np.float64]


def simulate_network(
    width: int,
    depth: int,
    *,
    sigma_w: float,
    sigma_b: float,
    activation: Any = "tanh",
    realisations: int = 10,
    rho0: float = 1.0,
    q0: float | None = None,
    estimator: str = "kernel",
    rng: RandomState = None,
) -> PairChains:
    r"""Simulate two signals with dense Gaussian weight matrices, O(n^2) a layer: the check of :func:`simulate_pairs`.

    Half-sum and difference go through the same matrices, so that :math:`\rho` is resolved as in the chain.

    Parameters
    ----------
    width, depth : int
        Units per layer, at least 2; layers, at least 1.
    sigma_w, sigma_b : float
        Scales of weights and biases.
    activation : str or Activation
        Any activation.
    realisations : int
        Number of networks.
    rho0, q0 : float
        Order parameter and length of the first layer.
    estimator : {"kernel", "cosine", "pearson"}
        As in :func:`simulate_pairs`.
    rng : seed or Generator
        One spawned stream per network.

    Returns
    -------
    PairChains

    Raises
    ------
    ValueError
        If an argument is out of range.

    Examples
    --------
    >>> from rmt.criticality import simulate_network
    >>> simulate_network(20, 5, sigma_w=1.4, sigma_b=0.3, rng=1).rho.shape
    (10, 5)
    """
    phi = activations.get(activation)
    n, layers = check_integer("width", width, low=2), check_integer("depth", depth, low=1)
    sw, sb = check_real("sigma_w", sigma_w, low=0.0, low_open=True), check_real("sigma_b", sigma_b, low=0.0)
    start = check_real("rho0", rho0, low=0.0, high=2.0)
    which = check_choice("estimator", estimator, ESTIMATORS)
    q = start_length(phi, sw, sb, q0)
    moments = np.empty((check_integer("realisations", realisations, low=1), layers, 3))
    for r, stream in enumerate(streams(rng, moments.shape[0])):
        z = stream.standard_normal((2, n))
        s, d = math.sqrt(q * (1.0 - 0.5 * start)) * z[0], math.sqrt(2.0 * q * start) * z[1]
        kernel = np.array([q * (1.0 - 0.5 * start), 0.0, 2.0 * q * start])
        for l in range(layers):
            if which == "kernel":
                moments[r, l] = kernel
            else:
                x, y = (s - s.mean(), d - d.mean()) if which == "pearson" else (s, d)
                moments[r, l] = x @ x / n, x @ y / n, y @ y / n
            if l == layers - 1:
                break
            f_s, f_d = pair_values(phi, s, d)
            kernel = sw**2 / n * np.array([f_s @ f_s, f_s @ f_d, f_d @ f_d])
            kernel[0] += sb**2
            weights = stream.standard_normal((n, n)) * (sw / math.sqrt(n))
            s, d = weights @ f_s + sb * stream.standard_normal(n), weights @ f_d
    rho, log_rho = order_parameter(moments[..., 0], moments[..., 1], moments[..., 2])
    meta = {"activation": phi.name, "width": n, "sigma_w": sw, "sigma_b": sb, "estimator": which, **provenance()}
    return PairChains(rho=rho, log_rho=log_rho, q=moments[..., 0] + 0.25 * moments[..., 2], meta=meta)


def simulate_signals(
    width: int,
    depth: int,
    kernel: Any,
    *,
    sigma_w: float,
    sigma_b: float,
    activation: Any = "tanh",
    realisations: int = 100,
    rng: RandomState = None,
) -> Array:
    r"""Simulate the kernels of any number of signals in random Gaussian networks, exactly, in O(n P^2 + P^3) a layer.

    .. math:: K^{(l+1)}_{ab} = \frac{\sigma_w^2}{n}\sum_j\phi(h_{a,j})\phi(h_{b,j}) + \sigma_b^2,\qquad
              (h_{1,j},\dots,h_{P,j})\sim N(0, K^{(l)})

    Parameters
    ----------
    width, depth : int
        Units per layer, at least 2; layers, at least 1.
    kernel : array_like, shape (P, P)
        Kernel of the first layer, symmetric and positive semi-definite.
    sigma_w, sigma_b : float
        Scales of weights and biases.
    activation : str or Activation
        Any activation.
    realisations : int
        Number of networks ``R``.
    rng : seed or Generator
        One spawned stream per network.

    Returns
    -------
    ndarray, shape (R, depth, P, P)
        Kernels in the basis of the first signal and of the differences of the others from it:
        ``[..., 0, 0]`` is K_11 and ``[..., a, b]`` is Cov(h_a - h_1, h_b - h_1). Differences far below rounding of the
        kernel itself keep their relative accuracy; ``kernel_of_signals = T @ result @ T.T`` with ones in the first
        column of the identity T.

    Raises
    ------
    ValueError
        If an argument is out of range or the kernel is not positive semi-definite.

    Examples
    --------
    >>> import numpy as np
    >>> from rmt.criticality import simulate_signals
    >>> simulate_signals(50, 4, 0.7 * np.eye(3), sigma_w=1.4, sigma_b=0.3, realisations=5, rng=1).shape
    (5, 4, 3, 3)
    """
    phi = activations.get(activation)
    n, layers = check_integer("width", width, low=2), check_integer("depth", depth, low=1)
    sw, sb = check_real("sigma_w", sigma_w, low=0.0, low_open=True), check_real("sigma_b", sigma_b, low=0.0)
    first = check_array("kernel", kernel, ndim=2)
    signals = first.shape[0]
    if signals == 0 or first.shape != (signals, signals) or not np.allclose(first, first.T, rtol=1e-12, atol=0.0):
        raise ValueError(f"kernel must be a symmetric (P, P) array, not of shape {first.shape}")
    if np.linalg.eigvalsh(first)[0] < -1e-12 * np.trace(first):
        raise ValueError("kernel must be positive semi-definite")
    basis = np.eye(signals)
    basis[1:, 0] = -1.0
    result = np.empty((check_integer("realisations", realisations, low=1), layers, signals, signals))
    for r, stream in enumerate(streams(rng, result.shape[0])):
        state = basis @ first @ basis.T
        for l in range(layers):
            result[r, l] = state
            if l < layers - 1:
                state = _next_kernel(phi, state, n, sw, sb, stream)
    return result


def _next_kernel(phi: Activation, state: Array, n: int, sw: float, sb: float, stream: np.random.Generator) -> Array:
    """One layer in the basis (first signal, differences); every difference on its own scale in the factorisation."""
    scale = np.sqrt(np.diag(state))
    unit = np.where(scale > 0.0, scale, 1.0)
    values, vectors = np.linalg.eigh(state / np.outer(unit, unit))
    root = unit[:, None] * vectors * np.sqrt(np.maximum(values, 0.0))
    h = root @ stream.standard_normal((state.shape[0], n))
    features = np.empty_like(h)
    features[0] = phi.value(h[0])
    for a in range(1, h.shape[0]):
        features[a] = pair_values(phi, h[0] + 0.5 * h[a], h[a])[1]
    following = sw**2 / n * features @ features.T
    following[0, 0] += sb**2
    return following
