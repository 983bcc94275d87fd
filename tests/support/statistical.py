"""Statistical assertions that name their false-fail rate and assert their power.

A test states the rate at which it fails although the code is right (1e-6 by default) and a second assertion checks that
the smallest discrepancy it can detect at the chosen sample size is small enough to be worth testing.
"""

import math
import os

import numpy as np
from scipy import special

FALSE_FAIL_RATE = 1e-6
__test__ = False


def test_seed() -> int:
    """Seed of the statistical tests: the environment variable RMT_TEST_SEED, 20120403 if it is not set."""
    return int(os.environ.get("RMT_TEST_SEED", "20120403"))


test_seed.__test__ = False


def z_threshold(rate: float = FALSE_FAIL_RATE, comparisons: int = 1) -> float:
    """Two-sided normal quantile at a false-fail rate shared by `comparisons` tests (Bonferroni)."""
    return float(-special.ndtri(rate / comparisons / 2))


def assert_mean(samples, expected, *, detects: float, rate: float = FALSE_FAIL_RATE) -> None:
    """The mean of independent samples is `expected`; shifts of `detects` or more are found with probability 1/2 at least."""
    samples = np.asarray(samples, dtype=float)
    error = samples.std(ddof=1) / math.sqrt(samples.size)
    limit = z_threshold(rate) * error
    assert limit <= detects, f"no power: detects only shifts above {limit:.3g}, {detects:.3g} wanted"
    pull = (samples.mean() - expected) / error
    assert abs(samples.mean() - expected) <= limit, (
        f"mean {samples.mean():.6g}, expected {expected:.6g}, pull {pull:.2f}"
    )


def assert_distribution(samples, cdf, *, detects: float, rate: float = FALSE_FAIL_RATE) -> None:
    """Kolmogorov-Smirnov: independent samples follow `cdf`; the test rejects at distance `limit`, which must be <= `detects`."""
    x = np.sort(np.asarray(samples, dtype=float).ravel())
    n = x.size
    f = np.asarray(cdf(x), dtype=float)
    distance = max(np.max(np.arange(1, n + 1) / n - f), np.max(f - np.arange(n) / n))
    limit = math.sqrt(-math.log(rate / 2) / (2 * n))  # Dvoretzky-Kiefer-Wolfowitz: valid at every n
    assert limit <= detects, f"no power: detects only distances above {limit:.3g}, {detects:.3g} wanted"
    assert distance <= limit, f"Kolmogorov distance {distance:.4g} above {limit:.4g} at n = {n}"
