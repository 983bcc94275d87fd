"""Weights after learning: Marchenko-Pastur bulk and one outlier a layer; the product's bulk is that of the prior."""

import numpy as np
import pytest

from rmt.deeplinear import (
    kernel_outlier,
    kernel_renormalisation_layers,
    learned_spectra,
    linear_kernel,
    sample_posterior,
    weight_spectrum_outlier,
)
from rmt.spectra import product_singular_values


def test_value_of_the_note():
    assert weight_spectrum_outlier(1.72568651, 0.36, 1.0) == pytest.approx(2.1805838375, rel=1e-9)
    assert np.isnan(weight_spectrum_outlier(0.7, 0.36, 1.0))


@pytest.fixture(scope="module")
def learned():
    rng = np.random.default_rng(11)
    X = rng.standard_normal((100, 300))
    y = X @ rng.standard_normal(300) / np.sqrt(300) + rng.standard_normal(100)
    top = []

    def observe(weights):
        values = [np.linalg.eigvalsh(W @ W.T / W.shape[1])[-2:] for W in weights[:-1]]
        h = weights[0] @ X.T / np.sqrt(300)
        kernel = np.linalg.eigvalsh(0.36 * h.T @ h / 200)[-2:]
        product = product_singular_values([W / np.sqrt(W.shape[1]) for W in weights[:-1]]).log_values
        return np.concatenate([*values, kernel, product])

    draws = sample_posterior(X, y, [200, 200], 0.36, input_variance=0.36, samples=12, chains=1, observe=observe, rng=12)
    return X, y, draws.observed[0], top


def test_outliers_of_the_weights_are_where_predicted(learned):
    X, y, observed, _ = learned
    theory = learned_spectra(X, y, [200, 200], 0.36, input_variance=0.36)
    for l in range(2):
        second, first = observed[:, 2 * l : 2 * l + 2].mean(axis=0)
        assert first == pytest.approx(theory.outlier[l], rel=0.03)  # O(1/sqrt(N)) fluctuations over 12 draws
        assert second == pytest.approx(theory.edge[l], rel=0.05)


def test_outlier_of_the_kernel_is_where_predicted(learned):
    X, y, observed, _ = learned
    K0 = linear_kernel(X, input_variance=0.36)
    rho = kernel_renormalisation_layers(K0, y, [200, 200], 0.36).rho
    theory = kernel_outlier(K0, y, 200, 0.36, rho)
    second, first = observed[:, 4:6].mean(axis=0)
    assert first == pytest.approx(theory.position, rel=0.05)
    # the largest value of the bulk sits below the edge by O(N^-2/3), just as without learning
    rng = np.random.default_rng(14)
    fresh = [0.6 * rng.standard_normal((200, 300)) @ X.T / np.sqrt(300) for _ in range(12)]
    largest = np.mean([np.linalg.eigvalsh(0.36 * h.T @ h / 200)[-1] for h in fresh])
    assert second == pytest.approx(largest, rel=0.06)
    assert largest == pytest.approx(theory.edge, rel=0.15)
    assert largest < theory.edge


def test_the_edge_of_the_kernel_is_reached_by_large_matrices():
    rng = np.random.default_rng(15)
    c = np.linspace(0.5, 1.5, 400)
    theory = kernel_outlier(np.diag(c), np.full(400, 1e-3), 800, 1.0, 1.0)
    h = rng.standard_normal((800, 400)) * np.sqrt(c)
    assert np.isnan(theory.position)
    assert np.linalg.eigvalsh(h.T @ h / 800)[-1] == pytest.approx(theory.edge, rel=0.03)


def test_the_bulk_of_the_product_is_that_of_fresh_gaussian_matrices(learned):
    *_, observed, _ = learned
    rng = np.random.default_rng(13)
    fresh = []
    for _ in range(12):
        factors = [0.6 * rng.standard_normal((200, n)) / np.sqrt(n) for n in (300, 200)]
        fresh.append(product_singular_values(factors).log_values)
    ours, theirs = observed[:, 6:], np.array(fresh)
    ranks = np.arange(20, 180, 20)
    spread = theirs[:, ranks].std(axis=0, ddof=1)
    # each difference of two means of 12 has deviation sqrt(2/12) spread; 6 of them, and a shift O(1/N) of a rank
    assert np.all(
        np.abs(ours[:, ranks].mean(axis=0) - theirs[:, ranks].mean(axis=0)) < 6 * spread * np.sqrt(2 / 12) + 0.02
    )
    # learning shows in the largest value only
    assert ours[:, 0].mean() > theirs[:, 0].mean() + 6 * theirs[:, 0].std(ddof=1)
