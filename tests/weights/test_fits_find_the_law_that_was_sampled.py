"""Fits of entries: parameters within their errors, the right rival wins, Gaussian noise is never called heavy-tailed."""

import math

import numpy as np
import pytest
from scipy import stats
from statistical import assert_mean

from rmt.ensembles import levy_matrix
from rmt.weights import WeightsError, fit_layers, hill_index
from rmt.weights.rivals import fit_normal, fit_rows, fit_stable, fit_student


def test_hill_finds_the_index_of_a_pareto_tail(rng):
    pulls = []
    for _ in range(300):
        index, stderr, count = hill_index(rng.pareto(1.7, 5000) + 1, fraction=0.05)
        assert count == 250
        pulls.append((index - 1.7) / stderr)
    assert_mean(pulls, 0.0, detects=0.35)


def test_hill_uses_moduli_and_refuses_what_has_no_tail(rng):
    values = rng.standard_cauchy(1000)
    assert hill_index(values)[0] == hill_index(-values)[0] == hill_index(values.reshape(20, 50))[0]
    assert hill_index(np.r_[np.ones(90), -np.ones(10)])[0] == math.inf
    with pytest.raises(ValueError, match="at least 50"):
        hill_index(np.ones(49))
    with pytest.raises(ValueError, match="no tail"):
        hill_index(np.zeros(100))
    with pytest.raises(ValueError, match=r"fraction = 0\.6"):
        hill_index(values, fraction=0.6)


def test_the_normal_likelihood_is_scipys(rng):
    matrix = rng.normal(0.3, 2.0, (40, 50))
    fit = fit_normal(matrix)
    expected = stats.norm(fit.parameters["loc"], fit.parameters["scale"]).logpdf(matrix).sum()
    assert fit.loglikelihood == pytest.approx(expected, rel=1e-12)
    assert fit.aic == pytest.approx(4 - 2 * expected, rel=1e-12)


@pytest.mark.parametrize("nu", [1.0, 3.0, 10.0])
def test_the_student_fit_is_a_maximum(rng, nu):
    matrix = 0.01 * stats.t(nu).rvs((60, 80), random_state=rng) + 5.0
    fit = fit_student(matrix)
    found = fit.parameters

    def loglikelihood(nu, loc, scale):
        return stats.t(nu, loc, scale).logpdf(matrix).sum()

    best = loglikelihood(found["nu"], found["loc"], found["scale"])
    assert fit.loglikelihood == pytest.approx(best, rel=1e-10)
    for factor in (0.97, 1.03):
        assert loglikelihood(found["nu"] * factor, found["loc"], found["scale"]) < best + 1e-6
        assert loglikelihood(found["nu"], found["loc"], found["scale"] * factor) < best + 1e-6
    for shift in (-1e-3, 1e-3):
        assert loglikelihood(found["nu"], found["loc"] + shift, found["scale"]) < best + 1e-6
    assert abs(math.log(found["nu"] / nu)) < 0.5


def test_rows_of_different_scale_are_seen(rng):
    scales = np.exp(0.7 * rng.standard_normal(100))
    matrix = rng.standard_normal((100, 200)) * scales[:, None]
    fit = fit_rows(matrix)
    expected = sum(
        stats.norm(matrix.mean(), math.sqrt(np.mean((r - matrix.mean()) ** 2))).logpdf(r).sum() for r in matrix
    )
    assert fit.loglikelihood == pytest.approx(expected, rel=1e-12)
    assert fit.parameters["log_scale_spread"] == pytest.approx(np.std(np.log(scales)), rel=0.1)
    assert fit.aic < min(fit_normal(matrix).aic, fit_student(matrix).aic, fit_stable(matrix).aic)
    assert fit_rows(np.array([[1.0, 1.0, 1.0], [0.0, 1.0, 2.0]])).loglikelihood == -math.inf


@pytest.mark.parametrize("alpha", [1.2, 1.5, 1.8])
def test_stable_matrices_give_their_index_and_scale(rng, alpha):
    fits = fit_layers({"w": levy_matrix(80, 120, alpha=alpha, sigma_w=1.7, rng=rng)}, null=5, rng=rng)
    assert abs(fits.alpha[0] - alpha) < 5 * fits.alpha_stderr[0]
    assert fits.alpha_stderr[0] < 0.03
    assert abs(fits.sigma_w[0] - 1.7) < 5 * fits.sigma_w_stderr[0]
    if alpha > 1.4:  # next to alpha = 1 ten thousand entries hardly tell a stable law from Student's
        assert fits.best[0] == "stable"
    assert fits.aic_stable[0] < 10.0
    assert fits.aic_normal[0] > 100
    assert fits.p_gaussian[0] == pytest.approx(1 / 6)
    assert (fits.n_out[0], fits.n_in[0]) == (80, 120)


def test_the_law_that_was_sampled_has_the_smallest_criterion(rng):
    model = {
        "gauss": rng.standard_normal((60, 60)),
        "student": stats.t(4).rvs((60, 60), random_state=rng),
        "rows": rng.standard_normal((60, 60)) * np.exp(0.7 * rng.standard_normal((60, 1))),
    }
    fits = fit_layers(model, null=19, rng=1)
    assert dict(zip(fits.name, fits.best, strict=True)) == {"gauss": "normal", "rows": "rows", "student": "student"}
    gauss = list(fits.name).index("gauss")
    assert fits.alpha[gauss] > 1.9
    assert fits.alpha[gauss] <= 2.0
    assert np.isfinite(fits.alpha_stderr[gauss])
    assert fits.p_gaussian[gauss] > 0.05
    others = [i for i in range(3) if i != gauss]
    assert np.all(fits.p_gaussian[others] == 0.05)
    assert abs(fits.hill[gauss] - fits.hill_gaussian[gauss]) < 5 * fits.hill_stderr[gauss]


def test_results_become_a_table(rng):
    fits = fit_layers({"a": rng.standard_normal((40, 40)), "b": rng.standard_normal((50, 40))}, null=0)
    columns = fits.to_columns()
    assert columns["name"] == ["a", "b"]
    assert len(fits.to_frame()) == len(fits) == 2
    assert np.isnan(columns["p_gaussian"]).all()
    assert fits.meta["source"] == "arrays"


def test_bad_input_is_refused(rng):
    with pytest.raises(WeightsError, match="fewer than 1000 entries"):
        fit_layers({"a": rng.standard_normal((10, 10))})
    with pytest.raises(ValueError, match="null = -1"):
        fit_layers({"a": rng.standard_normal((40, 40))}, null=-1)
    with pytest.raises(ValueError, match="min_entries = 3"):
        fit_layers({"a": rng.standard_normal((40, 40))}, min_entries=3)
