"""Scores: analytic derivatives of the log density in x and in every parameter, to 1e-11 (1 + abs(score))."""

import json
import threading
from pathlib import Path

import numpy as np
import pytest

from rmt.stable import AlphaStable, PositiveStable
from rmt.stable.likelihood import local_density

REFERENCE = json.loads((Path(__file__).parents[1] / "reference" / "stable_scores.json").read_text())

# two-formula values of d log f/d(x, alpha, beta) in S0 (ten digits)
KNOWN = [
    (0.2, 0.0, 0.05, (-17.46588579, 3.250684281, -4.602307630)),
    (0.98, 0.4, -1.1, (1.498494823, 1.177835254, 0.2606513236)),
    (1.2, 1.0, -3.5, (13.64158432, 57.18594225, -77732.36979)),
    (1.99, 0.0, 7.5, (-0.5119905501, -100.2510301, 1.001908313)),
]


@pytest.mark.parametrize(("alpha", "beta", "x", "expected"), KNOWN)
def test_known_scores(alpha, beta, x, expected):
    found = AlphaStable(alpha, beta).score(x)
    np.testing.assert_allclose([float(v) for v in found[:3]], expected, rtol=5e-10)  # half a unit of the tenth digit


def test_scores_on_the_reference_grid():
    """alpha from 0.15 through 1 +- 1e-9 to 2, beta up to and including +-1, x from 1e-6 to 300."""
    bad = []
    for alpha, beta, x, _, *wanted in REFERENCE["rows"]:
        found = np.array([float(v) for v in AlphaStable(alpha, beta).score(x)[:3]])
        expected = np.array([float(v) for v in wanted])
        error = np.abs(found - expected) / (1.0 + np.abs(expected))
        if not error.max() < 1e-11:
            bad.append((alpha, beta, x, error, expected))
    assert not bad, bad
    assert len(REFERENCE["rows"]) > 100
    assert sum(row[3] == "both" for row in REFERENCE["rows"]) >= 20


def test_scores_of_the_positive_law():
    """a from 0.02 to 0.99 against differences of certified densities; the scale against its own differences."""
    rows = json.loads((Path(__file__).parents[1] / "reference" / "stable_positive_scores.json").read_text())["rows"]
    bad = []
    for a, x, *wanted in rows:
        found = PositiveStable(a, 3.0).score(3.0 * x)
        expected = np.array([float(v) for v in wanted])
        error = np.abs(np.array([3.0 * found.x, found.a]) - expected) / (1.0 + np.abs(expected))
        if not error.max() < 1e-11:
            bad.append((a, x, error, expected))
    assert not bad, bad
    assert len(rows) > 25
    up, down = (PositiveStable(0.7, s).logpdf(1.3) for s in (2.0 + 1e-5, 2.0 - 1e-5))
    assert float(PositiveStable(0.7, 2.0).score(1.3).scale) == pytest.approx((up - down) / 2e-5, rel=1e-8)
    with pytest.raises(ValueError, match="x holds a point that is not finite and positive"):
        PositiveStable(0.7).score([1.0, 0.0])


@pytest.mark.parametrize(
    ("alpha", "beta"), [(0.3, 0.6), (0.93, -0.4), (1.0, 0.5), (1.05, 0.2), (1.4, -1.0), (1.9, 0.0)]
)
def test_scores_join_where_the_formula_changes(alpha, beta):
    """Scores in x from either side of every change of formula differ by what the step in x makes them differ."""
    law = AlphaStable(alpha, beta)
    x = np.sort(np.concatenate([np.linspace(-9.0, 9.0, 700), np.sinh(np.linspace(-9.0, 9.0, 300))]))
    x = x[np.abs(law.score(x).beta) < 1e3]  # deep in the light tail of beta = -1 it grows like 1/f
    near = x * (1 + 1e-13)
    for before, after in zip(law.score(x)[:3], law.score(near)[:3], strict=True):
        assert np.max(np.abs(after - before) / (1 + np.abs(before))) < 1e-10


