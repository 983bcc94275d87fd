"""The stable law to any number of digits, by Nolan's integral in mpmath: slow, and what the double kernels are checked with."""

from __future__ import annotations

from typing import Any

__all__ = ["stable_values"]


def _trapezoid(f: Any, half: Any, digits: int, bumps: bool) -> list[Any]:
    """Integrals over the line of the three components of ``f``; the step is halved until half the digits stand still.

    The error of a trapezoid sum is squared by each halving, but not where ``bumps`` of different width lie far apart: there all
    digits must stand still.
    """
    from mpmath import mp, mpf

    h, old, offset = mpf(1) / 4, None, mpf(0)
    step, total = h, [mpf(0)] * 3
    share = 1.0 if bumps else 0.55
    for _ in range(8 + digits // 15):
        n = int(half / step) + 1
        for j in range(-n, n + 1):
            total = [a + b for a, b in zip(total, f(offset + j * step), strict=True)]
        new = [h * t for t in total]
        if old is not None and all(
            abs(a - b) <= mpf(10) ** (-share * digits) * abs(a) for a, b in zip(new, old, strict=True)
        ):
            return new
        old, offset, step = new, h / 2, h
        h = h / 2
    raise ArithmeticError(f"the integral did not converge to {mp.dps} digits")


def stable_values(alpha: Any, beta: Any, x: Any, digits: int, positive: bool = False) -> tuple[Any, Any, Any]:
    r"""Density, P(X < x) and P(X > x) of the law of unit scale, to ``digits`` digits.

    Parameters
    ----------
    alpha, beta, x : float or mpf
        ``x`` in the S0 coordinate; taken as the exact numbers they are.
    digits : int
        Relative accuracy; the work is done with twice as many digits and 20 more.
    positive : bool
        The positive law with E exp(-tS) = exp(-t^alpha); ``beta`` must be 1.

    Returns
    -------
    pdf, cdf, ccdf : mpf

    Raises
    ------
    ArithmeticError
        If the trapezoid sum does not converge: next to zeta, 1 - x/zeta of 2^-40, where at other alpha two digits are lost.

    Notes
    -----
    Nolan (1997): with :math:`V` as in that paper and :math:`G = (x - \zeta)^{\alpha/(\alpha-1)} V(\theta)`, pdf =
    :math:`\alpha/(\pi|\alpha-1|(x-\zeta)) \int G e^{-G} d\theta` and one tail is :math:`(1/\pi)\int e^{-G} d\theta`. The other
    is integrated as :math:`1 - e^{-G}`, so both are relatively accurate.
    """
    from mpmath import mp, mpf

    with mp.workdps(2 * digits + 20):
        alpha, beta, x = mpf(alpha), mpf(beta), mpf(x)
        if alpha == 2 and not positive:
            upper, lower = mp.erfc(x / 2) / 2, mp.erfc(-x / 2) / 2
            return mp.exp(-x * x / 4) / (2 * mp.sqrt(mp.pi)), lower, upper
        if alpha == 1 and beta == 0:
            return 1 / mp.pi / (1 + x * x), mp.atan2(1, -x) / mp.pi, mp.atan2(1, x) / mp.pi
        zeta = mpf(0) if positive or alpha == 1 else -beta * mp.tan(mp.pi * alpha / 2)
        if (alpha == 1 and beta < 0) or (alpha != 1 and x < zeta and not positive):
            f, lower, upper = stable_values(alpha, -beta, -x, digits)
            return f, upper, lower
        one_sided = positive or (alpha < 1 and abs(beta) == 1)
        if one_sided and (x <= zeta or beta == -1):
            return (mpf(0), mpf(1), mpf(0)) if beta == -1 else (mpf(0), mpf(0), mpf(1))
        if x == zeta and alpha != 1:
            eta = mp.atan(zeta)
            sc = mp.cos(eta) ** (1 / alpha)
            below = mpf(1) / 2 + eta / (mp.pi * alpha)
            return sc * mp.gamma(1 + 1 / alpha) * mp.cos(eta / alpha) / mp.pi, below, 1 - below
        return _integrate(alpha, beta, x, zeta, digits, positive)


def _integrate(alpha: Any, beta: Any, x: Any, zeta: Any, digits: int, positive: bool) -> tuple[Any, Any, Any]:
    from mpmath import mp, mpf

    light = (alpha <= 1 and beta == 1) or (alpha > 1 and beta == -1)
    rising = 1 if alpha <= 1 else -1  # the exponent G rises with the angle
    if alpha == 1:
        width, prefactor, below = mp.pi, 1 / (2 * beta), mpf(0)

        def log_g(d: Any, chi: Any) -> Any:
            p = mp.pi / 2 * (1 - beta) + beta * d  # pi/2 + beta theta
            near = min(d, chi)  # d + chi = pi: the sine from the end that is near keeps its sign
            sine, cosine = mp.sin(near), mp.cos(near) if chi < d else -mp.cos(near)
            return mp.log(abs(2 * p / (mp.pi * sine))) + p * cosine / (sine * beta) - mp.pi * x / (2 * beta)

    else:
        eta = -mp.pi * alpha / 2 if alpha < 1 and beta == 1 else mp.atan(zeta)
        start, y = -eta / alpha, x - zeta
        width, below = mp.pi / 2 + start, mpf(1) / 2 + eta / (mp.pi * alpha)
        prefactor = alpha / abs(alpha - 1) / y
        power = alpha / (alpha - 1)
        constant = power * mp.log(y) + (0 if positive else mp.log(mp.cos(alpha * start)) / (alpha - 1))

        def log_g(d: Any, chi: Any) -> Any:
            turn = mp.sin(mp.pi / 2 + alpha * start + (alpha - 1) * (mp.pi / 2 - chi))
            # where an angle reaches pi the sine has no digits left and may be negative: far outside what counts
            return constant + power * mp.log(abs(mp.sin(chi) / mp.sin(alpha * d))) + mp.log(abs(turn / mp.sin(chi)))

    def at(s: Any) -> tuple[Any, Any]:
        e = mp.exp(-abs(s))
        near, far = width * e / (1 + e), width / (1 + e)
        return (log_g(far, near) if s > 0 else log_g(near, far)), near / (1 + e)

    bumps = not light and (alpha > 1.9 or abs(beta) > 0.8)  # a light part and a small heavy one
    reach = mp.dps * 1.1  # exp(-2.3 reach): far enough to see the limit, not so far that 1 - tiny is rounded
    g_min = mp.exp(at(-rising * mpf(reach))[0]) if light else mpf(0)
    low, high, centre = mpf(-3000), mpf(3000), mpf(0)
    if light:
        low, high = (mpf(-reach), high) if rising > 0 else (low, mpf(reach))
    for _ in range(400):
        value = rising * (mp.exp(min(at(centre)[0], mpf(10000))) - g_min - 1)
        if abs(value) < 0.1:
            break
        low, high = (low, centre) if value > 0 else (centre, high)
        centre = (low + high) / 2
    delta = mpf(10) ** (-mp.dps // 3)
    slope = abs(mp.exp(at(centre + delta)[0]) - mp.exp(at(centre - delta)[0])) / (2 * delta)
    l = min(mpf(1), 1 / slope)
    spread = (2.5 * digits + 20) * max(mpf(1), (1 - alpha) / alpha)
    cut = 2.4 * mp.dps

    def integrand(tau: Any) -> tuple[Any, Any, Any]:
        log_value, weight = at(centre + l * mp.sinh(tau))
        weight *= l * mp.cosh(tau)
        g = mp.exp(min(log_value, mpf(10000)))
        if g - g_min > cut:
            return mpf(0), mpf(0), weight
        e = mp.exp(-(g - g_min))
        return g * e * weight, e * weight, -mp.expm1(-g) * weight

    f, straight, complement = _trapezoid(integrand, mp.asinh(spread / l), digits, bumps)
    factor = mp.exp(-g_min) / mp.pi
    f *= factor * prefactor * (mp.pi if alpha == 1 else 1)
    straight, complement = straight * factor, complement / mp.pi
    # far from the centre only the small tail is resolved; the other one is its complement
    if alpha > 1:
        return f, 1 - straight if straight < 0.01 else below + complement, straight
    return f, 1 - complement if complement < 0.01 else below + straight, complement
