"""Bond directed percolation: the reference model on which the tools of finite-size scaling are checked."""

from __future__ import annotations

from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rmt import _absorbing_percolation
from rmt._checks import check_integer, check_real
from rmt._parallel import map_ordered
from rmt._random import RandomState, streams

__all__ = [
    "BOND_PERCOLATION_THRESHOLD",
    "UNIVERSALITY_CLASSES",
    "UniversalityClass",
    "bond_directed_percolation",
    "local_slopes",
]

BOND_PERCOLATION_THRESHOLD = 0.644700185
"""Critical bond probability in 1+1 dimensions (literature value)."""


@dataclass(frozen=True)
class UniversalityClass:
    """Exponents of an absorbing phase transition, as the literature has them.

    Parameters
    ----------
    beta, nu_parallel, nu_perpendicular : float
        Order parameter, correlation time (depth) and correlation length; ``nan`` where the notion does not apply.
    z : float
        Dynamical exponent, nu_parallel / nu_perpendicular.
    delta : float
        Decay at criticality, beta / nu_parallel.
    """

    beta: float
    nu_parallel: float
    nu_perpendicular: float
    z: float
    delta: float


UNIVERSALITY_CLASSES = {
    "mean-field": UniversalityClass(1.0, 1.0, float("nan"), float("nan"), 1.0),
    "dp-1+1": UniversalityClass(0.276486, 1.733847, 1.096854, 1.580745, 0.159464),
    "dp-2+1": UniversalityClass(0.580, 1.29, 0.73, 1.767, 0.450),
    "multiplicative-noise-1+1": UniversalityClass(1.7, 1.5, 1.0, 1.5, 1.1),
}
"""``mean-field``: two signals in fully connected networks (in rho). The last two classes are known to the digits shown."""


class _Ring:
    """Runs realisations of one ring, each on its own stream; picklable."""

    def __init__(self, sites: int, steps: int, p: float):
        self.sites, self.steps, self.p = sites, steps, round(p * 2**53)

    def __call__(self, generator: np.random.Generator) -> NDArray[np.float64]:
        state = np.full(self.sites // 64, np.iinfo(np.uint64).max, dtype=np.uint64)
        active = np.empty(self.steps, dtype=np.int64)
        stream = generator.bit_generator.random_raw(4)
        if self.steps:
            _absorbing_percolation.run(state, np.empty_like(state), self.p, stream, active)
        return np.concatenate([[1.0], active / self.sites])


def bond_directed_percolation(
    sites: int,
    steps: int,
    p: float = BOND_PERCOLATION_THRESHOLD,
    *,
    realisations: int = 1,
    rng: RandomState = None,
    executor: Executor | None = None,
    progress: bool = False,
) -> NDArray[np.float64]:
    r"""Simulate (1+1)-dimensional bond directed percolation (a Domany-Kinzel automaton) on a ring, from the full state.

    A site becomes active through each active parent independently with probability ``p``: with probability p if one of
    its two parents is active and p(2 - p) if both are.

    Parameters
    ----------
    sites : int
        Number of sites, a multiple of 64.
    steps : int
        Number of time steps ``T``.
    p : float
        Bond probability in [0, 1); by default the threshold.
    realisations : int
        Number of independent runs.
    rng : seed or Generator
        One spawned stream per realisation.
    executor : concurrent.futures.Executor, optional
        Shares the realisations.
    progress : bool
        Show tqdm.

    Returns
    -------
    ndarray, shape (realisations, T + 1)
        Density of active sites at times 0 to T.

    Raises
    ------
    ValueError
        If an argument is out of range.

    Notes
    -----
    64 sites share one word and about 15 random words a step: below 1 ns per site and step. The
    probability is not rounded (beyond 2^-53).

    Examples
    --------
    >>> from rmt.criticality import bond_directed_percolation
    >>> density = bond_directed_percolation(2**16, 100, rng=1)[0]
    >>> round(float(density[100]) * 100**0.159464, 1)
    0.9
    """
    n = check_integer("sites", sites, low=64)
    if n % 64:
        raise ValueError(f"sites = {sites!r} must be a multiple of 64")
    ring = _Ring(n, check_integer("steps", steps, low=0), check_real("p", p, low=0.0, high=1.0, high_open=True))
    runs = streams(rng, check_integer("realisations", realisations, low=1))
    tasks = [runs[i : i + 64] for i in range(0, len(runs), 64)]
    results = map_ordered(_Chunk(ring), tasks, executor=executor, progress=progress, description="percolation")
    return np.concatenate(list(results))


class _Chunk:
    def __init__(self, ring: _Ring):
        self.ring = ring

    def __call__(self, generators: list[np.random.Generator]) -> NDArray[np.float64]:
        return np.stack([self.ring(generator) for generator in generators])


def local_slopes(x: Any, y: Any, factor: float = 2.0) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    r"""Return effective exponents :math:`-d\ln y/d\ln x` between points a factor apart.

    Parameters
    ----------
    x : array_like, shape (n,)
        Positive, increasing.
    y : array_like, shape (..., n)
        Positive.
    factor : float
        Ratio of the two abscissae, above 1.

    Returns
    -------
    centre : ndarray, shape (k,)
        Geometric mean of the two abscissae.
    slope : ndarray, shape (..., k)
        ``-ln(y(factor x)/y(x))/ln(factor)``, interpolated linearly in the logarithms.

    Examples
    --------
    >>> import numpy as np
    >>> from rmt.criticality import local_slopes
    >>> t = np.arange(1.0, 100.0)
    >>> local_slopes(t, t**-0.5, 4.0)[1].round(12)[[0, -1]].tolist()
    [0.5, 0.5]
    """
    from rmt._checks import check_array

    abscissa, values = check_array("x", x, ndim=1, min_size=2), check_array("y", y)
    ratio = check_real("factor", factor, low=1.0, low_open=True)
    if not (abscissa > 0.0).all() or not (np.diff(abscissa) > 0.0).all():
        raise ValueError("x must be positive and increasing")
    if values.shape[-1] != abscissa.size or not (values > 0.0).all():
        raise ValueError(
            f"y must be positive and have {abscissa.size} entries along its last axis, not shape {values.shape}"
        )
    u, log_y = np.log(abscissa), np.log(values)
    start = u[u + np.log(ratio) <= u[-1] * (1.0 + 1e-15)]
    flat = log_y.reshape(-1, abscissa.size)
    slope = [-(np.interp(start + np.log(ratio), u, row) - np.interp(start, u, row)) / np.log(ratio) for row in flat]
    return np.exp(start + 0.5 * np.log(ratio)), np.reshape(slope, (*log_y.shape[:-1], start.size))
