"""How large the experiments are."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["COMMAND", "DEPTHS", "FULL", "QUICK", "Sizes"]

COMMAND = "rmt reproduce 2203.12967"  # `reproduce` adds the size and the seed of the run
DEPTHS = (15, 25, 35)


@dataclass(frozen=True)
class Sizes:
    """Minutes on two cores, or the better part of an hour.

    Parameters
    ----------
    alphas, sigmas : tuple of float
        Grid of the training experiment.
    seeds, epochs : int
        Trained networks a cell, and epochs.
    width, realisations : int
        Networks of the manifold, and how many.
    lyapunov_widths : tuple of int
        Widths at which the finite-width exponent is quoted.
    line_points : int
        Values of alpha on the lines of the diagram.
    edge_width : int
        Width of the scanned edge of chaos.
    map_alphas, map_sigmas : tuple of float
        Grid of the manifold's and the eigenvectors' maps.
    vector_width : int
        Width of the networks whose eigenvectors are measured.
    networks : int
        Networks a cell of the training experiment whose Jacobian is measured at initialisation.
    """

    alphas: tuple[float, ...]
    sigmas: tuple[float, ...]
    seeds: int
    epochs: int
    width: int
    realisations: int
    lyapunov_widths: tuple[int, ...]
    line_points: int
    edge_width: int
    map_alphas: tuple[float, ...]
    map_sigmas: tuple[float, ...]
    vector_width: int
    networks: int


QUICK = Sizes(
    (1.2, 1.5, 2.0), (0.5, 1.0, 2.0, 3.0), 3, 8, 150, 4, (300, 1000), 11, 500,
    (1.0, 1.2, 1.4, 1.6, 1.8, 2.0), (0.25, 0.5, 0.75, 1.0, 1.5, 2.0, 2.5, 3.0), 80, 20,
)  # fmt: skip
FULL = Sizes(
    (1.0, 1.2, 1.5, 1.8, 2.0), (0.5, 0.75, 1.0, 1.5, 2.0, 2.5, 3.0), 8, 30, 500, 12, (500, 2000, 8000), 41, 1000,
    tuple(1.0 + 0.1 * k for k in range(11)), tuple(0.25 * k for k in range(1, 13)), 300, 40,
)  # fmt: skip
