"""ln P_q and its derivative agree with 60-digit arithmetic for components from 5e-324 to 1.6e308 and q from -8 to 8."""

import json
from pathlib import Path

import numpy as np
import pytest

from rmt.localisation import generalised_dimension, log_moments, log_weights, vector_moments

REFERENCE = json.loads((Path(__file__).parents[1] / "reference" / "localisation_moments.json").read_text())
Q = np.array(REFERENCE["q"])


def column(case):
    vector = np.array([complex(a, b) for a, b in case["vector"]])
    return vector.real.copy() if (vector.imag == 0).all() else vector


@pytest.mark.parametrize("case", REFERENCE["cases"], ids=lambda case: case["name"])
def test_log_moments_and_derivatives(case):
    moments = vector_moments(column(case), Q)
    # The logarithms of the weights carry the rounding of |q ln p|, hence the scale of the tolerance.
    scale = np.maximum(1.0, np.abs(case["log_moments"]))
    assert np.abs((moments.log_moments[:, 0] - case["log_moments"]) / scale).max() < 1e-13
    scale = np.maximum(1.0, np.abs(case["mean_logs"]))
    assert np.abs((moments.mean_logs[:, 0] - case["mean_logs"]) / scale).max() < 1e-13


@pytest.mark.parametrize("case", REFERENCE["cases"], ids=lambda case: case["name"])
def test_dimensions_have_no_cancellation_near_q_one(case):
    near = np.abs(Q - 1.0) < 0.02
    wanted = np.where(
        Q == 1.0, -np.array(case["mean_logs"]), np.array(case["log_moments"]) / np.where(Q == 1, 1, 1 - Q)
    )
    wanted = wanted / np.log(len(case["vector"]))
    ours = generalised_dimension(column(case), Q)
    # One site with all but 1e-15 of the weight: p itself is only known to 1e-16.
    assert (np.abs(ours - wanted)[near] < 1e-12 * wanted[near] + 1e-15).all()


def test_an_equally_spaced_grid_and_its_shuffled_copy_agree(rng):
    vectors = rng.standard_normal((301, 7)) * np.exp(8 * rng.standard_normal((301, 7)))
    for q in (np.linspace(-4, 6, 101), np.linspace(0, 2, 40), np.arange(-200.0, 200.0)):
        order = rng.permutation(q.size)
        arbitrary = np.concatenate([log_moments(vectors, [one]) for one in q])
        assert np.abs(log_moments(vectors, q) - arbitrary).max() < 2e-12 * max(1.0, np.abs(arbitrary).max())
        assert np.array_equal(log_moments(vectors, q[order]), log_moments(vectors, q)[order])


def test_moments_agree_with_plain_sums(rng):
    for vectors in (rng.standard_normal((777, 13)), rng.standard_normal((64, 9)) + 1j * rng.standard_normal((64, 9))):
        p = np.abs(vectors) ** 2 / (np.abs(vectors) ** 2).sum(axis=0)
        for q in (-1.5, 0.0, 0.3, 1.0, 2.0, 5.5):
            assert np.abs(log_moments(vectors, q) - np.log((p**q).sum(axis=0))).max() < 1e-12


def test_order_of_memory_and_norm_do_not_matter(rng):
    vectors = rng.standard_normal((130, 21)) + 1j * rng.standard_normal((130, 21))
    q = np.linspace(-1, 3, 9)
    expected = log_moments(vectors, q)
    assert np.array_equal(log_moments(np.asfortranarray(vectors), q), expected)
    assert np.array_equal(log_moments(vectors[:, ::2], q), expected[:, ::2])
    assert np.array_equal(log_moments(vectors * 2.0**-900, q), expected)
    assert np.abs(log_moments(vectors * 1e250, q) - expected).max() < 1e-13
    assert np.array_equal(log_moments(vectors[:, 3], q), expected[:, 3])
    assert log_moments(vectors[:, 3], 2.0) == expected[6, 3]


def test_log_weights_are_normalised(rng):
    vectors = np.exp(40 * rng.standard_normal((500, 3)))
    assert np.abs(np.exp(log_weights(vectors)).sum(axis=0) - 1).max() < 1e-14
