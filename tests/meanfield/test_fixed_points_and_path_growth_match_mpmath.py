"""Fixed points and path growth agree with mpmath at 18 digits, made from formulas of their own (tests/reference)."""

import json
import math
from pathlib import Path

import numpy as np
import pytest
from scipy import integrate

from rmt.activations import custom
from rmt.meanfield import fixed_point, length_map, lyapunov_exponent, path_growth
from rmt.stable import expectation_rule

ROWS = json.loads((Path(__file__).parents[1] / "reference" / "meanfield_exponents.json").read_text())["rows"]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row['alpha']},{row['sigma_w'][:6]},{row['sigma_b']}")
def test_fixed_point_and_growth(row):
    parameters = {"alpha": float(row["alpha"]), "sigma_w": float(row["sigma_w"]), "sigma_b": float(row["sigma_b"])}
    # mpmath.quad leaves 1e-11 in the density near alpha = 2; the rule of rmt.stable below is the sharper test
    assert fixed_point(**parameters).log_q == pytest.approx(float(row["log_q"]), abs=2e-11)
    for p, value in row["rho"].items():
        assert path_growth(float(p), **parameters) == pytest.approx(float(value), rel=1e-11)


@pytest.mark.parametrize("alpha", [0.5, 1.0, 1.3, 1.9, 1.999, 2.0])
@pytest.mark.parametrize("q", [1e-3, 0.4, 30.0])
def test_length_map_agrees_with_the_rule_of_stable(alpha, q):
    log_x, weights = expectation_rule(alpha)
    x = np.exp(np.minimum(log_x + math.log(q / 2) / alpha, 600.0))
    expected = 1.3**alpha * float(weights @ np.tanh(x) ** alpha) + 0.2**alpha
    assert length_map(q, alpha=alpha, sigma_w=1.3, sigma_b=0.2) == pytest.approx(expected, rel=2e-12)


@pytest.mark.parametrize("scale", [0.05, 1.0, 20.0])
def test_length_map_splits_at_the_zeros_of_a_users_activation(scale):
    def cut(x):
        return np.clip(x, -40.0, 40.0)

    hump = custom(
        lambda x: (1 - cut(x) ** 2) * np.exp(-(cut(x) ** 2) / 2),
        lambda x: (cut(x) ** 3 - 3 * cut(x)) * np.exp(-(cut(x) ** 2) / 2),
        bounded=True,
        name="hump",
    )

    def integrand(x):
        return 2 * scale / math.pi / (scale**2 + x**2) * abs(1 - x**2) * math.exp(-(x**2) / 2)

    # alpha = 1: a Cauchy pre-activation of scale q/2
    expected = sum(
        integrate.quad(integrand, low, high, epsabs=0, epsrel=1e-13)[0]
        for low, high in [(0, 0.1), (0.1, 1), (1, 3), (3, 40)]
    )
    assert length_map(2 * scale, alpha=1.0, sigma_w=1.0, activation=hump) == pytest.approx(expected, rel=1e-11)


def test_published_values_of_the_theory_note():
    for alpha, sigma_w, q in [(1, 1, 0.192191129276), (1.2, 1, 0.155643318803), (1.5, 3, 3.61696710546)]:
        assert fixed_point(alpha=alpha, sigma_w=sigma_w).q == pytest.approx(q, rel=1e-11)
    assert fixed_point(alpha=1.5, sigma_w=1.5).chi == pytest.approx(1.16439593719, rel=1e-11)
    table = [(1.8, 1.5, 0.12330564), (1.5, 2.0, 0.35553964), (1.5, 1.0, 0.14442883), (1.2, 1.5, 0.35597374)]
    for alpha, sigma_w, value in [*table, (0.8, 1.0, 0.28280435)]:
        assert lyapunov_exponent(alpha=alpha, sigma_w=sigma_w).value == pytest.approx(value, abs=6e-9)


def test_slope_is_the_derivative_of_the_map():
    for alpha, name in [(1.5, "tanh"), (0.7, "softsign"), (1.8, "hard_tanh"), (1.4, "sin"), (1.6, "sigmoid")]:
        point = fixed_point(alpha=alpha, sigma_w=1.7, sigma_b=0.1, activation=name)
        step = 1e-3 * point.q
        grid = point.q + step * np.array([-2.0, -1.0, 1.0, 2.0])
        f = length_map(grid, alpha=alpha, sigma_w=1.7, sigma_b=0.1, activation=name)
        assert point.slope == pytest.approx((8 * (f[2] - f[1]) - (f[3] - f[0])) / (12 * step), rel=1e-8)
