"""Populations agree with sampled networks, where the independent law does not; at alpha = 2 they agree with that law too.

Bounds: the bias of finite populations and matrices, 0.02 as the docstrings state it, plus z standard errors (false-fail rate
1e-6). The scatter of one population at these sizes was measured over 12 to 24 populations: at most 0.006 for densities, 0.008
for radii, 0.7 for growth rates; a mean over four errors estimated from the four would need Student's t far beyond any power.
Power: at the radius used the independent law is off by 0.15.
"""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from scipy import stats
from statistical import z_threshold

from rmt.cavity import growth_rate, network_radial_cdf, network_singular_density
from rmt.ensembles import JacobianChain
from rmt.laws import Layer, RadialLaw, SingularValueLaw
from rmt.meanfield import ActivationProfile, fixed_point
from rmt.spectra import product_eigenvalues

BIAS = 0.02
SCATTER = {"density": 0.006, "radius": 0.008, "growth": 0.7}
POPULATIONS = 4


def bound(kind, sampled=0.0):
    return BIAS + z_threshold() * np.hypot(SCATTER[kind] / np.sqrt(POPULATIONS), sampled)


def mean_and_error(shares):
    """Mean over realisations; the error is widened from the normal law to Student's t at the false-fail rate."""
    count = len(shares)
    widened = stats.t.ppf(stats.norm.cdf(z_threshold()), count - 1) / z_threshold()
    return np.mean(shares), widened * np.std(shares, ddof=1) / np.sqrt(count)


def independent_layer(alpha, sigma_w):
    profile = ActivationProfile("tanh", fixed_point(alpha=alpha, sigma_w=sigma_w).q, alpha)
    return Layer(alpha, sigma_w, profile=profile)


def test_gaussian_networks_have_the_independent_density(rng):
    s = np.array([0.6, 1.2])
    found = network_singular_density(
        s, alpha=2.0, sigma_w=1.5, pool=1000, fan_in=60, sweeps=20, populations=POPULATIONS, rng=rng
    )
    law = SingularValueLaw([independent_layer(2.0, 1.5)])
    assert np.all(np.abs(found.value - law.pdf(s)) < bound("density")), (found.value, law.pdf(s))


def test_gaussian_networks_have_the_independent_radii(rng):
    """For equal layers the law of |lambda|^(1/L) does not depend on L."""
    r = np.array([0.5, 0.9])
    found = network_radial_cdf(
        r, alpha=2.0, sigma_w=1.5, pool=1000, fan_in=60, sweeps=20, populations=POPULATIONS, rng=rng
    )
    law = RadialLaw([independent_layer(2.0, 1.5)])
    assert np.all(np.abs(found.value - law.cdf(r)) < bound("radius")), (found.value, law.cdf(r))


def test_the_density_of_a_network_layer(rng):
    """Mean density in (1.5, 2) from networks of width 150: ends and middle of the bin by Simpson's rule."""
    edges, alpha, sigma_w = (1.5, 2.0), 1.5, 1.0
    found = network_singular_density(
        [1.5, 1.75, 2.0],
        alpha=alpha,
        sigma_w=sigma_w,
        pool=1000,
        fan_in=150,
        sweeps=24,
        populations=POPULATIONS,
        rng=rng,
    )
    chain = JacobianChain(150, 1, alpha=alpha, sigma_w=sigma_w)
    shares = []
    for stream in rng.spawn(40):
        values = np.linalg.svd(next(chain.sample(rng=stream)), compute_uv=False)
        shares.append(np.mean((values > edges[0]) & (values < edges[1])) / (edges[1] - edges[0]))
    mean, error = mean_and_error(shares)
    assert abs(np.array([1, 4, 1]) / 6 @ found.value - mean) < bound("density", error)


def test_the_radii_of_a_network_product(rng):
    r, alpha, sigma_w, depth = 1.0, 1.2, 2.0, 8
    found = network_radial_cdf(
        [r], alpha=alpha, sigma_w=sigma_w, pool=1500, fan_in=150, sweeps=24, populations=POPULATIONS, rng=rng
    )
    chain = JacobianChain(60, depth, alpha=alpha, sigma_w=sigma_w)
    shares = [
        np.mean(product_eigenvalues(list(chain.sample(rng=stream))).log_modulus < depth * np.log(r))
        for stream in rng.spawn(12)
    ]
    mean, error = mean_and_error(shares)
    assert abs(found.value[0] - mean) < bound("radius", error)
    assert RadialLaw([independent_layer(alpha, sigma_w)]).cdf(r) < found.value[0] - 0.1  # another law altogether


def test_growth_falls_with_s(rng):
    """Between s = 1.5 and 12 the rate falls from 5.3 to -6.8: each sign is 15 standard errors away from the other."""
    options = {"alpha": 1.5, "pool": 1000, "fan_in": 64, "sweeps": 20, "populations": POPULATIONS}
    near, far = (growth_rate(s, rng=rng, **options) for s in (1.5, 12.0))
    error = z_threshold() * SCATTER["growth"] / np.sqrt(POPULATIONS)
    assert near.value > 5.3 - error > 0
    assert far.value < -6.8 + error < 0
    assert (near.fan_in, near.pool) == (64, 1000)


def test_a_profile_has_its_control(rng):
    layer = independent_layer(1.5, 1.0)
    rate = growth_rate(5.0, alpha=1.5, profile=layer.profile, pool=300, fan_in=40, sweeps=12, populations=3, rng=rng)
    assert rate.control != rate.value
    assert min(rate.stderr, rate.control_stderr) > 0


def test_the_same_seed_on_any_executor():
    options = {"alpha": 1.5, "sigma_w": 1.0, "pool": 100, "fan_in": 10, "sweeps": 6, "populations": 3, "rng": 5}
    with ThreadPoolExecutor(3) as executor:
        for function in (network_singular_density, network_radial_cdf):
            assert np.array_equal(function([1.0], **options).value, function([1.0], executor=executor, **options).value)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"alpha": 0.3}, "alpha = 0.3"),
        ({"sigma_w": 0.0}, "sigma_w = 0.0"),
        ({"alpha": 2.0, "sigma_w": 0.5}, "silent"),
        ({"pool": 3}, "pool = 3"),
        ({"fan_in": 1}, "fan_in = 1"),
        ({"sweeps": 2}, "sweeps = 2"),
        ({"populations": 1}, "populations = 1"),
        ({"r": [0.0]}, "r must be"),
        ({"activation": "relu"}, "relu"),
        ({"activation": "sigmoid"}, "bounded and odd"),
    ],
)
def test_bad_arguments(change, message):
    arguments = {"r": [1.0], "alpha": 1.5, "sigma_w": 1.0, **change}
    with pytest.raises(ValueError, match=message):
        network_radial_cdf(arguments.pop("r"), **arguments)
