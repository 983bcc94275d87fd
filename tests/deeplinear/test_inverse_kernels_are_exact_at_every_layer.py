"""Mean layer kernels and mean inverse kernels: exact at every layer, width and temperature, against sampled weights."""

import numpy as np
import pytest
from scipy import special
from statistical import assert_mean

from rmt.deeplinear import linear_kernel, mean_inverse_layer_kernel, mean_layer_kernels, sample_posterior

WIDTHS, VARIANCES = [16, 13, 18], [1.2, 0.8, 1.0]


@pytest.fixture(scope="module")
def data():
    rng = np.random.default_rng(31)
    return rng.standard_normal((4, 9)), 1.5 * rng.standard_normal(4)


@pytest.mark.parametrize("temperature", [0.0, 0.2])
def test_mean_inverse_kernel_of_each_of_three_layers(data, temperature, rng):
    X, y = data

    def inverses(weights):
        h, out = X.T, []
        for W, variance in zip(weights[:-1], VARIANCES, strict=True):
            h = W @ h / np.sqrt(h.shape[0])
            out.append(np.linalg.inv(variance * h.T @ h / h.shape[0]))
        return np.stack(out)

    draws = sample_posterior(X, y, WIDTHS, VARIANCES, temperature, samples=2400, observe=inverses, rng=rng)
    samples = draws.observed.reshape(-1, 3, 4, 4)
    for l in range(3):
        exact = mean_inverse_layer_kernel(linear_kernel(X), y, WIDTHS, VARIANCES, temperature, layer=l + 1)
        trace, signal = np.trace(exact), y @ exact @ y
        assert_mean(np.trace(samples[:, l], axis1=1, axis2=2), trace, detects=0.1 * trace)
        assert_mean(samples[:, l] @ y @ y, signal, detects=0.1 * signal)
        # the learned direction is what differs from the prior: a wrong sign of it would show
        unlearned = 1.0
        for n, v in zip(WIDTHS[: l + 1], VARIANCES, strict=False):
            unlearned *= n / (v * (n - 5))
        assert abs(signal / (unlearned * y @ np.linalg.solve(linear_kernel(X), y)) - 1) > 0.1


def test_closed_form_of_one_layer(data):
    X, y = data
    K0, N = linear_kernel(X), 16
    inverse = np.linalg.inv(K0)
    B, projector = y @ inverse @ y, np.outer(inverse @ y, inverse @ y)
    p, root = (N - 4) / 2, np.sqrt(N * B)
    mean_inverse_u = np.sqrt(N / B) * special.kve(p - 1, root) / special.kve(p, root)  # generalised inverse Gaussian
    e = mean_inverse_u / N
    expected = N * ((1 + e) / (N - 5) * (inverse - projector / B) + e * projector / B)
    np.testing.assert_allclose(mean_inverse_layer_kernel(K0, y, N), expected, rtol=1e-11)


@pytest.mark.parametrize("layer", [1, 2])
@pytest.mark.parametrize("temperature", [0.0, 0.3])
def test_mean_field_is_off_by_one_over_the_width(layer, temperature):
    rng = np.random.default_rng(32)
    X, y = rng.standard_normal((20, 50)), rng.standard_normal(20)
    distance = []
    for copies in (1, 4):  # the same load with four times the data, of equal kernel eigenvalues
        K0, targets = np.kron(np.eye(copies), linear_kernel(X)), np.tile(y, copies)
        arguments = (K0, targets, [80 * copies, 60 * copies], [1.0, 0.9], temperature)
        exact, theory = (mean_inverse_layer_kernel(*arguments, layer=layer, method=m) for m in ("exact", "mean_field"))
        distance.append(np.trace(exact) / np.trace(theory) - 1)
    assert distance[1] == pytest.approx(distance[0] / 4, rel=0.2)
    assert 1e-4 < abs(distance[1]) < 0.05


def test_the_cold_limit_and_zero_targets(data):
    X, y = data
    K0 = linear_kernel(X)
    for layer in (1, 3):
        cold, warm = (mean_inverse_layer_kernel(K0, y, WIDTHS, VARIANCES, T, layer=layer) for T in (0.0, 1e-8))
        np.testing.assert_allclose(warm, cold, rtol=1e-5)
    # with targets that say nothing and strong noise the mean is that of the prior
    prior = mean_inverse_layer_kernel(K0, 0 * y, WIDTHS, VARIANCES, 1e9, layer=2)
    np.testing.assert_allclose(prior, (16 / 11 / 1.2) * (13 / 8 / 0.8) * np.linalg.inv(K0), rtol=1e-6)


@pytest.mark.parametrize("widths", [[2, 5], [1, 3]])
def test_layer_kernels_of_very_narrow_networks(data, widths, rng):
    X, y = data
    draws = sample_posterior(X, y, widths, 1.2, 0.2, samples=4000, hidden=True, rng=rng)
    kernels = mean_layer_kernels(linear_kernel(X), y, widths, 1.2, 0.2)
    for l in range(2):
        trace, signal = np.trace(kernels[l]), y @ kernels[l] @ y
        assert_mean(draws.kernel_traces[..., l].ravel(), trace, detects=0.3 * trace)
        assert_mean(draws.kernel_signals[..., l].ravel(), signal, detects=0.3 * signal)


def test_layers_without_a_mean_inverse_are_refused(data):
    X, y = data
    K0 = linear_kernel(X)
    with pytest.raises(ValueError, match=r"the mean inverse of layer 2 needs widths above P \+ 1 = 5"):
        mean_inverse_layer_kernel(K0, y, [20, 5], layer=2)
    assert np.trace(mean_inverse_layer_kernel(K0, y, [20, 5], layer=1)) > 0
    with pytest.raises(ValueError, match="K0 has rank 3 of 4"):
        mean_inverse_layer_kernel(linear_kernel(X[:, :3]), y, 20)
    with pytest.raises(ValueError, match="y = 0 at temperature = 0"):
        mean_inverse_layer_kernel(K0, 0 * y, 20)
    with pytest.raises(ValueError, match="layer = 3"):
        mean_inverse_layer_kernel(K0, y, [20, 20], layer=3)
