"""Two inputs for sigmoid, sin and activations of one's own: product laws, Fourier series, the Gaussian machine, a population."""

import math
from itertools import pairwise

import numpy as np
import pytest
from scipy import optimize, special

from rmt import activations
from rmt._quadrature import double_exponential, gauss_legendre_panels
from rmt.meanfield import LepageLayer, correlation_map, fixed_point, two_input_flow
from rmt.meanfield._pairs import Measure, PairState
from rmt.meanfield._pairs_cloud import next_measure, pair_grid
from rmt.meanfield._pairs_periodic import next_measure_of_periodic
from rmt.meanfield._ray import density_at
from rmt.stable import AlphaStable


def exp(x):
    return np.exp(np.maximum(x, -700.0))


BUMP = activations.custom(
    lambda x: x * exp(-0.5 * np.square(np.clip(x, -1e3, 1e3))),
    lambda x: (1 - np.square(np.clip(x, -1e3, 1e3))) * exp(-0.5 * np.square(np.clip(x, -1e3, 1e3))),
    bounded=True,
    name="bump",
)
HUMP = activations.custom(
    lambda x: exp(-0.5 * np.square(np.clip(x, -1e3, 1e3))) - 0.25,
    lambda x: -np.clip(x, -1e3, 1e3) * exp(-0.5 * np.square(np.clip(x, -1e3, 1e3))),
    bounded=True,
    name="hump",
)
RAMP = activations.custom(  # limits 1 and -1/2
    lambda x: np.clip(x, -0.5, 1.0),
    lambda x: np.where((x > -0.5) & (x < 1.0), 1.0, 0.0),
    bounded=True,
    name="ramp",
    singular_points=(-0.5, 1.0),
)
SHIFTED = activations.custom(
    lambda x: np.tanh(x - 1.0), lambda x: 1.0 - np.tanh(x - 1.0) ** 2, bounded=True, name="shifted"
)


def state(alpha, scale, start, activation, step=0.4):
    """Pair with a common part 1 - start and parts of their own."""
    z = pair_grid(activations.get(activation), scale, scale * (2 * start) ** (1 / alpha), step)
    tau, rest = special.expit(z), special.expit(-z)
    g = [start * (1 + tau**alpha) + (1 - start) * x**alpha for x in (1 + tau, rest)]
    return PairState(alpha, z, np.log(scale**alpha * np.array(g)))


def image_of(pair, phi):
    return (next_measure_of_periodic if phi.period else next_measure)(pair, phi)


def of_one(g, alpha, scale, stops):
    """E g(h) of one input by tanh-sinh in ln|h| between the points where g is not smooth."""
    total = 0.0
    for side in (1.0, -1.0):
        inside = [math.log(abs(s) / scale) for s in stops if s * side > 0]
        edges = np.unique(np.concatenate([np.arange(-26.0, 42.0 / alpha + 1.0, 2.0), inside]))
        for low, high in pairwise(edges):
            t, w = double_exponential(float(low), float(high), step=1 / 10)
            total += float((w * density_at(alpha, t)) @ g(side * scale * np.exp(t)))
    return total


def crossings(phi, value, grid):
    """Where phi takes a value: sign changes on a grid, refined."""
    f = np.asarray(phi.value(grid)) - value
    return [
        optimize.brentq(lambda x: float(phi.value(x)) - value, grid[i], grid[i + 1], xtol=1e-14)
        for i in np.flatnonzero(f[:-1] * f[1:] < 0.0)
    ]


