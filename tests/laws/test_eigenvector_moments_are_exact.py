"""Moments of the local eigenvector law: against 30-digit contours, closed forms, direct integrals and the notes' values."""

import json
import math
from pathlib import Path

import numpy as np
import pytest

from rmt.laws import EigenvectorLaw, Layer
from rmt.laws._local_moments import LocalLaw

REFERENCE = json.loads((Path(__file__).parents[1] / "reference" / "localisation_amplitudes.json").read_text())
UNIT = (np.zeros(1), np.ones(1))
TWO = (np.log(REFERENCE["profile"][0]), np.array(REFERENCE["profile"][1]))


def test_against_multiprecision_contours():
    worst = 0.0
    for a, b, side, name, q, tau, value in REFERENCE["rows"]:
        local = LocalLaw(side, a=a, b=b, last=UNIT if name == "unit" else TWO, first=UNIT)
        worst = max(worst, abs(local.log_moment(q, math.log(tau)) - value))
    assert worst < 1e-11


@pytest.mark.parametrize("q", [-0.4, -0.2, 0.5, 1.0, 2.0, 3.0])
@pytest.mark.parametrize("tau", [0.05, 1.0, 30.0])
def test_cauchy_matrices_against_a_direct_integral(q, tau):
    """Index 1/2: S = 1/(2 x^2) with x normal, so E h^q is a smooth double integral (no contour, no Gamma function)."""
    t = np.linspace(-5.6, 3.0, 1401)  # x = exp(pi/2 sinh t) on the half line
    x, jacobian = np.exp(0.5 * np.pi * np.sinh(t)), 0.5 * np.pi * np.cosh(t) * (t[1] - t[0])
    with np.errstate(under="ignore"):
        weight = jacobian * x * np.exp(-0.5 * x**2) * math.sqrt(2 / math.pi)
    keep = weight > 1e-280
    x, weight = x[keep], weight[keep]
    log_x = np.log(x)
    log_p = math.log(tau) - math.log(4) - 2 * (log_x[:, None] + log_x)
    feedback = np.logaddexp(0, log_p)
    for side, log_h in (
        ("right", -math.log(2) - 2 * log_x[:, None] - feedback),
        ("biorthogonal", -math.log(2) - log_x[:, None] - log_x - feedback),
    ):
        direct = math.log(weight @ np.exp(q * log_h) @ weight)
        ours = LocalLaw(side, a=0.5, b=0.5, last=UNIT, first=UNIT).log_moment(q, math.log(tau))
        assert abs(ours - direct) < 2e-9, side


@pytest.mark.parametrize("side", ["right", "left", "biorthogonal"])
def test_double_and_multiprecision_agree(side):
    law = EigenvectorLaw([Layer(1.3), Layer(1.8, profile=([0.2, 1.5], [0.4, 0.6]))], side=side)
    assert abs(law.log_moment(1.5, 0.7, dps=15) - law.log_moment(1.5, 0.7)) < 1e-12


def test_gaussian_layers_with_dead_units():
    """h = 1/(1 + tau d^2), dead units included: they have the largest weights, but no heavy tail."""
    law = EigenvectorLaw(Layer(2.0), side="right", input_profile=([0.0, 0.5, 2.0], [0.3, 0.5, 0.2]))
    for q in (-0.7, 0.0, 0.5, 2.0):
        exact = 0.3 + 0.5 * (1 + 0.25 * math.exp(0.4)) ** -q + 0.2 * (1 + 4 * math.exp(0.4)) ** -q
        assert law.log_moment(q, 0.4) == pytest.approx(math.log(exact), abs=1e-12)
    assert law.log_moment(2.0, 0.4, dps=15) == pytest.approx(law.log_moment(2.0, 0.4), abs=1e-12)
    frozen = EigenvectorLaw(Layer(1.9), side="right", input_profile=([0.0, 1.0], [0.3, 0.7]))
    with pytest.raises(ValueError, match="frozen"):
        frozen.log_moment(2.0, 0.4)


def test_centre_of_the_disc():
    """F -> 0: A_q = Gamma(1 + 2q/alpha) / Gamma(1 + 2/alpha)^q, N IPR_2 = 6 at alpha = 1 and 2 at alpha = 2."""
    for alpha in (0.8, 1.0, 1.5, 2.0):
        law = EigenvectorLaw(Layer(alpha))
        for q in (0.5, 1.0, 2.0, 3.0):
            exact = math.gamma(1 + 2 * q / alpha) / math.gamma(1 + 2 / alpha) ** q
            assert abs(law.amplitude(q, 1e-12) / exact - 1) < 1e-7
    assert abs(EigenvectorLaw(Layer(2.0)).amplitude(2, 0.7) - 2) < 1e-11


def test_values_of_the_notes():
    """alpha = 1: 5.5085, 9.7215, 79.341 at F = .1, .5, .9; alpha = 1.2: 5.4326 at .5. Real vectors have 3/2 of it at q = 2."""
    law = EigenvectorLaw(Layer(1.0))
    assert law.amplitude(2, 0.1) == pytest.approx(5.5085, abs=1e-4)
    assert law.amplitude(2, 0.5) == pytest.approx(9.7215, abs=1e-4)
    assert law.amplitude(2, 0.9) == pytest.approx(79.341, abs=1e-3)
    assert EigenvectorLaw(Layer(1.2)).amplitude(2, 0.5) == pytest.approx(5.4326, abs=1e-4)
    assert law.amplitude(2, 0.5, "real") == pytest.approx(1.5 * law.amplitude(2, 0.5), rel=1e-12)


