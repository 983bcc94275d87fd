r"""Diagrams :math:`D_q(\alpha, \sigma_w, \mathrm{layer}, q)` of eigenvectors of layer Jacobians and of their products.

The quantity of arXiv:2203.12967, with errors over networks, for both couplings, and the prediction of
`rmt.laws.EigenvectorLaw` beside it where there is one: independent D everywhere, and one pre-activation layer W_l D_{l-1} of a
true network. For D_l W_l and products of a network no closed law is known; the theory column is then empty.

Run: ``python -m rmt.papers.dimension_diagram OUT [--width N] [--realisations R] [--order WD] ...``
"""

from __future__ import annotations

import argparse
import dataclasses
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from rmt import activations
from rmt._checks import check_array, check_choice, check_integer
from rmt._parallel import map_ordered
from rmt._random import RandomState, generator
from rmt.ensembles import JacobianChain
from rmt.laws import EigenvectorLaw, Layer
from rmt.localisation import binned_dimensions
from rmt.localisation.weights import SIDES
from rmt.meanfield import ActivationProfile, fixed_point
from rmt.spectra import product_eig
from rmt.tables import Table, write

__all__ = ["Cell", "dimension_diagram", "main", "write_dimension_diagram"]

OBJECTS = ("layer", "product")


@dataclasses.dataclass(frozen=True)
class Cell:
    """One cell of the diagram: everything that determines its numbers, picklable.

    Attributes
    ----------
    alpha, sigma_w, sigma_b : float
    coupling, order, activation, side : str
    layers : tuple of int
    q : tuple of float
    F : (float, float)
    width, realisations, theory_vectors : int
    stream : numpy SeedSequence
    """

    alpha: float
    sigma_w: float
    sigma_b: float
    coupling: str
    order: str
    activation: str
    side: str
    layers: tuple[int, ...]
    q: tuple[float, ...]
    F: tuple[float, float]
    width: int
    realisations: int
    theory_vectors: int
    stream: np.random.SeedSequence


def _theory(cell: Cell, layer: int, what: str) -> Any:
    """The prediction for one object, or None where no law is known."""
    depth = layer if what == "product" else 1
    exact = cell.coupling == "independent" or (cell.order == "WD" and depth == 1) or cell.alpha == 2.0
    if not exact:
        return None
    point = fixed_point(alpha=cell.alpha, sigma_w=cell.sigma_w, sigma_b=cell.sigma_b, activation=cell.activation)
    profile = ActivationProfile(activations.get(cell.activation), point.q, cell.alpha)
    if cell.order == "DW":
        law = EigenvectorLaw([Layer(cell.alpha, cell.sigma_w, profile=profile)] * depth, cell.side)
    else:
        inner = [Layer(cell.alpha, cell.sigma_w, profile=profile)] * (depth - 1)
        law = EigenvectorLaw([*inner, Layer(cell.alpha, cell.sigma_w)], cell.side, input_profile=profile)
    stream = np.random.default_rng(cell.stream.spawn(1)[0])
    return law.prediction(cell.width, cell.q, cell.F, vectors=cell.theory_vectors, rng=stream)


def _measure(cell: Cell) -> list[dict[str, Any]]:
    """The rows of one cell; a worker of `map_ordered`."""
    random = np.random.default_rng(cell.stream)
    chain = JacobianChain(
        cell.width,
        max(cell.layers),
        alpha=cell.alpha,
        sigma_w=cell.sigma_w,
        sigma_b=cell.sigma_b,
        activation=cell.activation,
        coupling=cell.coupling,
        order=cell.order,
    )
    wanted = [(layer, what) for layer in cell.layers for what in OBJECTS if layer > 1 or what == "layer"]
    spectra: dict[tuple[int, str], list[Any]] = {key: [] for key in wanted}
    for stream in random.spawn(cell.realisations):
        factors = list(chain.sample(rng=stream))
        for layer, what in wanted:
            spectra[layer, what].append(product_eig(factors[layer - 1 : layer] if what == "layer" else factors[:layer]))
    rows = []
    for layer, what in wanted:
        found = binned_dimensions(
            spectra[layer, what], cell.q, cell.F, side=cell.side, guard=cell.width**-0.5, zeros="support", rng=random
        )
        theory = _theory(cell, layer, what)
        for place, power in enumerate(cell.q):
            row: dict[str, Any] = {
                "coupling": cell.coupling,
                "object": what,
                "layer": layer,
                "alpha": cell.alpha,
                "sigma_w": cell.sigma_w,
                "q": power,
                "dimension": float(found.dimension[0, place]),
                "dimension_stderr": float(found.stderr[0, place]),
                "theory": None,
                "theory_stderr": None,
                "pull": None,
            }
            if theory is not None:
                value, error = float(theory.dimension[place]), float(theory.stderr[place])
                row |= {"theory": value, "theory_stderr": error}
                row["pull"] = (row["dimension"] - value) / float(np.hypot(row["dimension_stderr"], error))
            rows.append(row)
    return rows


