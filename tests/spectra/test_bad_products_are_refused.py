"""Factors that are not a chain of finite real matrices are refused with the place and the reason."""

import numpy as np
import pytest

from rmt import spectra

EVERY = [
    spectra.product_singular_values,
    spectra.product_svd,
    spectra.product_eigenvalues,
    spectra.product_eig,
    spectra.finite_time_exponents,
    spectra.lyapunov_exponents,
    lambda factors: spectra.covariant_vectors(factors, burn_in=1, burn_out=1),
]


@pytest.mark.parametrize("function", EVERY)
@pytest.mark.parametrize("stream", [list, iter])
def test_every_function_checks_its_factors(function, stream):
    good = np.eye(3)
    with pytest.raises(
        ValueError, match=r"factors\[2\] has shape \(3, 4\) and cannot act after factors\[1\] of shape \(3, 3\)"
    ):
        function(stream([good, good, np.ones((3, 4))]))
    with pytest.raises(ValueError, match=r"factors\[1\] holds a value that is not finite at index \(0, 2\): nan"):
        function(stream([good, np.array([[1.0, 2.0, np.nan]] * 3), good]))
    with pytest.raises(ValueError, match=r"factors\[0\] holds a value that is not finite at index \(1, 1\): inf"):
        function(stream([np.diag([1.0, np.inf, 1.0])]))
    with pytest.raises(ValueError, match="factors is empty"):
        function(stream([]))
    with pytest.raises(ValueError, match=r"factors\[1\] is complex"):
        function(stream([good, 1j * good]))
    with pytest.raises(ValueError, match=r"factors\[0\] has shape \(3,\)"):
        function(stream([np.ones(3)]))


def test_eigenvalues_need_a_square_product(rng):
    with pytest.raises(ValueError, match=r"shape \(2, 3\) and must be square"):
        spectra.product_eigenvalues([rng.standard_normal((2, 3))])
    with pytest.raises(ValueError, match=r"method = 'fast' must be one of 'merged', 'exact'"):
        spectra.product_eigenvalues([np.eye(2)], method="fast")
    with pytest.raises(ValueError, match="needs square factors of full rank"):
        spectra.product_eigenvalues([rng.standard_normal((2, 3)), rng.standard_normal((3, 2))], method="exact")
    with pytest.raises(ValueError, match="a has shape"):
        spectra.eig(np.ones((2, 3)))


@pytest.mark.parametrize("k", [0, 4, 1.0])
def test_number_of_vectors(rng, k):
    with pytest.raises(ValueError, match="k = "):
        spectra.product_svd([rng.standard_normal((3, 5))], k=k)


def test_a_stack_is_a_sequence_and_a_matrix_is_not(rng):
    stack = rng.standard_normal((4, 3, 3))
    one, two = spectra.product_singular_values(stack), spectra.product_singular_values(list(stack))
    np.testing.assert_array_equal(one.log_values, two.log_values)
    with pytest.raises(ValueError, match="a sequence of matrices is needed"):
        spectra.product_singular_values(stack[0])


def test_too_few_factors_for_error_bars():
    with pytest.raises(ValueError, match="burn_in = 5 leaves 19 of 24 factors, at least 20"):
        spectra.lyapunov_exponents([np.eye(2)] * 24, burn_in=5)