def test_second_moment_from_the_chain_alone():
    """tau dH/dtau = E X/(1+X)^2 at the node and E u^2 = (1/tau) E X/(1+X)^2: the biorthogonal amplitude needs no contour."""
    from rmt.special import H_ab

    law = EigenvectorLaw(Layer(1.5), side="biorthogonal")
    x = law.log_tau(0.6)
    local = LocalLaw("biorthogonal", a=0.75, b=0.75, last=UNIT, first=UNIT)
    assert local.log_moment(2.0, x) == pytest.approx(
        math.log(H_ab(math.exp(x), 0.75, 0.75, derivative=True)) - x, abs=1e-12
    )


def test_shannon_limit_and_dimension():
    law = EigenvectorLaw(Layer(1.4), side="left")
    quotient = (law.log_amplitude(1.0 + 1e-4, 0.5) - law.log_amplitude(1.0 - 1e-4, 0.5)) / 2e-4
    assert law.log_amplitude_slope(0.5) == pytest.approx(quotient, abs=1e-7)
    # complex Porter-Thomas vectors: ln n - <S> -> 1 - gamma_E
    assert EigenvectorLaw(Layer(2.0)).log_amplitude_slope(0.5) == pytest.approx(1 - np.euler_gamma, abs=1e-10)
    near = law.ergodic_dimension(1000, [1.0 - 1e-6, 1.0, 1.0 + 1e-6], 0.5)
    assert abs(near[0] + near[2] - 2 * near[1]) < 1e-9


def test_a_product_follows_the_single_layer_at_the_same_rank():
    one, three = EigenvectorLaw(Layer(1.5)), EigenvectorLaw([Layer(1.5)] * 3)
    assert one.log_amplitude(2, 0.5) == pytest.approx(three.log_amplitude(2, 0.5), abs=1e-10)
    # mixed layers: the node joins the last index with the first
    law = EigenvectorLaw([Layer(1.2), Layer(1.8)], side="right")
    mirror = EigenvectorLaw([Layer(1.8), Layer(1.2)], side="left")
    assert law.log_amplitude(2, 0.5) == pytest.approx(mirror.log_amplitude(2, 0.5), abs=1e-10)


def test_transposition_exchanges_the_sides():
    """The left vectors of D W are the right vectors of W^T D."""
    profile = ([0.3, 1.4], [0.6, 0.4])
    left = EigenvectorLaw(Layer(1.5, profile=profile), side="left")
    right = EigenvectorLaw(Layer(1.5), side="right", input_profile=profile)
    for q in (0.5, 2.0):
        assert left.log_amplitude(q, 0.4) == pytest.approx(right.log_amplitude(q, 0.4), abs=1e-11)


def test_the_frozen_side_is_named():
    dead = ([0.0, 1.0], [0.3, 0.7])
    kinds = {
        side: (
            EigenvectorLaw(Layer(1.5, profile=dead), side=side).kind,
            EigenvectorLaw(Layer(1.5), side=side, input_profile=dead).kind,
        )
        for side in ("right", "left", "biorthogonal")
    }
    assert kinds == {
        "right": ("ergodic", "frozen"),
        "left": ("frozen", "ergodic"),
        "biorthogonal": ("ergodic", "ergodic"),
    }
    assert EigenvectorLaw(Layer(2.0), side="right", input_profile=dead).kind == "ergodic"
    law = EigenvectorLaw(Layer(1.5, profile=dead), side="left")
    with pytest.raises(ValueError, match="frozen, their mean weight is infinite"):
        law.amplitude(2, 0.6)
    assert law.frozen_dimension([0.0, 0.25, 0.75, 2.0]) == pytest.approx([1.0, 0.5 / 0.5625, 0.0, 0.0])


def test_tanh_profiles_are_frozen_up_to_logarithms():
    from rmt.meanfield import ActivationProfile, fixed_point

    profile = ActivationProfile("tanh", fixed_point(alpha=1.5, sigma_w=2.0).q, 1.5)
    layer = Layer(1.5, 2.0, profile=profile)
    assert EigenvectorLaw(layer, side="left").kind == "frozen (logarithmic)"
    assert EigenvectorLaw(layer, side="right").kind == "ergodic"


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda law: law.amplitude(2, 1.0), "F = 1.0"),
        (lambda law: law.amplitude(-0.8, 0.5), "q = -0.8 must be > -0.75"),
        (lambda law: law.amplitude(-0.6, 0.5, "real"), "q = -0.6 must be > -0.5 for real"),
        (lambda law: law.amplitude(np.nan, 0.5), "q "),
        (lambda law: law.sample(1, 0.5), "n = 1"),
        (lambda law: law.dimension(100, 2, (0.5, 0.4)), "must be a bin"),
        (lambda law: law.dimension(100, 2, 0.5, field="quaternion"), "field"),
        (lambda law: EigenvectorLaw(law.layers, side="both"), "side"),
        (lambda law: EigenvectorLaw([Layer(1.5, shape=2.0)]), "shapes that multiply to 1"),
    ],
)
def test_bad_arguments(call, message):
    with pytest.raises(ValueError, match=message):
        call(EigenvectorLaw(Layer(1.5)))
