"""Every root returned solves its equation; special cases, limits and the three solvers agree."""

import numpy as np
import pytest

from rmt.deeplinear import (
    depth_limit,
    depth_regime,
    kernel_renormalisation,
    kernel_renormalisation_layers,
    kernel_renormalisation_matrix,
    linear_kernel,
    noise_regime,
    phase_boundaries,
    width_regime,
)


@pytest.mark.parametrize("depth", [1, 3, 1000])
@pytest.mark.parametrize("load", [1e-6, 0.3, 1.0, 3.0, 1e6])
@pytest.mark.parametrize("sigma", [0.1, 1.0, 10.0])
def test_scalar_root_agrees_with_forty_digits(load, sigma, depth):
    for r0 in (1e-6, 1.0, 1e6):
        exact = kernel_renormalisation(load, sigma, depth, r0, dps=40)
        assert kernel_renormalisation(load, sigma, depth, r0) == pytest.approx(float(exact), rel=2e-14)
        assert abs(1 - exact / sigma**2 - load * (1 - r0 * exact**-depth)) < 1e-12 * (1 + load)


def test_fixed_points_of_the_data():
    for load in (0.1, 1.0, 7.0):
        assert kernel_renormalisation(load, 0.7, 3, 0.7**6) == pytest.approx(0.49, rel=1e-14)
        assert kernel_renormalisation(load, 1.0, 5, 1.0) == pytest.approx(1.0, rel=1e-14)


@pytest.fixture
def data():
    rng = np.random.default_rng(7)
    X = rng.standard_normal((20, 30))
    return linear_kernel(X), rng.standard_normal(20)


@pytest.mark.parametrize("temperature", [0.0, 1e-3, 0.1, 10.0])
def test_every_layer_sees_the_same_right_hand_side(data, temperature):
    K0, y = data
    widths, variances = np.array([10, 40, 25]), np.array([0.64, 1.0, 1.44])
    found = kernel_renormalisation_layers(K0, y, widths, variances, temperature)
    A = found.rho * K0 + temperature * np.eye(20)
    solved = np.linalg.solve(A, y)
    side = found.rho * (np.trace(np.linalg.solve(A, K0)) - solved @ K0 @ solved)
    np.testing.assert_allclose(widths * (1 - found.u / variances), side, rtol=1e-8)


def test_the_cold_limit_is_the_zero_temperature_root_also_for_a_singular_kernel():
    rng = np.random.default_rng(3)
    X = rng.standard_normal((12, 5))
    y = X @ rng.standard_normal(5)
    cold = kernel_renormalisation_layers(linear_kernel(X), y, [20, 8])
    warm = kernel_renormalisation_layers(linear_kernel(X), y, [20, 8], temperature=1e-9)
    assert cold.rank == 5
    np.testing.assert_allclose(warm.u, cold.u, rtol=1e-7)


def test_outputs_decouple_along_the_eigenvectors():
    R0 = np.array([[1.2, 0.3], [0.3, 0.6]])
    U = kernel_renormalisation_matrix(0.5, 0.9, 3, R0)
    residual = np.eye(2) - U / 0.81 - 0.5 * (np.eye(2) - np.linalg.inv(U @ U @ U) @ R0)
    assert np.abs(residual).max() < 1e-13


def test_limits_of_depth():
    assert depth_limit(0.5, 0.8, 1.5).rho == pytest.approx(0.7058823529, rel=1e-9)
    u = kernel_renormalisation(0.5, 0.8, 100_000, 1.5)
    assert 100_000 * np.log(u) == pytest.approx(np.log(depth_limit(0.5, 0.8, 1.5).rho), abs=1e-3)
    divergent = depth_limit(0.3, 1.5, 0.7)
    assert divergent.divergent
    assert divergent.u == pytest.approx(1.575, rel=1e-12)
    assert kernel_renormalisation(0.3, 1.5, 1000, 0.7) == pytest.approx(1.575, rel=1e-12)


@pytest.mark.parametrize(
    ("load", "sigma", "r0"), [(0.5, 0.8, 1.5), (0.5, 1.0, 1.5), (0.3, 1.5, 0.7), (2.0, 1.2, 0.4), (3.0, 0.7, 2.0)]
)
def test_the_named_depth_regime_is_the_slope_of_rho(load, sigma, r0):
    log_rho = [L * np.log(kernel_renormalisation(load, sigma, L, r0)) for L in (1, 2, 3, 4)]
    falls = depth_regime(load, sigma, r0) == "falls"
    assert np.all(np.diff(log_rho) < 0) if falls else np.all(np.diff(log_rho) > 0)


def test_width_regime_and_boundaries():
    for sigma, depth, r0 in ((0.8, 2, 1.0), (1.2, 1, 1.0)):
        regime = width_regime(sigma, depth, r0)
        rho = kernel_renormalisation(np.array([1e-9, 0.1, 1.0, 10.0, 1e9]), sigma, depth, r0) ** depth
        assert rho[[0, -1]] == pytest.approx([regime.rho_wide, regime.rho_narrow], rel=1e-6)
        assert np.all(np.diff(rho) > 0) == regime.wider_is_better
    lines = phase_boundaries([0.3, 0.6], 2, 0.5)
    for load, sigma in zip(lines.load, lines.depth, strict=True):
        assert kernel_renormalisation(load, sigma, 2, 0.5 / sigma**2) == pytest.approx(1.0, rel=1e-12)
    assert width_regime(lines.width[0], 2, 0.5 / lines.width[0] ** 2).rho_wide == pytest.approx(
        0.5 / lines.width[0] ** 2
    )
    np.testing.assert_allclose(lines.divergence, 1 / np.sqrt(1 - lines.load))


def test_limits_of_the_weight_noise():
    regime = noise_regime(2.0, 3, 0.5)
    assert kernel_renormalisation(2.0, 1e-7, 3, 0.5e14) == pytest.approx(regime.u_small, rel=1e-6)
    sigma = 1e6
    assert sigma**2 * kernel_renormalisation(2.0, sigma, 3, 0.5 / sigma**2) ** 3 == pytest.approx(
        regime.variance_large, rel=1e-3
    )
