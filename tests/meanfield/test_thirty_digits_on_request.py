"""dps=... evaluates the same formulas in mpmath with other series; double, mpmath and the stored reference hold together."""

import mpmath
import pytest

from rmt.meanfield import fixed_point, length_map, path_growth


@pytest.mark.parametrize(
    ("alpha", "sigma_w", "sigma_b"),
    [(2.0, 1.5, 0.0), (1.0, 1.0, 0.2), (1.5, 1.0, 0.0), pytest.param(0.8, 1.0, 0.0, marks=pytest.mark.slow)],
)
def test_double_is_the_rounded_multiprecision_value(alpha, sigma_w, sigma_b):
    parameters = {"alpha": alpha, "sigma_w": sigma_w, "sigma_b": sigma_b}
    double, precise = fixed_point(**parameters), fixed_point(**parameters, dps=18)
    assert float(precise.log_q) == pytest.approx(double.log_q, abs=1e-13)
    with mpmath.workdps(30):
        image = length_map(precise.q, **parameters, dps=18)
        assert abs(image / precise.q - 1) < 2e-16  # q is handed over as a double
    if alpha < 2.0:
        p = min(2.0, 1.0 + alpha) - 0.3
        assert float(path_growth(p, **parameters, dps=18)) == pytest.approx(path_growth(p, **parameters), rel=1e-12)


def test_more_digits_confirm_fewer():
    with mpmath.workdps(40):
        few, many = (fixed_point(alpha=1.0, sigma_w=1.0, activation="arctan", dps=dps).log_q for dps in (15, 28))
        assert abs(few - many) < mpmath.mpf(10) ** -15


def test_activations_without_a_multiprecision_form_are_refused():
    with pytest.raises(ValueError, match="when dps is given"):
        length_map(1.0, alpha=1.5, sigma_w=1.0, activation="hard_tanh", dps=20)
    with pytest.raises(ValueError, match="closed form"):
        fixed_point(alpha=1.5, sigma_w=0.1, dps=20)
