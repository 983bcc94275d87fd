"""cdf, ccdf, pdf, icdf and moments of one law are one law; the closed form of the cdf against two other routes."""

import numpy as np
import pytest

from rmt._continuation import follow
from rmt._quadrature import gauss_legendre_panels
from rmt.laws import Layer, LyapunovLaw, RadialLaw, SingularValueLaw

PROFILE = ([0.0, 0.3, 1.4], [0.1, 0.3, 0.6])
CHAINS = {
    "one": [Layer(1.5)],
    "Cauchy twice": [Layer(1.0)] * 2,
    "small alpha": [Layer(0.3, 2.0)],
    "dead units": [Layer(1.2, profile=PROFILE), Layer(1.8)],
    "rectangular": [Layer(1.5, shape=1.5), Layer(1.2, shape=0.5), Layer(1.9, profile=PROFILE, shape=4 / 3)],
    "near Gauss": [Layer(1.97), Layer(1.99)],
    "long": [Layer(1.4, 1.7)] * 30,
}


@pytest.mark.parametrize("name", CHAINS)
def test_integral_of_the_singular_density(name):
    law = SingularValueLaw(CHAINS[name])
    centre = law.mean_log_nonzero()
    # the rectangular chain has a lower edge, smooth but steep, that equal panels do not resolve
    width = 1.5 if name == "rectangular" else 3.0 * len(CHAINS[name]) ** 0.5
    for low, high in ((centre - width, centre), (centre, centre + 0.5), (centre + 0.5, centre + width)):
        x, w = gauss_legendre_panels(np.linspace(low, high, 2 + int(40 * (high - low))), 10)
        assert abs(w @ law.pdf_log(x) - (law.cdf_log(high) - law.cdf_log(low))) < 1e-11
    x = np.linspace(centre - 2 * width, centre + 2 * width, 40)
    assert np.abs(law.cdf(np.exp(x)) + law.ccdf(np.exp(x)) - 1).max() < 1e-13
    assert np.allclose(law.pdf(np.exp(x)) * np.exp(x), law.pdf_log(x), rtol=1e-12)


@pytest.mark.parametrize("name", ["one", "dead units", "rectangular", "long"])
def test_closed_form_of_the_cdf_against_the_arc_integral(name):
    """(2/pi) int_0^{pi/2} Re[1 - m_0(s e^{-i theta})] d theta, by Gauss-Legendre on the followed path."""
    law = SingularValueLaw(CHAINS[name])
    log_s = law.mean_log_nonzero() + np.array([-3.0, -0.5, 0.3, 2.0])
    nodes, weights = gauss_legendre_panels([0.0, 0.7, 1.0], 16)
    start, z0 = law._start
    system = law._system
    first = np.repeat(start, log_s.size, axis=0)
    real = follow(system.increment, first, lambda t, i: z0 + t * (2 * log_s[i] - z0 + 0j), log_s.size)[0]
    states = follow(system.increment, real, lambda t, i: 2 * log_s[i] - 1j * np.pi * t, log_s.size, stops=nodes)
    rest = system.split(states.reshape(-1, states.shape[2]))[1].real.reshape(states.shape[:2])
    arc = weights @ rest + law.atom_at_zero
    assert np.abs(arc - law.cdf(np.exp(log_s))).max() < 1e-11


@pytest.mark.parametrize("name", ["one", "Cauchy twice", "dead units", "near Gauss", "long"])
def test_integral_of_the_radial_density(name):
    law = RadialLaw(CHAINS[name])
    centre = law.mean_log_nonzero()
    x, w = gauss_legendre_panels(np.linspace(centre - 1, centre + 1, 80), 10)
    assert abs(w @ law.pdf_log(x) - (law.cdf_log(centre + 1) - law.cdf_log(centre - 1))) < 1e-11
    r = np.exp(x[::40])
    assert np.allclose(law.pdf(r), 2 * np.pi * r * law.plane_density(r), rtol=1e-12)
    assert np.abs(law.cdf(r) + law.ccdf(r) - 1).max() < 1e-13


