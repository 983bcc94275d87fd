"""Binomial cascades: tau(q) = -log2(p^q + (1-p)^q) to 1e-10 with every estimator, and the spectrum that follows from it."""

import numpy as np
import pytest

from rmt.localisation import (
    box_counting,
    dimension_estimate,
    generalised_dimension,
    mass_exponent,
    singularity_spectrum,
    size_scaling,
    symmetry_defect,
)

Q = np.array([-6.0, -2.0, -1.0, -0.5, 0.0, 0.3, 0.5, 0.9, 1.0, 1.1, 1.5, 2.0, 3.0, 7.0])


def cascade(p, levels, rng, phases=True):
    """Amplitudes of the cascade in order of its sites, with random signs or phases."""
    weights = np.ones(1)
    for _ in range(levels):
        weights = np.kron(weights, [p, 1 - p])
    angle = rng.uniform(0, 2 * np.pi, weights.size)
    return np.sqrt(weights) * (np.exp(1j * angle) if phases else np.sign(np.cos(angle)))


def exact(p, q):
    moment = p**q + (1 - p) ** q
    slope = (p**q * np.log(p) + (1 - p) ** q * np.log(1 - p)) / moment
    tau, alpha = -np.log2(moment), -slope / np.log(2)
    entropy = -(p * np.log2(p) + (1 - p) * np.log2(1 - p))
    dimension = np.where(q == 1, entropy, tau / np.where(q == 1, 1, q - 1))
    return tau, dimension, alpha, q * alpha - tau


@pytest.mark.parametrize("p", [0.5, 0.3, 0.04])
@pytest.mark.parametrize("phases", [False, True])
def test_every_estimator(rng, p, phases):
    tau, dimension, alpha, f = exact(p, Q)
    vector = cascade(p, 12, rng, phases)
    found = {"one size": (generalised_dimension(vector, Q), mass_exponent(vector, Q))}
    for method in ("chhabra-jensen", "legendre"):
        spectrum = singularity_spectrum(vector, Q, method=method)
        assert np.abs(spectrum.alpha - alpha).max() < 1e-10
        assert np.abs(spectrum.f - f).max() < 1e-10
        assert np.abs(spectrum.tau - tau).max() < 1e-10
    boxes = box_counting(vector, Q, sites="ordered")
    found["boxes"] = (boxes.dimension, boxes.tau)
    assert np.abs(boxes.alpha - alpha).max() < 1e-10
    assert np.abs(boxes.f - f).max() < 1e-10
    assert boxes.residual.max() < 1e-10
    ladder = [cascade(p, levels, rng, phases)[:, None] for levels in (5, 7, 8, 10) for _ in range(5)]
    scaling = size_scaling(ladder, Q, rng=rng, replicates=100)
    for name, fit in (("typical", scaling.typical), ("average", scaling.average)):
        found[name] = (fit.dimension, fit.tau)
        assert np.abs(fit.alpha - alpha).max() < 1e-10
        assert np.abs(fit.f - f).max() < 1e-10
        assert np.abs(fit.local - dimension).max() < 1e-10
        assert np.abs(fit.drift).max() < 1e-10
        assert fit.stderr.max() < 1e-10
    for name in ("typical", "average"):
        single = dimension_estimate([vector[:, None]] * 5, Q, mean=name, rng=rng, replicates=100)
        found["estimate " + name] = (single.dimension, (Q - 1) * single.dimension)
    for name, (our_dimension, our_tau) in found.items():
        assert np.abs(our_dimension - dimension).max() < 1e-10, name
        assert np.abs(our_tau - tau).max() < 1e-10, name


def test_legendre_of_the_average_weights_vectors_by_their_moment(rng):
    """Against the derivative of ln <P_q> by a difference quotient."""
    vectors = np.stack([cascade(p, 8, rng) for p in (0.1, 0.3, 0.5)], axis=1)
    q = np.array([2.0 - 1e-5, 2.0, 2.0 + 1e-5])
    spectrum = singularity_spectrum(vectors, q, method="legendre", mean="average")
    assert abs(spectrum.alpha[1] - (spectrum.tau[2] - spectrum.tau[0]) / 2e-5) < 1e-8
    with pytest.raises(ValueError, match="mean = 'average' needs method = 'legendre'"):
        singularity_spectrum(vectors, q, mean="average")


def test_symmetry_is_found_and_its_breach_too(rng):
    """A cascade is not symmetric: its defect at alpha equals the one of the exact curve; a symmetric parabola has none."""
    q = np.linspace(-8, 9, 171)
    spectrum = singularity_spectrum(cascade(0.3, 9, rng), q)
    alpha, defect = symmetry_defect(spectrum)
    assert alpha.size >= 15
    mirrored = np.interp(2 - alpha, spectrum.alpha[::-1], spectrum.f[::-1])
    values = np.interp(alpha, spectrum.alpha[::-1], spectrum.f[::-1])
    assert np.abs(defect - (mirrored - values - 1 + alpha)).max() < 1e-3
    assert np.abs(defect).max() > 0.05
    gamma = 0.13
    parabola = type(spectrum)(q, alpha=1 + gamma * (1 - 2 * q), f=1 - gamma * q**2, tau=(q - 1) * (1 - gamma * q))
    assert np.abs(symmetry_defect(parabola)[1]).max() < 1e-12
    with pytest.raises(ValueError, match="q on both sides of 1/2"):
        symmetry_defect(singularity_spectrum(cascade(0.3, 9, rng), np.linspace(2, 4, 9)))


def test_iid_pareto_weights_follow_the_frozen_law(rng):
    """P(p > x) ~ x^-a, a = 1/2: D_q -> (a - q)/(a (1 - q)) below q = a and 0 above, f(x) = a x.

    The ladder from n = 300 to 30000 must come within 0.05: five standard errors (false-fail rate below 1e-6) plus the drift
    that is left; one size alone is off by more.
    """
    a, q = 0.5, np.array([0.1, 0.25, 2.0, 3.0])
    ladder = (rng.pareto(a, (n, 200)) ** 0.5 for n in (300, 3000, 30000) for _ in range(6))
    fit = size_scaling(ladder, q, rng=rng).typical
    law = np.where(q < a, (a - q) / (a * (1 - q)), 0.0)
    assert fit.stderr.max() < 0.009
    assert np.abs(fit.dimension - law).max() < 0.05
    assert np.abs(fit.f - a * fit.alpha)[2:].max() < 0.05
    assert fit.alpha[2:].max() < 0.05
    single = generalised_dimension(rng.pareto(a, (3000, 500)) ** 0.5, q).mean(axis=1)
    assert np.abs(single - law).max() > 0.08
