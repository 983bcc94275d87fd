"""Hamiltonian Monte Carlo for a batch of chains whose prior is standard normal."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

__all__ = ["hamiltonian_chain"]

Arrays = list[NDArray[np.float64]]
EnergyGradient = Callable[[Arrays], tuple[NDArray[np.float64], Arrays]]

TARGET = 0.8  # mean acceptance probability the step is tuned to
TURN = 1.5  # length of a trajectory: about a quarter turn of the prior's oscillation


def hamiltonian_chain(
    positions: Arrays, energy_gradient: EnergyGradient, burn_in: int, rng: np.random.Generator
) -> Iterator[float]:
    """Endless chain: moves ``positions`` (arrays of shape (chains, ...)) in place, yields the mean acceptance probability.

    The step length is tuned over the first ``burn_in`` moves, then fixed.
    """
    chains = positions[0].shape[0]
    log_step, count = math.log(0.1), 0
    while True:
        eps = math.exp(log_step)
        leaps = int(min(200, max(3, round(TURN / eps))))
        # the jitter is against trajectories that return to their start
        step = np.asarray(eps * rng.uniform(0.8, 1.2, size=chains), dtype=np.float64)
        probability = _move(positions, energy_gradient, step, leaps, rng)
        if count < burn_in:
            log_step += (float(probability.mean()) - TARGET) / (1 + count) ** 0.6
        count += 1
        yield float(probability.mean())


def _move(
    positions: Arrays,
    energy_gradient: EnergyGradient,
    step: NDArray[np.float64],
    leaps: int,
    rng: np.random.Generator,
) -> NDArray[np.float64]:
    """One trajectory for every chain, accepted or not in place; returns the acceptance probabilities."""
    eps = step[:, None, None]
    momenta = [rng.standard_normal(q.shape) for q in positions]
    trial = [q.copy() for q in positions]
    with np.errstate(over="ignore", invalid="ignore"):  # a trajectory that diverges is rejected below
        energy, gradient = energy_gradient(trial)
        start = energy + sum(0.5 * np.sum(p**2, axis=(1, 2)) for p in momenta)
        for leap in range(leaps):
            for q, p, g in zip(trial, momenta, gradient, strict=True):
                p -= (0.5 * eps if leap == 0 else eps) * g
                q += eps * p
            energy, gradient = energy_gradient(trial)
        for p, g in zip(momenta, gradient, strict=True):
            p -= 0.5 * eps * g
        end = energy + sum(0.5 * np.sum(p**2, axis=(1, 2)) for p in momenta)
        change = np.where(np.isfinite(end), start - end, -np.inf)
    probability = np.exp(np.minimum(0.0, change))
    accept = rng.random(probability.size) < probability
    for q, new in zip(positions, trial, strict=True):
        q[accept] = new[accept]
    return np.asarray(probability)
