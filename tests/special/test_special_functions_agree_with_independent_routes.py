"""H_{a,b} and its relatives: contour sums against residue series (stored, 50 digits), closed forms, and mpmath."""

import json
from pathlib import Path

import numpy as np
import pytest
from scipy.special import erfc, wofz

from rmt.special import G_d, H_a, H_ab, Psi_d, ghat, h
from rmt.special._lines import Line
from rmt.special._stable_kernel import stable_kernel

REFERENCE = json.loads((Path(__file__).parents[1] / "reference" / "special_h.json").read_text())


def test_h_agrees_with_the_stored_series():
    for a, b, real, imaginary, re, im in REFERENCE["cases"]:
        x = np.array([complex(real, imaginary)]) if imaginary else np.array([real])
        exact = complex(float(re), float(im))
        found, complement, _ = stable_kernel(a, b).evaluate(x)
        assert abs(found[0] - exact) <= REFERENCE["tolerance"] * abs(exact), (a, b, real, imaginary)
        assert abs(complement[0] - (1 - exact)) <= REFERENCE["tolerance"], (a, b, real, imaginary)


@pytest.mark.parametrize(("a", "b"), [(0.15, 0.15), (0.3, 1.0), (0.6, 0.9), (0.75, 0.75), (0.995, 0.9925)])
def test_two_contours_give_one_function(a, b):
    kernel = stable_kernel(a, b)
    lower, upper = Line(kernel.a, kernel.b, -0.5 * kernel.a), Line(kernel.a, kernel.b, 0.5 * kernel.a)
    x = np.array([-1.5, -0.3, 0.2, 0.9]) + 1j * np.array([0.3, 1.5, -2.0, 2.5])
    assert np.abs(lower.sums(x)[0] + upper.sums(x)[0] - 1).max() < 2e-13
    found = kernel.evaluate(x)
    assert np.abs(found[0] - lower.sums(x)[0]).max() < 2e-13


@pytest.mark.parametrize("a", [0.25, 0.5, 0.75, 0.95])
def test_the_slope_is_the_derivative_and_the_potential_the_integral(a):
    for b in (a, 1.0, 0.8):
        kernel = stable_kernel(a, b)
        x = np.linspace(-6, 8, 29) + 0.4j
        step = 1e-3
        shifts = [-2 * step, -step, step, 2 * step]
        values = [kernel.evaluate(x + d)[0] for d in shifts]
        slope = (values[0] - 8 * values[1] + 8 * values[2] - values[3]) / (12 * step)
        assert np.abs(slope - kernel.evaluate(x)[2]).max() < 1e-10
        potentials = [kernel.potential(x + d)[0] for d in shifts]
        slope = (potentials[0] - 8 * potentials[1] + 8 * potentials[2] - potentials[3]) / (12 * step)
        assert np.abs(slope - kernel.evaluate(x)[0]).max() < 1e-9


def test_closed_forms_at_cauchy_and_gauss():
    y = np.array([0.01, 0.3, 2.0, 7.0])
    assert np.abs(ghat(y, 0.5) / (np.exp(y * y / 4) * erfc(y / 2)) - 1).max() < 1e-13
    z = y * np.exp(1.1j)
    assert np.abs(ghat(z, 0.5) / wofz(0.5j * z) - 1).max() < 1e-13
    assert np.abs(h(y, 0.5) - (1 - 0.5 * np.sqrt(np.pi) * y * ghat(y, 0.5))).max() < 1e-13
    assert np.abs(ghat(y, 1.0) - 1 / (1 + y)).max() < 1e-15
    assert np.abs(H_ab(y, 1.0, 1.0) - y / (1 + y)).max() < 1e-15


def test_cauchy_bulk_function_is_struve_minus_neumann():
    import mpmath as mp

    for X in (0.02, 1.0, 40.0):
        w = mp.sqrt(X) / 2
        exact = mp.pi * w / 2 * (mp.struveh(0, w) - mp.bessely(0, w))
        assert abs(H_ab(X, 0.5, 0.5) / float(exact) - 1) < 1e-13


