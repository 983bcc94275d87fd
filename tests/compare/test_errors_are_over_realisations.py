"""Errors of a comparison come from the scatter over realisations, not from the numbers inside one."""

import math

import numpy as np
import pytest
from scipy import special, stats
from statistical import assert_mean

from rmt.compare import Comparison, ComparisonFailed, Samples, compare


def correlated(rng, realisations, n, shift=0.0):
    """Normal numbers, all of one realisation sharing most of their noise: their iid error is far too small."""
    common = rng.standard_normal((realisations, 1))
    own = rng.standard_normal((realisations, n))
    return shift + math.sqrt(0.8) * common + math.sqrt(0.2) * own


def test_the_error_of_a_mean_is_that_of_the_realisations(rng):
    samples = correlated(rng, 40, 500)
    result = compare(0.0, samples)
    means = samples.mean(axis=1)
    assert result.estimate == pytest.approx(means.mean(), rel=1e-14)
    assert result.stderr == pytest.approx(means.std(ddof=1) / math.sqrt(40), rel=1e-14)
    assert result.pull == pytest.approx(result.estimate / result.stderr, rel=1e-14)
    assert result.p_value == pytest.approx(stats.ttest_1samp(means, 0.0).pvalue, rel=1e-10)
    assert result.realisations == 40
    iid_error = samples.std() / math.sqrt(samples.size)
    assert result.stderr > 8 * iid_error


def test_labels_rows_and_lists_are_the_same_clusters(rng):
    samples = correlated(rng, 12, 30)
    order = rng.permutation(samples.size)
    labels = np.repeat(np.arange(12), 30)
    results = [
        compare(0.1, samples),
        compare(0.1, list(samples)),
        compare(0.1, samples.ravel()[order], clusters=labels[order]),
        compare(0.1, Samples(samples.ravel(), clusters=labels)),
    ]
    for result in results[1:]:
        assert result.pull == pytest.approx(results[0].pull, rel=1e-9)
        assert result.p_value == pytest.approx(results[0].p_value, rel=1e-9)


def test_pulls_of_a_cdf_are_standard_normal(rng):
    """False-fail rate 1e-6 each; finds a spread off by 10 %."""
    pulls = np.array([compare(stats.norm, correlated(rng, 60, 20)).pull for _ in range(400)])
    assert_mean(pulls[:, 4], 0.0, detects=0.3)
    # var of t with 59 degrees of freedom is 59/57; the variance of its square is taken from the sample
    assert_mean(pulls[:, 4] ** 2, 59 / 57, detects=0.5)


def test_theory_and_monte_carlo_that_agree_pass_the_check(rng):
    result = compare(stats.norm, correlated(rng, 100, 50), label="normal")
    assert result.check() is result
    assert "normal: theory" in str(result)
    columns = result.to_columns()
    assert set(columns) == {"label", "point", "theory", "estimate", "stderr", "pull"}
    assert len(result.to_frame()) == 9
    assert result.to_row()["p_value"] == result.p_value


@pytest.mark.parametrize("statistic", ["mean", "cdf", "quantile"])
def test_a_shift_is_found(rng, statistic):
    samples = correlated(rng, 200, 50, shift=1.0)
    with pytest.raises(ComparisonFailed, match=r"theory and Monte Carlo differ.*pull \+?-?\d+"):
        compare(stats.norm, samples, statistic=statistic).check(4)


@pytest.mark.parametrize("statistic", ["mean", "cdf", "quantile"])
@pytest.mark.parametrize("log", [False, True])
def test_logarithms_give_the_same_answer(rng, statistic, log):
    law = stats.lognorm(1.0)
    if log:
        law.mean_log = 0.0
    values = rng.standard_normal((50, 30))
    result = compare(law, values if log else np.exp(values), statistic=statistic, log=log)
    assert isinstance(result, Comparison)
    result.check(5)
    if statistic == "cdf" and log:
        other = compare(stats.lognorm(1.0), np.exp(values))
        assert np.array_equal(other.estimate, result.estimate)
        assert other.p_value == pytest.approx(result.p_value, rel=1e-6)


def test_sigmas_are_those_of_a_normal_law(rng):
    result = compare(0.0, rng.standard_normal(10))
    assert special.ndtr(-result.sigmas) * 2 == pytest.approx(result.p_value, rel=1e-9)


def test_realisations_that_agree_exactly():
    same = np.ones((4, 3))
    assert compare(1.0, same).pull == 0.0
    assert compare(1.0, same).p_value == 1.0
    wrong = compare(2.0, same)
    assert wrong.pull == -math.inf
    assert wrong.p_value == 0.0
    with pytest.raises(ComparisonFailed):
        wrong.check()


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: compare(0.0, [1.0]), "at least 2 values"),
        (lambda: compare(0.0, [[1.0, 2.0]]), "at least 2 realisations"),
        (lambda: compare(0.0, [1.0, np.nan]), r"NaN at index \(1,\)"),
        (lambda: compare(0.0, np.zeros((2, 2, 2))), "shape"),
        (lambda: compare(0.0, [[1.0], [2.0]], clusters=[0, 1]), "clusters goes with"),
        (lambda: compare(0.0, [1.0, 2.0], clusters=[0]), "shape of samples"),
        (lambda: compare(np.nan, [1.0, 2.0]), "theory = nan"),
        (lambda: compare("x", [1.0, 2.0]), "theory = 'x'"),
        (lambda: compare(0.0, [1.0, 2.0], statistic="cdf"), "needs a law"),
        (lambda: compare(stats.norm, [1.0, 2.0], statistic="median"), "statistic = 'median'"),
        (lambda: compare(stats.norm, [1.0, 2.0], points=[1.0, 0.0]), "increase strictly"),
        (lambda: compare(stats.norm, [1.0, 2.0], points=[1.5], statistic="quantile"), "levels in"),
        (lambda: compare(stats.norm, [[1.0], [2.0]], test="kolmogorov"), "independent numbers"),
        (lambda: compare(0.0, [1.0, 2.0]).check(-1), "sigmas = -1"),
        (lambda: compare(0.0, [-np.inf, 2.0]), "infinite"),
        (lambda: compare(0.0, ["a", "b"]), "real numbers"),
    ],
)
def test_bad_input_is_refused(build, message):
    with pytest.raises(ValueError, match=message):
        build()
