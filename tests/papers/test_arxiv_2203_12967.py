"""arXiv:2203.12967: every claim is answered from numbers, the figures are written, and the measuring tools are calibrated."""

import numpy as np
import pytest
from statistical import z_threshold

from rmt.papers import arxiv_2203_12967 as paper
from rmt.papers.heavy_tailed_training import train
from rmt.stable import AlphaStable


@pytest.mark.parametrize("alpha", [1.2, 1.5, 2.0])
def test_characteristic_fit_is_calibrated(alpha, rng):
    found, error = paper.characteristic_alpha(0.01 * AlphaStable(alpha).sample(40_000, rng))
    assert error < 0.02
    assert abs(found - alpha) < z_threshold() * error * 1.5 + 0.002  # 19 degrees of freedom widen the normal by 1.5


def test_hill_finds_a_pareto_tail(rng):
    found, error = paper.tail_exponent(rng.pareto(2.5, 200_000) + 1.0, 2000)
    assert abs(found - 2.5) < z_threshold() * error
    assert error < 0.1


def test_gradients_of_the_perceptron_are_gradients(rng):
    from rmt import activations
    from rmt.papers.heavy_tailed_training import _forward, _gradients

    phi = activations.get("tanh")
    weights = [rng.normal(size=shape) for shape in ((5, 4), (6, 5), (3, 6))]
    biases = [rng.normal(size=n) for n in (5, 6, 3)]
    x, label = rng.normal(size=(7, 4)), rng.integers(0, 3, 7)
    loss, grads, grads_b = _gradients(x, label, weights, biases, phi)
    for layer in range(3):
        for target, grad in ((weights[layer], grads[layer]), (biases[layer], grads_b[layer])):
            place = tuple(0 for _ in target.shape)
            values = []
            for step in (1e-5, -1e-5):
                target[place] += step
                values.append(_gradients(x, label, weights, biases, phi)[0])
                target[place] -= step
            assert grad[place] == pytest.approx((values[0] - values[1]) / 2e-5, rel=1e-6, abs=1e-9)
    assert _forward(x, weights, biases, phi)[0][-1].shape == (7, 3)
    assert loss > 0


def test_training_learns_and_is_reproducible():
    first = train(alpha=2.0, sigma_w=1.2, widths=(50, 50), epochs=4, rate=0.02, rng=3)
    again = train(alpha=2.0, sigma_w=1.2, widths=(50, 50), epochs=4, rate=0.02, rng=3)
    assert np.array_equal(first.loss, again.loss)
    assert first.accuracy[-1] > 0.85
    assert first.loss[-1] < first.loss[0]


@pytest.mark.slow
def test_every_claim_is_answered(tmp_path):
    from rmt.papers import reproduce

    claims = reproduce("2203.12967", out=tmp_path, quick=True, seed=1)
    assert [claim.number for claim in claims] == list(range(1, 9))
    by_number = {claim.number: claim for claim in claims}
    assert by_number[3].verdict == "holds"
    assert by_number[4].verdict == "holds with restriction"
    for stem in ("phase", "training", "weights", "covariance", "dimensions", "geometry", "claims"):
        assert (tmp_path / f"{stem}.md").exists(), stem
    for stem in ("phase", "training", "geometry"):
        assert (tmp_path / f"{stem}.png").stat().st_size > 5000


def test_the_command_draws_the_diagram(tmp_path, capsys):
    from rmt.cli import main

    code = main(
        [
            "phase",
            "--out",
            str(tmp_path),
            "--points",
            "3",
            "--p",
            "0.01",
            "--orders",
            "11",
            "--sigma-b",
            "0.4",
            "--json",
        ]
    )
    assert code == 0
    assert {path.name for path in tmp_path.iterdir()} >= {"phase.png", "phase.pdf", "lines.csv", "lines.tex", "map.csv"}
    assert '"ordered: r_p = 1, p = 0.01"' in capsys.readouterr().out


@pytest.mark.parametrize("arguments", [["--activation", "cosh"], ["--sigma-b", "-1"], ["--alpha", "2", "1"]])
def test_bad_input_is_one_line_and_status_two(arguments, tmp_path, capsys):
    from rmt.cli import main

    try:
        code = main(["phase", "--out", str(tmp_path), *arguments])
    except SystemExit as stop:
        code = stop.code
    error = capsys.readouterr().err.strip()
    assert code == 2
    assert len(error.splitlines()[-1]) > 10
    assert "Traceback" not in error
