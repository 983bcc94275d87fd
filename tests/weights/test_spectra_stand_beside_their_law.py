"""Singular values against the law with fitted parameters: agreement where the entries are independent, none where not."""

import types

import numpy as np
import pytest

from rmt.ensembles import levy_matrix
from rmt.plotting import plot_spectrum
from rmt.spectra import product_singular_values
from rmt.weights import jacobian_chain, spectrum


def given(model, alpha, sigma_w):
    names = list(model)
    return types.SimpleNamespace(name=names, alpha=[alpha] * len(names), sigma_w=[sigma_w] * len(names))


@pytest.mark.parametrize("shape", [(60, 60), (30, 60), (60, 30)])
def test_independent_entries_follow_the_law(rng, shape):
    model = {"w": levy_matrix(*shape, alpha=1.5, rng=rng)}
    (found,) = spectrum(model, given(model, 1.5, 1.0), replicates=9, rng=rng)
    assert found.singular_values.shape == (30 if 30 in shape else 60,)
    assert found.distance < 0.12
    assert found.distance <= 2 * found.distance_null.max()
    assert found.distance_shuffled < 0.12
    assert 0.1 <= found.p_value <= 1.0
    assert found.to_row()["largest"] == found.singular_values[0]


def test_structure_is_seen_by_the_shuffled_entries(rng):
    """A matrix of low rank plus noise: its entries alone do not tell."""
    matrix = rng.standard_normal((60, 3)) @ rng.standard_normal((3, 60)) / 3 + 0.3 * rng.standard_normal((60, 60))
    model = {"w": matrix}
    (found,) = spectrum(model, given(model, 2.0, float(matrix.std()) * np.sqrt(60)), replicates=9, rng=rng)
    assert found.distance_shuffled > 0.3
    assert found.p_value == pytest.approx(0.1)


def test_fits_of_another_model_are_refused(rng):
    model = {"w": rng.standard_normal((40, 40))}
    with pytest.raises(ValueError, match="of the same matrices"):
        spectrum(model, given({"v": 0}, 2.0, 1.0))
    with pytest.raises(ValueError, match="replicates = 1"):
        spectrum(model, given(model, 2.0, 1.0), replicates=1)


def test_the_chain_is_the_jacobian_of_the_network(rng):
    matrices = [rng.standard_normal((5, 4)), rng.standard_normal((6, 5)), rng.standard_normal((3, 6))]
    biases = [rng.standard_normal(n) for n in (5, 6, 3)]
    x = rng.standard_normal(4)

    def network(x):
        for matrix, bias in zip(matrices, biases, strict=True):
            x = np.tanh(matrix @ x + bias)
        return x

    step = 1e-6
    numeric = np.column_stack([(network(x + step * e) - network(x - step * e)) / (2 * step) for e in np.eye(4)])
    product = np.eye(4)
    for factor in jacobian_chain(matrices, x, biases=biases):
        product = factor @ product
    assert np.allclose(product, numeric, atol=1e-8)
    values = product_singular_values(list(jacobian_chain(matrices, x, biases=biases))).log_values
    finite = np.linalg.svd(product, compute_uv=False)
    assert np.allclose(np.exp(np.sort(values)[::-1][:3]), finite[:3], rtol=1e-8)


@pytest.mark.parametrize(
    ("matrices", "inputs", "biases", "message"),
    [
        ([np.eye(3)], np.ones(2), None, r"matrices\[0\] has shape"),
        ([np.eye(2), np.eye(3)], np.ones(2), None, r"matrices\[1\]"),
        ([np.eye(2)], np.ones(2), [np.ones(3)], r"biases\[0\]"),
        ([np.eye(2)], np.ones(2), [], "biases must hold one"),
    ],
)
def test_shapes_that_do_not_follow_are_refused(matrices, inputs, biases, message):
    with pytest.raises(ValueError, match=message):
        jacobian_chain(matrices, inputs, biases=biases)


def test_a_spectrum_is_drawn_with_all_its_values():
    ax = plot_spectrum([3.0, 1.0, 0.0], count=5)
    assert np.allclose(ax.lines[0].get_xydata(), [[3.0, 0.1], [1.0, 0.3]])
    with pytest.raises(ValueError, match="count = 2"):
        plot_spectrum([3.0, 1.0, 0.0], count=2)
    with pytest.raises(ValueError, match="no positive value"):
        plot_spectrum([0.0])
