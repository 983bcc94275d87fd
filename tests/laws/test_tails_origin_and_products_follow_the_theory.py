"""Tails, behaviour at the origin, multiplication of quantiles, and the three forms (A), (B), (C) of one law."""

from math import gamma

import numpy as np
import pytest
from scipy.special import digamma

from rmt.laws import Chain, Layer, LyapunovLaw, RadialLaw, SingularValueLaw


@pytest.mark.parametrize(("alpha", "ratio"), [(1.0, 0.99995), (1.5, 1.0015), (0.5, 0.935)])
def test_singular_tail_of_one_layer(alpha, ratio):
    constant = 0.5 * alpha * 2 / np.pi * gamma(alpha) * np.sin(0.5 * np.pi * alpha)
    law = SingularValueLaw(Layer(alpha))
    assert abs(law.pdf(100.0) * 100 ** (1 + alpha) / constant - ratio) < 6e-4
    assert abs(law.ccdf(1e40) * 1e40**alpha * alpha / constant - 1) < 1e-6
    profiled = SingularValueLaw(Layer(alpha, 1.2, profile=([0.5, 2.0], [0.7, 0.3]), shape=0.5))
    moment = 0.7 * 0.5**alpha + 0.3 * 2**alpha
    assert abs(profiled.ccdf(1e40) * 1e40**alpha * alpha / (constant * 0.5 * 1.2**alpha * moment) - 1) < 1e-6


@pytest.mark.parametrize("depth", [1, 2, 5])
def test_singular_density_near_zero_in_log_space(depth):
    """f ~ (2/(pi s)) sin(pi/(L+1)) (C s^2)^(1/(L+1)) with relative corrections (C s^2)^(1/(L+1)); s down to e^-700."""
    layers = [Layer(1.5, 1.1, profile=([0.5, 2.0], [0.7, 0.3]))] * depth
    kappa, inverse = layers[0].kappa, 0.7 / 0.25 + 0.3 / 4
    log_c = depth * (2 * np.log(gamma(1 + 2 / 1.5)) + (2 / 1.5) * np.log(gamma(1.75) / kappa) + np.log(inverse))
    law = SingularValueLaw(layers)
    for log_s in (-60.0, -700.0):
        size = np.exp((log_c + 2 * log_s) / (depth + 1))
        exact = 2 / np.pi * np.sin(np.pi / (depth + 1)) * size
        assert abs(law.pdf_log(log_s) / exact - 1) < max(20 * size, 1e-12)
        # the distribution function has the same relative accuracy
        assert abs(law.cdf_log(log_s) * 2 / (depth + 1) / exact - 1) < max(20 * size, 1e-11)


@pytest.mark.parametrize("alpha", [1.0, 1.5])
def test_radial_tail_with_its_constant(alpha):
    a, kappa = alpha / 2, Layer(alpha).kappa
    constant = gamma(1 + a) / kappa * np.exp(-2 * np.euler_gamma - a * digamma(a) - a * digamma(1 - a))
    r = np.array([12.0, 20.0])
    exponent = -np.pi * r**alpha / (gamma(alpha) * np.sin(np.pi * a))
    assert np.abs(RadialLaw(Layer(alpha)).ccdf(r) / (constant * r**alpha * np.exp(exponent)) - 1).max() < 1e-10


def test_quantiles_multiply_for_one_alpha_only():
    F = np.array([0.05, 0.5, 0.95])
    first, second = Layer(1.5, 0.8), Layer(1.5, profile=([0.4, 1.3], [0.5, 0.5]))
    product = RadialLaw([first, second]).icdf(F)
    assert np.allclose(product, RadialLaw(first).icdf(F) * RadialLaw(second).icdf(F), rtol=1e-12)
    mixed = RadialLaw([Layer(1.0), Layer(2.0)]).icdf(0.5)
    assert abs(mixed - RadialLaw(Layer(1.0)).icdf(0.5) * RadialLaw(Layer(2.0)).icdf(0.5)) > 0.02


