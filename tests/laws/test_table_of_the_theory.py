"""The acceptance table of the heavy-tailed laws, and the stored 20-digit values."""

import json
from pathlib import Path

import pytest

from rmt.laws import Layer, LyapunovLaw, RadialLaw, SingularValueLaw, acceptance_table

REFERENCE = json.loads((Path(__file__).parents[1] / "reference" / "laws_values.json").read_text())


def test_every_row_is_within_its_tolerance():
    rows = acceptance_table()
    assert len(rows) > 60
    wrong = [row for row in rows if row["difference"] > row["tolerance"]]
    assert not wrong


def _layers(content):
    return [
        Layer(item["alpha"], item.get("sigma_w", 1.0), profile=item.get("profile"), shape=item.get("shape", 1.0))
        for item in content
    ]


@pytest.mark.parametrize("case", REFERENCE["cases"], ids=lambda case: f"{case[0]}-{case[1]}-{case[2]}")
def test_double_precision_agrees_with_twenty_digits(case):
    kind, chain, position, density, below = case
    law = (SingularValueLaw if kind == "singular" else RadialLaw)(_layers(REFERENCE["chains"][chain]))
    assert abs(law.pdf(position) / float(density) - 1) < REFERENCE["tolerance"]
    assert abs(law.cdf(position) / float(below) - 1) < REFERENCE["tolerance"]


def test_dps_gives_the_same_number_at_any_precision():
    law = SingularValueLaw(Layer(2.0, 1.5))
    # Marchenko-Pastur, square: f(s) = sqrt(4 sigma^2 - s^2)/(pi sigma^2)
    import mpmath as mp

    exact = mp.sqrt(9 - 1) / (mp.pi * mp.mpf("2.25"))
    with mp.workdps(40):
        exact = mp.sqrt(mp.mpf(8)) / (mp.pi * mp.mpf("2.25"))
        assert abs(law.pdf(1, dps=30) - exact) < mp.mpf(10) ** -29


def test_quantiles_and_exponents_in_many_digits():
    """Newman's law and the circular law in closed form; heavy tails against double precision and through their own cdf."""
    import mpmath as mp

    gauss = Layer(2.0, 1.5)
    with mp.workdps(30):
        half = mp.log(mp.mpf("1.5") ** 2 / 2) / 2
        assert abs(LyapunovLaw(gauss).icdf("0.5", dps=30) - half) < mp.mpf(10) ** -29
        assert abs(LyapunovLaw(gauss).cdf(half, dps=28) - mp.mpf("0.5")) < mp.mpf(10) ** -27
        assert abs(RadialLaw(gauss).icdf("0.5", dps=30) - mp.mpf("1.5") / mp.sqrt(2)) < mp.mpf(10) ** -29
        law = SingularValueLaw(gauss)
        s = law.icdf("0.3", dps=25)
        assert abs(law.cdf(s, dps=25) - mp.mpf("0.3")) < mp.mpf(10) ** -24
    layers = [Layer(1.0), Layer(2.0)]
    assert abs(float(RadialLaw(layers).icdf(0.5, dps=16)) / RadialLaw(layers).icdf(0.5) - 1) < 1e-12
    for F in (0.0, 1.0, 2.0):
        with pytest.raises(ValueError, match=r"F = .* must be in \(0, 1\)"):
            LyapunovLaw(gauss).icdf(F, dps=20)
