r"""Arc-cosine kernels: Gaussian expectations of powers of half-linear units, and the dual functions of erf and ReLU."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from rmt._checks import check_array, check_integer

__all__ = ["arccosine_kernel", "arcsine_kernel"]


def arccosine_kernel(rho: ArrayLike, degree: int = 1, *, dps: int | None = None) -> Any:
    r"""Normalised arc-cosine kernel J_n(theta)/J_n(0), rho = cos theta.

    .. math:: \hat J_n(\rho) = \frac{E[\Theta(x)\Theta(y) x^n y^n]}{E[\Theta(x) x^{2n}]},
              \quad (x, y)\ \text{unit Gaussians with correlation } \rho

    .. math:: \hat J_0 = \frac{\pi-\theta}{\pi},\quad \hat J_1 = \frac{\sin\theta + (\pi-\theta)\cos\theta}{\pi},\quad
              \hat J_2 = \frac{3\sin\theta\cos\theta + (\pi-\theta)(1+2\cos^2\theta)}{3\pi}

    ``degree = 1`` is the correlation map of a ReLU layer.

    Parameters
    ----------
    rho : array_like
        Correlations in [-1, 1].
    degree : int
        0, 1 or 2.
    dps : int, optional
        mpmath digits (scalar ``rho``).

    Returns
    -------
    float, array, or mpf

    Raises
    ------
    ValueError
        If rho is outside [-1, 1] or the degree is not 0, 1 or 2.

    Notes
    -----
    theta = atan2(sqrt((1-rho)(1+rho)), rho); near rho = -1 the kernels of degree 1 and 2 vanish like (pi - theta)^3 and
    (pi - theta)^5, which series in pi - theta keep to relative accuracy. Tested against mpmath to 1e-13.

    Examples
    --------
    >>> from rmt.special import arccosine_kernel
    >>> print(round(arccosine_kernel(0.0), 12))
    0.318309886184
    """
    n = check_integer("degree", degree, low=0, high=2)
    if dps is not None:
        return _multiprecision(rho, n, check_integer("dps", dps, low=1))
    r = check_array("rho", rho)
    if (np.abs(r) > 1).any():
        raise ValueError(f"rho = {r[np.abs(r) > 1].flat[0]!r} must be in [-1, 1]")
    sine = np.sqrt((1 - r) * (1 + r))
    rest = np.arctan2(sine, -r)  # pi - theta
    if n == 0:
        out = rest / np.pi
    else:
        out = np.where(rest < 0.35, _small(rest, n), _plain(sine, r, rest, n))
    return float(out) if r.ndim == 0 else out


def _plain(sine: Any, rho: Any, rest: Any, n: int) -> Any:
    if n == 1:
        return (sine + rest * rho) / np.pi
    return (3 * sine * rho + rest * (1 + 2 * rho**2)) / (3 * np.pi)


def _small(rest: Any, n: int) -> Any:
    """Taylor series in p = pi - theta: (sin p - p cos p)/pi, and (p(1 + 2cos^2 p) - 3 sin p cos p)/(3 pi)."""
    total = np.zeros_like(rest)
    factorial = 1.0
    for k in range(1, 12):  # terms p^(2k+1)
        factorial *= 2 * k * (2 * k + 1)
        sign = -1.0 if k % 2 else 1.0
        if n == 1:
            coefficient = sign * (1 - (2 * k + 1)) / factorial
        else:  # p(2 + cos 2p) - (3/2) sin 2p
            coefficient = sign * 4.0**k * ((2 * k + 1) - 3) / factorial
        total = total + coefficient * rest ** (2 * k + 1)
    return total / (np.pi if n == 1 else 3 * np.pi)


def _multiprecision(rho: Any, n: int, dps: int) -> Any:
    import mpmath as mp

    with mp.workdps(2 * dps + 20):
        r = mp.mpf(rho)
        if abs(r) > 1:
            raise ValueError(f"rho = {rho!r} must be in [-1, 1]")
        theta = mp.acos(r)
        rest, sine = mp.pi - theta, mp.sqrt(1 - r * r)
        forms = (rest / mp.pi, (sine + rest * r) / mp.pi, (3 * sine * r + rest * (1 + 2 * r * r)) / (3 * mp.pi))
        value = forms[n]
    with mp.workdps(dps):
        return +value


def arcsine_kernel(k_xy: ArrayLike, k_xx: ArrayLike, k_yy: ArrayLike) -> Any:
    r"""E[erf(x) erf(y)] = (2/pi) asin(2 k_xy / sqrt((1 + 2 k_xx)(1 + 2 k_yy))) for centred Gaussians (x, y).

    Parameters
    ----------
    k_xy, k_xx, k_yy : array_like
        Covariance and variances; \|k_xy\| <= sqrt(k_xx k_yy).

    Returns
    -------
    float or array

    Raises
    ------
    ValueError
        If the matrix is not a covariance.

    Examples
    --------
    >>> from rmt.special import arcsine_kernel
    >>> print(round(arcsine_kernel(0.5, 1.0, 1.0), 12))
    0.216346895939
    """
    xy, xx, yy = (check_array(name, v) for name, v in (("k_xy", k_xy), ("k_xx", k_xx), ("k_yy", k_yy)))
    if (xx < 0).any() or (yy < 0).any() or (xy * xy > xx * yy * (1 + 1e-12)).any():
        raise ValueError("k_xx and k_yy must be >= 0 and |k_xy| <= sqrt(k_xx k_yy)")
    out = 2 / np.pi * np.arcsin(2 * xy / np.sqrt((1 + 2 * xx) * (1 + 2 * yy)))
    return float(out) if np.ndim(out) == 0 else out