def test_lyapunov_and_radial_laws_are_one():
    layers = [Layer(1.2), Layer(1.8, 1.3)]
    exponents, radial = LyapunovLaw(layers), RadialLaw(layers)
    F = np.array([0.01, 0.4, 0.99])
    assert np.allclose(np.exp(2 * exponents.icdf(F)), radial.icdf(F), rtol=1e-13)
    assert np.allclose(exponents.cdf(exponents.icdf(F)), F, rtol=1e-12)
    assert np.allclose(exponents.ccdf(exponents.iccdf(F)), F, rtol=1e-12)
    step = 1e-5
    slope = (exponents.cdf(-0.5 + step) - exponents.cdf(-0.5 - step)) / (2 * step)
    assert abs(exponents.pdf(-0.5) - slope) < 1e-8


def test_open_and_closed_chain_differ_by_the_end_nodes():
    """On the real axis eta^2 = tau_cyc/(tau_0 tau_L) |lambda|^2 at the same fraction."""
    chain = Chain([Layer(1.4), Layer(1.4, 0.7)])
    lam = np.array([-1.0, 0.3])
    open_state, z_open = chain.open_system.at_fraction(lam)
    closed_state, z_closed = chain.closed_system.at_fraction(lam)
    ends, bulk = open_state[:, 1], closed_state[:, 1]
    assert np.allclose(z_open, z_closed + bulk - 2 * ends, atol=1e-12)


def test_one_layer_equals_the_two_function_closure():
    """u ghat(u) = f, v G_d(v) = f, eta^alpha = kappa f/(u v)."""
    from rmt.special import G_d, ghat

    layer = Layer(1.4, 1.2, profile=([0.5, 2.0], [0.7, 0.3]))
    chain = Chain(layer)
    state, z = chain.open_system.at_fraction(np.array([0.4]))
    m = float(chain.open_system.split(state)[0][0])
    f = m / gamma(1.7)
    u, v = np.exp(0.7 * state[0, 1]), np.exp(0.7 * state[0, 2])
    assert abs(u * ghat(u, 0.7) / f - 1) < 1e-12
    assert abs(v * G_d(v, 0.7, [0.5, 2.0], [0.7, 0.3]) / f - 1) < 1e-12
    assert abs(np.exp(0.7 * z[0]) / (layer.kappa * f / (u * v)) - 1) < 1e-12


def test_only_the_product_of_profiles_at_a_node_matters_for_eigenvalues():
    d, w = [0.5, 2.0], [0.7, 0.3]
    left = RadialLaw(Layer(1.5, profile=(d, w)))
    right = RadialLaw(Layer(1.5), input_profile=(d, w))
    assert np.allclose(left.icdf([0.1, 0.9]), right.icdf([0.1, 0.9]), rtol=1e-13)
    # transposed matrix: the same non-zero singular values
    one = SingularValueLaw(Layer(1.5, profile=(d, w)))
    other = SingularValueLaw(Layer(1.5), input_profile=(d, w))
    assert np.allclose(one.cdf([0.3, 2.0]), other.cdf([0.3, 2.0]), rtol=1e-12)


def test_profile_by_contour_equals_the_sum_over_its_values(rng):
    """Many values go through split contours, few are summed one by one: the same function, also far in the wings."""
    from rmt.special._profile_kernel import ProfileKernel

    log_d = np.sort(rng.normal(-2.0, 4.0, 300))
    w = np.full(300, 1 / 300)
    for a, b, tolerance in ((0.75, 1.0, 2e-13), (0.75, 0.75, 2e-13), (0.3, 0.9, 2e-13)):
        kernel = ProfileKernel(a, b, log_d, w)
        for x in (np.linspace(-30, 40, 15), np.linspace(-30, 40, 15) + 2.0j):
            for fast, slow in zip(kernel.evaluate(x), kernel._direct(x), strict=True):
                assert np.abs(fast - slow).max() < tolerance


def test_a_crowded_profile_is_thinned_without_loss(rng):
    from rmt.special._profile_kernel import ProfileKernel

    log_d = np.sort(-np.abs(rng.standard_cauchy(20000)))
    kernel = ProfileKernel(0.75, 1.0, log_d, np.full(log_d.size, 1 / log_d.size))
    x = np.array([-3.0, 0.0, 5.0, 30.0])
    exact = kernel._direct(x)
    found = kernel.evaluate(x)
    assert kernel.u.size < 12000
    assert max(np.abs(f - e).max() for f, e in zip(found, exact, strict=True)) < 1e-13
