"""Panels wider than 128 columns take the blocked way: presorted, unrefined, products in pieces. Exact laws reach any width."""

import itertools

import numpy as np
import pytest
from scipy.linalg import svdvals

from rmt.spectra import product_singular_values, product_svd


def telescoping(rng, n, depth, bits):
    """A_k = D_k Q_k D_(k-1)^-1 with orthogonal Q_k and powers of two D_k, D_0 = D_depth = 1: an orthogonal product."""
    scales = [np.zeros(n, dtype=int), *rng.integers(-bits, bits + 1, (depth - 1, n)), np.zeros(n, dtype=int)]
    factors = []
    for before, after in itertools.pairwise(scales):
        q = np.linalg.qr(rng.standard_normal((n, n)))[0]
        factors.append(np.ldexp(q, after[:, None] - before[None, :]))
    return factors


# no multiples of 8, 16 or 32; the thin products of 131 columns are done in one piece, those of 203 and 301 in several
@pytest.mark.parametrize("n", [131, 203, 301])
@pytest.mark.parametrize("bits", [0, 12])
def test_singular_values_of_an_orthogonal_product_are_one(rng, n, bits):
    """Rows and columns graded over seven decades are sorted and gathered, and everything comes back to 1."""
    result = product_singular_values(telescoping(rng, n, 6, bits))
    deviation = np.abs(result.log_values)
    assert deviation.max() < 1e-11
    assert np.all(deviation <= result.error + 1e-13)  # the last: how far the Q themselves are from orthogonal


def test_rectangular_factors_agree_with_the_product_that_can_be_formed(rng):
    shapes = [(257, 301), (330, 257), (141, 330)]
    factors = [rng.standard_normal(shape) / np.sqrt(shape[1]) for shape in shapes]
    formed = factors[2] @ factors[1] @ factors[0]
    result = product_svd(factors)
    expected = np.log(svdvals(formed))
    assert np.abs(result.log_values[:141] - expected).max() < 1e-12
    rebuilt = (result.left[:, :141] * np.exp(result.log_values[:141])) @ result.right[:, :141].T
    assert np.abs(rebuilt - formed).max() < 1e-13 * np.exp(expected[0])
