"""The same functions in mpmath: the formulas of the theory with every digit asked for."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

__all__ = ["ghat", "h", "h_ab", "h_ab_all"]


class _Nodes:
    """K(s) on one vertical line, s = c + i k step, computed once and reused for every argument."""

    def __init__(self, a: float, b: float, share: int, upper: bool, precision: int) -> None:
        import mpmath as mp

        self.precision = precision
        with mp.workprec(precision):
            self.a, self.b = mp.mpf(a), mp.mpf(b)
            gap = mp.mpf(1) if upper else min(self.a, self.b)
            # the line lies gap/share from the outer pole, at most half the gap
            self.c = (gap - gap / share) if upper else -(gap - gap / share)
            self.cut = precision * mp.log(2)
            self.step = 2 * mp.pi * gap / share / self.cut
        self.values: list[Any] = []

    def value(self, k: int) -> Any:
        import mpmath as mp

        while len(self.values) <= k:
            s = mp.mpc(self.c, self.step * len(self.values))
            log_kernel = (
                mp.loggamma(1 + s / self.a) + mp.loggamma(1 + s / self.b) + mp.loggamma(1 - s) - mp.loggamma(1 + s)
            )
            self.values.append(mp.exp(log_kernel) / s)
        return self.values[k]


_nodes = lru_cache(maxsize=64)(_Nodes)


def h_ab_all(x: Any, a: float, b: float, dps: int) -> tuple[Any, Any, Any, Any]:
    r"""(H, 1 - H, dH/dx, integral of H from -inf to x) of H_{a,b}(e^x), to about ``dps`` digits.

    Parameters
    ----------
    x : mpf or mpc
        ln X, \|Im x\| < (pi/2)(1/a + 1/b).
    a, b : float
        Indices in (0, 1].
    dps : int
        Digits.

    Returns
    -------
    tuple of four mpf or mpc

    Raises
    ------
    ValueError
        If x is outside the sector.
    """
    import mpmath as mp

    with mp.workdps(dps + 15):
        x = mp.mpmathify(x)
        real, angle = mp.re(x), mp.im(x)
        sector = mp.pi / 2 * (1 / mp.mpf(a) + 1 / mp.mpf(b))
        if abs(angle) >= sector:
            raise ValueError(f"X = exp({mp.nstr(x, 12)}) must have |arg X| < {float(sector):.12g}")
        if a == 1 and b == 1:
            small = mp.exp(-x)
            value, rest = 1 / (1 + small), small / (1 + small)
            return value, rest, value * rest, mp.log(1 + mp.exp(x))
        upper = bool(real > 0)
        # for extreme arguments the line moves towards the outer pole, so that no relative accuracy is lost
        reach = float(abs(real)) * (1.0 if upper else min(a, b))
        share = 2 if reach < 16 else 2 ** int(mp.ceil(mp.log(reach / 4, 2)))
        nodes = _nodes(min(a, b), max(a, b), share, upper, mp.mp.prec)
        centre = nodes.value(0)
        sums = [centre, -nodes.c * centre, centre / nodes.c]
        for direction in (1, -1):
            factor = mp.exp(-1j * direction * nodes.step * x)
            power, k, largest = mp.mpc(1), 1, abs(centre)
            while True:
                power *= factor
                node = nodes.value(k)
                term = power * (node if direction == 1 else mp.conj(node))
                s = mp.mpc(nodes.c, direction * k * nodes.step)
                parts = (term, -s * term, term / s)
                for i in range(3):
                    sums[i] += (2 * mp.re(parts[i])) if angle == 0 else parts[i]
                largest = max(largest, abs(term))
                if abs(term) < largest * mp.exp(-nodes.cut):
                    break
                k += 1
            if angle == 0:
                break
        scale = mp.exp(-nodes.c * x) * nodes.step / (2 * mp.pi)
        value, slope, integral = (scale * mp.re(total) if angle == 0 else scale * total for total in sums)
        if upper:
            shift = x + mp.euler * (1 / mp.mpf(a) + 1 / mp.mpf(b) - 2)
            return 1 - value, value, -slope, integral + shift
        return -value, 1 + value, -slope, integral


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
    r"""H_{a,b}(X), 1 - H or dH/dln X to ``dps`` digits by the trapezoid rule on a vertical line.

    Parameters
    ----------
    X : number
        Argument, or its logarithm if ``log_argument`` (needed beyond \|arg\| = pi).
    a, b : float
        Indices in (0, 1].
    dps : int
        Digits.
    complement, derivative, log_argument : bool
        What is returned, and whether ``X`` is a logarithm.

    Returns
    -------
    mpf or mpc
    """
    import mpmath as mp

    with mp.workdps(dps + 15):
        x = mp.mpmathify(X) if log_argument else mp.log(mp.mpmathify(X))
        values = h_ab_all(x, a, b, dps)
    with mp.workdps(dps):
        return +values[1 if complement else 2 if derivative else 0]


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

    with mp.workdps(dps + 15):
        value = h_ab_all(_power(y, a), a, 1.0, dps)[0] / (mp.gamma(1 + mp.mpf(a)) * mp.mpmathify(y))
    with mp.workdps(dps):
        return +value


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

    with mp.workdps(dps + 15):
        value = h_ab_all(_power(y, a), a, 1.0, dps)[1]
    with mp.workdps(dps):
        return +value
