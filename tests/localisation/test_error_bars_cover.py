"""95 % intervals cover 93 to 97 % of the time although the vectors of a realisation are correlated; the naive error does not.

Model: ln of the weights of vector j in realisation r is s_r z_rij with a factor s_r shared by the realisation, so that the
moments of one realisation move together. The exact mean is taken from many realisations.
"""

import numpy as np
import pytest
from statistical import z_threshold

from rmt.localisation import dimension_estimate, generalised_dimension, size_scaling

Q = np.array([0.5, 2.0])


def realisation(rng, n, vectors=6):
    spread = np.exp(0.25 * rng.standard_normal())
    return np.exp(0.5 * spread * rng.standard_normal((n, vectors)))


def truth_and_error(rng, n, count=100000):
    """Mean dimension of one vector from many realisations of one vector each, and its standard error."""
    spread = np.exp(0.25 * rng.standard_normal(count))
    values = generalised_dimension(np.exp(0.5 * spread * rng.standard_normal((n, count))), Q)
    return values.mean(axis=1), values.std(axis=1) / np.sqrt(count)


def band(trials):
    """0.93 .. 0.97 widened by the binomial scatter of `trials` at the false-fail rate."""
    return 0.02 + z_threshold() * np.sqrt(0.05 * 0.95 / trials)


def coverage(rng, trials, count):
    """Share of trials whose interval holds the truth, with cluster and with naive errors."""
    truth, spread = truth_and_error(rng, 32)
    hits, naive = np.zeros(Q.size), np.zeros(Q.size)
    for _ in range(trials):
        items = [realisation(rng, 32) for _ in range(count)]
        estimate = dimension_estimate(items, Q, rng=rng, replicates=400)
        low, high = estimate.interval(0.95)
        hits += (low <= truth) & (truth <= high)
        values = np.concatenate([generalised_dimension(item, Q) for item in items], axis=1)
        naive += np.abs(values.mean(axis=1) - truth) < 1.96 * values.std(axis=1, ddof=1) / np.sqrt(values.shape[1])
        assert (spread < 0.2 * estimate.stderr).all()
    return hits / trials, naive / trials


@pytest.mark.parametrize("count", [8, 20])
def test_single_size(rng, count):
    """150 trials; the sharper version with 3000 is marked slow. False-fail rate 1e-6 around 93 to 97 %."""
    ours, naive = coverage(rng, 150, count)
    assert (np.abs(ours - 0.95) < band(150)).all(), ours
    assert (naive < 0.85).all(), naive


@pytest.mark.slow
@pytest.mark.parametrize("count", [8, 12, 30])
def test_single_size_sharply(rng, count):
    ours, _ = coverage(rng, 3000, count)
    assert (np.abs(ours - 0.95) < band(3000)).all(), ours


def slope_coverage(rng, trials, count):
    """Truth of the slope: the mean over many realisations at each size."""
    sizes = (16, 32, 64)
    log_n = np.log(sizes) - np.log(sizes).mean()
    entropies = [truth_and_error(rng, n)[0] * np.log(n) for n in sizes]
    truth = log_n @ np.array(entropies) / (log_n**2).sum()
    hits = np.zeros(Q.size)
    for _ in range(trials):
        ladder = [realisation(rng, n) for n in sizes for _ in range(count)]
        low, high = size_scaling(ladder, Q, rng=rng, replicates=400).typical.interval(0.95)
        hits += (low <= truth) & (truth <= high)
    return hits / trials


def test_slopes(rng):
    ours = slope_coverage(rng, 120, 8)
    assert (np.abs(ours - 0.95) < band(120)).all(), ours


@pytest.mark.slow
def test_slopes_sharply(rng):
    ours = slope_coverage(rng, 2000, 8)
    assert (np.abs(ours - 0.95) < band(2000)).all(), ours


def test_fewer_than_five_realisations_are_refused(rng):
    with pytest.raises(ValueError, match="4 with 32 sites, at least 5 of each size"):
        dimension_estimate([realisation(rng, 32) for _ in range(4)], Q)
    with pytest.raises(ValueError, match="empty: at least 5"):
        dimension_estimate([], Q)


def test_fewer_than_three_sizes_are_refused(rng):
    with pytest.raises(ValueError, match=r"the sizes \[16, 32\]: at least 3 are needed"):
        size_scaling([realisation(rng, n) for n in (16, 32) for _ in range(6)], Q)
    with pytest.raises(ValueError, match=r"different sizes \[16, 32\]"):
        dimension_estimate([realisation(rng, n) for n in (16, 32) for _ in range(6)], Q)
