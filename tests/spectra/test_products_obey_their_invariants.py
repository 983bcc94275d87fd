"""sum ln s = sum ln|lambda| = sum ln|det A_k|; P and its transpose agree; rescaling and relabelling change nothing."""

import math

import numpy as np
import pytest

from rmt.spectra import product_eig, product_eigenvalues, product_singular_values, product_svd

FAMILIES = {
    "gaussian": lambda rng, n: rng.standard_normal((n, n)),
    "heavy tails": lambda rng, n: rng.standard_cauchy((n, n)),
    "saturated": lambda rng, n: (
        (1 / np.cosh(np.clip(6 * rng.standard_normal(n), -14, 14)) ** 2)[:, None] * rng.standard_normal((n, n))
    ),
    "near identity, graded": lambda rng, n: (
        np.diag(10.0 ** (-20 * np.arange(n) / n)) @ (np.eye(n) + 0.1 * rng.standard_normal((n, n)))
    ),
}


@pytest.fixture(params=FAMILIES)
def chain(request, rng):
    return [FAMILIES[request.param](rng, 12) for _ in range(25)]


def test_sums_of_logarithms_are_the_determinant(chain):
    singular, eigen = product_singular_values(chain), product_eigenvalues(chain)
    determinant = math.fsum(np.linalg.slogdet(factor)[1] for factor in chain)
    size = math.fsum(np.abs(singular.log_values))
    assert singular.log_abs_det == pytest.approx(math.fsum(singular.log_values), abs=1e-14 * size)
    assert abs(singular.log_abs_det - determinant) <= singular.error.sum() + 1e-13 * size
    assert abs(eigen.log_abs_det - singular.log_abs_det) <= eigen.error.sum() + singular.error.sum()


def test_the_transposed_product_has_the_same_spectrum(chain):
    transposed = [factor.T.copy() for factor in chain[::-1]]
    one, two = product_singular_values(chain), product_singular_values(transposed)
    assert np.all(np.abs(one.log_values - two.log_values) <= one.error + two.error)
    one, two = product_eigenvalues(chain), product_eigenvalues(transposed)
    assert np.all(np.abs(one.log_modulus - two.log_modulus) <= one.error + two.error)
    assert np.all(np.abs(np.sort(one.argument) - np.sort(two.argument)) <= (one.error + two.error).max())


def test_powers_of_two_come_out_exactly(chain):
    rescaled = [np.ldexp(factor, shift) for factor, shift in zip(chain, range(-600, 900, 60), strict=True)]
    extra = sum(range(-600, 900, 60)) * math.log(2)
    one, two = product_singular_values(chain), product_singular_values(rescaled)
    np.testing.assert_allclose(two.log_values, one.log_values + extra, rtol=4e-16, atol=4e-13)
    np.testing.assert_allclose(two.error, one.error, rtol=1e-2, atol=3e-12)


def test_relabelling_the_units_between_two_factors_changes_nothing(chain, rng):
    order = rng.permutation(12)
    relabelled = [*chain[:7], chain[7][order], chain[8][:, order], *chain[9:]]
    one, two = product_singular_values(chain), product_singular_values(relabelled)
    assert np.all(np.abs(one.log_values - two.log_values) <= one.error + two.error)


def test_an_iterator_gives_the_same_bits_as_a_list(chain):
    one, two = product_svd(chain), product_svd(iter(chain))
    for name in ("log_values", "error", "left", "right"):
        np.testing.assert_array_equal(getattr(one, name), getattr(two, name))


def test_left_and_right_eigenvectors_are_biorthogonal(chain):
    eig = product_eig(chain)
    overlap = np.abs(eig.left.T @ eig.right)
    off = overlap - np.diag(np.diag(overlap))
    assert off.max() <= 1e-11


def test_a_factor_of_two_is_visible_to_the_sums(chain):
    """Power of the determinant test: one wrong value in the last of 25 factors is seen."""
    spoiled = [*chain[:-1], chain[-1] * (1 + 1e-6)]
    one, two = product_singular_values(chain), product_singular_values(spoiled)
    assert abs(one.log_abs_det - two.log_abs_det) > 1e3 * (one.error.sum() + two.error.sum())


def test_debug_mode_asserts_the_sum_rules(chain, monkeypatch):
    from rmt.spectra import _debug, singular

    monkeypatch.setenv("RMT_DEBUG", "1")
    product_svd(chain)
    product_singular_values(iter(chain))
    product_eigenvalues(chain)
    product_eig(chain, method="exact")
    state = singular.run_chain(chain)
    with pytest.raises(AssertionError, match="sum of logarithms"):
        _debug.assert_sum_rules(state, state.log_abs_det + 1e-6, 1e-9)


@pytest.mark.parametrize("stream", [list, iter])
def test_debug_mode_sees_a_result_that_the_transpose_denies(chain, stream, monkeypatch):
    """Two values spoiled against each other: the sum rules hold, the transposed product disagrees."""
    from rmt.spectra import _eigen_solver, singular

    def once(function):
        calls = []

        def spoiled(*args):
            calls.append(function(*args))
            out = calls[-1]
            if len(calls) == 1:
                if isinstance(out, dict):
                    out["log_modulus"][[0, -1]] += 1e-6, -1e-6
                else:  # mantissas of the singular values
                    out[0][[0, -1]] *= 1 + 1e-6, 1 / (1 + 1e-6)
            return out

        return spoiled

    monkeypatch.setenv("RMT_DEBUG", "1")
    with monkeypatch.context() as patch:
        patch.setattr(singular, "graded_svd", once(singular.graded_svd))
        with pytest.raises(AssertionError, match="of P and of its transpose differ by"):
            product_singular_values(stream(chain), refine=False)  # a correction would undo it
    with monkeypatch.context() as patch:
        patch.setattr(_eigen_solver, "_solve_checked", once(_eigen_solver._solve_checked))
        with pytest.raises(AssertionError, match="of P and of its transpose differ by"):
            product_eigenvalues(stream(chain))


def test_debug_mode_accepts_dead_units_and_rectangles(rng, monkeypatch):
    monkeypatch.setenv("RMT_DEBUG", "1")
    masked = [(rng.random(9) < 0.7)[:, None] * rng.standard_normal((9, 9)) for _ in range(6)]
    assert product_singular_values(masked).rank < 9
    product_eigenvalues(masked)
    product_singular_values([rng.standard_normal((5, 9)), rng.standard_normal((7, 5))])


def test_groups_of_factors_stay_within_their_own_bound(chain):
    one, two = product_singular_values(chain), product_singular_values(chain, group=2)
    assert np.all(np.abs(one.log_values - two.log_values) <= one.error + two.error)
    np.testing.assert_array_equal(product_singular_values(chain, error=False).log_values, one.log_values)
    with pytest.raises(ValueError, match="group = 0 must be an integer >= 1"):
        product_singular_values(chain, group=0)
