"""What a worker does with one cell: make its stream, call the function, write the file."""

from __future__ import annotations

import dataclasses
import functools
import multiprocessing
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rmt._files import write_atomically
from rmt._results import provenance
from rmt.sweep.definition import Definition, resolve
from rmt.sweep.store import RECORD, pack_cell

__all__ = ["Outcome", "Task", "compute"]

VERSIONS = ("rmt", "python", "numpy", "scipy")  # those that can change a number; the machine is not part of the result


@dataclasses.dataclass(frozen=True)
class Task:
    """One cell to be computed; small and picklable.

    Parameters
    ----------
    definition : Definition
    function : callable or None
        None: import ``definition.function``.
    search : tuple of str
    key : str
    parameters : mapping
    folder : str
        Where the cell's file goes.
    """

    definition: Definition
    function: Callable[..., Any] | None
    search: tuple[str, ...]
    key: str
    parameters: Mapping[str, Any]
    folder: str


@dataclasses.dataclass(frozen=True)
class Outcome:
    """What became of a cell: nothing more than its key and costs travel back, the result is in its file.

    Parameters
    ----------
    key : str
    cpu_seconds, seconds : float
    realisations : int
    failure : str or None
        The traceback, if the function raised.
    store_error : OSError or None
        If the file could not be written.
    """

    key: str
    cpu_seconds: float = 0.0
    seconds: float = 0.0
    realisations: int = 0
    failure: str | None = None
    store_error: OSError | None = None


_controller: tuple[int, Any] | None = None


def single_blas_thread() -> AbstractContextManager[Any]:
    """BLAS pools limited to one thread; libraries are looked for again only when modules were imported meanwhile.

    In a child process the limit stays: its threads share the pools, and one that left would lift it for the others.

    Returns
    -------
    context manager
    """
    from threadpoolctl import ThreadpoolController

    global _controller
    child = multiprocessing.parent_process() is not None
    if not child and threading.current_thread() is not threading.main_thread():
        return nullcontext()  # threads of this process: `run` has set the limit around them all
    fresh = _controller is None or _controller[0] != len(sys.modules)
    if fresh:
        _controller = (len(sys.modules), ThreadpoolController())
    assert _controller is not None
    if child and not fresh:
        return nullcontext()
    limited: AbstractContextManager[Any] = _controller[1].limit(limits=1)
    return nullcontext() if child else limited


def compute(task: Task) -> Outcome:
    """Compute a cell and write its file.

    Parameters
    ----------
    task : Task

    Returns
    -------
    Outcome
    """
    if multiprocessing.parent_process() is not None and threading.current_thread() is threading.main_thread():
        # Ctrl-C reaches every process of the terminal; the parent decides what to stop, the cell in hand is finished.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    started, cpu = time.perf_counter(), time.process_time()
    try:
        function = task.function or resolve(task.definition.function, task.search)
        with single_blas_thread():
            arrays, count = evaluate(function, task.definition, task.parameters)
        content = pack_cell(task.definition.identity, task.key, record_of(task, count), arrays)
    except Exception:  # a cell that fails must not take the others with it; the traceback is reported
        return Outcome(task.key, failure=traceback.format_exc())
    try:
        write_atomically(Path(task.folder) / f"{task.key}.npz", content, sync=False)
    except OSError as error:
        return Outcome(task.key, store_error=error)
    return Outcome(task.key, time.process_time() - cpu, time.perf_counter() - started, count)


def record_of(task: Task, realisations: int) -> dict[str, Any]:
    """What a cell's file says of itself; nothing in it depends on when and where it was computed.

    Parameters
    ----------
    task : Task
    realisations : int

    Returns
    -------
    dict
    """
    return {
        "parameters": dict(task.parameters),
        "function": task.definition.function,
        "version": task.definition.version,
        "seed": task.definition.seed,
        "entropy": [int(word) for word in task.definition.seed_of(task.parameters).entropy],  # type: ignore[union-attr]
        "realisations": realisations,
        "versions": _versions(),
    }


@functools.lru_cache(maxsize=1)
def _versions() -> dict[str, str]:
    versions = provenance()
    return {name: versions[name] for name in VERSIONS}


def evaluate(
    function: Callable[..., Any], definition: Definition, parameters: Mapping[str, Any]
) -> tuple[dict[str, NDArray[Any]], int]:
    """Call the function once, or once a realisation, and stack what it returns.

    Parameters
    ----------
    function : callable
    definition : Definition
    parameters : mapping

    Returns
    -------
    dict of str to ndarray
    int
        Number of realisations.
    """
    seed = definition.seed_of(parameters)
    if definition.realisations is None:
        return named_arrays(function(**parameters, rng=np.random.default_rng(seed))), 1
    rows: list[dict[str, NDArray[Any]]] = []
    watched: list[float] = []
    while len(rows) < definition.realisations:
        (child,) = seed.spawn(1)
        rows.append(named_arrays(function(**parameters, rng=np.random.default_rng(child))))
        if rows[-1].keys() != rows[0].keys():
            raise ValueError(f"realisation {len(rows)} returned {sorted(rows[-1])}, the first {sorted(rows[0])}")
        if definition.target and _reached(rows, watched, definition):
            break
    return {name: np.stack([row[name] for row in rows]) for name in rows[0]}, len(rows)


def _reached(rows: list[dict[str, NDArray[Any]]], watched: list[float], definition: Definition) -> bool:
    """Whether the standard error of the watched quantity is down to its target."""
    assert definition.target is not None
    name, wanted = definition.target
    if name not in rows[-1] or rows[-1][name].ndim:
        raise ValueError(f"target names {name!r}, which is not a scalar among the results {sorted(rows[-1])}")
    watched.append(float(rows[-1][name]))
    if len(watched) < definition.minimum:
        return False
    return float(np.std(watched, ddof=1)) / len(watched) ** 0.5 <= wanted


def named_arrays(result: Any) -> dict[str, NDArray[Any]]:
    """What a cell function returned, as arrays with names.

    Parameters
    ----------
    result : number, array, mapping or dataclass
        One number or array is called ``value``; of a dataclass the numbers and arrays are taken.

    Returns
    -------
    dict of str to ndarray
    """
    if dataclasses.is_dataclass(result) and not isinstance(result, type):
        fields = {field.name: getattr(result, field.name) for field in dataclasses.fields(result)}
        result = {
            name: value for name, value in fields.items() if isinstance(value, np.ndarray | np.generic | int | float)
        }
    elif not isinstance(result, Mapping):
        result = {"value": result}
    arrays = {}
    for name, value in result.items():
        array = np.asarray(value)
        if array.dtype.kind not in "biufcUS":
            raise ValueError(
                f"the result {name!r} is of type {type(value).__name__}: it must be numbers, arrays or strings"
            )
        if not isinstance(name, str) or not name.isidentifier() or name == RECORD:
            raise ValueError(f"the result is called {name!r}: names must be Python identifiers")
        arrays[name] = array
    if not arrays:
        raise ValueError("the function returned nothing that can be stored")
    return arrays
