"""Exact laws: Lyapunov spectra of Gaussian and stable products, determinants, singular values at large N, real eigenvalues.

Every test compares a mean with its exact value at a false-fail rate of 1e-6 per number and states the shift it detects.
"""

import math

import numpy as np
import pytest
from scipy import special
from statistical import assert_mean, z_threshold

from rmt.spectra import (
    covariant_vectors,
    finite_time_exponents,
    lyapunov_exponents,
    product_eigenvalues,
    product_singular_values,
)


def stable(rng, alpha, shape):
    """Symmetric stable numbers, characteristic function exp(-|t|^alpha)."""
    angle, exponential = rng.uniform(-np.pi / 2, np.pi / 2, shape), rng.standard_exponential(shape)
    return (
        np.sin(alpha * angle)
        / np.cos(angle) ** (1 / alpha)
        * (np.cos((1 - alpha) * angle) / exponential) ** ((1 - alpha) / alpha)
    )


def test_newman_spectrum_and_variance(rng):
    """mu_i = (ln 2 + psi((N - i + 1)/2))/2 and variance psi'((N - i + 1)/2)/4 per step, independent increments."""
    n, depth = 5, 6000
    result = lyapunov_exponents(rng.standard_normal((n, n)) for _ in range(depth))
    half = (n - np.arange(n)) / 2
    exact, variance = (math.log(2) + special.digamma(half)) / 2, special.polygamma(1, half) / 4
    limit = z_threshold(comparisons=n) * np.sqrt(variance / depth)
    assert limit.max() < 0.08
    assert np.all(np.abs(result.exponents - exact) < limit)
    np.testing.assert_allclose(result.stderr, np.sqrt(variance / depth), rtol=0.45)
    np.testing.assert_allclose(result.increments.var(axis=0), variance, rtol=0.35)
    assert np.all(result.effective > depth / 3)


@pytest.mark.parametrize(("alpha", "exact"), [(1.0, 3.30719116029596), (1.5, 2.07956255)])
def test_cohen_newman_exponent_of_stable_products(rng, alpha, exact):
    """The largest exponent of N = 10; alpha-norm increments are iid, which gives the error bar exactly."""
    n, depth = 10, 4000
    v, increments = np.ones(n), np.empty(depth)
    factors = stable(rng, alpha, (depth, n, n))
    for t in range(depth):
        v = factors[t] @ v
        size = np.sum(np.abs(v) ** alpha) ** (1 / alpha)
        increments[t] = math.log(size)
        v /= size
    increments[0] -= math.log(n) / alpha
    assert_mean(increments, exact, detects=0.08)
    sweep = lyapunov_exponents(factors, burn_in=50, k=1)
    assert abs(sweep.exponents[0] - increments.mean()) < 0.01
    top = finite_time_exponents(factors[:600]).exponents[0]
    assert abs(top - increments[:600].mean()) < 0.02


def test_moments_of_the_log_determinant(rng):
    """N = 10, L = 5 real Gaussian: mean 29.3255607584140594, variance 12.6612414104347."""
    samples = np.array([product_singular_values(rng.standard_normal((5, 10, 10))).log_abs_det for _ in range(700)])
    assert_mean(samples, 29.3255607584140594, detects=0.8)
    assert_mean((samples - 29.3255607584140594) ** 2, 12.6612414104347, detects=4.5)


def test_singular_values_of_three_wide_gaussian_factors_are_fuss_catalan(rng):
    """E sum s^2 / N = 1 and E sum s^4 / N = 4 + O(1/N^2 terms): here exact finite-N values by the recursion."""
    n, depth, realisations = 30, 3, 150
    factors = rng.standard_normal((realisations, depth, n, n)) / math.sqrt(n)
    logs = np.array([product_singular_values(chain).log_values for chain in factors])
    a, b = float(n), float(n * n)  # E tr X^2 and E (tr X)^2 for X = P P^T of standard normal factors
    for _ in range(depth):
        a, b = n * b + (n * n + n) * a, n * n * b + 2 * n * a
    assert_mean(np.exp(2 * logs).sum(axis=1) / n, 1.0, detects=0.15)
    assert_mean(np.exp(4 * logs).sum(axis=1) / n, a / n ** (2 * depth) / n, detects=1.5)
    assert abs(a / n ** (2 * depth) / n - 4.0) < 0.5  # Fuss-Catalan m_2 = L + 1


def test_number_of_real_eigenvalues(rng):
    """One real Ginibre matrix, N = 10: 2.92799349096917; two factors of N = 2: all real with probability pi / 4."""
    count = [
        np.sum(product_eigenvalues([a], error=False).argument % np.pi == 0) for a in rng.standard_normal((4000, 10, 10))
    ]
    assert_mean(count, 2.92799349096917, detects=0.25)
    both = [
        np.all(product_eigenvalues(list(pair), error=False).argument % np.pi == 0)
        for pair in rng.standard_normal((1200, 2, 2, 2))
    ]
    assert_mean(both, math.pi / 4, detects=0.09)


def test_covariant_vectors_are_covariant(rng):
    """A V_t is parallel to V_{t+1}; both backward starts agree; mean growth is the exponent; a short window is seen."""
    n, depth = 4, 700
    factors = rng.standard_normal((depth, n, n))
    result = covariant_vectors(factors, burn_in=200, burn_out=300)
    assert np.all(result.residual < 1e-9)
    for t in (0, 50, 199):
        images = factors[200 + t] @ result.vectors[t]
        images /= np.linalg.norm(images, axis=0)
        distance = np.abs(np.abs(np.einsum("ni,ni->i", images, result.vectors[t + 1])) - 1)
        assert np.all(distance < 1e-11)
    exponents = lyapunov_exponents(factors[200:400]).exponents
    np.testing.assert_allclose(result.growth.mean(axis=0), exponents, atol=0.15)
    assert covariant_vectors(factors[:220], burn_in=200, burn_out=5).residual.max() > 1e-3


def test_covariant_vectors_of_constant_factors_are_eigenvectors(rng):
    a = rng.standard_normal((3, 3)) @ np.diag([8.0, 2.0, 0.3]) @ np.linalg.inv(rng.standard_normal((3, 3)))
    values, vectors = np.linalg.eig(a)
    if np.iscomplexobj(values):
        a = a @ a.T
        values, vectors = np.linalg.eigh(a)
    order = np.argsort(-np.abs(values))
    result = covariant_vectors([a] * 1400, burn_in=690, burn_out=690)
    overlap = np.abs(np.einsum("ni,ni->i", result.vectors[5], vectors[:, order].real))
    np.testing.assert_allclose(overlap, 1.0, atol=1e-10)
