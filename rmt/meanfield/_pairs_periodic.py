r"""The spectral measure of the next layer for periodic activations (the sine): the pair of inputs modulo one period.

The density folded to a period :math:`T` in both inputs is a Fourier series whose coefficients are known,

.. math:: p_T(x,y) = T^{-2}\sum_{m,n}e^{-\Psi(2\pi m/T,2\pi n/T)}\cos[2\pi(mx+ny)/T],

so that no sum over periods, and no tail, is needed. It is integrated over rows in x by panels and over y by the trapezoid
rule, and the outputs are collected as in ``_pairs_cloud``.
"""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from rmt._quadrature import gauss_legendre_panels
from rmt.activations import Activation
from rmt.meanfield._pairs import Measure, PairState, table
from rmt.meanfield._pairs_cloud import collect, next_measure

__all__ = ["next_measure_of_periodic"]

Array = NDArray[np.float64]
_MOST = 1500  # harmonics, in each input
_CUT = 16.0  # e^-16 is left out


def _harmonics(state: PairState, base: float, count: int) -> tuple[Array, Array]:
    """e^-Psi at (m, n) and (m, -n) times ``base``, m and n from 0 to ``count``; halved for each of m and n that is 0."""
    n = np.arange(count + 1, dtype=float)
    half = np.where(n > 0.0, 1.0, 0.5)
    result = []
    for row in state.log_g:
        log_g = table(float(state.z[0]), state.step, row, refine=32)
        terms = np.zeros((count + 1, count + 1))
        for m in range(1, count + 1):
            with np.errstate(divide="ignore"):
                z = np.log(n[: m + 1]) - np.log(m - n[: m + 1])
            terms[m, : m + 1] = np.exp(-np.exp(log_g(z)) * (m * base) ** state.alpha)
        terms += np.tril(terms, -1).T
        terms[0, 0] = 1.0
        result.append(terms * half * half[:, None])
    return result[0], result[1]


def next_measure_of_periodic(state: PairState, phi: Activation) -> Measure:
    """Law of (phi(h1), phi(h2)) from the state of (h1, h2), phi of period 2 ``phi.period``.

    When the inputs or their difference are so small that too many harmonics count, the pair is integrated as for other
    activations, with an average over phases beyond some periods.
    """
    half = float(phi.period)  # type: ignore[arg-type]
    base = math.pi / half
    count = math.ceil((_CUT / float(np.exp(state.log_g.min()))) ** (1.0 / state.alpha) / base)
    if count > _MOST:
        return next_measure(state, phi)
    plus, minus = _harmonics(state, base, count)
    harmonics = base * np.arange(len(plus))
    # Rows: panels from the scale of the inputs on, by factors of 2, at most an eighth of half a period.
    start = min(state.scale(), half) / 32.0
    marks = [0.0, *(start * 2.0 ** np.arange(math.ceil(math.log2(half / start)))), half]
    edges = np.concatenate([np.linspace(a, b, math.ceil(8.0 * (b - a) / half) + 1) for a, b in pairwise(marks)])
    x, weights = gauss_legendre_panels(np.unique(edges), 10)
    # Columns: s - beta sin s is analytic and periodic, dense at 0.
    count = max(4096, 4 * len(plus))
    s = 2.0 * math.pi * (np.arange(count) + 0.5) / count - math.pi
    beta = 1.0 - min(1.0, state.scale() / half)
    y = (s - beta * np.sin(s)) / base
    lengths = 2.0 * math.pi / count * (1.0 - beta * np.cos(s)) / base
    cosines, sines = (f(np.multiply.outer(harmonics, y)) for f in (np.cos, np.sin))
    rows_cos, rows_sin = (f(np.multiply.outer(x, harmonics)) for f in (np.cos, np.sin))
    density = (rows_cos @ (minus + plus)) @ cosines + (rows_sin @ (minus - plus)) @ sines
    mass = density / half**2 * weights[:, None] * lengths
    first = np.asarray(phi.value(x), dtype=float)[:, None] + np.zeros_like(mass)
    second = np.asarray(phi.value(y), dtype=float) + np.zeros_like(mass)
    return collect(state, [(first.ravel(), second.ravel(), mass.ravel())])
