"""Matrix renormalisation: solves its equations at any widths and temperature, and is O(m/N) off the exact posterior."""

import numpy as np
import pytest

from rmt.deeplinear import (
    kernel_renormalisation_layers,
    kernel_renormalisation_matrix,
    kernel_renormalisation_outputs,
    linear_kernel,
    mean_layer_kernels,
    posterior_predictive,
    sample_posterior,
)

WIDTHS, VARIANCES = [60, 40], [1.0, 0.8]


@pytest.fixture(scope="module")
def data():
    rng = np.random.default_rng(21)
    X = rng.standard_normal((20, 40))
    return X, X @ rng.standard_normal((40, 3)) / np.sqrt(40) + 0.3 * rng.standard_normal((20, 3))


@pytest.mark.parametrize("temperature", [0.0, 1e-6, 1e-2, 0.3, 20.0])
@pytest.mark.parametrize(("widths", "variances"), [(WIDTHS, VARIANCES), ([12, 30, 15], [1.5, 0.6, 1.0])])
def test_every_layer_sees_the_same_matrix(data, widths, variances, temperature):
    K0, Y = linear_kernel(data[0]), data[1]
    found = kernel_renormalisation_outputs(K0, Y, widths, variances, temperature)
    # independent form: the covariance of vec(Y) inverted as a whole, G = minus twice the slope of the log likelihood
    inverse = np.linalg.inv(np.kron(found.rho, K0) + temperature * np.eye(60))
    solved = inverse @ Y.T.ravel()
    slope = (inverse - np.outer(solved, solved)).reshape(3, 20, 3, 20)
    G = np.einsum("aibj,ij->ab", slope, K0)
    for u, width, variance in zip(found.u, widths, variances, strict=True):
        np.testing.assert_allclose(width * (np.eye(3) - u / variance), found.rho @ G, atol=2e-7)
    np.testing.assert_allclose(np.linalg.multi_dot([np.eye(3), *found.u, np.eye(3)]), found.rho, atol=1e-12)


def test_one_output_is_the_scalar_theory(data):
    K0, y, K_test = linear_kernel(data[0]), data[1][:, 0], linear_kernel(data[0], data[0][:2] + 0.5)
    for temperature in (0.0, 0.1):
        scalar = kernel_renormalisation_layers(K0, y, WIDTHS, VARIANCES, temperature)
        matrix = kernel_renormalisation_outputs(K0, y[:, None], WIDTHS, VARIANCES, temperature)
        assert (matrix.rho[0, 0], matrix.action) == pytest.approx((scalar.rho, scalar.action), rel=1e-10)
        theirs = posterior_predictive(K0, y, K_test, [2.0, 1.5], WIDTHS, VARIANCES, temperature)
        ours = matrix.predict(K_test, [2.0, 1.5])
        np.testing.assert_allclose(ours.mean[:, 0], theirs.mean, rtol=1e-9)
        np.testing.assert_allclose(ours.covariance[:, 0, 0], theirs.variance, rtol=1e-9)
        leading = mean_layer_kernels(K0, y, WIDTHS, VARIANCES, temperature, method="mean_field")
        assert np.linalg.norm(matrix.layer_kernels() - leading) < 0.04 * np.linalg.norm(leading)


def test_equal_layers_without_noise_are_the_equation_of_the_loads(data):
    K0, Y = linear_kernel(data[0]), data[1]
    found = kernel_renormalisation_outputs(K0, Y, [40, 40, 40], 0.81)
    U = kernel_renormalisation_matrix(0.5, 0.9, 3, Y.T @ np.linalg.solve(K0, Y) / 20)
    np.testing.assert_allclose(found.u, np.stack([U] * 3), rtol=1e-10, atol=1e-12)


