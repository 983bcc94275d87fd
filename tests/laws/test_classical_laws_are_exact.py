"""Semicircle, Marchenko-Pastur, circular, elliptic, Fuss-Catalan and Raney laws against moments, integrals and each other."""

import math

import numpy as np
import pytest
from statistical import assert_mean

from rmt._quadrature import double_exponential, gauss_legendre_panels
from rmt.laws import (
    CircularLaw,
    EllipticLaw,
    FussCatalan,
    Layer,
    MarchenkoPastur,
    RadialLaw,
    Raney,
    Semicircle,
    SingularValueLaw,
)

LAWS = [
    Semicircle(),
    Semicircle(0.3),
    MarchenkoPastur(),
    MarchenkoPastur(0.25, 1.7),
    MarchenkoPastur(3.0),
    CircularLaw(1.3),
    CircularLaw(0.8, 3),
    FussCatalan(1),
    FussCatalan(4),
    FussCatalan(30),
    Raney(2.5, 0.7),
    Raney(3.0, 3.0),
]
ids = [repr(law) for law in LAWS]


@pytest.mark.parametrize("law", LAWS, ids=ids)
def test_integral_of_the_density_is_the_difference_of_the_distribution(law):
    low, high = law.icdf(max(0.1, law.atom_at_zero + 0.05)), law.icdf(0.93)
    if law.support()[0] < 0.0:
        x, w = gauss_legendre_panels(np.linspace(low, high, 60), 24)
    else:  # the laws that grow towards zero are smooth in ln x
        t, w = gauss_legendre_panels(np.linspace(np.log(low), np.log(high), 60), 24)
        x, w = np.exp(t), np.exp(t) * w
    assert abs(law.pdf(x) @ w - (law.cdf(high) - law.cdf(low))) < 1e-12


@pytest.mark.parametrize("law", LAWS, ids=ids)
def test_moments_are_integrals_of_the_survival_function(law):
    low, high = law._interval()  # without the atom
    x, w = double_exponential(low, high, step=1 / 24, reach=3.9)
    upper = law.ccdf(x)
    for k in (1, 2, 3):
        integral = (1.0 - law.atom_at_zero) * low**k + k * (x ** (k - 1) * upper) @ w
        assert abs(integral - law.moment(k)) < 2e-12 * max(1.0, high**k * 0.01, law.moment(k))
    assert law.mean() == law.moment(1)
    assert law.moment(0) == 1.0


@pytest.mark.parametrize("law", LAWS, ids=ids)
def test_quantiles_invert_the_distribution(law):
    p = law.atom_at_zero + (1.0 - law.atom_at_zero) * np.array([1e-5, 0.01, 0.3, 0.5, 0.77, 0.9999])
    assert np.abs(law.cdf(law.icdf(p)) - p).max() < 1e-12
    assert np.abs(law.ccdf(law.iccdf(1.0 - p)) - (1.0 - p)).max() < 1e-12
    assert np.abs(law.cdf(law.icdf(p)) + law.ccdf(law.icdf(p)) - 1.0).max() < 1e-12
    low, high = law.support()
    assert law.icdf(0.0) == low
    assert abs(law.icdf(1.0) - high) < 1e-12 * high
    width = high - low
    assert law.pdf([low - width, high + width]).tolist() == [0.0, 0.0]
    assert law.cdf([low - width, high + width]).tolist() == [0.0, 1.0]
    assert law.logpdf(high + width) == -math.inf
    assert isinstance(law.pdf(law.icdf(0.5)), float)


@pytest.mark.parametrize("order", range(1, 31))
def test_fuss_catalan_density_is_real_positive_and_on_the_right_branch(order):
    """Peers lose the branch from order 4 on; the contour law of a Gaussian product has no polynomial to choose from."""
    law = FussCatalan(order)
    x = law.icdf(np.linspace(0.02, 0.98, 49))
    density = law.pdf(x)
    assert np.isfinite(density).all()
    assert (density > 0.0).all()
    assert (np.diff(x) > 0.0).all()
    product = SingularValueLaw([Layer(2.0)] * order)
    s = np.sqrt(x[::6])
    assert np.abs(2.0 * s * density[::6] / product.pdf(s) - 1.0).max() < 1e-9
    assert np.abs(law.cdf(x[::6]) - product.cdf(s)).max() < 1e-10


