"""Ginibre densities of finite size against incomplete gamma and Bessel functions, 30-digit integrals and matrices."""

import math

import mpmath
import numpy as np
import pytest
from scipy import special
from statistical import assert_mean

from rmt._quadrature import gauss_legendre_panels
from rmt.ensembles import ginibre
from rmt.laws import CircularLaw, ComplexGinibre, RealGinibre
from rmt.laws.classical.ginibre import _mellin

J = np.array([1.0, 2.0, 5.0, 50.0, 200.0])


@pytest.mark.parametrize("log_x", [-30.0, -5.0, -1.0, 0.0, 1.0, 3.0, 5.0, 6.0, 10.0])
def test_contour_integrals_are_the_closed_forms_of_one_and_two_layers(log_x):
    point = np.full(5, log_x)
    assert np.abs(_mellin(point, J, 1, "cdf") - special.gammainc(J, math.exp(log_x))).max() < 1e-14
    one = np.exp(J * log_x - math.exp(log_x) - special.gammaln(J))
    assert np.abs(_mellin(point, J, 1, "pdf") - one).max() < 1e-14
    root = 2.0 * math.exp(0.5 * log_x)
    two = np.exp(J * log_x + math.log(2.0) - 2.0 * special.gammaln(J) + math.log(special.kve(0, root)) - root)
    assert np.abs(_mellin(point, J, 2, "pdf") - two).max() < 1e-14


@pytest.mark.parametrize(("layers", "j", "q"), [(3, 1, 0.2), (3, 4, 1.0), (8, 40, 1.0), (8, 1, 2.0)])
def test_distribution_agrees_with_30_digits(layers, j, q):
    with mpmath.workdps(30):
        x = mpmath.mpf(j) ** layers * q

        def integrand(t):
            s = mpmath.mpc(0.25, t)
            return ((mpmath.gamma(j + s) / mpmath.gamma(j)) ** layers * x**-s / s).real

        upper = mpmath.quad(integrand, mpmath.linspace(0, 24, 13)) / mpmath.pi
        log_x = float(mpmath.log(x))
    found = _mellin(np.array([log_x]), np.array([float(j)]), layers, "cdf")[0]
    assert abs(found - float(1 - upper)) < 1e-12


@pytest.mark.parametrize("layers", [1, 3])
def test_density_integrates_to_the_distribution_and_tends_to_the_disc(layers):
    law = ComplexGinibre(40, layers, 0.9)
    x, w = gauss_legendre_panels(np.linspace(0.1, 1.0, 10), 16)
    assert abs(law.pdf(x) @ w - (law.cdf(1.0) - law.cdf(0.1))) < 1e-12
    r = np.linspace(0.05, 1.0, 12)
    limit = CircularLaw(0.9, layers)
    gaps = [np.abs(ComplexGinibre(n, layers, 0.9).cdf(r) - limit.cdf(r)).max() for n in (10, 160)]
    assert gaps[1] < 0.5 * gaps[0]
    assert law.cdf(0.0) == 0.0
    assert law.cdf(100.0) == 1.0


def test_sampled_matrices_and_gamma_products_follow_the_complex_law(rng):
    """Fractions of eigenvalues below the radius 0.3, one independent mean per matrix; false-fail rate 1e-6 each."""
    n, r = 6, 0.3
    law = ComplexGinibre(n, 2)
    moduli = [
        np.abs(np.linalg.eigvals(ginibre(n, field="complex", rng=rng) @ ginibre(n, field="complex", rng=rng)))
        for _ in range(1500)
    ]
    assert_mean([np.mean(m <= r) for m in moduli], law.cdf(r), detects=0.03)
    assert_mean([np.mean(law.sample(rng) <= r) for _ in range(1500)], law.cdf(r), detects=0.03)


def test_expected_number_of_real_eigenvalues():
    exact = {
        2: math.sqrt(2.0),
        3: 1.0 + math.sqrt(0.5),
        4: 11.0 * math.sqrt(2.0) / 8.0,
        5: 1.0 + 13.0 * math.sqrt(2) / 16,
    }
    for n, value in exact.items():
        assert abs(RealGinibre(n).expected_real() - value) < 1e-14
    assert abs(RealGinibre(10**4).expected_real() / math.sqrt(2e4 / math.pi) - 1.0) < 0.01


@pytest.mark.parametrize("n", [2, 3, 10, 51])
def test_real_and_complex_densities_share_n_eigenvalues(n):
    law = RealGinibre(n, 1.1)
    x, w = gauss_legendre_panels(np.linspace(0.0, 10.0 / math.sqrt(n) + 1.0, 30), 16)
    assert abs(2.0 * law.real_density(x) @ w - law.expected_real()) < 1e-12
    plane = law.complex_density(x[:, None] + 1j * x)
    assert abs(4.0 * w @ plane @ w - (n - law.expected_real())) < 1e-12


def test_sampled_real_matrices_have_that_many_real_eigenvalues(rng):
    n = 8
    counts = [np.sum(np.linalg.eigvals(ginibre(n, rng=rng)).imag == 0.0) for _ in range(2000)]
    assert_mean(counts, RealGinibre(n).expected_real(), detects=0.2)


@pytest.mark.parametrize("n", [2, 10, 50])
def test_product_formula_at_one_layer_is_the_density_of_one_matrix(n):
    law = RealGinibre(n)
    y = np.array([0.1, 1.0, 2.5, math.sqrt(n)])
    found = np.array([law._product_density(v) for v in y])
    assert np.abs(found - law.real_density(y * law._unit) * law._unit).max() < 1e-12
    assert abs(law._real_terms().sum() / law.expected_real() - 1.0) < 1e-11


def test_real_eigenvalues_of_products(rng):
    """pi/2 for two 2 x 2 matrices; counts of sampled products, all of them and in an interval, false-fail rate 1e-6 each."""
    assert abs(RealGinibre(2, layers=2).expected_real() - 0.5 * math.pi) < 1e-12
    n, layers, low, high = 4, 2, 0.2, 0.6
    law = RealGinibre(n, layers=layers)
    x, w = gauss_legendre_panels([low, high], 8)
    inside = 2.0 * float(law.real_density(x) @ w)
    whole, part = [], []
    for _ in range(3000):
        values = np.linalg.eigvals(ginibre(n, rng=rng) @ ginibre(n, rng=rng))
        real = np.abs(values[values.imag == 0.0].real)
        whole.append(real.size)
        part.append(np.sum((real > low) & (real < high)))
    assert_mean(whole, law.expected_real(), detects=0.15)
    assert_mean(part, inside, detects=0.1)


def test_products_of_real_matrices_refuse_what_has_no_formula():
    with pytest.raises(ValueError, match="n = 3 must be even"):
        RealGinibre(3, layers=2)
    with pytest.raises(ValueError, match="layers = 2 must be 1"):
        RealGinibre(4, layers=2).complex_density(0.1j)
    assert RealGinibre(4, layers=2).real_density(0.0) == math.inf


def test_bad_arguments_are_refused():
    with pytest.raises(ValueError, match=r"^n\b"):
        ComplexGinibre(0)
    with pytest.raises(ValueError, match=r"^n\b"):
        RealGinibre(1)
    with pytest.raises(ValueError, match=r"^r = -1"):
        ComplexGinibre(3).cdf(-1.0)
    with pytest.raises(ValueError, match=r"^r = 0"):
        ComplexGinibre(3, 2).pdf([0.0, 1.0])
