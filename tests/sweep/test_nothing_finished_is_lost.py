"""kill -9, full and read-only disks, damaged and foreign files: finished cells stay, bad files never count as results."""

import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import textwrap
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pytest

from rmt.sweep import StoreError, Sweep

HERE = str(Path(__file__).parent)
WRITER = textwrap.dedent("""
    import sys
    from rmt.sweep import Sweep
    function, cells, store = sys.argv[1], int(sys.argv[2]), sys.argv[3]
    print(Sweep(function, {"x": range(cells)}, store=store, search=[sys.argv[4]]).run(), flush=True)
""")


def make(store, function="slow", cells=120, **options):
    return Sweep(f"sweep_cells:{function}", {"x": range(cells)}, store=store, search=[HERE], **options)


def writer(store, function="slow", cells=120, **options):
    arguments = [sys.executable, "-c", WRITER, f"sweep_cells:{function}", str(cells), str(store), HERE]
    return subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options)


def digests(store):
    return {path.name: path.read_bytes() for path in (Path(store) / "cells").glob("*.npz")}


def kill_again_and_again(tmp_path, cells, rounds, rng):
    store = tmp_path / "killed"
    seen = {}
    for _ in range(rounds):
        writers = [writer(store, cells=cells) for _ in range(4)]
        deadline = time.monotonic() + 60
        while len(list(store.glob("cells/*.npz"))) <= len(seen) and time.monotonic() < deadline:
            time.sleep(0.005)
        time.sleep(rng.uniform(0.0, 0.15))
        for process in writers:
            process.kill()
        for process in writers:
            process.communicate()
        now = digests(store)
        assert seen.items() <= now.items(), "a finished cell was lost or changed"
        seen = now
    sweep = make(store, cells=cells)
    _, aside = sweep.store.scan()
    assert not aside, "a killed writer left a bad file"
    report = sweep.run()
    assert report.missing == 0
    make(tmp_path / "calm", cells=cells).run()
    assert digests(store) == digests(tmp_path / "calm")


def test_kill_9_of_four_writers(tmp_path):
    kill_again_and_again(tmp_path, cells=120, rounds=2, rng=random.Random(1))


@pytest.mark.slow
def test_kill_9_of_four_writers_again_and_again(tmp_path):
    kill_again_and_again(tmp_path, cells=1500, rounds=25, rng=random.Random(2))


def test_temporary_files_of_dead_processes_are_removed(tmp_path):
    sweep = make(tmp_path, cells=2)
    sweep.run()
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    old, alive, young = (
        tmp_path / "cells" / f".{'0' * 32}.npz.{pid}.abcdefgh.tmp" for pid in (dead.pid, os.getpid(), dead.pid)
    )
    young = young.with_name(young.name.replace("abcdefgh", "young000"))
    for path in (old, alive, young):
        path.write_bytes(b"half")
    hour_ago = time.time() - 3600
    os.utime(old, (hour_ago, hour_ago))
    os.utime(alive, (hour_ago, hour_ago))
    assert sweep.run().found == 2
    assert not old.exists()
    assert alive.exists(), "another process may still be writing it"
    assert young.exists(), "numbers of processes are used again: the youngest files wait"


