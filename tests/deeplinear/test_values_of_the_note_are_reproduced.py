"""Kernel renormalisation and exact posterior reproduce independently computed values (theory note, sections 2 and 5)."""

import numpy as np
import pytest

from rmt.deeplinear import (
    exact_posterior,
    kernel_renormalisation,
    kernel_renormalisation_layers,
    kernel_renormalisation_matrix,
    linear_kernel,
    posterior_predictive,
)

ROOTS = [
    (0.5, 1.0, 1, 1.3, 1.0940971508067066),
    (0.5, 1.0, 3, 1.3, 1.0544366241640883),
    (0.25, 0.5, 3, 5.0, 0.7993474866492948),
    (0.5, 0.8, 2, 2.0, 0.9827137026877691),
    (0.5, 1.5, 2, 0.6, 1.4472621829476398),
]


@pytest.mark.parametrize(("load", "sigma", "depth", "r0", "u"), ROOTS)
def test_scalar_root(load, sigma, depth, r0, u):
    assert kernel_renormalisation(load, sigma, depth, r0) == pytest.approx(u, rel=1e-14)
    assert float(kernel_renormalisation(load, sigma, depth, r0, dps=30)) == pytest.approx(u, rel=1e-14)


def test_unequal_layers():
    first = kernel_renormalisation_layers(np.eye(20), np.full(20, np.sqrt(1.3)), [50, 30])
    np.testing.assert_allclose(first.u, [1.053351169013934, 1.0889186150232235], rtol=1e-13)
    assert first.rho == pytest.approx(1.1470136961, rel=1e-10)
    second = kernel_renormalisation_layers(np.eye(20), np.full(20, np.sqrt(2)), [10, 40, 25], [0.64, 1, 1.44])
    np.testing.assert_allclose(second.u, [0.900618295, 1.101804021484, 1.674556465500], rtol=1e-11)


def test_two_outputs():
    U = kernel_renormalisation_matrix(0.5, 1.0, 1, [[1.2, 0.3], [0.3, 0.6]])
    expected = [[1.056851355604463, 0.107195568748155], [0.107195568748155, 0.842460218108152]]
    np.testing.assert_allclose(U, expected, rtol=1e-12)


def test_every_coexisting_solution_is_found_and_the_heaviest_wins():
    found = kernel_renormalisation_layers(0.25 * np.eye(30), np.ones(30), [20] * 6, 0.25, 0.1)
    np.testing.assert_allclose(found.all_rho, [2.571128696e-4, 0.0597393236, 0.60938432], rtol=1e-7)
    np.testing.assert_allclose(found.all_actions, [-175.3767467988, -193.1143118, -181.5467377], rtol=1e-9)
    assert found.rho == found.all_rho[0]


def test_exact_moments_wide_and_narrow():
    wide = exact_posterior(np.eye(20), np.full(20, np.sqrt(1.3)), [50, 30])
    assert wide.rho_moment(1) == pytest.approx(1.1686890648, rel=2e-10)
    assert wide.rho_moment(2) == pytest.approx(1.4309571386, rel=2e-10)
    assert [wide.inverse_partial(l) for l in (1, 2)] == pytest.approx([0.8959454245, 0.9385290668], rel=2e-10)
    narrow = exact_posterior(np.eye(40), np.full(40, np.sqrt(0.5)), [30, 20], [1, 2.25])
    assert narrow.rho_moment(1) == pytest.approx(0.7058729989, rel=2e-10)
    assert [narrow.inverse_partial(l) for l in (1, 2)] == pytest.approx([1.4978848345, 0.9789778892], rel=2e-10)


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
Y = np.array((0.8, 1.1, -0.6, 0.4, -1.3, 0.9))
X_TEST = np.array([(0.3, 0.2, -0.5, 0.7, 0.1, 0.4, -0.6, 0.5)])
K0, K_TEST, K_DIAGONAL = linear_kernel(X), linear_kernel(X, X_TEST), np.diag(linear_kernel(X_TEST))


def test_small_data_set_at_zero_temperature():
    mean_field = kernel_renormalisation_layers(K0, Y, [10, 10])
    assert (mean_field.r0, mean_field.rho) == pytest.approx((1.1450444580, 1.0771132855), rel=1e-9)
    exact = exact_posterior(K0, Y, [10, 10])
    assert exact.rho_moment(1) == pytest.approx(1.1549747326, rel=1e-10)
    assert exact.rho_moment(2) == pytest.approx(1.5845317021, rel=1e-10)
    assert exact.log_evidence == pytest.approx(-7.6936115355, rel=1e-10)
    prediction = exact.predict(K_TEST, K_DIAGONAL)
    assert (prediction.mean[0], prediction.variance[0]) == pytest.approx((0.3270367798, 0.0695904983), rel=2e-9)
    theory = posterior_predictive(K0, Y, K_TEST, K_DIAGONAL, [10, 10])
    assert theory.variance[0] == pytest.approx(0.0648991256, rel=2e-9)


def test_small_data_set_at_finite_temperature():
    theory = posterior_predictive(K0, Y, K_TEST, K_DIAGONAL, 10, 1.0, 0.1)
    assert (theory.rho, theory.mean[0], theory.variance[0]) == pytest.approx(
        (1.0172447770, 0.2789627423, 0.0816489463), rel=2e-9
    )
    exact = exact_posterior(K0, Y, 10, 1.0, 0.1)
    assert (exact.rho_moment(1), exact.log_evidence) == pytest.approx((1.0480911037, -7.5678876392), rel=1e-9)
    prediction = exact.predict(K_TEST, K_DIAGONAL)
    assert (prediction.mean[0], prediction.variance[0]) == pytest.approx((0.2758319085, 0.0834729537), rel=2e-9)
    training = exact.predict(K0, np.diag(K0))
    assert np.mean((training.mean - Y) ** 2 + training.variance) == pytest.approx(0.0980019723, rel=2e-9)
