"""Linear teacher with template test inputs: averages over the data, exact at finite size at zero temperature."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from rmt._checks import check_array, check_integer, check_real
from rmt._results import Result
from rmt.deeplinear._saddle import zero_temperature_root

__all__ = ["TeacherStudentCurve", "teacher_student_curve"]


@dataclasses.dataclass(frozen=True)
class TeacherStudentCurve(Result):
    """Generalisation of a deep linear student of a noisy linear teacher.

    Attributes
    ----------
    error, bias_squared, variance : ndarray
        Generalisation error and its parts.
    u, rho : ndarray
        Layer and kernel factor of the mean field at the mean ``r0``.
    r0 : ndarray
        Mean of ``Y^T K_0^+ Y / P``.
    """

    error: NDArray[np.float64]
    bias_squared: NDArray[np.float64]
    variance: NDArray[np.float64]
    u: NDArray[np.float64]
    rho: NDArray[np.float64]
    r0: NDArray[np.float64]


def teacher_student_curve(
    examples: ArrayLike,
    input_dimension: ArrayLike,
    width: ArrayLike,
    depth: int,
    *,
    sigma: ArrayLike = 1.0,
    teacher_std: float = 1.0,
    label_noise: float = 0.0,
    fresh: float = 1.0,
    noisy_test_labels: bool = False,
    limit: bool = False,
) -> TeacherStudentCurve:
    r"""Generalisation error at T = 0, averaged over data.

    Inputs iid N(0, 1), labels :math:`y = w\cdot x/\sqrt{N_0} + s_0\xi` with :math:`w \sim N(0, t_w^2)`; test inputs
    :math:`\sqrt{1-g}\,x_\mu + \sqrt{g}\,z` around a training template. With :math:`\eta_0 = P/N_0` and
    :math:`t = N_0/(N_0 - P - 1)`, for :math:`\eta_0 < 1`

    .. math::

        r_0 = \frac{t_w^2 + s_0^2 t}{\sigma^2}, \quad
        \mathrm{bias}^2 = g\,t_w^2(1-\eta_0) + s_0^2[(1-g) + g\eta_0 t], \quad
        \mathrm{variance} = \rho\,\sigma^2 g\,(1-\eta_0),

    and above, with :math:`t = N_0/(P - N_0 - 1)`, bias\ :sup:`2` :math:`= s_0^2[(1-g)/\eta_0 + g t]` and no variance.

    Parameters
    ----------
    examples, input_dimension, width : array_like of int
        P, N_0 and the common width N of the hidden layers; they broadcast.
    depth : int
        Number of hidden layers.
    sigma : array_like
        Common standard deviation of all weights, :math:`\sigma_0` included.
    teacher_std, label_noise : float
        :math:`t_w` and :math:`s_0`.
    fresh : float
        g in [0, 1]; 1 is a fresh test input.
    noisy_test_labels : bool
        Add :math:`s_0^2` to the error.
    limit : bool
        Proportional limit: :math:`t = 1/|1-\eta_0|` without the 1.

    Returns
    -------
    TeacherStudentCurve

    Raises
    ------
    ValueError
        If ``|N_0 - P| <= 1`` (the averages are infinite at the interpolation threshold), for sizes below 1, and for a
        ``fresh`` outside [0, 1].

    Notes
    -----
    bias and r0 are exact averages at finite size (for rank R = N_0 above the threshold); rho is the mean-field root at
    the mean of r0, so the variance is accurate to O(1/N).

    Examples
    --------
    >>> curve = teacher_student_curve(50, 100, 100, 1, label_noise=0.3, limit=True)
    >>> float(curve.bias_squared), round(float(curve.variance), 9)
    (0.59, 0.528887361)
    """
    P, N0, N = (
        check_array(name, v)
        for name, v in (("examples", examples), ("input_dimension", input_dimension), ("width", width))
    )
    s = check_array("sigma", sigma)
    for name, array in (("examples", P), ("input_dimension", N0), ("width", N)):
        if array.size and (np.any(array < 1) or np.any(array != np.floor(array))):
            raise ValueError(f"{name} = {array.min()!r} must hold integers >= 1")
    if np.any(s <= 0):
        raise ValueError(f"sigma = {s.min()!r} must be in (0, inf)")
    tw = check_real("teacher_std", teacher_std, low=0.0, low_open=True)
    s0 = check_real("label_noise", label_noise, low=0.0)
    g = check_real("fresh", fresh, low=0.0, high=1.0)
    L = check_integer("depth", depth, low=1)
    P, N0, N, s = np.broadcast_arrays(P, N0, N, s)
    near = np.abs(N0 - P) <= (0 if limit else 1)
    if np.any(near):
        raise ValueError(
            f"examples = {P[near].flat[0]:g} is too near input_dimension = {N0[near].flat[0]:g}: the averages are infinite"
        )
    load0 = P / N0
    under = load0 < 1
    t = N0 / (np.abs(N0 - P) - (0 if limit else 1))
    bias = np.where(
        under,
        g * tw**2 * (1 - load0) + s0**2 * ((1 - g) + g * load0 * t),
        s0**2 * ((1 - g) / load0 + g * t),
    )
    rank = np.where(under, P, N0)
    strength = rank * (tw**2 + s0**2 * t) / s**2
    roots = [
        zero_temperature_root(math.log(b), float(r), [(float(n), float(v) ** 2, L)])
        for b, r, n, v in zip(strength.ravel(), rank.ravel(), N.ravel(), s.ravel(), strict=True)
    ]
    u = np.array([root[0][0] for root in roots]).reshape(P.shape)
    rho = np.exp(np.array([root[1] for root in roots])).reshape(P.shape)
    variance = np.where(under, rho * s**2 * g * (1 - load0), 0.0)
    error = bias + variance + (s0**2 if noisy_test_labels else 0.0)
    return TeacherStudentCurve(error, bias, variance, u, rho, strength / P)
