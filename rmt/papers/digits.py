"""A small training experiment: deep tanh networks on the digits of scikit-learn by plain gradient descent, in NumPy."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rmt._checks import check_integer, check_real
from rmt._random import RandomState, generator

__all__ = ["DigitsResult", "train_on_digits"]

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
    from sklearn.datasets import load_digits

    n, layers = check_integer("width", width, low=2), check_integer("depth", depth, low=1)
    count, runs = check_integer("steps", steps, low=1), check_integer("repetitions", repetitions, low=2)
    images, labels = load_digits(return_X_y=True)
    images = images - images.mean(axis=0)
    images /= np.sqrt(np.mean(images**2))
    stream = generator(rng)
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
            predicted = _forward(trials[best][1], images[test])[-1].argmax(axis=1)
            scores[k, r] = np.mean(predicted == labels[test])
            rates[k, r] = RATES[best]
    return DigitsResult(scores.mean(axis=1), scores.std(axis=1, ddof=1) / math.sqrt(runs), rates.mean(axis=1), count)


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


def _forward(parameters: Parameters, x: Array) -> list[Array]:
    """Activities of all layers; the last one holds the logits."""
    activities = [x]
    for k, (w, b) in enumerate(parameters):
        h = activities[-1] @ w.T + b
        activities.append(h if k == len(parameters) - 1 else np.tanh(h))
    return activities


def _descend(start: Parameters, x: Array, labels: Integers, batches: Integers, rate: float) -> tuple[float, Parameters]:
    """Gradient descent with momentum; returns the mean cross entropy over the last tenth of the steps."""
    parameters = [(w.copy(), b.copy()) for w, b in start]
    velocity = [(np.zeros_like(w), np.zeros_like(b)) for w, b in start]
    losses = []
    for batch in batches:
        activities = _forward(parameters, x[batch])
        logits = activities[-1] - activities[-1].max(axis=1, keepdims=True)
        log_p = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
        rows = np.arange(batch.size)
        losses.append(-float(log_p[rows, labels[batch]].mean()))
        error = np.exp(log_p)
        error[rows, labels[batch]] -= 1.0
        error /= batch.size
        for k in range(len(parameters) - 1, -1, -1):
            (w, b), (vw, vb) = parameters[k], velocity[k]
            gradient_w, gradient_b = error.T @ activities[k], error.sum(axis=0)
            if k:
                error = (error @ w) * (1.0 - activities[k] ** 2)
            vw *= 0.9
            vw -= rate * gradient_w
            vb *= 0.9
            vb -= rate * gradient_b
            w += vw
            b += vb
    return float(np.mean(losses[-max(1, len(losses) // 10) :])), parameters
