"""One way to spread work: ordered results from any ``concurrent.futures.Executor``, one BLAS thread per worker."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor
from typing import Any, TypeVar

from threadpoolctl import threadpool_limits

__all__ = ["map_ordered"]

T = TypeVar("T")


class _SingleThreaded:
    """Calls a function with the BLAS pools limited to one thread; a class, so that it can be pickled."""

    def __init__(self, function: Callable[[Any], Any]) -> None:
        self.function = function

    def __call__(self, task: Any) -> Any:
        with threadpool_limits(1):
            return self.function(task)


def map_ordered(
    function: Callable[[Any], T],
    tasks: Iterable[Any],
    *,
    executor: Executor | None = None,
    progress: bool = False,
    description: str = "",
) -> Iterator[T]:
    """Yield ``function(task)`` in the order of the tasks, in process (``executor=None``) or on an executor.

    ``function`` must be importable and the tasks picklable when the executor uses processes. ``progress`` shows tqdm.
    """
    tasks = list(tasks)
    work = _SingleThreaded(function)
    if executor is None:
        results: Iterator[T] = map(work, tasks)
    else:
        results = (future.result() for future in [executor.submit(work, task) for task in tasks])
    if progress:
        from tqdm import tqdm

        results = iter(tqdm(results, total=len(tasks), desc=description))
    yield from results
