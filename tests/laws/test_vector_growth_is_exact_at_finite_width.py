"""The log gain of a vector in one layer: closed forms, values from independent arithmetic, and sampled layers."""

import math

import numpy as np
import pytest
from scipy import special
from statistical import assert_mean

from rmt.ensembles import JacobianChain
from rmt.laws import Layer, vector_growth
from rmt.meanfield import ActivationProfile, fixed_point


@pytest.mark.parametrize("n", [2, 5, 100])
def test_gaussian_layers_follow_the_chi_law(n):
    """alpha = 2: mean (ln 2 + psi(n/2))/2 - ln(n)/2 and variance psi'(n/2)/4."""
    growth = vector_growth(Layer(2.0), n)
    assert growth.mean == pytest.approx((math.log(2) + special.digamma(n / 2) - math.log(n)) / 2, abs=1e-11)
    assert growth.variance == pytest.approx(special.polygamma(1, n / 2) / 4, rel=1e-9)


@pytest.mark.parametrize(
    ("alpha", "n", "mean", "variance"),
    [
        (1.0, 2, 1.11942557937745, 1.53730),
        (1.0, 10, 3.30719116029596, 0.869911),
        (1.5, 10, 2.07956255, 0.310868),
        (1.8, 50, 2.66397414, 0.089141),
    ],
)
def test_stable_layers_agree_with_the_integral_over_their_laplace_transform(alpha, n, mean, variance):
    """Values for unit stable entries, computed with the closed Laplace transform at alpha = 1 and in multiprecision else."""
    growth = vector_growth(Layer(alpha, (2 * n) ** (1 / alpha)), n)
    assert growth.mean == pytest.approx(mean, abs=2e-8)
    assert growth.variance == pytest.approx(variance, abs=1e-5)


@pytest.mark.parametrize("width", [20, 60])
def test_a_profile_enters_as_the_law_of_the_derivatives(rng, width):
    """Independent ensemble, tanh at its fixed point: the mean log gain of single layers."""
    alpha, sigma_w = 1.4, 1.3
    profile = ActivationProfile("tanh", fixed_point(alpha=alpha, sigma_w=sigma_w).q, alpha)
    growth = vector_growth(Layer(alpha, sigma_w, profile=profile), width)
    chain = JacobianChain(width, 1, alpha=alpha, sigma_w=sigma_w, coupling="independent")
    gains = []
    for stream in rng.spawn(4000):
        (factor,) = chain.sample(stream)
        gains.append(np.log(np.sum(np.abs(factor.sum(axis=1)) ** alpha) / width) / alpha)
    assert_mean(gains, growth.mean, detects=0.05)
    assert np.var(gains) == pytest.approx(growth.variance, rel=0.25)


def test_a_layer_that_is_never_zero_ignores_dead_sites():
    """With P(d = 0) = 1/2 the mean is over layers with at least one live site."""
    n = 3
    growth = vector_growth(Layer(2.0, profile=([0.0, 1.0], [0.5, 0.5])), n)
    live = [math.comb(n, k) for k in range(1, n + 1)]
    chi = [(math.log(2) + special.digamma(k / 2)) / 2 for k in range(1, n + 1)]
    expected = np.dot(live, chi) / sum(live) - math.log(n) / 2
    assert growth.mean == pytest.approx(expected, abs=1e-10)


def test_bad_input_is_named():
    with pytest.raises(ValueError, match="width = 1"):
        vector_growth(Layer(1.5), 1)
