"""The report as a user runs it: files, soundness of the pulls, equal numbers on any number of workers, refusals."""

import json
import math
import re
import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import numpy as np
import pytest
from statistical import test_seed, z_threshold

from rmt.cli import main
from rmt.report import QUICK, Cell, Settings, report

SMALL = Settings((Cell(1.5, 1.0, 1), Cell(1.3, 2.0, 2)), width=40, realisations=24)


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    out = tmp_path_factory.mktemp("report") / "small"
    return out, report(out, settings=SMALL, seed=test_seed())


def test_every_file_is_there_and_none_is_half_written(small):
    out, result = small
    names = {path.name for path in out.iterdir() if path.is_file()}
    for quantity in ("singular", "radial", "gain", "dimension"):
        assert {f"{quantity}.tex", f"{quantity}.md", f"{quantity}.csv"} <= names
    for figure in ("singular", "radial", "gain", "pulls"):
        assert {f"{figure}.png", f"{figure}.pdf"} <= names
    assert {path.name for path in result.files} == names, "left-over files"
    page = (out / "report.html").read_text()
    assert "network" in page
    assert not re.search(r'(src|href)="(?!data:)', page), "the page must be self-contained"


def test_the_network_ensemble_has_no_pull(small):
    _, result = small
    header = next(line for line in (small[0] / "singular.csv").read_text().splitlines() if not line.startswith("#"))
    assert header.split(",")[-2:] == ["network", "network_stderr"]
    assert len(result.pulls) == len(result.rows)


def test_the_same_seed_gives_the_same_bytes_on_any_number_of_workers(small, tmp_path):
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as executor:
        report(tmp_path / "two", settings=SMALL, seed=test_seed(), executor=executor)
    for path in sorted(small[0].glob("*.csv")) + sorted(small[0].glob("*.png")):
        assert path.read_bytes() == (tmp_path / "two" / path.name).read_bytes(), path.name


def test_a_wrong_theory_would_be_seen(small):
    """Power: a law off by 0.25 in CDF would exceed the 1e-6 bound in half of the rows."""
    _, result = small
    errors = [row.stderr for row in result.rows if row.quantity == "singular"]
    assert z_threshold() * np.median(errors) < 0.25


@pytest.mark.slow
def test_the_pulls_of_the_quick_report_are_standard_normal(tmp_path):
    result = report(tmp_path / "quick", settings=QUICK, seed=test_seed())
    assert np.abs(result.pulls).max() < 4
    assert 0.7 < result.rms_pull < 1.3


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--weights", "missing.npz"], "missing.npz"),
        (["--weights", "text.npz"], "text.npz"),
        (["--weights", "nan.npy"], "nan"),
        (["--weights", "integer.npy"], "integer"),
        (["--weights", "flat.npy"], "dimension"),
        (["--seed", "-1"], "seed"),
        (["--workers", "0"], "workers = 0"),
    ],
)
def test_bad_input_gives_one_line_and_status_2_and_writes_nothing(tmp_path, monkeypatch, capsys, arguments, said):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "text.npz").write_text("this is not an archive")
    np.save(tmp_path / "nan.npy", np.full((40, 40), np.nan))
    np.save(tmp_path / "integer.npy", np.ones((40, 40), dtype=int))
    np.save(tmp_path / "flat.npy", np.ones(1600))
    try:
        status = main(["report", "--quick", "--out", "out", *arguments])
    except SystemExit as exit_:
        status = exit_.code
    error = capsys.readouterr().err.strip()
    assert status == 2
    assert len(error.splitlines()) == 1
    assert said in error.lower()
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("make", "named"),
    [
        (lambda: Cell(2.5, 1.0, 1), "alpha = 2.5"),
        (lambda: Cell(1.5, 0.0, 1), "sigma_w = 0.0"),
        (lambda: Cell(1.5, 1.0, 0), "depth = 0"),
        (lambda: Settings((), width=1, realisations=8), "width = 1"),
    ],
)
def test_bad_settings_are_named(make, named):
    with pytest.raises(ValueError, match=named):
        make()


def test_help_and_module_form_work():
    done = subprocess.run([sys.executable, "-m", "rmt", "report", "--help"], capture_output=True, text=True, check=True)
    assert "--quick" in done.stdout


def test_the_command_prints_json(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("rmt.report.QUICK", Settings((Cell(1.8, 1.0, 1),), width=16, realisations=8))
    assert main(["report", "--workers", "1", "--json", "--out", str(tmp_path / "out")]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed["pulls"] > 0
    assert math.isfinite(printed["rms_pull"])
    assert printed["files"][-1].endswith("report.html")


def test_a_killed_job_goes_on_where_it_was(tmp_path):
    """The sampled cells stay in the directory: a second run samples only what is missing, and the numbers are the same."""
    settings = Settings((Cell(1.8, 1.0, 1),), width=16, realisations=8)
    first = report(tmp_path / "out", settings=settings, seed=1)
    (store,) = (tmp_path / "out").glob("cells-*")
    cells = sorted((store / "cells").glob("*.npz"))
    assert len(cells) == 3
    cells[0].unlink()
    stamps = {path: path.stat().st_mtime_ns for path in cells[1:]}
    second = report(tmp_path / "out", settings=settings, seed=1)
    assert stamps == {path: path.stat().st_mtime_ns for path in cells[1:]}
    assert np.array_equal(first.pulls, second.pulls)
