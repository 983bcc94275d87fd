"""Phase lines carry their parameters and have the values of the theory note; maps agree with the functions they are made of."""

import math

import numpy as np
import pytest

from rmt.meanfield import (
    characteristic_radius,
    contour_line,
    critical_sigma_w,
    fixed_point,
    lyapunov_exponent,
    ordered_line,
    phase_diagram,
    silent_line,
)


@pytest.mark.parametrize(
    ("alpha", "p", "value"),
    [
        (1.2, 0.01, 0.51428442),
        (1.5, 0.01, 0.60201449),
        (1.8, 0.01, 0.76265940),
        (1.5, 0.001, 0.4928),
        (1.8, 0.05, 0.8511),
    ],
)
def test_ordered_line(alpha, p, value):
    assert ordered_line(p, alpha=alpha) == pytest.approx(value, abs=5e-8 if value > 0.5 and p == 0.01 else 6e-5)
    assert characteristic_radius(p, alpha=alpha, sigma_w=ordered_line(p, alpha=alpha)) == pytest.approx(1.0, abs=1e-8)


def test_radius_at_two_is_that_of_the_elliptic_profile():
    """alpha = 2: r^2 = sigma^2 E[d^2/(1 + X d^2)], 1 - F = X E[d^2/(1 + X d^2)]."""
    from scipy import optimize

    from rmt.meanfield import ActivationProfile

    q = fixed_point(alpha=2.0, sigma_w=1.5).q
    profile = ActivationProfile("tanh", q, 2.0)
    d2 = np.exp(2 * profile.log_values)
    mean = lambda x: float(profile.weights @ (d2 / (1 + x * d2)))
    x = optimize.brentq(lambda x: x * mean(x) - 0.3**2, 1e-6, 1e6, xtol=1e-14)
    assert characteristic_radius(0.3, alpha=2.0, sigma_w=1.5) == pytest.approx(1.5 * math.sqrt(mean(x)), rel=1e-6)


def test_silent_line_is_the_fixed_point():
    for alpha, value in [(1.0, 0.4081), (1.5, 0.5396), (1.8, 0.7057)]:
        line = silent_line(alpha=alpha)
        assert line == pytest.approx(value, abs=5e-5)
        assert (fixed_point(alpha=alpha, sigma_w=line).q / 2) ** (1 / alpha) == pytest.approx(1e-3, rel=1e-8)


def test_contours_fan_out():
    """Values of the note at alpha = 1.8, where saturated units are few; at 1.2 ours count them and lie 2 to 5 % lower."""
    for n, value in [(3, 1.53), (11, 1.20), (91, 0.903)]:
        assert contour_line(n, alpha=1.8) == pytest.approx(value, abs=0.01)
    lines = [contour_line(n, alpha=1.5) for n in (3, 11, 91)]
    assert lines[0] > lines[1] > lines[2] > ordered_line(0.01, alpha=1.5)


def test_edge_of_chaos_needs_biases_below_two():
    assert critical_sigma_w(alpha=1.5) == 0.0
    assert critical_sigma_w(alpha=2.0) == 1.0
    assert critical_sigma_w(alpha=2.0, sigma_b=0.5) == pytest.approx(1.549673912508, abs=1e-11)
    assert critical_sigma_w(alpha=1.0, sigma_b=0.5) == pytest.approx(1.0542517, abs=2e-8)
    for alpha in (0.9, 1.2, 1.8):
        line = critical_sigma_w(alpha=alpha, sigma_b=0.5)
        assert abs(lyapunov_exponent(alpha=alpha, sigma_w=line, sigma_b=0.5).value) < 1e-11
    near = [critical_sigma_w(alpha=a, sigma_b=0.5) - 1.549673912508 for a in (1.999, 1.9999)]
    assert near[1] == pytest.approx(near[0] / 10, rel=0.02)


def test_the_diagram_is_made_of_these_functions():
    diagram = phase_diagram([1.3, 1.8, 2.0], [0.5, 1.5], sigma_b=0.2, p=(0.01,), orders=(11,), widths=())
    for i, alpha in enumerate(diagram.alpha):
        for j, sigma_w in enumerate(diagram.sigma_w):
            result = lyapunov_exponent(alpha=alpha, sigma_w=sigma_w, sigma_b=0.2)
            assert diagram.maps["lyapunov"][i, j] == pytest.approx(result.value, abs=1e-13)
            assert diagram.maps["log_q"][i, j] == pytest.approx(result.log_q, abs=1e-13)
            chi = fixed_point(alpha=alpha, sigma_w=sigma_w, sigma_b=0.2).chi
            assert diagram.maps["log_chi"][i, j] == pytest.approx(math.log(chi) / alpha, abs=1e-12)
    assert set(diagram.lines) == {
        "lambda = 0, infinite width",
        "ordered: r_p = 1, p = 0.01",
        "contour n = 11, p = 0.01",
    }
    assert diagram.lines["lambda = 0, infinite width"][1] == pytest.approx(critical_sigma_w(alpha=1.8, sigma_b=0.2))


def test_bad_input_is_refused():
    with pytest.raises(ValueError, match="n = 4 must be odd"):
        contour_line(4, alpha=1.5)
    with pytest.raises(ValueError, match="p = "):
        ordered_line(1.5, alpha=1.5)
    with pytest.raises(ValueError, match="sigma_w"):
        phase_diagram([1.5], [0.0])
