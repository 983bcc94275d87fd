"""icdf and iccdf invert cdf and ccdf to 1e-11, from 1e-300 to 1 - 1e-16, for every kind of law."""

import math

import numpy as np
import pytest

from rmt.stable import AlphaStable, PositiveStable
from rmt.stable.inverse import inverse_table

PROBABILITIES = np.array([1e-300, 1e-100, 1e-30, 1e-12, 1e-6, 1e-3, 0.02, 0.1, 0.3, 0.4999, 0.5])
LAWS = [(a, b) for a in (0.2, 0.6, 0.97, 1.0, 1.004, 1.3, 1.9, 2.0) for b in (0.0, 0.5, -0.9, 1.0)]


def check(law, index):
    for quantile, tail in ((law.icdf, law.logcdf), (law.iccdf, law.logccdf)):
        x = quantile(PROBABILITIES)
        inside = np.isfinite(x)
        assert inside.sum() >= 5
        p, x = PROBABILITIES[inside], x[inside]
        # what rounding x to a double does to ln p
        neighbour = np.abs(tail(np.nextafter(x, np.inf)) - tail(np.nextafter(x, -np.inf)))
        assert np.all(np.abs(tail(x) - np.log(p)) <= 1e-11 + 4 * neighbour)


@pytest.mark.parametrize(("alpha", "beta"), LAWS)
def test_quantiles_invert_the_distribution(alpha, beta):
    check(AlphaStable(alpha, beta), alpha)


@pytest.mark.parametrize("a", [0.05, 0.4, 0.5, 0.9, 0.99])
def test_positive_quantiles(a):
    check(PositiveStable(a, 2.0), a)


def test_known_quantiles():
    np.testing.assert_allclose(AlphaStable(1.0).iccdf([0.25, 1e-20]), [1.0, 1 / (math.pi * 1e-20)], rtol=1e-14)
    np.testing.assert_allclose(AlphaStable(2.0).icdf(0.975), 1.959963984540054 * math.sqrt(2), rtol=1e-14)
    assert AlphaStable(1.5).icdf(0.5) == pytest.approx(0.0, abs=1e-15)
    assert AlphaStable(0.3).iccdf(1e-200) == math.inf  # beyond the range of doubles


def test_ends_symmetry_and_order():
    law = AlphaStable(0.7, 1.0)
    assert law.icdf([0.0, 1.0]).tolist() == [law.support()[0], math.inf]
    assert law.iccdf([0.0, 1.0]).tolist() == [math.inf, law.support()[0]]
    law, p = AlphaStable(1.4), np.array([1e-9, 0.01, 0.2])
    np.testing.assert_array_equal(law.icdf(p), -law.iccdf(p))
    p = np.linspace(0.001, 0.999, 500)
    assert np.all(np.diff(AlphaStable(1.2, 0.7).icdf(p)) > 0)


@pytest.mark.parametrize("p", [-0.1, 1.1, math.nan])
def test_bad_probabilities_are_named(p):
    with pytest.raises(ValueError, match=r"p = .* must be in"):
        AlphaStable(1.5).icdf(p)


TABLED = [
    (0.1, 0.0),
    (0.15, -0.6),
    (0.3, 0.5),
    (0.7, 1.0),
    (0.98, 0.4),
    (1.0, -0.5),
    (1.2, 1.0),
    (1.5, 0.0),
    (1.9, 0.0),
    (2.0, 0.0),
]


@pytest.mark.parametrize(("alpha", "beta"), TABLED)
def test_the_table_of_quantiles_inverts_to_1e_11(alpha, beta):
    law = AlphaStable(alpha, beta, loc=0.4, scale=3.0)
    p = np.concatenate([np.linspace(0.003, 0.997, 300), 10.0 ** -np.linspace(2, 30, 60), [0.0, 0.5, 1.0]])
    for invert, direct in ((law.icdf, law.logcdf), (law.iccdf, law.logccdf)):
        x = invert(p, table=True)
        np.testing.assert_array_equal(x[-3:], invert(p[-3:], table=False))
        inside = p <= 0.5
        inside[-3] = False
        x, q = x[inside], p[inside]
        neighbour = np.abs(direct(np.nextafter(x, np.inf), table=False) - direct(np.nextafter(x, -np.inf), table=False))
        assert np.all(np.abs(direct(x, table=False) - np.log(q)) <= 1e-11 + 4 * neighbour)


@pytest.mark.parametrize("a", [0.05, 0.4, 0.95])
def test_the_table_of_positive_quantiles(a):
    law, p = PositiveStable(a, 2.0), np.concatenate([np.linspace(0.01, 0.5, 100), 10.0 ** -np.linspace(2, 15, 30)])
    for invert, tail in ((law.icdf, law.logcdf), (law.iccdf, law.logccdf)):
        np.testing.assert_allclose(tail(invert(p, table=True), table=False), np.log(p), atol=1e-11, rtol=0)


def test_large_arrays_take_the_table_of_quantiles_which_knows_its_error(rng):
    law, p = AlphaStable(1.63), rng.random(30_000)
    before = inverse_table.cache_info().misses
    law.icdf(p[:1000])
    assert inverse_table.cache_info().misses == before
    x = law.icdf(p)
    assert inverse_table.cache_info().misses == before + 1
    np.testing.assert_allclose(x[::50], law.icdf(p[::50]), rtol=1e-11, atol=1e-12)
    np.testing.assert_array_equal(law.icdf(p), -law.iccdf(p))  # symmetric to the bit
    assert 0 < inverse_table(1.63, 0.0, False, True).max_error < 1e-12


@pytest.mark.parametrize(("alpha", "beta"), [(0.1, 0.0), (0.2, 0.5), (0.3, -0.5)])
def test_the_table_of_quantiles_serves_the_steep_centre_of_small_indices(alpha, beta):
    """Panels in p alone left out 0.4 to 0.8 % of all probabilities there, each solved directly at a thousand times the price."""
    law = AlphaStable(alpha, beta, parameterization="S1")  # the centre is 0
    table = inverse_table(alpha, beta, False, False)
    v = 2.0 ** -np.linspace(4, 31, 150)
    p = law.cdf(0.0) + np.concatenate([-v, v])
    low = p <= 0.5
    found = table.evaluate(np.where(low, p, p - 1.0))
    tail = np.where(low, law.logcdf(found, table=False), law.logccdf(found, table=False))
    np.testing.assert_allclose(tail, np.log(np.where(low, p, 1.0 - p)), atol=1e-11, rtol=0)
    assert table.max_error < 1e-12


def test_newton_does_not_cycle():
    """At (0.3, 0.5) the steps once went to and fro over the steep centre until the iterations ran out."""
    law = AlphaStable(0.3, 0.5)
    p = np.linspace(0.2116, 0.2118, 9)
    np.testing.assert_allclose(law.cdf(law.icdf(p)), p, rtol=1e-12)
