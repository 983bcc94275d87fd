"""The O(n) chains have the law of dense networks, resolve tiny order parameters, and give the same numbers on any executor."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from statistical import assert_distribution, assert_mean, z_threshold

from rmt import _absorbing, activations
from rmt.criticality import (
    critical_point,
    order_parameter,
    relu_critical_point,
    relu_mean_amplitude,
    simulate_network,
    simulate_pairs,
    simulate_signals,
    simulate_tangent,
    stationary_law,
)
from rmt.criticality._differences import pair_values

POINT = critical_point("tanh", 0.3)
AT = {"sigma_w": POINT.sigma_w, "sigma_b": 0.3}


def assert_same_law(first, second, *, detects, rate=1e-6):
    """Two-sample Kolmogorov-Smirnov at a false-fail rate (asymptotic, conservative at small sizes); finds distances `detects`."""
    n, m = len(first), len(second)
    limit = np.sqrt(-np.log(rate / 2) / 2 * (n + m) / (n * m))
    assert limit <= detects, f"no power: {limit:.3g}"
    grid = np.sort(np.concatenate([first, second]))
    below = [np.searchsorted(np.sort(sample), grid, side="right") / len(sample) for sample in (first, second)]
    distance = np.max(np.abs(below[0] - below[1]))
    assert distance <= limit, (distance, limit)


@pytest.mark.parametrize("estimator", ["kernel", "cosine", "pearson"])
def test_chain_and_dense_networks_have_one_law(rng, estimator):
    """n = 20, layer 8, 1500 dense networks: Kolmogorov distances above 0.11 are found; false-fail 1e-6 each."""
    dense = simulate_network(20, 8, **AT, realisations=1500, estimator=estimator, rng=rng)
    chain = simulate_pairs(20, 8, **AT, realisations=6000, estimator=estimator, rng=rng)
    assert_same_law(dense.rho[:, -1], chain.rho[:, -1], detects=0.11)
    assert_same_law(dense.q[:, -1], chain.q[:, -1], detects=0.11)
    assert_same_law(dense.rho[:, -1] / dense.rho[:, 2], chain.rho[:, -1] / chain.rho[:, 2], detects=0.11)


@pytest.mark.parametrize("activation", ["sin", "erf", "relu", "sigmoid"])
def test_other_activations_have_the_law_of_dense_networks(rng, activation):
    scales = {"sigma_w": 1.5, "sigma_b": 0.0 if activation == "relu" else 0.4, "activation": activation}
    dense = simulate_network(16, 5, **scales, realisations=700, rng=rng)
    chain = simulate_pairs(16, 5, **scales, realisations=1500, rng=rng)
    assert_same_law(dense.log_rho[:, -1], chain.log_rho[:, -1], detects=0.16)


def test_values_of_the_exact_chain(rng):
    """Means found earlier by an independent program; its errors are added to ours, false-fail 1e-6 for the three."""
    for width, layer, mean, error in (
        (10, 6, 0.54664, 0.00123),
        (50, 11, 0.37154, 0.00047),
        (200, 21, 0.21393, 0.00122),
    ):
        runs = simulate_pairs(width, layer, **AT, realisations=4000, rng=rng)
        combined = np.hypot(error, runs.stderr[-1])
        assert z_threshold(comparisons=3) * combined < 0.04, "no power"
        assert abs(runs.mean[-1] - mean) < z_threshold(comparisons=3) * combined


def test_three_signals_have_the_law_of_pairs(rng):
    kernels = simulate_signals(20, 8, POINT.q * np.eye(3), **AT, realisations=2000, rng=rng)
    basis = np.eye(3)
    basis[:, 0] = 1.0
    kernels = basis @ kernels @ basis.T
    pairs = simulate_pairs(20, 8, **AT, realisations=4000, rng=rng)
    for a, b in ((0, 1), (1, 2)):
        rho = 1 - kernels[:, -1, a, b] / np.sqrt(kernels[:, -1, a, a] * kernels[:, -1, b, b])
        assert_same_law(rho, pairs.rho[:, -1], detects=0.08)


def test_signals_that_differ_far_below_rounding():
    """Three signals 1e-120 apart keep the relative accuracy of their differences, as the pair chain does."""
    basis = np.eye(2)
    start = basis * [0.7, 0.0]
    start[1, 1] = 0.0
    kernel = np.full((2, 2), 0.7)
    runs = simulate_signals(30, 3, kernel, **AT, realisations=2, rng=1)
    assert (runs[:, :, 1, 1] == 0.0).all()
    f_s, f_d = pair_values(activations.get("tanh"), np.array([0.5]), np.array([1e-120]))
    assert f_d[0] == pytest.approx(1e-120 / np.cosh(0.5) ** 2, rel=1e-14)
    assert f_s[0] == np.tanh(0.5)


@pytest.mark.parametrize("name", ["tanh", "sin", "erf", "relu", "linear"])
def test_compiled_differences_agree_with_numpy(name, rng):
    """f_s and f_d of the kernels at differences from 1e-250 to 30, against NumPy on the same numbers."""
    phi, kind = activations.get(name), _absorbing.KINDS.index(name)
    s = rng.uniform(-6, 6, 4000)
    d = rng.choice([-1, 1], 4000) * np.exp(rng.uniform(np.log(1e-250), np.log(30), 4000))
    x, y = s.copy(), d.copy()
    _absorbing.differences(kind, x, y, 1.0, 0.0, 1.0, False)
    f_s, f_d = pair_values(phi, s, d)
    assert np.allclose(x, f_s, rtol=1e-13, atol=1e-15)
    # erf: where both values are 1 within rounding only their absolute difference is defined.
    assert np.allclose(y, f_d, rtol=2e-12, atol=1e-15 if name in ("erf", "tanh") else 0.0)
    tiny = np.abs(d) < 1e-20
    assert np.allclose(y[tiny], phi.derivative(s[tiny]) * d[tiny], rtol=1e-12, atol=0)


def test_compiled_differences_of_tanh_in_mpmath():
    import mpmath

    kind = _absorbing.KINDS.index("tanh")
    for s, d in ((0.3, 1e-9), (12.0, 1e-3), (25.0, 60.0), (30.0, 50.0), (-7.0, 2.0), (1e-8, 3.0)):
        x, y = np.array([s]), np.array([d])
        _absorbing.differences(kind, x, y, 1.0, 0.0, 1.0, False)
        with mpmath.workdps(60):
            u, v = mpmath.tanh(mpmath.mpf(s) + mpmath.mpf(d) / 2), mpmath.tanh(mpmath.mpf(s) - mpmath.mpf(d) / 2)
            assert y[0] == pytest.approx(float(u - v), rel=1e-14)
            assert x[0] == pytest.approx(float((u + v) / 2), rel=1e-13)


def test_normals_of_the_kernel_are_normal(rng):
    """Distances above 0.006 and correlations above 0.01 are found; false-fail 1e-6 each."""
    from scipy.special import ndtr

    x, y = np.empty(320000), np.empty(320000)
    _absorbing.normals(rng.bit_generator.random_raw(32), x, y)
    for values in (x, y):
        assert_distribution(values, ndtr, detects=0.006)
    for product in (x * y, (x**2 - 1) * (y**2 - 1), x[:-8] * x[8:], x[:-1] * x[1:], x**2 - 1, x**4 - 3):
        assert_mean(product, 0.0, detects=0.1)


def test_identical_signals_stay_identical():
    runs = simulate_pairs(10, 50, sigma_w=3.0, sigma_b=0.3, rho0=0.0, realisations=3, rng=1)
    assert (runs.rho == 0.0).all()
    assert (runs.log_rho == -np.inf).all()


def test_exchange_of_the_signals_does_not_matter(rng):
    """(A, d) -> (-A, -d): the state of layer 2 from a start with A > 0 and with A < 0 gives one law of rho."""
    results = []
    for sign in (1.0, -1.0):
        out = np.empty((2000, 2, 6))
        for row in out:
            state = np.array([0.6, sign * 0.2, 0.5, 0.0, 0.0, 0.0])
            _absorbing.layers(
                0, rng.bit_generator.random_raw(32), 20, 1.95 / 20, 0.09, False, False, state, row, np.empty(48)
            )
        results.append(order_parameter(*out[:, -1, :3].T)[0])
    assert_same_law(*results, detects=0.1)


def test_tiny_order_parameters_follow_the_tangent(rng):
    """From rho = 1e-280 in the ordered phase through 1e-600: growth equals that of the tangent chain (shifts of 0.01 found)."""
    scales = {"sigma_w": 1.1, "sigma_b": 0.3}
    pairs = simulate_pairs(30, 400, **scales, rho0=1e-280, realisations=300, rng=rng)
    tangent = simulate_tangent(30, 400, **scales, realisations=300, rng=rng)
    growth = [(runs.log_rho[:, -1] - runs.log_rho[:, 20]) / 379 for runs in (pairs, tangent)]
    assert pairs.log_rho[:, -1].max() < -700
    assert np.isfinite(pairs.log_rho).all()
    assert_mean(growth[0] - growth[1], 0.0, detects=0.03)


def test_order_parameters_return_from_far_below(rng):
    """In the chaotic phase a difference of 1e-250 (linear regime of the kernel) grows to the same stationary law."""
    scales = {"sigma_w": 2.5, "sigma_b": 0.3}
    far = simulate_pairs(30, 2500, **scales, rho0=1e-250, realisations=200, rng=rng)
    near = simulate_pairs(30, 60, **scales, realisations=1000, rng=rng)
    assert_same_law(far.rho[:, -1], near.rho[:, -1], detects=0.25)


def test_relu_networks_follow_their_own_theory(rng):
    relu = relu_critical_point()
    runs = simulate_pairs(200, 80, sigma_w=relu.sigma_w, sigma_b=0.0, activation="relu", realisations=500, rng=rng)
    theory = relu_mean_amplitude(relu, 200, 80)
    for layer in (20, 80):
        assert_mean(np.sqrt(runs.rho[:, layer - 1]) / theory[layer - 1], 1.0, detects=0.25)


@pytest.mark.slow
def test_chaotic_networks_have_the_gamma_law(rng):
    """m = 1.5, n = 400: Kolmogorov distances above 0.12 are found at 600 independent networks (bias of the theory about 0.03)."""
    sigma_w = POINT.sigma_w_at(400, 1.5)
    runs = simulate_pairs(400, 500, sigma_w=sigma_w, sigma_b=0.3, rho0=0.02, realisations=600, rng=rng)
    law = stationary_law(POINT, 400, sigma_w)
    assert_distribution(runs.rho[:, -1], law.cdf, detects=0.12)


def test_the_same_seed_gives_the_same_numbers_on_ten_threads():
    """The race test: 10 threads, bit for bit; and realisation i does not depend on how many there are."""
    serial = simulate_pairs(50, 40, **AT, realisations=3000, rng=7)
    with ThreadPoolExecutor(10) as executor:
        threads = simulate_pairs(50, 40, **AT, realisations=3000, rng=7, executor=executor)
    assert (serial.log_rho == threads.log_rho).all()
    few = simulate_pairs(50, 40, **AT, realisations=3, rng=7)
    assert (few.log_rho == serial.log_rho[:3]).all()


def test_compiled_and_numpy_chains_agree():
    """The same stream through the kernel and through the generic path, by a copy of tanh that has no compiled loop."""
    phi = activations.get("tanh")
    copy = activations.custom(
        phi.value,
        phi.derivative,
        second=phi.second,
        third=phi.third,
        bounded=True,
        log_abs_derivative=phi.log_abs_derivative,
    )
    for rho0 in (1.0, 1e-290):
        runs = [simulate_pairs(20, 100, **AT, rho0=rho0, activation=a, realisations=2, rng=5) for a in (phi, copy)]
        assert np.allclose(runs[0].log_rho, runs[1].log_rho, rtol=0, atol=1e-10)
        assert np.allclose(runs[0].q, runs[1].q, rtol=1e-12)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"width": 1}, r"width = 1 must be an integer >= 2"),
        ({"width": 10.0}, "width"),
        ({"depth": 0}, r"depth = 0 must be an integer >= 1"),
        ({"sigma_w": 0.0}, "sigma_w"),
        ({"sigma_b": np.nan}, "sigma_b"),
        ({"rho0": 2.5}, "rho0"),
        ({"q0": -1.0}, "q0"),
        ({"realisations": 0}, "realisations"),
        ({"estimator": "mean"}, "estimator = 'mean' must be one of"),
        ({"activation": "relu", "sigma_w": 2.0}, "no finite fixed point"),
        ({"sigma_w": 0.5, "sigma_b": 0.0}, "die"),
    ],
)
def test_bad_arguments_are_refused(arguments, message):
    good = {"width": 10, "depth": 5, "sigma_w": 1.4, "sigma_b": 0.3}
    with pytest.raises(ValueError, match=message):
        simulate_pairs(**(good | arguments))
