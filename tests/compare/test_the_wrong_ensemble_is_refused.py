"""A theory of the independent ensemble is never set against samples of the network ensemble."""

import types

import numpy as np
import pytest
from scipy import stats

from rmt.compare import CouplingMismatch, Samples, compare, coupling_of
from rmt.plotting import plot_density


class Law:
    """A normal law that says which ensemble it describes."""

    def __init__(self, coupling=None, layers=None):
        if coupling:
            self.coupling = coupling
        if layers is not None:
            self.layers = layers
        self.cdf, self.icdf, self.pdf = stats.norm.cdf, stats.norm.ppf, stats.norm.pdf


def layer(alpha, profile):
    return types.SimpleNamespace(alpha=alpha, profile=profile)


SAMPLES = np.random.default_rng(5).standard_normal((10, 20))


def test_independent_theory_against_network_samples_is_refused():
    theory = Law("independent")
    with pytest.raises(CouplingMismatch, match=r"'independent'.*'network'"):
        compare(theory, SAMPLES, coupling="network")
    with pytest.raises(CouplingMismatch):
        compare(theory, Samples(SAMPLES, coupling="network"))
    with pytest.raises(CouplingMismatch):
        compare(Law("network"), Samples(SAMPLES, coupling="independent"))
    with pytest.raises(CouplingMismatch):
        plot_density(SAMPLES, theory, coupling="network")


def test_samples_that_contradict_the_caller_are_refused():
    with pytest.raises(CouplingMismatch, match="but the samples are"):
        compare(0.0, Samples(SAMPLES, coupling="network"), coupling="independent")


def test_equal_ensembles_pass_and_are_recorded():
    assert compare(Law("network"), Samples(SAMPLES, coupling="network")).coupling == "network"
    assert compare(Law("independent"), SAMPLES).coupling == "independent"
    assert compare(0.0, SAMPLES).coupling is None


def test_laws_of_layers_with_a_profile_describe_the_independent_ensemble():
    assert coupling_of(Law(layers=[layer(1.5, ([1.0], [1.0]))])) == "independent"
    assert coupling_of(Law(layers=[layer(2.0, ([1.0], [1.0])), layer(1.5, None)])) is None
    assert coupling_of(Law(layers=[layer(2.0, ([1.0], [1.0])), layer(1.5, ([0.5], [1.0]))])) == "independent"


def test_results_may_carry_it_in_meta():
    assert coupling_of(types.SimpleNamespace(meta={"coupling": "network"})) == "network"


def test_unknown_words_are_refused():
    with pytest.raises(ValueError, match="coupling = 'both'"):
        compare(0.0, SAMPLES, coupling="both")
    with pytest.raises(ValueError, match="coupling = 'both'"):
        Samples(SAMPLES, coupling="both")
