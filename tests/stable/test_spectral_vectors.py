"""Stable vectors with a discrete spectral measure: characteristic function and projections."""

import math

import numpy as np
import pytest
from statistical import assert_distribution, assert_mean

from rmt.stable import SpectralStable


@pytest.mark.parametrize("alpha", [0.6, 1.0, 1.5, 2.0])
def test_samples_have_the_characteristic_function(alpha, rng):
    directions = np.array([[1.0, 0.0], [0.6, 0.8], [-0.3, 0.9]])
    masses = np.array([0.5, 1.0, 0.25])
    law = SpectralStable(alpha, directions, masses)
    x = law.sample(100_000, rng)
    for t in ([0.7, -0.4], [0.2, 0.9]):
        exponent = sum(m * abs(np.dot(t, s)) ** alpha for m, s in zip(masses, directions, strict=True))
        assert law.cf(t) == pytest.approx(math.exp(-exponent), rel=1e-13)
        assert_mean(np.cos(x @ t), math.exp(-exponent), detects=0.02)


def test_projections_are_one_dimensional_laws(rng):
    law = SpectralStable(1.3, rng.standard_normal((20, 2)))
    t = np.array([0.5, -1.0])
    assert_distribution(law.sample(50_000, rng) @ t, law.projection(t).cdf, detects=0.02)


def test_a_gridded_isotropic_measure_is_isotropic():
    law = SpectralStable.from_density(1.5, lambda angle: np.ones_like(angle), 256)
    angles = np.linspace(0, math.pi, 7)
    exponents = law.exponent(np.stack([np.cos(angles), np.sin(angles)], axis=1))
    exact = math.sqrt(math.pi) * math.gamma(1.25) / math.gamma(1.75)  # integral of |cos|^1.5 over half the circle
    np.testing.assert_allclose(exponents, exact, rtol=1e-5)


@pytest.mark.parametrize(
    ("arguments", "name"),
    [
        ((2.5, [[1.0, 0.0]]), "alpha"),
        ((1.5, [1.0, 0.0]), "directions"),
        ((1.5, [[1.0, 0.0]], [1.0, 2.0]), "masses"),
        ((1.5, [[1.0, 0.0]], [-1.0]), "masses"),
    ],
)
def test_bad_measures_are_named(arguments, name):
    with pytest.raises(ValueError, match=name):
        SpectralStable(*arguments)
    with pytest.raises(ValueError, match="t "):
        SpectralStable(1.5, [[1.0, 0.0]]).cf([1.0, 2.0, 3.0])
