"""What a report is made of: cells and sizes in, outcomes and numbers out."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rmt._checks import check_alpha, check_integer, check_real
from rmt.report.theory import Theory

__all__ = ["Cell", "Outcome", "Report", "Row", "Settings"]


@dataclass(frozen=True)
class Cell:
    """One product: L layers of stability index alpha and weight scale sigma_w."""

    alpha: float
    sigma_w: float
    depth: int

    def __post_init__(self) -> None:
        check_alpha(self.alpha)
        check_real("sigma_w", self.sigma_w, low=0.0, low_open=True)
        check_integer("depth", self.depth, low=1)


@dataclass(frozen=True)
class Settings:
    """Sizes of a report.

    Parameters
    ----------
    cells : tuple of Cell
        The grid.
    width : int
        The larger width N; the limit is estimated from N and N/2 (linear in 1/N).
    realisations : int
        Realisations at N of the independent ensemble; twice as many at N/2, half as many of the network ensemble.
    activation : str
        Name of an activation with a stationary law.
    """

    cells: tuple[Cell, ...]
    width: int
    realisations: int
    activation: str = "tanh"

    def __post_init__(self) -> None:
        check_integer("width", self.width, low=4)
        check_integer("realisations", self.realisations, low=4)
        if self.width % 2:
            raise ValueError(f"width = {self.width} must be even: the limit is estimated from N and N/2")


@dataclass(frozen=True)
class Outcome:
    """Everything known of one cell: its laws and the statistics of every realisation, by (coupling, width)."""

    cell: Cell
    theory: Theory
    statistics: dict[tuple[str, int], dict[str, NDArray[np.float64]]]


@dataclass(frozen=True)
class Row:
    """One number of the report."""

    alpha: float
    sigma_w: float
    depth: int
    quantity: str
    at: str
    theory: float
    estimate: float
    stderr: float
    pull: float
    network: float
    network_stderr: float


@dataclass(frozen=True)
class Report:
    """What was computed and which files hold it.

    Attributes
    ----------
    outcomes : list of Outcome
        One per cell.
    rows : list of Row
        Every number: theory, estimate, standard error, pull, network.
    pulls : ndarray
        All pulls of the independent ensemble, (estimate - theory) / standard error.
    files : list of Path
        What was written, ``report.html`` last.
    meta : dict
        Versions, seed, sizes and time.
    """

    outcomes: list[Outcome]
    rows: list[Row]
    pulls: NDArray[np.float64]
    files: list[Path] = field(default_factory=list)
    meta: dict[str, Any] = field(default_factory=dict)

    @property
    def rms_pull(self) -> float:
        """Root mean square of the pulls: about 1 when theory, estimates and errors are right."""
        return float(np.sqrt(np.mean(self.pulls**2)))

    @property
    def worst_pull(self) -> float:
        """The pull of largest size."""
        return float(self.pulls[np.argmax(np.abs(self.pulls))])
