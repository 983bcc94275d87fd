"""One pass in double-double arithmetic makes every ln(lambda) right to its last digits, whatever the factors."""

import json
from pathlib import Path

import mpmath as mp
import numpy as np
import pytest
from fresh_products import FAMILIES as FRESH
from portable_products import LARGE_CASES

from rmt import _spectra_extended
from rmt.spectra import _chain, _eigen_solver, product_eig, product_eigenvalues

UNIT = 2.0**-53
REFERENCE = json.loads((Path(__file__).parents[1] / "reference" / "spectra_products.json").read_text())


def nearly_singular(rng):
    factors = rng.standard_normal((8, 6, 6))
    factors[3, :, 0] = factors[3, :, 1] + 1e-11 * factors[3, :, 0]
    return factors


FAMILIES = {
    "Gaussian": lambda rng: rng.standard_normal((10, 6, 6)),
    "Cauchy": lambda rng: rng.standard_cauchy((10, 6, 6)),
    "nearly singular": nearly_singular,
    "slopes of 30 decades": lambda rng: 10.0 ** (-30 * rng.random((6, 6, 1))) * rng.standard_normal((6, 6, 6)),
    "slopes on the columns": lambda rng: 10.0 ** (-40 * rng.random((6, 1, 6))) * rng.standard_normal((6, 6, 6)),
    "one matrix, columns of 200 decades": lambda rng: rng.standard_normal((1, 6, 6)) * 10.0 ** (-200 * rng.random(6)),
    "one matrix, rows and columns of 60 decades": lambda rng: (
        rng.standard_normal((1, 6, 6)) * 10.0 ** (-60 * rng.random((6, 1)) - 60 * rng.random(6))
    ),
    "near identity": lambda rng: np.eye(6) + 0.05 * rng.standard_normal((10, 6, 6)),
    "nearly equal moduli": lambda rng: np.eye(6) + 1e-5 * rng.standard_normal((3, 6, 6)),
    "rectangular": lambda rng: [rng.standard_normal(shape) for shape in ((9, 6), (4, 9), (7, 4), (6, 7))],
    "dead units": lambda rng: (rng.random((4, 6, 1)) < 0.8) * rng.standard_normal((4, 6, 6)),
    "nilpotent pattern": lambda rng: [
        np.triu(rng.standard_normal((6, 6)), 1) + np.diag([0, 0, 1, 2, 3, -4.0]) for _ in "12"
    ],
}


def multiplied(factors):
    mp.mp.prec = 2500
    product = mp.eye(len(factors[0][0]))
    for factor in factors:
        product = mp.matrix(np.asarray(factor).tolist()) * product
    return product


def exact(product, rank):
    """ln(lambda) and right vectors, by descending modulus; the argument of real ones is 0 or pi."""
    values, vectors = mp.eig(product)
    order = sorted(range(len(values)), key=lambda i: -abs(values[i]))[:rank]
    order.sort(key=lambda i: (-round(float(mp.log(abs(values[i]))), 10), -float(mp.arg(values[i]))))
    logs = [mp.log(values[i]) for i in order]
    logs = [
        mp.mpc(z.real, 0 if abs(z.imag) < 1e-100 else mp.pi if abs(abs(z.imag) - mp.pi) < 1e-100 else z.imag)
        for z in logs
    ]
    columns = []
    for i in order:
        size = mp.sqrt(sum(abs(x) ** 2 for x in vectors[:, i]))
        columns.append([complex(x / size) for x in vectors[:, i]])
    return logs, np.array(columns).T


@pytest.mark.parametrize("family", FAMILIES)
def test_values_and_vectors_against_mpmath(family, rng):
    factors = list(FAMILIES[family](rng))
    result = product_eig(factors)
    kept = np.isfinite(result.log_modulus)
    assert result.meta["refined"]
    assert np.all(result.flag == 0)
    product = multiplied(factors)
    logs, right = exact(product, int(kept.sum()))
    difference = [abs(mp.mpc(a, b) - z) for a, b, z in zip(result.log_modulus, result.argument, logs, strict=False)]
    error = np.array([float(x) for x in difference])
    assert np.all(error <= result.error[kept])
    assert np.all(result.error[kept] <= 3e-14 * (1 + np.abs(result.log_modulus[kept])))
    for computed, vectors in ((result.right, right), (result.left, exact(product.T, int(kept.sum()))[1])):
        phase = np.einsum("ij,ij->j", vectors.conj(), computed)
        assert np.all(np.linalg.norm(computed - vectors * (phase / np.abs(phase)), axis=0) <= 1e-10)


