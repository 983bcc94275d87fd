"""The edge of chaos of networks of finite width: the weight scale at which the measured exponent is zero."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rmt._checks import check_integer, check_real
from rmt._random import RandomState, generator
from rmt._results import Result
from rmt.meanfield.finite_lyapunov import finite_width_lyapunov
from rmt.meanfield.length import check_parameters

__all__ = ["FiniteWidthEdge", "finite_width_critical_sigma_w"]


@dataclass(frozen=True)
class FiniteWidthEdge(Result):
    r"""Where :math:`\lambda_N(\sigma_w) = 0`.

    Parameters
    ----------
    sigma_w, stderr : float
        The zero and its standard error, enlarged by sqrt(chi2 / (points - 2)) where the line does not fit.
    scanned, exponents, errors : ndarray
        Weight scales of the fit, the exponents measured there and their standard errors.
    chi2 : float
        Squared residuals of the straight line in units of the errors (``len(scanned) - 2`` expected).
    width : int
    alpha, sigma_b : float
    activation : str
    """

    sigma_w: float
    stderr: float
    scanned: NDArray[np.float64]
    exponents: NDArray[np.float64]
    errors: NDArray[np.float64]
    chi2: float
    width: int
    alpha: float
    sigma_b: float
    activation: str


def finite_width_critical_sigma_w(
    width: int,
    *,
    alpha: float,
    sigma_b: float = 0.0,
    activation: Any = "tanh",
    points: int = 7,
    depth: int = 100,
    realisations: int = 6,
    jumps: int = 48,
    rng: RandomState = None,
) -> FiniteWidthEdge:
    r"""Scan :math:`\lambda_N(\sigma_w)` with jump populations and return its zero.

    Parameters
    ----------
    width : int
        Units per layer, N.
    alpha : float
        Stability index in [0.1, 2].
    sigma_b, activation
        As in :func:`finite_width_lyapunov`.
    points : int
        Weight scales in the fit, at least 3, over 15 % to both sides of the zero found by bisection, or more until the slope
        is five of its errors and the zero is inside, or less where the exponent is curved.
    depth, realisations, jumps : int
        Of every measurement.
    rng : seed, Generator or None

    Returns
    -------
    FiniteWidthEdge

    Raises
    ------
    ValueError
        If an argument is out of range, the exponent does not change sign for ``sigma_w`` in [0.05, 20], or its zero does not
        stand out of the noise.

    Notes
    -----
    Weighted straight line in :math:`\ln\sigma_w`. Where its ``chi2`` exceeds four times the degrees of freedom (near
    ``alpha = 2`` without bias, where the exponent is linear below its zero and quadratic above) the range is halved around
    the change of sign, as long as the slope stays resolved; ``stderr`` is enlarged by what misfit remains. For
    ``alpha < 2`` without bias the zero tends to 0 with the width, logarithmically: there is an edge at every
    finite width and none in the limit. Measured by the method of :func:`finite_width_lyapunov`, whose tests compare it
    with full matrices.

    Examples
    --------
    >>> from rmt.meanfield import finite_width_critical_sigma_w
    >>> edge = finite_width_critical_sigma_w(200, alpha=2.0, sigma_b=0.5, depth=60, rng=1)
    >>> abs(edge.sigma_w - 1.5497) < 5 * edge.stderr + 0.01  # the Gaussian edge at infinite width
    True
    """
    width, points = check_integer("width", width, low=2), check_integer("points", points, low=3)
    alpha, _, sigma_b, phi = check_parameters(alpha, 1.0, sigma_b, activation)
    check_real("sigma_b", sigma_b, low=0.0)
    rng = generator(rng)

    def measure(log_sigma: float, share: int = 1) -> Any:
        return finite_width_lyapunov(
            width, alpha=alpha, sigma_w=math.exp(log_sigma), sigma_b=sigma_b, activation=phi, jumps=jumps,
            depth=max(20, depth // share), realisations=max(2, realisations // share), rng=rng,
        )  # fmt: skip

    low = high = 0.0
    while measure(low, 2).value > 0.0:
        low -= 0.35
        if low < math.log(0.05):
            raise ValueError(f"lambda_N > 0 down to sigma_w = 0.05 at width = {width}, alpha = {alpha:g}")
    while measure(high, 2).value <= 0.0:
        high += 0.35
        if high > math.log(20.0):
            raise ValueError(f"lambda_N < 0 up to sigma_w = 20 at width = {width}, alpha = {alpha:g}")
    while high - low > 0.1:
        middle = 0.5 * (low + high)
        low, high = (middle, high) if measure(middle, 2).value <= 0.0 else (low, middle)
    centre, half, found = 0.5 * (low + high), 0.15, None
    while True:
        x = centre + np.linspace(-half, half, points)
        line = _fit(x, [measure(float(at)) for at in x])
        if line.steep and abs(line.zero - centre) <= half:
            found = line
            if line.chi2 <= 4.0 * (points - 2) or half < 0.04:
                break
            # a kink or a curve: the zero of the line is not that of the exponent, so look closer where the sign changes
            centre, half = line.crossing, 0.5 * half
            continue
        if found is not None:  # the closer look does not resolve the slope: the wider line keeps its enlarged error
            break
        # the bisection was misled by noise, or the line is flat within the noise: a wider range around the better guess
        if line.steep:
            centre += math.copysign(min(abs(line.zero - centre), 0.7), line.zero - centre)
        half *= 1.4
        if half > 1.0:
            raise ValueError(
                f"lambda_N has no zero that stands out of its noise at width = {width}, alpha = {alpha:g}: "
                "a larger width, depth or number of realisations may show one"
            )
    sigma_w = math.exp(found.zero)
    spread = sigma_w * found.spread * math.sqrt(max(1.0, found.chi2 / (points - 2)))
    return FiniteWidthEdge(
        sigma_w, spread, np.exp(found.x), found.y, found.errors, found.chi2, width, alpha, sigma_b, phi.name
    )


@dataclass(frozen=True)
class _Line:
    """A weighted straight line y = slope (x - zero): steep if the slope is five of its errors."""

    x: NDArray[np.float64]
    y: NDArray[np.float64]
    errors: NDArray[np.float64]
    zero: float
    spread: float
    chi2: float
    steep: bool

    @property
    def crossing(self) -> float:
        """Where the measured points change sign, by interpolation; the zero of the line if they do so at an end."""
        below = np.flatnonzero(self.y <= 0.0)
        if below.size == 0 or below[-1] + 1 == self.y.size:
            return self.zero
        i = int(below[-1])
        return float(self.x[i] - self.y[i] * (self.x[i + 1] - self.x[i]) / (self.y[i + 1] - self.y[i]))


def _fit(x: NDArray[np.float64], measured: list[Any]) -> _Line:
    y, errors = np.array([one.value for one in measured]), np.array([one.stderr for one in measured])
    # a few realisations know their own scatter badly: one scatter for all points of the fit
    weight = 1.0 / float(np.sqrt(np.mean(errors**2)))
    centre = float(x.mean())
    design = np.column_stack([np.ones(x.size), x - centre]) * weight
    (offset, slope), residual, _, _ = np.linalg.lstsq(design, y * weight, rcond=None)
    covariance = np.linalg.inv(design.T @ design)
    gradient = np.array([-1.0 / slope, offset / slope**2])
    spread = math.sqrt(float(gradient @ covariance @ gradient))
    chi2 = float(residual[0]) if residual.size else 0.0
    steep = bool(slope > 5.0 * math.sqrt(covariance[1, 1]))
    return _Line(x, y, errors, centre - offset / slope, spread, chi2, steep)
