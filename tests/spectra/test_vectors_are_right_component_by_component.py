"""Singular vectors and eigenvectors of graded products against mpmath: normwise 1e-10, every component to 1e-8."""

import mpmath as mp
import numpy as np
import pytest
from portable_products import irwin_hall, pareto, profile

from rmt.spectra import product_eig, product_svd

CASES = {
    "light tails 6 x 12": lambda: irwin_hall(41, 12, 6, 6),
    "tail 1, 6 x 10": lambda: pareto(42, 10, 6, 6, 1),
    "profile x tail 4/3, 6 x 8": lambda: profile(43, 8, 6)[:, :, None] * pareto(44, 8, 6, 6, 4 / 3),
}


@pytest.fixture(params=CASES)
def case(request):
    """The factors and their product at 3000 bits, more than three times the range."""
    factors = CASES[request.param]()
    mp.mp.prec = 3000
    product = mp.eye(6)
    for factor in factors:
        product = mp.matrix(factor.tolist()) * product
    return list(factors), product


def columns(matrix, order):
    """Unit columns as complex doubles, small components without underflow of the ratio."""
    out = []
    for j in order:
        column = [matrix[i, j] for i in range(6)]
        size = mp.sqrt(sum(abs(x) ** 2 for x in column))
        out.append([complex(x / size) for x in column])
    return np.array(out).T


def compare(computed, exact, normwise, componentwise):
    phase = np.einsum("ij,ij->j", exact.conj(), computed)
    difference = np.abs(computed / (phase / np.abs(phase)) - exact)
    assert np.all(np.linalg.norm(difference, axis=0) <= normwise)
    assert np.all(difference <= componentwise * np.abs(exact))


def test_singular_vectors(case):
    factors, product = case
    svd = product_svd(factors)
    for gram, vectors in ((product.T * product, svd.right), (product * product.T, svd.left)):
        values, exact = mp.eigsy(gram)
        compare(vectors, columns(exact, sorted(range(6), key=lambda i: -values[i])), 1e-12, 1e-8)


def test_eigenvectors(case):
    factors, product = case
    eig = product_eig(factors)
    for matrix, vectors in ((product, eig.right), (product.T, eig.left)):
        values, exact = mp.eig(matrix)
        order = sorted(range(6), key=lambda i: (-round(float(mp.log(abs(values[i]))), 9), -float(mp.arg(values[i]))))
        compare(vectors, columns(exact, order), 1e-11, 1e-8)


def test_the_comparison_sees_a_wrong_small_component(case):
    """Power: an error of 1e-7 of the smallest component is found."""
    factors, _ = case
    right = product_svd(factors).right
    spoiled = right.copy()
    spoiled[np.argmin(np.abs(right[:, 0])), 0] *= 1 + 1e-7
    with pytest.raises(AssertionError):
        compare(spoiled, right.astype(complex), 1e-12, 1e-8)
