"""The Porter-Thomas plateau: 1e-12 against 60 digits, and Haar vectors in the mean."""

import json
from pathlib import Path

import numpy as np
import pytest
from statistical import assert_mean

from rmt.localisation import bias_corrected_dimension, generalised_dimension, log_moments, porter_thomas_dimension

REFERENCE = json.loads((Path(__file__).parents[1] / "reference" / "localisation_porter_thomas.json").read_text())[
    "rows"
]


def test_closed_form_against_multiprecision():
    errors = [abs(porter_thomas_dimension(n, q, field) / value - 1) for n, field, q, value in REFERENCE]
    assert max(errors) < 1e-12, REFERENCE[int(np.argmax(errors))]


def test_arrays_and_scalars_agree():
    q = np.array([[-0.2, 0.0], [1.0, 2.0]])
    values = porter_thomas_dimension(50, q, "real")
    assert values.shape == (2, 2)
    assert values[1, 0] == porter_thomas_dimension(50, 1.0, "real")


def test_any_number_of_digits():
    import mpmath

    with mpmath.workdps(50):
        value = porter_thomas_dimension(1000, 2, "complex", dps=40)
        # <P_2> = 2/(n + 1) for complex Haar vectors
        assert abs(value + mpmath.log(mpmath.mpf(2) / 1001) / mpmath.log(1000)) < mpmath.mpf(10) ** -39
    assert (
        abs(porter_thomas_dimension(1000, [0.5, 1, 2], "real", dps=30)[1] - porter_thomas_dimension(1000, 1, "real"))
        < 1e-14
    )


@pytest.mark.parametrize("field", ["real", "complex"])
@pytest.mark.parametrize("q", [0.5, 1.0, 2.0])
def test_haar_vectors_have_the_mean_moment(rng, field, q):
    """False-fail rate 1e-6; shifts of D_q by 1e-3 would be found."""
    n, count = 60, 20000
    vectors = rng.standard_normal((n, count)) + (1j * rng.standard_normal((n, count)) if field == "complex" else 0)
    if q == 1.0:
        assert_mean(generalised_dimension(vectors, q), porter_thomas_dimension(n, q, field), detects=1e-3)
    else:
        mean = np.exp((1 - q) * np.log(n) * porter_thomas_dimension(n, q, field))
        assert_mean(np.exp(log_moments(vectors, q)) / mean, 1.0, detects=1e-2)


@pytest.mark.parametrize("field", ["real", "complex"])
def test_bias_correction_restores_the_extended_plateau(rng, field):
    """At n = 500 the uncorrected D_2 is 0.82 (real) and 0.89 (complex); corrected, 1 within 2/n. False-fail rate 1e-6."""
    n, count = 500, 2000
    vectors = rng.standard_normal((n, count)) + (1j * rng.standard_normal((n, count)) if field == "complex" else 0)
    q = np.array([0.5, 1.0, 2.0])
    raw, corrected = generalised_dimension(vectors, q).mean(axis=1), bias_corrected_dimension(vectors, q)
    assert raw[2] < 0.9
    for row in corrected:
        assert abs(row.mean() - 1) < 2 / n + 5 * row.std() / np.sqrt(count)
        assert 2 / n + 5 * row.std() / np.sqrt(count) < 0.01


def test_bias_correction_by_a_given_amplitude(rng):
    """ln A_2 = ln 3 of real vectors: 3/(n + 2) against 3/n, a difference of 2/(n ln n) in D_2."""
    vectors = rng.standard_normal((400, 3))
    by_hand = generalised_dimension(vectors, [2.0]) + np.log(3.0) / np.log(400)
    assert np.allclose(bias_corrected_dimension(vectors, [2.0], log_amplitude=[np.log(3.0)]), by_hand, atol=1e-14)
    assert np.abs(bias_corrected_dimension(vectors, 2.0) - by_hand[0]).max() < 1.2 * 2 / (400 * np.log(400))
