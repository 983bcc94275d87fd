"""The law that made the data wins the comparison; the bootstrap p-value rejects a wrong law and not the right one."""

import numpy as np
import pytest

from rmt.stable import AlphaStable, fit, goodness_of_fit, rivals


@pytest.mark.parametrize("name", ["stable", "student_t", "scale_mixture"])
def test_the_law_of_the_data_wins(name, rng):
    n = 4000
    x = {
        "stable": lambda: AlphaStable(1.5).sample(n, rng),
        "student_t": lambda: rng.standard_t(4, n),
        "scale_mixture": lambda: rng.standard_normal(n) * np.where(rng.random(n) < 0.8, 1.0, 6.0),
    }[name]()
    found = rivals(x)
    assert found[0].name == name
    assert {rival.name for rival in found} == {"stable", "normal", "student_t", "generalised_normal", "scale_mixture"}
    best = {rival.name: rival.loglikelihood for rival in found}
    assert best["normal"] <= best["scale_mixture"] + 1.0


def test_known_parameters_are_found(rng):
    student = next(r for r in rivals(rng.standard_t(4, 4000)) if r.name == "student_t")
    assert student.parameters["degrees"] == pytest.approx(4, rel=0.3)
    assert student.parameters["scale"] == pytest.approx(1, rel=0.15)


def test_goodness_of_fit(rng):
    x = AlphaStable(1.6).sample(400, rng)
    right = goodness_of_fit(x, fit(x, method="cf", symmetric=True), replicates=19, rng=1)
    assert right.ks < 0.1
    assert right.ks_p_value > 0.05 - 1e-12
    y = np.sign(rng.standard_normal(400)) * (1 + 0.2 * rng.random(400))  # two clusters
    wrong = goodness_of_fit(y, fit(y, method="cf", symmetric=True), replicates=19, rng=1)
    assert wrong.ks_p_value == pytest.approx(0.05)
    assert wrong.ad > 10
    with pytest.raises(ValueError, match="method = "):
        goodness_of_fit(x, fit(x, symmetric=True), replicates=2, method="cf")
