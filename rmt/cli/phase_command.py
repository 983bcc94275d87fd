"""The phase diagram of signal propagation: lines with their parameters, the map behind them, and tables of both."""

from __future__ import annotations

import argparse

from rmt import activations
from rmt.cli.common import add_json, add_out, add_seed, make_directory, print_json

__all__ = ["add_arguments", "run"]

EPILOG = """examples:
  rmt phase                              tanh, no bias, alpha in [1, 2], sigma_w in (0, 3]
  rmt phase --sigma-b 0.5 --p 0.01       with biases an ordered phase exists: lambda = 0 is drawn
  rmt phase --activation softsign --map log_q --json
"""
MAPS = ("lyapunov", "log_q", "log_chi", "order")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of ``rmt phase``.

    Parameters
    ----------
    parser : argparse.ArgumentParser

    Returns
    -------
    None
    """
    parser.add_argument("--activation", default="tanh", help=f"one of {', '.join(activations.names())} (default tanh)")
    parser.add_argument("--sigma-b", type=float, default=0.0, metavar="S", help="scale of the biases (default 0)")
    parser.add_argument(
        "--alpha", type=float, nargs=2, default=(1.0, 2.0), metavar=("MIN", "MAX"), help="range of alpha"
    )
    parser.add_argument("--sigma-w-max", type=float, default=3.0, metavar="S", help="largest sigma_w (default 3)")
    parser.add_argument("--points", type=int, default=21, metavar="N", help="values of alpha on the lines (default 21)")
    parser.add_argument(
        "--p", type=float, nargs="+", default=[0.001, 0.01, 0.05], help="fractions of the ordered lines"
    )
    parser.add_argument("--orders", type=int, nargs="*", default=[3, 11, 91], help="odd orders of the moment contours")
    parser.add_argument("--widths", type=int, nargs="*", default=[1000], help="widths of the quiescent lines")
    parser.add_argument(
        "--gain-cut",
        type=float,
        default=4.5,
        metavar="S",
        help="cut-off of the truncated-gain line (0: none; default 4.5)",
    )
    parser.add_argument(
        "--edge-width",
        type=int,
        default=200,
        metavar="N",
        help="width of the scanned edge of chaos (0: none; default 200)",
    )
    parser.add_argument("--map", choices=MAPS, default="lyapunov", help="quantity shown in colour (default lyapunov)")
    add_out(parser, "phase", "directory for the figure and the tables")
    add_seed(parser)
    add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    """Compute, draw and write the diagram.

    Parameters
    ----------
    arguments : argparse.Namespace

    Returns
    -------
    int
    """
    import numpy as np

    from rmt import tables
    from rmt._checks import check_alpha, check_integer, check_real
    from rmt.meanfield import phase_diagram
    from rmt.papers.extended_criticality.phase import add_finite_lines, draw_phase_diagram
    from rmt.plotting import save

    low, high = check_alpha(arguments.alpha[0], low=0.3), check_alpha(arguments.alpha[1], low=0.3)
    if low >= high:
        raise ValueError(f"alpha = {low:g} {high:g} must be an increasing range")
    points = check_integer("points", arguments.points, low=2)
    top = check_real("sigma_w_max", arguments.sigma_w_max, low=0.1)
    out = make_directory(arguments.out)
    diagram = phase_diagram(
        np.linspace(low, high, points),
        np.linspace(top / 30, top, 30),
        sigma_b=arguments.sigma_b,
        activation=arguments.activation,
        p=arguments.p,
        orders=arguments.orders,
        widths=arguments.widths,
    )
    errors = add_finite_lines(
        diagram, cut=arguments.gain_cut or None, width=arguments.edge_width or None, rng=arguments.seed
    )
    parameters = {"activation": diagram.activation, "sigma_b": diagram.sigma_b}
    written = save(draw_phase_diagram(diagram, quantity=arguments.map), out / "phase", provenance=parameters)
    lines = {"alpha": diagram.alpha, **diagram.lines}
    if np.isfinite(errors).any():
        lines["stderr of the edge"] = errors
    written += tables.write_all(lines, out / "lines", formats=("csv", "md", "tex"))
    alpha, sigma_w = np.meshgrid(diagram.alpha, diagram.sigma_w, indexing="ij")
    cells = {"alpha": alpha.ravel(), "sigma_w": sigma_w.ravel()}
    cells |= {name: values.ravel() for name, values in diagram.maps.items()}
    written.append(tables.write(cells, out / "map.csv"))
    if arguments.json:
        print_json({"parameters": parameters, "lines": lines, "files": written})
    else:
        print("\n".join(map(str, written)))
    return 0
