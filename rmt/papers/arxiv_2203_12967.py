"""arXiv:2203.12967, extended critical regimes of deep neural networks: its computable figures, and its claims answered."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from rmt._random import generator
from rmt.papers.claims import Claim
from rmt.papers.extended_criticality.manifold import manifold
from rmt.papers.extended_criticality.phase import covariance, draw_phase_diagram, phase, truncated_gain_line
from rmt.papers.extended_criticality.sizes import FULL, QUICK
from rmt.papers.extended_criticality.training import training
from rmt.papers.extended_criticality.vectors import vectors
from rmt.papers.extended_criticality.weights import tail_exponent

__all__ = ["draw_phase_diagram", "reproduce", "tail_exponent", "truncated_gain_line"]


def reproduce(
    out: str | Path, *, quick: bool = True, seed: int = 0, progress: bool = False, weights: str | Path | None = None
) -> list[Claim]:
    """Compute the figures and tables of the paper and answer its claims 1 to 8.

    Parameters
    ----------
    out : path
        Directory for ``phase``, ``dimension_diagram``, ``dimension_map``, ``geometry``, ``training``, ``connection``,
        ``initial_spectra``, ``weights`` and ``covariance``, with ``weights`` also ``pretrained``.
    quick : bool
        Small sizes (a few minutes of CPU) or the full ones (about an hour).
    seed : int
        Root of all random numbers.
    progress : bool
        Show a progress bar over the steps.
    weights : path, optional
        A file of pretrained weights for claims 1 and 2, in a format of :func:`rmt.weights.load`.

    Returns
    -------
    list of Claim
        The verdicts are decided from the numbers computed in this run.
    """
    sizes = QUICK if quick else FULL
    directory = Path(out)
    directory.mkdir(parents=True, exist_ok=True)
    streams = generator(seed).spawn(5)
    steps: Any = [
        lambda: training(directory, sizes, streams[0], weights),
        lambda: covariance(directory, sizes, streams[1]),
        lambda: phase(directory, sizes, streams[2]),
        lambda: vectors(directory, sizes, streams[3]),
        lambda: manifold(directory, sizes, streams[4]),
    ]
    if progress:
        from tqdm import tqdm

        steps = tqdm(steps, desc="2203.12967")
    options = f" {'--quick' if quick else '--full'} --seed {seed}"
    claims = [replace(claim, command=claim.command + options) for step in steps for claim in step()]
    return sorted(claims, key=lambda claim: claim.number)
