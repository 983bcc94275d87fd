"""Isotropic stable layers: the posterior by convolution agrees with the Gaussian theory, other integrals and sampling."""

import numpy as np
import pytest
from scipy import special
from statistical import assert_mean, z_threshold

from rmt.deeplinear import exact_posterior, heavy_tailed_posterior
from rmt.special import log_meijerg_q0
from rmt.stable import PositiveStable

K, Y = np.array([1.0, 2.0, 0.5]), np.array([0.5, 1.0, -0.3])


def log_likelihood(rho, temperature):
    total = rho[..., None] * K + temperature
    return -0.5 * np.sum(Y**2 / total + np.log(2 * np.pi * total), axis=-1)


@pytest.mark.parametrize("temperature", [0.0, 1e-4, 0.3])
@pytest.mark.parametrize(("widths", "scale"), [([50, 30], 1.0), ([7], 1.0), ([400], 1e-3), ([400], 1e3)])
def test_gaussian_layers_are_the_gaussian_theory(widths, scale, temperature):
    # scale: targets far too large and far too small for the prior
    rng = np.random.default_rng(41)
    K0, y, cross = (
        np.diag(rng.uniform(0.5, 2, 20)) * scale,
        rng.standard_normal(20),
        scale * rng.uniform(0, 0.3, (20, 2)),
    )
    ours = heavy_tailed_posterior(K0, y, widths, 1.0, temperature, alphas=2.0)
    theirs = exact_posterior(K0, y, widths, 1.0, temperature)
    assert ours.log_evidence == pytest.approx(theirs.log_evidence, rel=1e-12, abs=1e-10)
    for order in (-0.5, 1.0, 2.0):
        assert ours.rho_moment(order) == pytest.approx(theirs.rho_moment(order), rel=1e-9)
    p, q = ours.predict(cross, [scale, scale]), theirs.predict(cross, [scale, scale])
    np.testing.assert_allclose(p.mean, q.mean, rtol=1e-9)
    np.testing.assert_allclose(p.variance, q.variance, rtol=1e-9)


@pytest.mark.parametrize("temperature", [0.0, 0.1])
def test_index_one_against_a_two_dimensional_integral(temperature):
    # a = 1/2: A = 1 / (2 z^2) with z standard normal; the scale is a gamma variable
    log_z, log_u, N = np.arange(-60, 3, 0.03)[None], np.arange(-30, 4, 0.03)[:, None], 6
    weight = np.exp(N / 2 * (np.log(N / 2) + log_u - np.exp(log_u)) - special.gammaln(N / 2))
    weight = weight * np.exp(log_z - 0.5 * np.exp(2 * log_z)) * np.sqrt(2 / np.pi) * 0.03**2
    log_rho = log_u - np.log(2) - 2 * log_z
    weight = weight * np.exp(log_likelihood(np.exp(log_rho), temperature))
    ours = heavy_tailed_posterior(np.diag(K), Y, N, 1.0, temperature, alphas=1.0)
    assert ours.log_evidence == pytest.approx(np.log(weight.sum()), rel=1e-11)
    for order in (-0.5, 0.5, 1.0):
        expected = np.sum(weight * np.exp(order * log_rho)) / weight.sum()
        assert ours.rho_moment(order) == pytest.approx(expected, rel=1e-11)


@pytest.mark.parametrize("alpha", [0.2, 0.6, 1.96])
def test_any_index_against_an_average_of_meijer_functions(alpha):
    a, N, R = alpha / 2, np.array([9.0, 6.0]), 3
    c = a / (1 - a)
    step = min(0.03, 0.25 / c)
    log_a = np.arange(-np.log(400 / ((1 - a) * a**c)) / c, 25.0 / min(a + 0.1, 1.0), step)
    log_density = PositiveStable(a).logpdf(np.exp(log_a)) + log_a
    unit, strength = np.log(2 / N).sum(), np.sum(Y**2 / K)

    def integral(k):
        log_g = log_meijerg_q0(None, [0.0, *(N / 2 + k - R / 2)], log_z=np.log(strength / 2) - unit - log_a)
        return special.logsumexp(log_g + log_density + (k - R / 2) * (log_a + unit))

    ours = heavy_tailed_posterior(np.diag(K), Y, [9, 6], alphas=[alpha, 2.0])
    assert ours.rho_moment(0.5) == pytest.approx(np.exp(integral(0.5) - integral(0.0)), rel=1e-10)


