r"""Mobility edge of symmetric Levy matrices, alpha < 1: a rank-two path operator on two scalar moments of the local resolvent."""

from __future__ import annotations

import math

import numpy as np
from scipy import optimize, special

from rmt._checks import check_real
from rmt._quadrature import half_line

__all__ = ["symmetric_levy_mobility_edge"]


def symmetric_levy_mobility_edge(alpha: float, *, sigma_w: float = 1.0) -> float:
    r"""Energy beyond which the eigenvectors of a large symmetric Levy matrix are localised.

    On the localised side the local resolvent is real, G = 1/Y with Y = E - S and S an alpha/2-stable sum whose positive and
    negative jumps have the weights :math:`p = E[Y_+^{-\alpha/2}]`, :math:`n = E[Y_-^{-\alpha/2}]`. With a = alpha/2,
    tail :math:`N P(|H_{ij}| > x) \to c x^{-\alpha}` and :math:`A = c\,\Gamma(1-a)` they solve

    .. math:: \Gamma(s)\Bigl[\cos\tfrac{\pi s}{2} E|Y|^{-s} + i\sin\tfrac{\pi s}{2} E\,\mathrm{sgn}(Y)|Y|^{-s}\Bigr]
        = e^{i\pi s/2}\int_0^\infty x^{s-1} e^{-xE - A x^a (p e^{i\pi a} + n)} dx \qquad (s = a),

    and with P, Q the same moments at s = alpha the largest eigenvalue of the path operator at m = 1/2 is

    .. math:: \lambda(E) = \tfrac{\alpha c}{4}\Bigl[b_1 (P+Q) + \sqrt{b_1^2 (P-Q)^2 + 4 b_2^2 (P+Q)^2}\Bigr],

    :math:`b_1 = B(\tfrac{1-\alpha}{2}, \tfrac{1-\alpha}{2})`, :math:`b_2 = B(\tfrac{1-\alpha}{2}, \alpha)`. The edge is
    :math:`\lambda(E^*) = 1`.

    Parameters
    ----------
    alpha : float
        Stability index in [0.2, 0.95]: for alpha >= 1 no finite edge exists.
    sigma_w : float
        Scale > 0 of `rmt.ensembles.wigner_levy`; the edge is proportional to it.

    Returns
    -------
    float
        E* > 0.

    Raises
    ------
    ValueError
        For arguments out of range.

    Notes
    -----
    Derived (a non-rigorous cavity argument), not measured: populations agree with the energy differences, not with the
    absolute zero. Tested to 1e-10 relative against 25 digits for alpha in {0.3, 0.5, 0.8}.

    Examples
    --------
    >>> from rmt.cavity import symmetric_levy_mobility_edge
    >>> print(round(symmetric_levy_mobility_edge(0.5), 8))
    0.73883249
    """
    alpha = check_real("alpha", alpha, low=0.2, high=0.95)
    sigma_w = check_real("sigma_w", sigma_w, low=0.0, low_open=True)
    tail = special.gamma(alpha) * math.sin(0.5 * math.pi * alpha) / math.pi  # of wigner_levy with sigma_w = 1
    low, high = 0.0, 0.0
    while largest_eigenvalue(math.exp(high), alpha) > 1.0:
        low, high = high, high + 1.0
    while low >= high or largest_eigenvalue(math.exp(low), alpha) < 1.0:
        low -= 1.0
    log_edge = optimize.brentq(
        lambda t: math.log(largest_eigenvalue(math.exp(t), alpha)), low, high, xtol=1e-14, rtol=1e-14
    )
    return float(sigma_w * tail ** (1.0 / alpha) * math.exp(log_edge))


def largest_eigenvalue(energy: float, alpha: float) -> float:
    """Largest eigenvalue of the path operator at m = 1/2 for entries with tail constant c = 1.

    Parameters
    ----------
    energy : float
        E > 0.
    alpha : float

    Returns
    -------
    float
    """
    a = 0.5 * alpha
    p, n = _weights(energy, a)
    positive, negative = _moments(energy, a, p, n, alpha)
    b1 = special.beta(0.5 * (1 - alpha), 0.5 * (1 - alpha))
    b2 = special.beta(0.5 * (1 - alpha), alpha)
    total, difference = positive + negative, positive - negative
    return float(0.25 * alpha * (b1 * total + math.hypot(b1 * difference, 2 * b2 * total)))


def _weights(energy: float, a: float) -> tuple[float, float]:
    """The fixed point (p, n)."""

    def change(logs: np.ndarray) -> np.ndarray:
        p, n = np.exp(logs)
        return np.log(_moments(energy, a, p, n, a)) - logs

    start = np.log(energy + 1.0) * np.array([-a, -a]) - np.array([0.0, 1.0])
    found = optimize.root(change, start, tol=1e-14)
    residual = float(np.abs(change(found.x)).max())
    if not residual < 1e-11:
        raise ArithmeticError(
            f"the moments of the resolvent at E = {energy:g} did not converge: residual {residual:.1e}"
        )
    p, n = np.exp(found.x)
    return float(p), float(n)


def _moments(energy: float, a: float, p: float, n: float, s: float) -> tuple[float, float]:
    """E[Y_+^-s] and E[Y_-^-s]."""
    # u = x^a: neither the power nor x itself underflows; exponential decay to the left, doubly exponential to the right
    u, weights = half_line(-40.0 * a / s, a * math.log(60.0 / energy), 0.1 * a)
    rate = special.gamma(1 - a) * (p * complex(math.cos(math.pi * a), math.sin(math.pi * a)) + n)
    integral = np.sum(weights * u ** (s / a - 1) * np.exp(-(u ** (1 / a)) * energy - rate * u)) / a
    turned = integral * complex(math.cos(0.5 * math.pi * s), math.sin(0.5 * math.pi * s)) / special.gamma(s)
    even, odd = turned.real / math.cos(0.5 * math.pi * s), turned.imag / math.sin(0.5 * math.pi * s)
    return 0.5 * (even + odd), 0.5 * (even - odd)
