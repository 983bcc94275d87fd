"""arXiv:2307.02284, what fully connected networks are compared with: percolation, convolution, heavy-tailed weights."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rmt import criticality as room
from rmt.papers.transition_networks import Job

__all__ = ["convolution", "heavy_tails", "percolation"]

Array = NDArray[np.float64]


def percolation(job: Job) -> str:
    """The tools on a genuine member of directed percolation.

    Parameters
    ----------
    job : Job
        Where to write and how much to compute.

    Returns
    -------
    str
        Exponents that the tool finds, as text.
    """
    exact = room.UNIVERSALITY_CLASSES["dp-1+1"]
    sizes, last = [64, 128, 192], [4000, 12000, 22000]  # to 5 N^z: the rings begin to die at 2 N^z
    times = [np.unique(np.geomspace(30, t, 14).astype(int)) for t in last]
    runs = [
        room.bond_directed_percolation(n, t, realisations=job.pick(600, 10000), rng=job.rng(400 + n))[:, at]
        for n, t, at in zip(sizes, last, times, strict=True)
    ]
    fit = room.collapse(
        [t.astype(float) for t in times], runs, sizes, method="houdayer-hartmann", bootstrap=job.pick(15, 100),
        rng=job.rng(500),
    )  # fmt: skip
    gradient = np.array([-fit.b / fit.a**2, 1.0 / fit.a])
    delta_error = float(np.sqrt(gradient @ fit.covariance @ gradient))
    job.table(
        "directed_percolation", "The collapse tool on bond directed percolation, rings of 64 to 192 sites",
        {
            "exponent": ["z", "delta"],
            "literature": [exact.z, exact.delta],
            "fit": [fit.a, fit.b / fit.a],
            "fit_stderr": [float(fit.stderr[0]), delta_error],
        },
        errors={"fit": "fit_stderr"},
    )  # fmt: skip
    return f"tool on bond DP: z = {fit.a:.3f}({fit.stderr[0]:.3f}), delta = {fit.b / fit.a:.4f}({delta_error:.4f})"


def convolution(job: Job) -> dict[str, str]:
    """Convolutional networks: spread over networks, and local slopes of the activity.

    Parameters
    ----------
    job : Job
        Where to write and how much to compute.

    Returns
    -------
    dict of str
        What the spread and the slopes are, as text.
    """
    columns: dict[str, list[Any]] = {
        name: [] for name in ("filters", "channels", "sigma_w", "sites", "layers", "mean", "std")
    }
    spread = {}
    for sites in (32, 128, 512):
        runs = room.convolutional_pairs(
            sites, 5, 60, sigma_w=2.0, sigma_b=0.3, realisations=job.pick(40, 400), rng=job.rng(600 + sites)
        )
        final = runs.rho[:, -1]
        spread[sites] = float(final.std(ddof=1))
        for name, value in zip(columns, ("tied", 5, 2.0, sites, 60, float(final.mean()), spread[sites]), strict=True):
            columns[name].append(value)
    job.table(
        "convolution_spread",
        "Tied filters: spread of the activity over networks against the number of sites",
        columns,
    )
    depth = job.pick(512, 3072)
    slopes: dict[str, Array] = {}
    centre = np.empty(0)
    for k, (name, channels, sigma_w) in enumerate((("tied", 5, 1.9), ("tied", 5, 2.0), ("untied", 2, 1.545))):
        runs = room.convolutional_pairs(
            job.pick(256, 1024), channels, depth, sigma_w=sigma_w, sigma_b=0.3, filters=name, realisations=job.pick(4, 20),
            rng=job.rng(700 + k),
        )  # fmt: skip
        layers = 2 ** np.arange(1, int(math.log2(depth)) + 1)
        centre, slope = room.local_slopes(layers.astype(float), runs.rho.mean(axis=0)[layers - 1], 4.0)
        slopes[f"{name}, C = {channels}, sigma_w = {sigma_w}"] = slope
    job.table(
        "convolution_slopes", "Local slopes -d ln rho/d ln l of the mean activity; directed percolation has 0.159",
        {"layer": centre, **slopes},
        digits=3,
    )  # fmt: skip
    tied = np.concatenate([s for name, s in slopes.items() if name.startswith("tied")])
    untied = next(s for name, s in slopes.items() if name.startswith("untied"))
    return {
        "spread": f"std over networks, tied: {spread[32]:.2f} / {spread[128]:.2f} / {spread[512]:.2f} at 32 / 128 / 512 sites",
        "tied": f"local slopes tied: {tied.min():.2f} to {tied.max():.2f}",
        "untied": f"untied near its threshold: {untied[untied.size // 2 :].min():.2f} to {untied[untied.size // 2 :].max():.2f}",
    }


def heavy_tails(job: Job) -> str:
    """Beyond the paper: the transition of heavy-tailed networks.

    Parameters
    ----------
    job : Job
        Where to write and how much to compute.

    Returns
    -------
    str
        One critical value, as text.
    """
    alphas = job.pick((1.0, 1.2, 1.5, 1.6, 1.8, 1.9), (0.8, 1.0, 1.2, 1.4, 1.5, 1.6, 1.7, 1.8, 1.9, 1.95))
    points = [room.levy_critical_sigma_w(alpha, 0.5) for alpha in alphas]
    growth = []
    for k, point in enumerate(points):
        runs = room.simulate_levy_pairs(
            job.pick(2000, 40000), 30, alpha=point.alpha, sigma_w=point.sigma_w, sigma_b=0.5, tangent=True,
            realisations=job.pick(6, 20), rng=job.rng(900 + k),
        )  # fmt: skip
        growth.append(runs.growth(5))
    job.table(
        "heavy_tails", "Critical weight scale of wide heavy-tailed networks (tanh, sigma_b = 0.5) and the growth measured there",
        {
            "alpha": alphas,
            "sigma_w": [point.sigma_w for point in points],
            "order": [point.order for point in points],
            "tail_order": [point.tail_order for point in points],
            "phase": ["frozen" if point.frozen else "unfrozen" for point in points],
            "growth": [value for value, _ in growth],
            "growth_stderr": [error for _, error in growth],
            "status": ["conjecture, not reached" if p.frozen else "derived, measured" for p in points],
        },
        errors={"growth": "growth_stderr"},
    )  # fmt: skip
    return f"critical sigma_w at alpha = 1.8: {points[alphas.index(1.8)].sigma_w:.7f}"