def test_the_choice_of_output_axes_does_not_matter(data):
    K0, Y = linear_kernel(data[0]), data[1]
    Q = np.linalg.qr(np.random.default_rng(22).standard_normal((3, 3)))[0]
    plain = kernel_renormalisation_outputs(K0, Y, WIDTHS, VARIANCES, 0.1)
    turned = kernel_renormalisation_outputs(K0, Y @ Q, WIDTHS, VARIANCES, 0.1)
    np.testing.assert_allclose(turned.rho, Q.T @ plain.rho @ Q, atol=1e-8)
    assert turned.action == pytest.approx(plain.action, rel=1e-12)


def test_a_singular_kernel_counts_with_its_rank():
    rng = np.random.default_rng(25)
    X, Y = rng.standard_normal((12, 5)), rng.standard_normal((12, 2))  # targets that no weights can fit
    cold, warm = (kernel_renormalisation_outputs(linear_kernel(X), Y, [20, 8], 1.0, T) for T in (0.0, 1e-9))
    assert cold.rank == 5
    np.testing.assert_allclose(warm.rho, cold.rho, rtol=1e-6, atol=1e-8)


def test_noise_turns_the_directions():
    # one direction carried by strong modes, the other by weak ones: noise hides the weak ones
    k = np.array([4.0, 4.0, 0.05, 0.05])
    Y = np.array([[3.0, 0.0], [-2.0, 0.5], [0.2, 0.9], [0.1, -0.8]])
    turn = [kernel_renormalisation_outputs(np.diag(k), Y, 50, 1.0, T).directions for T in (0.0, 1.0)]
    overlap = np.abs(turn[0].T @ turn[1])
    assert 1e-3 < np.min(overlap) < 0.999


def exact_mean(k, Y, N, temperature, centre):
    """E[Lambda] for two outputs and one hidden layer: Wishart prior, eigenvalues and angle integrated out."""
    width = np.sqrt(2 / N)
    t = np.linspace(-9 * width, 9 * width, 61)
    angle = np.arange(48) * np.pi / 48
    l1, l2 = np.exp(np.log(centre[0]) + t)[:, None], np.exp(np.log(centre[1]) + t)[None, :]
    c, s = np.cos(angle), np.sin(angle)
    y1, y2 = Y @ np.array([c, s]), Y @ np.array([-s, c])
    single = [
        -0.5 * (np.log(np.outer(value, k) + temperature).sum(axis=1)[:, None])
        - 0.5 * (1 / (np.outer(value, k) + temperature)) @ y**2
        + 0.5 * (N - 3) * np.log(value)[:, None]
        - 0.5 * N * value[:, None]
        + np.log(value)[:, None]
        for value, y in ((l1[:, 0], y1), (l2[0], y2))
    ]
    with np.errstate(divide="ignore"):
        log_weight = single[0][:, None] + single[1][None, :] + np.log(np.abs(l1 - l2))[..., None]
    weight = np.exp(log_weight - log_weight.max())
    weight /= weight.sum()
    m1, m2 = np.einsum("ija,i->a", weight, l1[:, 0]), np.einsum("ija,j->a", weight, l2[0])
    off = np.sum((m1 - m2) * c * s)
    return np.array([[np.sum(m1 * c * c + m2 * s * s), off], [off, np.sum(m1 * s * s + m2 * c * c)]])


@pytest.mark.parametrize("temperature", [0.0, 0.2])
def test_distance_from_the_exact_posterior_of_two_outputs_falls_as_one_over_the_width(temperature):
    rng = np.random.default_rng(23)
    k, Y = np.tile([2.0, 1.0, 0.4, 0.2], 5), rng.standard_normal((20, 2)) @ [[1.5, 0.3], [0.0, 0.7]]
    scaled = []
    for factor in (4, 16):
        N = 50 * factor
        modes, targets = np.tile(k, factor), np.tile(Y, (factor, 1))
        found = kernel_renormalisation_outputs(np.diag(modes), targets, N, 1.0, temperature)
        exact = exact_mean(modes, targets, N, temperature, np.linalg.eigvalsh(found.rho))
        scaled.append(N * (exact - found.rho))
    # the constants of the 1/N law agree to its next order
    np.testing.assert_allclose(scaled[1], scaled[0], rtol=0.05, atol=0.01)
    assert 0.2 < np.linalg.norm(scaled[1]) < 5


