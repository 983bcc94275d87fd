"""The same functions in mpmath: the formulas of the theory with every digit asked for."""

from __future__ import annotations

from typing import Any

__all__ = ["ghat", "h", "h_ab"]


def h_ab(
    X: Any,
    a: float,
    b: float,
    dps: int,
    *,
    complement: bool = False,
    derivative: bool = False,
    log_argument: bool = False,
) -> Any:
    """H_{a,b}(X), 1 - H or dH/dln X to ``dps`` digits by the trapezoid rule on a vertical line.

    Parameters
    ----------
    X : number
        Argument, or its logarithm if ``log_argument``.
    a, b : float
        Indices in (0, 1].
    dps : int
        Digits.
    complement, derivative, log_argument : bool
        What is returned, and whether ``X`` is a logarithm (needed beyond \\|arg\\| = pi).

    Returns
    -------
    mpf or mpc
    """
    import mpmath as mp

    with mp.workdps(dps + 12):
        first, second = mp.mpf(a), mp.mpf(b)
        x = mp.mpmathify(X) if log_argument else mp.log(mp.mpmathify(X))
        real, angle = mp.re(x), mp.im(x)
        sector = mp.pi / 2 * (1 / first + 1 / second)
        if abs(angle) >= sector:
            raise ValueError(f"X = {X!r} must have |arg X| < {float(sector):.12g}")
        if a == 1 and b == 1:
            small = mp.exp(-x)
            value, rest = 1 / (1 + small), small / (1 + small)
            return +(value * rest if derivative else rest if complement else value)
        upper = real > 0
        gap = mp.mpf(1) if upper else min(first, second)
        digits = (dps + 10) * mp.log(10)
        # near the neighbouring pole for extreme arguments, so that no relative accuracy is lost
        share = min(mp.mpf(1) / 2, 4 / (abs(real) * gap + 1))
        c = (1 - share) if upper else -gap * (1 - share)
        step = 2 * mp.pi * share * gap / digits

        def term(t: Any) -> Any:
            s = mp.mpc(c, t)
            log_kernel = (
                mp.loggamma(1 + s / first) + mp.loggamma(1 + s / second) + mp.loggamma(1 - s) - mp.loggamma(1 + s)
            )
            value = mp.exp(log_kernel - s * x) / s
            return -s * value if derivative else value

        def half_line(direction: int) -> Any:
            total, k, largest = mp.mpc(0), 1, abs(term(mp.mpf(0)))
            while True:
                value = term(direction * step * k)
                total += value
                largest = max(largest, abs(value))
                if abs(value) < largest * mp.exp(-digits):
                    return total
                k += 1

        above = half_line(1)
        below = mp.conj(above) if angle == 0 else half_line(-1)
        total = term(mp.mpf(0)) + above + below
        line = total * step / (2 * mp.pi)
        if angle == 0:
            line = mp.re(line)
        if derivative:
            return +(-line)
        if upper:
            return +(line if complement else 1 - line)
        return +(1 + line if complement else -line)


def _power(y: Any, a: float) -> Any:
    import mpmath as mp

    return mp.log(mp.mpmathify(y)) / mp.mpf(a)


def ghat(y: Any, a: float, dps: int) -> Any:
    """ghat(y) to ``dps`` digits.

    Parameters
    ----------
    y : number
        Argument, not 0.
    a : float
        Index.
    dps : int
        Digits.

    Returns
    -------
    mpf or mpc
    """
    import mpmath as mp

    with mp.workdps(dps + 10):
        value = h_ab(_power(y, a), a, 1.0, dps, log_argument=True)
        return +(value / (mp.gamma(1 + mp.mpf(a)) * mp.mpmathify(y)))


def h(y: Any, a: float, dps: int) -> Any:
    """h(y) to ``dps`` digits.

    Parameters
    ----------
    y : number
        Argument, not 0.
    a : float
        Index.
    dps : int
        Digits.

    Returns
    -------
    mpf or mpc
    """
    import mpmath as mp

    with mp.workdps(dps + 10):
        return h_ab(_power(y, a), a, 1.0, dps, complement=True, log_argument=True)
