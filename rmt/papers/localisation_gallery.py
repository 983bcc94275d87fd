r"""The gallery page of localisation: D_q with theory, f(alpha) and participation against \|lambda\|, by one command.

Run: ``python -m rmt.papers.localisation_gallery OUT [--width N] [--realisations R] [--seed S]``
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from rmt import activations
from rmt._checks import check_integer
from rmt._results import provenance
from rmt.ensembles import JacobianChain
from rmt.laws import EigenvectorLaw, Layer, RadialLaw
from rmt.localisation import binned_dimensions, dimension_estimate, eigenvalue_bins, vector_moments
from rmt.localisation.weights import SIDES, amplitudes
from rmt.meanfield import ActivationProfile, fixed_point
from rmt.spectra import product_eig
from rmt.tables import Table, write

__all__ = ["localisation_gallery", "main"]

EDGES = (0.1, 0.25, 0.4, 0.55, 0.7, 0.8, 0.9)
Q = np.linspace(0.25, 3.0, 12)


def localisation_gallery(
    out: str | Path,
    *,
    alpha: float = 1.5,
    sigma_w: float = 2.0,
    width: int = 300,
    realisations: int = 10,
    theory_vectors: int = 2000,
    seed: int = 0,
) -> list[Path]:
    r"""Right, left and biorthogonal vectors of heavy-tailed Jacobians D W (tanh, D independent of W) beside their law.

    Three panels: :math:`D_q` against q for ranks F in (0.4, 0.7), the singularity spectrum of the same vectors, and the
    participation number against :math:`|\lambda|`; lines are `rmt.laws.EigenvectorLaw` at the same n.

    Parameters
    ----------
    out : path
        Directory, made if absent.
    alpha, sigma_w : float
        Of the layer.
    width, realisations : int
        Size and number of matrices (at least 5).
    theory_vectors : int
        Sampled vectors of each prediction.
    seed : int

    Returns
    -------
    list of Path
        ``localisation.png``, ``.pdf`` and the tables ``localisation_dimensions.md`` and ``localisation_participation.md``.

    Raises
    ------
    ValueError
        For fewer than 5 realisations or parameters out of range.
    """
    from rmt.plotting import axes, plot_dimensions, plot_points, plot_singularity_spectrum, save, style

    check_integer("seed", seed, low=0)
    directory = Path(out)
    directory.mkdir(parents=True, exist_ok=True)
    random = np.random.default_rng(seed)
    chain = JacobianChain(width, 1, alpha=alpha, sigma_w=sigma_w, coupling="independent")
    spectra = [
        product_eig(list(chain.sample(rng=stream)))
        for stream in random.spawn(check_integer("realisations", realisations, low=5))
    ]
    profile = ActivationProfile(activations.get("tanh"), fixed_point(alpha=alpha, sigma_w=sigma_w).q, alpha)
    layer = Layer(alpha, sigma_w, profile=profile)
    radius = RadialLaw([layer])
    guard, middle = width**-0.5, (0.4, 0.7)
    dimensions: list[dict[str, Any]] = []
    participation: list[dict[str, Any]] = []
    with style():
        panels = axes(figsize=(9.6, 3.0), ncols=3)
        for series, side in enumerate(SIDES):
            law = EigenvectorLaw(layer, side)
            items = []
            for one in spectra:
                chosen = eigenvalue_bins(one.log_modulus, one.argument, middle, guard=guard)[0]
                items.append(vector_moments(amplitudes(one, side)[:, chosen], Q, zeros="support"))
            found = dimension_estimate(items, Q, rng=random)
            theory = law.prediction(width, Q, middle, vectors=theory_vectors, rng=random)
            label = f"{side} ({law.kind})"
            plot_dimensions(
                Q, found.dimension, found.stderr, theory=(Q, theory.dimension), ax=panels[0], label=label, series=series
            )
            plot_singularity_spectrum(
                found.alpha,
                found.f,
                found.f_stderr,
                theory=(theory.alpha, theory.f),
                ax=panels[1],
                label=side,
                series=series,
            )
            bins = binned_dimensions(spectra, 2.0, EDGES, side=side, guard=guard, zeros="support", rng=random)
            curve = [
                law.prediction(width, 2.0, (low, high), vectors=theory_vectors, rng=random)
                for low, high in pairwise(EDGES)
            ]
            moduli = np.array([radius.icdf(centre) for centre in bins.centre])
            plot_points(
                np.exp(bins.log_modulus),
                bins.participation,
                bins.participation_stderr,
                theory=(moduli, np.array([point.participation for point in curve])),
                ax=panels[2],
                label=side,
                series=series,
            )
            for place, power in enumerate(Q):
                values = (found.dimension, found.stderr, theory.dimension, theory.stderr)
                dimensions.append(_row(side, "q", power, *(float(value[place]) for value in values)))
            for place, point in enumerate(curve):
                numbers = (
                    bins.participation[place],
                    bins.participation_stderr[place],
                    point.participation,
                    point.participation_stderr,
                )
                participation.append(_row(side, "F", bins.centre[place], *(float(value) for value in numbers)))
        panels[2].set_xlabel(r"$|\lambda|$")
        panels[2].set_ylabel(r"participation number")
        handles, labels = panels[0].get_legend_handles_labels()
        once = dict(zip(labels, handles, strict=True))  # "theory" once, not once a side
        panels[0].legend(once.values(), once.keys(), loc="lower left", fontsize="small")
        panels[0].set_ylim(-0.05, 1.05)
        for panel in panels[1:]:
            legend = panel.get_legend()
            if legend is not None:
                legend.remove()
        files = save(panels[0].figure, directory / "localisation", provenance=provenance())
    note = (
        f"D W, tanh, alpha = {alpha:g}, sigma_w = {sigma_w:g}, N = {width}, {realisations} matrices, D independent of W"
    )
    for name, rows, what in (
        ("dimensions", dimensions, "Typical generalised dimensions, F in (0.4, 0.7)"),
        ("participation", participation, "Participation numbers against the rank F"),
    ):
        table = Table(
            {key: [row[key] for row in rows] for key in rows[0]},
            errors={"measured": "measured_stderr", "theory": "theory_stderr"},
            caption=f"{what}: {note}",
        )
        files.append(write(table, directory / f"localisation_{name}.md"))
    return files


def _row(
    side: str, name: str, at: float, value: float, error: float, theory: float, theory_error: float
) -> dict[str, Any]:
    spread = float(np.hypot(error, theory_error))
    return {
        "side": side,
        name: float(at),
        "measured": value,
        "measured_stderr": error,
        "theory": theory,
        "theory_stderr": theory_error,
        "pull": (value - theory) / spread if spread > 1e-12 else 0.0,
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line of the gallery page.

    Parameters
    ----------
    arguments : sequence of str, optional
        By default those of the process.

    Returns
    -------
    int
        Exit status.
    """
    parser = argparse.ArgumentParser(prog="python -m rmt.papers.localisation_gallery", description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--width", type=int, default=300)
    parser.add_argument("--realisations", type=int, default=10)
    parser.add_argument("--seed", type=int, default=0)
    chosen = parser.parse_args(arguments)
    for path in localisation_gallery(
        chosen.out, width=chosen.width, realisations=chosen.realisations, seed=chosen.seed
    ):
        print(path)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
