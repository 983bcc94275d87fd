r"""Jacobian moments and the backward exponent: what is finite, what is not, and in which ensemble.

In the *independent* ensemble an entry of :math:`DW` has the tail of the weights, so moments of order :math:`p\ge\alpha` are
infinite. In the *network* ensemble one large weight saturates its own unit, and moments are finite for
:math:`p < 1 + \alpha` (when :math:`\phi'` falls fast enough): the second moment exists for :math:`\alpha > 1`. End to end,
at infinite width, different paths do not meet, and the rank-one path operator makes the moments a pure power of the depth.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from rmt._checks import check_choice, check_integer, check_real
from rmt.activations import Activation
from rmt.meanfield._averages import averages, log_scale, panels, zeros
from rmt.meanfield._ray import LOG_STEP, density_at, tail_constant
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
) -> float:
    r"""Return :math:`E\sum_i|J_{ij}|^p` of :math:`J = D_LW_L\cdots D_1W_1`, ``depth`` layers; the mean :math:`s^2` at p = 2.

    At infinite width, network, :math:`\alpha<p<1+\alpha`, with :math:`\rho(p)` of :func:`path_growth`:

    .. math:: M_L = M_1\rho(p)^{L-1},\qquad
        M_1 = \tfrac14\alpha C_\alpha\sigma_w^\alpha E|\phi(h)|^{\alpha-p}\int|\phi'(v)|^pE|v-Y|^{p-1-\alpha}dv ;

    at ``alpha = 2`` and p = 2 it is :math:`(\sigma_w^2E\phi'^2)^L`.

    Parameters
    ----------
    order : float
        p in (0, 3].
    depth : int
        Layers, at least 1.
    alpha, sigma_w, sigma_b, activation
        As in :func:`lyapunov_exponent`.
    coupling : {"network", "independent"}
        Whether D is made by the same weights. There is no default: the answers differ by more than a factor.

    Returns
    -------
    float
        ``inf`` where the moment does not exist: independent with :math:`\alpha\le p`; network with :math:`p\ge1+\alpha`
        (:math:`1+2\alpha` for an activation without zeros), or with an activation whose slope does not vanish at infinity,
        or that vanishes there itself (sigmoid: weights on silent units pass unsaturated).
        For :math:`p\le\alpha` the sum over a column of N entries diverges with the width in both ensembles, like
        :math:`N^{1-p/\alpha}(\ln N)^{(L-1)p/\alpha}`, at :math:`p=\alpha<2` like :math:`(\ln N)^L`: ``inf`` as well. 0 at
        ``alpha = 2`` for p > 2.

    Raises
    ------
    ValueError
        If an argument is out of range.

    Notes
    -----
    Fresh weights per layer. Derived in docs/theory/signal-propagation: the entry :math:`J_{ij}` is dominated by single paths of
    order-one weights, and two of them meet in a unit with probability O(1/N). At width N paths smaller than
    the sum of all others interfere, which lowers the moment by a fraction of order
    :math:`N^{1-p/\alpha}(\ln N)^{(L-1)p/\alpha}`: nothing at p well above alpha (:math:`N^{-0.8}` at alpha 1, p 1.8), very
    much at p near it (:math:`N^{-0.13}` at alpha 1.5, p 1.7). Monte Carlo estimates have tail exponent
    :math:`(1+\alpha)/p<2` for most orders: compare in the same sample, or medians.

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
    p = check_real("order", order, low=0.0, high=3.0, low_open=True)
    depth = check_integer("depth", depth, low=1)
    check_choice("coupling", coupling, ("network", "independent"))
    log_w = alpha * math.log(sigma_w)
    log_q = fixed_log_q(averages(phi, alpha), log_w, alpha * _log(sigma_b))
    if alpha == 2.0:
        if p == 2.0:
            return _gaussian_growth(phi, sigma_w, log_q) ** depth
        return math.inf if p < 2.0 else 0.0
    if coupling == "independent" or p <= alpha:
        return math.inf
    moments = PathMoments(phi, alpha, log_q)
    if not moments.converges or p >= moments.reach:
        return math.inf
    start = _inverse_power(phi, alpha, p - alpha, log_q)
    if start == math.inf:
        return math.inf
    first = start * math.exp(log_w) * _last_step(moments, p)
    return first if depth == 1 else first * math.exp((depth - 1) * (log_w + moments.log_rho(p)))


def _inverse_power(phi: Activation, alpha: float, power: float, log_q: float) -> float:
    """E|phi(h)|^-power; inf where phi falls off too fast at infinity (sigmoid: a silent unit needs an enormous weight)."""
    signs = (1,) if phi.odd else (1, -1)
    log_c = log_scale(log_q, alpha)
    far = np.log([1e6, 1e8])
    total = 0.0
    for sign in signs:
        ends = phi.log_abs_value(far, sign)
        if power * (ends[0] - ends[1]) / math.log(1e2) >= alpha:
            return math.inf
        mean = averages(phi, alpha)
        log_h, weights = mean.log_nodes + log_c, mean.weights
        if phi.singular_points or zeros(phi):
            log_h, weights = panels((*phi.singular_points, *zeros(phi)), log_c - 38.0, log_c + 84.0 / alpha)
            weights = 2.0 * weights * density_at(alpha, log_h - log_c)
        values = np.exp(-power * phi.log_abs_value(log_h, sign))
        slope = abs(float(phi.derivative(sign * 1e-300))) if phi.zero_at_zero else 0.0
        if slope > 0.0:
            # The singularity at 0 in closed form: E|X|^-power of the stable law, times the first term of phi.
            unit = math.gamma(0.5 - 0.5 * power) * math.gamma(1.0 + power / alpha) / math.gamma(1.0 + 0.5 * power)
            total += 2.0**-power * unit / math.sqrt(math.pi) * math.exp(-power * (log_c + math.log(slope)))
            values -= np.exp(-power * (log_h + math.log(slope)))
        total += float(weights @ values)
    return total / len(signs)


def _last_step(moments: PathMoments, p: float) -> float:
    """(alpha C/4) int |phi'(v)|^p E|v - Y|^-s dv: the last layer of a path feeds nobody."""
    alpha, s = moments.alpha, 1.0 + moments.alpha - p
    even = isinstance(moments.step, float)
    if moments.plateau:
        # Y is so small that E|v - Y|^-s = |v|^-s but for O(c^alpha); below the first node a pure power of v
        power = np.exp((1.0 - s) * moments.log_v)
        begin = math.exp((1.0 - s) * (moments.low - moments.log_v[0])) / (1.0 - s)
        missing = LOG_STEP / math.expm1(LOG_STEP * (1.0 - s)) if even else begin
    else:
        # dv E|v-Y|^-s = c^(1-s) x (x^-s kernel) d ln x; below the first node the integrand is constant in v
        log_x = moments.log_v - moments.log_c
        power = np.exp(log_x - s * np.maximum(log_x, 0.0)) * math.exp((1.0 - s) * moments.log_c) * moments.moments(s)
        missing = LOG_STEP / math.expm1(LOG_STEP) if even else 1.0
    bodies = [power * np.exp(p * slope) for slope in moments.log_slope]
    total = sum(float(np.sum(moments.step * body)) + missing * float(body[0]) for body in bodies)
    return 0.25 * alpha * tail_constant(alpha) * moments.sides * total