def test_light_tails_beyond_underflow():
    """-ln f = 1e9 at (1.3, -1): d log f/dx is minus the saddle; beta has the infinite score of a tail that appears."""
    law = AlphaStable(1.3, -1.0)
    x = 40.0 * np.array([1.0, 1.0 + 1e-6, 1.0 - 1e-6]) * 4.0
    score, log_f = law.score(x), law.logpdf(x)
    assert log_f[0] < -1e6
    assert score.x[0] == pytest.approx((log_f[1] - log_f[2]) / (x[1] - x[2]), rel=1e-6)
    assert score.beta[0] == np.inf
    assert np.isfinite(score.alpha).all()


def test_tables_of_the_likelihood_hold_the_scores():
    """What the fit adds up is the law's own score: 1e-9 where tables are made for one law, 1e-7 where they are interpolated."""
    for alpha, beta, shared, bound in (
        (1.5, 0.0, True, 1e-7),
        (1.5, 0.0, False, 1e-9),
        (0.8, -0.5, False, 1e-9),
        (1.02, 0.4, False, 1e-9),
    ):
        law = AlphaStable(alpha, beta)
        local = local_density(alpha, beta, beta == 0.0, 1e4, shared=shared)
        x = law.sample(500, rng=3)
        x = x[np.abs(x) < 1e3]
        u = x - local.offset
        log_f, slope, of_alpha = np.empty(x.size), np.empty(x.size), np.empty(x.size)
        local.log_f.slopes(u, log_f, slope)
        local.d_alpha.values(u, of_alpha, False)
        exact = law.score(x)
        np.testing.assert_allclose(slope, exact.x, rtol=bound, atol=bound)
        np.testing.assert_allclose(of_alpha - local.zeta_alpha * slope, exact.alpha, rtol=bound, atol=bound)
        if beta != 0.0:
            of_beta = np.empty(x.size)
            local.d_beta.values(u, of_beta, False)
            np.testing.assert_allclose(of_beta - local.zeta_beta * slope, exact.beta, rtol=bound, atol=bound)


@pytest.mark.parametrize("parameterization", ["S0", "S1"])
@pytest.mark.parametrize(("alpha", "beta"), [(0.7, 0.4), (1.0, 0.5), (1.5, -0.3)])
def test_chain_rules(alpha, beta, parameterization):
    p = dict(alpha=alpha, beta=beta, loc=0.4, scale=1.7)
    x = np.array([-3.0, 1.3, 6.0])
    score = AlphaStable(**p, parameterization=parameterization).score(x)
    for name in ("loc", "scale", "beta"):
        h = 1e-5
        up, down = (
            AlphaStable(**{**p, name: p[name] + s * h}, parameterization=parameterization).logpdf(x) for s in (1, -1)
        )
        # the difference quotient is good to h^2 and 1e-16/h
        np.testing.assert_allclose(getattr(score, name), (up - down) / (2 * h), rtol=1e-8, atol=2e-9)


def test_outside_the_support_there_is_no_score():
    with pytest.raises(ValueError, match="support"):
        AlphaStable(0.5, 1.0).score(-10.0)


@pytest.mark.parametrize("x", [np.nan, np.inf])
def test_no_score_where_x_is_not_finite(x):
    with pytest.raises(ValueError, match="x holds NaN or an infinity"):
        AlphaStable(1.5).score(x)


def test_ten_threads_give_the_serial_answer():
    law, x = AlphaStable(1.4, 0.3), np.linspace(-30, 30, 400)
    serial, found = law.score(x).alpha, [None] * 10

    def work(i):
        found[i] = law.score(x).alpha

    threads = [threading.Thread(target=work, args=(i,)) for i in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for other in found:
        np.testing.assert_array_equal(other, serial)
