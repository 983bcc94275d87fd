"""log_meijerg_q0: exact cases, mpmath, extreme parameters, and the density of products of gamma variables."""

import numpy as np
import pytest
from scipy.special import gammaln, kve

from rmt.special import log_meijerg_q0


def test_one_parameter_is_a_gamma_density():
    z = np.array([1e-6, 0.3, 5.0, 400.0])
    for b in (-3.0, 0.0, 2.5, 900.0):
        exact = b * np.log(z) - z
        assert np.abs(log_meijerg_q0(z, [b]) - exact).max() < 1e-13 * max(1, np.abs(exact).max())


def test_two_parameters_are_a_bessel_function():
    z = np.array([1e-4, 0.7, 90.0, 1e5])
    for b1, b2 in ((0.0, 0.5), (3.0, 3.0), (40.0, 2.0)):
        x = 2 * np.sqrt(z)
        exact = np.log(2) + 0.5 * (b1 + b2) * np.log(z) + np.log(kve(b1 - b2, x)) - x
        assert np.abs(log_meijerg_q0(z, [b1, b2]) - exact).max() < 1e-13 * max(1, np.abs(exact).max())


def test_check_values_of_the_note():
    assert abs(log_meijerg_q0(0.3, [0, 1.5, 2]) + 0.4054918623115502) < 1e-13
    assert abs(log_meijerg_q0(80, [0, -5, -5]) + 26.076695545551026) < 1e-12


@pytest.mark.parametrize(
    ("z", "b"),
    [(1e-8, [0, 1, 2.0]), (1e-3, [1e3, -1e3]), (1e30, [100.0] * 50), (1e5, [0, 250, 250.0, 7]), (2.0, [0.1] * 12)],
)
def test_mpmath_agrees_where_doubles_would_overflow(z, b):
    exact = float(log_meijerg_q0(z, b, dps=18))
    assert abs(log_meijerg_q0(z, b) - exact) < 1e-13 * max(1, abs(exact))


def test_moments_of_the_product_density():
    """int z^(k-1) G dz = prod Gamma(b + k), by the trapezoid rule in ln z."""
    b = np.array([1.5, 2.0, 7.25])
    t = np.arange(-40, 18, 0.1)
    log_g = log_meijerg_q0(np.exp(t), b)
    for k in (0, 1, 2.5):
        found = np.log(0.1 * np.sum(np.exp(log_g + k * t)))
        assert abs(found - gammaln(b + k).sum()) < 1e-11


def test_order_of_parameters_and_shape_do_not_matter():
    z = np.array([[0.1, 2.0], [3.0, 4.0]])
    assert np.allclose(log_meijerg_q0(z, [1, 2, 3]), log_meijerg_q0(z, [3, 1, 2]), rtol=1e-14)
    assert log_meijerg_q0(z, [1, 2, 3]).shape == z.shape
    assert isinstance(log_meijerg_q0(0.1, [1.0]), float)


@pytest.mark.parametrize(("z", "b"), [(0.0, [1.0]), (-1.0, [1.0]), (np.inf, [1.0]), (1.0, []), (1.0, [np.nan])])
def test_bad_arguments_are_refused(z, b):
    with pytest.raises(ValueError, match=r"z|b"):
        log_meijerg_q0(z, b)
