"""The law of symmetric Levy matrices: integrals, the value at zero, the tail, the limit at 2, and sampled matrices."""

import itertools
import math

import mpmath
import numpy as np
import pytest
from statistical import assert_mean

from rmt._quadrature import gauss_legendre_panels
from rmt.ensembles import wigner_levy
from rmt.ensembles.conventions import tail_constant
from rmt.laws import Semicircle, WignerLevy
from rmt.special import ghat, h

INDICES = [0.3, 0.5, 0.8, 1.0, 1.5, 1.9, 1.95, 1.99, 2.0]


@pytest.mark.parametrize("alpha", INDICES)
def test_integral_of_the_density_is_the_difference_of_the_distribution(alpha):
    """The density and the distribution come from different functions of the fixed point."""
    law = WignerLevy(alpha, 1.3)
    top = 10.0 if alpha < 2.0 else 2.5  # the semicircle has an edge at 2.6
    x, w = gauss_legendre_panels([0.05, 0.1, 0.2, 0.4, 0.7, 1, 1.5, 2, 2.5, 2.58, 2.62, 2.8, 3.2, 4, 6, 10], 16)
    x, w = x[x < top], w[x < top]
    assert abs(law.pdf(x) @ w - (law.cdf(top) - law.cdf(0.05))) < 1e-12
    assert np.array_equal(law.pdf(x), law.pdf(-x))
    assert np.abs(law.cdf(-x) + law.cdf(x) - 1.0).max() < 1e-14


@pytest.mark.parametrize("alpha", INDICES[:-1])
def test_centre_joins_the_value_at_zero(alpha):
    law = WignerLevy(alpha)
    edge = law._centre
    around = edge * np.array([0.5, 1.01, 3.0])
    assert np.abs(law.pdf(around) / law.density_at_zero() - 1.0).max() < 1e-8
    assert np.abs(law.ccdf(around) - 0.5 + around * law.density_at_zero()).max() < 1e-11
    x = np.array([3.0, 30.0, 300.0]) * edge
    assert np.abs(law.ccdf(x) - 0.5 + x * law.density_at_zero()).max() < 1e-8


@pytest.mark.parametrize("alpha", [0.8, 1.5])
def test_tail_is_the_tail_of_the_entries(alpha):
    """N^2/2 pairs of entries give N/2 positive eigenvalues: 1 - F(x) -> N P(abs(H) > x)/2."""
    law = WignerLevy(alpha, 1.2)
    x = 1e6 ** (1.0 / alpha) * 10.0
    tail = 1.2**alpha * tail_constant(alpha) / 4.0 * x**-alpha
    assert abs(law.ccdf(x) / tail - 1.0) < 1e-4


def test_semicircle_is_the_limit():
    x = np.array([0.0, 0.5, 1.0, 1.5])
    gaps = [np.abs(WignerLevy(2.0 - e).pdf(x) - Semicircle().pdf(x)).max() for e in (0.2, 1e-1, 1e-2, 1e-3, 1e-5)]
    assert gaps[1] < 0.6 * gaps[0]
    assert all(5.0 * small < big for big, small in itertools.pairwise(gaps[1:]))
    assert gaps[-1] < 1e-5
    law = WignerLevy(2.0, 1.5)
    assert law.support() == (-3.0, 3.0)
    assert law.icdf([0.0, 0.3, 1.0]) == pytest.approx(Semicircle(1.5).icdf([0.0, 0.3, 1.0]), abs=1e-13)
    assert law.moment(2) == 2.25
    assert law.pdf(3.1) == 0.0
    assert law.density_at_zero() == pytest.approx(law.pdf(0.0), rel=1e-14)


@pytest.mark.slow
@pytest.mark.parametrize("alpha", [0.5, 1.5])
def test_density_solves_the_equation_in_20_digits(alpha):
    """y = q ghat(y) by secants in mpmath from the double-precision y, and f = -Im h(y)/(pi x)."""
    law, x = WignerLevy(alpha), 0.7
    with mpmath.workdps(20):
        a = mpmath.mpf(alpha) / 2
        k = 2 ** (2 * a) * mpmath.gamma(a + 0.5) / (2 * mpmath.sqrt(mpmath.pi))
        q = k * mpmath.mpf(x) ** (-2 * a) * mpmath.exp(1j * mpmath.pi * a)
        start = complex(law._solve(np.array([math.log(x)]))[0])
        y = mpmath.findroot(lambda v: v - q * ghat(v, float(a), dps=20), (start, start * (1 + 1e-9)), tol=1e-32)
        value = -mpmath.im(h(y, float(a), dps=20)) / (mpmath.pi * x)
    assert abs(law.pdf(x) / float(value) - 1.0) < 1e-12


@pytest.mark.parametrize("alpha", [0.8, 1.5])
def test_quantiles_invert(alpha):
    law = WignerLevy(alpha)
    p = np.array([1e-6, 0.01, 0.3, 0.5, 0.7, 0.999])
    assert np.abs(law.cdf(law.icdf(p)) - p).max() < 1e-13
    assert law.icdf([0.0, 1.0]).tolist() == [-math.inf, math.inf]
    assert law.icdf(0.5) == 0.0


@pytest.mark.parametrize("alpha", [1.2, 1.7])
def test_sampled_matrices_follow_the_law(alpha, rng):
    """Means over independent matrices, false-fail rate 1e-6 each; a difference of 0.02 in the distribution is found."""
    law = WignerLevy(alpha)
    values = [np.abs(np.linalg.eigvalsh(wigner_levy(200, alpha=alpha, rng=rng))) for _ in range(60)]
    for x in (0.5, 1.5, 3.0):
        expected = 2.0 * law.cdf(x) - 1.0
        assert_mean([np.mean(v <= x) for v in values], expected, detects=0.02)


def test_bad_arguments_are_refused():
    for alpha in (0.2, 2.1):
        with pytest.raises(ValueError, match="alpha"):
            WignerLevy(alpha)
    with pytest.raises(ValueError, match="sigma_w"):
        WignerLevy(1.5, -1.0)
    with pytest.raises(ValueError, match="moment"):
        WignerLevy(1.5).moment(2)
