"""Structural zeros (dead units, ReLU masks, narrow layers) give exact ranks and exact zero eigenvalues."""

import itertools

import numpy as np
import pytest

from rmt.spectra import eig, product_eig, product_eigenvalues, product_singular_values, product_svd


def masked_chain(rng, n, depth, alive):
    masks = [rng.permutation(n) < alive for _ in range(depth)]
    return [mask[:, None] * rng.standard_normal((n, n)) for mask in masks], masks


@pytest.mark.parametrize("stream", [list, iter])
def test_relu_masks(rng, stream):
    chain, _ = masked_chain(rng, 20, 12, 11)
    result = product_singular_values(stream(chain))
    assert result.rank == 11
    assert np.all(np.isneginf(result.log_values[11:]))
    assert np.all(np.isfinite(result.log_values[:11]))
    assert result.log_abs_det == -np.inf
    assert np.all(result.error[11:] == 0)


def test_the_rank_is_found_when_zeros_cascade_backwards():
    """A zero column kills a unit, without which a column of the factor before is zero as well."""
    a = np.array([[1.0, 0.0, 2.0], [0.0, 3.0, 0.0], [1.0, 0.0, 5.0]])
    b = np.array([[1.0, 0.0, 0.0], [0.0, 0.0, 0.0], [4.0, 0.0, 1.0]])
    assert product_singular_values([a, b]).rank == np.linalg.matrix_rank(b @ a) == 2
    lower = np.diag([1.0, 1.0], k=-1)  # nilpotent of order 3
    assert product_singular_values([lower] * 2).rank == 1
    assert product_singular_values([lower] * 3).rank == 0
    assert np.all(np.isneginf(product_singular_values([lower] * 5).log_values))


def test_compressed_chain_agrees_with_the_small_one(rng):
    chain, masks = masked_chain(rng, 10, 6, 5)
    small = [chain[0][masks[0]]]
    small += [chain[k][np.ix_(masks[k], masks[k - 1])] for k in range(1, 6)]
    full, reduced = product_svd(chain), product_svd(small)
    np.testing.assert_allclose(full.log_values, reduced.log_values, rtol=1e-14)
    assert np.all(full.left[~masks[-1]] == 0)


def test_eigenvectors_of_a_product_through_a_narrow_layer(rng):
    shapes = [(12, 9), (9, 4), (4, 9), (9, 12)]
    chain = [rng.standard_normal((m, n)) for n, m in shapes]
    product = chain[3] @ chain[2] @ chain[1] @ chain[0]
    result = product_eig(chain)
    assert np.sum(np.isfinite(result.log_modulus)) == 4
    eigenvalues = np.exp(result.log_modulus[:4] + 1j * result.argument[:4])
    size = np.linalg.norm(product)
    np.testing.assert_allclose(product @ result.right, result.right * eigenvalues, atol=1e-12 * size)
    np.testing.assert_allclose(result.left.T @ product, eigenvalues[:, None] * result.left.T, atol=1e-12 * size)


def test_masked_eigenvalues(rng):
    chain, _ = masked_chain(rng, 14, 5, 9)
    product = np.linalg.multi_dot(chain[::-1])
    expected = np.sort(np.abs(np.linalg.eigvals(product)))[::-1]
    result = product_eigenvalues(chain)
    finite = np.isfinite(result.log_modulus)
    np.testing.assert_allclose(np.exp(result.log_modulus[finite][:3]), expected[:3], rtol=1e-10)
    assert finite.sum() <= 9


def test_nilpotent_structure_gives_exactly_zero_eigenvalues():
    upper = np.triu(np.ones((5, 5)), 1)
    assert np.all(np.isneginf(product_eigenvalues([upper]).log_modulus))
    assert np.all(np.isneginf(product_eigenvalues([upper, np.eye(5)]).log_modulus))


@pytest.mark.parametrize("kind", ["rows", "columns", "both"])
def test_one_matrix_with_graded_rows_and_columns(rng, kind):
    """The determinant fixes the sum, P v = lambda v the largest, and every eigenvalue is of the size of its own row."""
    n = 8
    core = rng.standard_normal((n, n))
    rows = 10.0 ** -(20.0 * np.arange(n)) if kind != "columns" else np.ones(n)
    columns = 10.0 ** -(15.0 * rng.permutation(n)) if kind != "rows" else np.ones(n)
    result = eig(rows[:, None] * core * columns)
    exact = np.linalg.slogdet(core)[1] + np.log(rows).sum() + np.log(columns).sum()
    assert result.log_abs_det == pytest.approx(exact, rel=1e-13)
    assert np.max(result.error) < 1e-9
    assert np.all(np.abs(result.log_modulus - np.sort(np.log(rows * columns))[::-1]) < 12)
    first = result.right[:, :1]
    images = (rows[:, None] * core * columns) @ first
    np.testing.assert_allclose(images, first * np.exp(result.log_modulus[0] + 1j * result.argument[0]), rtol=1e-11)


@pytest.mark.parametrize("widths", [(9, 60, 20, 70, 9), (60, 9, 70, 30), (5, 300, 7, 400, 6)])
def test_a_wide_layer_between_narrow_ones(rng, widths):
    factors = [rng.standard_normal((after, before)) for before, after in itertools.pairwise(widths)]
    result = product_singular_values(factors)
    assert result.rank == min(widths)
    exact = np.linalg.svd(np.linalg.multi_dot(factors[::-1]), compute_uv=False)[: result.rank]
    np.testing.assert_allclose(result.log_values[: result.rank], np.log(exact), atol=1e-10)
    turned = product_singular_values([factor.T for factor in factors[::-1]])
    kept = slice(0, result.rank)
    slack = turned.error[kept] + result.error[kept]
    assert np.all(np.abs(turned.log_values[kept] - result.log_values[kept]) <= slack)