def dimension_diagram(
    alphas: ArrayLike,
    sigma_ws: ArrayLike,
    *,
    q: ArrayLike = (0.5, 1.0, 2.0),
    layers: Sequence[int] = (1, 3),
    couplings: Sequence[str] = ("independent", "network"),
    order: str = "DW",
    side: str = "right",
    sigma_b: float = 0.0,
    activation: str = "tanh",
    F: tuple[float, float] = (0.2, 0.8),
    width: int = 200,
    realisations: int = 8,
    theory_vectors: int = 1000,
    rng: RandomState = None,
    executor: Executor | None = None,
    progress: bool = False,
) -> Table:
    r"""Measured and predicted :math:`D_q` over a grid of (alpha, sigma_w, layer, q).

    Parameters
    ----------
    alphas, sigma_ws : array_like
        The grid; every pair is a cell.
    q : array_like
        Finite powers.
    layers : sequence of int
        Layer numbers l >= 1: the layer Jacobian J_l and, for l > 1, the product J_l ... J_1.
    couplings : sequence of {"independent", "network"}
    order : {"DW", "WD"}
        J_l = D_l W_l or W_l D_{l-1}.
    side : {"right", "left", "biorthogonal"}
    sigma_b, activation
        As for `rmt.ensembles.JacobianChain`; chains start from the stationary state.
    F : (float, float)
        Bin of the modulus rank whose complex eigenvalues enter.
    width, realisations : int
        Sites and networks per cell (at least 5).
    theory_vectors : int
        Sampled vectors of the prediction.
    rng : seed or Generator
        The same seed gives the same table on any executor.
    executor : concurrent.futures.Executor, optional
    progress : bool

    Returns
    -------
    rmt.tables.Table
        Columns ``coupling object layer alpha sigma_w q dimension dimension_stderr theory theory_stderr pull``. Dimensions are
        typical, at one width: they carry the finite-size bias, and so does the prediction. Theory is empty where no law is known.

    Raises
    ------
    ValueError
        For an empty grid, unknown names, fewer than 5 realisations or a bin without eigenvalues.

    Notes
    -----
    Source of the diagram: arXiv:2203.12967. Errors: cluster bootstrap over networks. For ``side`` on the frozen side (right of
    W D, left of D W) the prediction converges slowly in ``theory_vectors``.

    Examples
    --------
    >>> from rmt.papers.dimension_diagram import dimension_diagram
    >>> table = dimension_diagram([1.8], [1.5], q=[2.0], layers=[1], width=60, realisations=5, theory_vectors=200, rng=0)
    >>> table.columns["coupling"], [value is None for value in table.columns["theory"]]
    (['independent', 'network'], [False, True])
    """
    indices = [float(one) for one in np.atleast_1d(check_array("alphas", alphas, min_size=1))]
    gains = [float(one) for one in np.atleast_1d(check_array("sigma_ws", sigma_ws, min_size=1))]
    powers = tuple(float(one) for one in np.atleast_1d(check_array("q", q, min_size=1)))
    numbers = tuple(check_integer("layers", one, low=1) for one in layers)
    if not numbers:
        raise ValueError("layers must hold at least one layer number >= 1")
    for coupling in couplings:
        check_choice("coupling", coupling, ("independent", "network"))
    low, high = (float(one) for one in check_array("F", F, ndim=1, min_size=2))
    check_integer("realisations", realisations, low=5)
    grid = [(c, a, s) for c in couplings for a in indices for s in gains]
    seeds = generator(rng).bit_generator.seed_seq.spawn(len(grid))  # type: ignore[attr-defined]
    cells = [
        Cell(
            alpha=a,
            sigma_w=s,
            sigma_b=float(sigma_b),
            coupling=c,
            order=order,
            activation=activation,
            side=side,
            layers=numbers,
            q=powers,
            F=(low, high),
            width=check_integer("width", width, low=10),
            realisations=realisations,
            theory_vectors=theory_vectors,
            stream=seed,
        )
        for (c, a, s), seed in zip(grid, seeds, strict=True)
    ]
    rows = [
        row
        for part in map_ordered(_measure, cells, executor=executor, progress=progress, description="D_q diagram")
        for row in part
    ]
    caption = f"Generalised dimensions of {side} eigenvectors, order {order}, {activation}, N = {width}, F in ({low:g}, {high:g})"
    return Table(
        {name: [row[name] for row in rows] for name in rows[0]},
        errors={"dimension": "dimension_stderr", "theory": "theory_stderr"},
        caption=caption,
        headings={"alpha": r"$\alpha$", "sigma_w": r"$\sigma_w$", "q": "$q$", "dimension": "$D_q$"},
    )


