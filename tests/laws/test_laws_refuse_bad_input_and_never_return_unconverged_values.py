"""Bad input is a ValueError that names the argument; what does not converge raises with the point and the residual."""

import numpy as np
import pytest

from rmt._continuation import ConvergenceError, follow, newton
from rmt.laws import Chain, Layer, LyapunovLaw, RadialLaw, SingularValueLaw


class Profile:
    def __init__(self, log_values, weights):
        self.log_values, self.weights = np.asarray(log_values, float), np.asarray(weights, float)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: Layer(0.2), r"alpha = 0.2 must be in \[0.3, 2\]"),
        (lambda: Layer(2.1), r"alpha = 2.1"),
        (lambda: Layer(np.nan), "alpha"),
        (lambda: Layer(1.5, 0.0), "sigma_w = 0.0"),
        (lambda: Layer(1.5, shape=-1), "shape = -1"),
        (lambda: Layer(1.5, profile=([1.0], [0.9])), "sum to 0.9"),
        (lambda: Layer(1.5, profile=([1.0, 2.0], [1.5, -0.5])), r"weights must be >= 0, not .*-0.5"),
        (lambda: Layer(1.5, profile=([-1.0, 2.0], [0.5, 0.5])), "values must be >= 0"),
        (lambda: Layer(1.5, profile=([1.0, 2.0], [1.0])), "one shape"),
        (lambda: Layer(1.5, profile=([0.0], [1.0])), "no weight"),
        (lambda: Layer(1.5, profile=3.0), "profile = 3.0"),
        (lambda: Layer(1.5, profile=Profile([0.0, 1.0], [0.7, 0.7])), r"sum to 1.4"),
        (lambda: Layer(1.5, profile=Profile([0.0, np.inf], [0.5, 0.5])), "log_values"),
        (lambda: Layer.from_samples(1.5, []), "derivatives"),
        (lambda: Chain([]), "1 to 1000 layers, not 0"),
        (lambda: Chain([Layer(1.5)] * 1001), "not 1001"),
        (lambda: SingularValueLaw([Layer(1.5), 3]), r"layers\[1\] = 3"),
        (lambda: RadialLaw(Layer(1.5, shape=0.5)), "shapes multiply to 1"),
        (lambda: LyapunovLaw([Layer(1.5, shape=0.5), Layer(1.5)]), "shapes multiply to 1"),
        (lambda: SingularValueLaw(Layer(1.5)).pdf(-1.0), r"s = .*-1.0.* must be in \[0, inf\]"),
        (lambda: SingularValueLaw(Layer(1.5)).cdf([1.0, np.nan]), "s = "),
        (lambda: SingularValueLaw(Layer(1.5)).icdf(1.5), r"F = .*1.5.* must be in \[0, 1\]"),
        (lambda: RadialLaw(Layer(1.5)).cdf(-0.1), "r = "),
        (lambda: RadialLaw(Layer(1.5)).iccdf(-0.1), "p = "),
        (lambda: LyapunovLaw(Layer(1.5)).icdf(np.nan), "F"),
        (lambda: Chain(Layer(1.5)).closed(0.0), r"m must be in \(0, 1\)"),
        (lambda: SingularValueLaw(Layer(1.5)).pdf(0, dps=20), r"s = 0 must be in \(0, inf\)"),
    ],
)
def test_bad_input_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_a_path_through_a_branch_point_raises_with_point_and_residual():
    """x^2 = z along a straight line through z = 0: no sheet may be chosen there."""

    def increment(state, z, index):
        return -((state**2 - z[:, None]) / (2 * state))

    start = np.array([[1.0 + 0j]])
    with pytest.raises(ConvergenceError, match=r"square root: no convergence at .*, last Newton increment"):
        follow(increment, start, lambda t, i: 1 - 2 * t + 0j * i, 1, what="square root")
    around = follow(increment, start, lambda t, i: np.exp(1j * np.pi * t) + 0 * i, 1)
    assert abs(around[0, 0, 0] - 1j) < 1e-12
    back = follow(increment, start, lambda t, i: np.exp(2j * np.pi * t) + 0 * i, 1)
    assert abs(back[0, 0, 0] + 1) < 1e-12  # the other sheet, as it must be


def test_newton_reports_what_it_did_not_solve():
    def increment(state, z, index):
        return np.full_like(state, 0.5)  # never smaller

    _, ok, size = newton(increment, np.zeros((3, 1)), np.zeros(3), np.arange(3))
    assert not ok.any()
    assert np.all(size == 0.5)


def test_an_unsolvable_chain_raises(monkeypatch):
    law = SingularValueLaw(Layer(1.5))
    monkeypatch.setattr(type(law._system), "increment", lambda self, state, z, index: np.full_like(state, np.nan))
    with pytest.raises(ConvergenceError, match=r"singular-value law, ln eta\^2: no convergence at"):
        law.pdf(1.0)


def test_every_point_is_solved_alone():
    """The value at a point does not depend on which other points are asked for."""
    law = SingularValueLaw([Layer(1.3), Layer(1.8)])
    s = np.geomspace(1e-6, 1e6, 60)
    together = law.pdf(s)
    alone = np.array([law.pdf(float(v)) for v in s[::7]])
    assert np.allclose(together[::7], alone, rtol=1e-11, atol=0)
