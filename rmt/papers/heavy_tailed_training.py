"""A training experiment small enough for a laptop: a deep NumPy perceptron on the handwritten digits of scikit-learn.

Weights start symmetric stable with scale sigma_w (2 N_in)^(-1/alpha) in every layer; training is plain stochastic gradient
descent with momentum on the cross entropy, one learning rate for every cell.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rmt import activations
from rmt._checks import check_integer, check_real
from rmt._random import RandomState, generator
from rmt._results import Result
from rmt.ensembles import levy_matrix

__all__ = ["TrainingRun", "load_digits", "train"]

Array = NDArray[np.float64]


@dataclass(frozen=True)
class TrainingRun(Result):
    """One trained network.

    Parameters
    ----------
    loss, accuracy : ndarray, shape (epochs,)
        Mean training loss during, and test accuracy after, each epoch.
    epochs_to_loss : float
        First epoch (from 1) whose mean training loss is below the target; ``inf`` if none was.
    initial, weights : list of ndarray
        Weight matrices before and after training, shape (out, in).
    """

    loss: Array
    accuracy: Array
    epochs_to_loss: float
    initial: list[Array]
    weights: list[Array]


def load_digits() -> tuple[Array, Array, Array, Array]:
    """Return the 8 x 8 digits, standardised: training inputs and labels (1437), test inputs and labels (360).

    Returns
    -------
    tuple of ndarray

    Raises
    ------
    ImportError
        If scikit-learn is absent (``pip install "rmt[experiments]"``).
    """
    from sklearn.datasets import load_digits as load

    data = load()
    x = data.data.astype(float)
    order = np.random.default_rng(0).permutation(len(x))  # one split for all seeds and papers
    train_part, test_part = order[:1437], order[1437:]
    mean, spread = x[train_part].mean(axis=0), x[train_part].std()
    x = (x - mean) / spread
    return x[train_part], data.target[train_part], x[test_part], data.target[test_part]


def train(
    *,
    alpha: float,
    sigma_w: float,
    widths: Sequence[int] = (100,) * 10,
    activation: Any = "tanh",
    epochs: int = 20,
    rate: float = 0.005,
    momentum: float = 0.9,
    batch: int = 64,
    target: float = 0.3,
    rng: RandomState = None,
) -> TrainingRun:
    r"""Train one network on the digits.

    Parameters
    ----------
    alpha, sigma_w : float
        Stability index and scale of the initial weights, all layers.
    widths : sequence of int
        Hidden layers.
    activation : str, Activation or pair of functions
    epochs, batch : int
    rate, momentum : float
    target : float
        Training loss (nats) whose first epoch is recorded.
    rng : seed, Generator or None
        Initial weights and the order of the examples.

    Returns
    -------
    TrainingRun

    Raises
    ------
    ValueError
        If an argument is out of range.
    """
    check_integer("epochs", epochs, low=1)
    check_integer("batch", batch, low=1)
    check_real("rate", rate, low=0.0, low_open=True)
    check_real("momentum", momentum, low=0.0, high=1.0, high_open=True)
    phi = activations.get(activation)
    rng = generator(rng)
    x, label, x_test, label_test = load_digits()
    sizes = [x.shape[1], *widths, 10]
    weights = [levy_matrix(m, n, alpha=alpha, sigma_w=sigma_w, rng=rng) for n, m in itertools.pairwise(sizes)]
    initial = [w.copy() for w in weights]
    biases = [np.zeros(m) for m in sizes[1:]]
    speeds = [np.zeros_like(w) for w in weights], [np.zeros_like(b) for b in biases]
    losses, accuracies = [], []
    for _ in range(epochs):
        order = rng.permutation(len(x))
        total = 0.0
        for start in range(0, len(x), batch):
            part = order[start : start + batch]
            loss, grads_w, grads_b = _gradients(x[part], label[part], weights, biases, phi)
            total += loss * len(part)
            for values, speed, grads in ((weights, speeds[0], grads_w), (biases, speeds[1], grads_b)):
                for value, v, grad in zip(values, speed, grads, strict=True):
                    v *= momentum
                    v -= rate * grad
                    value += v
        losses.append(total / len(x))
        accuracies.append(float(np.mean(_forward(x_test, weights, biases, phi)[0][-1].argmax(axis=1) == label_test)))
    below = np.flatnonzero(np.array(losses) < target)
    first = float(below[0] + 1) if below.size else math.inf
    return TrainingRun(np.array(losses), np.array(accuracies), first, initial, weights)


def _forward(x: Array, weights: list[Array], biases: list[Array], phi: Any) -> tuple[list[Array], list[Array]]:
    """Activities of the layers 0 ... L - 1 with the logits last, and the pre-activations."""
    activities, fields = [x], []
    for w, b in zip(weights, biases, strict=True):
        h = activities[-1] @ w.T + b
        fields.append(h)
        activities.append(np.asarray(phi.value(h)))
    activities[-1] = fields[-1]
    return activities, fields


def _gradients(
    x: Array, label: NDArray[Any], weights: list[Array], biases: list[Array], phi: Any
) -> tuple[float, list[Array], list[Array]]:
    activities, fields = _forward(x, weights, biases, phi)
    logits = activities[-1] - activities[-1].max(axis=1, keepdims=True)
    log_p = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
    rows = np.arange(len(label))
    delta = np.exp(log_p)
    delta[rows, label] -= 1.0
    delta /= len(label)
    grads_w, grads_b = [], []
    for layer in range(len(weights) - 1, -1, -1):
        grads_w.append(delta.T @ activities[layer])
        grads_b.append(delta.sum(axis=0))
        if layer:
            delta = (delta @ weights[layer]) * phi.derivative(fields[layer - 1])
    return float(-log_p[rows, label].mean()), grads_w[::-1], grads_b[::-1]
