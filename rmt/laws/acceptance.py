"""The acceptance table of the heavy-tailed laws: check values of the theory, computed and compared in one call."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache, partial
from typing import Any

import numpy as np

from rmt.laws.layers import Layer
from rmt.laws.lyapunov import LyapunovLaw
from rmt.laws.radial import RadialLaw
from rmt.laws.singular import SingularValueLaw

__all__ = ["acceptance_table"]

Row = tuple[str, Callable[[], Any], float, float]

# (alpha): f(.1), f(1), f(20), F(1), r(F = .1), r(.5), r(.9); unit profile, sigma_w = 1. The radii at 1/2 come from the
# explicit one-variable form of the single-layer law in 20-digit arithmetic.
_UNIT = {
    0.5: (1.3175720486, 0.107339334316, 0.00192078539703, 0.705817398707, None),
    1.0: (1.50812516659, 0.226704812716, 7.94854881221e-4, 0.718017582031, (0.124832, 0.466057, 1.200578)),
    1.5: (0.880112387763, 0.418804289503, 1.70055320977e-4, 0.695806278564, (0.233861, 0.598332, 1.028349)),
    1.8: (0.705760365637, 0.531975370468, 3.80269152896e-5, 0.649207258878, (0.286640, 0.665333, 0.974209)),
}
_MEAN_LOG = {0.5: -1.5031244960, 1.0: -0.8743670404, 1.5: -0.6340361571, 1.8: -0.5461292799, 2.0: -0.5}
_TANH = {1: (0.402141417172, 0.72239672075), 2: (0.221706869701, 0.775303615436), 5: (0.0956676021527, 0.837956645297)}
_OPEN = {
    "300-450-200, alpha 1.5": (0.3502, 0.5162, 0.7130, 0.8707, 0.9659),
    "alpha (1.2, 1.8)": (0.2621, 0.4649, 0.6621, 0.8238, 0.9417),
    "alpha (1, 1.7, 1.4), 250-400-200-300, two-point profile": (0.4551, 0.5840, 0.6935, 0.7874, 0.8837),
    "alpha (1, 2)": (0.2933, 0.4919, 0.6696, 0.8100, 0.9219),
}
_POINTS = (0.1, 0.3, 0.7, 1.5, 4.0)


@cache
def _tanh(alpha: float, sigma_w: float) -> Layer:
    from rmt import activations
    from rmt.meanfield import ActivationProfile, fixed_point

    point = fixed_point(alpha=alpha, sigma_w=sigma_w, activation="tanh")
    return Layer(alpha, sigma_w, profile=ActivationProfile(activations.get("tanh"), point.q, alpha))


def _unit_rows() -> Iterator[Row]:
    for alpha, (low, middle, high, below, radii) in _UNIT.items():
        law, radial = SingularValueLaw(Layer(alpha)), RadialLaw(Layer(alpha))
        for s, value in ((0.1, low), (1.0, middle), (20.0, high)):
            yield f"f_SV({s:g}), alpha {alpha:g}", partial(law.pdf, s), value, 1e-9
        yield f"F_SV(1), alpha {alpha:g}", partial(law.cdf, 1.0), below, 1e-9
        for F, value in zip((0.1, 0.5, 0.9), radii or (), strict=False):
            yield f"r(F={F:g}), alpha {alpha:g}", partial(radial.icdf, F), value, 1e-6
    for alpha, value in _MEAN_LOG.items():
        yield f"E ln s, alpha {alpha:g}", SingularValueLaw(Layer(alpha)).mean_log, value, 1e-10
    yield "mu(m=.5), alpha 1.5", lambda: LyapunovLaw(Layer(1.5)).icdf(0.5), -0.513609, 1e-6


def _product_rows() -> Iterator[Row]:
    yield "R(.5), alpha 1.5, L=3", lambda: RadialLaw([Layer(1.5)] * 3).icdf(0.5), 0.214203803017, 1e-9
    mixed = [Layer(alpha) for alpha in (0.8, 1.5, 1.9)]
    yield "R(.5), alpha (.8, 1.5, 1.9)", lambda: RadialLaw(mixed).icdf(0.5), 0.146139810907, 1e-9
    yield "R(.5), alpha (1, 2)", lambda: RadialLaw([Layer(1.0), Layer(2.0)]).icdf(0.5), 0.300467687766, 1e-9
    rectangular = [Layer(1.5, shape=0.5), Layer(1.5, shape=3.2), Layer(1.5, shape=0.625)]
    # the reference counts the N_min non-zero eigenvalues, the law all N_0
    yield "R(.5 of non-zero), 500-250-800-500", lambda: RadialLaw(rectangular).icdf(0.75), 0.463190050635, 1e-9
    two = Layer(1.5, profile=([0.2, 1.5], [0.4, 0.6]))
    yield "r(.5), two-point profile, alpha 1.5", lambda: RadialLaw(two).icdf(0.5), 0.456090239338, 1e-9
    yield "mean exponent, alpha (1.2, 1.8)", lambda: LyapunovLaw([Layer(1.2), Layer(1.8)]).mean(), -1.303832 / 2, 1e-6
    pair = ([0.3, 1.4], [0.4, 0.6])
    chains = {
        "300-450-200, alpha 1.5": [Layer(1.5, shape=1.5), Layer(1.5, shape=4 / 9)],
        "alpha (1.2, 1.8)": [Layer(1.2), Layer(1.8)],
        "alpha (1, 1.7, 1.4), 250-400-200-300, two-point profile": [
            Layer(1.0, profile=pair, shape=1.6),
            Layer(1.7, 0.8, profile=pair, shape=0.5),
            Layer(1.4, 1.3, profile=pair, shape=1.5),
        ],
        "alpha (1, 2)": [Layer(1.0), Layer(2.0)],
    }
    for name, values in _OPEN.items():
        law = SingularValueLaw(chains[name])
        for s, value in zip(_POINTS, values, strict=True):
            yield f"F_SV({s:g}), {name}", partial(law.cdf, s), value, 5.1e-5


def _tanh_rows() -> Iterator[Row]:
    for depth, (density, below) in _TANH.items():
        law = SingularValueLaw([_tanh(1.5, 1.0)] * depth)
        yield f"f_SV(1), tanh (1.5, 1), L={depth}", partial(law.pdf, 1.0), density, 1e-9
        yield f"F_SV(1), tanh (1.5, 1), L={depth}", partial(law.cdf, 1.0), below, 1e-9
    yield (
        "f_SV(1), tanh (1.2, 1.5), L=2",
        lambda: SingularValueLaw([_tanh(1.2, 1.5)] * 2).pdf(1.0),
        0.166088197756,
        1e-9,
    )
    yield "r(.5), tanh (1.2, 2)", lambda: RadialLaw(_tanh(1.2, 2.0)).icdf(0.5), 0.476519, 1e-6
    yield "r(.5), tanh (1.5, 1)", lambda: RadialLaw(_tanh(1.5, 1.0)).icdf(0.5), 0.551853, 1e-6
    yield "r(.9), tanh (1.5, 2)", lambda: RadialLaw(_tanh(1.5, 2.0)).icdf(0.9), 1.123868, 1e-6
    yield "E ln s, tanh (1.5, 1)", lambda: SingularValueLaw(_tanh(1.5, 1.0)).mean_log(), -0.792189, 1e-6
    for m, value in ((0.01, 0.257), (0.1, -0.040), (0.5, -0.595), (0.9, -1.601)):
        yield f"mu(m={m:g}), tanh (1.5, 1)", partial(LyapunovLaw(_tanh(1.5, 1.0)).iccdf, m), value, 6e-4


def acceptance_table() -> list[dict[str, Any]]:
    """Check values of the heavy-tailed laws beside what the library computes now.

    The references are those of docs/theory/multiplication-law.md, found by an independent implementation (direct
    contour integrals, marching in ln s); tolerances are half a unit of the last digit given, at least 1e-9 (relative
    above one, absolute below).

    Returns
    -------
    list of dict
        Rows with ``name``, ``value``, ``reference``, ``difference`` = \\|value - reference\\| and ``tolerance``.

    Examples
    --------
    >>> from rmt.laws import acceptance_table
    >>> all(row["difference"] <= row["tolerance"] for row in acceptance_table())
    True
    """
    rows: list[dict[str, Any]] = []
    for source in (_unit_rows, _product_rows, _tanh_rows):
        for name, compute, reference, tolerance in source():
            value = float(compute())
            row = {"name": name, "value": value, "reference": reference}
            rows.append(
                {**row, "difference": abs(value - reference) / max(1.0, abs(reference)), "tolerance": tolerance}
            )
    if not np.isfinite([row["value"] for row in rows]).all():
        raise ArithmeticError("a value of the acceptance table is not finite")
    return rows
