"""Every derivative of the catalogue is the derivative: held against mpmath at 30 digits, in linear and in log form."""

import mpmath
import numpy as np
import pytest

from rmt import activations

EXACT = {
    "tanh": mpmath.tanh,
    "erf": mpmath.erf,
    "unit_erf": lambda x: mpmath.erf(mpmath.sqrt(mpmath.pi) * x / 2),
    "hard_tanh": lambda x: max(min(x, mpmath.mpf(1)), mpmath.mpf(-1)),
    "softsign": lambda x: x / (1 + abs(x)),
    "arctan": mpmath.atan,
    "unit_arctan": lambda x: 2 / mpmath.pi * mpmath.atan(mpmath.pi * x / 2),
    "sin": mpmath.sin,
    "sigmoid": lambda x: 1 / (1 + mpmath.exp(-x)),
    "swish": lambda x: x / (1 + mpmath.exp(-x)),
    "linear": lambda x: x,
    "relu": lambda x: max(x, mpmath.mpf(0)),
    "leaky_relu": lambda x: max(x, x / 100),
}
POINTS = [-41.3, -7.7, -1.9, -0.6, -1e-3, 1e-3, 0.3, 0.93, 2.2, 11.5, 60.1]


def test_the_catalogue_is_covered():
    assert set(EXACT) == set(activations.names())


@pytest.mark.parametrize("name", activations.names())
def test_values_and_three_derivatives(name):
    phi = activations.get(name)
    with mpmath.workdps(60):
        for x in POINTS:
            expected = [mpmath.diff(EXACT[name], mpmath.mpf(x), n) for n in range(4)]
            assert float(phi.value(x)) == pytest.approx(float(expected[0]), rel=4e-15)
            assert float(phi.derivative(x)) == pytest.approx(float(expected[1]), rel=1e-13, abs=1e-300)
            if expected[1] != 0:
                assert float(phi.log_abs_derivative(x)) == pytest.approx(float(mpmath.log(abs(expected[1]))), abs=2e-13)
            if expected[0] != 0:
                logarithm = float(phi.log_abs_value(np.log(abs(x)), 1 if x > 0 else -1))
                assert logarithm == pytest.approx(float(mpmath.log(abs(expected[0]))), abs=1e-13)
            if phi.second is not None:
                assert float(phi.second(x)) == pytest.approx(float(expected[2]), rel=1e-11, abs=1e-17)
                assert float(phi.third(x)) == pytest.approx(float(expected[3]), rel=1e-11, abs=1e-17)


@pytest.mark.parametrize("name", activations.names())
def test_flags_are_facts(name):
    phi = activations.get(name)
    x = np.geomspace(1e-6, 40.0, 200)
    assert phi.odd == np.allclose(phi.value(-x), -phi.value(x), rtol=1e-12, atol=0)
    assert phi.zero_at_zero == (float(phi.value(0.0)) == 0.0)
    assert phi.bounded == bool(abs(phi.value(1e6)) < 10 and abs(phi.value(-1e6)) < 10)
    if phi.homogeneous_degree is not None:
        np.testing.assert_allclose(phi.value(3 * x), 3**phi.homogeneous_degree * phi.value(x), rtol=1e-14)
        np.testing.assert_allclose(phi.value(-3 * x), 3**phi.homogeneous_degree * phi.value(-x), rtol=1e-14)


def test_logarithms_outlive_their_numbers():
    tanh, softsign, swish = (activations.get(name) for name in ("tanh", "softsign", "swish"))
    assert float(tanh.log_abs_derivative(-1e6)) == pytest.approx(2 * np.log(2) - 2e6, rel=1e-15)
    assert float(activations.get("erf").log_abs_derivative(1e5)) == pytest.approx(-1e10, rel=1e-9)
    assert float(activations.get("unit_arctan").log_abs_derivative(1e200)) == pytest.approx(
        -2 * (np.log(np.pi / 2) + 200 * np.log(10)), rel=1e-14
    )
    assert float(activations.get("sigmoid").log_abs_derivative(-2e4)) == pytest.approx(-2e4, rel=1e-15)
    assert float(swish.log_abs_value(np.log(900.0), -1)) == pytest.approx(np.log(900.0) - 900.0, rel=1e-14)
    for log_x in (-1e300, -1e4, -745.0, -30.0):
        assert float(tanh.log_abs_value(log_x)) == pytest.approx(log_x, rel=1e-15)
        assert float(softsign.log_abs_value(log_x, -1)) == pytest.approx(log_x, rel=1e-13)
    assert float(softsign.log_abs_value(1e5)) == 0.0
    assert float(activations.get("sigmoid").log_abs_value(-1e5)) == pytest.approx(-np.log(2))
    assert float(activations.get("relu").log_abs_value(-3.0, -1)) == -np.inf


def test_one_name_is_one_object():
    assert activations.get("tanh") is activations.get("tanh")
    assert activations.get(activations.get("sin")) is activations.get("sin")
    assert activations.leaky_relu(0.0).name == "relu"
