"""Width 60 and hundreds of factors, where rare large errors of single factors add up: within 1e-10, within the bounds.

Before panels of long products were refined more often, the first case was off by 6e-10, 1.2 times its bound.
"""

import numpy as np
import pytest
from fresh_products import FAMILIES
from product_truth import log_eigenvalues, log_singular_values

from rmt.spectra import product_eigenvalues, product_singular_values, singular
from rmt.spectra._refined import REFINED_WIDTH

N = 60
UNIT = 2.0**-53  # the last digit of a logarithm counts as error
LONG = [("stable 0.8", 72), ("tanh slopes", 201)]
LONGEST = [("stable 0.8", 101), ("Gaussian", 41), ("tanh slopes", 202), ("saturated slopes", 201)]


def product(family, seed, depth):
    return list(FAMILIES[family](np.random.default_rng(seed), depth, N))


def check_singular_values(factors, monkeypatch):
    """As they come, and as they would come from the pass alone (products wider than 64, long streams)."""
    exact = log_singular_values(factors)
    for width in (REFINED_WIDTH, 0):
        monkeypatch.setattr(singular, "REFINED_WIDTH", width)
        result = product_singular_values(factors)
        error = np.abs(result.log_values - exact)
        assert np.all(error <= 1e-10)
        assert np.all(error <= result.error)
        assert np.median(result.error / np.maximum(error, UNIT * (1 + np.abs(exact)))) <= 1000
        assert result.meta["refined"] > len(factors) // 2
        assert result.meta["corrected"] == (width > 0)
        assert width == 0 or np.all(result.error <= 2e-15 * (10 + np.abs(exact)))


def check_eigenvalues(factors):
    result, (modulus, argument) = product_eigenvalues(factors), log_eigenvalues(factors)
    assert result.meta["refined"]
    error = np.abs(result.log_modulus - modulus)
    assert np.all(error <= 1e-10)
    assert np.all(error <= result.error)
    assert np.all(result.error <= 1e-10)
    assert np.all(np.abs(result.argument - argument) <= result.error)


@pytest.mark.parametrize(("family", "seed"), LONG)
def test_singular_values_of_200_factors(family, seed, monkeypatch):
    check_singular_values(product(family, seed, 200), monkeypatch)


def test_eigenvalues_of_200_factors():
    check_eigenvalues(product(*LONG[0], 200))


@pytest.mark.slow
@pytest.mark.parametrize(("family", "seed"), LONGEST)
def test_singular_values_of_1000_factors(family, seed, monkeypatch):
    check_singular_values(product(family, seed, 1000), monkeypatch)


@pytest.mark.slow
@pytest.mark.parametrize(("family", "seed"), LONGEST[2:3])
def test_eigenvalues_of_1000_factors(family, seed):
    check_eigenvalues(product(family, seed, 1000))
