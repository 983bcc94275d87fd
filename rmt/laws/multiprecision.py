"""The equations of a chain in mpmath: Newton's method from the double-precision solution, to any number of digits."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from rmt._checks import check_integer
from rmt._continuation import ConvergenceError
from rmt.laws.chain import Chain, Node, System
from rmt.special.multiprecision import h_ab_all

__all__ = ["exponential", "polish", "radial_quantile", "radial_values", "singular_quantile", "singular_values"]


def _constant(chain: Chain) -> tuple[Any, Any]:
    """(sum 1/a, constant of the constraint) in working precision."""
    import mpmath as mp

    inverse, constant = mp.mpf(0), mp.mpf(0)
    for layer, width in zip(chain.layers, chain.widths[:-1], strict=True):
        alpha = mp.mpf(layer.alpha)
        a = alpha / 2
        log_kappa = alpha * mp.log(mp.mpf(layer.sigma_w)) + mp.loggamma(alpha) - mp.loggamma(a)
        inverse += 1 / a
        constant += (log_kappa - mp.log(mp.mpf(float(width))) - mp.loggamma(1 + a)) / a
    return inverse, constant


def _node_sum(node: Node, x: Any, dps: int) -> list[Any]:
    """(H, p - H, dH/dx, int H dx) of a node."""
    import mpmath as mp

    kernel = node.kernel
    parts = [
        [mp.mpf(float(w)) * part for part in h_ab_all(x + mp.mpf(float(u)), kernel.a, kernel.b, dps)]
        for u, w in zip(kernel.u, kernel.weights, strict=True)
    ]
    return [mp.fsum(column) for column in zip(*parts, strict=True)]


def polish(chain: Chain, system: System, state: NDArray, z: Any, dps: int) -> tuple[Any, list[Any]]:
    """(ln M, x per kind of node) to ``dps`` digits from a double-precision ``state`` at ``z``.

    Parameters
    ----------
    chain, system : Chain, System
        The chain and its open or closed equations.
    state : array (k,)
        Double-precision solution: lambda, then x of every kind of node.
    z : mpf or mpc
        ln eta^2 or ln r^2.
    dps : int
        Digits.

    Returns
    -------
    tuple
        ln(M/N_0) and the list of x.

    Raises
    ------
    ConvergenceError
        If eight Newton steps do not reach the precision.
    """
    import mpmath as mp

    inverse, constant = _constant(chain)
    top = mp.log(min(mp.mpf(float(np.exp(n.log_width))) * mp.mpf(float(n.kernel.mass)) for n in system.nodes))
    # the unknown is ln M itself: at these precisions nothing is lost near M_max
    mu = top - mp.log(1 + mp.exp(-mp.mpmathify(complex(state[0]))))
    x = [mp.mpmathify(complex(value)) for value in state[1:]]
    if mp.im(z) == 0:
        mu, x = mp.re(mu), [mp.re(value) for value in x]
    for _ in range(8):
        total, pull, shifts, gains = inverse * mu + constant - z, -inverse, [], []
        for node, value in zip(system.nodes, x, strict=True):
            h, _, slope, _ = _node_sum(node, value, dps)
            e = slope / h
            residual = mu - mp.log(mp.mpf(float(np.exp(node.log_width)))) - mp.log(h)
            if mp.im(z) != 0:
                residual -= 2j * mp.pi * mp.nint(mp.im(residual) / (2 * mp.pi))
            shifts.append(residual / e)
            gains.append(1 / e)
            total -= node.multiplicity * (value + residual / e)
            pull += node.multiplicity / e
        step = total / pull
        moves = [shift + gain * step for shift, gain in zip(shifts, gains, strict=True)]
        mu, x = mu + step, [value + move for value, move in zip(x, moves, strict=True)]
        size = max(abs(value) for value in [step, *moves])
        if size < mp.mpf(10) ** (-(dps + 5) / 2):
            return mu, x
    raise ConvergenceError(f"chain in {dps} digits: no convergence at {mp.nstr(z, 15)}, residual {mp.nstr(size, 5)}")


def singular_values(law: Any, s: Any, dps: int) -> dict[str, Any]:
    """pdf, cdf and ccdf of a :class:`SingularValueLaw` at one s > 0, to ``dps`` digits.

    Parameters
    ----------
    law : SingularValueLaw
        The law.
    s : number
        Position, positive; a string or mpf keeps all its digits.
    dps : int
        Digits.

    Returns
    -------
    dict
        ``pdf``, ``cdf``, ``ccdf`` as mpf.
    """
    import mpmath as mp

    digits = check_integer("dps", dps, low=1)
    with mp.workdps(digits + 12):
        point = mp.mpf(s)
        if not point > 0:
            raise ValueError(f"s = {s!r} must be in (0, inf)")
        state = law._at_axis(np.array([float(mp.log(point))]))[0]
        z = mp.mpc(2 * mp.log(point), -mp.pi)
        mu, x = polish(law.chain, law._system, state, z, digits)
        m = mp.exp(mu)
        inverse, _ = _constant(law.chain)
        potential = inverse * m
        for node, value in zip(law._system.nodes, x, strict=True):
            width = mp.mpf(float(np.exp(node.log_width)))
            potential -= node.multiplicity * width * _node_sum(node, value, digits)[3]
        ccdf = -mp.im(potential) / mp.pi
        return {"pdf": +(2 / (mp.pi * point) * abs(mp.im(m))), "cdf": +(1 - ccdf), "ccdf": +ccdf}


def radial_values(law: Any, r: Any, dps: int) -> dict[str, Any]:
    """pdf, cdf and ccdf of a :class:`RadialLaw` at one r > 0, to ``dps`` digits.

    Parameters
    ----------
    law : RadialLaw
        The law.
    r : number
        Modulus, positive.
    dps : int
        Digits.

    Returns
    -------
    dict
        ``pdf``, ``cdf``, ``ccdf`` as mpf.
    """
    import mpmath as mp

    digits = check_integer("dps", dps, low=1)
    with mp.workdps(digits + 12):
        point = mp.mpf(r)
        if not point > 0:
            raise ValueError(f"r = {r!r} must be in (0, inf)")
        z = 2 * mp.log(point)
        state = law._solve(np.array([float(z)]))[0]
        mu, x = polish(law.chain, law._system, state, z, digits)
        inverse, _ = _constant(law.chain)
        rate = inverse
        for node, value in zip(law._system.nodes, x, strict=True):
            h, _, slope, _ = _node_sum(node, value, digits)
            rate -= node.multiplicity * h / slope
        m = mp.exp(mu)
        return {"pdf": +(-2 * m / (rate * point)), "cdf": +(1 - m), "ccdf": +m}


def exponential(value: Any, dps: int) -> Any:
    """e^value, rounded to ``dps`` digits.

    Parameters
    ----------
    value : mpf
        Exponent, with a few digits more.
    dps : int
        Digits.

    Returns
    -------
    mpf
    """
    import mpmath as mp

    with mp.workdps(dps + 12):
        power = mp.exp(value)
    with mp.workdps(dps):
        return +power


def radial_quantile(law: Any, F: Any, dps: int) -> Any:
    """ln r at the fraction F of all N_0 eigenvalues, to ``dps`` digits: every node is inverted at its M, then z is a sum.

    Parameters
    ----------
    law : RadialLaw
        The law.
    F : number
        Fraction above the atom at zero and below 1; a string or mpf keeps all its digits.
    dps : int
        Digits.

    Returns
    -------
    mpf

    Raises
    ------
    ValueError
        If F is not between the atom and 1.
    ConvergenceError
        If a node is not inverted by twelve Newton steps.
    """
    import mpmath as mp

    digits = check_integer("dps", dps, low=1)
    with mp.workdps(digits + 12):
        fraction = mp.mpf(F)
        if not law.atom_at_zero < fraction < 1:
            raise ValueError(f"F = {F!r} must be in ({law.atom_at_zero:g}, 1)")
        mu = mp.log(1 - fraction)
        lam = np.array([float(mu - mp.log(fraction - law.atom_at_zero))])
        state = law._system.at_fraction(lam)[0][0]
        inverse, constant = _constant(law.chain)
        z = inverse * mu + constant
        for node, start in zip(law._system.nodes, state[1:], strict=True):
            x, goal = mp.mpf(float(start)), mu - mp.log(mp.mpf(float(np.exp(node.log_width))))
            for _ in range(12):
                h, _, slope, _ = _node_sum(node, x, digits)
                step = (goal - mp.log(h)) * h / slope
                x += step
                if abs(step) < mp.mpf(10) ** (-(digits + 5) / 2):
                    break
            else:
                raise ConvergenceError(
                    f"node in {dps} digits: no convergence at F = {F!r}, last move {mp.nstr(step, 5)}"
                )
            z -= node.multiplicity * x
        return z / 2


def singular_quantile(law: Any, F: Any, dps: int) -> Any:
    """ln s at the fraction F of all N_0 singular values, to ``dps`` digits: Newton's method on the distribution in ln s.

    Parameters
    ----------
    law : SingularValueLaw
        The law.
    F : number
        Fraction above the atom at zero and below 1; a string or mpf keeps all its digits.
    dps : int
        Digits.

    Returns
    -------
    mpf

    Raises
    ------
    ValueError
        If F is not between the atom and 1.
    ConvergenceError
        If eight Newton steps do not reach the precision.
    """
    import mpmath as mp

    digits = check_integer("dps", dps, low=1)
    with mp.workdps(digits + 12):
        fraction = mp.mpf(F)
        if not law.atom_at_zero < fraction < 1:
            raise ValueError(f"F = {F!r} must be in ({law.atom_at_zero:g}, 1)")
        x = mp.mpf(float(law._icdf(np.array([float(1 - fraction)]), np.array([float(fraction - law.atom_at_zero)]))[0]))
        for _ in range(8):
            s = mp.exp(x)
            values = singular_values(law, s, digits)
            step = (fraction - values["cdf"]) / (s * values["pdf"])
            x += step
            if abs(step) < mp.mpf(10) ** (-(digits + 5) / 2):
                return x
        raise ConvergenceError(f"quantile in {dps} digits: no convergence at F = {F!r}, last move {mp.nstr(step, 5)}")
