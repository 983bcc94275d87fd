"""rmt.symbolic beside the double-precision routines: every closed form is held to the number it stands for."""

import numpy as np
import pytest
import sympy as sp

from rmt import symbolic
from rmt.laws import Layer, RadialLaw, SingularValueLaw
from rmt.special import H_ab

ALPHAS = ["1/2", "1", "3/2", "9/5", "2"]


@pytest.mark.parametrize("alpha", ALPHAS)
def test_mean_log_and_densities_at_the_origin(alpha):
    a = sp.Rational(alpha)
    law = SingularValueLaw(Layer(float(a), 1.3))
    assert abs(float(symbolic.mean_log_determinant(a, sp.Rational(13, 10))) - law.mean_log()) < 1e-13
    exact = float(symbolic.singular_density_at_origin(a, sp.Rational(13, 10)))
    assert abs(law.pdf(0.0) / exact - 1) < 1e-13
    assert abs(law.pdf(1e-7) / exact - 1) < 1e-6
    plane = float(symbolic.plane_density_at_origin(a, sp.Rational(13, 10)))
    assert abs(RadialLaw(Layer(float(a), 1.3)).plane_density(1e-12) / plane - 1) < 1e-6
    assert abs(float(symbolic.kappa(a, sp.Rational(13, 10))) / Layer(float(a), 1.3).kappa - 1) < 1e-14


@pytest.mark.parametrize("alpha", ["1", "6/5", "3/2"])
def test_tail_constant_of_the_singular_values(alpha):
    a = float(sp.Rational(alpha))
    constant = float(symbolic.singular_tail_constant(sp.Rational(alpha)))
    law = SingularValueLaw(Layer(a))
    assert abs(law.pdf(1e6) * 1e6 ** (1 + a) / constant - 1) < 1e-3
    assert abs(law.ccdf(1e12) * 1e12**a * a / constant - 1) < 1e-6


@pytest.mark.parametrize(("a", "b"), [("1/2", "1/2"), ("1/2", "1"), ("2/3", "1/2"), ("3/4", "3/4"), ("2/5", "1")])
def test_meijer_form_for_rational_indices(a, b):
    for X in (0.3, 4.0):
        form = symbolic.meijerg_form(sp.Rational(a), sp.Rational(b), sp.Float(X, 30))
        exact = float(form.evalf(20))
        assert abs(H_ab(X, float(sp.Rational(a)), float(sp.Rational(b)), complement=True) / exact - 1) < 1e-12


def test_cauchy_radial_law():
    law = RadialLaw(Layer(1.0))
    for w in (sp.Rational(1, 5), sp.Integer(1), sp.Integer(6)):
        form = {name: float(value.evalf(25)) for name, value in symbolic.cauchy_radial_law(w).items()}
        assert abs(law.ccdf(form["radius"]) / form["ccdf"] - 1) < 1e-11
        assert abs(law.plane_density(form["radius"]) / form["plane_density"] - 1) < 1e-10
    values = {name: float(value) for name, value in symbolic.cauchy_radial_law(1).items()}
    assert abs(values["radius"] - 0.240199831416) < 1e-12
    assert abs(1 - values["ccdf"] - 0.245389974229) < 1e-12
    assert abs(values["plane_density"] - 0.8334235626247072) < 1e-14


def test_fuss_catalan_moments_are_those_of_gaussian_products():
    """Moments by Gauss-Legendre in the sine parametrisation of s^2, whose density vanishes like a square root."""
    for depth in (1, 2, 5):
        law = SingularValueLaw([Layer(2.0)] * depth)
        edge = float(symbolic.fuss_catalan_edge(depth)) ** 0.5
        nodes, weights = np.polynomial.legendre.leggauss(60)
        u = 0.25 * np.pi * (nodes + 1)
        s = edge * np.sin(u) ** 3
        jacobian = edge * 3 * np.sin(u) ** 2 * np.cos(u) * 0.25 * np.pi
        density = law.pdf(s) * jacobian
        for n in (1, 2, 3):
            exact = float(symbolic.fuss_catalan_moment(depth, n))
            assert abs(np.sum(weights * density * s ** (2 * n)) / exact - 1) < 1e-9


def test_raney_transform_has_the_raney_moments():
    z, x = sp.symbols("z x")
    for p, r in ((2, 1), (3, 2), (sp.Rational(5, 2), sp.Rational(3, 2))):
        chi = symbolic.raney_s_transform(p, r, z) * z / (1 + z)
        psi = sum(symbolic.raney_moment(p, r, n) * x**n for n in range(1, 5))
        series = sp.series(psi.subs(x, sp.series(chi, z, 0, 5).removeO()), z, 0, 5).removeO()
        assert sp.simplify(series - z) == 0


def test_porter_thomas_moment_is_the_exact_mean(rng):
    """Sampled unit vectors; false-fail rate 1e-6 by the helper, shifts of 2 % are detected."""
    from statistical import assert_mean

    vectors = rng.standard_normal((4000, 12))
    p = vectors**2 / np.sum(vectors**2, axis=1, keepdims=True)
    exact = float(symbolic.porter_thomas_moment(12, 3))
    assert_mean(np.sum(p**3, axis=1), exact, detects=0.1 * exact)


def test_bad_arguments_are_refused():
    with pytest.raises(ValueError, match="rational"):
        symbolic.meijerg_form(sp.sqrt(2) / 2, 1, 1)
    with pytest.raises(ValueError, match="field"):
        symbolic.porter_thomas_moment(10, 2, "quaternion")
    with pytest.raises(ValueError, match="n = 0"):
        symbolic.porter_thomas_moment(0, 2)
