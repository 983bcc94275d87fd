"""What the population computations share: the network they describe, links with stable weights, means over populations."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from rmt import activations
from rmt._checks import check_alpha, check_array, check_integer, check_real
from rmt._parallel import map_ordered
from rmt._random import RandomState, streams
from rmt._results import Result, provenance
from rmt.activations import Activation
from rmt.meanfield import fixed_point
from rmt.stable import AlphaStable

__all__ = ["Links", "Network", "PopulationCurve", "curve"]

Float = NDArray[np.float64]


@dataclasses.dataclass(frozen=True)
class PopulationCurve(Result):
    """A function of one variable from populations, with errors.

    Attributes
    ----------
    x, value, stderr : ndarray, (n,)
        Mean over independent populations and its standard error. The bias of a finite ``pool`` and ``fan_in`` is not part of it.
    pool, fan_in, sweeps, populations : int
        Members of a population, links of a node, sweeps (the first half is not used), independent populations.
    coupling : str
        The ensemble.
    meta : mapping
    """

    x: Float
    value: Float
    stderr: Float
    pool: int
    fan_in: int
    sweeps: int
    populations: int
    coupling: str
    meta: Mapping[str, Any]


@dataclasses.dataclass(frozen=True)
class Links:
    """Rows of weights: ``fan_in`` stable weights of scale sigma_w (2 fan_in)^(-1/alpha) to random members of a pool.

    Attributes
    ----------
    alpha, sigma_w : float
    pool, fan_in : int
    """

    alpha: float
    sigma_w: float
    pool: int
    fan_in: int

    def draw(self, count: int, rng: np.random.Generator) -> tuple[NDArray[np.int64], Float]:
        """Members and weights of the links of ``count`` nodes, each of shape (count, fan_in)."""
        shape = (count, self.fan_in)
        scale = self.sigma_w * (2.0 * self.fan_in) ** (-1.0 / self.alpha)
        return rng.integers(self.pool, size=shape), AlphaStable(self.alpha, scale=scale).sample(shape, rng=rng)


@dataclasses.dataclass(frozen=True)
class Network:
    """The stationary network of a population.

    Attributes
    ----------
    alpha, sigma_w, sigma_b : float
    activation : Activation
    q : float
        Fixed point of the length map.
    """

    alpha: float
    sigma_w: float
    sigma_b: float
    activation: Activation
    q: float

    @classmethod
    def checked(cls, alpha: float, sigma_w: float, sigma_b: float, activation: Any) -> Network:
        """From arguments of a public function."""
        alpha = check_alpha(alpha, low=0.5)
        sigma_w = check_real("sigma_w", sigma_w, low=0.0, low_open=True)
        sigma_b = check_real("sigma_b", sigma_b, low=0.0)
        phi = activations.get(activation)
        q = fixed_point(alpha=alpha, sigma_w=sigma_w, sigma_b=sigma_b, activation=phi).q
        if not q > 0.0:
            raise ValueError(f"sigma_w = {sigma_w:g} with sigma_b = {sigma_b:g}: the network is silent (q* = 0)")
        return cls(alpha, sigma_w, sigma_b, phi, float(q))

    def preactivations(self, count: int, rng: np.random.Generator) -> Float:
        """Stationary pre-activations, of characteristic function exp(-q |t|^alpha / 2)."""
        return AlphaStable(self.alpha, scale=(0.5 * self.q) ** (1.0 / self.alpha)).sample(count, rng=rng)

    def biases(self, count: int, rng: np.random.Generator) -> Float:
        """Biases of ``count`` neurons."""
        if self.sigma_b == 0.0:
            return np.zeros(count)
        return AlphaStable(self.alpha, scale=self.sigma_b * 2.0 ** (-1.0 / self.alpha)).sample(count, rng=rng)


def curve(
    one: Callable[..., float],
    points: ArrayLike,
    name: str,
    *,
    network: Network,
    pool: int,
    fan_in: int,
    sweeps: int,
    populations: int,
    rng: RandomState,
    executor: Executor | None,
    progress: bool,
    **options: float,
) -> PopulationCurve:
    """Run independent populations at every point and collect mean and standard error.

    Parameters
    ----------
    one : callable
        ``one(x, network, links, sweeps, rng, **options)``, importable.
    points : array_like
        x > 0.
    name : str
        Name of the points in messages.
    network : Network
    pool, fan_in, sweeps, populations : int
    rng, executor, progress
        As in `map_ordered`; the same seed gives the same curve on any executor.
    **options
        Passed to ``one``.

    Returns
    -------
    PopulationCurve
    """
    x = np.atleast_1d(check_array(name, points, min_size=1))
    if x.ndim != 1 or np.any(x <= 0):
        raise ValueError(f"{name} must be one or more numbers > 0")
    links = Links(
        network.alpha,
        network.sigma_w,
        check_integer("pool", pool, low=10),
        check_integer("fan_in", fan_in, low=2),
    )
    sweeps = check_integer("sweeps", sweeps, low=4)
    populations = check_integer("populations", populations, low=2)
    tasks = [
        (one, point, network, links, sweeps, stream, options)
        for point, stream in zip(np.repeat(x, populations), streams(rng, x.size * populations), strict=True)
    ]
    found = map_ordered(_run, tasks, executor=executor, progress=progress, description=name)
    values = np.array(list(found)).reshape(x.size, populations)
    meta = {**provenance(), "alpha": network.alpha, "sigma_w": network.sigma_w, "sigma_b": network.sigma_b}
    return PopulationCurve(
        x=x,
        value=values.mean(axis=1),
        stderr=values.std(axis=1, ddof=1) / np.sqrt(populations),
        pool=links.pool,
        fan_in=links.fan_in,
        sweeps=sweeps,
        populations=populations,
        coupling="network",
        meta={**meta, "activation": network.activation.name, **options},
    )


def _run(task: tuple[Any, ...]) -> float:
    one, point, network, links, sweeps, stream, options = task
    return float(one(float(point), network, links, sweeps, stream, **options))
