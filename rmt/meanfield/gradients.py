r"""Jacobian moments and the backward exponent: what is finite, what is not, and in which ensemble.

In the *independent* ensemble an entry of :math:`DW` has the tail of the weights, so moments of order :math:`p\ge\alpha` are
infinite. In the *network* ensemble one large weight saturates its own unit, and moments are finite for
:math:`p < 1 + \alpha` (when :math:`\phi'` falls fast enough): the second moment exists for :math:`\alpha > 1`. End to end,
the rank-one path operator makes them a pure power of the depth.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from rmt._checks import check_choice, check_integer, check_real
from rmt.meanfield._averages import LOG_OVERFLOW, averages
from rmt.meanfield._ray import tail_constant
from rmt.meanfield.length import _log, check_parameters, fixed_log_q
from rmt.meanfield.lyapunov import PathMoments, _gaussian_growth, lyapunov_exponent

__all__ = ["backward_exponent", "jacobian_moment"]


def backward_exponent(*, alpha: float, sigma_w: float, sigma_b: float = 0.0, activation: Any = "tanh") -> float:
    r"""Return the growth of :math:`\ln|g|` per layer of a gradient pulled back through an infinitely wide network.

    A gradient obeys :math:`g_j = \sum_iW_{ij}\phi'(h_i)g_i`; its moment operator is the transpose of the forward one, so
    :math:`\rho(p)` and the exponent are the same. The two are singular values of one product at every width.

    Parameters
    ----------
    alpha, sigma_w, sigma_b, activation
        As in :func:`lyapunov_exponent`.

    Returns
    -------
    float

    Raises
    ------
    ValueError
        If an argument is out of range.

    Examples
    --------
    >>> from rmt.meanfield import backward_exponent, lyapunov_exponent
    >>> backward_exponent(alpha=1.8, sigma_w=1.5) == lyapunov_exponent(alpha=1.8, sigma_w=1.5).value
    True
    """
    return lyapunov_exponent(alpha=alpha, sigma_w=sigma_w, sigma_b=sigma_b, activation=activation).value


def jacobian_moment(
    order: float,
    depth: int = 1,
    *,
    alpha: float,
    sigma_w: float,
    sigma_b: float = 0.0,
    activation: Any = "tanh",
    coupling: str,
    bound: bool = False,
) -> float:
    r"""Return :math:`E\sum_i|J_{ij}|^p` of :math:`J = D_LW_L\cdots D_1W_1`, ``depth`` layers; the mean :math:`s^2` at p = 2.

    Network, :math:`\alpha<p<1+\alpha`, :math:`p \le 2`, with :math:`\rho(p)` of :func:`path_growth`:

    .. math:: M_L \le M_1\rho(p)^{L-1},\qquad
        M_1 = \tfrac14\alpha C_\alpha\sigma_w^\alpha E|\phi(h)|^{\alpha-p}\int|\phi'(v)|^pE|v-Y|^{p-1-\alpha}dv,

    with equality at :math:`p = 2` and at ``depth = 1``; at ``alpha = 2`` it is :math:`(\sigma_w^2E\phi'^2)^L`.

    Parameters
    ----------
    order : float
        p in (0, 2].
    depth : int
        Layers, at least 1. For ``p < 2`` only ``depth = 1`` has an equality; larger depths need ``bound``.
    alpha, sigma_w, sigma_b, activation
        As in :func:`lyapunov_exponent`.
    coupling : {"network", "independent"}
        Whether D is made by the same weights. There is no default: the answers differ by more than a factor.
    bound : bool
        Accept the upper bound :math:`M_1\rho(p)^{L-1}` where no equality is known (``p < 2`` and ``depth > 1``). It says
        that the end-to-end moment is finite; paths that meet in a unit make the moment smaller than that.

    Returns
    -------
    float
        ``inf`` where the moment does not exist: independent with :math:`\alpha\le p`; network with :math:`p\ge1+\alpha`,
        or with an activation whose slope does not vanish at infinity. For :math:`p\le\alpha<2` the sum over a column of
        N entries diverges with the width in both ensembles: ``inf`` as well.

    Raises
    ------
    ValueError
        If an argument is out of range.

    Notes
    -----
    Infinite width, fresh weights per layer. Monte Carlo estimates of a finite second moment still have infinite variance
    (the entries have tail exponent :math:`1+\alpha`): compare medians or truncated sums.

    Examples
    --------
    >>> from rmt.meanfield import jacobian_moment
    >>> round(jacobian_moment(2, alpha=1.8, sigma_w=1.5, coupling="network"), 4)
    1.1578
    >>> jacobian_moment(2, alpha=1.8, sigma_w=1.5, coupling="independent")
    inf
    """
    alpha, sigma_w, sigma_b, phi = check_parameters(alpha, sigma_w, sigma_b, activation)
    check_real("sigma_w", sigma_w, low=0.0, low_open=True)
    p = check_real("order", order, low=0.0, high=2.0, low_open=True)
    depth = check_integer("depth", depth, low=1)
    check_choice("coupling", coupling, ("network", "independent"))
    if p < 2.0 and depth > 1 and not bound:
        raise ValueError(
            f"depth = {depth} must be 1 for order = {order!r} < 2: only an upper bound is known (bound=True)"
        )
    log_w = alpha * math.log(sigma_w)
    log_q = fixed_log_q(averages(phi, alpha), log_w, alpha * _log(sigma_b))
    if alpha == 2.0:
        return _gaussian_growth(phi, sigma_w, log_q) ** depth if p == 2.0 else math.inf
    if coupling == "independent" or p <= alpha or p >= 1.0 + alpha:
        return math.inf
    moments = PathMoments(phi, alpha, log_q)
    if not moments.converges:
        return math.inf
    mean = averages(phi, alpha)
    h, weights = mean.points(log_q)
    with np.errstate(divide="ignore"):
        log_phi = np.log(np.abs(np.asarray(phi.value(h), dtype=float)))
    start = float(weights @ np.exp(np.where(log_phi > -np.inf, (alpha - p) * log_phi, -LOG_OVERFLOW)))
    first = start * math.exp(log_w) * _last_step(moments, p)
    return first if depth == 1 else first * math.exp((depth - 1) * (log_w + moments.log_rho(p)))


def _last_step(moments: PathMoments, p: float) -> float:
    """(alpha C/4) int |phi'(v)|^p E|v - Y|^-s dv: the last layer of a path feeds nobody."""
    alpha, s = moments.alpha, 1.0 + moments.alpha - p
    kernel = moments.moments(s)
    log_x = moments.log_v - moments.log_c
    if moments.plateau:
        raise ValueError(
            "the length is so small (ln q < -40) that the layer is linear: its second moment is not resolved"
        )
    # dv E|v-Y|^-s = c^(1-s) x (x^-s kernel) d ln x
    power = np.exp(log_x - s * np.maximum(log_x, 0.0)) * math.exp((1.0 - s) * moments.log_c)
    total = sum(float(np.sum(moments.step * power * np.exp(p * slope) * kernel)) for slope in moments.log_slope)
    return 0.25 * alpha * tail_constant(alpha) * moments.sides * total
