"""Regimes of width, depth and weight noise at zero temperature, and the lines between them."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from rmt._checks import check_array, check_integer, check_real
from rmt._results import Result
from rmt.deeplinear.renormalisation import kernel_renormalisation

__all__ = [
    "DepthLimit",
    "NoiseRegime",
    "PhaseBoundaries",
    "WidthRegime",
    "depth_limit",
    "depth_regime",
    "noise_regime",
    "phase_boundaries",
    "width_regime",
]


@dataclasses.dataclass(frozen=True)
class DepthLimit(Result):
    """Limit of infinite depth at fixed load.

    Attributes
    ----------
    u : float
        Limit of the layer factor.
    rho : float
        Limit of the kernel factor, infinite when it diverges.
    divergent : bool
    """

    u: float
    rho: float
    divergent: bool


@dataclasses.dataclass(frozen=True)
class WidthRegime(Result):
    """Dependence on the width.

    Attributes
    ----------
    rho_wide, rho_narrow : float
        Kernel factor at infinite width, ``sigma^(2L)``, and at vanishing width, ``r0``.
    wider_is_better : bool
        The variance falls with N.
    """

    rho_wide: float
    rho_narrow: float
    wider_is_better: bool


@dataclasses.dataclass(frozen=True)
class NoiseRegime(Result):
    """Dependence on the common standard deviation sigma of all weights, at fixed data-only ``r = sigma^2 r0``.

    Attributes
    ----------
    u_small : float
        Limit of u as sigma goes to 0: ``(load * r)^(1/(L+1))``; the variance vanishes as sigma^2.
    variance_large : float
        Limit of ``sigma^2 rho`` as sigma goes to infinity: ``r load/(load - 1)`` above load 1, infinite below.
    """

    u_small: float
    variance_large: float


@dataclasses.dataclass(frozen=True)
class PhaseBoundaries(Result):
    """Lines in the plane of load and sigma; NaN where a line does not exist.

    Attributes
    ----------
    load : ndarray
    width : ndarray
        sigma above which narrower is better.
    depth : ndarray
        sigma at which rho does not depend on depth (u = 1).
    divergence : ndarray
        sigma above which rho diverges with depth.
    """

    load: NDArray[np.float64]
    width: NDArray[np.float64]
    depth: NDArray[np.float64]
    divergence: NDArray[np.float64]


def depth_limit(load: float, sigma: float, r0: float) -> DepthLimit:
    r"""Infinitely deep network at zero temperature.

    If :math:`\eta > 1 - \sigma^{-2}`, :math:`u \to 1` and :math:`\rho \to \eta r_0/(\eta - 1 + \sigma^{-2})`; otherwise
    :math:`u \to \sigma^2 (1 - \eta) \ge 1` and :math:`\rho` diverges.

    Parameters
    ----------
    load, sigma, r0 : float
        As :func:`kernel_renormalisation`; positive.

    Returns
    -------
    DepthLimit

    Raises
    ------
    ValueError
        For arguments that are not positive.

    Examples
    --------
    >>> round(depth_limit(0.5, 0.8, 1.5).rho, 12)
    0.705882352941
    >>> depth_limit(0.3, 1.5, 0.7).divergent
    True
    """
    eta = check_real("load", load, low=0.0, low_open=True)
    s = check_real("sigma", sigma, low=0.0, low_open=True)
    r = check_real("r0", r0, low=0.0, low_open=True)
    gap = eta - 1.0 + s**-2
    if gap > 0:
        return DepthLimit(1.0, eta * r / gap, False)
    return DepthLimit(s * s * (1.0 - eta), math.inf, True)


def width_regime(sigma: float, depth: int, r0: float) -> WidthRegime:
    r"""Whether wider is better: iff :math:`\sigma^{2L} < r_0`; rho is monotone in the width between the two limits.

    Parameters
    ----------
    sigma : float
    depth : int
    r0 : float

    Returns
    -------
    WidthRegime

    Raises
    ------
    ValueError
        For arguments that are not positive.

    Examples
    --------
    >>> width_regime(0.8, 2, 1.0).wider_is_better
    True
    """
    s = check_real("sigma", sigma, low=0.0, low_open=True)
    r = check_real("r0", r0, low=0.0, low_open=True)
    wide = s ** (2 * check_integer("depth", depth, low=1))
    return WidthRegime(wide, r, wide < r)


def depth_regime(load: float, sigma: float, r0: float) -> str:
    r"""How rho changes with depth at fixed load: with the sign of :math:`\ln u`, that of :math:`1 - \sigma^{-2} - \eta(1 - r_0)`.

    Parameters
    ----------
    load, sigma, r0 : float
        As :func:`kernel_renormalisation`; positive.

    Returns
    -------
    str
        ``"falls"``, ``"grows"`` (to a finite limit), ``"diverges"`` or ``"constant"``.

    Raises
    ------
    ValueError
        For arguments that are not positive.

    Examples
    --------
    >>> depth_regime(0.5, 0.8, 1.5), depth_regime(0.5, 1.0, 1.5), depth_regime(0.3, 1.5, 0.7)
    ('falls', 'grows', 'diverges')
    """
    limit = depth_limit(load, sigma, r0)
    if limit.divergent:
        return "diverges"
    u = kernel_renormalisation(float(load), float(sigma), 1, float(r0))
    return "constant" if u == 1.0 else ("grows" if u > 1.0 else "falls")


def noise_regime(load: float, depth: int, r: float) -> NoiseRegime:
    r"""Limits of small and large weight noise: :math:`u = \sigma^2 (1-\eta) + \eta r u^{-L}` with :math:`r = \sigma^2 r_0`.

    Parameters
    ----------
    load : float
    depth : int
    r : float
        Data-only ``P^-1 Y^T (X X^T / N_0)^-1 Y``.

    Returns
    -------
    NoiseRegime

    Raises
    ------
    ValueError
        For arguments that are not positive.

    Examples
    --------
    >>> noise_regime(2.0, 1, 0.5)
    NoiseRegime(u_small=1.0, variance_large=1.0)
    """
    eta = check_real("load", load, low=0.0, low_open=True)
    data = check_real("r", r, low=0.0, low_open=True)
    L = check_integer("depth", depth, low=1)
    return NoiseRegime((eta * data) ** (1 / (L + 1)), data * eta / (eta - 1) if eta > 1 else math.inf)


def phase_boundaries(load: ArrayLike, depth: int, r: float) -> PhaseBoundaries:
    r"""Lines of the phase diagram in (load, sigma), all weights of one standard deviation.

    Width: :math:`\sigma^{2(L+1)} = r`. Depth: :math:`\eta(\sigma^2 - r) = \sigma^2 - 1`. Divergence with depth:
    :math:`\eta = 1 - \sigma^{-2}`.

    Parameters
    ----------
    load : array_like
        Positive loads.
    depth : int
    r : float
        Data-only ``P^-1 Y^T (X X^T / N_0)^-1 Y``.

    Returns
    -------
    PhaseBoundaries

    Raises
    ------
    ValueError
        For arguments that are not positive.

    Examples
    --------
    >>> lines = phase_boundaries([0.5, 2.0], 1, 0.25)
    >>> lines.width.round(4), lines.depth.round(4), lines.divergence.round(4)
    (array([0.7071, 0.7071]), array([1.3229,    nan]), array([1.4142,    nan]))
    """
    eta = np.atleast_1d(check_array("load", load))
    if np.any(eta <= 0):
        raise ValueError(f"load = {eta.min()!r} must be in (0, inf)")
    data = check_real("r", r, low=0.0, low_open=True)
    L = check_integer("depth", depth, low=1)

    def ratio(top: Any, bottom: NDArray[np.float64]) -> NDArray[np.float64]:
        out = np.full_like(eta, np.nan)
        np.divide(top, bottom, out=out, where=bottom != 0)
        return np.sqrt(np.where(out > 0, out, np.nan))

    width = np.full_like(eta, data ** (1 / (2 * (L + 1))))
    divergence = np.where(eta < 1, ratio(np.ones_like(eta), 1 - eta), np.nan)
    return PhaseBoundaries(eta, width, ratio(1 - eta * data, 1 - eta), divergence)
