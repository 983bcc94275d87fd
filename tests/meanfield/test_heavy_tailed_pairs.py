"""The pair map below alpha = 2: density, probabilities and averages in closed form, Gaussian limit, refinement, a population."""

import math

import numpy as np
import pytest
from scipy import special

from rmt import activations
from rmt._quadrature import gauss_legendre_panels
from rmt.meanfield import LepageLayer, correlation_map, fixed_point, two_input_flow
from rmt.meanfield._pairs import PairState
from rmt.meanfield._pairs_cloud import next_measure, pair_grid
from rmt.meanfield._ray import density_at
from rmt.stable import AlphaStable


def state(alpha, scale, start, step=0.4, activation="tanh"):
    """Pair with a common part 1 - start and parts of their own."""
    z = pair_grid(activations.get(activation), scale, scale * (2 * start) ** (1 / alpha), step)
    tau, rest = special.expit(z), special.expit(-z)
    g = [start * (1 + tau**alpha) + (1 - start) * x**alpha for x in (1 + tau, rest)]
    return PairState(alpha, z, np.log(scale**alpha * np.array(g)))


def density(alpha, x, scale):
    x = np.maximum(np.abs(x), 1e-300)
    return density_at(alpha, np.log(x / scale)) / x


@pytest.mark.parametrize("alpha", [0.8, 1.0, 1.5])
def test_equal_signs_of_three_exchangeable_parts(alpha):
    """h1 = a + c, h2 = b + c with a, b, c of one law have equal signs with probability 2/3, whatever the law."""
    assert state(alpha, 0.3, 0.5).equal_signs() == pytest.approx(2 / 3, abs=1e-8)
    assert state(alpha, 0.3, 1.0).equal_signs() == pytest.approx(0.5, abs=1e-15)


@pytest.mark.parametrize(("alpha", "start"), [(1.5, 0.5), (1.5, 1e-4), (1.0, 0.3), (0.8, 1.0)])
def test_density_is_the_convolution(alpha, start):
    """p(h1, h2) = int p_c(x) p_a(h1 - x) p_a(h2 - x) dx, near and far from axis and diagonal."""
    scale, pair = 0.4, state(alpha, 0.4, start, step=0.3)
    own, common = scale * start ** (1 / alpha), scale * (1 - start) ** (1 / alpha)
    for k, gap, sign in [
        (0.05, 1e-3, 1),
        (0.4, 0.02, 1),
        (0.4, 3.0, 1),
        (5.0, 0.3, 1),
        (1e-3, 2.0, -1),
        (0.3, 1.0, -1),
    ]:
        h = k + gap
        if start == 1.0:
            expected = float(density(alpha, h, own) * density(alpha, k, own))
        else:
            edges = [0.0, h, sign * k]
            for centre, width in ((h, own), (sign * k, own), (0.0, common)):
                ring = width * np.geomspace(1e-2, 1e8, 100)
                edges += [*(centre + ring[ring < 1e4]), *(centre - ring[ring < 1e4])]
            x, w = gauss_legendre_panels(np.unique(edges), 10)
            own_parts = density(alpha, h - x, own) * density(alpha, sign * k - x, own)
            expected = float(w @ (density(alpha, x, common) * own_parts))
        found = float(pair.density(np.array([h]), np.array([k]), np.array([gap]), sign)[0])
        assert abs(found - expected) < 2e-5 * expected + 1e-9 / (h * min(k, gap))


