"""Unknown functions, bad grids, stores of other sweeps, changed definitions and parts out of range are refused."""

import math
import sys
import textwrap
from pathlib import Path

import numpy as np
import pytest

from rmt.sweep import Grid, StoreError, Sweep

HERE = str(Path(__file__).parent)


def make(store, function="sweep_cells:square", grid=None, **options):
    return Sweep(function, grid or {"x": [1, 2, 3]}, store=store, search=[HERE], **options)


@pytest.mark.parametrize(
    ("function", "message"),
    [
        ("sweep_cells", "must be a function or 'module:name'"),
        ("no_such_module:f", "there is no module 'no_such_module'"),
        ("sweep_cells:nothing", "has no 'nothing'"),
        ("sweep_cells:np", "is not a function"),
        ("sweep_cells:wants_no_stream", "cannot be called with x, rng"),
        ("sweep_cells:gain", "cannot be called with x, rng"),
        (3, "must be a function"),
        (lambda x, rng: x, "defined at the top of a module"),
    ],
)
def test_unknown_functions(tmp_path, function, message):
    with pytest.raises(ValueError, match=message):
        make(tmp_path / "s", function)
    assert not (tmp_path / "s").exists()


def test_a_namesake_found_elsewhere(tmp_path, monkeypatch):
    """The file beside the sweep is meant; a module of the same name that Python finds first must not stand in for it."""
    (tmp_path / "sweep_cells.py").write_text("def square(x, rng):\n    return -1\n")
    (tmp_path / "json.py").write_text("def square(x, rng):\n    return -1\n")
    monkeypatch.setattr(sys, "path", list(sys.path))
    make(tmp_path / "s")  # loads the other sweep_cells
    for name in ("sweep_cells", "json"):
        with pytest.raises(ValueError, match=f"module '{name}' at .*, not at {tmp_path}"):
            Sweep(f"{name}:square", {"x": [1]}, store=tmp_path / "t", search=[tmp_path])


@pytest.mark.parametrize(
    ("grid", "message"),
    [
        ({}, "at least one parameter"),
        ({"x": []}, "grid.x holds no value"),
        ({"x": [1.0, math.nan]}, "grid.x holds nan"),
        ({"x": [math.inf]}, "grid.x holds inf"),
        ({"x": [1, 2, 1]}, "grid.x holds the value 1 twice"),
        ({"x": [1, 1.0]}, "grid.x holds the value 1.0 twice"),
        ({"x": [0.0, -0.0]}, "grid.x holds the value 0.0 twice"),
        ({"x": "abc"}, "grid.x must be a sequence"),
        ({"x": 3}, "grid.x must be a sequence"),
        ({"x": [object()]}, "values must be numbers"),
        ({"x": [np.ones(2)]}, "values must be numbers"),
        ({"no name": [1]}, "Python identifiers"),
        ({"rng": [1]}, "'rng'"),
        ([{"x": 1}, {"x": 1}], "twice"),
        ([{"x": 1}, {"y": 1}], r"grid\[1\] has the parameters"),
        ([3], r"grid\[0\] must be a mapping"),
        ([], "at least one"),
    ],
)
def test_bad_grids(grid, message):
    with pytest.raises(ValueError, match=message):
        Grid(grid)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"seed": -1}, "seed = -1"),
        ({"seed": 1.5}, "seed = 1.5"),
        ({"realisations": 0}, "realisations = 0"),
        ({"target": ("value", 0.1)}, "target needs realisations"),
        ({"target": ("value", 0.0), "realisations": 9}, r"target\[1\] = 0.0"),
        ({"target": 0.1, "realisations": 9}, "target = 0.1"),
        ({"minimum": 1}, "minimum = 1"),
    ],
)
def test_bad_options(tmp_path, options, message):
    with pytest.raises(ValueError, match=message):
        make(tmp_path, **options)


@pytest.mark.parametrize(
    ("part", "message"),
    [
        ((3, 3), "part = 3/3 is out of range"),
        ((-1, 3), "part = -1/3 is out of range"),
        ((0, 0), r"part\[1\] = 0"),
        ((0.0, 2), r"part\[0\] = 0.0"),
        (1, r"part = 1 must be \(i, n\)"),
        ((1, 2, 3), "must be"),
    ],
)
def test_parts_out_of_range(tmp_path, part, message):
    with pytest.raises(ValueError, match=message):
        make(tmp_path / "s").run(part=part)
    assert not (tmp_path / "s").exists(), "nothing is begun"


def test_a_store_of_another_sweep_is_refused(tmp_path):
    make(tmp_path).run()
    for change, name in (({"seed": 1}, "seed was 0 and is 1"), ({"version": "2"}, "version was '1' and is '2'")):
        with pytest.raises(StoreError, match=name):
            make(tmp_path, **change).run()
    with pytest.raises(StoreError, match="function was 'sweep_cells:square'"):
        make(tmp_path, "sweep_cells:noise").run()
    assert make(tmp_path).run().found == 3


def test_directories_of_other_things_are_refused(tmp_path):
    (tmp_path / "thesis.tex").write_text("x")
    with pytest.raises(StoreError, match="something else"):
        make(tmp_path).run()
    with pytest.raises(StoreError, match="is not a directory"):
        make(tmp_path / "thesis.tex").run()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["thesis.tex"]
    (tmp_path / "s").mkdir()
    make(tmp_path / "s").run()
    (tmp_path / "s" / "sweep.json").write_text("{")
    with pytest.raises(StoreError, match="damaged"):
        make(tmp_path / "s").run()


def cell_module(folder, body):
    (folder / "changing.py").write_text(textwrap.dedent(body))


def run_changed(folder, **options):
    """In a process of its own: a module is imported once a process."""
    import subprocess
    import sys

    code = (
        "import sys; from rmt.sweep import Sweep\n"
        f"print(Sweep('changing:cell', {{'x': [1, 2]}}, store='store', search=['.']).run(**{options!r}).found)"
    )
    found = subprocess.run([sys.executable, "-B", "-c", code], cwd=folder, capture_output=True, text=True)
    return found.returncode, found.stdout.strip(), found.stderr.strip().rpartition("\n")[2]


def test_a_changed_definition_is_refused_with_an_explanation(tmp_path):
    cell_module(tmp_path, "def cell(x, rng):\n    return x\n")
    assert run_changed(tmp_path) == (0, "0", "")
    cell_module(tmp_path, 'def cell(x, rng):\n    """Says more."""\n    # and this\n    return (x)\n')
    assert run_changed(tmp_path) == (0, "2", ""), "comments and layout are no change"
    cell_module(tmp_path, "def cell(x, rng):\n    return x + 1\n")
    status, _, line = run_changed(tmp_path)
    assert status == 1
    for words in ("the source of changing:cell has changed", "version=", "accept_changed_source=True"):
        assert words in line
    assert run_changed(tmp_path, accept_changed_source=True) == (0, "2", "")
    assert run_changed(tmp_path) == (0, "2", ""), "accepted once and for all"


def test_reading_what_is_not_there(tmp_path):
    sweep = make(tmp_path)
    with pytest.raises(ValueError, match="not computed yet"):
        sweep.cell(x=1)
    with pytest.raises(ValueError, match="not in the grid"):
        sweep.cell(x=9)
    with pytest.raises(ValueError, match="no cell is finished"):
        sweep.to_xarray()
