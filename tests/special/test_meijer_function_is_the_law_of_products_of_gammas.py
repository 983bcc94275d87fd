"""log_meijerg_q0: exact cases, mpmath, extreme parameters, and the density of products of gamma variables."""

import mpmath
import numpy as np
import pytest
from scipy.special import digamma, gammaln, kve

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


@pytest.mark.parametrize(
    "b",
    [
        [0, 1.5, 2],
        [0.0] + [0.5] * 50,
        [0.0] + [0.25] * 300,
        [0, 0, 4.0],
        [0, 0.1, 8],
        [0.0] + [250.0] * 300,
        [10.0],
    ],
)
def test_log_z_agrees_with_mpmath_on_both_sides_of_every_switch(b):
    """Saddle far from and near to the first pole, simple and double poles, many equal parameters next to the pole."""
    b = np.array(b)
    t = np.array([0.1, 0.151, 1.0, 10.0, 100.0])
    log_z = digamma(b - b.min() + t[:, None]).sum(axis=1)
    exact = np.array([float(log_meijerg_q0(None, b, log_z=x, dps=16)) for x in log_z])
    assert (np.abs(log_meijerg_q0(None, b, log_z=log_z) - exact) < 1e-13 * np.maximum(1, np.abs(exact))).all()


def test_arguments_beyond_doubles():
    assert log_meijerg_q0(None, [0.0, 2.0], log_z=-1e6) == 0.0  # the first residue, Gamma(2)
    # G = 2 K_0(2 sqrt z) at two equal parameters 0: -ln z - 2 gamma for z -> 0
    assert abs(log_meijerg_q0(None, [0.0, 0.0], log_z=-2e3) - np.log(2e3 - 2 * np.euler_gamma)) < 1e-13
    with pytest.raises(ArithmeticError, match="overflows"):
        log_meijerg_q0(None, [1.0], log_z=800.0)


def test_exactly_one_of_z_and_log_z():
    assert log_meijerg_q0(0.3, [1.0, 2.5]) == log_meijerg_q0(None, [1.0, 2.5], log_z=np.log(0.3))
    assert isinstance(log_meijerg_q0(None, [1.0], log_z=0.0), float)
    for z, log_z in ((None, None), (1.0, 0.0)):
        with pytest.raises(ValueError, match="exactly one of z and log_z"):
            log_meijerg_q0(z, [1.0], log_z=log_z)
    for dps in (None, 20):
        with pytest.raises(ValueError, match="log_z"):
            log_meijerg_q0(None, [1.0], log_z=np.inf, dps=dps)


def test_digits_take_and_keep_mpmath_numbers():
    """K_0 to 30 digits, parameters that are no doubles included, whatever the caller's own precision."""
    with mpmath.workdps(45):
        z, b = mpmath.mpf(7) / 10, mpmath.mpf(1) / 3
        exact = mpmath.log(2 * z ** (b / 2) * mpmath.besselk(b, 2 * mpmath.sqrt(z)))
    found = log_meijerg_q0(z, [b, 0], dps=30)
    with mpmath.workdps(45):
        assert abs(found - exact) < mpmath.mpf(10) ** -30