@pytest.mark.parametrize("name", ["one", "small alpha", "dead units", "long"])
def test_quantiles_invert_the_distribution(name):
    law = SingularValueLaw(CHAINS[name])
    p = law.atom_at_zero + (1 - law.atom_at_zero) * np.array([1e-6, 0.02, 0.5, 0.9, 1 - 1e-7])
    assert np.abs(law.cdf_log(law.icdf_log(p)) - p).max() < 1e-11
    assert abs(law.ccdf(law.iccdf(1e-12)) / 1e-12 - 1) < 1e-9
    assert law.icdf(0.0) == 0.0
    assert law.icdf(1.0) == np.inf
    assert law.icdf(0.5 * law.atom_at_zero) == 0.0
    if name != "long":
        radial = RadialLaw(CHAINS[name])
        q = radial.atom_at_zero + (1 - radial.atom_at_zero) * np.array([1e-9, 0.3, 0.999])
        assert np.abs(radial.cdf(radial.icdf(q)) - q).max() < 1e-12
        assert abs(radial.ccdf(radial.iccdf(1e-200)) / 1e-200 - 1) < 1e-9


def test_atoms():
    law = SingularValueLaw(CHAINS["rectangular"])
    assert abs(law.atom_at_zero - (1 - 0.75)) < 1e-12
    assert law.cdf(0.0) == law.atom_at_zero
    assert law.mean_log() == -np.inf
    dead = RadialLaw(CHAINS["dead units"])
    assert abs(dead.atom_at_zero - 0.1) < 1e-12
    assert dead.cdf(0.0) == dead.atom_at_zero
    assert LyapunovLaw(CHAINS["dead units"]).icdf(0.05) == -np.inf


def test_scalars_give_floats_and_arrays_keep_their_shape():
    law, radial, exponents = (kind(Layer(1.5)) for kind in (SingularValueLaw, RadialLaw, LyapunovLaw))
    for kind in (law, radial, exponents):
        for name in ("pdf", "cdf", "ccdf", "icdf", "iccdf", "logpdf"):
            assert isinstance(getattr(kind, name)(0.5), float), name
            assert getattr(kind, name)(np.full((2, 3), 0.5)).shape == (2, 3), name
        assert kind.sample((2, 2), rng=1).shape == (2, 2)
        assert len(kind.support()) == 2


def test_samples_follow_the_law(rng):
    """False-fail rate 1e-6 by the helper; distances above 0.03 are detected."""
    from statistical import assert_distribution

    law = SingularValueLaw(CHAINS["one"])
    assert_distribution(law.sample(9000, rng), law.cdf, detects=0.03)


def test_mean_log_is_the_mean_of_the_quantiles():
    nodes, weights = gauss_legendre_panels([0, 1e-6, 1e-4, 1e-2, 0.1, 0.5, 0.9, 0.99, 1 - 1e-4, 1 - 1e-6, 1], 14)
    for name, kind in (("one", SingularValueLaw), ("dead units", RadialLaw), ("near Gauss", RadialLaw)):
        for law in (kind(CHAINS[name]),):
            p = law.atom_at_zero + (1 - law.atom_at_zero) * nodes
            assert abs(weights @ law.icdf_log(p) - law.mean_log_nonzero()) < 1e-6


def test_moments():
    assert abs(SingularValueLaw(Layer(2.0)).mean() - 8 / (3 * np.pi)) < 1e-6
    assert abs(SingularValueLaw([Layer(2.0)] * 3).moment(2) - 1) < 1e-6
    assert abs(RadialLaw(Layer(2.0)).mean() - 2 / 3) < 1e-6
    law, radial = SingularValueLaw(Layer(1.5)), RadialLaw(Layer(1.5))
    nodes, weights = gauss_legendre_panels(
        [0, 1e-6, 1e-4, 1e-2, 0.1, 0.5, 0.9, 0.99, 1 - 1e-4, 1 - 1e-6, 1 - 1e-9, 1], 12
    )
    assert abs(weights @ law.icdf(nodes) ** 0.25 - law.moment(0.25)) < 1e-5
    assert abs(weights @ radial.icdf(nodes) - radial.mean()) < 1e-6
    assert SingularValueLaw(Layer(1.0)).mean() == np.inf
    with pytest.raises(ValueError, match="order"):
        law.moment(1.45)
