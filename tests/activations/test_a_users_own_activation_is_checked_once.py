"""A user's function is accepted with its derivative, and an inconsistent derivative or claim is a ValueError."""

import numpy as np
import pytest

from rmt import activations
from rmt.activations import custom


def test_a_consistent_pair_is_accepted_and_measured():
    phi = custom(
        np.arctan, lambda x: 1 / (1 + x**2), bounded=True, second=lambda x: -2 * x / (1 + x**2) ** 2, name="mine"
    )
    assert (phi.name, phi.odd, phi.zero_at_zero, phi.smooth, phi.bounded) == ("mine", True, True, True, True)
    same = activations.get("arctan")
    x = np.linspace(-30, 30, 101)
    np.testing.assert_allclose(phi.log_abs_derivative(x), same.log_abs_derivative(x), rtol=1e-13, atol=1e-15)
    np.testing.assert_allclose(phi.log_abs_value([-700.0, -2.0, 5.0]), same.log_abs_value([-700.0, -2.0, 5.0]))


def test_flags_of_a_shifted_and_of_a_kinked_function():
    shifted = custom(lambda x: np.tanh(x) + 0.1, activations.get("tanh").derivative, bounded=True)
    assert (shifted.odd, shifted.zero_at_zero) == (False, False)
    kinked = custom(
        lambda x: np.clip(x, -2, 2), lambda x: 1.0 * (np.abs(x) < 2), bounded=True, singular_points=(-2.0, 2.0)
    )
    assert not kinked.smooth
    ramp = custom(lambda x: np.maximum(x, 0), lambda x: 1.0 * (x > 0), bounded=False, homogeneous_degree=1)
    assert (ramp.smooth, ramp.homogeneous_degree) == (False, 1.0)


@pytest.mark.parametrize(
    ("value", "derivative", "options", "message"),
    [
        (np.tanh, lambda x: 1 / np.cosh(x), {}, "inconsistent with value"),
        (np.tanh, lambda x: 1.0001 / np.cosh(x) ** 2, {}, "inconsistent"),
        (np.sinh, np.cosh, {}, "bounded"),
        (lambda x: np.exp(x**2), lambda x: 2 * x * np.exp(x**2), {"bounded": False}, "finite"),
        (np.tanh, lambda x: 1 / np.cosh(x) ** 2, {"second": np.tanh}, "inconsistent"),
        (np.tanh, lambda x: 1 / np.cosh(x) ** 2, {"third": np.tanh}, "needs second"),
        (np.tanh, lambda x: 1 / np.cosh(x) ** 2, {"homogeneous_degree": 1.0}, "homogeneous_degree"),
        (np.tanh, lambda x: 1 / np.cosh(x) ** 2, {"singular_points": (np.nan,)}, "singular_points"),
        (lambda x: 0.0, lambda x: 0.0, {}, "vectorised"),
    ],
)
def test_inconsistent_input_is_refused(value, derivative, options, message):
    with pytest.raises(ValueError, match=message):
        custom(value, derivative, **{"bounded": True, **options})


def test_get_takes_a_pair_and_refuses_the_rest():
    phi = activations.get((np.arctan, _slope))
    assert phi.bounded
    assert phi is activations.get((np.arctan, _slope))
    for bad in ("cosh", None, 3, (np.tanh,), (np.tanh, 1)):
        with pytest.raises(ValueError, match=r"activation = .* must be one of 'tanh'"):
            activations.get(bad)
    with pytest.raises(ValueError, match="slope"):
        activations.leaky_relu(-0.1)


def _slope(x):
    return 1 / (1 + x**2)
