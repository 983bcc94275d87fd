r"""Growth rate of a perturbation of the bipartite cavity equations: where a finite population takes vectors for localised."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from concurrent.futures import Executor
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rmt._checks import check_alpha, check_integer, check_real
from rmt._parallel import map_ordered
from rmt._random import RandomState, streams
from rmt._results import Result, provenance
from rmt.cavity.populations import Links
from rmt.laws import Layer

__all__ = ["GrowthRate", "growth_rate"]

Float = NDArray[np.float64]


@dataclasses.dataclass(frozen=True)
class GrowthRate(Result):
    """Growth rate of one population size and fan-in, with its control.

    Attributes
    ----------
    value, stderr : float
        Mean log-growth of a perturbation from one layer of column nodes to the next.
    control, control_stderr : float
        The same without a profile (d = 1).
    s : float
    pool, fan_in, sweeps, populations : int
        The rate depends on ``pool`` and ``fan_in``.
    meta : mapping
    """

    value: float
    stderr: float
    control: float
    control_stderr: float
    s: float
    pool: int
    fan_in: int
    sweeps: int
    populations: int
    meta: Mapping[str, Any]


def growth_rate(
    s: float,
    *,
    alpha: float,
    sigma_w: float = 1.0,
    profile: Any = None,
    pool: int = 5000,
    fan_in: int = 256,
    sweeps: int = 40,
    populations: int = 4,
    rng: RandomState = None,
    executor: Executor | None = None,
    progress: bool = False,
) -> GrowthRate:
    r"""Log-growth of a perturbation of the real cavity equations of :math:`D W` (D independent) at singular value s.

    .. math:: \Gamma_i = \frac{1}{s - d_i^2 \sum_j W_{ij}^2 G_j}, \quad G_j = \frac{1}{s - \sum_i d_i^2 W_{ij}^2 \Gamma_i},
        \qquad \delta\Gamma_i = \Gamma_i^2 d_i^2 \sum_j W_{ij}^2\,\delta G_j, \quad
        \delta G_j = G_j^2 \sum_i d_i^2 W_{ij}^2\,\delta\Gamma_i .

    A positive rate says delocalised, a negative one localised, **for this population and this fan-in**. For
    :math:`1 < \alpha < 2` the sum of :math:`|W_{ij}|` diverges with the fan-in: every s is delocalised in the limit, the zero
    of the rate moves up with ``fan_in``, and it is no mobility edge. The control without a profile is part of every result.

    Parameters
    ----------
    s : float
        Singular value > 0.
    alpha, sigma_w : float
        Stability index in [0.5, 2] and scale > 0.
    profile : profile of `rmt.laws.Layer`, optional
        Law of d: an object with ``.log_values`` and ``.weights``, or (values, weights). None: d = 1.
    pool, fan_in, sweeps, populations : int
        Members, links a node, sweeps (the first half is discarded), independent populations (at least 2).
    rng : seed or Generator
    executor : concurrent.futures.Executor, optional
    progress : bool

    Returns
    -------
    GrowthRate

    Raises
    ------
    ValueError
        For arguments out of range.

    Examples
    --------
    >>> from rmt.cavity import growth_rate
    >>> rate = growth_rate(7.0, alpha=1.5, pool=500, fan_in=64, sweeps=20, rng=1)
    >>> rate.value < 0, rate.fan_in, rate.value == rate.control
    (True, 64, True)
    """
    s = check_real("s", s, low=0.0, low_open=True)
    layer = Layer(check_alpha(alpha, low=0.5), sigma_w, profile=profile)
    links = Links(alpha, layer.sigma_w, check_integer("pool", pool, low=10), check_integer("fan_in", fan_in, low=2))
    sweeps = check_integer("sweeps", sweeps, low=4)
    populations = check_integer("populations", populations, low=2)
    profiles = [layer] if profile is None else [layer, Layer(alpha, sigma_w)]
    owners = [one for one in profiles for _ in range(populations)]
    own = streams(rng, len(owners))
    tasks = [(s, links, one, sweeps, stream) for one, stream in zip(owners, own, strict=True)]
    rates = map_ordered(_rate, tasks, executor=executor, progress=progress, description="growth")
    rows = np.array(list(rates)).reshape(len(profiles), populations)
    mean, error = rows.mean(axis=1), rows.std(axis=1, ddof=1) / np.sqrt(populations)
    return GrowthRate(
        value=float(mean[0]),
        stderr=float(error[0]),
        control=float(mean[-1]),
        control_stderr=float(error[-1]),
        s=s,
        pool=links.pool,
        fan_in=links.fan_in,
        sweeps=sweeps,
        populations=populations,
        meta={**provenance(), "alpha": links.alpha, "sigma_w": links.sigma_w},
    )


def _rate(task: tuple[float, Links, Layer, int, np.random.Generator]) -> float:
    s, links, layer, sweeps, rng = task
    log_d, weights = layer.log_profile
    values = np.append(np.exp(2.0 * log_d), 0.0)  # d^2, dead units included
    probability = np.append(weights, max(0.0, 1.0 - weights.sum()))
    probability /= probability.sum()
    column, shift = np.full(links.pool, 1.0 / s), np.ones(links.pool)
    total = 0.0
    for sweep in range(sweeps):
        member, w = links.draw(links.pool, rng)
        gain = rng.choice(values, size=links.pool, p=probability)
        row = 1.0 / (s - gain * np.sum(w * w * column[member], axis=1))
        row_shift = row * row * gain * np.sum(w * w * shift[member], axis=1)
        member, w = links.draw(links.pool, rng)
        column = 1.0 / (s - np.sum(w * w * (gain * row)[member], axis=1))
        shift = column * column * np.sum(w * w * (gain * row_shift)[member], axis=1)
        size = float(shift.mean())
        shift /= size
        if sweep >= sweeps // 2:
            total += np.log(size)
    return total / (sweeps - sweeps // 2)