def test_first_layer_in_closed_form():
    """Independent inputs: E|phi1 - phi2|^alpha by an iterated integral that splits at the cusp; magnitudes do not correlate."""
    alpha, flow = 1.5, two_input_flow(0, alpha=1.5, sigma_w=1.0)
    scale = (flow.q / 2) ** (1 / alpha)
    log_h, weights = gauss_legendre_panels(np.linspace(math.log(scale) - 14, 22.0, 60), 8)
    h = np.exp(log_h)
    outer = weights * density_at(alpha, log_h - math.log(scale))
    top, total = np.tanh(h), 0.0
    u, w = gauss_legendre_panels(np.linspace(0.0, 1.0, 3), 10)
    for row in range(len(h)):
        edges = np.concatenate([[0.0], h[row] * (1 - np.exp(-np.arange(1.0, 24.0))), [h[row]]])
        edges = np.concatenate([np.geomspace(1e-9, edges[1], 25), edges[1:]])
        k = (edges[:-1, None] + np.diff(edges)[:, None] * u).ravel()
        p = density(alpha, k, scale) * (np.diff(edges)[:, None] * w).ravel()
        total += outer[row] * float(p @ ((top[row] - np.tanh(k)) ** alpha + (top[row] + np.tanh(k)) ** alpha))
    expected = 4.0 * total / flow.q  # h1 > 0 and |h2| < h1: twice the sign, twice the order
    assert flow.difference[0] == pytest.approx(expected, rel=1e-6)
    assert flow.magnitude[0] == pytest.approx(1.0, abs=4e-6)
    assert flow.error[0] < 1e-6


def test_the_pair_machine_at_two_is_the_map_of_poole():
    """The same code at alpha = 2, where nothing is heavy, against the correlation map: 4e-6 measured after two layers."""
    parameters, phi = {"sigma_w": 2.0, "sigma_b": 0.3}, activations.get("tanh")
    q = fixed_point(alpha=2.0, **parameters).q
    pair, c = state(2.0, math.sqrt(q / 2), 0.7), 0.3
    tau, rest = special.expit(pair.z), special.expit(-pair.z)
    for _ in range(2):
        image = next_measure(pair, phi)
        c = correlation_map(c, **parameters)
        assert 4.0 * image.difference() / q == pytest.approx(2 * (1 - c), rel=6e-6)
        g = 0.5 * (4.0 * image.exponent(pair.z) + 0.09 * np.array([1 + tau, rest]) ** 2)
        pair = PairState(2.0, pair.z, np.log(g))


def test_flow_at_two_is_exactly_the_map_of_poole():
    for activation in ("tanh", "relu", "sigmoid"):
        parameters = {"sigma_w": 1.2, "sigma_b": 0.3, "activation": activation}
        flow, c = two_input_flow(3, alpha=2.0, start=0.6, **parameters), 0.4
        for difference in flow.difference:
            c = correlation_map(c, **parameters)
            assert difference == pytest.approx(2 * (1 - c), abs=1e-12)
        assert flow.measure.sum() == pytest.approx(2 * flow.q, rel=1e-13)


def test_flow_is_continuous_at_two():
    """Gap to alpha = 2 falls linearly in 2 - alpha."""
    at_two = two_input_flow(0, alpha=2.0, sigma_w=2.0, sigma_b=0.3).difference
    gaps = [two_input_flow(0, alpha=a, sigma_w=2.0, sigma_b=0.3, step=0.5).difference - at_two for a in (1.98, 1.99)]
    assert np.abs(gaps[0]).max() < 0.05
    np.testing.assert_allclose(gaps[0] / gaps[1], 2.0, rtol=0.1)


def test_refinement_changes_little():
    """Steps 0.4 and 0.5: 2e-5; the measure keeps its marginals and is positive; the same arguments give the same numbers."""
    parameters = {"alpha": 1.5, "sigma_w": 1.0, "sigma_b": 0.4, "start": 0.5}
    fine, coarse = two_input_flow(1, **parameters), two_input_flow(1, step=0.5, **parameters)
    for name in ("difference", "rho", "magnitude"):
        np.testing.assert_allclose(getattr(coarse, name), getattr(fine, name), rtol=2e-5)
    assert fine.measure.min() > -1e-6 * fine.q
    for direction in (np.cos(fine.angles), np.sin(fine.angles)):
        assert fine.measure @ np.abs(direction) ** 1.5 == pytest.approx(fine.q, rel=1e-12)
    again = [two_input_flow(0, step=0.6, **parameters).measure for _ in range(2)]
    assert np.array_equal(*again)


