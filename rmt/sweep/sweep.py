"""The object: a function, a grid and a directory."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from rmt._checks import check_integer, check_real
from rmt.sweep import frames
from rmt.sweep.definition import define
from rmt.sweep.grid import Grid
from rmt.sweep.run import Log, RunReport, drive
from rmt.sweep.store import Store, StoreError, contents_of
from rmt.sweep.worker import Outcome, Task

__all__ = ["Sweep"]


class Sweep:
    """A function on a grid, with one file a cell.

    Parameters
    ----------
    function : callable or "module:name"
        Called as ``function(**parameters, rng=generator)``; returns a number, an array, a mapping of them, or a dataclass.
        It must be defined at the top of a module, because workers import it.
    grid : mapping of str to sequence, sequence of mappings, or Grid
        See :class:`Grid`.
    store : str or Path
        Directory of the results; made when it is not there.
    seed : int
        Root seed. The stream of a cell is a function of (seed, function, version, parameters), never of its position.
    version : str
        Version of the definition: give another one, and another store, when the function's numbers change.
    realisations : int, optional
        Call the function this often for each cell, with independent streams, and stack the results on a first axis.
    target : (str, float), optional
        Stop a cell early when the standard error of this scalar result over realisations is at most this; needs
        ``realisations``, the largest number allowed.
    minimum : int
        Realisations before a cell may stop early.
    search : sequence of str
        Further directories from which workers import the function.

    Raises
    ------
    ValueError
        If the function is unknown or cannot be imported by workers, or does not take the parameters and ``rng``; if the grid
        holds duplicates or values that are not finite.

    Examples
    --------
    >>> import tempfile
    >>> from rmt.sweep import Sweep
    >>> from rmt.sweep.examples import mean_log_gain
    >>> sweep = Sweep(mean_log_gain, {"alpha": [1.2, 1.8], "width": [16]}, store=tempfile.mkdtemp(), realisations=4)
    >>> report = sweep.run()
    >>> report.computed, sweep.run().computed
    (2, 0)
    >>> sorted(sweep.to_columns())
    ['alpha', 'gain', 'gain_stderr', 'realisations', 'width']
    """

    def __init__(
        self,
        function: Callable[..., Any] | str,
        grid: Mapping[str, Sequence[Any]] | Sequence[Mapping[str, Any]] | Grid,
        *,
        store: str | Path,
        seed: int = 0,
        version: str = "1",
        realisations: int | None = None,
        target: tuple[str, float] | None = None,
        minimum: int = 8,
        search: Sequence[str] = (),
    ) -> None:
        self.grid = grid if isinstance(grid, Grid) else Grid(grid)
        if realisations is not None:
            realisations = check_integer("realisations", realisations, low=1)
        if target is not None:
            if realisations is None:
                raise ValueError("target needs realisations, the largest number a cell may use")
            if not (isinstance(target, tuple | list) and len(target) == 2 and isinstance(target[0], str)):
                raise ValueError(f"target = {target!r} must be (name of a result, standard error)")
            target = (target[0], check_real("target[1]", target[1], low=0.0, low_open=True))
        self.search = tuple(str(Path(folder).resolve()) for folder in search)
        self._is_reference = isinstance(function, str)
        self.definition, self.function = define(
            function,
            self.search,
            self.grid.names,
            version=str(version),
            seed=check_integer("seed", seed, low=0),
            realisations=realisations,
            target=target,
            minimum=check_integer("minimum", minimum, low=2),
        )
        self.keys = [self.definition.key(cell) for cell in self.grid]
        self.store = Store(store, self.definition)

    def __len__(self) -> int:
        return len(self.grid)

    def __repr__(self) -> str:
        return f"Sweep({self.definition.function}, {len(self)} cells, store={str(self.store.path)!r})"

    def run(
        self,
        executor: Executor | None = None,
        part: tuple[int, int] | None = None,
        *,
        progress: bool = False,
        accept_changed_source: bool = False,
    ) -> RunReport:
        """Compute the cells that are missing.

        Parameters
        ----------
        executor : concurrent.futures.Executor, optional
            A process pool, loky, ``dask.distributed.Client.get_executor()``, ``mpi4py.futures.MPIPoolExecutor``; its workers
            must see the store's directory. None: in this process. The results are the same bytes everywhere.
        part : (int, int), optional
            (i, n) with 0 <= i < n: only every n-th cell in the order of their keys, for the array jobs of a scheduler.
        progress : bool
            A bar with the rate and the time left.
        accept_changed_source : bool
            Go on although the source of the function is not that of the finished cells.

        Returns
        -------
        RunReport
            Failures of single cells are collected there and are tried again by the next run.

        Raises
        ------
        StoreError
            If the store is of another sweep, the definition has changed, or it cannot be written (what is finished stays).

        Notes
        -----
        SIGINT and SIGTERM finish the cell in hand and stop (``report.interrupted``); a second one stops at once.
        """
        mine = self._part(part)
        self.store.open(accept_changed_source=accept_changed_source)
        started = time.perf_counter()
        done, aside = self.store.scan()
        missing = [i for i in mine if self.keys[i] not in done]
        tasks = [self._task(i) for i in missing]
        failures: dict[str, str] = {}
        computed, cpu = 0, 0.0
        log = Log(self.store, part) if tasks else None
        bar = _bar(len(mine), len(mine) - len(missing), progress)

        def note(outcome: Outcome) -> None:
            nonlocal computed, cpu
            if outcome.failure is not None:
                failures[outcome.key] = outcome.failure
            else:
                computed += 1
                cpu += outcome.cpu_seconds
            if log is not None:
                log.outcome(outcome)
            if bar is not None:
                bar.set_postfix(failed=len(failures), refresh=False)
                bar.update()

        try:
            interrupted = drive(tasks, self.store, executor=executor, on_outcome=note)
        finally:
            if bar is not None:
                bar.close()
            if log is not None:
                log.close()
        seconds = time.perf_counter() - started
        found = len(mine) - len(missing)
        return RunReport(len(mine), computed, found, failures, aside, seconds, cpu, interrupted)

    def _part(self, part: tuple[int, int] | None) -> list[int]:
        if part is None:
            return list(range(len(self)))
        if not (isinstance(part, tuple | list) and len(part) == 2):
            raise ValueError(f"part = {part!r} must be (i, n) with 0 <= i < n")
        count = check_integer("part[1]", part[1], low=1)
        index = check_integer("part[0]", part[0])
        if not 0 <= index < count:
            raise ValueError(f"part = {index}/{count} is out of range: i counts from 0 to n - 1 = {count - 1}")
        return sorted(range(len(self)), key=self.keys.__getitem__)[index::count]

    def _task(self, index: int) -> Task:
        function = None if self._is_reference else self.function
        return Task(
            self.definition,
            function,
            self.search,
            self.keys[index],
            self.grid.cells[index],
            os.fspath(self.store.cells.resolve()),
        )

    def status(self) -> tuple[int, int]:
        """How many cells of the grid are finished, and how many there are."""
        done, _ = self.store.scan()
        return sum(key in done for key in self.keys), len(self)

    def cell(self, **parameters: Any) -> dict[str, NDArray[Any]]:
        """The arrays of one cell.

        Raises
        ------
        ValueError
            If it is not in the grid, not computed yet, or damaged.
        """
        wanted = Grid([parameters]).cells[0]
        for cell, key in zip(self.grid, self.keys, strict=True):
            if cell == wanted:
                return self.store.read(key)[1]
        raise ValueError(f"cell {parameters} is not in the grid")

    def finished(self) -> list[tuple[dict[str, Any], dict[str, Any], dict[str, NDArray[Any]]]]:
        """Parameters, record and arrays of every finished cell, in the order of the grid."""
        found = []
        for cell, key in zip(self.grid, self.keys, strict=True):
            if self.store.path_of(key).exists():
                found.append((cell, *self.store.read(key)))
        return found

    def merge(self, *sources: str | Path) -> int:
        """Take the cells of other stores or packs of the same sweep; returns how many were new.

        Raises
        ------
        StoreError
            If a source is no store, or holds files of another sweep or damaged ones (the good ones are taken first).
        """
        self.store.open()
        new, refused = 0, []
        for source in sources:
            added, wrong = self.store.add(contents_of(Path(source)))
            new += added
            refused += [f"{source}: {reason}" for reason in wrong]
        if refused:
            raise StoreError(f"{len(refused)} file(s) were not taken ({new} were): {refused[0]}")
        return new

    def pack(self, path: str | Path) -> Path:
        """All finished cells of the grid in one zip archive, for file systems that count files; ``merge`` reads it back."""
        done, _ = self.store.scan()
        return self.store.pack(Path(path), [key for key in self.keys if key in done])

    def to_columns(self) -> dict[str, list[Any]]:
        """Parameters and scalar results of the finished cells, as columns for :func:`rmt.tables.write`.

        With realisations a result becomes two columns, its mean ``x`` and the standard error ``x_stderr``.
        """
        return frames.columns(self.grid.names, self.finished(), self.definition.realisations is not None)

    @property
    def meta(self) -> dict[str, Any]:
        """Provenance for tables: function, version, seed, and the versions of the libraries."""
        from rmt._results import provenance

        described = {"function": self.definition.function, "definition": self.definition.version}
        return {**provenance(), **described, "seed": self.definition.seed, "cells": len(self)}

    def to_frame(self) -> Any:
        """The same as a ``pandas.DataFrame``, one row a finished cell."""
        import pandas

        frame = pandas.DataFrame(self.to_columns())
        frame.attrs.update(self.meta)
        return frame

    def to_xarray(self) -> Any:
        """All results on the axes of the grid, as an ``xarray.Dataset``; missing cells are NaN.

        Raises
        ------
        ValueError
            If the grid is an explicit list, nothing is finished, or shapes differ between cells.
        """
        return frames.dataset(self.grid, self.finished(), self.definition.realisations is not None, self.meta)


def _bar(total: int, initial: int, progress: bool) -> Any:
    if not progress:
        return None
    from tqdm import tqdm

    return tqdm(total=total, initial=initial, unit="cell", desc="sweep", smoothing=0.05)
