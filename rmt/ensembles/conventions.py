r"""One normalisation, and the conversions to and from the others in use.

The library's own: entries :math:`W_{ij}` iid symmetric alpha-stable with

.. math:: E\,e^{itW} = e^{-|ct|^\alpha}, \qquad c = \sigma_w\,(2 N_{in})^{-1/\alpha},

so that the variance is :math:`\sigma_w^2/N_{in}` at :math:`\alpha = 2`. The other conventions are

========== ============================================================================================
name       its number `value`
========== ============================================================================================
rmt        :math:`\sigma_w`
scale      :math:`c` itself; also the `scale` of `scipy.stats.levy_stable`
unit       :math:`g` with :math:`c = g N_{in}^{-1/\alpha}` (characteristic function exp(-\|t\|^alpha))
half       :math:`D` with :math:`E e^{itW} = e^{-D|t|^\alpha/(2N_{in})}`, so :math:`D = \sigma_w^\alpha`
quantile   :math:`u` with :math:`W = u X/a_N`, :math:`a_N` the (1 - 1/N) quantile of \|X\|; none at alpha = 2
variance   :math:`N_{in} \mathrm{Var}\,W`, finite only at alpha = 2
========== ============================================================================================
"""

from __future__ import annotations

import math

from rmt._checks import check_alpha, check_choice, check_integer, check_real

__all__ = ["CONVENTIONS", "from_convention", "scale", "tail_constant", "to_convention"]

CONVENTIONS = ("rmt", "scale", "unit", "half", "quantile", "variance")


def scale(alpha: float, sigma_w: float, fan_in: int) -> float:
    """The stable scale c = sigma_w (2 fan_in)^(-1/alpha) of a weight.

    Parameters
    ----------
    alpha : float
        Stability index in (0, 2].
    sigma_w : float
        Weight scale, > 0.
    fan_in : int
        Number of inputs of the layer, >= 1.

    Returns
    -------
    float
        c, with characteristic function exp(-abs(c t)^alpha).

    Examples
    --------
    >>> scale(2.0, 1.0, 50)**2 * 2 * 50     # variance 2 c^2 = sigma_w^2 / fan_in
    1.0
    """
    alpha = check_alpha(alpha)
    sigma_w = check_real("sigma_w", sigma_w, low=0.0, low_open=True)
    return sigma_w * (2.0 * check_integer("fan_in", fan_in, low=1)) ** (-1.0 / alpha)


def tail_constant(alpha: float) -> float:
    r"""C_alpha = (2/pi) Gamma(alpha) sin(pi alpha/2): P(\|X\| > x) -> C_alpha x^-alpha for the unit symmetric law.

    Parameters
    ----------
    alpha : float
        Stability index in (0, 2]; the constant is 0 at 2.

    Returns
    -------
    float
        C_alpha.
    """
    alpha = check_alpha(alpha)
    # sin(pi alpha/2) = sin(pi (2 - alpha)/2) keeps its relative accuracy as alpha -> 2
    return 2.0 / math.pi * math.gamma(alpha) * math.sin(math.pi * min(alpha, 2.0 - alpha) / 2.0)


def to_convention(name: str, sigma_w: float, *, alpha: float, fan_in: int) -> float:
    """The number by which another convention describes the matrix of our ``sigma_w``.

    Parameters
    ----------
    name : str
        One of `CONVENTIONS`.
    sigma_w : float
        Our weight scale, > 0.
    alpha : float
        Stability index in (0, 2].
    fan_in : int
        Number of inputs.

    Returns
    -------
    float
        The value in that convention.

    Raises
    ------
    ValueError
        If the convention does not exist at this alpha ("quantile" at 2, "variance" below 2).

    Examples
    --------
    >>> round(to_convention("unit", 1.0, alpha=1.0, fan_in=10), 12)
    0.5
    """
    factor, power = _power_law(name, alpha, fan_in)
    return factor * check_real("sigma_w", sigma_w, low=0.0, low_open=True) ** power


def _power_law(name: str, alpha: float, fan_in: int) -> tuple[float, float]:
    """Every convention is value = factor * sigma_w^power."""
    check_choice("name", name, CONVENTIONS)
    alpha = check_alpha(alpha)
    if name == "scale":
        return scale(alpha, 1.0, fan_in), 1.0
    if name == "unit":
        return 2.0 ** (-1.0 / alpha), 1.0
    if name == "half":
        return 1.0, alpha
    if name == "quantile":
        if alpha == 2.0:
            raise ValueError("name = 'quantile' does not exist at alpha = 2.0 (no power-law tail): alpha must be < 2")
        return (tail_constant(alpha) / 2.0) ** (1.0 / alpha), 1.0
    if name == "variance":
        if alpha != 2.0:
            raise ValueError(
                f"name = 'variance' does not exist at alpha = {alpha!r} (infinite variance): alpha must be 2"
            )
        return 1.0, 2.0
    return 1.0, 1.0


def from_convention(name: str, value: float, *, alpha: float, fan_in: int) -> float:
    """Our ``sigma_w`` of a matrix that another convention describes by ``value``.

    Parameters
    ----------
    name : str
        One of `CONVENTIONS`.
    value : float
        The number in that convention, > 0.
    alpha : float
        Stability index in (0, 2].
    fan_in : int
        Number of inputs.

    Returns
    -------
    float
        sigma_w.

    Raises
    ------
    ValueError
        If the convention does not exist at this alpha.

    Examples
    --------
    >>> from_convention("half", to_convention("half", 1.7, alpha=1.5, fan_in=10), alpha=1.5, fan_in=10)
    1.7
    """
    value = check_real("value", value, low=0.0, low_open=True)
    factor, power = _power_law(name, alpha, fan_in)
    return (value / factor) ** (1.0 / power)
