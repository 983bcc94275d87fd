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
    assert second == pytest.approx(theory.edge, rel=0.05)


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