@pytest.mark.parametrize(
    ("phi", "alpha", "scale", "outer", "part"),
    [
        ("sigmoid", 1.5, 0.7, (), 0.5),
        pytest.param(BUMP, 1.2, 0.8, (-1, 1), 1.0, marks=pytest.mark.slow),
        pytest.param(RAMP, 1.5, 0.8, (-0.5, 1), 1.0, marks=pytest.mark.slow),
        pytest.param("sigmoid", 1.0, 2.0, (), 1.0, marks=pytest.mark.slow),
        pytest.param("sigmoid", 0.8, 0.5, (), 1.0, marks=pytest.mark.slow),
        pytest.param(RAMP, 1.0, 0.8, (-0.5, -0.25, 0.5, 1), 0.5, marks=pytest.mark.slow),
        pytest.param("tanh", 1.9, 0.8, (), 1.0, marks=pytest.mark.slow),
    ],
)
def test_first_layer_is_the_product_law(phi, alpha, scale, outer, part):
    """Independent inputs: E|phi1 - part phi2|^alpha as an integral over an integral that is split at its cusps, to 1e-6."""
    phi = activations.get(phi)
    pair = state(alpha, scale, 1.0, phi)
    image = image_of(pair, phi)
    found = image.difference() if part == 1.0 else np.interp(0.0, pair.z, image.exponent(pair.z)[1])
    knots = np.concatenate([-np.geomspace(1e-9, 1e9, 2500)[::-1], np.geomspace(1e-9, 1e9, 2500)])

    def inner(x):
        means = []
        for value in np.asarray(phi.value(x)) / part:
            roots = crossings(phi, value, knots)
            means.append(of_one(lambda k, v=value: np.abs(v - phi.value(k)) ** alpha, alpha, scale, [*roots, *outer]))
        return part**alpha * np.array(means)

    # The outer integrand is smooth but at the singular points: its cusps have been integrated over.
    stops = [math.log(abs(x) / scale) for x in outer]
    edges = np.unique(np.concatenate([[-22.0, -12.0], np.arange(-6, 20, 2.0), np.arange(-2, 3, 0.5), stops]))
    t, w = gauss_legendre_panels(edges, 6)
    expected = sum(float((w * density_at(alpha, t)) @ inner(s * scale * np.exp(t))) for s in (1.0, -1.0))
    assert found == pytest.approx(expected, rel=1e-6)


def series_of_sines(alpha, scale, start, sign):
    """E|sin h1 + sign sin h2|^alpha of a pair with common part: sum of c_mn e^-Psi(m, n), exact.

    |x|^alpha = C int (1 - cos sx) ds/s^(1 + alpha), e^(is sin h) is a sum of Bessel functions J_m(s), and the integral of
    J_m J_n s^(-1-alpha) is that of Weber and Schafheitlin.
    """
    count = math.ceil((30 / scale**alpha / min(1, 2 * start)) ** (1 / alpha))
    m, n = np.meshgrid(np.arange(-count, count + 1.0), np.arange(-count, count + 1.0), indexing="ij")
    a, b, order = np.abs(m), np.abs(n), 1 + alpha
    psi = scale**alpha * (start * (a**alpha + b**alpha) + (1 - start) * np.abs(m + n) ** alpha)
    half, apart = 0.5 * (a + b - order + 1), 0.5 * np.abs(a - b)
    top = special.gammasgn(half) * np.exp(special.gammaln(half) - special.gammaln(half + order))
    u, v = 0.5 * (order + 1) - apart, 0.5 * (order + 1) + apart  # 1/(Gamma(u) Gamma(v)), reflected where u < 0
    other = np.where(
        u > 0.0,
        special.rgamma(np.maximum(u, 0.1)) * special.rgamma(np.where(u > 0.0, v, 1.0)),
        np.sin(np.pi * u) / np.pi * np.exp(special.gammaln(np.where(u > 0.0, 1.0, 1 - u)) - special.gammaln(v)),
    )
    parity = np.where(m < 0, (-1.0) ** a, 1.0) * np.where(n * sign < 0, (-1.0) ** b, 1.0)
    constant = -2 / math.pi * math.gamma(order) * math.sin(0.5 * math.pi * alpha) * math.gamma(order) * 2.0**-order
    return constant * float(np.sum(np.where((a + b) % 2 == 0, top * other * parity * np.exp(-psi), 0.0)))


@pytest.mark.parametrize(
    ("alpha", "scale", "start", "rel"),
    [
        (1.5, 0.5, 1.0, 1e-7),
        (1.0, 0.5, 0.5, 3e-7),
        (1.8, 3.0, 0.5, 1e-7),
        (1.2, 0.1, 0.5, 1e-7),
        (1.5, 0.5, 0.02, 1e-7),
    ],
)
def test_pair_of_sines_is_the_fourier_series(alpha, scale, start, rel):
    image = image_of(state(alpha, scale, start, "sin"), activations.get("sin"))
    assert image.difference() == pytest.approx(series_of_sines(alpha, scale, start, -1), rel=rel)
    plus = image.exponent(np.array([image.z[-1]]))[0, 0]
    assert plus == pytest.approx(series_of_sines(alpha, scale, start, 1), rel=rel)


@pytest.mark.parametrize(
    ("alpha", "scale", "start"),
    [
        (1.0, 0.05, 0.5),
        pytest.param(1.5, 0.5, 2e-3, marks=pytest.mark.slow),
        pytest.param(1.5, 0.01, 0.5, marks=pytest.mark.slow),
    ],
)
def test_small_pair_of_sines_without_harmonics(alpha, scale, start):
    """The cloud in h with an average over phases beyond some periods, used where too many harmonics count: 2e-5."""
    pair = state(alpha, scale, start, "sin")
    image = next_measure(pair, activations.get("sin"))
    assert image.difference() == pytest.approx(series_of_sines(alpha, scale, start, -1), rel=2e-5)
    assert image.product == pytest.approx(image_of(pair, activations.get("sin")).product, rel=2e-5)