def test_raney_laws_with_closed_forms():
    x = np.linspace(0.01, 3.99, 57)
    marchenko_pastur = MarchenkoPastur(1.0)
    assert np.abs(FussCatalan(1).pdf(x) / marchenko_pastur.pdf(x) - 1.0).max() < 1e-12
    assert np.abs(FussCatalan(1).cdf(x) - marchenko_pastur.cdf(x)).max() < 1e-13
    # (p, r) = (2, 2): the semicircle moved to (0, 4)
    assert np.abs(Raney(2.0, 2.0).pdf(x) - Semicircle().pdf(x - 2.0)).max() < 1e-12
    # order 2 (Penson and Zyczkowski), written with real cube roots
    y = np.linspace(0.01, 6.74, 57)
    root = (27.0 + 3.0 * np.sqrt(81.0 - 12.0 * y)) ** (1.0 / 3.0)
    exact = (2.0 ** (1 / 3) * math.sqrt(3.0) / (12.0 * math.pi)) * (
        (2.0 ** (1 / 3) * root**2 - 6.0 * y ** (1 / 3)) / (y ** (2 / 3) * root)
    )
    assert np.abs(FussCatalan(2).pdf(y) / exact - 1.0).max() < 1e-11


@pytest.mark.parametrize("ratio", [0.25, 1.0, 3.0])
def test_marchenko_pastur_is_the_law_of_a_gaussian_layer(ratio):
    """SingularValueLaw counts the N_in values of A^T A with variance 1/N_in: the law of ratio N_in/N_out, rescaled."""
    layer = SingularValueLaw(Layer(2.0, 1.2, shape=ratio))
    law = MarchenkoPastur(1.0 / ratio, 1.2 * math.sqrt(ratio))
    assert abs(law.atom_at_zero - layer.atom_at_zero) < 1e-15
    x = law.icdf(law.atom_at_zero + (1.0 - law.atom_at_zero) * np.linspace(0.03, 0.97, 13))
    assert np.abs(2.0 * np.sqrt(x) * law.pdf(x) / layer.pdf(np.sqrt(x)) - 1.0).max() < 1e-9
    assert np.abs(law.cdf(x) - layer.cdf(np.sqrt(x))).max() < 1e-10


@pytest.mark.parametrize("layers", [1, 2, 5])
def test_circular_law_is_the_radial_law_of_gaussian_layers(layers):
    law, radial = CircularLaw(0.9, layers), RadialLaw([Layer(2.0, 0.9)] * layers)
    r = law.icdf(np.array([0.1, 0.5, 0.9]))
    assert np.abs(law.cdf(r) - radial.cdf(r)).max() < 1e-10
    assert abs(law.plane_density(0.3) - law.pdf(0.3) / (0.6 * math.pi)) < 1e-15


def test_ends_keep_relative_accuracy():
    tiny = 1e-9
    assert abs(Semicircle().cdf(-2.0 + tiny) / (2.0 * tiny**1.5 / (3.0 * math.pi)) - 1.0) < 1e-6
    assert abs(Semicircle().ccdf(2.0 - tiny) / (2.0 * tiny**1.5 / (3.0 * math.pi)) - 1.0) < 1e-6
    law = FussCatalan(3)
    x = law.icdf(1e-40)
    assert abs(law.cdf(x) / 1e-40 - 1.0) < 1e-10


def test_elliptic_law_interpolates_between_disc_and_line(rng):
    law = EllipticLaw(0.5, 2.0)
    a, b = law.axes()
    assert (a, b) == (3.0, 1.0)
    assert law.pdf(2.9) == 1.0 / (3.0 * math.pi)
    assert law.pdf([3.1, 1.1j]).tolist() == [0.0, 0.0]
    z = law.sample(20000, rng)
    # uniform in the ellipse: false-fail rate 1e-6 each, second moments a^2/4 and b^2/4
    assert_mean(z.real**2, a * a / 4.0, detects=0.15)
    assert_mean(z.imag**2, b * b / 4.0, detects=0.02)
    assert law.real_marginal().moment(2) == pytest.approx(a * a / 4.0, rel=1e-15)
    assert EllipticLaw(0.0).pdf(0.2j) == pytest.approx(CircularLaw().plane_density(0.2), rel=1e-14)


def test_samples_follow_the_law_and_the_seed(rng):
    law = MarchenkoPastur(2.0)
    x = law.sample(20000, rng)
    assert_mean(x == 0.0, 0.5, detects=0.02)
    assert_mean(x, law.mean(), detects=0.06)
    assert np.array_equal(law.sample(5, 3), law.sample(5, 3))


@pytest.mark.parametrize(
    ("make", "name"),
    [
        (lambda: Semicircle(0.0), "sigma"),
        (lambda: MarchenkoPastur(-1.0), "ratio"),
        (lambda: CircularLaw(layers=0), "layers"),
        (lambda: EllipticLaw(1.0), "correlation"),
        (lambda: Raney(2.0, 2.1), "r"),
        (lambda: Raney(1.0, 1.0), "p"),
        (lambda: FussCatalan(0), "order"),
        (lambda: Semicircle().icdf(1.5), "p"),
        (lambda: Semicircle().pdf(math.nan), "x"),
        (lambda: Semicircle().moment(-1), "k"),
    ],
)
def test_bad_arguments_are_refused(make, name):
    with pytest.raises(ValueError, match=rf"^{name}\b"):
        make()
