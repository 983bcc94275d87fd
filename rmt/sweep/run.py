"""Driving the missing cells of a sweep, in process or on any executor, until they are done or somebody stops it."""

from __future__ import annotations

import dataclasses
import itertools
import json
import os
import platform
import queue
import signal
import subprocess
import threading
import time
import types
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from concurrent.futures import BrokenExecutor, CancelledError, Executor, Future
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rmt._files import write_atomically
from rmt._results import provenance
from rmt.sweep.store import SetAside, Store, StoreError
from rmt.sweep.worker import Outcome, Task, compute, single_blas_thread

__all__ = ["RunReport", "drive"]

# Tasks handed to an executor at a time: enough for any cluster, few enough that stopping need not cancel a million.
WINDOW = 4096


@dataclasses.dataclass(frozen=True)
class RunReport:
    """What a run did.

    Attributes
    ----------
    cells : int
        Cells of this part of the grid.
    computed, found : int
        Cells computed now, and cells that were there already.
    failures : dict of str to str
        Key of the cell to the traceback; these are tried again by the next run.
    set_aside : list of SetAside
        Files that were not what their name said.
    seconds, cpu_seconds : float
        Wall time of the run; processor time of all cells computed.
    interrupted : bool
        Stopped by a signal; the cells in hand were finished.
    """

    cells: int
    computed: int
    found: int
    failures: Mapping[str, str]
    set_aside: Sequence[SetAside]
    seconds: float
    cpu_seconds: float
    interrupted: bool = False

    @property
    def missing(self) -> int:
        """Cells of this part that are still to be computed."""
        return self.cells - self.computed - self.found

    def __str__(self) -> str:
        lines = [
            f"{self.cells} cells: {self.computed} computed in {self.seconds:.1f} s ({self.cpu_seconds:.1f} s of processor), "
            f"{self.found} found, {self.missing} missing, {len(self.failures)} failed"
        ]
        if self.interrupted:
            lines.append("interrupted: run again to go on")
        lines += [f"set aside {item.name}: {item.reason}" for item in self.set_aside]
        lines += [f"failed {key}: {text.strip().splitlines()[-1]}" for key, text in self.failures.items()]
        return "\n".join(lines)


class _Stop:
    """Set by SIGINT and SIGTERM; the second one interrupts at once."""

    def __init__(self) -> None:
        self.asked = False

    def __call__(self, number: int, frame: types.FrameType | None) -> None:
        if self.asked:
            raise KeyboardInterrupt
        self.asked = True


@contextmanager
def _graceful() -> Iterator[_Stop]:
    stop = _Stop()
    if threading.current_thread() is not threading.main_thread():
        yield stop  # signals belong to the main thread
        return
    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def drive(
    tasks: Sequence[Task],
    store: Store,
    *,
    executor: Executor | None,
    on_outcome: Callable[[Outcome], None],
) -> bool:
    """Compute the tasks; returns whether a signal stopped it.

    Parameters
    ----------
    tasks : sequence of Task
    store : Store
    executor : Executor or None
    on_outcome : callable
        Called in this process for every cell that ended.

    Returns
    -------
    bool

    Raises
    ------
    StoreError
        If a cell could not be written or a worker died; what is finished stays.
    """
    with _graceful() as stop, single_blas_thread():
        outcomes = _here(tasks, stop) if executor is None else _on(executor, tasks, stop)
        try:
            for outcome in outcomes:
                if outcome.store_error is not None:
                    stop.asked = True
                    raise StoreError(store.cannot_write(outcome.store_error)) from outcome.store_error
                on_outcome(outcome)
        finally:
            outcomes.close()
        return stop.asked


def _here(tasks: Sequence[Task], stop: _Stop) -> Generator[Outcome, None, None]:
    for task in tasks:
        if stop.asked:
            return
        yield compute(task)


def _on(executor: Executor, tasks: Sequence[Task], stop: _Stop) -> Generator[Outcome, None, None]:
    """Outcomes in the order in which they come; on leaving, what has not begun is cancelled and the rest waited for."""
    ended: queue.SimpleQueue[Future[Outcome]] = queue.SimpleQueue()
    waiting = iter(tasks)
    running: set[Future[Outcome]] = set()

    def submit(count: int) -> None:
        for task in itertools.islice(waiting, count):
            try:
                future = executor.submit(compute, task)
            except BrokenExecutor as error:
                raise StoreError(f"a worker process died ({error}); finished cells are kept") from error
            running.add(future)
            future.add_done_callback(ended.put)

    try:
        submit(WINDOW)
        while running and not stop.asked:
            try:
                future = ended.get(timeout=0.2)
            except queue.Empty:
                continue  # look at the signals
            running.discard(future)
            if not stop.asked:
                submit(1)
            yield _result(future)
    finally:
        for future in running:
            future.cancel()
    for future in running:
        try:
            yield _result(future)
        except CancelledError:
            continue


def _result(future: Future[Outcome]) -> Outcome:
    try:
        return future.result()
    except BrokenExecutor as error:
        raise StoreError(f"a worker process died ({error}); finished cells are kept, run again to go on") from error


class Log:
    """One line of JSON a cell in ``runs/``: times and machines, which the cells' own files must not depend on.

    Parameters
    ----------
    store : Store
    part : (int, int) or None
    """

    def __init__(self, store: Store, part: tuple[int, int] | None) -> None:
        now = datetime.now(UTC).strftime("%Y%m%dT%H%M%S.%fZ")
        self.path = store.path / "runs" / f"{now}-{os.getpid()}.jsonl"
        self.store = store
        self.stream = self._guard(lambda: self.path.open("w"))
        self._write(
            {
                "part": part,
                "started": now,
                "node": platform.node(),
                "revision": _revision(Path.cwd()),
                **provenance(),
            }
        )

    def _guard(self, action: Callable[[], Any]) -> Any:
        try:
            return action()
        except OSError as error:
            raise StoreError(self.store.cannot_write(error)) from error

    def _write(self, content: Mapping[str, Any]) -> None:
        self._guard(lambda: self.stream.write(json.dumps(content) + "\n"))

    def outcome(self, outcome: Outcome) -> None:
        """Note the times of a cell, and keep the traceback of one that failed in ``failed/``."""
        note = {"cell": outcome.key, "cpu_seconds": round(outcome.cpu_seconds, 4), "realisations": outcome.realisations}
        self._write({**note, "ended": time.time(), "failed": outcome.failure is not None})
        kept = self.store.path / "failed" / f"{outcome.key}.txt"
        failure = outcome.failure
        if failure is not None:
            self._guard(lambda: write_atomically(kept, failure, sync=False))
        elif kept.exists():
            kept.unlink(missing_ok=True)

    def close(self) -> None:
        """Flush and close."""
        self._guard(self.stream.close)


def _revision(folder: Path) -> str | None:
    """The git revision of the user's own code, if there is one."""
    try:
        found = subprocess.run(
            ["git", "describe", "--always", "--dirty"], cwd=folder, capture_output=True, text=True, timeout=10
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return found.stdout.strip() or None
