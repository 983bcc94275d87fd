"""Convolutional pairs: limits that are known, the exact sampler against drawn filters, and the honest findings."""

import itertools

import numpy as np
import pytest
from statistical import assert_mean

from rmt.criticality import convolutional_pairs, correlation_flow, critical_point, simulate_pairs

POINT = critical_point("tanh", 0.3)
AT = {"sigma_w": POINT.sigma_w, "sigma_b": 0.3}


@pytest.mark.parametrize("filters", ["tied", "untied"])
def test_one_site_windows_are_fully_connected_networks(rng, filters):
    """kernel_size 1: every site is a fully connected network of width C (the same one when tied)."""
    runs = convolutional_pairs(16, 30, 6, **AT, kernel_size=1, filters=filters, realisations=150, rng=rng)
    chain = simulate_pairs(30, 6, **AT, realisations=3000, rng=rng)
    assert_mean(runs.rho[:, -1], chain.mean[-1], detects=0.12)


@pytest.mark.parametrize("dimension", [1, 2])
@pytest.mark.parametrize("filters", ["tied", "untied"])
def test_many_channels_follow_mean_field(rng, dimension, filters):
    """C = 200: the activity is that of infinite width within 1/C effects of 3 %; both kinds, ring and torus."""
    runs = convolutional_pairs(
        8 if dimension == 2 else 32, 200, 5, **AT, filters=filters, dimension=dimension, realisations=6, rng=rng
    )
    flow = correlation_flow("tanh", **AT, depth=5)
    assert runs.rho.mean(axis=0) == pytest.approx(flow, rel=0.08)
    assert runs.q.mean(axis=0) == pytest.approx(np.full(5, POINT.q), rel=0.08)


def test_translation_along_the_ring(rng):
    """A window reaches one site per layer: a difference in one place cannot be seen further away (light cone of the sampler)."""
    from rmt.criticality.convolution import _kernels, _tied_layer

    f = np.zeros((2, 9))
    f[:, 4] = 1.0
    offsets = [(-1,), (0,), (1,)]
    s, _, d = _kernels(f, f, offsets, 1.0, 0.0)
    assert np.flatnonzero(s).tolist() == np.flatnonzero(d).tolist() == [3, 4, 5]
    weights = np.arange(12.0).reshape(2, 6)
    out = _tied_layer(f, weights, offsets)
    # h[x] = sum_k W_k f[x + k]: site 3 sees the source through k = +1, the last block of columns.
    assert out[0, 3] == weights[0, 4:].sum()
    assert out[0, 5] == weights[0, :2].sum()


@pytest.mark.parametrize("dimension", [1, 2])
def test_shared_filters_are_a_circular_convolution(rng, dimension):
    """The layer against loops over sites, channels and window positions."""
    from rmt.criticality.convolution import _tied_layer

    offsets = list(itertools.product((-1, 0, 1), repeat=dimension))
    shape = (5,) * dimension
    f, weights = rng.standard_normal((2, *shape)), rng.standard_normal((3, 2 * len(offsets)))
    expected = np.zeros((3, *shape))
    for site in np.ndindex(*shape):
        for k, offset in enumerate(offsets):
            source = tuple((x + o) % 5 for x, o in zip(site, offset, strict=True))
            for j in range(2):
                expected[(slice(None), *site)] += weights[:, 2 * k + j] * f[(j, *source)]
    assert np.allclose(_tied_layer(f, weights, offsets), expected, rtol=1e-13, atol=1e-13)


@pytest.mark.parametrize("dimension", [1, pytest.param(2, marks=pytest.mark.slow)])
def test_independent_filters_have_the_law_of_drawn_weights(rng, dimension):
    """Untied, C = 2, window 3, three layers: the exact sampler against weights drawn for every site.

    Mean order parameter of 1000 networks with drawn weights; shifts of 0.09 are found, false-fail 1e-6.
    """
    side, channels, count = (4 if dimension == 1 else 3), 2, 1000
    offsets = list(itertools.product((-1, 0, 1), repeat=dimension))
    sites = list(np.ndindex(*(side,) * dimension))
    window = np.array(
        [
            [sites.index(tuple((x + o) % side for x, o in zip(site, offset, strict=True))) for offset in offsets]
            for site in sites
        ]
    )
    h = np.sqrt(POINT.q) * rng.standard_normal((2, count, len(sites), channels))
    for _ in range(2):
        f = np.tanh(h)[:, :, window].reshape(2, count, len(sites), -1)
        weights = rng.standard_normal((count, len(sites), channels, f.shape[-1])) * (
            POINT.sigma_w / np.sqrt(f.shape[-1])
        )
        last = f
        h = np.einsum("nxij,snxj->snxi", weights, f) + 0.3 * rng.standard_normal((count, len(sites), channels))
    kernel = POINT.sigma_w**2 * np.einsum("anxj,bnxj->abnx", last, last) / last.shape[-1] + 0.09
    rho = (1 - kernel[0, 1] / np.sqrt(kernel[0, 0] * kernel[1, 1])).mean(axis=-1)
    runs = convolutional_pairs(
        side, channels, 3, **AT, dimension=dimension, filters="untied", realisations=1000, rng=rng
    )
    error = np.hypot(rho.std(), runs.rho[:, -1].std()) / np.sqrt(1000)
    assert 4.9 * error < 0.09, "no power"
    assert abs(rho.mean() - runs.rho[:, -1].mean()) < 4.9 * error


@pytest.mark.slow
def test_shared_filters_do_not_self_average(rng):
    """sigma_w = 2, C = 5, l = 60: the spread over networks hardly falls from 32 to 512 sites (ratio above 0.5)."""
    spread = [
        convolutional_pairs(n, 5, 60, sigma_w=2.0, sigma_b=0.3, realisations=r, rng=rng).rho[:, -1].std()
        for n, r in ((32, 60), (512, 40))
    ]
    assert spread[1] / spread[0] > 0.5


def test_independent_filters_self_average(rng):
    """The same comparison with untied filters: the spread falls like 1/sqrt(sites), by 4 from 32 to 512."""
    spread = [
        convolutional_pairs(n, 5, 30, sigma_w=2.0, sigma_b=0.3, filters="untied", realisations=20, rng=rng)
        .rho[:, -1]
        .std()
        for n in (32, 512)
    ]
    assert spread[1] / spread[0] < 0.6


def test_identical_images_stay_identical():
    runs = convolutional_pairs(16, 3, 10, sigma_w=3.0, sigma_b=0.3, rho0=0.0, realisations=2, rng=1)
    assert (runs.rho == 0.0).all()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"kernel_size": 4}, "odd"),
        ({"kernel_size": 65}, "kernel_size"),
        ({"dimension": 3}, "dimension"),
        ({"filters": "shared"}, "filters"),
        ({"channels": 0}, "channels"),
        ({"depth": 0}, "depth"),
        ({"sites": 1}, "sites"),
    ],
)
def test_bad_arguments_are_refused(change, message):
    good = {"sites": 64, "channels": 2, "depth": 3, "sigma_w": 1.4, "sigma_b": 0.3}
    with pytest.raises(ValueError, match=message):
        convolutional_pairs(**(good | change))
