"""Exact draws, block Gibbs and Hamiltonian Monte Carlo agree with the exact posterior; the reducible case is refused."""

import numpy as np
import pytest
from scipy import special, stats
from statistical import assert_distribution, assert_mean, z_threshold

from rmt.deeplinear import (
    effective_sample_size,
    estimate,
    exact_posterior,
    linear_kernel,
    mean_layer_kernels,
    sample_posterior,
)


def problem(P=8, N0=15, seed=5):
    rng = np.random.default_rng(seed)
    return rng.standard_normal((P, N0)), rng.standard_normal(P)


@pytest.mark.parametrize("temperature", [0.0, 1e-3, 0.2])
@pytest.mark.parametrize("widths", [[6], [10, 12], [3, 9, 7]])
def test_independent_scales_have_the_exact_moments(widths, temperature, rng):
    X, y = problem()
    posterior = exact_posterior(linear_kernel(X), y, widths, 1.3, temperature)
    u = posterior.sample_scales(6000, rng)
    alternating = np.where(np.arange(len(widths)) % 2 == 0, 1.0, -0.5)
    for powers in (np.ones(len(widths)), np.full(len(widths), -0.5), alternating):
        assert_mean(np.prod(u**powers, axis=1), posterior.scale_moment(powers), detects=0.3)


def test_two_competing_solutions_are_sampled_with_their_weights(rng):
    posterior = exact_posterior(0.19 * np.eye(30), np.ones(30), [20] * 6, 0.27, 0.1)
    rho = posterior.sample_rho(20_000, rng)
    # moments -0.2 and 1 weigh the small and the large solution; the rare one carries 3e-3 of the probability
    assert_mean(rho**-0.2, posterior.rho_moment(-0.2), detects=0.1)
    assert_mean(rho, posterior.rho_moment(1.0), detects=0.01)


@pytest.mark.parametrize("temperature", [0.0, 0.2])
def test_draws_of_an_output_follow_the_predictive_law(temperature, rng):
    X, y = problem()
    x = np.linspace(-1, 1, 15)
    law = exact_posterior(linear_kernel(X), y, [5, 4], 1.0, temperature).predictive_law(X @ x / 15, float(x @ x / 15))
    assert_distribution(law.sample(4000, rng), law.cdf, detects=0.05)
    draws = sample_posterior(X, y, [5, 4], 1.0, temperature, samples=4000, rng=rng)
    assert_distribution(draws.outputs(x[None, :])[..., 0], law.cdf, detects=0.05)


def test_exact_weights_interpolate_and_give_the_exact_layer_kernels(rng):
    X, y = problem()
    for widths in ([6, 10], [12, 11]):
        draws = sample_posterior(X, y, widths, [0.81, 1.44], input_variance=1.21, samples=4000, hidden=True, rng=rng)
        np.testing.assert_allclose(draws.outputs(X), np.broadcast_to(y, (4, 1000, 8)), atol=1e-11)
        K0 = linear_kernel(X, input_variance=1.21)
        kernels = mean_layer_kernels(K0, y, widths, [0.81, 1.44])
        for l in range(2):
            assert_mean(draws.kernel_traces[..., l].ravel(), np.trace(kernels[l]), detects=0.5)
            assert_mean(draws.kernel_signals[..., l].ravel(), y @ kernels[l] @ y, detects=0.8)
        assert np.linalg.norm(draws.mean_kernels - kernels) < 0.05 * np.linalg.norm(kernels)


def test_weight_matrices_carry_the_recorded_function(rng):
    X, y = problem()

    def outputs(weights):
        h = X.T
        for W in weights:
            h = W @ h / np.sqrt(h.shape[0])
        return h[0]

    for method, T in (("exact", 0.0), ("exact", 0.1), ("gibbs", 0.1), ("hmc", 0.1)):
        draws = sample_posterior(X, y, [9, 11], 1.2, T, method=method, samples=40, burn_in=5, observe=outputs, rng=rng)
        np.testing.assert_allclose(draws.observed, draws.outputs(X), atol=1e-10)


