"""Tracy-Widom laws against published moments, another determinant, 30-digit arithmetic and the asymptotic tails."""

import math

import mpmath
import numpy as np
import pytest
from scipy import special
from statistical import assert_mean

from rmt._quadrature import gauss_legendre, gauss_legendre_panels
from rmt.laws import TracyWidom

# mean, variance, skewness, excess kurtosis: Bornemann, "On the numerical evaluation of distributions in random matrix
# theory", table of the edge laws
PUBLISHED = {
    1: (-1.206533574582, 1.607781034581, 0.293464524, 0.165242938),
    2: (-1.771086807411, 0.813194792832, 0.224084204, 0.093448088),
    4: (-2.306884893241, 0.517723720773, 0.165509494, 0.049195157),
}


@pytest.mark.parametrize("beta", [1, 2, 4])
def test_moments_are_the_published_ones(beta):
    law = TracyWidom(beta)
    mean, variance, skewness, kurtosis = PUBLISHED[beta]
    assert abs(law.moment(0) - 1.0) < 1e-12
    assert abs(law.mean() - mean) < 2e-12
    assert abs(law.variance() - variance) < 2e-12
    m1, m2, m3, m4 = (law.moment(k) for k in (1, 2, 3, 4))
    third = m3 - 3.0 * m1 * m2 + 2.0 * m1**3
    fourth = m4 - 4.0 * m1 * m3 + 6.0 * m1**2 * m2 - 3.0 * m1**4
    assert abs(third / variance**1.5 - skewness) < 1e-8
    assert abs(fourth / variance**2 - 3.0 - kurtosis) < 1e-8


@pytest.mark.parametrize("s", [-5.0, -2.0, 0.0, 2.0])
def test_beta_two_is_the_determinant_of_the_airy_kernel(s):
    t, w = gauss_legendre(60)
    x, w = s + 8.0 * (t + 1.0), 8.0 * w
    ai, slope, _, _ = special.airy(x)
    gap = x[:, None] - x
    np.fill_diagonal(gap, 1.0)
    kernel = (np.outer(ai, slope) - np.outer(slope, ai)) / gap
    np.fill_diagonal(kernel, slope**2 - x * ai**2)
    assert abs(np.linalg.det(np.eye(60) - np.sqrt(np.outer(w, w)) * kernel) - TracyWidom(2).cdf(s)) < 1e-13


def test_all_three_agree_with_30_digits():
    s, n = -2.5, 40
    with mpmath.workdps(30):
        nodes, weights = [], []
        for start in np.polynomial.legendre.leggauss(n)[0]:  # polished by Newton
            x = mpmath.findroot(lambda y: mpmath.legendre(n, y), mpmath.mpf(float(start)))
            slope = n * mpmath.legendre(n - 1, x) / (1 - x * x)
            nodes.append(s + 11 * (x + 1))
            weights.append(22 / ((1 - x * x) * slope**2))
        matrix = mpmath.matrix(n, n)
        for i in range(n):
            for j in range(i, n):
                matrix[i, j] = mpmath.airyai((nodes[i] + nodes[j]) / 2) / 2 * mpmath.sqrt(weights[i] * weights[j])
                matrix[j, i] = matrix[i, j]
        minus, plus = mpmath.det(mpmath.eye(n) - matrix), mpmath.det(mpmath.eye(n) + matrix)
        exact = {1: minus, 2: minus * plus, 4: (minus + plus) / 2}
    for beta, value in exact.items():
        x = s / math.sqrt(2.0) if beta == 4 else s
        assert abs(TracyWidom(beta).cdf(x) - float(value)) < 1e-13
        assert abs(TracyWidom(beta).ccdf(x) - float(1 - value)) < 1e-13


@pytest.mark.parametrize("beta", [1, 2, 4])
def test_density_is_the_derivative_and_quantiles_invert(beta):
    law = TracyWidom(beta)
    x, w = gauss_legendre_panels(np.array([-3.0, -2.0, -1.0, 0.0]), 16)
    assert abs(law.pdf(x) @ w - (law.cdf(0.0) - law.cdf(-3.0))) < 1e-13
    p = np.array([1e-8, 0.05, 0.5, 0.999])
    assert np.abs(law.cdf(law.icdf(p)) - p).max() < 1e-13
    assert abs(law.ccdf(law.iccdf(1e-25)) / 1e-25 - 1.0) < 1e-8
    assert law.icdf([0.0, 1.0]).tolist() == [-math.inf, math.inf]
    assert law.iccdf([0.0, 1.0]).tolist() == [math.inf, -math.inf]
    assert law.cdf([-math.inf, math.inf]).tolist() == [0.0, 1.0]
    assert law.pdf([-50.0, 500.0]).tolist() == [0.0, 0.0]


@pytest.mark.parametrize("beta", [1, 2, 4])
def test_upper_tail_decays_as_it_must(beta):
    """-ln(1 - F) grows like (2 beta/3) x^(3/2), at beta = 4 like (4/3) (sqrt(2) x)^(3/2), plus a logarithm."""
    unit = math.sqrt(2.0) if beta == 4 else 1.0
    exponent = 2.0 * {1: 1, 2: 2, 4: 2}[beta] / 3.0
    x = np.array([14.0, 15.0]) / unit
    law = TracyWidom(beta)
    drop = -np.diff(np.log(law.ccdf(x)))[0]
    leading = exponent * (15.0**1.5 - 14.0**1.5)
    assert 0.0 < drop - leading < 0.2
    assert (np.diff(law.ccdf(np.linspace(3.0, 12.0, 20) / unit)) < 0.0).all()


def test_samples_follow_the_law(rng):
    law = TracyWidom(1)
    x = law.sample(4000, rng)
    # false-fail rate 1e-6; finds a shift of the mean by 0.1
    assert_mean(x, law.mean(), detects=0.1)
    assert np.array_equal(law.sample(3, 7), law.sample(3, 7))
    assert isinstance(law.sample(rng=1), float)


@pytest.mark.parametrize("beta", [3, 0, 2.5, "2"])
def test_other_indices_are_refused(beta):
    with pytest.raises(ValueError, match="beta"):
        TracyWidom(beta)