def test_mpmath_twin_agrees():
    assert abs(H_ab(0.3 + 2j, 0.75, 0.6) - complex(H_ab(0.3 + 2j, 0.75, 0.6, dps=20))) < 1e-14
    assert abs(ghat(1.5, 0.6) - float(ghat(1.5, 0.6, dps=20))) < 1e-14
    assert abs(h(1.5, 0.6) - float(h(1.5, 0.6, dps=20))) < 1e-14
    assert abs(H_ab(50.0, 0.7, 0.7, complement=True) / float(H_ab(50.0, 0.7, 0.7, complement=True, dps=20)) - 1) < 1e-13
    profile = ([0.0, 0.3, 1.4], [0.1, 0.3, 0.6])
    assert abs(Psi_d(2 + 1j, 0.75, *profile) - complex(Psi_d(2 + 1j, 0.75, *profile, dps=18))) < 1e-14


def test_relatives_are_h_in_other_variables():
    from math import gamma

    y = np.array([1e-20, 0.1, 1.0, 30.0])
    assert np.allclose(gamma(1.7) * y * ghat(y, 0.7), H_a(y ** (1 / 0.7), 0.7), rtol=1e-13, atol=0)
    d, w = [0.5, 2.0], [0.25, 0.75]
    exact = sum(p * v**1.4 * ghat(v**1.4 * y, 0.7) for v, p in zip(d, w, strict=True))
    assert np.allclose(G_d(y, 0.7, d, w), exact, rtol=1e-13, atol=0)
    exact = sum(p * H_ab(y ** (1 / 0.7) * v * v, 0.7, 0.7) for v, p in zip(d, w, strict=True)) / (gamma(1.7) * y)
    assert np.allclose(Psi_d(y, 0.7, d, w), exact, rtol=1e-13, atol=0)


def test_relative_accuracy_at_both_ends():
    from math import gamma

    a, X = 0.6, 1e-40
    leading = gamma(1 + a) ** 2 * np.sin(np.pi * a) / (np.pi * a) * X**a
    assert 1 < H_ab(X, a, a) / leading / np.log(X**-a) < 1.05
    assert abs(H_ab(1e40, a, a, complement=True) * 1e40 / gamma(1 + 1 / a) ** 2 - 1) < 1e-12
    assert H_ab(0.0, a, a) == 0.0
    assert ghat(0.0, a) == 1.0


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: H_ab(1.0, 0.1, 1.0), r"a = 0.1 must be in \[0.15, 1\]"),
        (lambda: H_ab(1.0, 0.5, 1.5), r"b = 1.5"),
        (lambda: H_ab(-1.0, 1.0, 1.0), "arg X"),
        (lambda: H_ab(np.nan, 0.5, 1.0), "finite"),
        (lambda: H_ab(1.0, 0.5, 0.5, complement=True, derivative=True), "exclude"),
        (lambda: ghat(-1.0, 0.9), "arg y"),
        (lambda: h("x", 0.5), "numbers"),
        (lambda: G_d(1.0, 0.5, [1.0, -1.0], [0.5, 0.5]), ">= 0"),
        (lambda: G_d(0.0, 0.5, [1.0], [1.0]), "non-zero"),
        (lambda: H_ab(1.0, 0.5, 0.5, dps=2.5), "dps"),
    ],
)
def test_bad_arguments_are_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_too_near_the_edge_of_the_sector_raises():
    with pytest.raises(ArithmeticError, match="edge of the sector"):
        H_ab(np.exp(0.01) * np.exp(1j * np.pi), 0.999999, 0.999998)


def test_threads_do_not_disturb_each_other():
    from concurrent.futures import ThreadPoolExecutor

    kernel = stable_kernel(0.75, 0.75)
    x = np.linspace(-3, 3, 97) + 1j * np.linspace(-2.5, 2.5, 97)
    serial = [np.concatenate(kernel.evaluate(x + 0.01 * i)) for i in range(10)]
    with ThreadPoolExecutor(10) as pool:
        for _ in range(3):
            parallel = list(pool.map(lambda i: np.concatenate(kernel.evaluate(x + 0.01 * i)), range(10)))
            assert all(np.array_equal(one, other) for one, other in zip(serial, parallel, strict=True))