def write_dimension_diagram(table: Table, out: str | Path) -> list[Path]:
    """Write the diagram as ``dimension_diagram.md``, ``.tex``, ``.csv`` and its pictures, at the largest q.

    ``dimension_diagram.png`` has points with errors and the law as lines, against alpha; ``dimension_map.png``, made for two or
    more alphas and gains, has colours over (alpha, sigma_w): a row of panels a coupling, a column an object.

    Parameters
    ----------
    table : Table
        From `dimension_diagram`.
    out : path
        Directory, made if absent.

    Returns
    -------
    list of Path
    """
    from rmt.plotting import save

    directory = Path(out)
    directory.mkdir(parents=True, exist_ok=True)
    files = [write(table, directory / f"dimension_diagram.{form}") for form in ("md", "tex", "csv")]
    columns = {name: np.array(values, dtype=object) for name, values in table.columns.items()}
    chosen = columns["q"] == max(columns["q"])
    columns = {name: values[chosen] for name, values in columns.items()}
    pictures = {"dimension_diagram": _curves(columns)}
    if len(set(columns["alpha"])) > 1 and len(set(columns["sigma_w"])) > 1:
        pictures["dimension_map"] = _maps(columns)
    for name, figure in pictures.items():
        files += save(figure, directory / name, provenance=dict(table.provenance or {}))
    return files


def _panels(columns: dict[str, Any], width: float, height: float) -> Iterator[tuple[Any, str, str, dict[str, Any]]]:
    """A row of panels a coupling, a column an object: axes, coupling, title, and the rows that belong there."""
    from rmt.plotting import axes

    couplings = sorted(set(columns["coupling"]))
    objects = sorted(set(zip(columns["object"], columns["layer"], strict=True)))
    size = (width * len(objects), height * len(couplings))
    grid = np.reshape(axes(figsize=size, nrows=len(couplings), ncols=len(objects)), (len(couplings), len(objects)))
    for panels, coupling in zip(grid, couplings, strict=True):
        for panel, (what, layer) in zip(panels, objects, strict=True):
            here = (columns["coupling"] == coupling) & (columns["object"] == what) & (columns["layer"] == layer)
            title = f"{what} {layer}" if what == "layer" else f"product of {layer}"
            yield panel, coupling, title, {name: values[here] for name, values in columns.items()}


def _curves(columns: dict[str, Any]) -> Any:
    from rmt.plotting import plot_points, style

    with style():
        for number, (panel, coupling, title, rows) in enumerate(_panels(columns, 3.0, 2.6)):
            for series, gain in enumerate(sorted(set(rows["sigma_w"]))):
                one = {name: values[rows["sigma_w"] == gain] for name, values in rows.items()}
                x, y, error = (one[name].astype(float) for name in ("alpha", "dimension", "dimension_stderr"))
                law = None if one["theory"][0] is None else (x, one["theory"].astype(float))
                label = rf"$\sigma_w = {gain:g}$"
                plot_points(x, y, error, theory=law, ax=panel, label=label, theory_label="_law", series=series)
            if number:
                panel.get_legend().remove()
            panel.set_title(f"{coupling}, {title}")
            panel.set_xlabel(r"$\alpha$")
            panel.set_ylabel(f"$D_{{{columns['q'][0]:g}}}$")
    return panel.figure


def _maps(columns: dict[str, Any]) -> Any:
    from rmt.plotting import plot_phase_diagram, style

    limits = columns["dimension"].astype(float).min(), columns["dimension"].astype(float).max()
    with style():
        for panel, coupling, title, rows in _panels(columns, 3.0, 2.4):
            alphas, gains = (np.array(sorted(set(rows[name])), dtype=float) for name in ("alpha", "sigma_w"))
            order = np.lexsort((rows["alpha"].astype(float), rows["sigma_w"].astype(float)))
            values = rows["dimension"].astype(float)[order].reshape(gains.size, alphas.size)
            label = f"$D_{{{columns['q'][0]:g}}}$"
            plot_phase_diagram(alphas, gains, values, levels=(), ax=panel, value_label=label)
            panel.collections[0].set_clim(*limits)  # one scale: panels are to be compared
            panel.set_title(f"{coupling}, {title}")
    return panel.figure


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line of the diagram.

    Parameters
    ----------
    arguments : sequence of str, optional
        By default those of the process.

    Returns
    -------
    int
        Exit status.
    """
    parser = argparse.ArgumentParser(prog="python -m rmt.papers.dimension_diagram", description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--alpha", type=float, nargs="+", default=[1.0, 1.2, 1.4, 1.6, 1.8, 2.0])
    parser.add_argument("--sigma-w", type=float, nargs="+", default=[0.5, 1.0, 1.5, 2.0, 3.0])
    parser.add_argument("--layers", type=int, nargs="+", default=[1, 3])
    parser.add_argument("--q", type=float, nargs="+", default=[0.5, 1.0, 2.0])
    parser.add_argument("--order", choices=("DW", "WD"), default="DW")
    parser.add_argument("--side", choices=SIDES, default="right")
    parser.add_argument("--width", type=int, default=200)
    parser.add_argument("--realisations", type=int, default=8)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--progress", action="store_true")
    chosen = vars(parser.parse_args(arguments))
    out, seed = chosen.pop("out"), chosen.pop("seed")
    table = dimension_diagram(chosen.pop("alpha"), chosen.pop("sigma_w"), rng=seed, **chosen)
    for path in write_dimension_diagram(table, out):
        print(path)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
