"""The object that carries an activation function, its derivatives and the facts that the theory needs about it."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["Activation", "custom"]

Function = Callable[[Any], Any]
# Below ln|x| = -37 every double equals its tangent: |x| < 1e-16.
LOG_LINEAR = -37.0
# exp(709) is the largest power of e that is a double.
LOG_LARGEST = 709.0


@dataclass(frozen=True)
class Activation:
    r"""An activation function :math:`\phi` and what is known about it.

    Parameters
    ----------
    name : str
        Name in the catalogue or the user's own.
    value, derivative : callable
        :math:`\phi(x)` and :math:`\phi'(x)`, vectorised over arrays.
    log_abs_derivative : callable
        :math:`\ln|\phi'(x)|`, finite where the derivative itself underflows.
    bounded : bool
        Whether :math:`\sup|\phi| < \infty`.
    odd : bool
        Whether :math:`\phi(-x) = -\phi(x)`.
    zero_at_zero : bool
        Whether :math:`\phi(0) = 0`.
    smooth : bool
        Whether :math:`\phi` is analytic on the real line.
    homogeneous_degree : float or None
        ``d`` if :math:`\phi(sx) = s^d\phi(x)` for every ``s > 0``.
    second, third : callable or None
        :math:`\phi''` and :math:`\phi'''` of a smooth function.
    log_value : callable or None
        ``log_value(log_x, sign)`` = :math:`\ln|\phi(\pm e^{\ln x})|` where the general rule (the tangent below
        ``|x| = 1e-16``) is not enough.
    singular_points : tuple of float
        Points other than 0 where :math:`\phi` or :math:`\ln|\phi'|` is not smooth: integration rules are split there.
    period : float or None
        Distance between such points when there are infinitely many (sin: pi).

    Notes
    -----
    Frozen and comparable: two objects made by ``get`` with one name are the same object, so that results can be cached
    by activation.

    Examples
    --------
    >>> from rmt.activations import get
    >>> phi = get("hard_tanh")
    >>> phi.bounded, phi.odd, phi.smooth, phi.singular_points
    (True, True, False, (-1.0, 1.0))
    >>> float(phi.log_abs_value(-800.0))  # ln|phi(x)| at ln x = -800, where x is not a double
    -800.0
    """

    name: str
    value: Function
    derivative: Function
    log_abs_derivative: Function
    bounded: bool
    odd: bool
    zero_at_zero: bool
    smooth: bool
    homogeneous_degree: float | None = None
    second: Function | None = None
    third: Function | None = None
    log_value: Callable[[Any, int], Any] | None = None
    singular_points: tuple[float, ...] = ()
    period: float | None = None

    def log_abs_value(self, log_x: ArrayLike, sign: int = 1) -> NDArray[np.float64]:
        r"""Return :math:`\ln|\phi(x)|` at :math:`x = \mathrm{sign}\cdot e^{\ln x}`, from ``ln x = -1e300`` on.

        Parameters
        ----------
        log_x : array_like
            :math:`\ln|x|`, any shape.
        sign : {1, -1}
            Side of the real line.

        Returns
        -------
        ndarray
            The logarithm, ``-inf`` where :math:`\phi` vanishes.
        """
        log_x = np.asarray(log_x, dtype=float)
        if self.log_value is not None:
            return np.asarray(self.log_value(log_x, sign), dtype=float)
        tiny = log_x < LOG_LINEAR
        x = sign * np.exp(np.clip(log_x, LOG_LINEAR, LOG_LARGEST))
        with np.errstate(divide="ignore", over="ignore"):
            result = np.log(np.abs(np.asarray(self.value(x), dtype=float)))
            if tiny.any():
                if self.zero_at_zero:
                    small = log_x + self.log_abs_derivative(np.copysign(1e-300, sign))
                else:
                    small = np.full_like(log_x, np.log(np.abs(self.value(0.0))))
                result = np.where(tiny, small, result)
        return np.asarray(result)

    @property
    def slope_at_zero(self) -> float:
        """Derivative at 0, the mean of the two sides if there is a kink."""
        return float(0.5 * (self.derivative(1e-300) + self.derivative(-1e-300)))

    def __repr__(self) -> str:
        return f"Activation({self.name!r})"


def _log_of(derivative: Function) -> Function:
    def log_abs_derivative(x: ArrayLike) -> NDArray[np.float64]:
        with np.errstate(divide="ignore"):
            return np.asarray(np.log(np.abs(np.asarray(derivative(np.asarray(x, dtype=float)), dtype=float))))

    return log_abs_derivative


# Points of the check: both signs, eight decades, none of them special, so that a kink at 0, 1 or 2 is not hit.
_PROBES = np.concatenate([-np.geomspace(1.03e-4, 31.7, 41)[::-1], np.geomspace(1.03e-4, 31.7, 41)])


def _check_pair(value: Function, derivative: Function, singular_points: tuple[float, ...]) -> None:
    """Refuse a derivative that is not the slope of the function: Richardson's central difference at 82 points.

    A point whose stencil contains a declared singular point is left out, and one undeclared kink in a stencil is
    tolerated (at most two of the 82 points may disagree).
    """
    step = 1e-3 * np.maximum(np.abs(_PROBES), 1e-3)
    with np.errstate(all="ignore"):
        samples = [np.asarray(value(_PROBES + k * step), dtype=float) for k in (-2, -1, 1, 2)]
        slope = np.broadcast_to(np.asarray(derivative(_PROBES), dtype=float), _PROBES.shape)
    if any(sample.shape != _PROBES.shape for sample in samples):
        raise ValueError("value must be vectorised: an array of n numbers in, an array of n numbers out")
    if not all(np.isfinite(sample).all() for sample in samples) or not np.isfinite(slope).all():
        raise ValueError("value and derivative must be finite on [-32, 32]")
    estimate = (8 * (samples[2] - samples[1]) - (samples[3] - samples[0])) / (12 * step)
    noise = 1e-14 * np.max(np.abs(samples), axis=0) / step
    scale = np.maximum(np.abs(slope), np.abs(estimate))
    wrong = np.abs(estimate - slope) > 1e-5 * scale + noise + 1e-9
    for point in singular_points:
        wrong &= np.abs(_PROBES - point) > 3 * step
    if wrong.sum() > 2:
        worst = int(np.argmax(np.where(wrong, np.abs(estimate - slope), -1.0)))
        raise ValueError(
            f"derivative is inconsistent with value: at x = {_PROBES[worst]:.4g} it is {slope[worst]:.6g}, "
            f"the slope of value is {estimate[worst]:.6g}"
        )


def custom(
    value: Function,
    derivative: Function,
    *,
    bounded: bool,
    name: str = "custom",
    log_abs_derivative: Function | None = None,
    second: Function | None = None,
    third: Function | None = None,
    homogeneous_degree: float | None = None,
    singular_points: tuple[float, ...] = (),
    smooth: bool | None = None,
) -> Activation:
    r"""Make an activation from a user's function and derivative.

    Parameters
    ----------
    value, derivative : callable
        :math:`\phi` and :math:`\phi'`, vectorised. They are compared once, at 82 points of both signs between 1e-4
        and 32, by a fourth-order difference.
    bounded : bool
        Whether :math:`\phi` is bounded: it cannot be found out numerically, so it has to be said.
    name : str
        Shown in results and figures.
    log_abs_derivative : callable, optional
        :math:`\ln|\phi'|`; by default the logarithm of ``derivative``, which is ``-inf`` where that underflows.
    second, third : callable, optional
        Higher derivatives; the second is compared with ``derivative``, the third with ``second``.
    homogeneous_degree : float, optional
        ``d`` if :math:`\phi(sx) = s^d\phi(x)` for every ``s > 0``; checked.
    singular_points : tuple of float
        Points other than 0 where the function is not smooth.
    smooth : bool, optional
        Whether the function is analytic on the real line; by default true when there are no singular points and the two
        slopes at 0 agree.

    Returns
    -------
    Activation

    Raises
    ------
    ValueError
        If a derivative is inconsistent with its function, a declared bound or degree is violated, or the functions are
        not vectorised or not finite.

    Notes
    -----
    ``odd`` and ``zero_at_zero`` are measured: oddness to 1e-13 at the 82 points.

    Examples
    --------
    >>> import numpy as np
    >>> from rmt.activations import custom
    >>> phi = custom(lambda x: x / np.sqrt(1 + x**2), lambda x: (1 + x**2) ** -1.5, bounded=True, name="algebraic")
    >>> phi.odd, phi.zero_at_zero, phi.smooth
    (True, True, True)
    >>> custom(np.tanh, np.tanh, bounded=True)
    Traceback (most recent call last):
    ValueError: derivative is inconsistent with value: ...
    """
    points = tuple(float(point) for point in singular_points)
    if not all(map(math.isfinite, points)):
        raise ValueError(f"singular_points = {singular_points!r} must be finite numbers")
    _check_pair(value, derivative, points)
    if second is not None:
        _check_pair(derivative, second, points)
    if third is not None:
        if second is None:
            raise ValueError("third = a function needs second as well")
        _check_pair(second, third, points)
    with np.errstate(all="ignore"):
        positive, negative = value(np.abs(_PROBES)), value(-np.abs(_PROBES))
        size = np.maximum(np.abs(positive), np.abs(negative))
        odd = bool(np.all(np.abs(positive + negative) <= 1e-13 * size))
        far = np.abs(np.asarray(value(np.array([-1e8, -1e4, 1e4, 1e8])), dtype=float))
        at_zero = float(value(np.zeros(1))[0])
        sides = np.asarray(derivative(np.array([-1e-12, 1e-12])), dtype=float)
    if bounded and not np.all(far <= 1e3 * max(1.0, float(size.max()))):
        raise ValueError(f"bounded = True contradicts |value| = {far.max():.3g} at |x| = 1e8")
    if homogeneous_degree is not None:
        scaled = np.asarray(value(3.0 * _PROBES), dtype=float)
        if not np.allclose(scaled, 3.0**homogeneous_degree * np.asarray(value(_PROBES)), rtol=1e-10, atol=0.0):
            raise ValueError(f"homogeneous_degree = {homogeneous_degree!r} contradicts value(3 x) / value(x)")
    if smooth is None:
        smooth = not points and bool(abs(sides[1] - sides[0]) <= 1e-9 * np.abs(sides).max() + 1e-12)
    return Activation(
        name=name,
        value=value,
        derivative=derivative,
        log_abs_derivative=log_abs_derivative or _log_of(derivative),
        bounded=bool(bounded),
        odd=odd,
        zero_at_zero=at_zero == 0.0,
        smooth=bool(smooth),
        homogeneous_degree=None if homogeneous_degree is None else float(homogeneous_degree),
        second=second,
        third=third,
        singular_points=points,
    )
