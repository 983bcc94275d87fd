"""Exponentially small lengths are exact, activations that grow get a clear statement, bad input is refused."""

import math

import numpy as np
import pytest
from scipy import special

from rmt import activations
from rmt.meanfield import (
    ActivationProfile,
    fixed_point,
    length_flow,
    length_map,
    lyapunov_exponent,
    path_growth,
    silent_line,
)


def closed_form(alpha, sigma_w, k):
    """Section 3 of the theory: ln q* at small sigma_w, K given."""
    radius = alpha * 2 / math.pi * special.gamma(alpha) * math.sin(math.pi * alpha / 2)
    q = lambda s: 2**s * special.gamma((1 + s) / 2) / (math.sqrt(math.pi) * special.gamma(1 - s / 2))
    slope = (q(alpha + 1e-5) - q(alpha - 1e-5)) / 2e-5
    m0 = -np.euler_gamma * q(alpha) - alpha * slope
    return math.log(2) - alpha * ((2 * sigma_w**-alpha - m0) / radius - k)


@pytest.mark.parametrize(("alpha", "k"), [(1.0, 0.790494638197), (1.5, 0.374558899768), (1.8, 0.219039346749)])
def test_small_sigma_w_has_a_closed_form(alpha, k):
    for log_q in (-300.0, -1e6):
        sigma_w = (-log_q * alpha * math.gamma(alpha) * math.sin(math.pi * alpha / 2) / math.pi / alpha) ** (-1 / alpha)
        value = fixed_point(alpha=alpha, sigma_w=sigma_w).log_q
        assert value == pytest.approx(closed_form(alpha, sigma_w, k), rel=1e-9)
        assert abs(value / log_q - 1) < 0.2
    assert fixed_point(alpha=1.5, sigma_w=0.3).log_q == pytest.approx(-27.530478368, abs=2e-9)


@pytest.mark.parametrize("name", ["tanh", "erf", "hard_tanh", "softsign", "sin", "arctan"])
@pytest.mark.parametrize("alpha", [1.2, 1.9])
def test_expansion_joins_the_quadrature(name, alpha):
    from rmt.meanfield._averages import averages

    mean = averages(activations.get(name), alpha)
    edge = mean.threshold
    assert mean.log_ratio(edge + 1e-9) == pytest.approx(mean.log_ratio(edge - 1e-9), abs=3e-10)


def test_hard_tanh_constant_is_one_over_alpha():
    for alpha in (0.8, 1.5, 1.9):
        hard = fixed_point(alpha=alpha, sigma_w=0.01, activation="hard_tanh").log_q
        assert hard == pytest.approx(closed_form(alpha, 0.01, 1 / alpha), rel=1e-10)


def test_exponent_stays_positive_and_accurate_for_tiny_lengths():
    limits = {1.2: 0.98242, 1.5: 0.538098, 1.8: 0.227078}
    for alpha, limit in limits.items():
        radius = alpha / math.pi * special.gamma(alpha) * math.sin(math.pi * alpha / 2)
        values = [lyapunov_exponent(alpha=alpha, sigma_w=s).value / (radius * s**alpha) for s in (1e-3, 1e-4)]
        assert values[0] == pytest.approx(limit, rel=2e-4)
        assert values[1] == pytest.approx(limit, rel=2e-5)


def test_unbounded_activations_get_an_answer_and_a_direction():
    assert length_map(1.0, alpha=1.5, sigma_w=1.0, activation="relu") == math.inf
    with pytest.raises(ValueError, match="finite_width_chain"):
        fixed_point(alpha=1.5, sigma_w=1.0, activation="swish")
    with pytest.raises(ValueError, match="no finite fixed point"):
        fixed_point(alpha=2.0, sigma_w=2.0, sigma_b=0.1, activation="relu")
    relu = fixed_point(alpha=2.0, sigma_w=1.0, sigma_b=0.5, activation="relu")
    assert relu.q == pytest.approx(0.5, rel=1e-12)  # q = q/2 + 1/4
    assert lyapunov_exponent(alpha=1.5, sigma_w=1.0, activation="sin").value == math.inf
    assert path_growth(1.8, alpha=1.5, sigma_w=1.0, activation="sin") == math.inf


def test_sublinear_growth_has_a_fixed_point():
    root = activations.custom(
        lambda x: np.sign(x) * np.log1p(np.abs(x)), lambda x: 1 / (1 + np.abs(x)), bounded=False, name="log"
    )
    point = fixed_point(alpha=1.5, sigma_w=1.0, activation=root)
    assert length_map(point.q, alpha=1.5, sigma_w=1.0, activation=root) == pytest.approx(point.q, rel=1e-12)


@pytest.mark.parametrize("activation", ["tanh", "softsign", "sigmoid", "arctan"])
def test_alpha_to_two_is_continuous(activation):
    at = [lyapunov_exponent(alpha=a, sigma_w=1.5, sigma_b=0.2, activation=activation) for a in (1.9999, 1.99999, 2.0)]
    gaps = [abs(at[i].value - at[2].value) for i in (0, 1)]
    assert gaps[0] < 2e-4
    assert gaps[1] == pytest.approx(gaps[0] / 10, rel=0.05)
    assert abs(at[1].rho2 - at[2].rho2) < 1e-4
    assert abs(at[1].log_q - at[2].log_q) < 1e-4


def test_flow_reaches_the_fixed_point():
    point = fixed_point(alpha=1.3, sigma_w=1.4, sigma_b=0.3)
    flow = length_flow(5.0, 60, alpha=1.3, sigma_w=1.4, sigma_b=0.3)
    assert flow[-1] == pytest.approx(point.log_q, abs=1e-12)
    ratio = (flow[21] - point.log_q) / (flow[20] - point.log_q)
    assert ratio == pytest.approx(point.slope, rel=1e-3)
    assert point.depth_scale == pytest.approx(-1 / math.log(point.slope))


def test_profile_weights_and_moments():
    point = fixed_point(alpha=1.5, sigma_w=1.0)
    profile = ActivationProfile("tanh", point.q, 1.5)
    assert profile.weights.sum() == pytest.approx(1.0, abs=1e-13)
    assert profile.moment(1.5) == pytest.approx(point.chi, rel=1e-13)
    assert profile.mean_log() == pytest.approx(-0.792189 + 0.6340361571, abs=1e-6)  # the log-det of the note
    assert ActivationProfile("tanh", 1.0, 1.0).mean_log() == -math.inf
    hard = ActivationProfile("hard_tanh", 2.0, 2.0)
    assert hard.weights.sum() == pytest.approx(special.erf(1 / math.sqrt(2) / math.sqrt(2)), abs=1e-12)
    assert ActivationProfile("tanh", 0.0, 1.5).log_values.tolist() == [0.0]


@pytest.mark.parametrize(
    "bad", [{"alpha": 0.0}, {"alpha": 2.1}, {"sigma_w": -1.0}, {"sigma_b": -0.1}, {"activation": "x"}]
)
def test_bad_input_is_refused(bad):
    parameters = {"alpha": 1.5, "sigma_w": 1.0, **bad}
    for function in (fixed_point, lyapunov_exponent):
        with pytest.raises(ValueError, match=f"{next(iter(bad))} = "):
            function(**parameters)
    with pytest.raises(ValueError, match="q = "):
        length_map(-1.0, alpha=1.5, sigma_w=1.0)
    with pytest.raises(ValueError, match="alpha = "):
        silent_line(alpha=-1)
