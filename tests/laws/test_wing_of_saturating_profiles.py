"""Deep in the wing of a tanh profile the rule for averages is coarse: how far the law is from that of a fine profile."""

from types import SimpleNamespace

import numpy as np
import pytest

from rmt._quadrature import gauss_legendre_panels
from rmt.laws import Layer, RadialLaw
from rmt.meanfield import ActivationProfile, fixed_point
from rmt.stable import AlphaStable

LEVELS = np.array([1e-4, 1e-3, 5e-3, 0.02, 0.1, 0.5])


def fine_profile(alpha, q, step):
    """ln d of tanh on panels in h from the stable density, at most ``step`` wide up to h = 300."""
    scale = (q / 2) ** (1 / alpha)
    edges = np.concatenate(
        [np.geomspace(1e-9, 0.5, 60), np.arange(0.5 + step, 300, step), np.geomspace(300, 1e7, 4000)]
    )
    h, w = gauss_legendre_panels(edges, 4)
    w = w * 2 * AlphaStable(alpha, 0.0).pdf(h / scale) / scale
    return SimpleNamespace(log_values=2 * (np.log(2) - h - np.log1p(np.exp(-2 * h))), weights=w / w.sum())


@pytest.mark.parametrize(
    ("alpha", "sigma_w", "allowed"),
    [
        (1.2, 3.0, [1.5e-5, 4e-5, 4e-4, 3e-4, 3e-7, 1e-8]),
        (1.5, 2.0, [1e-5, 1.5e-5, 1e-4, 1e-5, 1e-9, 1e-9]),
        (1.5, 1.0, [6e-6, 2e-6, 1e-9, 1e-9, 1e-9, 1e-9]),
    ],
)
def test_error_in_the_wing_is_as_documented(alpha, sigma_w, allowed):
    """The bounds are twice what was measured; the fine profile is converged much further than they are."""
    q = fixed_point(alpha=alpha, sigma_w=sigma_w, activation="tanh").q
    given = RadialLaw(Layer(alpha, sigma_w, profile=ActivationProfile("tanh", q, alpha)))
    fine, finer = (RadialLaw(Layer(alpha, sigma_w, profile=fine_profile(alpha, q, step))) for step in (0.2, 0.1))
    log_r = finer.icdf_log(LEVELS)
    assert np.abs(fine.icdf_log(LEVELS) - log_r).max() < 1e-6
    assert (np.abs(given.cdf_log(given.icdf_log(LEVELS)) - LEVELS) < 1e-12).all()
    assert (np.abs(finer.cdf_log(given.icdf_log(LEVELS)) - LEVELS) < allowed).all()
