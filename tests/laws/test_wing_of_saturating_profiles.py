"""Deep in the wing of a tanh profile the law is that of a fine profile; the rule for averages alone is too coarse there."""

from types import SimpleNamespace

import numpy as np
import pytest

from rmt._quadrature import gauss_legendre_panels
from rmt.laws import Layer, RadialLaw
from rmt.meanfield import ActivationProfile, fixed_point
from rmt.stable import AlphaStable

LEVELS = np.array([1e-3, 5e-3, 0.02, 0.1, 0.5])


def fine_profile(alpha, q, step):
    """ln d of tanh on panels in h from the stable density, at most ``step`` wide up to h = 300."""
    scale = (q / 2) ** (1 / alpha)
    edges = np.concatenate(
        [np.geomspace(1e-9, 0.5, 60), np.arange(0.5 + step, 300, step), np.geomspace(300, 1e7, 4000)]
    )
    h, w = gauss_legendre_panels(edges, 4)
    w = w * 2 * AlphaStable(alpha, 0.0).pdf(h / scale) / scale
    return SimpleNamespace(log_values=2 * (np.log(2) - h - np.log1p(np.exp(-2 * h))), weights=w / w.sum())


@pytest.mark.parametrize(("alpha", "sigma_w"), [(1.2, 3.0), (1.5, 2.0), (1.5, 1.0)])
def test_the_wing_is_that_of_a_fine_profile(alpha, sigma_w):
    """To 1e-8 in F: the fine profile itself leaves out |h| > 1e7, 3e-9 of the weight at alpha = 1.2."""
    q = fixed_point(alpha=alpha, sigma_w=sigma_w, activation="tanh").q
    given, coarse = (
        RadialLaw(Layer(alpha, sigma_w, profile=ActivationProfile("tanh", q, alpha, wing=wing)))
        for wing in (True, False)
    )
    fine = RadialLaw(Layer(alpha, sigma_w, profile=fine_profile(alpha, q, 0.1)))
    log_r = fine.icdf_log(LEVELS)
    assert np.abs(given.cdf_log(log_r) - LEVELS).max() < 1e-8
    if alpha == 1.2:
        assert np.abs(coarse.cdf_log(log_r[2:]) - LEVELS[2:]).max() > 3e-5  # what the finer nodes are for


@pytest.mark.parametrize("name", ["tanh", "erf", "sigmoid", "arctan", "hard_tanh"])
@pytest.mark.parametrize("alpha", [0.7, 1.2, 2.0])
def test_averages_do_not_depend_on_the_wing(name, alpha):
    with_wing, without = (ActivationProfile(name, 3.0, alpha, wing=wing) for wing in (True, False))
    for order in (0.0, 0.3, 1.0, 2.0):
        assert with_wing.moment(order) == pytest.approx(without.moment(order), rel=2e-13)
