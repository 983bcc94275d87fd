"""Bad input is a ValueError that says what is needed; exact zeros are counted, never dropped."""

import numpy as np
import pytest

from rmt.localisation import (
    amplitudes,
    biorthogonal_amplitudes,
    generalised_dimension,
    inverse_participation_ratio,
    log_moments,
    log_weights,
    mass_exponent,
    participation_number,
    porter_thomas_dimension,
    singularity_spectrum,
)

GOOD = np.ones((4, 2))


@pytest.mark.parametrize("bad", [np.nan, np.inf, complex(0, np.nan)])
@pytest.mark.parametrize("function", [log_moments, generalised_dimension, mass_exponent])
def test_components_that_are_not_finite(function, bad):
    vectors = GOOD.astype(type(bad) if isinstance(bad, complex) else float)
    vectors[2, 1] = bad
    with pytest.raises(ValueError, match=r"vectors holds .* at index \(2, 1\)"):
        function(vectors, [0.5, 2])


def test_large_components_are_not_mistaken_for_infinite_ones():
    assert inverse_participation_ratio(np.full(4, 1.7e308)) == pytest.approx(0.25, abs=1e-15)


def test_zero_vectors():
    with pytest.raises(ValueError, match=r"1 vector\(s\) are zero, the first is number 1"):
        log_moments(np.array([[1.0, 0.0], [1.0, 0.0]]), 2)
    with pytest.raises(ValueError, match="are zero"):
        log_weights(np.zeros(3))


@pytest.mark.parametrize("q", [np.nan, np.inf, [1.0, -np.inf], "x", 1j])
def test_powers_that_are_not_finite(q):
    with pytest.raises(ValueError, match="q "):
        log_moments(GOOD, q)


@pytest.mark.parametrize("vectors", [np.ones((1, 3)), np.ones((2, 2, 2)), np.empty((0, 2)), np.array(["a", "b"]), 3.0])
def test_shapes(vectors):
    with pytest.raises(ValueError, match="vectors"):
        participation_number(vectors)


def test_exact_zeros_are_counted():
    vector = np.array([1.0, 0.0, 1.0, 0.0, 1.0])
    assert log_moments(vector, 0.0) == pytest.approx(np.log(3), abs=1e-15)
    assert generalised_dimension(vector, [0.0, 1.0, 2.0]) == pytest.approx([np.log(3) / np.log(5)] * 3, abs=1e-14)
    assert log_moments(vector, -1.0) == np.inf
    assert log_moments(vector, -1.0, zeros="support") == pytest.approx(np.log(9), abs=1e-14)
    with pytest.raises(ValueError, match="zeros = 'infinite'"):
        singularity_spectrum(vector, [-1.0, 0.0])
    with pytest.raises(ValueError, match="zeros"):
        log_moments(vector, 2.0, zeros="drop")


def test_sides_and_shapes_of_pairs():
    with pytest.raises(ValueError, match="side = 'both'"):
        amplitudes(None, "both")
    with pytest.raises(ValueError, match="must be equal"):
        biorthogonal_amplitudes(np.ones(3), np.ones(4))


@pytest.mark.parametrize(("n", "q", "field"), [(1, 2, "real"), (10, -0.5, "real"), (10, -1, "complex"), (10, 2, "gue")])
def test_porter_thomas_range(n, q, field):
    with pytest.raises(ValueError, match=r"n = |q = |field = "):
        porter_thomas_dimension(n, q, field)
