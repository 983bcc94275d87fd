"""Theory beside Monte Carlo: estimates with errors over realisations, pulls, calibrated p-values, finite-size limits.

A comparison knows which ensemble it speaks of: a law of the independent ensemble is never set against samples of the
network ensemble (:class:`CouplingMismatch`).
"""

from rmt.compare.comparison import Comparison, ComparisonFailed
from rmt.compare.coupling import COUPLINGS, CouplingMismatch, Samples, check_coupling, coupling_of
from rmt.compare.laws import compare

__all__ = [
    "COUPLINGS",
    "Comparison",
    "ComparisonFailed",
    "CouplingMismatch",
    "Samples",
    "check_coupling",
    "compare",
    "coupling_of",
]
