"""Silverstein's equation against the closed law of one value, its integrals and moments, and sampled matrices."""

import numpy as np
import pytest
from statistical import assert_mean

from rmt._quadrature import double_exponential
from rmt.laws import MarchenkoPastur, PopulationMarchenkoPastur


@pytest.mark.parametrize("ratio", [0.25, 1.0, 3.0])
def test_one_value_is_the_marchenko_pastur_law(ratio):
    law, closed = PopulationMarchenkoPastur([1.69], [1.0], ratio), MarchenkoPastur(ratio, 1.3)
    assert np.allclose(law._interval(), closed._interval(), rtol=1e-12, atol=1e-14)
    assert law.atom_at_zero == closed.atom_at_zero
    low, high = closed._interval()
    x = low + (high - low) * np.array([0.01, 0.1, 0.5, 0.9, 0.99])
    assert np.abs(law.pdf(x) / closed.pdf(x) - 1.0).max() < 1e-10
    assert np.abs(law.cdf(x) - closed.cdf(x)).max() < 1e-11


@pytest.mark.parametrize("ratio", [0.1, 0.6, 2.0])
def test_moments_and_integrals_of_two_bulks(ratio):
    law = PopulationMarchenkoPastur([1.0, 5.0, 0.0], [0.5, 0.3, 0.2], ratio)
    low, high = law._interval()
    p = np.array([0.55, 0.6, 0.9])
    assert np.abs(law.cdf(law.icdf(p)) - p).max() < 1e-10
    assert law.cdf(low * (1.0 + 1e-9)) == pytest.approx(law.atom_at_zero, abs=1e-8)
    if ratio > 1.0:  # one bulk: an analytic integrand; the others have a gap
        x, w = double_exponential(low, high, step=1 / 16)
        inside = (x > low) & (x < high)
        upper = (1.0 - law.atom_at_zero) * low + law.ccdf(x[inside]) @ w[inside]
        assert abs(upper - law.mean()) < 1e-8
        a, b = law.icdf(0.7), law.icdf(0.8)
        x, w = double_exponential(a, b, step=1 / 16)
        assert abs(law.pdf(x) @ w - 0.1) < 1e-10


def test_gap_holds_no_eigenvalues():
    law = PopulationMarchenkoPastur([1.0, 5.0], [0.5, 0.5], 0.1)
    assert np.abs(law.cdf([2.3, 2.5]) - 0.5).max() < 1e-10
    assert np.max(law.pdf([2.3, 2.5])) < 1e-10


def test_sampled_matrices_follow_the_law(rng):
    """False-fail rate 1e-6; a difference of 0.01 in the distribution is found."""
    p, n = 100, 200
    law = PopulationMarchenkoPastur([1.0, 4.0], [0.5, 0.5], 0.5)
    root = np.sqrt(np.repeat([1.0, 4.0], p // 2))[:, None]
    values = [np.linalg.eigvalsh((lambda a: a @ a.T / n)(root * rng.standard_normal((p, n)))) for _ in range(60)]
    assert_mean([np.mean(v <= 1.5) for v in values], law.cdf(1.5), detects=0.01)


def test_bad_arguments_are_refused():
    with pytest.raises(ValueError, match="weights"):
        PopulationMarchenkoPastur([1.0, 2.0], [0.5, 0.4], 1.0)
    with pytest.raises(ValueError, match="values"):
        PopulationMarchenkoPastur([-1.0], [1.0], 1.0)
    with pytest.raises(ValueError, match="ratio"):
        PopulationMarchenkoPastur([1.0], [1.0], 0.0)
