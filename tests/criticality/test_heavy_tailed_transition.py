"""Critical scales of heavy-tailed networks, their limits, and the jump chains against matrices and theory."""

import numpy as np
import pytest
from statistical import assert_mean

from rmt.criticality import (
    alpha_order_parameter,
    critical_point,
    levy_critical_sigma_w,
    levy_growth,
    levy_order,
    local_slopes,
    simulate_levy_pairs,
)

# alpha, sigma_w, q, p*, p_t at sigma_b = 0.5 for tanh: computed by an independent rule (Gauss-Jacobi and Gauss-Legendre panels).
TABLE = [
    (1.0, 1.0542516910, 1.044802543, 1.45353, 1.45353, True),
    (1.5, 1.1211106, 0.837810, 1.94118, 1.94118, True),
    (1.8, 1.4040013, 1.072719, 2.20499, 2.47154, False),
]


@pytest.mark.parametrize("row", TABLE, ids=lambda row: str(row[0]))
def test_critical_table(row):
    alpha, sigma_w, q, order, tail, frozen = row
    point = levy_critical_sigma_w(alpha, 0.5)
    assert point.sigma_w == pytest.approx(sigma_w, rel=1e-6)
    assert point.q == pytest.approx(q, rel=1e-6)
    assert point.order == pytest.approx(order, abs=1e-5)
    assert point.tail_order == pytest.approx(tail, abs=1e-5)
    assert point.frozen is frozen
    assert np.isnan(point.beta) == frozen
    # By definition of the critical point the decisive rate vanishes there.
    decisive = order if frozen else 2.0
    assert levy_growth(decisive, alpha=alpha, sigma_w=point.sigma_w, sigma_b=0.5) == pytest.approx(1, abs=1e-6)


@pytest.mark.parametrize(
    "alpha", [1.8, pytest.param(1.0, marks=pytest.mark.slow), pytest.param(1.5, marks=pytest.mark.slow)]
)
def test_any_number_of_digits(alpha):
    """Unfrozen and frozen: sigma_w in mpmath agrees with the double search, and Lambda(p) there is 1."""
    point, precise = levy_critical_sigma_w(alpha, 0.5), levy_critical_sigma_w(alpha, 0.5, dps=11)
    assert abs(precise.sigma_w / point.sigma_w - 1) < 2e-11
    assert precise.order == point.order
    rate = levy_growth(point.order if point.frozen else 2.0, alpha=alpha, sigma_w=point.sigma_w, sigma_b=0.5, dps=15)
    assert abs(rate - 1) < 1e-10


def test_digits_need_a_function_of_the_catalogue():
    with pytest.raises(ValueError, match="when dps is given"):
        levy_growth(2.0, alpha=1.5, sigma_w=1.0, sigma_b=0.5, activation="sigmoid", dps=15)


def test_gaussian_limit():
    gaussian = critical_point("tanh", 0.5).sigma_w
    gaps = [gaussian - levy_critical_sigma_w(alpha, 0.5).sigma_w for alpha in (1.98, 1.995)]
    assert gaps[1] == pytest.approx(1.549673912508 - 1.546279, abs=2e-6)
    assert 0 < gaps[1] < 0.5 * gaps[0]
    assert levy_critical_sigma_w(1.999, 0.5).beta == pytest.approx(2, abs=0.2)


def test_freezing_boundary():
    """p* = 2 on the critical line of sigma_b = 0.5 at alpha = 1.5630."""
    assert levy_critical_sigma_w(1.562, 0.5).frozen
    assert not levy_critical_sigma_w(1.564, 0.5).frozen
    assert levy_order(alpha=1.5630, sigma_w=1.181702, sigma_b=0.5) == pytest.approx(2, abs=1e-3)


def test_growth_of_differences_follows_the_theory(rng):
    """Unfrozen side, alpha = 1.8, n = 4000: growth of ln D_alpha is (alpha/2) ln Lambda(2), less a finite-width shift of 0.05."""
    for sigma_w in (1.2, 1.6):
        theory = 0.9 * np.log(levy_growth(2.0, alpha=1.8, sigma_w=sigma_w, sigma_b=0.5))
        runs = simulate_levy_pairs(
            4000, 30, alpha=1.8, sigma_w=sigma_w, sigma_b=0.5, realisations=12, tangent=True, rng=rng
        )
        rates = (runs.log_d[:, -1] - runs.log_d[:, 4]) / 25
        error = rates.std(ddof=1) / np.sqrt(rates.size)
        assert abs(rates.mean() - theory) < 6 * error + 0.05, (rates.mean(), error, theory)
        assert 6 * error + 0.05 < 0.2, "no power"