def test_layer_kernels_at_finite_temperature_agree_with_gibbs(rng):
    X, y = problem()
    draws = sample_posterior(X, y, [6, 7], 1.2, 0.2, method="gibbs", samples=4000, chains=8, hidden=True, rng=rng)
    kernels = mean_layer_kernels(linear_kernel(X), y, [6, 7], 1.2, 0.2)
    for l in range(2):
        assert abs(estimate(draws.kernel_traces[..., l]).z(np.trace(kernels[l]))) < z_threshold()
        assert abs(estimate(draws.kernel_signals[..., l]).z(y @ kernels[l] @ y)) < z_threshold()


def test_layer_kernels_of_the_small_data_set():
    from_note = [(4.1768918836, 5.6221434732), (4.2656854342, 7.5265000648)]
    X = np.array(
        [
            (0.5, -1.2, 0.3, 0.8, -0.4, 1.1, 0.2, -0.7),
            (1.4, 0.1, -0.6, 0.9, 0.3, -0.2, -1.5, 0.4),
            (-0.3, 0.7, 1.6, -0.1, -1.1, 0.6, 0.5, 0.9),
            (0.2, -0.5, -0.9, 1.3, 0.8, -1.4, 0.1, 0.6),
            (-1, 0.4, 0.2, 0.5, 1.7, 0.3, -0.8, -0.2),
            (0.9, 1.3, -0.4, -0.7, 0.1, 0.5, 1.2, -1.1),
        ]
    )
    y = np.array((0.8, 1.1, -0.6, 0.4, -1.3, 0.9))
    kernels = mean_layer_kernels(linear_kernel(X), y, [10, 10])
    assert [(np.trace(K), y @ K @ y) for K in kernels] == pytest.approx(
        [pytest.approx(pair, rel=1e-9) for pair in from_note]
    )


SETTINGS = [
    (P, widths, sigma, T)
    for P, widths in ((6, [14]), (6, [12, 10]), (5, [10, 9, 12]), (9, [14]), (8, [16, 13]), (6, [15, 12, 10]))
    for sigma, T in ((1.0, 0.0), (0.6, 0.0), (1.4, 0.02), (1.0, 0.3))
]


def pulls(rng, repeats, samples):
    out = []
    for P, widths, sigma, T in SETTINGS:
        X, y = problem(P, 18, seed=P + len(widths))
        exact = exact_posterior(linear_kernel(X, input_variance=sigma**2), y, widths, sigma**2, T).rho_moment(1)
        for _ in range(repeats):
            draws = sample_posterior(
                X,
                y,
                widths,
                sigma**2,
                T,
                input_variance=sigma**2,
                method="gibbs",
                samples=samples,
                chains=8,
                burn_in=100,
                rng=rng,
            )
            out.append(estimate(draws.rho).z(exact))
    return np.array(out)


def test_gibbs_agrees_with_the_exact_mean_in_24_settings(rng):
    z = pulls(rng, 1, 1040)
    # sum of 24 squared pulls; 1.25 allows for the error of the estimated standard errors. False-fail rate 1e-6 each side.
    low, high = stats.chi2.ppf([1e-6, 1 - 1e-6], len(z))
    assert low / 1.25 < np.sum(z**2) < 1.25 * high
    assert np.abs(z).max() < 1.25 * z_threshold(comparisons=len(z))


@pytest.mark.slow
def test_rms_pull_over_24_settings_is_one(rng):
    # 240 pulls: the rms of unit normals leaves 0.7..1.3 with probability 1e-9
    z = pulls(rng, 10, 4000)
    assert special.chdtr(240, 240 * 0.49) + special.chdtrc(240, 240 * 1.69) < 1e-6
    assert 0.7 < np.sqrt(np.mean(z**2)) < 1.3


def test_hamiltonian_monte_carlo_agrees_with_the_exact_mean(rng):
    X, y = problem()
    for widths in ([10], [6, 8]):
        posterior = exact_posterior(linear_kernel(X), y, widths, 1.0, 0.2)
        draws = sample_posterior(X, y, widths, 1.0, 0.2, method="hmc", samples=1600, chains=16, burn_in=120, rng=rng)
        assert abs(estimate(draws.rho).z(posterior.rho_moment(1))) < z_threshold()
        assert estimate(draws.rho).stderr < 0.1 * posterior.rho_moment(1)
        assert 0.6 < draws.acceptance < 0.95


