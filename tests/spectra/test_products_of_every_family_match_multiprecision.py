"""Large portable products against 300 to 53000 bits: each logarithm within 1e-10 and within its bound, bounds not wild."""

import json
from pathlib import Path

import numpy as np
import pytest
from portable_products import LARGE_CASES, digest

from rmt.spectra import product_eigenvalues, product_singular_values

REFERENCE = json.loads((Path(__file__).parents[1] / "reference" / "spectra_products.json").read_text())
UNIT = 2.0**-53


def check(computed, exact, bound):
    exact = np.asarray(exact)
    error = np.abs(computed - exact)
    assert np.all(error <= 1e-10)
    assert np.all(error <= bound)
    # the last digit of the logarithm itself is counted as error, or a lucky zero would spoil the ratio
    assert np.median(bound / np.maximum(error, UNIT * (1 + np.abs(exact)))) <= 1000


@pytest.fixture(params=LARGE_CASES)
def case(request):
    factors = LARGE_CASES[request.param]()
    truth = REFERENCE[request.param]
    assert digest(factors) == truth["sha256"]
    return list(factors), truth


def test_singular_values(case):
    factors, truth = case
    result = product_singular_values(factors)
    check(result.log_values, truth["log_singular_values"], result.error)


def test_eigenvalues(case):
    factors, truth = case
    result = product_eigenvalues(factors)
    assert np.all(result.flag == 0)
    check(result.log_modulus, truth["log_modulus"], result.error)
    exact = np.asarray(truth["argument"])
    np.testing.assert_allclose(result.argument, exact, atol=1e-10)
    real = np.isin(exact, [0.0, np.pi])
    np.testing.assert_array_equal(result.argument[real], exact[real])
    assert np.all(np.isin(result.argument, [0.0, np.pi]) == real)


@pytest.mark.slow
def test_eigenvalues_without_bounds_are_the_same_numbers(case):
    factors, truth = case
    result = product_eigenvalues(factors, error=False)
    np.testing.assert_allclose(result.log_modulus, truth["log_modulus"], atol=1e-10)
    assert np.all(np.isnan(result.error))
