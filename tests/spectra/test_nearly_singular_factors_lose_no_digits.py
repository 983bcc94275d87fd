"""A factor of any condition number costs no digits: its step is computed in double-double arithmetic."""

import math

import mpmath as mp
import numpy as np
import pytest
from fresh_products import FAMILIES, HARSH, fresh_products
from scipy.linalg import hadamard, svdvals

from rmt.spectra import _graded_svd, product_singular_values, product_svd

ULP = 2.0**-53


def graded_hadamard(n, depth, bits):
    """Powers of H D H^T, D = 2^0 .. 2^-bits: every entry a sum that doubles hold, singular values (n^2 d_i)^depth / n^depth."""
    h = hadamard(n).astype(float)
    d = np.ldexp(1.0, -np.rint(np.linspace(0, bits, n)).astype(int))
    factor = (h * d) @ h.T
    return [factor] * depth, depth * np.log(n * d)


def check(factors, exact, result):
    error = np.abs(result.log_values[: result.rank] - exact[: result.rank])
    assert np.all(error <= 1e-10)
    assert np.all(error <= result.error[: result.rank])
    return result.error[: result.rank] / np.maximum(error, ULP * (1 + np.abs(exact[: result.rank])))


@pytest.mark.parametrize(("n", "refine"), [(64, "auto"), (128, "auto"), (256, True)])
def test_one_ill_conditioned_matrix_many_times(n, refine):
    """Condition 2^40 in each of four factors whose singular directions agree: the worst case, and known exactly."""
    factors, exact = graded_hadamard(n, 4, 40)
    result = product_singular_values(factors, refine=refine)
    assert result.meta["refined"] == 4
    assert np.all(np.abs(result.log_values - exact) <= 1e-13)
    check(factors, exact, result)
    plain = product_singular_values(factors, refine=False)  # the bound sees what cancels, at any width
    error = np.abs(plain.log_values - exact)
    assert np.max(error) > 1e-6
    assert np.all(error <= plain.error)


def test_wide_products_are_refined_on_demand_only():
    factors, _ = graded_hadamard(256, 1, 40)
    assert product_singular_values(factors).meta["refined"] == 0
    assert product_singular_values(factors, refine=True).meta["refined"] == 1


def test_hilbert_matrix():
    """Condition 2e16 at n = 12, where LAPACK's smallest value is noise; the same with error=False and in product_svd."""
    n = 12
    hilbert = 1.0 / (np.arange(n)[:, None] + np.arange(n) + 1.0)
    mp.mp.dps = 60
    exact = [float(mp.log(s)) for s in sorted(mp.svd_r(mp.matrix(hilbert.tolist()), compute_uv=False), reverse=True)]
    result = product_singular_values([hilbert])
    assert np.all(np.abs(result.log_values - exact) <= 1e-13)
    assert np.all(np.abs(result.log_values - exact) <= result.error)
    assert abs(math.log(svdvals(hilbert)[-1]) - exact[-1]) > 1e-3
    np.testing.assert_array_equal(product_singular_values([hilbert], error=False).log_values, result.log_values)
    np.testing.assert_array_equal(product_svd([hilbert]).log_values, result.log_values)


@pytest.mark.parametrize("family", HARSH)
def test_harsh_families_against_multiprecision(family, rng):
    """Condition 1e8 to 1e15 on purpose, slopes down to 1e-40, in rows and in columns."""
    from product_truth import log_singular_values

    for n, depth in ((6, 40), (12, 8), (20, 3)):
        factors = list(HARSH[family](rng, depth, n))
        result = product_singular_values(factors)
        exact = log_singular_values(factors)
        slack = check(factors, exact, result)
        assert np.median(slack) <= 1000


def test_without_the_refinement_digits_are_lost(rng):
    """Power of the test above: plain doubles miss 1e-10, inside their bound."""
    from product_truth import log_singular_values

    factors = list(HARSH["one of condition 1e12"](rng, 8, 12))
    exact = log_singular_values(factors)
    plain = product_singular_values(factors, refine=False)
    error = np.abs(plain.log_values - exact)
    assert error.max() > 1e-8
    assert np.all(error <= plain.error)


@pytest.mark.slow
@pytest.mark.parametrize("seed", [7001, 7002])
def test_fresh_products_of_all_families_reach_1e_10(seed):
    """Fresh Gaussian, stable, saturated, near singular, rectangular products, widths up to 60, lengths up to 1000."""
    from product_truth import log_singular_values

    slack = []
    cases = list(fresh_products(seed, sizes=((4, 200), (8, 60), (16, 12), (32, 4))))
    rng = np.random.default_rng(seed)
    cases += [("Gaussian 60 x 6", list(rng.standard_normal((6, 60, 60))))]
    cases += [("stable 1.2, 5 x 1000", list(FAMILIES["stable 1.2"](rng, 1000, 5)))]
    cases += [("saturated 4 x 1000", list(FAMILIES["saturated slopes"](rng, 1000, 4)))]
    for _, factors in cases:
        exact = log_singular_values(factors)
        slack.append(check(factors, exact, product_singular_values(factors)))
    assert np.mean(np.concatenate(slack) <= 1000) >= 0.97


def test_refine_is_checked():
    with pytest.raises(ValueError, match=r"refine = 'always' must be 'auto', True or False"):
        product_singular_values([np.eye(2)], refine="always")


def test_grouped_factors_are_not_refined(rng):
    """Their digits are lost in the multiplication, and a bound of refined steps would not know it."""
    factors = list(HARSH["all of condition 1e10"](rng, 6, 10))
    fine, coarse = product_singular_values(factors), product_singular_values(factors, group=2)
    assert coarse.meta["refined"] == 0
    assert np.all(np.abs(fine.log_values - coarse.log_values) <= fine.error + coarse.error)


def test_exactly_dependent_rows_are_reported_by_the_bound():
    """Rank one less, but no zero row or column: the smallest value is zero or noise behind 100 bits, and its bound says so."""
    a = np.array([[3.0, 1.0, 2.0], [1.0, 7.0, 5.0], [4.0, 8.0, 7.0]])  # the last row is the sum of the others
    result = product_singular_values([a, np.array([[2.0, 1.0, 0.0], [1.0, 3.0, 1.0], [0.0, 1.0, 4.0]])])
    assert np.isneginf(result.log_values[2]) or (result.error[2] > 0.1 and result.log_values[2] < -60.0)
    assert np.all(result.error[:2] < 1e-12)


def test_the_bidiagonal_iteration_is_checked_by_the_determinant(monkeypatch):
    """LAPACK loses four digits of a graded triangle with clusters; the sum of the logarithms shows it and Jacobi follows."""
    factors, _ = graded_hadamard(256, 4, 40)
    monkeypatch.setattr(_graded_svd, "_jacobi_svd", None)
    with pytest.raises(TypeError, match="not callable"):
        product_singular_values(factors, refine=True)
    ordinary = [np.random.default_rng(0).standard_normal((140, 140)) for _ in range(3)]
    assert product_singular_values(ordinary).rank == 140


@pytest.mark.parametrize("family", ["one of condition 1e12", "all of condition 1e10", "slopes to 1e-14 of columns"])
def test_debug_mode_accepts_what_is_refined(family, rng, monkeypatch):
    """Its determinants are of plain doubles, with an error of their own; the transposed product agrees within the bounds."""
    monkeypatch.setenv("RMT_DEBUG", "1")
    assert product_singular_values(list(HARSH[family](rng, 6, 10))).meta["refined"] > 0