def test_period_may_be_any():
    """sin 2h at half the scale is sin h: harmonics are counted in the period of the activation."""
    double = activations.Activation(
        "sin 2x",
        lambda x: np.sin(2 * x),
        lambda x: 2 * np.cos(2 * x),
        lambda x: np.log(np.abs(2 * np.cos(2 * x))),
        bounded=True,
        odd=True,
        zero_at_zero=True,
        smooth=True,
        period=0.5 * math.pi,
    )
    pair, narrow = state(1.5, 0.6, 0.5, "sin"), PairState(1.5, *half_scale(1.5, 0.6))
    one, two = image_of(pair, activations.get("sin")), image_of(narrow, double)
    assert two.difference() == pytest.approx(one.difference(), rel=1e-7)
    assert two.product == pytest.approx(one.product, rel=1e-7)


def half_scale(alpha, scale):
    pair = state(alpha, scale, 0.5, "sin")
    return pair.z, pair.log_g - alpha * math.log(2.0)


@pytest.mark.parametrize(
    ("phi", "rel"),
    [
        ("sigmoid", 5e-6),
        ("sin", 2e-8),
        pytest.param(BUMP, 5e-6, marks=pytest.mark.slow),
        (HUMP, 5e-6),
        pytest.param(SHIFTED, 5e-6, marks=pytest.mark.slow),
    ],
    ids=str,
)
def test_the_machine_at_two_is_the_map_of_poole(phi, rel):
    """The same code at alpha = 2 with a dependent pair, where nothing is heavy, against the correlation map."""
    phi = activations.get(phi)
    q = fixed_point(alpha=2.0, sigma_w=2.0, sigma_b=0.3, activation=phi).q
    image, c = image_of(state(2.0, math.sqrt(q / 2), 0.7, phi), phi), 0.3
    expected = 2 * (1 - correlation_map(c, sigma_w=2.0, sigma_b=0.3, activation=phi))
    assert 4.0 * image.difference() / q == pytest.approx(expected, rel=rel)


@pytest.mark.parametrize("phi", [pytest.param("sigmoid", marks=pytest.mark.slow), "sin"])
def test_flow_is_continuous_at_two(phi):
    """Gap to alpha = 2 falls linearly in 2 - alpha."""
    parameters = {"sigma_w": 2.0, "sigma_b": 0.3, "activation": phi}
    at_two = two_input_flow(1, alpha=2.0, **parameters).difference
    gaps = [two_input_flow(1, alpha=a, step=0.5, **parameters).difference - at_two for a in (1.98, 1.99)]
    assert np.abs(gaps[0]).max() < 0.05
    np.testing.assert_allclose(gaps[0] / gaps[1], 2.0, rtol=0.15)


@pytest.mark.parametrize("phi", ["sigmoid", "sin", pytest.param(RAMP, marks=pytest.mark.slow)], ids=str)
def test_marginals_are_kept_and_mass_is_where_it_must_be(phi):
    """E|phi|^alpha of each layer to 2e-6; the measure has the marginals and, for positive outputs, no other signs."""
    flow = two_input_flow(1, alpha=1.3, sigma_w=1.5, sigma_b=0.3, activation=phi, start=0.7)
    assert flow.error.max() < 2e-6
    for direction in (np.cos(flow.angles), np.sin(flow.angles)):
        assert flow.measure @ np.abs(direction) ** 1.3 == pytest.approx(flow.q, rel=1e-12)
    if phi == "sigmoid":
        assert np.abs(flow.measure[flow.angles > 0.5 * math.pi]).sum() == 0.0
        assert (np.diff(flow.difference) < 0.0).all()


@pytest.mark.parametrize(
    ("phi", "alpha", "error"), [("sin", 0.6, 1e-4), pytest.param("tanh", 0.6, 3e-6, marks=pytest.mark.slow)]
)
def test_small_alpha_is_less_accurate_and_says_so(phi, alpha, error):
    flow = two_input_flow(0, alpha=alpha, sigma_w=2.0, activation=phi, start=0.5)
    assert flow.error[0] < error


