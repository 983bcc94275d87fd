"""Merge, pack, frames, labelled arrays, early stop: what leaves a sweep is what went in."""

import math
import time
from pathlib import Path

import numpy as np
import pytest

from rmt.sweep import StoreError, Sweep
from rmt.tables import write

HERE = str(Path(__file__).parent)
GRID = {"alpha": [1.0, 2.0], "depth": [1, 3, 5]}


def make(store, function="gain", grid=None, **options):
    return Sweep(f"sweep_cells:{function}", grid or GRID, store=store, search=[HERE], **options)


def digests(store):
    return {path.name: path.read_bytes() for path in (Path(store) / "cells").glob("*.npz")}


def test_merge_and_pack_give_the_whole_back(tmp_path):
    whole = make(tmp_path / "whole")
    whole.run()
    for i in range(2):
        make(tmp_path / f"part{i}").run(part=(i, 2))
    merged = make(tmp_path / "merged")
    assert merged.merge(tmp_path / "part0", tmp_path / "part1") == 6
    assert merged.merge(tmp_path / "part0") == 0
    assert digests(tmp_path / "merged") == digests(tmp_path / "whole")
    first = merged.pack(tmp_path / "a.zip").read_bytes()
    assert first == whole.pack(tmp_path / "b.zip").read_bytes()
    unpacked = make(tmp_path / "unpacked")
    assert unpacked.merge(tmp_path / "a.zip") == 6
    assert digests(tmp_path / "unpacked") == digests(tmp_path / "whole")
    assert unpacked.run().found == 6


def test_merging_the_wrong_thing_is_refused(tmp_path):
    other = make(tmp_path / "other", seed=5)
    other.run()
    sweep = make(tmp_path / "s")
    with pytest.raises(StoreError, match=r"6 file\(s\) were not taken.*another sweep"):
        sweep.merge(tmp_path / "other")
    with pytest.raises(StoreError, match="no such store"):
        sweep.merge(tmp_path / "absent")
    (tmp_path / "text.zip").write_text("x")
    with pytest.raises(StoreError, match="not a pack"):
        sweep.merge(tmp_path / "text.zip")
    with pytest.raises(StoreError, match="not the store"):
        sweep.merge(tmp_path)
    packed = other.pack(tmp_path / "p.zip")
    packed.write_bytes(packed.read_bytes()[:-300])
    with pytest.raises(StoreError, match="not a pack, or is damaged"):
        sweep.merge(packed)


def test_frames_hold_parameters_and_scalars(tmp_path):
    sweep = make(tmp_path)
    sweep.run()
    frame = sweep.to_frame()
    assert list(frame.columns) == ["alpha", "depth", "mean", "label"]
    assert len(frame) == 6
    assert frame.attrs["seed"] == 0
    assert frame["label"].tolist() == [f"a{alpha}" for alpha in (1.0, 1.0, 1.0, 2.0, 2.0, 2.0)]
    arrays = sweep.cell(alpha=2, depth=3)
    assert frame["mean"][4] == arrays["mean"]
    assert arrays["values"].shape == (50,)


def test_realisations_become_means_with_errors(tmp_path):
    sweep = make(tmp_path, "noise", {"x": [0.0, 5.0]}, realisations=30)
    sweep.run()
    columns = sweep.to_columns()
    values = sweep.cell(x=5.0)["value"]
    assert values.shape == (30,)
    assert columns["value"][1] == pytest.approx(values.mean())
    assert columns["value_stderr"][1] == pytest.approx(values.std(ddof=1) / math.sqrt(30))
    path = write(sweep, tmp_path / "t.md", caption="noise")
    assert "function: sweep_cells:noise" in path.read_text()
    assert "(" in path.read_text().splitlines()[-1]


def test_a_cell_stops_when_its_error_is_small_enough(tmp_path):
    sweep = make(tmp_path, "noise", {"x": [0.0, 1.0, 2.0]}, realisations=4000, target=("value", 0.1), minimum=10)
    sweep.run()
    columns = sweep.to_columns()
    assert all(error <= 0.1 for error in columns["value_stderr"])
    # unit variance: 1 / 0.1^2 = 100 realisations, give or take
    assert all(60 < count < 150 for count in columns["realisations"])
    for x in (0.0, 1.0):
        values = sweep.cell(x=x)["value"]
        assert values[:-1].std(ddof=1) / math.sqrt(values.size - 1) > 0.1, "it stopped at the first moment"


def test_a_target_that_is_no_result_is_a_failure(tmp_path):
    report = make(tmp_path, "noise", {"x": [0.0]}, realisations=9, target=("height", 0.1)).run()
    assert "target names 'height'" in next(iter(report.failures.values()))


def test_labelled_arrays_have_the_axes_of_the_grid(tmp_path):
    sweep = make(tmp_path, realisations=4)
    sweep.run(part=(0, 2))
    partial = sweep.to_xarray()
    assert int(np.isnan(partial["mean"]).all("realisation").sum()) == 3
    sweep.run()
    data = sweep.to_xarray()
    assert dict(data.sizes) == {"alpha": 2, "depth": 3, "realisation": 4, "values_1": 50}
    chosen = data["values"].sel(alpha=2.0, depth=5)
    assert np.array_equal(chosen.values, sweep.cell(alpha=2.0, depth=5)["values"])
    assert str(data["label"].sel(alpha=1.0, depth=1).values[0]) == "a1.0"
    assert data.attrs["function"] == "sweep_cells:gain"
    listed = make(tmp_path / "l", grid=[{"alpha": 1.0, "depth": 2}])
    listed.run()
    with pytest.raises(ValueError, match="no axes"):
        listed.to_xarray()


def test_a_grown_grid_computes_only_what_is_new(tmp_path):
    make(tmp_path).run()
    wider = make(tmp_path, grid={**GRID, "depth": [1, 3, 5, 7]})
    report = wider.run()
    assert (report.found, report.computed) == (6, 2)


def test_progress_goes_to_stderr(tmp_path, capsys):
    make(tmp_path).run(progress=True)
    assert "6/6" in capsys.readouterr().err


def test_small_cells_cost_little(tmp_path):
    """Reduced form of the 10,000-cell test: below 5 ms of this process a cell, and a quick resume."""
    sweep = make(tmp_path, "millisecond", {"x": range(300)})
    started = time.process_time()
    assert sweep.run().computed == 300
    assert (time.process_time() - started) / 300 - 0.001 < 0.005
    started = time.process_time()
    assert make(tmp_path, "millisecond", {"x": range(300)}).run().found == 300
    assert time.process_time() - started < 0.5


@pytest.mark.slow
def test_ten_thousand_cells_of_a_millisecond(tmp_path):
    sweep = make(tmp_path, "millisecond", {"x": range(10_000)})
    started = time.process_time()
    assert sweep.run().computed == 10_000
    overhead = (time.process_time() - started) / 10_000 - 0.001
    assert overhead < 0.005, f"{overhead * 1e3:.2f} ms a cell"
    started = time.process_time()
    assert make(tmp_path, "millisecond", {"x": range(10_000)}).run().found == 10_000
    assert time.process_time() - started < 2.0
