"""F(s; m): references, exact identities, limits, and the diffusion equation it solves."""

import json
from pathlib import Path

import numpy as np
import pytest
from statistical import assert_mean

from rmt.criticality import (
    critical_point,
    log_scaling_function,
    mean_order_parameter,
    relu_critical_point,
    relu_mean_amplitude,
    scaling_function,
    stationary_law,
    width_for_depth,
)

REFERENCE = json.loads((Path(__file__).parent.parent / "reference" / "criticality_scaling.json").read_text())


def test_agrees_with_thirty_digits():
    for case in REFERENCE["cases"]:
        value = scaling_function(case["s"], case["m"])
        assert value == pytest.approx(float(case["value"]), rel=REFERENCE["rtol"]), case


def test_double_and_mpmath_agree():
    for s, m in ((0.5, 0.2), (7.0, 1.3)):
        assert float(scaling_function(s, m, dps=25)) == pytest.approx(float(scaling_function(s, m)), rel=1e-13)
    assert scaling_function("1", 0.5, dps=30) != scaling_function("1", 0.5, dps=12)


def test_reflection_identity():
    """F(s; 1/2 + u) - F(s; 1/2 - u) = u, held by the mpmath form, which does not use it."""
    for s in (0.3, 4.0):
        for u in (0.1, 0.7):
            difference = scaling_function(s, 0.5 + u, dps=20) - scaling_function(s, 0.5 - u, dps=20)
            assert float(difference) == pytest.approx(u, rel=1e-15)


def test_limits():
    assert 1e-8 * scaling_function(1e-8, 0.3) == pytest.approx(1, abs=1e-7)
    assert scaling_function(1e4, 0.5) == pytest.approx((2 * np.pi * 1e4) ** -0.5, rel=1e-3)
    assert scaling_function(1e3, 2.5) == pytest.approx(2.0, rel=1e-9)
    assert np.isfinite(log_scaling_function(1e5, -4.0))
    assert scaling_function(1e5, -4.0) == 0.0


def test_solves_the_diffusion_equation(rng):
    """d rho = (m rho - rho^2) dt + rho dB from a large start, exact solution by its own time integral, as the derivation has it.

    rho_t = e^X / int e^X, X = (m - 1/2) t + B; 40000 paths of 2000 trapezoid steps (bias of the rule 1e-4).
    """
    for m, t in ((0.0, 1.0), (0.8, 2.0)):
        paths, steps = 20000, 1000
        dt = t / steps
        x = np.zeros(paths)
        integral = np.zeros(paths)
        before = np.ones(paths)
        for _ in range(steps):
            x += (m - 0.5) * dt + np.sqrt(dt) * rng.standard_normal(paths)
            after = np.exp(x)
            integral += 0.5 * dt * (before + after)
            before = after
        assert_mean(before / integral, float(scaling_function(t, m)), detects=0.04)


def test_finite_networks_are_critical_at_one_half():
    point = critical_point("tanh", 0.3)
    assert point.sigma_w_at(100) == pytest.approx(1.4262628, abs=1e-7)
    assert point.sigma_w_at(100) - point.sigma_w == pytest.approx(-point.c1 / (point.gamma * 100))
    assert point.m_at(100, point.sigma_w_at(100)) == pytest.approx(0.5)
    assert point.lyapunov_exponent(100, point.sigma_w_at(100)) == pytest.approx(0, abs=1e-15)
    assert point.lyapunov_exponent(100) == pytest.approx(point.c1 / 200)


def test_wide_networks_follow_mean_field():
    point = critical_point("tanh", 0.3)
    from rmt.criticality import correlation_flow

    mean_field = correlation_flow("tanh", sigma_w=point.sigma_w, sigma_b=0.3, depth=30)
    assert mean_order_parameter(point, 10**9, 30) == pytest.approx(mean_field, rel=1e-6)
    relu = relu_critical_point()
    assert relu_mean_amplitude(relu, 10**9, 30)[-1] ** 2 == pytest.approx(9 * np.pi**2 / 2 / 30**2, rel=0.5)


def test_stationary_law_has_the_mean_of_the_scaling_function():
    point = critical_point("erf", 0.3)
    sigma_w = point.sigma_w_at(100, m=1.7)
    mean = point.v / (point.kappa * 100) * scaling_function(1e4, 1.7)
    assert stationary_law(point, 100, sigma_w).mean() == pytest.approx(mean, rel=1e-9)
    with pytest.raises(ValueError, match="sigma_w"):
        stationary_law(point, 100, point.sigma_w)


def test_width_needed_is_proportional_to_depth():
    point = critical_point("tanh", 0.3)
    narrow, wide = width_for_depth(point, 400, 0.1), width_for_depth(point, 1600, 0.1)
    assert wide / narrow == pytest.approx(4, rel=0.05)
    assert mean_order_parameter(point, wide, 1600)[-1] < 0.92 * mean_order_parameter(point, 10**9, 1600)[-1]


@pytest.mark.parametrize("s", [0.0, -1.0, np.nan])
def test_bad_depth_is_refused(s):
    with pytest.raises(ValueError, match=r"^s "):
        scaling_function(s, 0.0)
