"""Expectations: 1e-13 for analytic saturating functions, 1e-12 with kinks, singularities and growth."""

import math

import numpy as np
import pytest
from scipy.special import gamma

from rmt.stable import AlphaStable, PositiveStable, expect, expectation_rule

EULER = 0.57721566490153286


def absolute_moment(alpha, s):
    return gamma(1 - s / alpha) / (math.cos(math.pi * s / 2) * gamma(1 - s))


def chambers_mallows_stuck(alpha, g):
    """E g(ln|Z|) as a product rule over the angle and the exponential variable: no density enters."""
    t = np.linspace(-4.05, 4.05, 271)
    s = np.pi * np.sinh(t)
    u, v = 0.5 * np.pi / (1 + np.exp(-s)), 0.5 * np.pi / (1 + np.exp(s))
    weight = u * v * np.pi * np.cosh(t)
    near = np.where(u < v, np.sin(alpha * u), np.sin(2 * v + (2 - alpha) * u))
    slow = np.cos((1 - alpha) * u) if alpha <= 1 else np.sin(v + (2 - alpha) * u)
    log_a = np.log(near / np.sin(v)) + (1 - alpha) / alpha * np.log(slow / np.sin(v))
    x = np.linspace(-38.0, 4.2, 260)
    other = np.exp(x - np.exp(x))
    nodes = np.add.outer(log_a, -(1 - alpha) / alpha * x)
    return float(np.sum(np.outer(weight / weight.sum(), other / other.sum()) * g(nodes)))


@pytest.mark.parametrize("alpha", [0.1, 0.3, 0.5, 0.8, 1.0, 1.2, 1.5, 1.8, 1.95, 2.0])
def test_the_rule_on_analytic_functions(alpha):
    log_z, weight = expectation_rule(alpha)
    assert weight.sum() == pytest.approx(1.0, abs=2e-14)
    assert np.sum(weight * log_z) == pytest.approx(EULER * (1 / alpha - 1), abs=1e-13 * (1 + 1 / alpha))
    assert log_z.size < 5000
    with pytest.raises(ValueError, match="read-only"):
        weight[0] = 0.0
    if alpha >= 0.3:
        for g in (lambda t: 1 / (1 + np.exp(-2 * t)), lambda t: np.tanh(3 * np.exp(np.minimum(t, 50.0))) ** 2):
            with np.errstate(over="ignore"):
                assert np.sum(weight * g(log_z)) == pytest.approx(chambers_mallows_stuck(alpha, g), abs=1e-13)


@pytest.mark.parametrize("alpha", [0.8, 1.0, 1.2, 1.5, 1.8])
def test_growth(alpha):
    for fraction in (0.3, 0.6, 0.9):
        p = fraction * alpha * 0.999
        log_z, weight = expectation_rule(alpha, growth=p)
        assert np.sum(weight * np.exp(p * log_z)) == pytest.approx(absolute_moment(alpha, p), rel=1e-12)
        value = expect(lambda x, p=p: np.abs(x) ** p, AlphaStable(alpha), growth=p)
        assert value == pytest.approx(absolute_moment(alpha, p), rel=1e-12)
    with pytest.raises(ValueError, match="growth = "):
        expectation_rule(alpha, growth=alpha)
    with pytest.raises(ValueError, match="growth = "):
        expect(np.abs, AlphaStable(alpha), growth=alpha)


def test_kinks_and_interior_singularities():
    cauchy = AlphaStable(1.0)
    assert expect(lambda x: np.log(np.abs(x * x - 1)), cauchy, kinks=(-1, 1)) == pytest.approx(math.log(2), abs=1e-12)
    assert expect(lambda x: np.minimum(x * x, 1.0), cauchy, kinks=(-1, 1)) == pytest.approx(2 / math.pi, abs=1e-13)
    normal = AlphaStable(2.0)
    assert expect(lambda x: np.maximum(x, 0.0), normal, growth=1.0) == pytest.approx(1 / math.sqrt(math.pi), abs=1e-13)
    for law in (AlphaStable(0.6, 0.3), AlphaStable(1.3, -0.8, loc=1.0, scale=0.5), PositiveStable(0.7)):
        step = expect(lambda x: (x > 0.8).astype(float), law, kinks=(0.8,))
        assert step == pytest.approx(law.ccdf(0.8), abs=1e-12)


@pytest.mark.parametrize(
    ("alpha", "beta"), [(0.3, 1), (0.7, 0.5), (0.7, -1), (0.98, 0.4), (1, 1), (1.2, 1), (1.5, -0.7)]
)
def test_skewed_laws(alpha, beta):
    law = AlphaStable(alpha, beta, loc=0.3, scale=2.0)
    assert expect(np.ones_like, law) == pytest.approx(1.0, abs=1e-13)
    one = expect(lambda x: 1 / (1 + np.exp(-np.clip(x, -700, 700))), law)
    two = expect(lambda x: 1 / (1 + np.exp(-np.clip(x, -700, 700))), law, kinks=(-1.0, 0.5, 2.0))
    assert one == pytest.approx(two, abs=1e-12)


@pytest.mark.parametrize("a", [0.15, 0.35, 0.5, 0.75, 0.9, 0.95, 0.995])
def test_the_positive_law(a):
    law = PositiveStable(a, 1.3)
    assert expect(np.ones_like, law) == pytest.approx(1.0, abs=1e-13)
    assert expect(lambda x: np.exp(-2 * x), law) == pytest.approx(math.exp(-(2.6**a)), abs=1e-13)
    assert expect(np.log, law) == pytest.approx(EULER * (1 / a - 1) + math.log(1.3), abs=1e-12)
    assert expect(lambda x: x**-0.5, law) == pytest.approx(law.moment(-0.5), rel=1e-13)


def test_f_of_the_wrong_shape_is_refused():
    with pytest.raises(ValueError, match="shape"):
        expect(lambda x: 1.0, AlphaStable(1.5))


@pytest.mark.parametrize("a", [0.02, 0.03, 0.05, 0.1])
def test_log_moments_of_the_positive_law_where_its_variates_overflow(a):
    """P(S > e^690) is 1e-6 at a = 0.02: constants and logarithms are continued beyond the range of doubles."""
    law = PositiveStable(a, 1.3)
    assert expect(np.ones_like, law) == pytest.approx(1.0, abs=1e-13)
    assert expect(np.log, law) == pytest.approx(EULER * (1 / a - 1) + math.log(1.3), rel=1e-12)
    assert expect(lambda x: np.exp(-2 * x), law) == pytest.approx(math.exp(-(2.6**a)), abs=1e-13)
