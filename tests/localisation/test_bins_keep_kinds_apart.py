"""Vectors are binned by |lambda| or its rank; real and complex eigenvalues apart, one of each conjugate pair."""

from types import SimpleNamespace

import numpy as np
import pytest

from rmt.localisation import binned_dimensions, box_counting, dimension_estimate, eigenvalue_bins, generalised_dimension


def spectrum(rng, n=40):
    matrix = rng.standard_normal((n, n))
    values, right = np.linalg.eig(matrix)
    order = np.argsort(-abs(values))
    values, right = values[order], right[:, order]
    left = np.linalg.inv(right).conj().T
    with np.errstate(divide="ignore"):
        return SimpleNamespace(
            log_modulus=np.log(abs(values)), argument=np.angle(values), right=right, left=left, values=values
        )


def test_every_eigenvalue_has_one_place(rng):
    one = spectrum(rng)
    edges = [0, 0.25, 0.6, 1]
    pairs = np.concatenate(eigenvalue_bins(one.log_modulus, one.argument, edges))
    real = np.concatenate(eigenvalue_bins(one.log_modulus, one.argument, edges, field="real"))
    assert 2 * pairs.size + real.size == 40
    assert (one.values[pairs].imag > 0).all()
    assert (one.values[real].imag == 0).all()
    both = np.concatenate(eigenvalue_bins(one.log_modulus, one.argument, edges, conjugates="keep"))
    assert both.size == 2 * pairs.size
    guarded = np.concatenate(eigenvalue_bins(one.log_modulus, one.argument, edges, guard=0.5))
    assert (np.abs(one.values[guarded].imag) >= 0.5 * np.abs(one.values[guarded])).all()
    assert 0 < guarded.size < pairs.size


def test_modulus_and_rank_agree_where_they_must(rng):
    one = spectrum(rng)
    modulus = np.sort(np.exp(one.log_modulus))
    cut = 0.5 * (modulus[19] + modulus[20])
    by_rank = eigenvalue_bins(one.log_modulus, one.argument, [0, 0.5, 1], conjugates="keep")
    by_modulus = eigenvalue_bins(one.log_modulus, one.argument, [0, cut, 100.0], by="modulus", conjugates="keep")
    assert all(np.array_equal(a, b) for a, b in zip(by_rank, by_modulus, strict=True))


def test_zero_eigenvalues_count_in_the_ranks_and_are_in_no_bin():
    logs, angles = [0.0, -1.0, -np.inf, -np.inf], [0.0, np.pi, 0.0, 0.0]
    bins = eigenvalue_bins(logs, angles, [0.0, 0.5, 1.0], field="real")
    assert [list(one) for one in bins] == [[], [0, 1]]


@pytest.mark.parametrize("side", ["right", "left", "biorthogonal"])
def test_a_bin_equals_the_estimate_of_its_vectors(rng, side):
    spectra = [spectrum(rng) for _ in range(6)]
    q = [0.5, 1.0, 2.0]
    result = binned_dimensions(spectra, q, [0, 0.5, 1], side=side, rng=1)
    items = []
    for one in spectra:
        chosen = eigenvalue_bins(one.log_modulus, one.argument, [0, 0.5, 1])[1]
        weights = {
            "right": abs(one.right) ** 2,
            "left": abs(one.left) ** 2,
            "biorthogonal": abs(one.left) * abs(one.right),
        }
        items.append(np.sqrt(weights[side][:, chosen]))
    expected = dimension_estimate(items, q, rng=1)
    assert np.abs(result.dimension[1] - expected.dimension).max() < 1e-12
    assert np.abs(result.stderr[1] / expected.stderr - 1).max() < 0.3
    ratio = np.concatenate([generalised_dimension(item, 2.0) for item in items]).mean()
    assert abs(np.log(result.participation[1]) - ratio * np.log(40)) < 1e-12
    assert result.vectors[1] == sum(item.shape[1] for item in items)


def test_bins_without_vectors_are_refused(rng):
    with pytest.raises(ValueError, match="the bin from 50 to 60 has complex eigenvalues in 0 realisation"):
        binned_dimensions([spectrum(rng) for _ in range(6)], 2.0, [0, 50.0, 60.0], by="modulus")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (dict(edges=[0.5, 0.5]), "must increase"),
        (dict(edges=[0, 1], field="imaginary"), "field"),
        (dict(edges=[0, 1], by="phase"), "by"),
        (dict(edges=[0, 1], argument=[0.0]), "must be equal"),
        (dict(edges=[0, 1], log_modulus=[np.nan, 0.0]), "NaN"),
    ],
)
def test_bad_bins(arguments, message):
    given = {"log_modulus": [0.0, 0.0], "argument": [1.0, -1.0]} | arguments
    with pytest.raises(ValueError, match=message):
        eigenvalue_bins(given.pop("log_modulus"), given.pop("argument"), given.pop("edges"), **given)


def test_boxes_of_exchangeable_sites_are_refused_unless_forced(rng):
    vectors = rng.standard_normal((64, 3))
    with pytest.raises(ValueError, match="random subsets of sites that can be permuted"):
        box_counting(vectors, 2.0, sites="exchangeable")
    forced = box_counting(vectors, 2.0, sites="exchangeable", force=True)
    assert forced.sites == "exchangeable"
    assert forced.per_vector.shape == (1, 3)
    assert box_counting(vectors, 2.0, sites="ordered").sites == "ordered"


@pytest.mark.parametrize("lengths", [[1, 2], [1, 2, 3], [0, 1, 2, 4], [1.0, 2.0, 4.0], [1, 2, 64]])
def test_bad_box_lengths(lengths):
    with pytest.raises(ValueError, match="lengths"):
        box_counting(np.ones((64, 1)), 2.0, sites="ordered", lengths=lengths)
