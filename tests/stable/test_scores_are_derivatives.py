"""Scores: derivatives of the log density in x and in every parameter, against mpmath."""

import numpy as np
import pytest
from mpmath import mp, mpf

from rmt.stable import AlphaStable
from rmt.stable.arbitrary import stable_values

# two-formula values of d log f/d(x, alpha, beta) in S0 (ten digits)
KNOWN = [
    (0.2, 0.0, 0.05, (-17.46588579, 3.250684281, -4.602307630)),
    (0.98, 0.4, -1.1, (1.498494823, 1.177835254, 0.2606513236)),
    (1.2, 1.0, -3.5, (13.64158432, 57.18594225, -77732.36979)),
    (1.99, 0.0, 7.5, (-0.5119905501, -100.2510301, 1.001908313)),
]


@pytest.mark.parametrize(("alpha", "beta", "x", "expected"), KNOWN)
def test_known_scores(alpha, beta, x, expected):
    # the reference has ten digits; alpha at 0.98 is limited to 2e-8 by the step
    found = AlphaStable(alpha, beta).score(x)
    np.testing.assert_allclose([float(v) for v in found[:3]], expected, rtol=2e-7 if abs(beta) < 1 else 2e-6)


@pytest.mark.parametrize(
    ("alpha", "beta", "x"), [(0.6, 0.5, 0.3), (1.0, 0.3, 2.0), (1.4, -0.6, -1.5), (1.8, 0.0, 30.0)]
)
def test_scores_are_derivatives(alpha, beta, x):
    def log_f(a, b, y):
        return mp.log(stable_values(a, b, y, 18)[0])

    with mp.workdps(40):
        a, b, y, h = mpf(alpha), mpf(beta), mpf(x), mpf(10) ** -7
        wanted = [
            (log_f(a, b, y + h) - log_f(a, b, y - h)) / (2 * h),
            (log_f(a + h, b, y) - log_f(a - h, b, y)) / (2 * h),
            (log_f(a, b + h, y) - log_f(a, b - h, y)) / (2 * h),
        ]
        wanted = [float(v) for v in wanted]
    found = AlphaStable(alpha, beta).score(x)
    np.testing.assert_allclose([float(v) for v in found[:3]], wanted, rtol=1e-7, atol=1e-8)


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
        np.testing.assert_allclose(getattr(score, name), (up - down) / (2 * h), atol=2e-7)


def test_outside_the_support_there_is_no_score():
    with pytest.raises(ValueError, match="support"):
        AlphaStable(0.5, 1.0).score(-10.0)
