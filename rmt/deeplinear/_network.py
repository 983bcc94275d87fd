"""A batch of deep linear networks: reduced data, forward and backward maps, one step of the Markov chains.

``weights`` is a list of L + 1 arrays, ``weights[l]`` of shape (chains, N_{l+1}, N_l), the last with N_{L+1} = m outputs.
The data enter only through the range of X: with ``X = V S U^T`` every linear network has the same likelihood, up to a
constant, for the R = rank examples ``S U^T`` with targets ``V^T y``.
"""

from __future__ import annotations

import dataclasses
import math

import numpy as np
from numpy.typing import NDArray

from rmt.deeplinear._data import RANK_TOLERANCE, Modes

__all__ = [
    "Network",
    "backward_maps",
    "energy_gradient",
    "gibbs_sweep",
    "hidden_activities",
    "prior_weights",
    "reduced_network",
]

Weights = list[NDArray[np.float64]]


@dataclasses.dataclass(frozen=True)
class Network:
    """Architecture and reduced data."""

    inputs: NDArray[np.float64]  # (N_0, R), one column an example: S U^T transposed
    targets: NDArray[np.float64]  # (m, R)
    basis: NDArray[np.float64]  # (P, R): V
    rejected: float  # squared length of the targets outside the range
    sizes: tuple[int, ...]  # N_0, N_1, ..., N_L, m
    variances: tuple[float, ...]  # of W_1, ..., W_{L+1}
    temperature: float

    @property
    def rank(self) -> int:
        return self.inputs.shape[1]

    @property
    def outputs(self) -> int:
        return self.sizes[-1]

    def modes(self) -> Modes:
        """The data as the theory wants them (one output): the reduced kernel is diagonal."""
        eigenvalues = self.variances[0] / self.sizes[0] * np.sum(self.inputs**2, axis=0)
        return Modes(eigenvalues, self.basis, self.targets[0], self.rejected, self.basis.shape[0])


def reduced_network(
    X: NDArray[np.float64],
    y: NDArray[np.float64],
    widths: NDArray[np.float64],
    variances: tuple[float, ...],
    temperature: float,
) -> Network:
    """Reduce the data to the range of X."""
    V, S, Ut = np.linalg.svd(X, full_matrices=False)
    if S[0] == 0.0:
        raise ValueError("X = 0 everywhere: the outputs do not depend on the weights")
    rank = int(np.sum(S**2 > RANK_TOLERANCE * S[0] ** 2))
    V = np.ascontiguousarray(V[:, :rank])
    columns = y.reshape(y.shape[0], -1)
    targets = V.T @ columns
    rejected = max(0.0, float(np.sum(columns**2) - np.sum(targets**2)))
    sizes = (X.shape[1], *(int(n) for n in widths), columns.shape[1])
    inputs = np.ascontiguousarray((S[:rank, None] * Ut[:rank]).T)
    return Network(inputs, np.ascontiguousarray(targets.T), V, rejected, sizes, variances, temperature)


def prior_weights(network: Network, chains: int, rng: np.random.Generator) -> Weights:
    """Independent draws from the prior."""
    pairs = zip(network.sizes[:-1], network.sizes[1:], network.variances, strict=True)
    return [math.sqrt(v) * rng.standard_normal((chains, n_out, n_in)) for n_in, n_out, v in pairs]


def backward_maps(network: Network, weights: Weights) -> Weights:
    """``M_l`` with ``f = M_l W_l h_{l-1} / sqrt(N_{l-1})`` for l = 0..L+1; ``M_0 x / sqrt(N_0)`` is the network."""
    m = network.outputs
    maps: Weights = [np.broadcast_to(np.eye(m), (weights[0].shape[0], m, m))]
    for l in range(len(weights) - 1, -1, -1):
        scale = 1.0 / math.sqrt(network.sizes[l]) if l > 0 else 1.0
        maps.append(scale * (maps[-1] @ weights[l]))
    return maps[::-1]


def gibbs_sweep(network: Network, weights: Weights, maps: Weights, rng: np.random.Generator) -> Weights:
    """Redraw every layer from its exact conditional law, first layer first; returns the hidden activities.

    Given the others, the outputs depend on ``W`` only through ``M W``: draw ``W`` from the prior, then correct it along
    the right singular vectors of M by one regression per singular value (Matheron's rule).
    """
    T = network.temperature
    h = np.broadcast_to(network.inputs, (weights[0].shape[0], *network.inputs.shape))
    hidden = []
    for l in range(len(weights)):
        n_in, variance = network.sizes[l], network.variances[l]
        W = rng.standard_normal(weights[l].shape)
        W *= math.sqrt(variance)
        M = maps[l + 1]
        if network.outputs == 1:
            s = np.sqrt(np.einsum("cij,cij->ci", M, M))
            left, right = None, M / s[:, :, None]
        elif l + 1 == len(weights):
            s, left, right = np.ones(M.shape[:2]), None, M
        else:
            left, s, right = np.linalg.svd(M, full_matrices=False)
        residual = network.targets - (M @ W) @ h / math.sqrt(n_in)
        if T > 0.0:
            residual = residual - math.sqrt(T) * rng.standard_normal(residual.shape)
        if left is not None:
            residual = np.swapaxes(left, 1, 2) @ residual
        gram = (variance / n_in) * (np.swapaxes(h, 1, 2) @ h)
        A = s[:, :, None, None] ** 2 * gram[:, None]
        if T > 0.0:
            A[:, :, np.arange(network.rank), np.arange(network.rank)] += T
        solved = np.linalg.solve(A, residual[..., None])[..., 0]
        step = (variance / math.sqrt(n_in)) * s[:, :, None] * (solved @ np.swapaxes(h, 1, 2))
        W += np.swapaxes(right, 1, 2) @ step
        weights[l] = W
        if l + 1 < len(weights):
            h = (W @ h) / math.sqrt(n_in)
            hidden.append(h)
    return hidden


def hidden_activities(network: Network, weights: Weights) -> Weights:
    """``h_1 .. h_L`` of the reduced examples, shapes (chains, N_l, R)."""
    h = np.broadcast_to(network.inputs, (weights[0].shape[0], *network.inputs.shape))
    hidden = []
    for l in range(len(weights) - 1):
        h = (weights[l] @ h) / math.sqrt(network.sizes[l])
        hidden.append(h)
    return hidden


def energy_gradient(network: Network, weights: Weights) -> tuple[NDArray[np.float64], Weights]:
    """Energy over T, and its gradient with respect to the weights in units of their prior deviation."""
    maps = backward_maps(network, weights)
    hidden = hidden_activities(network, weights)
    h0 = np.broadcast_to(network.inputs, (weights[0].shape[0], *network.inputs.shape))
    error = maps[0] @ h0 / math.sqrt(network.sizes[0]) - network.targets
    energy = np.sum(error**2, axis=(1, 2)) / (2 * network.temperature)
    gradient = []
    for l, (W, h) in enumerate(zip(weights, [h0, *hidden], strict=True)):
        energy = energy + np.sum(W**2, axis=(1, 2)) / (2 * network.variances[l])
        deviation = math.sqrt(network.variances[l])
        pull = np.swapaxes(maps[l + 1], 1, 2) @ (error @ np.swapaxes(h, 1, 2))
        gradient.append(W / deviation + (deviation / (network.temperature * math.sqrt(network.sizes[l]))) * pull)
    return energy, gradient
