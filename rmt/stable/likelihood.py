"""The log likelihood of a stable law with its gradient, from tables of the log density and of its parameter derivatives."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from rmt._stable_tables import Piecewise
from rmt.stable.law import AlphaStable, tan_half_pi
from rmt.stable.scores import standard_scores
from rmt.stable.tables import Layout, panel_layout

__all__ = ["HIGH_BETA", "LOW_ALPHA", "LocalDensity", "Pass", "local_density", "one_pass"]

LOW_ALPHA, HIGH_BETA = 0.1, 0.999  # limits of the fit


@dataclass(frozen=True)
class LocalDensity:
    """Tables of log f and of d log f/d(alpha, beta) at one (alpha, beta), S0, unit scale."""

    alpha: float
    beta: float
    log_f: Piecewise
    d_alpha: Piecewise
    d_beta: Piecewise | None
    offset: float  # table coordinate = S0 coordinate - offset
    zeta_alpha: float  # derivatives of the offset: the tables hold derivatives at a fixed table coordinate
    zeta_beta: float


def _scores(alpha: float, beta: float, u: NDArray[np.float64], by_s1: bool) -> NDArray[np.float64]:
    """log f and its derivatives in x, alpha and beta at table coordinates, which they hold fixed."""
    zeta = -beta * tan_half_pi(alpha) if beta != 0.0 and alpha != 1.0 else 0.0
    flat = np.ascontiguousarray(u).ravel()
    x0, x1 = (flat + zeta, flat) if by_s1 else (flat, flat - zeta)
    return standard_scores(alpha, beta, x0, x1, not by_s1).reshape(4, *u.shape)


def local_density(alpha: float, beta: float, symmetric: bool, reach: float, *, shared: bool = False) -> LocalDensity:
    """Tables at (alpha, beta) that serve |z| up to about ``reach``.

    Parameters
    ----------
    alpha, beta : float
        Inside the limits of the fit; ``beta`` not 0 unless ``symmetric``.
    symmetric : bool
        Without the derivative in beta.
    reach : float
        Largest |z| of the data.
    shared : bool
        For a symmetric law: interpolate in alpha between tables that are kept (5e-9), which pays where many small fits follow.

    Returns
    -------
    LocalDensity
    """
    if shared and symmetric and alpha < _EDGES[-1]:
        return _from_patch(alpha)
    return _tables(alpha, beta, symmetric, min(max(int(math.log2(max(reach, 1.0))) + 3, 6), 60))


@lru_cache(maxsize=8)
def _tables(alpha: float, beta: float, symmetric: bool, top: int) -> LocalDensity:
    zeta = -beta * tan_half_pi(alpha) if beta != 0.0 and alpha != 1.0 else 0.0
    layout, logs = panel_layout(alpha, beta, zeta, only_density=True, top=top)
    by_s1 = alpha < 0.94 and beta != 0.0
    polynomials = layout.coefficients(logs[0])
    _, _, d_alpha, d_beta = (layout.coefficients(row) for row in _scores(alpha, beta, layout.points(), by_s1))
    tangent = tan_half_pi(alpha) if alpha != 1.0 else 0.0
    return LocalDensity(
        alpha,
        beta,
        layout.piecewise(polynomials, polynomials if symmetric else None),
        layout.piecewise(d_alpha, d_alpha if symmetric else None),
        None if symmetric else layout.piecewise(d_beta),
        zeta if by_s1 else 0.0,
        -beta * 0.5 * math.pi * (1.0 + tangent * tangent) if by_s1 else 0.0,
        -tangent if by_s1 else 0.0,
    )


def _patch_edges() -> NDArray[np.float64]:
    """Intervals of alpha on which log f and its score are polynomials of degree 6; they close in on the singularity at 2."""
    edges = [LOW_ALPHA]
    while 2.0 - edges[-1] > 1e-4:
        edges.append(edges[-1] + 2.0 * min(0.025, 0.06 * edges[-1], 0.1 * (2.0 - edges[-1])))
    return np.array(edges)


_EDGES = _patch_edges()
_DEGREE = 7


@lru_cache(maxsize=128)
def _patch(index: int) -> tuple[Layout, NDArray[np.float64], NDArray[np.float64]]:
    """Layout, Chebyshev nodes in alpha, and coefficients of (log f, d log f/d alpha) at each of them, symmetric law."""
    low, high = _EDGES[index], _EDGES[index + 1]
    centre = 0.5 * (low + high)
    layout, _ = panel_layout(centre, 0.0, 0.0, only_density=True)
    u = layout.points()
    nodes = centre + 0.5 * (high - low) * np.cos(np.pi * (np.arange(_DEGREE) + 0.5) / _DEGREE)
    table = np.stack([layout.coefficients(_scores(float(node), 0.0, u, False)[[0, 2]]) for node in nodes])
    return layout, nodes, table


def _from_patch(alpha: float) -> LocalDensity:
    index = int(np.clip(np.searchsorted(_EDGES, alpha, side="right") - 1, 0, _EDGES.size - 2))
    layout, nodes, table = _patch(index)
    unit = (nodes - nodes.mean()) / np.ptp(nodes)
    here = (alpha - nodes.mean()) / np.ptp(nodes)
    inverse = np.linalg.inv(np.vander(unit, _DEGREE, increasing=True))
    power = here ** np.arange(_DEGREE)
    log_f, d_alpha = np.tensordot(power @ inverse, table, axes=1)
    return LocalDensity(
        alpha, 0.0, layout.piecewise(log_f, log_f), layout.piecewise(d_alpha, d_alpha), None, 0.0, 0.0, 0.0
    )


@dataclass(frozen=True)
class Pass:
    """One pass over the data."""

    value: float
    gradient: NDArray[np.float64]  # alpha, beta, log scale, loc
    outer: NDArray[np.float64]  # sum of outer products of the scores


def one_pass(
    data: NDArray[np.float64], local: LocalDensity, log_scale: float, loc: float, *, block: int = 16_384
) -> Pass:
    """Log likelihood, gradient and outer product of the scores.

    Parameters
    ----------
    data : ndarray of float64
    local : LocalDensity
    log_scale, loc : float
        S0 scale and location.

    Returns
    -------
    Pass
    """
    scale = math.exp(log_scale)
    value, gradient, outer = 0.0, np.zeros(4), np.zeros((4, 4))
    law = AlphaStable(local.alpha, local.beta)
    scores = np.zeros((4, min(block, data.size)))
    log_f, slope = np.empty(scores.shape[1]), np.empty(scores.shape[1])
    for start in range(0, data.size, block):
        z = (data[start : start + block] - loc) / scale
        m = z.size
        u = z - local.offset if local.offset else z
        local.log_f.slopes(u, log_f[:m], slope[:m])
        local.d_alpha.values(u, scores[0, :m], False)
        if local.d_beta is not None:
            local.d_beta.values(u, scores[1, :m], False)
        s = scores[:, :m]
        if local.offset:
            s[0] -= local.zeta_alpha * slope[:m]
            s[1] -= local.zeta_beta * slope[:m]
        missing = np.flatnonzero(np.isnan(log_f[:m]) | np.isnan(s[0]) | np.isnan(s[1]))
        if missing.size:
            log_f[missing] = law.logpdf(z[missing], table=False)
            exact = law.score(z[missing])
            slope[missing], s[0, missing], s[1, missing] = exact.x, exact.alpha, exact.beta
            if local.d_beta is None:
                s[1, missing] = 0.0
        s[2] = -(1.0 + z * slope[:m])
        s[3] = -slope[:m] / scale
        value += float(np.sum(log_f[:m])) - m * log_scale
        gradient += s.sum(axis=1)
        outer += s @ s.T
    return Pass(value, gradient, outer)