def damage(path, how):
    content = path.read_bytes()
    if how == "empty":
        path.write_bytes(b"")
    elif how == "truncated":
        path.write_bytes(content[: len(content) // 2])
    elif how == "one bit":
        middle = len(content) // 3
        path.write_bytes(content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :])
    elif how == "plain npz":
        np.savez(path, value=np.ones(3))


@pytest.mark.parametrize("how", ["empty", "truncated", "one bit", "plain npz"])
def test_damaged_cells_are_set_aside_and_computed_again(tmp_path, how):
    sweep = make(tmp_path, cells=5)
    sweep.run()
    before = digests(tmp_path)
    victim = sweep.store.path_of(sweep.keys[3])
    damage(victim, how)
    with pytest.raises(StoreError, match=sweep.keys[3]):
        sweep.to_columns()
    report = sweep.run()
    assert (report.computed, report.found) == (1, 4)
    assert [item.name for item in report.set_aside] == [victim.name]
    assert report.set_aside[0].moved_to.exists()
    assert f"set aside {victim.name}: it is" in str(report)
    assert digests(tmp_path) == before


def test_every_truncation_of_a_cell_is_noticed(tmp_path):
    from rmt.sweep.store import why_bad

    sweep = make(tmp_path, "square", cells=1)
    sweep.run()
    content = sweep.store.path_of(sweep.keys[0]).read_bytes()
    identity, key = sweep.definition.identity, sweep.keys[0]
    assert why_bad(content, identity, key) is None
    assert all(why_bad(content[:length], identity, key) for length in range(len(content)))
    flipped = (content[:i] + bytes([content[i] ^ 4]) + content[i + 1 :] for i in range(len(content)))
    assert all(why_bad(changed, identity, key) for changed in flipped)


def test_foreign_and_renamed_files_are_set_aside(tmp_path):
    sweep, other = make(tmp_path / "a", cells=3), make(tmp_path / "b", cells=3, seed=9)
    sweep.run(), other.run()
    cells = tmp_path / "a" / "cells"
    foreign = other.store.path_of(other.keys[0])
    shutil.copy(foreign, cells / foreign.name)
    shutil.move(sweep.store.path_of(sweep.keys[0]), cells / ("0" * 32 + ".npz"))
    (cells / "notes.txt").write_text("mine")
    report = sweep.run()
    reasons = {item.name: item.reason for item in report.set_aside}
    assert reasons == {
        foreign.name: "it belongs to another sweep",
        "0" * 32 + ".npz": f"it is the cell {sweep.keys[0]}",
        "notes.txt": "it is not a file of a sweep",
    }
    assert report.computed == 1
    assert (tmp_path / "a" / "set-aside" / "notes.txt").read_text() == "mine"


def test_failures_of_single_cells_are_collected(tmp_path):
    sweep = make(tmp_path, "fails_at_three", cells=6)
    for _ in range(2):  # failures are tried again
        report = sweep.run()
        assert list(report.failures) == [sweep.keys[3]]
        assert "RuntimeError: three is not allowed" in report.failures[sweep.keys[3]]
        assert report.missing == 1
    assert "three is not allowed" in (tmp_path / "failed" / f"{sweep.keys[3]}.txt").read_text()
    assert sweep.to_columns()["value"] == [0, 1, 2, 4, 5]
    assert sweep.status() == (5, 6)


def test_results_that_cannot_be_stored_are_failures(tmp_path):
    report = make(tmp_path, "returns_objects", cells=1).run()
    assert "it must be numbers, arrays or strings" in next(iter(report.failures.values()))


def test_a_worker_that_dies_is_reported_and_loses_only_its_cell(tmp_path):
    sweep = make(tmp_path, "dies_at_three", cells=8)
    with (
        ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool,
        pytest.raises(StoreError, match="a worker process died"),
    ):
        sweep.run(pool)
    kept = sweep.status()[0]
    assert kept >= 3
    assert not sweep.store.scan()[1]


def test_ctrl_c_finishes_the_cell_in_hand_and_stops(tmp_path):
    sweep = make(tmp_path, "interrupts_itself", cells=6)
    before = signal.getsignal(signal.SIGINT)
    report = sweep.run()
    assert report.interrupted
    assert (report.computed, report.missing) == (3, 3)
    assert signal.getsignal(signal.SIGINT) is before
    assert sweep.run().missing == 0


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signals_stop_a_writer_in_order(tmp_path, number):
    process = writer(tmp_path / "s", cells=5000)
    while len(list(tmp_path.glob("s/cells/*.npz"))) < 3:
        time.sleep(0.01)
    process.send_signal(number)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    assert "interrupted: run again to go on" in out
    done, aside = make(tmp_path / "s", cells=5000).store.scan()
    assert f"{len(done)} computed" in out
    assert not aside


def limit_file_size():
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))


def test_a_disk_that_takes_no_more_gives_one_line_and_loses_nothing(tmp_path):
    """The limit on file sizes stands in for a full disk: write(2) fails in the same place."""
    make(tmp_path, "large", cells=2).run()
    before = digests(tmp_path)
    process = writer(tmp_path, "large", cells=4, preexec_fn=limit_file_size)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 1
    last = err.strip().splitlines()[-1]
    assert "cannot be written: File too large; finished cells are kept, run again to go on" in last
    assert digests(tmp_path) == before
    assert not list(tmp_path.glob("cells/.*")), "the half-written file is removed"
    assert make(tmp_path, "large", cells=4).run().computed == 2


@pytest.mark.skipif(os.geteuid() != 0 or not shutil.which("mount"), reason="mounting a small file system needs root")
def test_a_full_disk(tmp_path):
    small = tmp_path / "small"
    small.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=400k", "tmpfs", str(small)], capture_output=True)
    if mounted.returncode:
        pytest.skip("mounting is not allowed here")
    try:
        sweep = make(small / "store", "large", cells=40)
        with pytest.raises(StoreError, match="No space left on device; finished cells are kept"):
            sweep.run()
        done, aside = sweep.store.scan()
        assert not aside
        assert len(done) > 3
        assert not list((small / "store" / "cells").glob(".*"))
        reference = make(tmp_path / "roomy", "large", cells=40)
        reference.run()
        kept = digests(small / "store")
        assert kept.items() <= digests(tmp_path / "roomy").items()
    finally:
        subprocess.run(["umount", str(small)], check=True)


def run_as_nobody(sweep):
    """The message of the StoreError that an unprivileged child gets; root itself may write anywhere."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        message = "no error"
        try:
            if os.geteuid() == 0:
                os.setgroups([])
                os.setgid(65534)
                os.setuid(65534)
            sweep.run()
        except BaseException as error:
            message = f"{type(error).__name__}: {error}"
        finally:
            os.write(writing, message.encode())
            os._exit(0)
    os.close(writing)
    os.waitpid(child, 0)
    with os.fdopen(reading) as stream:
        return stream.read()


@pytest.mark.filterwarnings("ignore:.*use of fork:DeprecationWarning")
def test_a_read_only_store_gives_one_line_and_stays_readable(tmp_path):
    store = Path(tempfile.mkdtemp(dir=tmp_path if os.geteuid() else "/tmp"))
    try:
        sweep = make(store, "square", cells=3)
        sweep.run()
        wider = make(store, "square", cells=5)
        folders = [store, *(path for path in store.iterdir() if path.is_dir())]
        for folder in folders:
            folder.chmod(0o555)
        message = run_as_nobody(wider)
        assert message.startswith("StoreError: ")
        assert message.endswith("cannot be written: Permission denied; finished cells are kept, run again to go on")
        assert sweep.to_columns()["value"] == [0, 1, 4]
    finally:
        for folder in folders:
            folder.chmod(0o755)
        shutil.rmtree(store)
