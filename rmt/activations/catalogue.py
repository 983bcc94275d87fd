r"""The named activations: formulas, derivatives and logarithms that neither underflow nor overflow.

=============== =========================================== ======= === ======== ======
name            :math:`\phi(x)`                             bounded odd zero at0 smooth
=============== =========================================== ======= === ======== ======
``tanh``        tanh x                                      yes     yes yes      yes
``erf``         erf x (slope :math:`2/\sqrt\pi` at 0)       yes     yes yes      yes
``unit_erf``    :math:`\mathrm{erf}(\sqrt\pi x/2)` (slope 1) yes    yes yes      yes
``hard_tanh``   min(max(x, -1), 1)                          yes     yes yes      no
``softsign``    :math:`x/(1+|x|)`                           yes     yes yes      no
``arctan``      arctan x                                    yes     yes yes      yes
``unit_arctan`` :math:`(2/\pi)\arctan(\pi x/2)`             yes     yes yes      yes
``sin``         sin x                                       yes     yes yes      yes
``sigmoid``     :math:`1/(1+e^{-x})`                        yes     no  no       yes
``swish``       :math:`x/(1+e^{-x})`                        no      no  yes      yes
``linear``      x                                           no      yes yes      yes
``relu``        max(x, 0)                                   no      no  yes      no
``leaky_relu``  max(x, 0) + 0.01 min(x, 0)                  no      no  yes      no
=============== =========================================== ======= === ======== ======

"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any

import numpy as np
from scipy import special

from rmt._checks import check_real
from rmt.activations.activation import LOG_LARGEST, LOG_LINEAR, Activation, custom

__all__ = ["get", "leaky_relu", "names"]

LN2 = math.log(2.0)


def _log_sech_squared(x: Any) -> Any:
    magnitude = np.abs(np.asarray(x, dtype=float))
    return 2.0 * (LN2 - magnitude - np.log1p(np.exp(-2.0 * magnitude)))


def _sech_squared(x: Any) -> Any:
    return np.exp(_log_sech_squared(x))


def _tanh() -> Activation:
    return Activation(
        "tanh",
        np.tanh,
        _sech_squared,
        _log_sech_squared,
        bounded=True,
        odd=True,
        zero_at_zero=True,
        smooth=True,
        second=lambda x: -2.0 * np.tanh(x) * _sech_squared(x),
        third=lambda x: _sech_squared(x) * (4.0 - 6.0 * _sech_squared(x)),
    )


def _error_function(name: str, g: float) -> Activation:
    """erf(g x)."""
    log_slope = math.log(2.0 * g / math.sqrt(math.pi))

    def log_derivative(x: Any) -> Any:
        with np.errstate(over="ignore"):
            return log_slope - np.square(g * np.asarray(x, dtype=float))

    def derivative(x: Any) -> Any:
        return np.exp(log_derivative(x))

    return Activation(
        name,
        lambda x: special.erf(g * np.asarray(x, dtype=float)),
        derivative,
        log_derivative,
        bounded=True,
        odd=True,
        zero_at_zero=True,
        smooth=True,
        second=lambda x: -2.0 * g**2 * np.asarray(x) * derivative(x),
        third=lambda x: (4.0 * g**4 * np.square(x) - 2.0 * g**2) * derivative(x),
    )


def _hard_tanh() -> Activation:
    def log_derivative(x: Any) -> Any:
        return np.where(np.abs(x) < 1.0, 0.0, -np.inf)

    return Activation(
        "hard_tanh",
        lambda x: np.clip(x, -1.0, 1.0),
        lambda x: np.where(np.abs(x) < 1.0, 1.0, 0.0),
        log_derivative,
        bounded=True,
        odd=True,
        zero_at_zero=True,
        smooth=False,
        log_value=lambda log_x, sign: np.minimum(log_x, 0.0),
        singular_points=(-1.0, 1.0),
    )


def _softsign() -> Activation:
    return Activation(
        "softsign",
        lambda x: x / (1.0 + np.abs(x)),
        lambda x: np.exp(-2.0 * np.log1p(np.abs(x))),
        lambda x: -2.0 * np.log1p(np.abs(x)),
        bounded=True,
        odd=True,
        zero_at_zero=True,
        smooth=False,
        log_value=lambda log_x, sign: log_x - np.logaddexp(0.0, log_x),
    )


def _arctangent(name: str, g: float) -> Activation:
    """arctan(g x) / g."""

    def log_derivative(x: Any) -> Any:
        return -2.0 * np.log(np.hypot(1.0, g * np.asarray(x, dtype=float)))  # hypot: no overflow of x^2

    def derivative(x: Any) -> Any:
        return np.exp(log_derivative(x))

    return Activation(
        name,
        lambda x: np.arctan(g * np.asarray(x, dtype=float)) / g,
        derivative,
        log_derivative,
        bounded=True,
        odd=True,
        zero_at_zero=True,
        smooth=True,
        second=lambda x: -2.0 * g**2 * np.asarray(x) * derivative(x) ** 2,
        third=lambda x: 2.0 * g**2 * derivative(x) ** 2 * (3.0 - 4.0 * derivative(x)),
    )


def _sine() -> Activation:
    def log_derivative(x: Any) -> Any:
        with np.errstate(divide="ignore"):
            return np.log(np.abs(np.cos(x)))

    return Activation(
        "sin",
        np.sin,
        np.cos,
        log_derivative,
        bounded=True,
        odd=True,
        zero_at_zero=True,
        smooth=True,
        second=lambda x: -np.sin(x),
        third=lambda x: -np.cos(x),
        period=math.pi,
    )


def _log_logistic_slope(x: Any) -> Any:
    magnitude = np.abs(np.asarray(x, dtype=float))
    return -magnitude - 2.0 * np.log1p(np.exp(-magnitude))


def _logistic_slope(x: Any) -> Any:
    return np.exp(_log_logistic_slope(x))


def _sigmoid() -> Activation:
    def log_value(log_x: Any, sign: int) -> Any:
        x = sign * np.exp(np.clip(log_x, LOG_LINEAR, LOG_LARGEST))
        return -np.logaddexp(0.0, -x)

    return Activation(
        "sigmoid",
        special.expit,
        _logistic_slope,
        _log_logistic_slope,
        bounded=True,
        odd=False,
        zero_at_zero=False,
        smooth=True,
        second=lambda x: -_logistic_slope(x) * np.tanh(0.5 * np.asarray(x)),
        third=lambda x: _logistic_slope(x) * (1.0 - 6.0 * _logistic_slope(x)),
        log_value=log_value,
    )


# The minimum of x/(1+exp(-x)): 1 + exp(-x) + x exp(-x) = 0, so -x - 1 = W(1/e).
_SWISH_MINIMUM = -1.0 - float(special.lambertw(math.exp(-1.0)).real)


def _swish() -> Activation:
    def derivative(x: Any) -> Any:
        x = np.asarray(x, dtype=float)
        return special.expit(x) * (1.0 + x * special.expit(-x))

    def log_derivative(x: Any) -> Any:
        x = np.asarray(x, dtype=float)
        with np.errstate(divide="ignore"):
            return special.log_expit(x) + np.log(np.abs(1.0 + x * special.expit(-x)))

    def log_value(log_x: Any, sign: int) -> Any:
        x = sign * np.exp(np.clip(log_x, LOG_LINEAR, LOG_LARGEST))
        return log_x + special.log_expit(x)

    def second(x: Any) -> Any:
        x = np.asarray(x, dtype=float)
        return _logistic_slope(x) * (2.0 - x * np.tanh(0.5 * x))

    def third(x: Any) -> Any:
        x = np.asarray(x, dtype=float)
        s = _logistic_slope(x)
        return -3.0 * s * np.tanh(0.5 * x) + x * s * (1.0 - 6.0 * s)

    return Activation(
        "swish",
        lambda x: np.asarray(x) * special.expit(x),
        derivative,
        log_derivative,
        bounded=False,
        odd=False,
        zero_at_zero=True,
        smooth=True,
        second=second,
        third=third,
        log_value=log_value,
        singular_points=(_SWISH_MINIMUM,),
    )


def _linear() -> Activation:
    return Activation(
        "linear",
        lambda x: np.array(x, dtype=float),
        lambda x: np.ones_like(np.asarray(x, dtype=float)),
        lambda x: np.zeros_like(np.asarray(x, dtype=float)),
        bounded=False,
        odd=True,
        zero_at_zero=True,
        smooth=True,
        homogeneous_degree=1.0,
        second=lambda x: np.zeros_like(np.asarray(x, dtype=float)),
        third=lambda x: np.zeros_like(np.asarray(x, dtype=float)),
        log_value=lambda log_x, sign: np.array(log_x, dtype=float),
    )


@lru_cache(maxsize=256)
def leaky_relu(slope: float = 0.01) -> Activation:
    r"""Return :math:`\max(x,0) + \mathrm{slope}\cdot\min(x,0)`; ``slope=0`` is ReLU.

    Parameters
    ----------
    slope : float
        Slope for negative arguments, at least 0.

    Returns
    -------
    Activation

    Raises
    ------
    ValueError
        If the slope is negative or not finite.

    Examples
    --------
    >>> from rmt.activations import leaky_relu
    >>> float(leaky_relu(0.2).value(-5.0))
    -1.0
    """
    s = check_real("slope", slope, low=0.0)
    log_s = math.log(s) if s else -math.inf

    def derivative(x: Any) -> Any:
        return np.where(np.asarray(x) > 0.0, 1.0, s)

    def log_value(log_x: Any, sign: int) -> Any:
        return np.asarray(log_x, dtype=float) + (0.0 if sign > 0 else log_s)

    return Activation(
        "relu" if s == 0.0 else "leaky_relu" if s == 0.01 else f"leaky_relu({s:g})",
        lambda x: np.where(np.asarray(x) > 0.0, x, s * np.asarray(x))[()],
        derivative,
        lambda x: np.where(np.asarray(x) > 0.0, 0.0, log_s),
        bounded=False,
        odd=s == 1.0,
        zero_at_zero=True,
        smooth=s == 1.0,
        homogeneous_degree=1.0,
        log_value=log_value,
    )


_CATALOGUE: dict[str, Activation] = {
    activation.name: activation
    for activation in (
        _tanh(),
        _error_function("erf", 1.0),
        _error_function("unit_erf", 0.5 * math.sqrt(math.pi)),
        _hard_tanh(),
        _softsign(),
        _arctangent("arctan", 1.0),
        _arctangent("unit_arctan", 0.5 * math.pi),
        _sine(),
        _sigmoid(),
        _swish(),
        _linear(),
        leaky_relu(0.0),
        leaky_relu(0.01),
    )
}


def names() -> tuple[str, ...]:
    """Return the names that ``get`` knows.

    Returns
    -------
    tuple of str
    """
    return tuple(_CATALOGUE)


def get(activation: Any) -> Activation:
    r"""Return the activation of a name, an :class:`Activation` itself, or one made from a pair of functions.

    Parameters
    ----------
    activation : str, Activation or (callable, callable)
        A name of :func:`names`; an object, handed back as it is; or a pair :math:`(\phi, \phi')` of a bounded function
        and its derivative, which is checked as in :func:`custom`.

    Returns
    -------
    Activation

    Raises
    ------
    ValueError
        If the name is unknown or a pair is inconsistent.

    Examples
    --------
    >>> from rmt import activations
    >>> activations.get("erf").bounded
    True
    >>> activations.get("cosh")
    Traceback (most recent call last):
    ValueError: activation = 'cosh' must be one of 'tanh', 'erf', ...
    """
    if isinstance(activation, Activation):
        return activation
    if isinstance(activation, str) and activation in _CATALOGUE:
        return _CATALOGUE[activation]
    if isinstance(activation, tuple) and len(activation) == 2 and all(map(callable, activation)):
        return _pair(*activation)
    raise ValueError(
        f"activation = {activation!r} must be one of {', '.join(map(repr, _CATALOGUE))}, "
        "an Activation, or a pair (function, derivative)"
    )


@lru_cache(maxsize=64)
def _pair(value: Any, derivative: Any) -> Activation:
    return custom(value, derivative, bounded=True, name=getattr(value, "__name__", "custom"))
