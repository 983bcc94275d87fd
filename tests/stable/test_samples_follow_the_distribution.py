"""Kolmogorov-Smirnov: samples against the law's own distribution function, which no sampler code enters."""

import numpy as np
import pytest
from statistical import FALSE_FAIL_RATE, assert_distribution

from rmt.stable import AlphaStable, PositiveStable

N = 200_000
DETECTS = 0.02  # largest difference of distribution functions that is found with probability 1 - 1e-6

LAWS = [
    (0.3, 0.0),
    (0.7, 0.5),
    (0.96, -0.4),
    (1.0, 0.5),
    (1 + 1e-9, 0.5),
    (1.3, -1.0),
    (1.5, 0.0),
    (1.8, 0.9),
    (2.0, 0.0),
]


@pytest.mark.parametrize(("alpha", "beta"), LAWS)
def test_stable_samples_follow_the_distribution(alpha, beta, rng):
    """False-fail rate 1e-6 a law; a distribution function off by 0.02 somewhere is found with probability 1 - 1e-6."""
    law = AlphaStable(alpha, beta, loc=0.3, scale=2.0)
    assert_distribution(law.sample(N, rng), law.cdf, detects=DETECTS, rate=FALSE_FAIL_RATE)


@pytest.mark.parametrize("a", [0.05, 0.3, 0.5, 0.75, 0.98])
def test_positive_samples_follow_the_distribution(a, rng):
    """Rates as above."""
    law = PositiveStable(a, 3.0)
    assert_distribution(law.sample(N, rng), law.cdf, detects=DETECTS, rate=FALSE_FAIL_RATE)


@pytest.mark.parametrize(
    ("right", "wrong", "grid"),
    [
        (AlphaStable(1.5), AlphaStable(1.2), np.linspace(-30, 30, 2001)),
        (AlphaStable(1.0, 0.5), AlphaStable(1.0, 0.35), np.linspace(-30, 30, 2001)),
        (PositiveStable(0.5), PositiveStable(0.46), np.logspace(-3, 4, 2001)),
    ],
)
def test_a_sampler_of_another_index_is_caught(right, wrong, grid, rng):
    """The power that is claimed: these laws differ by 0.02 or a little more, and the test refuses each of them."""
    difference = np.max(np.abs(right.cdf(grid) - wrong.cdf(grid)))
    assert DETECTS <= difference < 0.05
    with pytest.raises(AssertionError):
        assert_distribution(wrong.sample(N, rng), right.cdf, detects=DETECTS, rate=FALSE_FAIL_RATE)


def test_the_far_tail_is_populated_as_the_law_says(rng):
    """Counts beyond the quantile of 1e-3 in 1e6 samples: Poisson, 5.2 sigma (2e-7 each); finds 33 % in the tail weight."""
    for law in (AlphaStable(1.5), AlphaStable(0.8, 0.5), PositiveStable(0.6)):
        count = int(np.sum(law.sample(1_000_000, rng) > law.iccdf(1e-3)))
        assert abs(count - 1000) < 5.2 * np.sqrt(1000)
