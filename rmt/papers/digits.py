"""A small training experiment: deep tanh networks on the digits of scikit-learn by plain gradient descent, in NumPy."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rmt import activations
from rmt._checks import check_integer, check_real
from rmt._random import RandomState, generator

__all__ = ["DigitsResult", "descend", "forward", "gradients", "load_digits", "train_on_digits"]

Array = NDArray[np.float64]
Integers = NDArray[np.int64]
RATES = (0.003, 0.03, 0.3)  # learning rates tried; the best on the training loss is kept


@dataclass(frozen=True)
class DigitsResult:
    """Accuracy of networks that differ in their initial weights' scale only.

    Parameters
    ----------
    accuracy, stderr : ndarray, shape (settings,)
        Mean test accuracy over repetitions and its standard error.
    rates : ndarray, shape (settings,)
        Mean learning rate chosen.
    steps : int
        Steps of gradient descent.
    """

    accuracy: Array
    stderr: Array
    rates: Array
    steps: int


def train_on_digits(
    settings: Sequence[tuple[float, float]],
    *,
    width: int,
    depth: int,
    steps: int,
    repetitions: int = 3,
    rng: RandomState = None,
) -> DigitsResult:
    """Train tanh networks from several initialisations on 1000 digits and test them on 500.

    Parameters
    ----------
    settings : sequence of (sigma_b, sigma_w)
        Initial scales of biases and weights.
    width, depth : int
        Units per hidden layer and number of hidden layers.
    steps : int
        Steps of gradient descent with momentum 0.9 on batches of 100, at the best of three learning rates.
    repetitions : int
        Independent initialisations, batches and splits, at least 2.
    rng : seed or Generator

    Returns
    -------
    DigitsResult

    Raises
    ------
    ImportError
        If scikit-learn, which has the data, is absent.
    ValueError
        If an argument is out of range.
    """
    from sklearn.datasets import load_digits as load

    n, layers = check_integer("width", width, low=2), check_integer("depth", depth, low=1)
    count, runs = check_integer("steps", steps, low=1), check_integer("repetitions", repetitions, low=2)
    images, labels = load(return_X_y=True)
    images = images - images.mean(axis=0)
    images /= np.sqrt(np.mean(images**2))
    stream = generator(rng)
    phi = activations.get("tanh")
    scores = np.empty((len(settings), runs))
    rates = np.empty_like(scores)
    for r in range(runs):
        order = stream.permutation(labels.size)
        train, test = order[:1000], order[1000:1500]
        for k, (sigma_b, sigma_w) in enumerate(settings):
            scales = check_real("sigma_b", sigma_b, low=0.0), check_real("sigma_w", sigma_w, low=0.0, low_open=True)
            start = _initial(images.shape[1], n, layers, *scales, stream)
            batches = stream.integers(train.size, size=(count, 100))
            trials = [_descend(start, images[train], labels[train], batches, rate) for rate in RATES]
            best = int(np.nanargmin([loss for loss, _ in trials]))
            weights, biases = (list(part) for part in zip(*trials[best][1], strict=True))
            predicted = forward(images[test], weights, biases, phi)[0][-1].argmax(axis=1)
            scores[k, r] = np.mean(predicted == labels[test])
            rates[k, r] = RATES[best]
    return DigitsResult(scores.mean(axis=1), scores.std(axis=1, ddof=1) / math.sqrt(runs), rates.mean(axis=1), count)


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


Parameters = list[tuple[Array, Array]]


def _initial(
    inputs: int, width: int, depth: int, sigma_b: float, sigma_w: float, rng: np.random.Generator
) -> Parameters:
    """Weights of variance sigma_w^2 / fan_in in every layer; the read-out starts with unit variance."""
    sizes = [inputs, *[width] * depth, 10]
    scales = [*[sigma_w] * depth, 1.0]
    return [
        (rng.standard_normal((b, a)) * (scale / math.sqrt(a)), (0.0 if b == 10 else sigma_b) * rng.standard_normal(b))
        for a, b, scale in zip(sizes[:-1], sizes[1:], scales, strict=True)
    ]


def _descend(start: Parameters, x: Array, labels: Integers, batches: Integers, rate: float) -> tuple[float, Parameters]:
    """Gradient descent with momentum; returns the mean cross entropy over the last tenth of the steps."""
    phi = activations.get("tanh")
    weights, biases = [w.copy() for w, _ in start], [b.copy() for _, b in start]
    speeds = [np.zeros_like(w) for w in weights], [np.zeros_like(b) for b in biases]
    losses = []
    for batch in batches:
        loss, *grads = gradients(x[batch], labels[batch], weights, biases, phi)
        losses.append(loss)
        descend((weights, biases), speeds, grads, rate)
    return float(np.mean(losses[-max(1, len(losses) // 10) :])), list(zip(weights, biases, strict=True))


def forward(x: Array, weights: list[Array], biases: list[Array], phi: Any) -> tuple[list[Array], list[Array]]:
    """Activities of the layers 0 ... L - 1 with the logits last, and the pre-activations.

    Parameters
    ----------
    x : ndarray, shape (examples, inputs)
    weights, biases : list of ndarray
    phi : Activation

    Returns
    -------
    activities, fields : list of ndarray
    """
    activities, fields = [x], []
    for w, b in zip(weights, biases, strict=True):
        h = activities[-1] @ w.T + b
        fields.append(h)
        activities.append(np.asarray(phi.value(h)))
    activities[-1] = fields[-1]
    return activities, fields


def gradients(
    x: Array, label: NDArray[Any], weights: list[Array], biases: list[Array], phi: Any
) -> tuple[float, list[Array], list[Array]]:
    """Mean cross entropy of a batch and its derivatives by weights and biases.

    Parameters
    ----------
    x : ndarray, shape (examples, inputs)
    label : ndarray of int
    weights, biases : list of ndarray
    phi : Activation

    Returns
    -------
    loss : float
    by_weights, by_biases : list of ndarray
    """
    activities, fields = forward(x, weights, biases, phi)
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


def descend(parameters: Any, speeds: Any, grads: Any, rate: float, momentum: float = 0.9) -> None:
    """One step of gradient descent with momentum, in place.

    Parameters
    ----------
    parameters, speeds, grads : pair of lists of ndarray
        Weights and biases, their velocities and the derivatives of the loss.
    rate, momentum : float

    Returns
    -------
    None
    """
    for values, speed, slopes in zip(parameters, speeds, grads, strict=True):
        for value, v, slope in zip(values, speed, slopes, strict=True):
            v *= momentum
            v -= rate * slope
            value += v
