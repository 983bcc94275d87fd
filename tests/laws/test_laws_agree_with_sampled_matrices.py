"""Products of sampled matrices against the laws, at nine quantiles of each.

Realisations are independent, values of one matrix are not: the fraction of values below a quantile is averaged over
realisations and compared with Student's t at false-fail rate 1e-6 for all points together, plus 1/N for the finite size.
That the test sees a gain that is 25 % wrong is asserted in the same breath.
"""

import math

import numpy as np
import pytest
from scipy.special import stdtrit

from rmt.laws import Layer, LyapunovLaw, RadialLaw, SingularValueLaw
from rmt.stable import AlphaStable

TWO = ([0.3, 1.4], [0.4, 0.6])


def sampled_layer(layer, n_in, rng):
    n_out = round(n_in * layer.shape)
    shape = (n_out, n_in)
    if layer.alpha == 2.0:
        w = rng.standard_normal(shape) / n_in**0.5
    else:
        w = AlphaStable(layer.alpha, 0.0).sample(shape, rng=rng) * (2 * n_in) ** (-1 / layer.alpha)
    d = np.ones(n_out) if layer.profile is None else rng.choice(layer.profile[0], n_out, p=layer.profile[1])
    return layer.sigma_w * d[:, None] * w


def product(layers, n, rng):
    out = np.eye(n)
    for layer in layers:
        out = sampled_layer(layer, out.shape[0], rng) @ out
    return out


def fractions(values, points):
    """Share of the values of one matrix below each point."""
    return np.searchsorted(np.sort(values), points) / values.size


def pulls(found, expected, n):
    """(distance beyond 1/n in standard errors, largest distance the test would accept)."""
    error = found.std(axis=0, ddof=1) / math.sqrt(len(found)) + 1e-12
    limit = stdtrit(len(found) - 1, 1 - 0.5e-6 / found.shape[1])
    return np.maximum(np.abs(found.mean(axis=0) - expected) - 1 / n, 0) / (limit * error), limit * error + 1 / n


CHAINS = {
    "one Cauchy layer": ([Layer(1.0)], 200),
    "two layers, profile": ([Layer(1.5, profile=TWO)] * 2, 200),
    "three layers, mixed": ([Layer(1.2), Layer(2.0), Layer(1.7, 0.8)], 200),
    "five layers": ([Layer(1.5)] * 5, 150),
    "rectangular, mixed, profiles": (
        [
            Layer(1.0, profile=TWO, shape=1.6),
            Layer(1.7, 0.8, profile=TWO, shape=0.5),
            Layer(1.4, 1.3, profile=TWO, shape=1.5),
        ],
        150,
    ),
}


@pytest.mark.parametrize("name", CHAINS)
def test_singular_values(name, rng):
    layers, n = CHAINS[name]
    law = SingularValueLaw(layers)
    levels = law.atom_at_zero + (1 - law.atom_at_zero) * np.arange(1, 10) / 10
    points = law.icdf(levels)
    found = []
    for _ in range(30):
        s = np.linalg.svd(product(layers, n, rng), compute_uv=False)
        found.append(fractions(np.append(s, np.zeros(n - s.size)), points))
    found = np.array(found)
    pull, detects = pulls(found, levels, n)
    assert detects.max() < 0.045
    assert pull.max() < 1
    wrong = SingularValueLaw([Layer(x.alpha, x.sigma_w * 1.25, profile=x.profile, shape=x.shape) for x in layers])
    assert pulls(found, wrong.cdf(points), n)[0].max() > 1


@pytest.mark.parametrize("name", CHAINS)
def test_kolmogorov_distance_of_singular_values(name, rng):
    """Largest distance of the mean empirical distribution from the law, within a bound that assumes nothing of the spectrum.

    A row of a factor changes the product by rank one and each count by one at most, so that at a point the mean over R products
    stays within t of its expectation but for probability 2 exp(-2 R t^2 n^2 / rows) (McDiarmid); 99 points share the rate.
    """
    layers, n = CHAINS[name]
    law, count = SingularValueLaw(layers), 30
    levels = law.atom_at_zero + (1 - law.atom_at_zero) * np.arange(1, 100) / 100
    points = law.icdf(levels)
    found = np.zeros(levels.size)
    for _ in range(count):
        s = np.linalg.svd(product(layers, n, rng), compute_uv=False)
        found += fractions(np.append(s, np.zeros(n - s.size)), points) / count
    widths = n * np.cumprod([layer.shape for layer in layers])
    bound = 1 / n + math.sqrt(widths.sum() * math.log(2 * levels.size / 1e-6) / (2 * count)) / n
    assert np.abs(found - levels).max() < bound
    wrong = SingularValueLaw([Layer(x.alpha, 2 * x.sigma_w, profile=x.profile, shape=x.shape) for x in layers])
    assert np.abs(found - wrong.cdf(points)).max() > bound


@pytest.mark.parametrize("name", ["one Cauchy layer", "two layers, profile"])
def test_eigenvalue_moduli(name, rng):
    """F fluctuates by (.5 to .9)/sqrt(N) between realisations: six standard deviations of the mean of 12 are allowed."""
    layers, n = CHAINS[name]
    law, count = RadialLaw(layers), 12
    r = law.icdf(np.array([0.2, 0.5, 0.8]))
    found = np.array(
        [np.mean(np.abs(np.linalg.eigvals(product(layers, n, rng)))[:, None] <= r, axis=0) for _ in range(count)]
    )
    allowed = 6 * 0.9 / math.sqrt(n * count)
    assert allowed < 0.12
    assert np.abs(found.mean(axis=0) - [0.2, 0.5, 0.8]).max() < allowed


@pytest.mark.slow
@pytest.mark.parametrize("alpha", [1.0, 1.5])
def test_lyapunov_exponents_of_long_products(alpha, rng):
    """QR of 250 layers at N = 200; finite-N and sampling errors .02 (m = .1 to .9) and .06 (m = .01)."""
    n, depth = 200, 250
    layer = Layer(alpha)
    q = np.linalg.qr(rng.standard_normal((n, n)))[0]
    total = np.zeros(n)
    for step in range(depth):
        q, r = np.linalg.qr(sampled_layer(layer, n, rng) @ q)
        if step >= 30:
            total += np.log(np.abs(np.diag(r)))
    exponents = np.sort(total / (depth - 30))[::-1]
    law = LyapunovLaw(layer)
    for m, allowed in ((0.01, 0.08), (0.1, 0.03), (0.5, 0.03), (0.9, 0.03)):
        assert abs(np.interp(m * n, np.arange(n) + 0.5, exponents) - law.iccdf(m)) < allowed
