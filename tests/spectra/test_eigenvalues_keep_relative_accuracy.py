"""Every log-modulus and argument of a long graded product is within 1e-10 of truth and within its own error bound."""

import math

import numpy as np
import pytest
from numpy import pi
from portable_products import CASES

from rmt.spectra import product_eig, product_eigenvalues

# multiprecision values, printed in docs/theory/product-spectra.md
EIGENVALUES = {
    "V1": ([10.020574560140672, 4.5996546365468364, -2.0173702948988176, -14.547886033154308], [0, pi, pi, 0]),
    "V2": (
        [85.927989236052739, 78.746569296489737, 66.07730373800774, 55.123884059643267, 21.082641801421628],
        [pi, 0, pi, pi, 0],
    ),
    "V3": ([-94.687085277188628, -263.27008555911978, -504.01273880484611, -942.87564120370751], [pi, 0, 0, 0]),
    "V4": ([734.03742257262249, 148.53525648321951, -1178.8279679504338], [pi, pi, 0]),
    "V5": ([169.52973831089007, 141.57308405474265, 113.91186456325845, 14.15616777827973], [0, pi, pi, 0]),
    "V6": ([-25 / 6 * math.log(2)] * 6, [pi / 6, -pi / 6, pi / 2, -pi / 2, 5 * pi / 6, -5 * pi / 6]),
}


@pytest.mark.parametrize("name", EIGENVALUES)
def test_portable_cases(name):
    result = product_eigenvalues(CASES[name][0]())
    modulus, argument = EIGENVALUES[name]
    error = np.abs(result.log_modulus - modulus)
    assert np.all(error <= 1e-10)
    assert np.all(error <= result.error)
    if name == "V6":  # the stress case: all moduli equal, hopeless factor by factor; the explicit product rescues it
        assert np.all(result.flag == 3)
        np.testing.assert_allclose(np.sort(result.argument), np.sort(argument), atol=1e-13)
    else:
        assert np.all(result.flag == 0)
        np.testing.assert_array_equal(result.argument, argument)  # real eigenvalues are exactly real


@pytest.mark.parametrize("name", ["V1", "V2", "V3", "V5"])
def test_all_factors_kept_apart_give_the_same(name):
    factors = list(CASES[name][0]())
    merged, exact = product_eigenvalues(factors), product_eigenvalues(factors, method="exact")
    assert np.all(np.abs(merged.log_modulus - exact.log_modulus) <= merged.error + exact.error)
    np.testing.assert_array_equal(merged.argument, exact.argument)


def test_vectors_of_one_matrix(rng):
    a = rng.standard_normal((30, 30))
    eig = product_eig([a])
    eigenvalues = np.exp(eig.log_modulus + 1j * eig.argument)
    np.testing.assert_allclose(a @ eig.right, eig.right * eigenvalues, atol=1e-12)
    np.testing.assert_allclose(eig.left.T @ a, eigenvalues[:, None] * eig.left.T, atol=1e-12)
    pairs = np.flatnonzero((eig.argument > 0) & (eig.argument < pi))
    assert pairs.size > 0
    np.testing.assert_array_equal(eig.argument[pairs], -eig.argument[pairs + 1])
    np.testing.assert_array_equal(eig.right[:, pairs], eig.right[:, pairs + 1].conj())
