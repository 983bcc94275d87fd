"""alpha = 2 is one more value: Fuss-Catalan (all branches), Marchenko-Pastur with profile, circular law, and the limit."""

import itertools

import numpy as np
import pytest
from scipy.optimize import brentq

from rmt.laws import Layer, LyapunovLaw, RadialLaw, SingularValueLaw


def fuss_catalan_density(depth, phi):
    """(s, f(s)) in the sine parametrisation, 0 < phi < pi/(L+1): free of branches."""
    log_x = (depth + 1) * np.log(np.sin((depth + 1) * phi)) - np.log(np.sin(phi)) - depth * np.log(np.sin(depth * phi))
    s = np.exp(0.5 * log_x)
    density = np.sin(phi) ** 2 * np.sin(depth * phi) ** (depth - 1) / (np.pi * np.sin((depth + 1) * phi) ** depth)
    return s, 2 * s * density


@pytest.mark.parametrize("depth", [1, 2, 3, 4, 8, 16, 30])
def test_fuss_catalan_density_at_every_interior_point(depth):
    """Orders 4 to 30 are where solvers of the polynomial pick wrong roots: no point may be on another sheet."""
    phi = np.linspace(2e-3, 1 - 2e-3, 200) * np.pi / (depth + 1)
    s, exact = fuss_catalan_density(depth, phi)
    found = SingularValueLaw([Layer(2.0)] * depth).pdf(s)
    assert np.abs(found / exact - 1).max() < 1e-9


@pytest.mark.parametrize("depth", [1, 5, 200])
def test_nothing_beyond_the_edge(depth):
    edge = np.exp(0.5 * ((depth + 1) * np.log(depth + 1) - depth * np.log(depth)))
    law = SingularValueLaw([Layer(2.0)] * depth)
    s = edge * np.array([1.0001, 1.1, 3.0, 100.0])
    assert law.pdf(s).max() < 1e-12 / edge
    assert np.abs(law.cdf(s) - 1).max() < 1e-12
    assert law.cdf(edge * 0.9999) < 1


def test_marchenko_pastur_of_any_shape():
    for ratio in (0.25, 1.0, 3.0):
        sigma = 1.3
        low, high = sigma * abs(1 - ratio**0.5), sigma * (1 + ratio**0.5)
        s = low + (high - low) * np.array([1e-3, 0.2, 0.5, 0.8, 0.999])
        exact = np.sqrt((high**2 - s**2) * (s**2 - low**2)) / (np.pi * sigma**2 * s)
        law = SingularValueLaw(Layer(2.0, sigma, shape=ratio))
        assert np.abs(law.pdf(s) / exact - 1).max() < 1e-10
        assert abs(law.atom_at_zero - max(0.0, 1 - ratio)) < 1e-15


def test_marchenko_pastur_with_profile_solves_its_own_equation():
    """Silverstein's equation m = 1/(-z + E[d^2/(1 + d^2 m)]), iterated in the upper half plane."""
    d, w = np.array([0.4, 1.6]), np.array([0.5, 0.5])
    law = SingularValueLaw(Layer(2.0, profile=(d, w)))

    def m_axis(z):  # Stieltjes transform of A^T A by damped iteration, z in the upper half plane
        m = 1j
        for _ in range(20000):
            new = 1 / (-z + np.sum(w * d**2 / (1 + d**2 * m)))
            if abs(new - m) < 1e-15:
                break
            m = 0.5 * (m + new)
        return m

    for s in (0.3, 0.8, 1.5):
        z = s * s + 1e-9j
        assert abs(law.pdf(s) - 2 * s * m_axis(z).imag / np.pi) < 1e-6


def test_circular_law_its_products_and_newman():
    r = np.array([0.1, 0.5, 0.9, 0.999])
    assert np.abs(RadialLaw(Layer(2.0, 1.5)).cdf(1.5 * r) - r**2).max() < 1e-13
    assert np.abs(RadialLaw([Layer(2.0)] * 3).cdf(r) - r ** (2 / 3)).max() < 1e-13
    assert np.abs(RadialLaw(Layer(2.0)).plane_density(r) - 1 / np.pi).max() < 1e-12
    assert RadialLaw(Layer(2.0, 1.5)).support() == (0.0, pytest.approx(1.5))
    assert RadialLaw(Layer(2.0)).cdf(1.5) == 1.0
    assert np.abs(LyapunovLaw(Layer(2.0)).icdf(r) - 0.5 * np.log(r)).max() < 1e-13
    d, w = np.array([0.4, 1.6]), np.array([0.5, 0.5])
    law = RadialLaw(Layer(2.0, profile=(d, w)))
    radius = 0.7
    x = brentq(lambda x: np.sum(w * d**2 / (1 + x * d**2)) - radius**2, 0, 1e3, xtol=1e-15)
    assert abs(law.ccdf(radius) - np.sum(w * x * d**2 / (1 + x * d**2))) < 1e-13


@pytest.mark.parametrize("depth", [1, 2, 5])
def test_the_limit_alpha_to_two_is_continuous(depth):
    s = np.array([0.2, 0.7, 1.2, 1.7])
    limit = SingularValueLaw([Layer(2.0)] * depth).pdf(s)
    steps = [np.abs(SingularValueLaw([Layer(2 - e)] * depth).pdf(s) - limit).max() for e in (1e-2, 1e-3, 1e-4, 1e-6)]
    assert steps[0] < 0.02
    assert all(5 < big / small for big, small in itertools.pairwise(steps))


@pytest.mark.parametrize("alpha", [1.981, 1.99, 1.999, 1.99999])
def test_indices_just_below_two_are_solved_through_the_edge(alpha):
    for layers in ([Layer(alpha)], [Layer(alpha)] * 3, [Layer(alpha), Layer(1.985)]):
        law = SingularValueLaw(layers)
        edge = np.exp(0.5 * ((len(layers) + 1) * np.log(len(layers) + 1) - len(layers) * np.log(len(layers))))
        s = np.concatenate(
            [np.geomspace(1e-3, 1, 20), edge * np.linspace(0.8, 1.3, 40), edge * np.geomspace(1.4, 1e4, 10)]
        )
        density, below, above = law.pdf(s), law.cdf(s), law.ccdf(s)
        assert density.min() > 0
        assert np.diff(below).min() > -1e-13
        assert np.abs(below + above - 1).max() < 1e-13