@pytest.mark.slow
@pytest.mark.parametrize(
    "parameters",
    [
        {"alpha": 1.2, "sigma_w": 2.0, "sigma_b": 0.3, "start": 0.5},
        {"alpha": 1.8, "sigma_w": 1.5, "start": 0.1},
        {"alpha": 1.0, "sigma_w": 1.0, "activation": "softsign", "start": 0.5},
        {"alpha": 1.5, "sigma_w": 1.0, "activation": "hard_tanh", "start": 0.5},
        {"alpha": 1.2, "sigma_w": 2.0, "sigma_b": 0.3, "activation": "sigmoid", "start": 0.5},
        {"alpha": 1.8, "sigma_w": 1.5, "activation": "sin", "start": 0.1},
    ],
)
def test_refinement_over_the_plane(parameters):
    """Steps 0.4 and 0.3 after three layers: 5e-6, the accuracy stated."""
    coarse, fine = two_input_flow(2, **parameters), two_input_flow(2, step=0.3, **parameters)
    for name in ("difference", "rho", "magnitude"):
        np.testing.assert_allclose(getattr(coarse, name), getattr(fine, name), rtol=5e-6)


@pytest.mark.slow
def test_nearly_equal_inputs_are_resolved():
    """Own part 1e-6: differences of 4e-6 to an absolute 1e-8 (measured) in the first layer, 3e-8 in the second."""
    parameters = {"alpha": 1.5, "sigma_w": 1.0, "sigma_b": 0.5}
    coarse, fine = (two_input_flow(1, start=1e-6, step=step, **parameters) for step in (0.4, 0.3))
    np.testing.assert_allclose(coarse.difference, fine.difference, rtol=0.0, atol=3e-8)
    assert (fine.difference < 1e-5).all()


def test_pairs_follow_the_population(rng):
    """Independent inputs at (1.5, 1), layers 0 to 2: 20 populations of 2e4 pairs, t of 19 degrees at rate 1e-6 / 6."""
    flow = two_input_flow(2, alpha=1.5, sigma_w=1.0)
    found = np.empty((20, 2, 3))
    for run in found:
        pair = (flow.q / 2) ** (1 / 1.5) * AlphaStable(1.5).sample((20_000, 2), rng)
        layer = LepageLayer(1.5, 1.0, jumps=48, rng=rng)
        for step in range(3):
            x = np.tanh(pair)
            size = np.abs(x) ** 1.5
            run[0, step] = np.mean(np.abs(x[:, 0] - x[:, 1]) ** 1.5) / size.sum(axis=1).mean()
            run[1, step] = np.mean(size[:, 0] * size[:, 1]) / size[:, 0].mean() / size[:, 1].mean()
            pair = layer(x)
    threshold = -special.stdtrit(19, 1e-6 / 12)
    error = threshold * found.std(axis=0, ddof=1) / math.sqrt(20)
    assert (error < [[0.025], [0.15]]).all()  # the power
    assert (np.abs(found.mean(axis=0) - [flow.rho, flow.magnitude]) < error + 1e-3 * found.mean(axis=0)).all()
    assert flow.magnitude[1] > 1.9  # they do not stay independent


def test_bad_input_is_refused():
    with pytest.raises(ValueError, match=r"alpha = 0\.5"):
        two_input_flow(1, alpha=0.5, sigma_w=1.0)
    with pytest.raises(ValueError, match=r"step = 2\.0"):
        two_input_flow(1, alpha=1.5, sigma_w=1.0, step=2.0)
    with pytest.raises(ValueError, match="too small"):
        two_input_flow(1, alpha=1.5, sigma_w=0.1)
