"""The mobility edge agrees with a computation in 25 digits by another route, and scales with the weights."""

import json
import math
from pathlib import Path

import pytest

from rmt.cavity import symmetric_levy_mobility_edge

EDGES = json.loads((Path(__file__).parents[1] / "reference" / "cavity_mobility_edge.json").read_text())["edge"]


def unit_tail(alpha):
    """sigma_w for which N P(|H| > x) -> x^-alpha."""
    constant = math.gamma(alpha) * math.sin(math.pi * alpha / 2) / math.pi
    return constant ** (-1 / alpha)


@pytest.mark.parametrize("alpha", sorted(EDGES))
def test_edge_to_ten_digits(alpha):
    found = symmetric_levy_mobility_edge(float(alpha), sigma_w=unit_tail(float(alpha)))
    assert found == pytest.approx(float(EDGES[alpha]), rel=1e-10)


@pytest.mark.parametrize(("alpha", "value"), [(0.4, 1.847614), (0.6, 8.405376), (0.9, 37.933895)])
def test_values_of_the_derivation(alpha, value):
    assert symmetric_levy_mobility_edge(alpha, sigma_w=unit_tail(alpha)) == pytest.approx(value, rel=3e-7)


def test_edge_is_proportional_to_the_weights():
    assert symmetric_levy_mobility_edge(0.7, sigma_w=3.0) == pytest.approx(
        3 * symmetric_levy_mobility_edge(0.7), rel=1e-12
    )


@pytest.mark.parametrize("alpha", [0.2, 0.95])
def test_the_ends_of_the_range(alpha):
    assert 0 < symmetric_levy_mobility_edge(alpha) < math.inf


@pytest.mark.parametrize(("alpha", "sigma_w", "message"), [(1.0, 1.0, "alpha = 1.0"), (0.5, 0.0, "sigma_w = 0.0")])
def test_bad_arguments(alpha, sigma_w, message):
    with pytest.raises(ValueError, match=message):
        symmetric_levy_mobility_edge(alpha, sigma_w=sigma_w)
