"""Extrapolation in 1/N: exact on exact data, pulls of order one, and a warning when the form does not fit."""

import numpy as np
import pytest
from scipy import stats
from statistical import assert_mean

from rmt.compare import CouplingMismatch, Samples, compare_limit, extrapolate

SIZES = np.array([32, 64, 128, 256, 512])


@pytest.mark.parametrize("order", [0, 1, 2])
@pytest.mark.parametrize("power", [0.5, 1.0, 2.0])
def test_exact_data_give_the_exact_limit(order, power):
    truth = np.array([1.7, -3.0, 11.0])[: order + 1]
    y = sum(b * SIZES ** (-power * k) for k, b in enumerate(truth))
    fit = extrapolate(SIZES, y, np.linspace(0.1, 0.2, 5), order=order, power=power)
    assert np.allclose(fit.coefficients, truth, rtol=1e-7)
    assert fit.chi2 < 1e-12
    assert abs(fit.shift) < 1e-8
    assert fit(100.0, power=power) == pytest.approx(sum(b * 100.0 ** (-power * k) for k, b in enumerate(truth)))


def test_the_error_is_that_of_least_squares():
    s = np.array([0.1, 0.2, 0.1, 0.3, 0.2])
    fit = extrapolate(SIZES, np.ones(5), s)
    _, covariance = np.polyfit(1 / SIZES, np.ones(5), 1, w=1 / s, cov="unscaled")
    assert fit.stderr == pytest.approx(np.sqrt(covariance[1, 1]), rel=1e-9)
    assert fit.weights @ np.ones(5) == pytest.approx(1.0)


def test_pulls_of_the_limit_are_standard(rng):
    pulls, chi2 = [], []
    for _ in range(2000):
        s = np.full(5, 0.01)
        fit = extrapolate(SIZES, 2.0 + 5.0 / SIZES + rng.normal(0, s), s)
        pulls.append((fit.value - 2.0) / fit.stderr)
        chi2.append(fit.chi2)
    assert_mean(pulls, 0.0, detects=0.15)
    assert_mean(np.square(pulls), 1.0, detects=0.2)
    assert_mean(chi2, 3.0, detects=0.35)


def test_a_form_that_does_not_fit_is_told():
    fit = extrapolate(SIZES, 1.0 + SIZES**-0.5, np.full(5, 1e-3))
    assert fit.p_value < 1e-6
    assert abs(fit.shift) > 5 * fit.stderr


def test_as_many_sizes_as_coefficients_leave_no_test():
    fit = extrapolate([10, 20], [1.1, 1.05], [0.01, 0.01])
    assert fit.value == pytest.approx(1.0)
    assert np.isnan(fit.p_value)
    assert np.isnan(fit.shift)


def test_a_scalar_is_extrapolated(rng):
    samples = {int(size): rng.normal(2.0 + 8.0 / size, 1.0, (60, 40)) for size in SIZES}
    result = compare_limit(2.0, samples, label="gain")
    assert isinstance(result.pull, float)
    result.check(5)
    assert result.label == "gain"
    assert result.meta["sizes"] == SIZES.tolist()
    biased = compare_limit(2.0, samples, order=0)
    assert biased.estimate > 2.0 + 3 * biased.stderr


def test_a_curve_is_extrapolated(rng):
    curve = np.array([0.0, 1.0, 4.0])
    samples = {size: curve + 3.0 / size + rng.normal(0, 0.1, (30, 3)) for size in (20, 40, 80)}
    compare_limit(curve, samples, points=[0.0, 1.0, 2.0]).check(5)


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: extrapolate([10, 10], [1, 1], [1, 1]), "all different"),
        (lambda: extrapolate([10, -1], [1, 1], [1, 1]), "positive"),
        (lambda: extrapolate([10, 20], [1, 1], [1, 0]), "stderr must be positive"),
        (lambda: extrapolate([10, 20], [1], [1, 1]), "one length"),
        (lambda: extrapolate([10], [1], [1]), "order \\+ 1 = 2"),
        (lambda: extrapolate([10, 20], [1, 1], [1, 1], power=0), "power = 0"),
        (lambda: compare_limit(0.0, {10: np.ones((3, 3))}), "at least order"),
        (lambda: compare_limit(0.0, {10: np.ones(3), 20: np.ones(3)}), "must be realisations"),
        (lambda: compare_limit(stats.norm, {}, statistic="quantile", order=-1), "not extrapolated"),
    ],
)
def test_bad_input_is_refused(build, message):
    with pytest.raises(ValueError, match=message):
        build()


def test_the_wrong_ensemble_is_refused_at_every_size(rng):
    class Law:
        coupling = "independent"
        cdf, icdf = staticmethod(stats.norm.cdf), staticmethod(stats.norm.ppf)

    good = rng.standard_normal((5, 5))
    with pytest.raises(CouplingMismatch):
        compare_limit(Law(), {10: good, 20: Samples(good, coupling="network")})
