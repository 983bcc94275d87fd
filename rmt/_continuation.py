"""The one continuation solver: predictor-corrector along paths in the complex plane, for many points at once.

A caller gives the Newton increment of its equations. Every point follows its own path z(t), 0 <= t <= 1, from a state
known at t = 0; steps that move the state too far are halved, so that the solution stays on the sheet on which it
started. Nothing is returned that did not converge.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

__all__ = ["ConvergenceError", "follow", "newton"]

# increment(state, z, index) -> Newton increment of the state; state (n, k), z (n,), index (n,): which points these are.
Increment = Callable[[NDArray, NDArray, NDArray], NDArray]


class ConvergenceError(ArithmeticError):
    """The equations were not solved; the message names the point and the residual."""


def newton(
    increment: Increment,
    state: NDArray,
    z: NDArray,
    index: NDArray,
    *,
    tolerance: float = 1e-12,
    max_first: float = np.inf,
    max_iterations: int = 12,
) -> tuple[NDArray, NDArray, NDArray]:
    """Newton's method for many points; returns (state, ok, size of the last increment).

    Quadratic convergence is used: an increment below 1e-7 is applied and the point counts as solved when that square is
    below ``tolerance``. ``max_first`` is the largest increment a point may make (a longer one is a jump).
    """
    state = state.copy()
    size = np.full(z.size, np.inf)
    ok = np.zeros(z.size, dtype=bool)
    active = np.arange(z.size)
    good_enough = np.sqrt(tolerance) * 0.1
    previous = np.full(z.size, np.inf)
    for _ in range(max_iterations):
        step = increment(state[active], z[active], index[active])
        length = np.abs(step).max(axis=1)
        fine = np.isfinite(length) & (length <= max_first) & ~(length > 4 * previous[active] + 1.0)
        moved = active[fine]
        state[moved] += step[fine]
        size[active] = length
        previous[active] = length
        done = fine & (length < good_enough)
        ok[active[done]] = True
        active = active[fine & ~done]
        if active.size == 0:
            break
    # where two sheets meet (the edge of a Gaussian spectrum) rounding stops Newton at the root of the precision
    ok[active] = size[active] < 3e-6
    return state, ok, size


def follow(
    increment: Increment,
    start: NDArray,
    path: Callable[[NDArray, NDArray], NDArray],
    count: int,
    *,
    first_step: float = 0.1,
    max_move: float = 0.6,
    min_step: float = 1e-7,
    stops: NDArray | None = None,
    what: str = "the equations",
) -> NDArray:
    """Follow ``count`` solutions along ``path(t, index)`` from t = 0 to t = 1.

    Parameters
    ----------
    increment : callable
        Newton increment, see :data:`Increment`.
    start : array (count, k)
        Solved states at t = 0.
    path : callable
        ``path(t, index)`` -> parameter of those points.
    stops : array, optional
        Increasing values of t in (0, 1] at which the state is kept; default only t = 1.
    max_move : float
        Largest change of any unknown that the corrector may make; a longer one halves the step.

    Returns
    -------
    array (len(stops), count, k)

    Raises
    ------
    ConvergenceError
        If a step becomes shorter than ``min_step``; the message names the parameter and the last increment.
    """
    marks = np.array([1.0]) if stops is None else np.asarray(stops, dtype=float)
    result = np.empty((marks.size, *start.shape), dtype=start.dtype)
    t = np.zeros(count)
    state = start.copy()
    old_t, old_state = t.copy(), state.copy()
    step = np.full(count, first_step)
    stop = np.zeros(count, dtype=int)
    active = np.arange(count)
    while active.size:
        target = np.minimum(t[active] + step[active], marks[stop[active]])
        # do not leave a crumb before the next stop
        close = marks[stop[active]] - target < 0.2 * step[active]
        target = np.where(close, marks[stop[active]], target)
        behind = t[active] - old_t[active]
        ratio = np.where(behind > 0, (target - t[active]) / np.where(behind > 0, behind, 1.0), 0.0)
        guess = state[active] + ratio[:, None] * (state[active] - old_state[active])
        z = path(target, active)
        solved, ok, size = newton(increment, guess, z, active, max_first=max_move, max_iterations=30)
        move = np.abs(solved - guess).max(axis=1)
        ok &= move <= max_move
        good = active[ok]
        old_t[good], old_state[good] = t[good], state[good]
        t[good], state[good] = target[ok], solved[ok]
        easy = move[ok] < 0.15 * max_move
        step[good] *= np.where(easy, 1.8, np.where(move[ok] < 0.5 * max_move, 1.1, 0.8))
        bad = active[~ok]
        step[bad] = 0.5 * np.minimum(step[bad], target[~ok] - t[bad])
        if bad.size and step[bad].min() < min_step:
            worst = int(np.argmin(step[bad]))
            point, residual = z[~ok][worst], size[~ok][worst]
            raise ConvergenceError(f"{what}: no convergence at {point}, last Newton increment {residual:.3g}")
        at_stop = good[t[good] == marks[stop[good]]]
        result[stop[at_stop], at_stop] = state[at_stop]
        stop[at_stop] += 1
        active = active[(stop < marks.size)[active]]
    return result
