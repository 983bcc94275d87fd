"""JacobianChain yields exactly the layer Jacobians of the network it describes, in both orders and both couplings."""

import numpy as np
import pytest
from statistical import assert_distribution, z_threshold

from rmt.ensembles import JacobianChain
from rmt.meanfield import finite_width_chain, fixed_point
from rmt.stable import AlphaStable


def product(factors):
    total = None
    for factor in factors:
        total = factor if total is None else factor @ total
    return total


def recorded_network(chain, seed):
    """The weights and biases that the chain draws from this seed, by the documented order of draws."""
    rng = np.random.default_rng(seed)
    h0 = chain._stationary(chain.widths[0], rng) if chain.inputs is None else chain.inputs
    from rmt.ensembles import levy_matrix

    layers = []
    for n_in, n_out in zip(chain.widths[:-1], chain.widths[1:], strict=True):
        w = levy_matrix(n_out, n_in, alpha=chain.alpha, sigma_w=chain.sigma_w, rng=rng)
        layers.append((w, chain._bias(n_out, rng)))
    return h0, layers


@pytest.mark.parametrize("order", ["DW", "WD"])
@pytest.mark.parametrize("sigma_b", [0.0, 0.4])
def test_the_network_chain_is_the_derivative_of_the_network(order, sigma_b):
    """DW: d x_L / d x_0;  WD: d h_L / d h_0, by complex-step-free central differences."""
    chain = JacobianChain([5, 7, 6], 2, alpha=1.6, sigma_w=0.8, sigma_b=sigma_b, order=order)
    h0, layers = recorded_network(chain, 3)

    def forward(start):
        x = start if order == "DW" else np.tanh(start)
        for weights, bias in layers:
            h = weights @ x + bias
            x = np.tanh(h)
        return x if order == "DW" else h

    start = np.tanh(h0) if order == "DW" else h0
    step = 1e-6
    numerical = np.array(
        [(forward(start + step * e) - forward(start - step * e)) / (2 * step) for e in np.eye(start.size)]
    ).T
    np.testing.assert_allclose(product(chain.sample(rng=3)), numerical, rtol=1e-6, atol=1e-8)


def test_the_network_stays_stationary():
    """After three layers: given the activities the pre-activations are independent stable numbers of a known scale (exact at
    every width), and that scale is one of the exact chain of lengths started at the fixed point."""
    alpha, sigma_w, width = 1.5, 1.2, 1500
    chain = JacobianChain(width, 3, alpha=alpha, sigma_w=sigma_w)
    h, layers = recorded_network(chain, 11)
    for weights, bias in layers:
        x = np.tanh(h)
        h = weights @ x + bias
    q = sigma_w**alpha * np.mean(np.abs(x) ** alpha)
    assert_distribution(h / (q / 2) ** (1 / alpha), AlphaStable(alpha).cdf, detects=0.07)  # rate 1e-6
    lengths = finite_width_chain(width, 3, alpha=alpha, sigma_w=sigma_w, realisations=400, rng=5)
    spread = 1.15 * lengths.spread[3]  # 400 realisations know it to 4 per cent
    assert (
        z_threshold() * spread < 0.5
    )  # the power: ln q off by that much is found; phi is bounded, so ln q is near normal
    assert abs(np.log(q) - lengths.mean[3]) < z_threshold() * spread
    assert (
        abs(lengths.mean[3] - fixed_point(alpha=alpha, sigma_w=sigma_w).log_q)
        < z_threshold() * lengths.stderr[3] + 2e-3
    )


def test_independent_derivatives_do_not_know_the_weights(rng):
    """In the independent ensemble a row's derivative is uncorrelated with the size of its weights; in the network it is not."""

    def rank_correlation(coupling):
        chain = JacobianChain(400, 1, alpha=1.3, sigma_w=2.0, coupling=coupling)
        seeds = rng.integers(2**32, size=12)
        values = []
        for seed in seeds:
            (factor,) = chain.sample(int(seed))
            draws = np.random.default_rng(int(seed))
            chain._stationary(400, draws)
            from rmt.ensembles import levy_matrix

            w = levy_matrix(400, alpha=1.3, sigma_w=2.0, rng=draws)
            largest = np.abs(w).argmax(axis=1)
            rows = np.arange(400)
            d = factor[rows, largest] / w[rows, largest]
            a = np.argsort(np.argsort(d))
            b = np.argsort(np.argsort(np.abs(w[rows, largest])))
            values.append(np.corrcoef(a, b)[0, 1])
        return np.mean(values), 1 / np.sqrt(400 * 12)

    independent, error = rank_correlation("independent")
    network, _ = rank_correlation("network")
    assert abs(independent) < 4.9 * error
    assert network < -0.2


def test_shapes_follow_the_widths_and_equal_seeds_give_equal_bits():
    chain = JacobianChain([4, 9, 3, 6], 3, alpha=1.2, sigma_w=1.0)
    first, second = list(chain.sample(5)), list(chain.sample(5))
    assert [f.shape for f in first] == [(9, 4), (3, 9), (6, 3)]
    assert all(np.array_equal(a, b) for a, b in zip(first, second, strict=True))


def test_relu_chains_need_no_fixed_point():
    chain = JacobianChain(50, 2, alpha=1.5, sigma_w=1.0, activation="relu")
    zero_rows = [np.mean(~factor.any(axis=1)) for factor in chain.sample(1)]
    assert all(0.15 < fraction < 0.85 for fraction in zero_rows)


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ({"width": 1}, "width = 1 must be an integer >= 2"),
        ({"width": [4, 4]}, "width has 2 entries; depth \\+ 1 = 3"),
        ({"depth": 0}, "depth = 0"),
        ({"alpha": 0.0}, "alpha = 0.0"),
        ({"sigma_w": -1.0}, "sigma_w = -1.0"),
        ({"coupling": "annealed"}, "coupling = 'annealed'"),
        ({"order": "WDW"}, "order = 'WDW'"),
        ({"inputs": [0.0, 1.0]}, "inputs has 2 values"),
    ],
)
def test_bad_input_is_named(arguments, named):
    good = {"width": 4, "depth": 2, "alpha": 1.5, "sigma_w": 1.0}
    with pytest.raises(ValueError, match=named):
        JacobianChain(**{**good, **arguments})
