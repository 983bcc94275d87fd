"""The alpha-stable law: density, distribution, quantiles, scores, samples, expectations and fits.

Notation: ``alpha`` in (0, 2] is the stability index, ``beta`` in [-1, 1] the skewness, ``Z`` the symmetric law of
characteristic function exp(-abs(t)^alpha), ``S`` the positive law with E exp(-tS) = exp(-t^a).
"""

from rmt.stable.expectation import expect, expectation_rule
from rmt.stable.fitting import StableFit, fit
from rmt.stable.goodness import GoodnessOfFit, Rival, goodness_of_fit, rivals
from rmt.stable.law import AlphaStable
from rmt.stable.positive import PositiveStable
from rmt.stable.scores import PositiveScore, Score
from rmt.stable.spectral import SpectralStable

__all__ = [
    "AlphaStable",
    "GoodnessOfFit",
    "PositiveScore",
    "PositiveStable",
    "Rival",
    "Score",
    "SpectralStable",
    "StableFit",
    "expect",
    "expectation_rule",
    "fit",
    "goodness_of_fit",
    "rivals",
]
