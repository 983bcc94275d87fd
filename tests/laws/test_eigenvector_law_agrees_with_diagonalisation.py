"""Eigenvectors of heavy-tailed matrices, binned by rank, have the dimensions that sampling the local law predicts.

Each comparison allows five joint standard errors (cluster bootstrap over matrices) plus 2 % of the finite-size bias 1 - D_q
itself; the power is asserted: the allowance is far below that bias.
"""

from itertools import pairwise
from types import SimpleNamespace

import numpy as np
import pytest
from scipy import linalg

from rmt.ensembles import levy_matrix
from rmt.laws import EigenvectorLaw, Layer
from rmt.localisation import binned_dimensions, vector_moments

Q = np.array([0.5, 1.0, 2.0])
SIDES = ("right", "left", "biorthogonal")


def decompose(matrix):
    values, left, right = linalg.eig(matrix, left=True)
    with np.errstate(divide="ignore"):
        return SimpleNamespace(log_modulus=np.log(abs(values)), argument=np.angle(values), right=right, left=left)


def compare(spectra, laws, edges, rng, sigmas=5.0, slack=0.02):
    n = spectra[0].right.shape[0]
    for side, law in laws.items():
        found = binned_dimensions(spectra, Q, edges, side=side, guard=2 / np.sqrt(n), rng=rng)
        for number, (low, high) in enumerate(pairwise(edges)):
            theory = law.prediction(n, Q, (low, high), vectors=1500, rng=rng)
            allowed = sigmas * np.hypot(found.stderr[number], theory.stderr) + slack * (1 - theory.dimension)
            assert (np.abs(found.dimension[number] - theory.dimension) < allowed).all(), (side, low, high)
            assert (allowed < 0.5 * (1 - theory.dimension)).all(), (side, low, high)


@pytest.mark.parametrize(("alpha", "n"), [(1.2, 400), (1.7, 250)])
def test_levy_matrices(rng, alpha, n):
    spectra = [decompose(levy_matrix(n, alpha=alpha, rng=rng)) for _ in range(7)]
    compare(spectra, {side: EigenvectorLaw(Layer(alpha), side) for side in SIDES}, [0.1, 0.4, 0.7, 0.9], rng)


@pytest.mark.slow
@pytest.mark.parametrize("alpha", [1.0, 1.5])
def test_large_levy_matrices(rng, alpha):
    spectra = [decompose(levy_matrix(1000, alpha=alpha, rng=rng)) for _ in range(8)]
    compare(spectra, {side: EigenvectorLaw(Layer(alpha), side) for side in SIDES}, [0.1, 0.3, 0.5, 0.7, 0.9], rng)


def test_profiles_on_both_sides(rng):
    """D_1 W D_0 with two-valued factors of bounded size."""
    last, first = ([0.3, 1.4], [0.5, 0.5]), ([0.6, 2.0], [0.7, 0.3])
    spectra = []
    for _ in range(8):
        d1, d0 = rng.choice(last[0], 250, p=last[1]), rng.choice(first[0], 250, p=first[1])
        spectra.append(decompose(d1[:, None] * levy_matrix(250, alpha=1.6, rng=rng) * d0))
    laws = {side: EigenvectorLaw(Layer(1.6, profile=last), side, input_profile=first) for side in SIDES}
    compare(spectra, laws, [0.1, 0.5, 0.8], rng, slack=0.04)


def test_products_of_different_layers(rng):
    """alpha = (1.1, 2): the right vector has the index of the last layer, the left one that of the first."""
    spectra = []
    for _ in range(8):
        factors = [levy_matrix(250, alpha=alpha, rng=rng) for alpha in (1.1, 2.0)]
        spectra.append(decompose(factors[1] @ factors[0]))
    layers = [Layer(1.1), Layer(2.0)]
    laws = {side: EigenvectorLaw(layers, side) for side in SIDES}
    compare(spectra, laws, [0.1, 0.3, 0.6], rng, slack=0.04)
    right, left = (laws[side].prediction(250, [2.0], 0.2, rng=rng).dimension[0] for side in ("right", "left"))
    assert left - right > 0.05  # the sides do differ, at small modulus the numerator cancels: R ~ 1/S'


def test_the_frozen_side_of_matrices_with_dead_units(rng):
    """W D with half of the units dead: D_2 of the right vectors is far below the ergodic value, as the law says."""
    profile = ([0.0, 1.0], [0.5, 0.5])
    spectra = [
        decompose(levy_matrix(300, alpha=1.3, rng=rng) * rng.choice(profile[0], 300, p=profile[1])) for _ in range(20)
    ]
    laws = {side: EigenvectorLaw(Layer(1.3), side, input_profile=profile) for side in ("right", "left")}
    q = np.array([0.25, 0.5, 2.0])
    measured = {}
    for side, law in laws.items():
        found = binned_dimensions(spectra, q, [0.6, 0.9], side=side, guard=0.15, rng=rng, zeros="support")
        theory = law.prediction(300, q, (0.6, 0.9), vectors=4000, rng=rng)
        allowed = 5 * np.hypot(found.stderr[0], theory.stderr) + 0.04 * (1 - theory.dimension)
        assert (np.abs(found.dimension[0] - theory.dimension) < allowed).all(), (
            side,
            found.dimension,
            theory.dimension,
        )
        measured[side] = theory.dimension[-1]
    assert measured["right"] < 0.35 < 0.6 < measured["left"]


def test_real_vectors_have_the_real_law(rng):
    """Real eigenvalues, about sqrt(N) of them, are compared apart; the complex prediction is rejected."""
    spectra = [decompose(levy_matrix(150, alpha=1.5, rng=rng)) for _ in range(40)]
    found = binned_dimensions(spectra, Q, [0.1, 0.7], field="real", rng=rng)
    law = EigenvectorLaw(Layer(1.5))
    theory = law.prediction(150, Q, (0.1, 0.7), field="real", rng=rng)
    other = law.prediction(150, Q, (0.1, 0.7), field="complex", rng=rng)
    allowed = 5 * np.hypot(found.stderr[0], theory.stderr) + 0.04 * (1 - theory.dimension)
    assert (np.abs(found.dimension[0] - theory.dimension) < allowed).all()
    assert (np.abs(found.dimension[0] - other.dimension) > 2 * allowed).all()


@pytest.mark.parametrize("field", ["complex", "real"])
@pytest.mark.parametrize("side", SIDES)
def test_samples_have_the_amplitudes(rng, side, field):
    """A_1/2 from 4e6 sites: two per mille allowed, ten standard errors."""
    law = EigenvectorLaw([Layer(1.5, profile=([0.5, 1.2], [0.3, 0.7])), Layer(1.8)], side)
    n = 1000
    moments = vector_moments(law.sample(n, 0.5, 4000, field=field, rng=rng), [0.5]).log_moments[0]
    mean = np.exp(moments - 0.5 * np.log(n)).mean()
    # at finite n the norm fluctuates: allow that too, A_2/n of the leading value
    assert abs(mean / law.amplitude(0.5, 0.5, field) - 1) < 0.002 + 0.5 * law.amplitude(2, 0.5, field) / n


def test_the_same_seed_gives_the_same_prediction():
    law = EigenvectorLaw(Layer(1.5))
    assert np.array_equal(law.dimension(200, Q, 0.5, rng=3, vectors=50), law.dimension(200, Q, 0.5, rng=3, vectors=50))
    one = law.prediction(200, Q, 0.5, rng=3, vectors=500, mean="average")
    assert (one.dimension[1:] <= law.prediction(200, Q, 0.5, rng=3, vectors=500).dimension[1:] + 1e-12).all()