def test_reducible_chain_is_refused_and_why(rng):
    X, y = problem(10, 20)
    with pytest.raises(ValueError, match=r"reducible at temperature = 0 .* width 10 <= rank 10 .* use method='exact'"):
        sample_posterior(X, y, [30, 10], method="gibbs")
    # the way out works
    draws = sample_posterior(X, y, [30, 10], method="exact", samples=2000, rng=rng)
    assert_mean(draws.rho.ravel(), exact_posterior(linear_kernel(X), y, [30, 10]).rho_moment(1), detects=0.2)


def test_what_the_refused_chain_would_have_reported_is_wrong(rng):
    from rmt.deeplinear._network import backward_maps, gibbs_sweep, prior_weights, reduced_network

    X, y = problem(10, 20)
    network = reduced_network(X, y, np.array([10.0]), (0.25, 0.25), 0.0)
    weights = prior_weights(network, 4, rng)
    for _ in range(2):
        gibbs_sweep(network, weights, backward_maps(network, weights), rng)
    before = np.sum(weights[1] ** 2, axis=(1, 2))
    for _ in range(20):
        gibbs_sweep(network, weights, backward_maps(network, weights), rng)
    np.testing.assert_allclose(np.sum(weights[1] ** 2, axis=(1, 2)), before, rtol=1e-4)  # the readout cannot move


def test_effective_sample_size_of_an_autoregression(rng):
    phi, n = 0.8, 20_000
    x = np.empty((4, n))
    x[:, 0] = rng.standard_normal(4) / np.sqrt(1 - phi**2)
    noise = rng.standard_normal((4, n))
    for i in range(1, n):
        x[:, i] = phi * x[:, i - 1] + noise[:, i]
    assert effective_sample_size(x) == pytest.approx(4 * n * (1 - phi) / (1 + phi), rel=0.2)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"y": np.ones(7)}, r"y has shape \(7,\)"),
        ({"y": np.full(8, np.nan)}, "y holds a value that is not finite"),
        ({"temperature": -0.1}, r"temperature = -0.1 must be in \[0, inf\)"),
        ({"widths": [5, 0]}, r"widths\[1\] = 0 must be an integer >= 1"),
        ({"widths": []}, "at least one hidden layer"),
        ({"weight_variances": [1.0]}, r"weight_variances has shape \(1,\)"),
        ({"method": "langevin"}, "method = 'langevin' must be one of"),
        ({"method": "hmc"}, "'hmc' needs temperature > 0"),
        ({"y": np.ones((8, 2))}, "'exact' is for one output, y has 2"),
        ({"samples": 30, "chains": 4}, "samples = 30 must be a multiple of chains = 4"),
    ],
)
def test_bad_input_is_named(change, message):
    X, y = problem()
    arguments = {"X": X, "y": y, "widths": [9, 9], **change}
    with pytest.raises(ValueError, match=message):
        sample_posterior(**arguments)


@pytest.mark.parametrize(
    ("K0", "y", "message"),
    [
        (np.eye(3)[:2], np.ones(2), "K0 must be square"),
        (np.eye(3), np.ones(2), "y has 2 values but K0 has shape"),
        (-np.eye(3), np.ones(3), "K0 must be positive semidefinite"),
        (np.triu(np.ones((3, 3))), np.ones(3), "K0 must be symmetric"),
        (np.full((3, 3), np.inf), np.ones(3), "K0 holds a value that is not finite"),
        (np.eye(3), np.zeros(3), "y = 0 on the range of K0"),
    ],
)
def test_bad_kernels_are_named(K0, y, message):
    with pytest.raises(ValueError, match=message):
        exact_posterior(K0, y, [2])


def test_equal_seeds_give_equal_draws():
    X, y = problem()
    for method in ("exact", "gibbs", "hmc"):
        first, second = (
            sample_posterior(X, y, 10, 1.0, 0.1, method=method, samples=40, rng=3).effective_weights for _ in "ab"
        )
        np.testing.assert_array_equal(first, second)
