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
from rmt.papers.digits import descend, forward, gradients, load_digits

__all__ = ["TrainingRun", "train"]

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
            loss, *grads = gradients(x[part], label[part], weights, biases, phi)
            total += loss * len(part)
            descend((weights, biases), speeds, grads, rate, momentum)
        losses.append(total / len(x))
        accuracies.append(float(np.mean(forward(x_test, weights, biases, phi)[0][-1].argmax(axis=1) == label_test)))
    below = np.flatnonzero(np.array(losses) < target)
    first = float(below[0] + 1) if below.size else math.inf
    return TrainingRun(np.array(losses), np.array(accuracies), first, initial, weights)