def test_identical_inputs_stay_identical():
    """start = 0 is exact, and the limit of small starts."""
    for phi in ("sigmoid", "sin"):
        parameters = {"alpha": 1.5, "sigma_w": 1.5, "sigma_b": 0.3, "activation": phi}
        same, near = two_input_flow(2, start=0.0, **parameters), two_input_flow(0, start=1e-5, step=0.6, **parameters)
        assert (same.difference == 0.0).all()
        assert (same.rho == 0.0).all()
        assert near.magnitude[0] == pytest.approx(same.magnitude[0], rel=1e-3)
        assert near.difference[0] < 1e-3
        assert same.measure @ np.cos(same.angles) ** 1.5 == pytest.approx(same.q, rel=1e-14)


def test_cusps_on_nodes_are_integrated():
    """E|rho - tau|^alpha of a smooth density in z, on the coarse grid, against a rule split at the cusp: 1e-6."""
    z = 0.4 * np.arange(-40, 41)
    row = np.exp(-0.1 * z**2)
    image = Measure(1.3, z, np.array([0.4 * row, 0.0 * row]), (0.0, 0.0), 0.0, 0.0, 0.0)
    places = z[[30, 38, 40, 47]]
    for place, found in zip(places, image.exponent(places)[1], strict=True):
        tau, expected = special.expit(place), 0.0
        for low, high in ((-16.0, place), (place, 16.0)):
            t, w = double_exponential(low, high, step=1 / 40)
            rho = special.expit(t)
            expected += float(
                (w * np.exp(-0.1 * t**2)) @ (0.5 * (1 - rho * tau) ** 1.3 + 0.5 * np.abs(rho - tau) ** 1.3)
            )
        assert found == pytest.approx(expected, rel=3e-6)


@pytest.mark.parametrize(("phi", "sigma_b"), [("sigmoid", 0.0), pytest.param("sin", 0.4, marks=pytest.mark.slow)])
def test_pairs_follow_the_population(phi, sigma_b, rng):
    """Independent inputs at alpha = 1.5, layers 0 to 2: 20 populations of 2e4 pairs, t of 19 degrees at rate 1e-6 / 12."""
    value = activations.get(phi).value
    flow = two_input_flow(2, alpha=1.5, sigma_w=2.0, sigma_b=sigma_b, activation=phi)
    found = np.empty((20, 2, 3))
    law = AlphaStable(1.5)
    for run in found:
        pair = (flow.q / 2) ** (1 / 1.5) * law.sample((20_000, 2), rng)
        layer = LepageLayer(1.5, 2.0, jumps=48, rng=rng)
        for step in range(3):
            x = value(pair)
            size = np.abs(x) ** 1.5
            run[0, step] = np.mean(np.abs(x[:, 0] - x[:, 1]) ** 1.5) / size.sum(axis=1).mean()
            run[1, step] = np.mean(size[:, 0] * size[:, 1]) / size[:, 0].mean() / size[:, 1].mean()
            pair = layer(x) + sigma_b * 0.5 ** (1 / 1.5) * law.sample((20_000, 1), rng)
    threshold = -special.stdtrit(19, 1e-6 / 24)
    error = threshold * found.std(axis=0, ddof=1) / math.sqrt(20)
    assert (error < [[0.025], [0.1]]).all()  # the power
    assert (np.abs(found.mean(axis=0) - [flow.rho, flow.magnitude]) < error + 1e-3 * found.mean(axis=0)).all()


def test_what_has_no_pair_map_is_refused():
    for phi in ("linear", "relu", "leaky_relu", "swish"):
        with pytest.raises(ValueError, match=f"'{phi}' grows linearly, so at infinite width"):
            two_input_flow(1, alpha=1.5, sigma_w=1.0, activation=phi)
    root = activations.custom(
        lambda x: np.sqrt(1 + np.abs(x)) - 1,
        lambda x: 0.5 * np.sign(x) / np.sqrt(1 + np.abs(x)),
        bounded=False,
        name="root",
    )
    with pytest.raises(ValueError, match="'root' must be bounded"):
        two_input_flow(1, alpha=1.5, sigma_w=1.0, sigma_b=0.5, activation=root)
    wave = activations.custom(np.sin, np.cos, bounded=True, name="wave")
    with pytest.raises(ValueError, match="'wave' must settle to a limit"):
        two_input_flow(1, alpha=1.5, sigma_w=1.0, sigma_b=0.5, activation=wave)
    with pytest.raises(ValueError, match=r"start = 1e-08 must be 0 or in \[1e-07, 1\]"):
        two_input_flow(1, alpha=1.5, sigma_w=1.0, start=1e-8)
    with pytest.raises(ValueError, match=r"depth = 1: after 1 layers the inputs differ by"):
        two_input_flow(1, alpha=1.5, sigma_w=0.3, sigma_b=1.0, activation="sigmoid", start=1e-6, step=0.6)
