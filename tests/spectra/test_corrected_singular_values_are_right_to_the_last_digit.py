"""Up to 64 columns the right singular vectors go once more through all factors, in thirty digits."""

import numpy as np
import pytest
from fresh_products import FAMILIES, HARSH
from product_truth import log_singular_values

from rmt.spectra import product_singular_values, product_svd, singular

UNIT = 2.0**-53


def check(factors, result, extended=0.0):
    """Errors of a few units of the logarithm, inside bounds of a few more; `extended` where thirty digits cancel."""
    exact = log_singular_values(factors)[: result.rank]
    error, bound = np.abs(result.log_values[: result.rank] - exact), result.error[: result.rank]
    assert result.meta["corrected"] or extended  # where two columns agree to 15 digits the pass alone may know as much
    assert np.all(error <= bound)
    assert np.all(error <= 4 * UNIT * (4 + np.abs(exact)) + extended)
    assert extended or np.all(bound <= UNIT * (200 + 6 * np.abs(exact)))


@pytest.mark.parametrize("family", FAMILIES | HARSH)
def test_every_family(family, rng):
    for n, depth in ((5, 200), (12, 40), (24, 6)):
        factors = list((FAMILIES | HARSH)[family](rng, depth, n))
        check(factors, product_singular_values(factors), 0.0 if family in FAMILIES else 1e-11)


def test_a_product_whose_pass_loses_six_digits():
    """Index 1.5, 51 x 51 x 115: the basis between two factors is rounded where that costs 1e6 units."""
    rng = np.random.default_rng([34, 24])
    rng.uniform(size=2)
    factors = list(FAMILIES["stable 1.5"](rng, 115, 51))
    result, plain = product_singular_values(factors), product_singular_values(factors, refine=False)
    check(factors, result)
    moved = np.abs(result.log_values - plain.log_values)
    assert moved.max() > 1e-11
    assert np.all(moved <= result.error + plain.error)


def test_the_numbers_do_not_depend_on_how_they_are_asked_for(rng):
    factors = list(FAMILIES["stable 1"](rng, 30, 10))
    result = product_singular_values(factors)
    for other in (
        product_singular_values(iter(factors)),
        product_singular_values(factors, error=False),
        product_singular_values(np.array(factors)),
        product_svd(factors),
    ):
        assert other.meta["corrected"]
        np.testing.assert_array_equal(other.log_values, result.log_values)


def test_a_stream_may_use_its_array_again(rng):
    factors = list(FAMILIES["Gaussian"](rng, 30, 10))

    def stream():
        buffer = np.empty((10, 10))
        for factor in factors:
            buffer[:] = factor
            yield buffer

    np.testing.assert_array_equal(
        product_singular_values(stream()).log_values, product_singular_values(factors).log_values
    )


def test_dead_units_and_rectangles(rng):
    """Ranks stay exact, vectors of dead units exactly zero, and every digit is there."""
    shapes = [(9, 12), (7, 9), (11, 7), (8, 11)]
    factors = [rng.standard_normal(shape) for shape in shapes]
    factors[1][2] = 0.0  # a dead unit of the second layer: rank 6
    factors[3][:, 4] = 0.0
    factors[0][:, 5] = 0.0
    factors[3][1] = 0.0
    svd = product_svd(factors)
    assert svd.rank == 6
    check(factors, svd)
    assert np.all(svd.right[5] == 0.0)
    assert np.all(svd.left[1] == 0.0)
    product = np.linalg.multi_dot(factors[::-1])
    np.testing.assert_allclose(svd.left @ np.diag(np.exp(svd.log_values)) @ svd.right.T, product, atol=1e-13)


def test_what_is_singular_to_thirty_digits_stays_as_it_was():
    a = np.array([[3.0, 1.0, 2.0], [1.0, 7.0, 5.0], [4.0, 8.0, 7.0]])  # the last row is the sum of the others
    result = product_singular_values([a, np.diag([1.0, 2.0, 3.0])])
    assert not result.meta["corrected"]
    assert result.error[2] > 0.1 or np.isneginf(result.log_values[2])


def test_wide_products_are_corrected_on_demand_only(rng):
    factors = [rng.standard_normal((70, 70)) for _ in range(3)]
    plain, fine = product_singular_values(factors), product_singular_values(iter(factors), refine=True)
    assert not plain.meta["corrected"]
    check(factors, fine)
    assert np.all(np.abs(plain.log_values - fine.log_values) <= plain.error + fine.error)


def test_a_basis_that_is_far_off_is_improved_by_more_passes(rng, monkeypatch):
    """The vectors of the first pass spoiled by a rotation of a tenth: the second pass starts from better ones."""
    factors = list(FAMILIES["Gaussian"](rng, 20, 8))
    expected = product_singular_values(factors)
    found = singular.graded_svd

    def spoiled(exponents, t, vectors):
        out = list(found(exponents, t, vectors))
        if not spoiled.called:
            turn = np.linalg.qr(np.eye(8) + 0.3 * rng.standard_normal((8, 8)))[0]
            out[3] = out[3] @ turn
        spoiled.called = True
        return tuple(out)

    spoiled.called = False
    monkeypatch.setattr(singular, "graded_svd", spoiled)
    result = product_singular_values(factors)
    assert result.meta["corrected"]
    assert np.all(np.abs(result.log_values - expected.log_values) <= result.error + expected.error)
