"""The result of a comparison: theory, estimate, standard error, pull and p-value."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import special

from rmt._checks import check_real
from rmt._format import format_value
from rmt._results import Result

__all__ = ["Comparison", "ComparisonFailed", "pulls", "student_p_value"]


class ComparisonFailed(AssertionError):
    """Theory and Monte Carlo differ by more than the allowed number of standard deviations."""


def pulls(theory: Any, estimate: Any, stderr: Any) -> NDArray[np.float64]:
    """(estimate - theory) / stderr; equal numbers without error give 0, different ones an infinite pull.

    Parameters
    ----------
    theory, estimate, stderr : array_like

    Returns
    -------
    ndarray
    """
    difference = np.asarray(estimate, dtype=float) - np.asarray(theory, dtype=float)
    error = np.broadcast_to(np.asarray(stderr, dtype=float), difference.shape)
    found = np.zeros(difference.shape)
    known = error > 0
    found[known] = difference[known] / error[known]
    wrong = ~known & (difference != 0)
    found[wrong] = np.copysign(np.inf, difference[wrong])
    return found


def student_p_value(pull: Any, realisations: int) -> NDArray[np.float64]:
    """Two-sided p-value of a pull whose error was estimated from ``realisations`` values: Student's t, not the normal law.

    Parameters
    ----------
    pull : array_like
    realisations : int
        At least 2.

    Returns
    -------
    ndarray
    """
    return np.asarray(2 * special.stdtr(realisations - 1, -np.abs(pull)))


@dataclasses.dataclass(frozen=True)
class Comparison(Result):
    """Theory beside Monte Carlo.

    Attributes
    ----------
    statistic : str
        What is compared: ``mean``, ``cdf``, ``quantile`` or ``curve``.
    points : ndarray or None
        Where: the x of the CDF, the levels of the quantiles, the abscissae of the curve; None for one number.
    theory, estimate, stderr, pull : float or ndarray
        The pull is (estimate - theory) / stderr.
    p_value : float
        Of the comparison as a whole, calibrated at the number of realisations at hand.
    distance : float
        Largest modulus of estimate - theory.
    realisations : int
        Number of independent realisations behind the errors.
    test : str
        The test behind ``p_value``: ``student``, ``hotelling`` or ``kolmogorov``.
    coupling : str or None
        The ensemble.
    label : str
        A name for tables.
    """

    statistic: str
    theory: Any
    estimate: Any
    stderr: Any
    pull: Any
    p_value: float
    distance: float
    realisations: int
    test: str
    points: NDArray[np.float64] | None = None
    coupling: str | None = None
    label: str = ""
    meta: Mapping[str, Any] = dataclasses.field(default_factory=dict)

    @property
    def worst_pull(self) -> float:
        """The pull that is largest in modulus, with its sign."""
        pull = np.atleast_1d(self.pull)
        return float(pull[np.argmax(np.abs(pull))])

    @property
    def sigmas(self) -> float:
        """The p-value as the number of standard deviations of a normal law that has it (two-sided)."""
        return float(-special.ndtri(max(self.p_value, 5e-324) / 2)) if self.p_value > 0 else math.inf

    def check(self, sigmas: float = 4.0) -> Comparison:
        """Return the comparison itself if theory and Monte Carlo agree within ``sigmas``, else raise.

        Two things are asked: the p-value of the whole, and the largest pull, whose p-value is Student's and is multiplied
        by the number of points. Both must be no rarer than ``sigmas`` standard deviations of a normal law.

        Raises
        ------
        ComparisonFailed
            With the worst point, both numbers and their difference in the message.
        """
        sigmas = check_real("sigmas", sigmas, low=0.0, low_open=True)
        pull = np.atleast_1d(self.pull)
        worst = int(np.argmax(np.abs(pull)))
        p_worst = min(1.0, pull.size * float(student_p_value(pull[worst], self.realisations)))
        allowed = 2 * float(special.ndtr(-sigmas))
        if not (self.p_value >= allowed and p_worst >= allowed):
            raise ComparisonFailed(
                f"{self.label or self.statistic}: theory and Monte Carlo differ: worst of {pull.size} point(s) "
                f"{self._at(worst)}theory {np.atleast_1d(self.theory)[worst]:.8g}, estimate "
                f"{format_value(np.atleast_1d(self.estimate)[worst], np.atleast_1d(self.stderr)[worst])}, pull "
                f"{pull[worst]:+.2f}; p-value of the whole {self.p_value:.3g} ({self.sigmas:.1f} sigma, {sigmas:g} allowed, "
                f"{self.realisations} realisations)"
            )
        return self

    def _at(self, index: int) -> str:
        return "" if self.points is None else f"at {self.points[index]:.6g}: "

    def to_columns(self) -> dict[str, Any]:
        """Columns for a table: ``label point theory estimate stderr pull``."""
        count = np.size(self.pull)
        columns: dict[str, Any] = {"label": [self.label or self.statistic] * count}
        if self.points is not None:
            columns["point"] = list(self.points)
        for name in ("theory", "estimate", "stderr", "pull"):
            columns[name] = [float(value) for value in np.atleast_1d(getattr(self, name))]
        return columns

    def to_row(self) -> dict[str, Any]:
        """One row for a table: of one number everything, of many points the worst one."""
        worst = int(np.argmax(np.abs(np.atleast_1d(self.pull))))
        row: dict[str, Any] = {"label": self.label or self.statistic}
        for name in ("theory", "estimate", "stderr", "pull"):
            row[name] = float(np.atleast_1d(getattr(self, name))[worst])
        return {**row, "p_value": self.p_value, "realisations": self.realisations}

    def to_frame(self) -> Any:
        """The columns as a ``pandas.DataFrame``."""
        import pandas

        frame = pandas.DataFrame(self.to_columns())
        frame.attrs.update({"p_value": self.p_value, "realisations": self.realisations, **dict(self.meta)})
        return frame

    def __str__(self) -> str:
        worst = self.to_row()
        return (
            f"{worst['label']}: theory {worst['theory']:.8g}, estimate {format_value(worst['estimate'], worst['stderr'])}, "
            f"pull {worst['pull']:+.2f}, p = {self.p_value:.3g} ({self.test}, {self.realisations} realisations)"
        )
