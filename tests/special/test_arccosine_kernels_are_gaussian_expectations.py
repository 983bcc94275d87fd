"""Arc-cosine and arc-sine kernels against two-dimensional Gaussian quadrature and mpmath."""

import numpy as np
import pytest

from rmt.special import arccosine_kernel, arcsine_kernel


@pytest.mark.parametrize("degree", [0, 1, 2])
def test_expectation_over_the_half_planes(degree):
    """In polar coordinates the radial part cancels: (1/norm) int cos^n(t) cos^n(t - theta) over the common half-planes."""
    nodes, weights = np.polynomial.legendre.leggauss(60)
    for rho in (-0.999, -0.6, 0.0, 0.4, 0.95):
        theta = np.arccos(rho)
        low, high = theta - np.pi / 2, np.pi / 2
        t = 0.5 * (high - low) * nodes + 0.5 * (high + low)
        value = 0.5 * (high - low) * weights @ (np.cos(t) * np.cos(t - theta)) ** degree
        u = 0.5 * np.pi * nodes
        norm = 0.5 * np.pi * weights @ np.cos(u) ** (2 * degree)
        assert abs(arccosine_kernel(rho, degree) - value / norm) < 1e-13


@pytest.mark.parametrize("degree", [0, 1, 2])
def test_relative_accuracy_down_to_opposite_inputs(degree):
    for rho in (-1 + 1e-12, -0.99, -0.94, -0.9, 0.3, 0.999999):
        exact = float(arccosine_kernel(rho, degree, dps=25))
        assert abs(arccosine_kernel(rho, degree) / exact - 1) < 3e-13


def test_ends():
    assert [arccosine_kernel(1.0, n) for n in range(3)] == [1.0, 1.0, 1.0]
    assert [arccosine_kernel(-1.0, n) for n in range(3)] == [0.0, 0.0, 0.0]


def test_arcsine_kernel_is_the_expectation_of_two_error_functions():
    from scipy.special import erf

    nodes, weights = np.polynomial.hermite_e.hermegauss(80)
    weights = weights / weights.sum()
    x, y = nodes[:, None], nodes[None, :]
    first, second = 0.9 * x, 0.7 * (0.3 * x + np.sqrt(1 - 0.09) * y)
    value = np.sum(weights[:, None] * weights * erf(first) * erf(second))
    assert abs(arcsine_kernel(0.9 * 0.7 * 0.3, 0.81, 0.49) - value) < 1e-9


def test_bad_arguments_are_refused():
    with pytest.raises(ValueError, match=r"rho = .*1.1"):
        arccosine_kernel(1.1)
    with pytest.raises(ValueError, match="degree"):
        arccosine_kernel(0.1, 3)
    with pytest.raises(ValueError, match="k_xy"):
        arcsine_kernel(2.0, 1.0, 1.0)
