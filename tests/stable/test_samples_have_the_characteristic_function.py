"""Samples follow the documented characteristic function, for every alpha, through alpha = 1, in both parameterisations."""

import math

import numpy as np
import pytest
from mpmath import mp
from statistical import assert_mean

from rmt.stable import AlphaStable, PositiveStable

LAWS = [
    (2.0, 0.0), (1.5, 0.0), (1.0, 0.0), (0.5, 0.0), (0.1, 0.0), (1.3, 0.5), (0.8, -0.4), (1 + 1e-9, 0.7), (1.0, 0.7),
    (1.04, -0.9), (0.96, 1.0), (1.0, -1.0), (0.5, 1.0), (0.5, -1.0), (1.7, 1.0), (1.2, -1.0), (1.99, 0.5), (0.05, 0.5),
    (1.05, 0.5), (0.95, -0.5),
]  # fmt: skip


def exponent(u, alpha, beta, s0):
    """-ln E exp(iuX) at u > 0, written down independently of the library."""
    if alpha == 1.0:
        return u * (1 + 1j * beta * 2 / math.pi * math.log(u))
    tangent = math.tan(math.pi * alpha / 2)
    if s0:
        # (u^(1-alpha) - 1) with tan of alpha -> 1 loses digits only next to 1, where expm1 keeps them
        return u**alpha * (1 + 1j * beta * tangent * math.expm1((1 - alpha) * math.log(u)))
    return u**alpha * (1 - 1j * beta * tangent)


@pytest.mark.parametrize(("alpha", "beta"), LAWS)
def test_samples_have_the_characteristic_function(alpha, beta, rng):
    x = AlphaStable(alpha, beta).sample(200_000, rng)
    assert np.isfinite(x).all() or alpha < 0.1
    for u in (0.4, 1.5):
        wanted = np.exp(-exponent(u, alpha, beta, True))
        with np.errstate(invalid="ignore"):
            wave = np.where(np.isfinite(x), np.exp(1j * u * x), 0.0)  # inf: phase uniform, mean 0
        assert_mean(wave.real, wanted.real, detects=0.01)
        assert_mean(wave.imag, wanted.imag, detects=0.01)


@pytest.mark.parametrize(("alpha", "beta"), [(1.3, 0.5), (0.7, -1.0), (1.0, 0.6), (0.97, 0.3)])
def test_scale_and_location_in_s1(alpha, beta, rng):
    scale, loc = 2.5, 0.3
    x = AlphaStable(alpha, beta, loc=loc, scale=scale, parameterization="S1").sample(200_000, rng)
    u = 0.5
    if alpha == 1.0:  # Nolan's S1 at alpha = 1: exp(i loc u - |scale u| (1 + i beta (2/pi) sgn(u) ln|u|))
        log_cf = 1j * loc * u - scale * u * (1 + 1j * beta * 2 / math.pi * math.log(u))
    else:
        log_cf = 1j * loc * u - exponent(scale * u, alpha, beta, False)
    wave = np.exp(1j * u * x - np.log(np.exp(log_cf)))
    assert_mean(wave.real, 1.0, detects=0.05)
    assert_mean(wave.imag, 0.0, detects=0.05)


@pytest.mark.parametrize("a", [0.02, 0.2, 0.5, 0.9, 0.999])
def test_positive_samples_have_the_laplace_transform(a, rng):
    s = PositiveStable(a, scale=1.5).sample(200_000, rng)
    for t in (0.2, 2.0):
        assert_mean(np.exp(-t * s), math.exp(-((1.5 * t) ** a)), detects=0.01)


@pytest.mark.parametrize(("alpha", "beta"), [(0.3, 0.4), (0.7, 0.0), (1.4, -0.8), (1.02, 0.5), (2.0, 0.0)])
def test_log_samples_are_the_logs_of_the_samples(alpha, beta):
    law = AlphaStable(alpha, beta, loc=0.1, scale=2.0)
    sign, logarithm = law.sample_log(5000, rng=3)
    x = law.sample(5000, rng=3)
    np.testing.assert_allclose(sign * np.exp(logarithm), x, rtol=1e-11, atol=1e-12)


def test_log_samples_do_not_overflow():
    _, logarithm = AlphaStable(0.001).sample_log(100_000, rng=3)
    assert np.isfinite(logarithm).all()
    assert logarithm.max() > 5000
    logarithm = PositiveStable(0.001).sample_log(100_000, rng=3)
    assert np.isfinite(logarithm).all()
    assert logarithm.max() > 5000


def plain(alpha, beta, u, v):
    """Chambers-Mallows-Stuck as in the textbook, S0, for one pair of uniforms, to 30 digits."""
    with mp.workdps(30):
        alpha, beta = mp.mpf(alpha), mp.mpf(beta)
        phi, e = mp.pi * (mp.mpf(u) - 0.5), -mp.log(mp.mpf(v))
        zeta = -beta * mp.tan(mp.pi * alpha / 2)
        xi = mp.atan(-zeta) / alpha
        x = (1 + zeta**2) ** (1 / (2 * alpha)) * mp.sin(alpha * (phi + xi)) / mp.cos(phi) ** (1 / alpha)
        return float(x * (mp.cos(phi - alpha * (phi + xi)) / e) ** ((1 - alpha) / alpha) + zeta)


@pytest.mark.parametrize(("alpha", "beta"), [(1.5, 0.0), (0.6, 0.0), (2.0, 0.0), (1.5, 0.7), (0.6, -0.7), (1.03, 0.4)])
def test_the_kernel_equals_the_textbook_formula_word_by_word(alpha, beta):
    n = 256  # one block: 256 words for the angle, then 256 for the exponential
    words = np.random.PCG64(5).random_raw(2 * n)
    unit = ((words >> np.uint64(12)).astype(float) + 0.5) * 2.0**-52
    sign = -1.0 if beta < 0 else 1.0  # the law is reflected to beta >= 0
    expected = [sign * plain(alpha, abs(beta), u, v) for u, v in zip(unit[:n], unit[n:], strict=True)]
    x = AlphaStable(alpha, beta).sample(n, np.random.Generator(np.random.PCG64(5)))
    np.testing.assert_allclose(x, expected, rtol=3e-14, atol=1e-14)


def test_the_stream_is_predictable_and_any_shape_gives_the_same_numbers():
    law = AlphaStable(1.2, 0.3)
    flat = law.sample(600, rng=7)
    np.testing.assert_array_equal(law.sample((20, 30), rng=7).ravel(), flat)
    used = np.random.default_rng(7)
    law.sample(600, used)
    fresh = np.random.default_rng(7)
    fresh.bit_generator.advance(1200)
    assert used.random() == fresh.random()
    assert law.sample(rng=1).shape == ()


@pytest.mark.parametrize("shape", [-1, (2, -3), 2.5, True])
def test_bad_shapes_are_named(shape):
    with pytest.raises(ValueError, match="shape = "):
        AlphaStable(1.5).sample(shape, rng=1)


@pytest.mark.parametrize(
    ("arguments", "name"),
    [
        (dict(alpha=2.1), "alpha"),
        (dict(alpha=0.0), "alpha"),
        (dict(alpha=1.5, beta=1.1), "beta"),
        (dict(alpha=1.5, beta=np.nan), "beta"),
        (dict(alpha=1.5, scale=0.0), "scale"),
        (dict(alpha=1.5, loc=np.inf), "loc"),
        (dict(alpha=1.5, parameterization="S2"), "parameterization"),
    ],
)
def test_bad_parameters_are_named(arguments, name):
    with pytest.raises(ValueError, match=f"{name} = "):
        AlphaStable(**arguments)
