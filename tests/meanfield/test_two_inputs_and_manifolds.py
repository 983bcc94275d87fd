"""Two inputs: Gaussian maps in closed form and against mpmath; circles under linear layers."""

import json
import math
from pathlib import Path

import numpy as np
import pytest

from rmt.meanfield import correlation_fixed_point, correlation_map, manifold_geometry

GAUSSIAN = json.loads((Path(__file__).parents[1] / "reference" / "meanfield_gaussian.json").read_text())["rows"]


def arcsine(c, q, sigma_w, sigma_b):
    """erf: 2/pi asin(2 q c / (1 + 2 q))."""
    return (sigma_w**2 * 2 / math.pi * np.arcsin(2 * q * c / (1 + 2 * q)) + sigma_b**2) / q


def test_correlation_map_of_erf_is_the_arcsine_law():
    c = np.linspace(-1, 1, 9)
    for q in (0.2, 1.3, 4.0):
        found = correlation_map(c, sigma_w=1.7, sigma_b=0.4, activation="erf", q=q)
        np.testing.assert_allclose(found, arcsine(c, q, 1.7, 0.4), atol=1e-12)


def test_tables_of_erf_in_closed_form():
    """q*, c*, chi_1, xi_q, xi_c from the closed forms of erf, to 1e-10."""
    from scipy import optimize

    w, b = 2.0, 0.3
    q = optimize.brentq(lambda q: w**2 * 2 / math.pi * math.asin(2 * q / (1 + 2 * q)) + b**2 - q, 0.1, 10, xtol=1e-15)
    c = optimize.brentq(lambda c: arcsine(c, q, w, b) - c, 0.0, 0.9999, xtol=1e-15)
    chi = lambda c: w**2 * 4 / math.pi / math.sqrt((1 + 2 * q) ** 2 - (2 * q * c) ** 2)
    slope = w**2 * 4 / math.pi / ((1 + 2 * q) * math.sqrt(1 + 4 * q))
    found = correlation_fixed_point(sigma_w=w, sigma_b=b, activation="erf")
    expected = (q, c, chi(1.0), chi(c), -1 / math.log(slope), -1 / math.log(chi(c)))
    for name, value in zip(("q", "c", "chi_1", "chi_c", "xi_q", "xi_c"), expected, strict=True):
        assert getattr(found, name) == pytest.approx(value, rel=1e-10), name


def test_prices_theorem_ties_the_map_to_its_slope():
    point = correlation_fixed_point(sigma_w=1.8, sigma_b=0.2)
    step = 1e-3
    f = [correlation_map(point.c + k * step, sigma_w=1.8, sigma_b=0.2) for k in (-2, -1, 1, 2)]
    assert point.chi_c == pytest.approx((8 * (f[2] - f[1]) - (f[3] - f[0])) / (12 * step), rel=1e-9)
    assert correlation_map(point.c, sigma_w=1.8, sigma_b=0.2) == pytest.approx(point.c, abs=1e-13)


def test_ordered_phase_and_absent_bias():
    assert correlation_fixed_point(sigma_w=1.0, sigma_b=0.5).c == 1.0
    assert correlation_fixed_point(sigma_w=1.5).c == 0.0
    with pytest.raises(ValueError, match=r"q\* = 0"):
        correlation_map(0.5, sigma_w=0.9)
    with pytest.raises(ValueError, match=r"c = 1.5"):
        correlation_map(1.5, sigma_w=1.2)


def test_table_of_tanh_agrees_with_mpmath():
    """The stored table (tests/reference, 22 digits): every number to 1e-10; measured 3e-13."""
    for row in GAUSSIAN:
        found = correlation_fixed_point(sigma_w=float(row["sigma_w"]), sigma_b=float(row["sigma_b"]))
        for name in ("q", "c", "chi_1", "chi_c", "xi_q", "xi_c"):
            assert getattr(found, name) == pytest.approx(float(row[name]), rel=1e-10), (row["sigma_w"], name)


def test_a_linear_network_keeps_the_plane(rng):
    result = manifold_geometry(
        200, 4, alpha=2.0, sigma_w=1.0, activation="linear", radius=1.0, realisations=3, points=120, rng=rng
    )
    np.testing.assert_allclose(result.log_length[:, 0], math.log(2 * math.pi), atol=1e-3)
    np.testing.assert_allclose(result.curvature[:, 0], 1.0, atol=1e-3)
    np.testing.assert_allclose(result.variation[:, 0], 0.0, atol=1e-9)
    assert (result.dimension <= 2.0 + 1e-9).all()


def test_chaos_bends_and_order_contracts(rng):
    ordered = manifold_geometry(100, 15, alpha=2.0, sigma_w=0.8, sigma_b=0.3, radius=0.5, realisations=2, rng=rng)
    chaotic = manifold_geometry(100, 15, alpha=2.0, sigma_w=3.0, radius=0.5, realisations=2, rng=rng)
    assert (np.diff(ordered.log_length)[:, 3:] < 0).all()
    assert (chaotic.log_length[:, -1] > chaotic.log_length[:, 0] + 2).all()
    assert chaotic.dimension[:, -1].min() > 10 > ordered.dimension[:, -1].max()