def test_jumps_and_matrices_have_one_growth_and_length(rng):
    """alpha = 1.5, n = 300: means of ln D_alpha after 6 layers and of q; shifts of 0.5 and 0.1 found, false-fail 1e-6."""
    settings = {"alpha": 1.5, "sigma_w": 1.2, "sigma_b": 0.5, "tangent": True, "rng": rng}
    jumps = simulate_levy_pairs(300, 6, realisations=400, **settings)
    dense = simulate_levy_pairs(300, 6, realisations=80, dense=True, **settings)
    for name, detects in (("log_d", 0.6), ("q", 0.15)):
        first, second = getattr(jumps, name)[:, -1], getattr(dense, name)[:, -1]
        error = np.hypot(first.std() / np.sqrt(first.size), second.std() / np.sqrt(second.size))
        assert abs(first.mean() - second.mean()) < 4.9 * error, name
        assert 4.9 * error < detects, "no power"


def test_length_is_the_mean_field_one(rng):
    point = levy_critical_sigma_w(1.5, 0.5)
    runs = simulate_levy_pairs(4000, 20, alpha=1.5, sigma_w=point.sigma_w, sigma_b=0.5, realisations=8, rng=rng)
    assert_mean(runs.q[:, 10:].mean(axis=1), point.q, detects=0.05)


def test_pairs_become_tangents(rng):
    """In the ordered phase the order parameter falls far below double precision at the rate of the tangent."""
    settings = {"alpha": 1.5, "sigma_w": 0.5, "sigma_b": 0.5, "realisations": 20, "rng": rng}
    pairs = simulate_levy_pairs(100, 300, **settings)
    tangent = simulate_levy_pairs(100, 300, tangent=True, **settings)
    assert pairs.log_rho[:, -1].max() < -100
    rates = [(runs.log_d[:, -1] - runs.log_d[:, 60]) / 239 for runs in (pairs, tangent)]
    assert_mean(rates[0] - rates[1], 0.0, detects=0.2)


@pytest.mark.slow
def test_decay_at_criticality_is_steeper_than_gaussian(rng):
    """alpha = 1.8: local slopes of rho_alpha for l = 32..128 exceed 1.3, where Gaussian networks have 1 (qualitative)."""
    point = levy_critical_sigma_w(1.8, 0.5)
    runs = simulate_levy_pairs(40000, 128, alpha=1.8, sigma_w=point.sigma_w, sigma_b=0.5, realisations=3, rng=rng)
    _, slope = local_slopes(np.arange(1.0, 129.0), np.exp(np.median(runs.log_rho, axis=0)), 2.0)
    assert slope[31:].min() > 1.3


def test_order_parameter_of_activities():
    u, v = np.array([1.0, -0.5, 0.2]), np.array([0.9, 0.5, 0.2])
    expected = (0.1**1.3 + 1.0) / (1 + 0.5**1.3 + 0.2**1.3 + 0.9**1.3 + 0.5**1.3 + 0.2**1.3)
    assert alpha_order_parameter(u, v, 1.3) == pytest.approx(expected)
    assert alpha_order_parameter(u, u, 1.3) == 0.0
    with pytest.raises(ValueError, match="vanish"):
        alpha_order_parameter(np.zeros(2), np.zeros(2), 1.3)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: levy_critical_sigma_w(2.0, 0.5), r"alpha = 2.0 must be in \[0.1, 2\)"),
        (lambda: levy_critical_sigma_w(1.5, 0.0), "sigma_b"),
        (lambda: levy_growth(2.6, alpha=1.5, sigma_w=1.0, sigma_b=0.5), "p = 2.6"),
        (lambda: simulate_levy_pairs(1, 5, alpha=1.5, sigma_w=1.0, sigma_b=0.5), "width"),
        (lambda: simulate_levy_pairs(10, 0, alpha=1.5, sigma_w=1.0, sigma_b=0.5), "depth"),
    ],
)
def test_bad_arguments_are_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()
