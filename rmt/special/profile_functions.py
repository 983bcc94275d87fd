r"""G_d and Psi_d: the functions of a profile that other formulations of the theory use, written through H_{a,b}.

Gamma(1+a) v G_d(v) = E_d H_{a,1}(v^{1/a} d^2),  Gamma(1+a) Y Psi_d(Y) = E_d H_{a,a}(Y^{1/a} d^2).
"""

from __future__ import annotations

from math import gamma
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from rmt._checks import check_array, check_integer, check_real
from rmt.special._profile_kernel import ProfileKernel

__all__ = ["G_d", "Psi_d"]


def G_d(v: ArrayLike, a: float, values: ArrayLike, weights: ArrayLike, *, dps: int | None = None) -> Any:
    r"""G_d(v) = E[d^{2a} ghat(d^{2a} v)], a profile average of :func:`rmt.special.ghat` (2a = alpha).

    Parameters
    ----------
    v : array_like
        Real > 0 or complex with \|arg v\| < (pi/2)(1 + a).
    a : float
        Index in [0.15, 1].
    values, weights : array_like (n,)
        d >= 0 and their probabilities, summing to one.
    dps : int, optional
        mpmath digits (scalar ``v``).

    Returns
    -------
    float, complex, array, or an mpmath number

    Raises
    ------
    ValueError
        If an argument is outside its range.

    Examples
    --------
    >>> from rmt.special import G_d, ghat
    >>> print(G_d(2.0, 0.75, [1.0], [1.0]) - ghat(2.0, 0.75))
    0.0
    """
    return _average(v, "v", a, 1.0, values, weights, dps)


def Psi_d(Y: ArrayLike, a: float, values: ArrayLike, weights: ArrayLike, *, dps: int | None = None) -> Any:
    r"""Psi_d(Y) = E[d^{2a} S^a (1 + d^2 Y^{1/a} S S')^{-a}], the bulk counterpart of :func:`G_d`.

    Parameters
    ----------
    Y : array_like
        Real > 0 or complex with \|arg Y\| < pi.
    a : float
        Index in [0.15, 1].
    values, weights : array_like (n,)
        d >= 0 and their probabilities, summing to one.
    dps : int, optional
        mpmath digits (scalar ``Y``).

    Returns
    -------
    float, complex, array, or an mpmath number

    Raises
    ------
    ValueError
        If an argument is outside its range.

    Examples
    --------
    At a = 1 both are E[d^2/(1 + d^2 Y)].

    >>> from rmt.special import Psi_d
    >>> print(round(Psi_d(3.0, 1.0, [1.0, 2.0], [0.5, 0.5]), 12))
    0.278846153846
    """
    return _average(Y, "Y", a, None, values, weights, dps)


def _average(
    y: ArrayLike, name: str, a: float, b: float | None, values: ArrayLike, weights: ArrayLike, dps: int | None
) -> Any:
    first = check_real("a", a, low=0.15, high=1.0)
    second = first if b is None else b
    d = check_array("values", values, ndim=1, min_size=1)
    w = check_array("weights", weights, ndim=1)
    if d.shape != w.shape or (d < 0).any() or (w < 0).any() or abs(float(w.sum()) - 1) > 1e-9:
        raise ValueError("values must be >= 0, weights >= 0 with sum one, both of one length")
    keep = (d > 0) & (w > 0)
    if dps is not None:
        return _multiprecision(y, first, second, d[keep], w[keep], check_integer("dps", dps, low=1))
    points = np.asarray(y)
    if points.dtype.kind not in "fiuc" or not np.isfinite(points).all() or (points == 0).any():
        raise ValueError(f"{name} must hold finite non-zero numbers")
    flat = points.ravel()
    logs: NDArray = np.log(flat + 0j) if flat.dtype.kind == "c" or (flat < 0).any() else np.log(flat.astype(float))
    if (np.abs(logs.imag) >= 0.5 * np.pi * (1 + first / second)).any():
        raise ValueError(f"{name} must have |arg {name}| < {0.5 * np.pi * (1 + first / second):.12g}")
    h = ProfileKernel(first, second, np.log(d[keep]), w[keep]).evaluate(logs / first)[0]
    out = h * np.exp(-logs) / gamma(1 + first)
    return out[0].item() if points.ndim == 0 else out.reshape(points.shape)


def _multiprecision(y: Any, a: float, b: float, d: NDArray, w: NDArray, dps: int) -> Any:
    import mpmath as mp

    from rmt.special.multiprecision import h_ab

    with mp.workdps(dps + 10):
        log_y = mp.log(mp.mpmathify(y))
        total = mp.fsum(
            mp.mpf(float(weight))
            * h_ab(log_y / mp.mpf(a) + 2 * mp.log(mp.mpf(float(value))), a, b, dps, log_argument=True)
            for value, weight in zip(d, w, strict=True)
        )
        return +(total / (mp.gamma(1 + mp.mpf(a)) * mp.exp(log_y)))
