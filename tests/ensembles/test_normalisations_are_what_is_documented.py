"""Every documented normalisation is executed: characteristic functions, variances and tails of sampled matrices."""

import math

import numpy as np
import pytest
from statistical import assert_mean, z_threshold

from rmt.ensembles import conventions, ginibre, levy_matrix, wigner, wigner_levy


@pytest.mark.parametrize("alpha", [0.5, 1.0, 1.5, 2.0])
def test_levy_entries_have_the_stated_characteristic_function(rng, alpha):
    sigma_w, n_out, n_in = 1.7, 600, 400
    w = levy_matrix(n_out, n_in, alpha=alpha, sigma_w=sigma_w, rng=rng)
    c = sigma_w * (2 * n_in) ** (-1 / alpha)
    for t in (0.3, 1.0, 2.5):
        assert_mean(np.cos(t / c * w).ravel(), math.exp(-(t**alpha)), detects=0.01)


def test_gaussian_limit_has_variance_sigma_squared_over_fan_in(rng):
    w = levy_matrix(300, 500, alpha=2.0, sigma_w=1.3, rng=rng)
    assert_mean((w**2).ravel() * 500, 1.3**2, detects=0.04)


@pytest.mark.parametrize("field", ["real", "complex"])
def test_ginibre_and_wigner_variances(rng, field):
    g = ginibre(300, 200, sigma=0.7, field=field, rng=rng)
    assert_mean(np.abs(g).ravel() ** 2 * 200, 0.49, detects=0.02)
    h = wigner(300, sigma=0.7, field=field, rng=rng)
    assert np.array_equal(h, h.conj().T)
    assert_mean(np.abs(h[np.triu_indices(300, 1)]) ** 2 * 300, 0.49, detects=0.03)
    diagonal = {"real": 2.0, "complex": 1.0}[field] * 0.49
    assert_mean(h.diagonal().real ** 2 * 300, diagonal, detects=0.6)


def test_wigner_levy_is_symmetric_with_stable_entries(rng):
    alpha, n = 1.2, 400
    h = wigner_levy(n, alpha=alpha, sigma_w=0.9, rng=rng)
    assert np.array_equal(h, h.T)
    c = 0.9 * (2 * n) ** (-1 / alpha)
    assert_mean(np.cos(h[np.triu_indices(n)] / c), math.exp(-1.0), detects=0.02)


@pytest.mark.parametrize("alpha", [0.6, 1.0, 1.5])
def test_tail_constant_counts_large_entries(rng, alpha):
    """N P(|W| > u) -> k u^-alpha with k = sigma_w^alpha C_alpha / 2; "quantile" is the convention with k = 1."""
    n, u = 1000, 3.0
    sigma_w = conventions.from_convention("quantile", 1.0, alpha=alpha, fan_in=n)
    w = levy_matrix(n, alpha=alpha, sigma_w=sigma_w, rng=rng)
    count = int(np.sum(np.abs(w) > u))
    # Poisson: the tail series' next term is O(1/n) of the first at this u
    expected = n * u**-alpha
    assert abs(count - expected) <= z_threshold() * math.sqrt(expected) + 5.0 * u**-alpha
    assert z_threshold() / math.sqrt(expected) < 0.45, "no power"


@pytest.mark.parametrize("name", conventions.CONVENTIONS)
@pytest.mark.parametrize("alpha", [0.7, 1.0, 2.0])
def test_conversions_go_there_and_back(name, alpha):
    if (name == "quantile" and alpha == 2.0) or (name == "variance" and alpha < 2.0):
        with pytest.raises(ValueError, match=f"'{name}' does not exist at alpha"):
            conventions.to_convention(name, 1.3, alpha=alpha, fan_in=50)
        return
    value = conventions.to_convention(name, 1.3, alpha=alpha, fan_in=50)
    assert conventions.from_convention(name, value, alpha=alpha, fan_in=50) == pytest.approx(1.3, rel=1e-14)


def test_the_conventions_agree_on_one_matrix():
    """c of our sigma_w from each convention's own definition."""
    alpha, n, sigma_w = 1.5, 64, 1.3
    c = conventions.scale(alpha, sigma_w, n)
    value = {
        name: conventions.to_convention(name, sigma_w, alpha=alpha, fan_in=n) for name in ("scale", "unit", "half")
    }
    assert value["scale"] == c
    assert value["unit"] * n ** (-1 / alpha) == pytest.approx(c, rel=1e-14)
    assert (value["half"] / (2 * n)) ** (1 / alpha) == pytest.approx(c, rel=1e-14)
    assert conventions.to_convention("variance", 1.3, alpha=2.0, fan_in=n) == pytest.approx(
        2 * n * conventions.scale(2.0, 1.3, n) ** 2
    )


@pytest.mark.parametrize(
    ("call", "named"),
    [
        (lambda: levy_matrix(3, alpha=2.1), "alpha = 2.1"),
        (lambda: levy_matrix(3, alpha=1.5, sigma_w=0.0), "sigma_w = 0.0"),
        (lambda: levy_matrix(0, alpha=1.5), "n_out = 0"),
        (lambda: ginibre(3, field="quaternion"), "field = 'quaternion'"),
        (lambda: conventions.to_convention("pylevy", 1.0, alpha=1.5, fan_in=3), "name = 'pylevy'"),
    ],
)
def test_bad_input_is_named(call, named):
    with pytest.raises(ValueError, match=named):
        call()
