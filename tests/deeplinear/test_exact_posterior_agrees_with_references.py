"""Exact moments and evidence against 20-digit quadrature, closed forms and each other."""

import json
from pathlib import Path

import numpy as np
import pytest
from scipy import special, stats

from rmt.deeplinear import exact_posterior, kernel_renormalisation, kernel_renormalisation_layers
from rmt.special import log_meijerg_q0

CASES = json.loads((Path(__file__).parents[1] / "reference" / "deeplinear_exact.json").read_text())["cases"]


@pytest.mark.parametrize("case", CASES)
def test_moments_and_evidence(case):
    posterior = exact_posterior(np.diag(case["k"]), case["y"], case["widths"], case["variances"], case["T"])
    for order in (-1, 1, 2):
        assert posterior.rho_moment(order) == pytest.approx(float(case[f"moment {order}"]), rel=1e-10)
    assert posterior.log_evidence == pytest.approx(float(case["log_evidence"]), abs=1e-10)
    if case["T"] == 0:
        assert float(posterior.rho_moment(1, dps=25)) == pytest.approx(float(case["moment 1"]), rel=1e-15)


def test_one_layer_is_a_generalised_inverse_gaussian():
    N, P, r0, variance = 50, 20, 1.3, 0.7
    a, b, p = N / variance, P * r0, (N - P) / 2
    bessel = np.sqrt(b / a) * special.kve(p + 1, np.sqrt(a * b)) / special.kve(p, np.sqrt(a * b))
    posterior = exact_posterior(np.eye(P), np.full(P, np.sqrt(r0)), N, variance)
    assert posterior.rho_moment(1) == pytest.approx(bessel, rel=1e-12)


@pytest.mark.parametrize(("depth", "constant", "spread"), [(1, 0.4169, 1.09), (3, 0.9009, 1.49)])
def test_mean_field_is_off_by_its_known_constant_over_n(depth, constant, spread):
    N = 3200
    posterior = exact_posterior(np.eye(N // 2), np.full(N // 2, np.sqrt(1.3)), [N] * depth)
    mean = posterior.rho_moment(1)
    rho = kernel_renormalisation(0.5, 1.0, depth, 1.3) ** depth
    assert N * (mean / rho - 1) == pytest.approx(constant, abs=0.002)
    relative = np.sqrt(posterior.rho_moment(2) / mean**2 - 1)
    assert relative * np.sqrt(N) == pytest.approx(spread, abs=0.01)


def test_meijer_function_of_a_deep_network_whose_argument_overflows():
    b = [0.0] + [250.0] * 300  # 300 layers of width 1000
    exact = float(log_meijerg_q0(None, b, log_z=1860, dps=18))
    assert log_meijerg_q0(None, b, log_z=1860.0) == pytest.approx(exact, rel=1e-14)


@pytest.mark.parametrize("temperature", [0.0, 0.05])
def test_predictive_law_is_a_law_with_the_predicted_moments(temperature):
    rng = np.random.default_rng(2)
    X, y, x = rng.standard_normal((5, 9)), rng.standard_normal(5), rng.standard_normal(9)
    posterior = exact_posterior(X @ X.T / 9, y, [7, 5], [1.0, 1.4], temperature)
    law = posterior.predictive_law(X @ x / 9, float(x @ x / 9))
    prediction = posterior.predict(X @ x / 9, x @ x / 9)
    assert (law.mean(), law.variance()) == pytest.approx((prediction.mean[0], prediction.variance[0]), rel=1e-9)
    grid = np.linspace(-25, 25, 20001)
    density = law.pdf(grid)
    step = grid[1] - grid[0]
    assert step * density.sum() == pytest.approx(1, abs=1e-6)
    assert step * (density @ (grid - law.mean()) ** 2) == pytest.approx(law.variance(), rel=1e-3)
    assert law.excess_kurtosis() > 0.1
    for p in (1e-6, 0.3, 0.9):
        assert law.cdf(law.icdf(p)) == pytest.approx(p, rel=1e-9)
        assert law.ccdf(law.iccdf(p)) == pytest.approx(p, rel=1e-9)


def test_rank_deficient_data_use_the_rank():
    rng = np.random.default_rng(4)
    X = rng.standard_normal((12, 5))
    y = X @ rng.standard_normal(5)
    posterior = exact_posterior(X @ X.T / 5, y, [40, 40])
    mean_field = kernel_renormalisation_layers(X @ X.T / 5, y, [40, 40])
    assert posterior.rank == mean_field.rank == 5
    assert posterior.rho_moment(1) == pytest.approx(mean_field.rho, rel=0.1)
    with pytest.raises(ValueError, match="log_evidence at temperature = 0 needs a kernel of full rank: K0 has rank 5"):
        _ = posterior.log_evidence
    cold = exact_posterior(X @ X.T / 5, y, [40, 40], temperature=1e-8)
    assert cold.rho_moment(1) == pytest.approx(posterior.rho_moment(1), rel=1e-5)


def test_targets_that_no_weights_can_fit_give_the_cold_limit():
    # more examples than inputs and noisy targets: at T = 0 what lies outside the range of K0 plays no part
    rng = np.random.default_rng(6)
    X = rng.standard_normal((12, 5))
    y = X @ rng.standard_normal(5) + 0.5 * rng.standard_normal(12)
    K0, cross = X @ X.T / 5, X @ rng.standard_normal((5, 3)) / 5
    frozen, cold = (exact_posterior(K0, y, [10, 4], 1.0, T) for T in (0.0, 1e-9))
    assert frozen.rho_moment(1) == pytest.approx(cold.rho_moment(1), rel=1e-6)
    mean_field = [kernel_renormalisation_layers(K0, y, [10, 4], 1.0, T).rho for T in (0.0, 1e-9)]
    assert mean_field[0] == pytest.approx(mean_field[1], rel=1e-6)
    # evidence and moments against the Gaussian density of all examples, and no digits lost to the large constant
    warm, rho = exact_posterior(K0, y, [10], 1.0, 0.1), np.exp(np.arange(-12, 4, 0.02))
    logs = [stats.multivariate_normal(np.zeros(12), r * K0 + 0.1 * np.eye(12)).logpdf(y) for r in rho]
    weight = np.exp(logs) * stats.gamma(5, scale=1 / 5).pdf(rho) * rho * 0.02
    assert warm.log_evidence == pytest.approx(np.log(weight.sum()), rel=1e-10)
    assert warm.rho_moment(1) == pytest.approx(weight @ rho / weight.sum(), rel=1e-10)
    large, small = (
        exact_posterior(K0, X @ np.ones(5) + s * (y - X @ np.linalg.pinv(X) @ y), [10], 1.0, 1e-6) for s in (1e3, 0)
    )
    assert large.rho_moment(1) == pytest.approx(small.rho_moment(1), rel=1e-11)
    p, q = frozen.predict(cross, 1.0 * np.ones(3)), cold.predict(cross, 1.0 * np.ones(3))
    np.testing.assert_allclose(p.mean, q.mean, rtol=1e-5)
