"""The geometry of a circle of inputs pushed through a network: length, curvature, effective dimension, unevenness."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rmt._checks import check_integer, check_real
from rmt._random import RandomState, streams
from rmt._results import Result
from rmt.meanfield._averages import averages
from rmt.meanfield.length import _log, check_parameters, fixed_log_q
from rmt.stable import AlphaStable

__all__ = ["ManifoldGeometry", "manifold_geometry"]

Array = NDArray[np.float64]


@dataclass(frozen=True)
class ManifoldGeometry(Result):
    r"""Geometry of the image of a circle, per layer; every array has shape (realisations, depth + 1).

    Parameters
    ----------
    log_length : ndarray
        ln of the Euclidean length of the closed curve :math:`x(\theta)`, divided by :math:`\sqrt N`.
    curvature : ndarray
        Mean over the curve (by arc length) of its curvature, in units of :math:`1/\sqrt N`; for a circle of radius
        :math:`r\sqrt N` it is :math:`1/r`.
    dimension : ndarray
        Effective dimension :math:`(\sum\lambda)^2/\sum\lambda^2` of the covariance of the points; 2 for a circle.
    variation : ndarray
        Coefficient of variation of the local stretch :math:`|dx/d\theta|` along the curve: 0 for a circle; large when
        contraction and expansion live side by side.
    width, points : int
    """

    log_length: Array
    curvature: Array
    dimension: Array
    variation: Array
    width: int
    points: int


def manifold_geometry(
    width: int,
    depth: int,
    *,
    alpha: float,
    sigma_w: float,
    sigma_b: float = 0.0,
    activation: Any = "tanh",
    points: int = 200,
    radius: float | None = None,
    realisations: int = 4,
    rng: RandomState = None,
) -> ManifoldGeometry:
    r"""Push :math:`x(\theta) = \sqrt{N}\,r(u\cos\theta + v\sin\theta)`, u and v orthonormal, through a direct network.

    Parameters
    ----------
    width, depth : int
        Units per layer and layers.
    alpha, sigma_w, sigma_b, activation
        As in :func:`fixed_point`; the weights are full matrices of stable entries.
    points : int
        Points on the circle; derivatives are centred differences on the closed curve, so structure finer than
        :math:`2\pi/` ``points`` is not resolved.
    radius : float, optional
        Root mean square of the input activity, r; by default that of :math:`\phi(h)` at the length fixed point.
    realisations : int
    rng : seed, Generator or None

    Returns
    -------
    ManifoldGeometry

    Raises
    ------
    ValueError
        If an argument is out of range.

    Examples
    --------
    >>> from rmt.meanfield import manifold_geometry
    >>> result = manifold_geometry(100, 3, alpha=2.0, sigma_w=1.0, activation="linear", radius=1.0, realisations=2, rng=1)
    >>> result.dimension[:, 0].round(6).tolist(), result.curvature[:, 0].round(2).tolist()
    ([2.0, 2.0], [1.0, 1.0])
    """
    alpha, sigma_w, sigma_b, phi = check_parameters(alpha, sigma_w, sigma_b, activation)
    width, depth = check_integer("width", width, low=2), check_integer("depth", depth, low=0)
    points, realisations = check_integer("points", points, low=8), check_integer("realisations", realisations, low=1)
    law = AlphaStable(alpha)
    if radius is None:
        mean = averages(phi, alpha)
        log_q = fixed_log_q(mean, alpha * _log(sigma_w), alpha * _log(sigma_b))
        h, weights = mean.points(max(log_q, -600.0))
        radius = math.sqrt(float(weights @ np.square(phi.value(h)))) if phi.bounded else 1.0
    else:
        radius = check_real("radius", radius, low=0.0, low_open=True)
    angle = 2.0 * math.pi * np.arange(points) / points
    circle = np.array([np.cos(angle), np.sin(angle)])
    found = np.empty((4, realisations, depth + 1))
    for i, stream in enumerate(streams(rng, realisations)):
        plane = np.linalg.qr(stream.standard_normal((width, 2)))[0]
        curve = radius * math.sqrt(width) * plane @ circle
        found[:, i, 0] = _geometry(curve)
        for layer in range(depth):
            matrix = law.sample((width, width), stream)
            matrix *= sigma_w * (2.0 * width) ** (-1.0 / alpha)
            h = matrix @ curve
            if sigma_b > 0.0:
                h += sigma_b * 2.0 ** (-1.0 / alpha) * law.sample((width, 1), stream)
            curve = np.asarray(phi.value(h), dtype=float)
            found[:, i, layer + 1] = _geometry(curve)
    return ManifoldGeometry(found[0], found[1], found[2], found[3], width, points)


def _geometry(curve: Array) -> tuple[float, float, float, float]:
    width, points = curve.shape
    spacing = 2.0 * math.pi / points
    chord = np.roll(curve, -1, axis=1) - curve
    steps = np.linalg.norm(chord, axis=0)
    total = float(steps.sum())
    if total == 0.0:
        return -math.inf, math.nan, math.nan, math.nan
    # unit scale first: deep in the ordered phase the curve is smaller than the square root of the smallest double
    chord = chord / total
    velocity = (chord + np.roll(chord, 1, axis=1)) / (2.0 * spacing)
    acceleration = (chord - np.roll(chord, 1, axis=1)) / spacing**2
    speed2, force2 = (velocity**2).sum(axis=0), (acceleration**2).sum(axis=0)
    cross2 = np.maximum(speed2 * force2 - (velocity * acceleration).sum(axis=0) ** 2, 0.0)
    alive = speed2 > 0.0
    bending = float(np.sum(np.sqrt(cross2[alive]) / speed2[alive]) * spacing)  # curvature integrated over arc length
    arc = float(np.sum(np.sqrt(speed2)) * spacing)
    centred = (curve - curve.mean(axis=1, keepdims=True)) / total
    gram = centred.T @ centred
    dimension = float(np.trace(gram) ** 2 / np.sum(gram**2))
    root = math.sqrt(width)
    return math.log(total / root), bending / (arc * total) * root, dimension, float(steps.std() / steps.mean())
