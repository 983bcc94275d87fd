"""A paper as a list of claims, each answered: what is claimed, what we computed, with which command, and the verdict."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rmt._checks import check_choice, check_integer
from rmt._results import provenance
from rmt.tables import Table, write

__all__ = ["PAPERS", "VERDICTS", "Claim", "reproduce", "write_claims"]

PAPERS = {
    "2203.12967": "Qu, Wardak, Gong: extended critical regimes of deep neural networks",
    "2307.02284": "Tamai et al.: universal scaling laws of absorbing phase transitions in artificial deep neural networks",
    "2012.04030": "Li, Sompolinsky: statistical mechanics of deep linear neural networks",
}
VERDICTS = ("holds", "holds with restriction", "not at these sizes", "not computable here", "does not hold")


@dataclass(frozen=True)
class Claim:
    """One claim of a paper and our answer to it.

    Parameters
    ----------
    number : int
        Its number in the list of claims of the paper.
    statement : str
        The claim in our words.
    computed : str
        What was computed, as value with error, e.g. ``"lambda = 0.0435(64) at N = 500"``.
    verdict : str
        One of `VERDICTS`.
    reason : str
        Why: the restriction, the size that would be needed, or the evidence against.
    command : str
        A command that makes the number again.

    Raises
    ------
    ValueError
        If the verdict is not one of `VERDICTS`.
    """

    number: int
    statement: str
    computed: str
    verdict: str
    reason: str = ""
    command: str = ""

    def __post_init__(self) -> None:
        check_integer("number", self.number, low=1)
        check_choice("verdict", self.verdict, VERDICTS)


def write_claims(claims: Sequence[Claim], paper: str, out: str | Path) -> list[Path]:
    """Write the answers as ``claims.md``, ``claims.tex`` and ``claims.csv`` in the directory ``out``.

    Parameters
    ----------
    claims : sequence of Claim
        The answers, in any order.
    paper : str
        The paper's identifier, a key of `PAPERS`.
    out : path
        Directory, made if absent.

    Returns
    -------
    list of Path
        The files written.
    """
    check_choice("paper", paper, tuple(PAPERS))
    ordered = sorted(claims, key=lambda claim: claim.number)
    table = Table(
        {
            "claim": [claim.number for claim in ordered],
            "claimed": [claim.statement for claim in ordered],
            "computed": [claim.computed for claim in ordered],
            "verdict": [claim.verdict for claim in ordered],
            "why": [claim.reason for claim in ordered],
            "command": [claim.command for claim in ordered],
        },
        caption=f"arXiv:{paper} ({PAPERS[paper]}), claim by claim",
        provenance=provenance(),
    )
    directory = Path(out)
    directory.mkdir(parents=True, exist_ok=True)
    return [write(table, directory / f"claims.{ending}") for ending in ("md", "tex", "csv")]


def reproduce(
    paper: str,
    *,
    out: str | Path,
    quick: bool = True,
    seed: int = 0,
    progress: bool = False,
    weights: str | Path | None = None,
) -> list[Claim]:
    """Compute the tables and figures of one paper, answer its claims, and write everything to ``out``.

    Parameters
    ----------
    paper : str
        A key of `PAPERS`, e.g. ``"2203.12967"``.
    out : path
        Directory for tables and figures, made if absent.
    quick : bool
        Small sizes (minutes) or the full ones.
    seed : int
        Root of every random stream.
    progress : bool
        Show progress bars.
    weights : path, optional
        A file of pretrained weights (2203.12967 only).

    Returns
    -------
    list of Claim
        The answers, also written as ``claims.md``, ``.tex`` and ``.csv``.

    Raises
    ------
    ValueError
        If the paper is unknown, or weights are given to a paper that does not look at any.
    """
    check_choice("paper", paper, tuple(PAPERS))
    check_integer("seed", seed, low=0)
    if weights is not None and paper != "2203.12967":
        raise ValueError(f"weights = {str(weights)!r} must be None for paper = {paper!r}: its claims are not about any")
    Path(out).mkdir(parents=True, exist_ok=True)
    module = importlib.import_module(f"rmt.papers.arxiv_{paper.replace('.', '_')}")
    options = {} if weights is None else {"weights": weights}
    claims: list[Claim] = module.reproduce(out, quick=quick, seed=seed, progress=progress, **options)
    write_claims(claims, paper, out)
    return claims