@pytest.mark.parametrize("temperature", [0.0, 0.2])
@pytest.mark.parametrize("alphas", [[1.5, 1.2], [2.0, 0.8]])
def test_importance_sampling_from_the_prior(alphas, temperature, rng):
    n = 200_000
    posterior = heavy_tailed_posterior(np.diag(K), Y, [6, 5], [1.0, 1.5], temperature, alphas=alphas)
    rho = rng.chisquare(6, n) / 6 * 1.5 * rng.chisquare(5, n) / 5
    for alpha in alphas:
        if alpha < 2:
            rho *= PositiveStable(alpha / 2).sample(n, rng)
    weight = np.exp(log_likelihood(rho, temperature))
    assert_mean(weight, np.exp(posterior.log_evidence), detects=0.03 * np.exp(posterior.log_evidence))
    for order in (0.5, 1.0, -0.5):
        exact = posterior.rho_moment(order)
        pull = weight * (rho**order - exact)
        error = pull.std() / np.sqrt(n)
        assert error < 0.03 * exact * weight.mean()
        assert abs(pull.mean()) < z_threshold() * error
    prediction = posterior.predict([0.3, 0.2, 0.1], 1.0)
    total = rho[:, None] * K + temperature
    mean = (rho[:, None] * Y / total) @ np.array([0.3, 0.2, 0.1])
    pull = weight * (mean - prediction.mean[0])
    assert abs(pull.mean()) < max(z_threshold() * pull.std() / np.sqrt(n), 1e-12)
    variance = rho - (rho[:, None] ** 2 / total) @ np.array([0.09, 0.04, 0.01])
    pull = weight * (variance + (mean - prediction.mean[0]) ** 2 - prediction.variance[0])
    assert abs(pull.mean()) < z_threshold() * pull.std() / np.sqrt(n)


def test_moments_end_where_the_tails_of_the_prior_meet_the_data():
    one = heavy_tailed_posterior(np.diag(K), Y, 6, alphas=1.2)
    assert one.moment_limit == 2.1
    # E rho^k ~ C / (limit - k): the geometric tail beyond the grid carries it
    near = [one.rho_moment(2.1 - gap) * gap for gap in (1e-3, 1e-4, 1e-5)]
    assert near[2] == pytest.approx(near[1], rel=1e-3)
    assert near[0] == pytest.approx(near[1], rel=1e-2)
    with pytest.raises(ValueError, match=r"k = 2\.1 must be in"):
        one.rho_moment(2.1)
    two = heavy_tailed_posterior(np.diag(K), Y, [6, 5], alphas=1.2)
    with pytest.raises(ValueError, match="too near to be computed with several heavy-tailed layers"):
        two.rho_moment(2.09)
    assert heavy_tailed_posterior(np.diag(K), Y, 6, alphas=2.0).moment_limit == np.inf
    single = heavy_tailed_posterior([[1.0]], [1.0], 6, 1.0, 0.1, alphas=0.8)
    with pytest.raises(ValueError, match=r"k = 1\.0 must be in"):
        single.predict([0.1], 1.0)


@pytest.mark.parametrize("alphas", [2.5, 0.05, 1.995, [1.5, 1.5, 1.5], np.nan])
def test_bad_indices_are_named(alphas):
    with pytest.raises(ValueError, match="alphas"):
        heavy_tailed_posterior(np.diag(K), Y, [6, 5], alphas=alphas)
