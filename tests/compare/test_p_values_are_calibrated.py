"""p-values are uniform under the hypothesis at finite N and few realisations, and small when the theory is wrong.

Under the hypothesis 400 p-values are compared with the uniform law (Dvoretzky-Kiefer-Wolfowitz, false-fail rate 1e-6 each:
distances above 0.135 fail); for the power, the same theory shifted by what the errors can see must be rejected.
"""

import functools

import numpy as np
import pytest
from scipy import stats
from statistical import assert_distribution

from rmt.compare import compare, compare_limit

REPEATS = 400


def uniform(values):
    return np.clip(values, 0.0, 1.0)


def skewed(rng, realisations, n):
    """Realisations with a common, skewed factor: their numbers are far from independent, their means not quite normal."""
    factor = rng.gamma(8.0, 1 / 8.0, size=(realisations, 1))
    return stats.norm.cdf(rng.standard_normal((realisations, n)) * 0.5 + np.log(factor))


class Exact:
    """The marginal law of `skewed`, by quadrature."""

    _g = stats.gamma(8.0, scale=1 / 8.0).ppf((np.arange(300) + 0.5) / 300)

    def cdf(self, x):
        z = stats.norm.ppf(np.clip(np.asarray(x, dtype=float), 1e-15, 1 - 1e-15))
        return stats.norm.cdf((z[..., None] - np.log(self._g)) / 0.5).mean(axis=-1)

    def icdf(self, p):
        return np.interp(p, *self._table)

    @functools.cached_property
    def _table(self):
        grid = np.linspace(1e-6, 1 - 1e-6, 2001)
        return self.cdf(grid), grid


LAW = Exact()


@pytest.mark.parametrize("realisations", [4, 12, 60])
@pytest.mark.parametrize("statistic", ["cdf", "density", "quantile"])
def test_clustered_samples_against_a_law(rng, realisations, statistic):
    law = LAW
    points = None if statistic == "quantile" else law.icdf(np.arange(1, 10) / 10)
    p = [
        compare(law, skewed(rng, realisations, 40), statistic=statistic, points=points).p_value for _ in range(REPEATS)
    ]
    assert_distribution(p, uniform, detects=0.136)


@pytest.mark.parametrize("realisations", [3, 10, 50])
def test_a_number_is_student_at_any_number_of_realisations(rng, realisations):
    p = [compare(1.0, rng.normal(1.0, 2.0, (realisations, 5))).p_value for _ in range(REPEATS)]
    assert_distribution(p, uniform, detects=0.136)


@pytest.mark.parametrize("realisations", [6, 30])
def test_a_curve_with_correlated_points(rng, realisations):
    mixing = rng.standard_normal((8, 8))
    theory = np.sin(np.arange(8.0))
    p = [compare(theory, theory + rng.standard_normal((realisations, 8)) @ mixing).p_value for _ in range(REPEATS)]
    assert_distribution(p, uniform, detects=0.136)
    shifted = compare(theory, theory + 3 * mixing[0] + rng.standard_normal((30, 8)) @ mixing)
    assert shifted.p_value < 1e-6
    assert shifted.statistic == "curve"


@pytest.mark.parametrize("n", [10, 100])
@pytest.mark.parametrize("statistic", ["cdf", "density"])
def test_independent_numbers(rng, n, statistic):
    """Kolmogorov's distance is exact at every n; Pearson's chi-square is discrete at small n, within the bound."""
    points = stats.norm.ppf(np.arange(1, 5) / 5) if n == 10 else None
    if statistic == "cdf":
        points = None
    if statistic == "density" and n == 10:
        pytest.skip("two bins of five: the p-value takes six values only")
    p = [
        compare(stats.norm, rng.standard_normal(n), statistic=statistic, points=points).p_value for _ in range(REPEATS)
    ]
    assert_distribution(p, uniform, detects=0.136)


def test_wrong_laws_are_found_by_every_statistic(rng):
    samples = skewed(rng, 60, 200)
    for statistic in ("cdf", "density", "quantile"):
        assert compare(stats.uniform, samples, statistic=statistic).p_value < 1e-6
    for statistic in ("cdf", "density"):
        assert compare(stats.norm(0.2), rng.standard_normal(2000), statistic=statistic).p_value < 1e-6


def test_a_density_counts_what_lies_outside_its_bins(rng):
    values = rng.standard_normal(4000)
    edges = np.linspace(-1, 1, 9)
    result = compare(stats.norm, values, statistic="density", points=edges)
    assert np.allclose(result.theory, np.diff(stats.norm.cdf(edges)) / np.diff(edges))
    assert np.allclose(result.estimate, np.histogram(values, edges)[0] / 4000 / np.diff(edges))
    # right inside the bins, wrong outside: half of the tails is moved inwards in proportion
    inside = values[np.abs(values) < 1]
    spoiled = np.concatenate([inside, rng.choice(inside, values.size - inside.size)])
    assert compare(stats.norm, spoiled, statistic="density", points=edges).p_value < 1e-6


def finite(rng, size, realisations):
    """Numbers whose law has a 1/N correction, in realisations with a common factor."""
    common = rng.standard_normal((realisations, 1)) * 0.3
    return rng.standard_normal((realisations, 50)) + common + 4.0 / size


def test_extrapolated_comparisons_are_calibrated_where_single_sizes_are_not(rng):
    law = stats.norm(scale=np.sqrt(1.09))
    law_points = law.ppf(np.arange(1, 10) / 10)
    p, single = [], []
    for _ in range(REPEATS):
        samples = {size: finite(rng, size, 40) for size in (16, 32, 64)}
        p.append(compare_limit(law, samples, points=law_points).p_value)
        single.append(compare(law, samples[16], points=law_points).p_value)
    assert_distribution(p, uniform, detects=0.136)
    assert np.mean(np.array(single) < 0.01) > 0.5, "at N = 16 alone the correction is seen"