@pytest.mark.parametrize("temperature", [0.0, 0.2])
def test_gibbs_sampling_of_three_outputs(data, temperature, rng):
    X, Y = data
    X_test = np.random.default_rng(24).standard_normal((6, 40))
    found = kernel_renormalisation_outputs(linear_kernel(X), Y, WIDTHS, VARIANCES, temperature)
    draws = sample_posterior(
        X, Y, WIDTHS, VARIANCES, temperature, method="gibbs", samples=1200, chains=8, burn_in=60, hidden=True, rng=rng
    )
    # m/N = 0.05 and 0.075; Monte Carlo errors are below 1 per cent
    np.testing.assert_allclose(draws.rho.mean(axis=(0, 1)), found.rho, atol=0.06 * np.trace(found.rho) / 3)
    outputs = draws.outputs(X_test)
    prediction = found.predict(linear_kernel(X, X_test), np.sum(X_test**2, axis=1) / 40)
    np.testing.assert_allclose(outputs.mean(axis=(0, 1)).T, prediction.mean, atol=0.12)
    spread = np.mean(np.var(outputs, axis=(0, 1)))
    assert np.mean(np.einsum("kaa->ka", prediction.covariance)) == pytest.approx(spread, rel=0.06)
    kernels = found.layer_kernels()
    np.testing.assert_allclose(draws.kernel_traces.mean(axis=(0, 1)), np.trace(kernels, axis1=1, axis2=2), rtol=0.02)
    signals = np.einsum("pa,lpq,qa->l", Y, kernels, Y)
    np.testing.assert_allclose(draws.kernel_signals.mean(axis=(0, 1)), signals, rtol=0.04)
    error, bias, variance = prediction.generalisation_error(np.zeros((6, 3)))
    assert error == bias + variance


def test_three_outputs_of_one_layer(rng):
    X, Y = rng.standard_normal((20, 60)), rng.standard_normal((20, 3))
    draws = sample_posterior(X, Y, [50], method="gibbs", samples=1600, chains=8, burn_in=100, rng=rng)
    U = kernel_renormalisation_matrix(0.4, 1.0, 1, Y.T @ np.linalg.solve(linear_kernel(X), Y) / 20)
    np.testing.assert_allclose(draws.rho.mean(axis=(0, 1)), U, atol=0.08 * np.linalg.norm(U, 2))


def test_coexisting_solutions_are_combined_over_the_directions_and_the_heaviest_wins():
    Y = np.stack([np.ones(30), np.repeat([1.0, -1.0], 15)], axis=1)
    found = kernel_renormalisation_outputs(0.25 * np.eye(30), Y, [20] * 6, 0.25, 0.1)
    single = kernel_renormalisation_layers(0.25 * np.eye(30), np.ones(30), [20] * 6, 0.25, 0.1)
    low, high = single.all_rho[[0, 2]]
    pairs = sorted((tuple(np.linalg.eigvalsh(rho)) for rho in found.all_rho), key=sum)
    np.testing.assert_allclose(pairs, [(low, low), (low, high), (high, high)], rtol=1e-7)
    assert found.action == found.all_actions.max() == pytest.approx(2 * single.action, rel=1e-9)


def test_bad_input_is_named(data):
    K0, Y = linear_kernel(data[0]), data[1]
    with pytest.raises(ValueError, match=r"y has shape \(20,\): give one column an output"):
        kernel_renormalisation_outputs(K0, Y[:, 0], 50)
    with pytest.raises(ValueError, match="y has 19 values but K0 has shape"):
        kernel_renormalisation_outputs(K0, Y[1:], 50)
    with pytest.raises(ValueError, match="temperature = -1"):
        kernel_renormalisation_outputs(K0, Y, 50, 1.0, -1)
    with pytest.raises(ValueError, match=r"y_test has shape \(3,\)"):
        kernel_renormalisation_outputs(K0, Y, 50).predict(K0[:, :1], 1.0).generalisation_error([1, 2, 3])
