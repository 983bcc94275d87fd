"""One core, threads, processes, loky, dask, MPI and array jobs write identical files; seeds do not depend on positions."""

import hashlib
import os
import shutil
import subprocess
import sys
import textwrap
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pytest
from mpi import PATH, missing_mpi

from rmt.sweep import Sweep

HERE = str(Path(__file__).parent)
GRID = {"alpha": [1.0, 1.5, 2.0], "depth": [1, 4, 16, 64]}


def make(store, **options):
    options = {"seed": 7, "search": [HERE], "realisations": 3, **options}
    return Sweep("sweep_cells:gain", options.pop("grid", GRID), store=store, **options)


def digests(store):
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in (Path(store) / "cells").iterdir()}


@pytest.fixture(scope="module")
def reference(tmp_path_factory):
    store = tmp_path_factory.mktemp("serial")
    report = make(store).run()
    assert (report.computed, report.missing, report.found) == (12, 0, 0)
    return digests(store)


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("method", ["spawn", "forkserver"])
def test_process_pools(tmp_path, reference, workers, method):
    with ProcessPoolExecutor(workers, mp_context=get_context(method)) as pool:
        assert make(tmp_path).run(pool).computed == 12
    assert digests(tmp_path) == reference


def test_threads(tmp_path, reference):
    with ThreadPoolExecutor(4) as pool:
        make(tmp_path).run(pool)
    assert digests(tmp_path) == reference


def test_more_cells_than_are_handed_out_at_a_time(tmp_path, reference, monkeypatch):
    monkeypatch.setattr("rmt.sweep.run.WINDOW", 3)
    with ThreadPoolExecutor(2) as pool:
        report = make(tmp_path).run(pool)
    assert (report.computed, report.missing) == (12, 0)
    assert digests(tmp_path) == reference


def test_loky(tmp_path, reference):
    loky = pytest.importorskip("loky")
    executor = loky.get_reusable_executor(max_workers=2, timeout=20)
    try:
        make(tmp_path).run(executor)
    finally:
        executor.shutdown(wait=True, kill_workers=True)
    assert digests(tmp_path) == reference


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 0, 1)])
def test_parts_of_an_array_job(tmp_path, reference, order):
    reports = [make(tmp_path).run(part=(i, 3)) for i in order]
    assert [report.cells for report in reports] == [4, 4, 4]
    assert [report.found for report in reports] == [0, 0, 0], "parts are disjoint whatever is there already"
    assert digests(tmp_path) == reference


def test_position_and_neighbours_do_not_matter(tmp_path, reference):
    """A larger grid, reversed, holds the same files for the cells it shares; so does an explicit list."""
    wider = {"depth": [64, 32, 16, 4, 1], "alpha": [2.0, 1.5, 0.5, 1.0]}
    make(tmp_path / "wide", grid=wider).run()
    found = digests(tmp_path / "wide")
    assert len(found) == 20
    assert reference.items() <= found.items()
    one = make(tmp_path / "one", grid=[{"depth": 4, "alpha": np.float64(1.5)}])
    one.run()
    assert digests(tmp_path / "one").items() <= reference.items()


@pytest.mark.parametrize("change", [{"seed": 8}, {"version": "2"}, {"realisations": 4}])
def test_other_definitions_give_other_files(tmp_path, reference, change):
    sweep = make(tmp_path, **change)
    sweep.run()
    assert not set(digests(tmp_path)) & set(reference)


def test_streams_of_cells_and_realisations_differ(tmp_path):
    sweep = make(tmp_path)
    sweep.run()
    values = np.array([arrays["values"] / cell["depth"] for cell, _, arrays in sweep.finished()]).reshape(36, 50)
    assert len(np.unique(values)) == values.size
    correlation = np.corrcoef(values) - np.eye(36)
    assert np.abs(correlation).max() < 0.75  # 630 pairs of 50 numbers: beyond 0.75 with probability below 1e-6


@pytest.mark.filterwarnings("ignore")  # of dask's own threads and sockets
def test_dask_with_separate_processes(tmp_path, reference):
    distributed = pytest.importorskip("distributed")
    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None, local_directory=tmp_path / "dask"
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        pids = set(client.run(os.getpid).values())
        assert len(pids) == 2
        assert os.getpid() not in pids
        make(tmp_path / "store").run(client.get_executor())
    assert digests(tmp_path / "store") == reference


def test_mpi(tmp_path, reference):
    if reason := missing_mpi():
        pytest.skip(reason)
    script = tmp_path / "job.py"
    script.write_text(
        textwrap.dedent(f"""
        from mpi4py.futures import MPIPoolExecutor
        from rmt.sweep import Sweep

        if __name__ == "__main__":
            sweep = Sweep("sweep_cells:gain", {GRID!r}, store={str(tmp_path / "store")!r}, seed=7, search=[{HERE!r}],
                          realisations=3)
            with MPIPoolExecutor() as executor:
                print(sweep.run(executor))
        """)
    )
    command = [shutil.which("mpiexec", path=PATH), "-n", "3", sys.executable, "-m", "mpi4py.futures", str(script)]
    found = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert "12 computed" in found.stdout, found.stderr
    assert digests(tmp_path / "store") == reference


def test_a_function_of_the_main_script_is_the_same_as_the_imported_one(tmp_path):
    """`python main_script.py` and a worker that imports `main_script` agree on the identity of the function."""
    (tmp_path / "main_script.py").write_text(
        textwrap.dedent(f"""
        from concurrent.futures import ProcessPoolExecutor
        from rmt.sweep import Sweep

        def cell(x, rng):
            return x + rng.random()

        if __name__ == "__main__":
            sweep = Sweep(cell, {{"x": [1, 2, 3]}}, store={str(tmp_path / "store")!r})
            with ProcessPoolExecutor(2) as pool:
                print(sweep.run(pool).computed)
        """)
    )
    found = subprocess.run([sys.executable, "main_script.py"], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert found.stdout == "3\n"
    again = Sweep("main_script:cell", {"x": [1, 2, 3]}, store=tmp_path / "store", search=[tmp_path])
    report = again.run()
    assert (report.computed, report.found) == (0, 3)


def test_cells_run_on_one_blas_thread(tmp_path):
    sweep = Sweep("sweep_cells:threads", {"x": [1, 2]}, store=tmp_path, search=[HERE])
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        sweep.run(pool)
    assert sweep.to_columns()["value"] == [1, 1]
