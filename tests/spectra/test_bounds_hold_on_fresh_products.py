"""The error bounds hold, and are not wild, on products of eleven families that were not used to choose their constants."""

import numpy as np
import pytest
from fresh_products import FAMILIES, fresh_products

from rmt.spectra import _chain, product_eigenvalues, product_singular_values, singular

UNIT = 2.0**-53


@pytest.mark.slow
@pytest.mark.parametrize("path", ["pivoted", "presorted"])
def test_bounds_against_multiprecision(path, monkeypatch):
    """No error exceeds its bound; six of seven bounds are within 1000 times the error (the last digit counts as one)."""
    from product_truth import log_eigenvalues, log_singular_values

    monkeypatch.setattr(singular, "REFINED_WIDTH", 0)  # small products take the way of those wider than 64
    if path == "presorted":  # or wider than 128
        monkeypatch.setattr(_chain, "ALWAYS_PIVOT", 0)
    ratios = {"singular": [], "eigen": []}
    for name, factors in fresh_products(5150, sizes=((7, 40), (14, 15), (28, 5))):
        result = product_singular_values(factors)
        found = [("singular", result.log_values, result.error, log_singular_values(factors), result.rank)]
        eigen = product_eigenvalues(factors)
        rank = int(np.isfinite(eigen.log_modulus).sum())
        found.append(("eigen", eigen.log_modulus, eigen.error, log_eigenvalues(factors)[0], rank))
        for what, value, bound, exact, rank in found:
            error = np.abs(value[:rank] - exact[:rank])
            assert np.all(error <= bound[:rank]), (name, what)
            ratios[what].append(bound[:rank] / np.maximum(error, UNIT * (1 + np.abs(exact[:rank]))))
    for what, share in (("singular", 0.95), ("eigen", 0.85)):
        assert np.mean(np.concatenate(ratios[what]) <= 1000) >= share, what


@pytest.mark.parametrize("family", FAMILIES)
def test_both_ways_through_the_pass_agree_within_their_bounds(family, rng, monkeypatch):
    factors = list(FAMILIES[family](rng, 12, 24))
    pivoted = product_singular_values(factors), product_eigenvalues(factors)
    monkeypatch.setattr(_chain, "ALWAYS_PIVOT", 0)
    presorted = product_singular_values(factors), product_eigenvalues(factors)
    one, two = pivoted[0], presorted[0]
    assert one.rank == two.rank
    kept = slice(0, one.rank)
    assert np.all(np.abs(one.log_values[kept] - two.log_values[kept]) <= one.error[kept] + two.error[kept])
    one, two = pivoted[1], presorted[1]
    kept = np.isfinite(one.log_modulus)
    assert np.all(np.abs(one.log_modulus[kept] - two.log_modulus[kept]) <= one.error[kept] + two.error[kept])