@pytest.mark.parametrize("name", LARGE_CASES)
def test_stored_cases_to_the_last_digit(name):
    truth = np.asarray(REFERENCE[name]["log_modulus"])
    result = product_eigenvalues(list(LARGE_CASES[name]()))
    assert np.all(np.abs(result.log_modulus - truth) <= 8 * UNIT * (1 + np.abs(truth)))
    assert np.all(result.error <= 1e-10)


def test_without_the_pass_a_nearly_singular_factor_costs_digits_and_the_bound_says_so(rng):
    factors = nearly_singular(rng)
    right, raw = product_eigenvalues(factors), product_eigenvalues(factors, refine=False)
    difference = np.abs(right.log_modulus - raw.log_modulus)
    assert difference.max() > 1e-9
    assert np.all(difference <= raw.error)
    assert not raw.meta["refined"]


def test_iterators_give_the_same_bits_as_lists(rng):
    factors = [rng.standard_normal((9, 9)) for _ in range(7)]
    one, two = product_eig(factors), product_eig(iter(factors))
    for name in ("log_modulus", "argument", "error", "right", "left"):
        np.testing.assert_array_equal(getattr(one, name), getattr(two, name))
    shared = np.empty((9, 9))

    def reused():
        for factor in factors:
            shared[:] = factor
            yield shared

    np.testing.assert_array_equal(product_eigenvalues(reused()).log_modulus, one.log_modulus)


def test_wide_factors_are_corrected_when_asked(rng):
    factors = rng.standard_normal((3, 80, 80))
    raw, right = product_eigenvalues(factors), product_eigenvalues(factors, refine=True)
    assert (raw.meta["refined"], right.meta["refined"]) == (False, True)
    assert np.all(np.abs(raw.log_modulus - right.log_modulus) <= raw.error + right.error)
    assert right.error.max() < 1e-14
    with pytest.raises(ValueError, match="refine = 'yes' must be 'auto', True or False"):
        product_eigenvalues(factors, refine="yes")


def test_a_step_in_extended_precision_is_right_row_by_row(rng):
    """A Q = Q' R to 1e-29 of each row, over rows of 40 decades; Q' orthonormal to 1e-30."""
    n = 7
    first, second = rng.standard_normal((n, n)), 10.0 ** (-40 * rng.random((n, 1))) * rng.standard_normal((n, n))
    q = np.eye(n), np.zeros((n, n))
    for factor in (first, second):
        before, triangle, exponents = q, (np.eye(n), np.zeros((n, n))), np.zeros(n, dtype=np.int64)
        q = np.empty((n, n)), np.empty((n, n))
        assert _spectra_extended.extended_step(factor, *before, *triangle, exponents, *q)
    mp.mp.prec = 400
    old, new, r = (mp.matrix(high.tolist()) + mp.matrix(low.tolist()) for high, low in (before, q, triangle))
    r = mp.diag([mp.mpf(2) ** int(e) for e in exponents]) * r
    residual = mp.matrix(second.tolist()) * old - new * r
    for i in range(n):
        assert max(abs(residual[i, j]) for j in range(n)) <= 1e-29 * np.abs(second[i]).max()
    gram = new.T * new - mp.eye(n)
    assert max(abs(x) for x in gram) <= 1e-30


def test_an_unlucky_hessenberg_reduction_is_corrected_or_bounded(monkeypatch):
    """A growth of 1e4 in the reduction cost eight digits here; the reduced product alone brings them back, up to n = 256."""
    factors = list(FRESH["stable 1.5"](np.random.default_rng([5002, 4, 24, 60]), 60, 24))
    exact = product_eigenvalues(factors)
    monkeypatch.setattr(_eigen_solver, "REFINED_WIDTH", 0)
    monkeypatch.setattr(_chain, "ALWAYS_PIVOT", 0)
    corrected = product_eigenvalues(factors)
    monkeypatch.setattr(_eigen_solver, "CORRECTED_WIDTH", 0)
    bounded = product_eigenvalues(factors)
    for result in (corrected, bounded):
        assert not result.meta["refined"]
        assert np.all(np.abs(result.log_modulus - exact.log_modulus) <= result.error)
    assert np.abs(corrected.log_modulus - exact.log_modulus).max() <= 1e-10
    assert bounded.error.max() > 100 * corrected.error.max()
