"""Finite width: jump populations, full matrices and the exact chain agree; the compiled kernel has the law it claims."""

import math
import threading

import numpy as np
import pytest
from scipy import special
from statistical import assert_distribution, z_threshold

from rmt._lepage import sum_jumps
from rmt.meanfield import (
    LepageLayer,
    finite_width_chain,
    finite_width_critical_sigma_w,
    finite_width_lyapunov,
    homogeneous_growth,
    lyapunov_exponent,
    quiescent_sigma_w,
)
from rmt.stable import AlphaStable

LEVELS = 2.0 ** ((np.arange(128) + 1.0) / 1.5)
FRACTIONS = (1.0 + np.arange(1025) / 1024.0) ** (-1.0 / 1.5)


def jumps(state, count=200_000, signals=None):
    out = np.empty((count, 2))
    signals = np.ones((7, 2)) if signals is None else signals
    sum_jumps(signals, np.ones(count, dtype=np.int64), LEVELS, FRACTIONS, state, out)
    return out


def test_jumps_are_pareto_with_fair_signs(rng):
    out = jumps(rng.integers(1, 2**63, 4, dtype=np.uint64))[:, 0]
    assert_distribution(np.abs(out) ** -1.5, lambda u: np.clip(u, 0, 1), detects=0.01)  # rate 1e-6
    assert abs(np.mean(out > 0) - 0.5) < z_threshold() * 0.5 / math.sqrt(out.size)


def test_columns_are_uniform(rng):
    signals = np.column_stack([np.arange(10.0), np.ones(10)])
    out = jumps(rng.integers(1, 2**63, 4, dtype=np.uint64), signals=signals)
    counts = np.bincount(np.rint(out[:, 0] / out[:, 1]).astype(int), minlength=10)
    chi2 = float(np.sum((counts - 20_000.0) ** 2) / 20_000.0)
    assert chi2 < special.chdtri(9, 1e-6)


