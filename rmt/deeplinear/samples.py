"""What is kept of the sampled weights."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from rmt._checks import check_array
from rmt.deeplinear._network import Network, Weights, hidden_activities
from rmt.deeplinear.estimates import Estimate, estimate

__all__ = ["Observable", "PosteriorSamples", "Recorder"]

Observable = Callable[[list[NDArray[np.float64]]], ArrayLike]


@dataclasses.dataclass(frozen=True)
class PosteriorSamples:
    """Draws from the posterior of the weights; made by :func:`sample_posterior`.

    Attributes
    ----------
    effective_weights : ndarray, shape (chains, n, N_0), or (chains, n, m, N_0) for m > 1 outputs
        The whole network as one linear map: ``f(x) = w . x / sqrt(N_0)``.
    scales : ndarray, shape (chains, n, L), or (chains, n, L, m, m)
        ``Lambda_l = |b_l|^2 / N_l``, b_l the backward vector of layer l (for several outputs the Gram matrix of the
        backward map). The kernel factor is ``rho = Lambda_1``, the layer factors ``u_l = Lambda_l / Lambda_{l+1}``.
    kernel_traces, kernel_signals : ndarray, shape (chains, n, L), or None
        ``tr K_l`` and ``sum_a y_a^T K_l y_a`` of the hidden layers, with ``hidden=True``.
    mean_kernels : ndarray, shape (L, P, P), or None
        Averages of the layer kernels ``K_l = (sigma_l^2 / N_l) h_l^T h_l``, with ``hidden=True``.
    observed : ndarray, shape (chains, n, ...), or None
        What ``observe`` returned.
    method : str
    acceptance : float
        Mean acceptance probability (1 for Gibbs and exact draws).
    """

    effective_weights: NDArray[np.float64]
    scales: NDArray[np.float64]
    kernel_traces: NDArray[np.float64] | None
    kernel_signals: NDArray[np.float64] | None
    mean_kernels: NDArray[np.float64] | None
    observed: NDArray[np.float64] | None
    method: str
    acceptance: float
    meta: dict[str, Any] = dataclasses.field(default_factory=dict, repr=False)

    @property
    def rho(self) -> NDArray[np.float64]:
        """Kernel factor of every draw, shape (chains, n) (or (chains, n, m, m))."""
        return self.scales[:, :, 0]

    @property
    def u(self) -> NDArray[np.float64]:
        """Layer factors of every draw, shape (chains, n, L); one output only."""
        if self.scales.ndim > 3:
            raise ValueError(f"u is defined for one output; these samples have {self.scales.shape[-1]}")
        u = self.scales.copy()
        u[:, :, :-1] /= self.scales[:, :, 1:]
        return u

    def outputs(self, X_test: ArrayLike) -> NDArray[np.float64]:
        """Outputs of every sampled network at test inputs.

        Parameters
        ----------
        X_test : array_like, shape (M, N_0)

        Returns
        -------
        ndarray, shape (chains, n, M), or (chains, n, m, M)
        """
        inputs = check_array("X_test", X_test, ndim=2, min_size=1)
        if inputs.shape[1] != self.effective_weights.shape[-1]:
            raise ValueError(f"X_test has {inputs.shape[1]} columns, not {self.effective_weights.shape[-1]}")
        return self.effective_weights @ inputs.T / math.sqrt(inputs.shape[1])

    def generalisation_error(self, X_test: ArrayLike, y_test: ArrayLike) -> Estimate:
        """Mean squared error of the sampled networks at test points, with its Monte Carlo error.

        Parameters
        ----------
        X_test : array_like, shape (M, N_0)
        y_test : array_like, shape (M,), or (M, m)

        Returns
        -------
        Estimate
        """
        outputs = self.outputs(X_test)
        labels = check_array("y_test", y_test)
        if labels.shape != (outputs.shape[-1], *outputs.shape[2:-1]):
            raise ValueError(f"y_test has shape {labels.shape}, not {(outputs.shape[-1], *outputs.shape[2:-1])}")
        squares = (outputs - labels.T) ** 2
        return estimate(squares.reshape(*squares.shape[:2], -1).mean(axis=-1))


class Recorder:
    """Collects what is kept of each state."""

    def __init__(self, network: Network, hidden: bool, observe: Observable | None) -> None:
        self.network, self.hidden, self.observe = network, hidden, observe
        self.maps: list[NDArray[np.float64]] = []
        self.scales: list[NDArray[np.float64]] = []
        self.traces: list[NDArray[np.float64]] = []
        self.signals: list[NDArray[np.float64]] = []
        self.kernels: list[NDArray[np.float64]] | None = None
        self.observed: list[NDArray[np.float64]] = []

    def layers(self, hidden: Weights, variances: Sequence[float]) -> None:
        grams = [v / h.shape[1] * (np.swapaxes(h, 1, 2) @ h) for h, v in zip(hidden, variances, strict=True)]
        self.traces.append(np.stack([np.einsum("cii->c", g) for g in grams], axis=1))
        y = self.network.targets
        self.signals.append(np.stack([np.einsum("ai,cij,aj->c", y, g, y) for g in grams], axis=1))
        sums = [g.sum(axis=0) for g in grams]
        self.kernels = sums if self.kernels is None else [a + b for a, b in zip(self.kernels, sums, strict=True)]

    def state(self, weights: Weights, maps: Weights) -> None:
        network = self.network
        self.maps.append(maps[0])
        # M_l = b_l^T / sqrt(N_l), so M_l M_l^T is Lambda_l
        grams = [maps[l] @ np.swapaxes(maps[l], 1, 2) for l in range(1, len(weights))]
        self.scales.append(np.stack(grams, axis=1))
        if self.hidden:
            self.layers(hidden_activities(network, weights), network.variances[1:])
        if self.observe is not None:
            rows = [self.observe([W[c] for W in weights]) for c in range(weights[0].shape[0])]
            self.observed.append(np.asarray(rows, dtype=float))

    def result(self, method: str, acceptance: float, meta: dict[str, Any]) -> PosteriorSamples:
        w, scales = np.stack(self.maps, axis=1), np.stack(self.scales, axis=1)
        if self.network.outputs == 1:
            w, scales = w[:, :, 0], scales[..., 0, 0]
        mean = None
        if self.kernels is not None:
            V, count = self.network.basis, w.shape[0] * w.shape[1]
            mean = np.stack([V @ (k / count) @ V.T for k in self.kernels])
        return PosteriorSamples(
            effective_weights=w,
            scales=scales,
            kernel_traces=np.stack(self.traces, axis=1) if self.traces else None,
            kernel_signals=np.stack(self.signals, axis=1) if self.signals else None,
            mean_kernels=mean,
            observed=np.stack(self.observed, axis=1) if self.observed else None,
            method=method,
            acceptance=acceptance,
            meta=meta,
        )
