"""Theory beside Monte Carlo: estimates with errors over realisations, pulls, calibrated p-values, finite-size limits.

A comparison knows which ensemble it speaks of: a law of the independent ensemble is never set against samples of the
network ensemble (:class:`CouplingMismatch`).
"""

from rmt.compare.comparison import Comparison, ComparisonFailed
from rmt.compare.coupling import COUPLINGS, CouplingMismatch, Samples, check_coupling, coupling_of
from rmt.compare.laws import compare
from rmt.compare.limit import Extrapolation, compare_limit, extrapolate
from rmt.compare.statistics import STATISTICS

__all__ = [
    "COUPLINGS",
    "STATISTICS",
    "Comparison",
    "ComparisonFailed",
    "CouplingMismatch",
    "Extrapolation",
    "Samples",
    "check_coupling",
    "compare",
    "compare_limit",
    "coupling_of",
    "extrapolate",
]