def test_ten_threads_equal_the_serial_answer():
    states = [np.array([k + 1, 2, 3, 4], dtype=np.uint64) for k in range(10)]
    serial = [jumps(s.copy(), 20_000) for s in states]
    found = [None] * 10

    def work(k):
        for _ in range(20):
            found[k] = jumps(states[k].copy(), 20_000)

    threads = [threading.Thread(target=work, args=(k,)) for k in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(np.array_equal(a, b) for a, b in zip(serial, found, strict=True))


@pytest.mark.parametrize("alpha", [0.8, 1.5, 1.95, 2.0])
def test_a_layer_has_the_stable_law(alpha, rng):
    """sum_j W_ij x_j is stable of scale sigma_w (mean |x|^alpha / 2)^(1/alpha): its characteristic function at 3 points."""
    layer = LepageLayer(alpha, 1.3, jumps=32, rng=rng)
    x = np.linspace(-1.0, 2.0, 60_000)
    h = layer(np.column_stack([x, np.ones_like(x)]))
    q = 1.3**alpha * np.array([np.mean(np.abs(x) ** alpha), 1.0])
    for t in (0.3, 1.0, 2.0):
        error = z_threshold(comparisons=24) * 0.71 / math.sqrt(x.size)  # sd of cos is at most 0.71
        assert error < 0.02  # the power: smaller shifts pass
        np.testing.assert_allclose(np.cos(t * h).mean(axis=0), np.exp(-q * t**alpha / 2), atol=error)


@pytest.mark.parametrize(("alpha", "sigma_w"), [(1.8, 1.5), (1.5, 2.0)])
def test_population_agrees_with_direct_networks(alpha, sigma_w, rng):
    """Width 200: the difference is within its error; 12 + 12 realisations, so Student's t at rate 1e-6 is 6.6 sigma."""
    parameters = {"alpha": alpha, "sigma_w": sigma_w, "depth": 40, "burn_in": 15, "realisations": 12}
    population = finite_width_lyapunov(200, **parameters, rng=rng)
    direct = finite_width_lyapunov(200, **parameters, method="direct", rng=rng)
    error = math.hypot(population.stderr, direct.stderr)
    assert error < 0.03
    assert abs(population.value - direct.value) < 6.6 * error
    assert population.value < lyapunov_exponent(alpha=alpha, sigma_w=sigma_w).value + 6.6 * population.stderr


def test_gradients_grow_like_perturbations(rng):
    parameters = {"alpha": 1.8, "sigma_w": 1.5, "sigma_b": 0.1, "method": "direct", "depth": 30, "burn_in": 15}
    forward = finite_width_lyapunov(150, **parameters, realisations=10, rng=rng)
    backward = finite_width_lyapunov(150, **parameters, realisations=10, direction="backward", rng=rng)
    error = math.hypot(forward.stderr, backward.stderr)
    assert error < 0.04
    assert abs(forward.value - backward.value) < 6.9 * error


def test_gaussian_networks_have_the_textbook_exponent(rng):
    result = finite_width_lyapunov(2000, alpha=2.0, sigma_w=1.5, sigma_b=0.3, depth=60, realisations=10, rng=rng)
    expected = lyapunov_exponent(alpha=2.0, sigma_w=1.5, sigma_b=0.3).value
    assert result.stderr < 0.004
    assert abs(result.value - expected) < 7.0 * result.stderr + 2.0 / 2000  # finite width: order 1/N


def test_the_length_chain_is_that_of_full_matrices(rng):
    """ln q after one layer of width 60: mean over 4000 draws of the chain against 400 matrices."""
    from rmt.ensembles import levy_matrix

    chain = finite_width_chain(60, 1, alpha=1.5, sigma_w=1.0, q=1.0, realisations=4000, rng=rng)
    law = AlphaStable(1.5)
    sizes = []
    for _ in range(400):
        x = np.tanh(0.5 ** (1 / 1.5) * law.sample(60, rng))
        h = levy_matrix(60, alpha=1.5, rng=rng) @ x
        # ln q from the rows: E ln|h| = ln scale + E ln|X|, rows are independent given x
        sizes.append(np.mean(np.log(np.abs(h))))
    unit = np.euler_gamma * (1 / 1.5 - 1)  # E ln|X|
    rows = 1.5 * (np.array(sizes) - unit) + math.log(2.0)
    error = math.hypot(rows.std() / 20.0, chain.stderr[1])
    assert error < 0.03
    assert abs(rows.mean() - chain.mean[1]) < z_threshold() * error


def test_homogeneous_growth_is_exact(rng):
    n = 40
    gauss = homogeneous_growth(n, alpha=2.0, sigma_w=1.0)  # S = chi^2_N / N
    assert gauss.value == pytest.approx(0.5 * (special.digamma(n / 2) + math.log(2 / n)), abs=1e-10)
    assert gauss.spread == pytest.approx(0.5 * math.sqrt(special.polygamma(1, n / 2)), rel=1e-8)
    for alpha, name in [(1.5, "relu"), (0.9, "linear"), (1.2, "leaky_relu")]:
        exact = homogeneous_growth(n, alpha=alpha, sigma_w=0.7, activation=name)
        chain = finite_width_chain(n, 50, alpha=alpha, sigma_w=0.7, activation=name, realisations=60, rng=rng)
        steps = np.diff(chain.log_q, axis=1).ravel() / alpha
        error = exact.spread / math.sqrt(steps.size)
        assert error < 0.02
        assert abs(steps.mean() - exact.value) < z_threshold(comparisons=3) * error
    table = {1.1: 0.386, 1.5: 0.577, 1.8: 0.784, 2.0: 1.0}  # measured in the theory note, each +-0.02
    for alpha, value in table.items():
        assert quiescent_sigma_w(1024, alpha=alpha) == pytest.approx(value, abs=0.02)


def test_the_edge_of_finite_networks(rng):
    """At alpha = 2 with bias the Gaussian edge; at alpha = 1.5 the exponent of full matrices has the signs of the scan."""
    biased = finite_width_critical_sigma_w(400, alpha=2.0, sigma_b=0.5, depth=60, rng=rng)
    limit = special.stdtrit(30, 1 - 5e-7)  # the scatter is pooled over 7 x 5 degrees of freedom
    assert limit * biased.stderr < 0.05
    assert abs(biased.sigma_w - 1.549674) < limit * biased.stderr + 2.0 / 400  # width: order 1/N
    heavy = finite_width_critical_sigma_w(200, alpha=1.5, depth=60, rng=rng)
    assert limit * heavy.stderr < 0.3
    for factor, sign in ((0.6, -1), (1.6, 1)):
        parameters = {"alpha": 1.5, "sigma_w": factor * heavy.sigma_w, "depth": 40, "realisations": 10}
        direct = finite_width_lyapunov(200, method="direct", **parameters, rng=rng)
        assert sign * direct.value > 0.0  # 6 to 13 standard errors away from 0


@pytest.mark.slow
@pytest.mark.parametrize(("alpha", "sigma_w"), [(1.8, 1.5), (1.5, 1.0), (1.2, 1.5)])
@pytest.mark.parametrize("width", [500, 2000])
def test_population_agrees_with_direct_networks_at_large_width(alpha, sigma_w, width, rng):
    direct_depth = 60 if width == 500 else 20
    population = finite_width_lyapunov(width, alpha=alpha, sigma_w=sigma_w, realisations=10, depth=150, rng=rng)
    direct = finite_width_lyapunov(
        width, alpha=alpha, sigma_w=sigma_w, realisations=8, depth=direct_depth, burn_in=15, method="direct", rng=rng
    )
    error = math.hypot(population.stderr, direct.stderr)
    assert error < 0.03
    assert abs(population.value - direct.value) < 7.5 * error


def test_bad_input_is_refused():
    with pytest.raises(ValueError, match="method = 'x'"):
        finite_width_lyapunov(100, alpha=1.5, sigma_w=1.0, method="x")
    with pytest.raises(ValueError, match="direction = 'backward'"):
        finite_width_lyapunov(100, alpha=1.5, sigma_w=1.0, direction="backward")
    with pytest.raises(ValueError, match="width = 1"):
        finite_width_lyapunov(1, alpha=1.5, sigma_w=1.0)
    with pytest.raises(ValueError, match="homogeneous"):
        homogeneous_growth(10, alpha=1.5, sigma_w=1.0, activation="tanh")
