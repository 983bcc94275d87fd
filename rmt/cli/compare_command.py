"""One limit law against Monte Carlo: errors over realisations, pulls, one p-value.

Samples are drawn here or read from a file whose rows are realisations. The laws describe the independent ensemble; samples
of the network ensemble are refused where its limit is another one (alpha < 2).
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

import numpy as np

from rmt.cli.common import add_json, add_out, add_progress, add_seed, make_directory, print_json

__all__ = ["EPILOG", "add_arguments", "run"]

LAWS = ("singular", "radial", "stable")
EPILOG = """\
laws:
  singular   singular values of the product (natural logarithms are compared: they always fit into a double)
  radial     moduli of its eigenvalues (likewise)
  stable     the entries themselves, independent numbers

examples:
  rmt compare singular --alpha 1.5 --depth 3 --width 100 --realisations 40
  rmt compare radial --alpha 1.2 --activation tanh --sigma-w 2 --out comparison
  rmt compare singular --alpha 1.5 --samples log_values.npy
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of ``rmt compare``.

    Parameters
    ----------
    parser : argparse.ArgumentParser

    Returns
    -------
    None
    """
    parser.add_argument("law", choices=LAWS, help="what is compared")
    parser.add_argument("--alpha", type=float, default=1.5, help="stability index (default 1.5)")
    parser.add_argument("--sigma-w", type=float, default=1.0, help="weight scale (default 1)")
    parser.add_argument("--depth", type=int, default=1, help="layers of the product (default 1)")
    parser.add_argument("--activation", default="linear", help="activation of the layers (default linear: D = 1)")
    parser.add_argument(
        "--coupling", choices=("independent", "network"), default="independent", help="ensemble sampled"
    )
    parser.add_argument("--width", type=int, default=100, help="width of the sampled matrices (default 100)")
    parser.add_argument("--realisations", type=int, default=40, help="products sampled (default 40)")
    parser.add_argument(
        "--samples", type=Path, metavar="FILE", help="npy, npz or csv of samples; rows are realisations"
    )
    parser.add_argument(
        "--statistic", choices=("cdf", "density", "quantile", "mean"), default="cdf", help="default cdf"
    )
    parser.add_argument(
        "--sigmas", type=float, default=4.0, help="how much they may differ (default 4): exit status 1 beyond"
    )
    add_out(parser, None, "directory for a table and a figure")
    add_seed(parser)
    add_progress(parser)
    add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    """Compare, print, and say by the exit status whether theory and Monte Carlo agree.

    Parameters
    ----------
    arguments : argparse.Namespace

    Returns
    -------
    int
        0 if they agree within ``--sigmas``, 1 if not.
    """
    from rmt._checks import check_alpha, check_integer, check_real
    from rmt.compare import ComparisonFailed, check_coupling, compare
    from rmt.tables import as_table

    check_alpha(arguments.alpha)
    check_real("sigma_w", arguments.sigma_w, low=0.0, low_open=True)
    check_real("sigmas", arguments.sigmas, low=0.0, low_open=True)
    check_integer("depth", arguments.depth, low=1)
    check_integer("width", arguments.width, low=2)
    check_integer("realisations", arguments.realisations, low=2)
    out = make_directory(arguments.out) if arguments.out else None
    law = _law(arguments)
    check_coupling(law, None, arguments.coupling)  # before sampling for minutes
    samples = read_samples(arguments.samples) if arguments.samples else _samples(arguments)
    log = arguments.law != "stable"
    drawn = ("samples",) if arguments.samples else ("width", "realisations", "seed")
    names = ("law", "alpha", "sigma_w", "depth", "activation", *drawn)
    meta = {name: getattr(arguments, name) for name in names}
    result = compare(
        law,
        samples,
        coupling=arguments.coupling,
        statistic=arguments.statistic,
        log=log,
        label=arguments.law,
        meta=meta,
    )
    try:
        result.check(arguments.sigmas)
        agree, message = True, f"agree within {arguments.sigmas:g} sigma"
    except ComparisonFailed as failure:
        agree, message = False, str(failure)
    table = as_table(result, caption=f"{arguments.law}: theory and Monte Carlo, ln of the values" if log else None)
    if out is not None:
        _write(result, table, out, "ln of the value" if log else "value")
    if arguments.json:
        print_json({**result.to_columns(), "p_value": result.p_value, "test": result.test, "agree": agree})
    else:
        print(table)
        print(
            f"\np-value of the whole: {result.p_value:.3g} ({result.test}, {result.realisations} realisations)\n{message}"
        )
    return 0 if agree else 1


def _profile(arguments: argparse.Namespace) -> Any:
    if arguments.activation == "linear":
        return None
    from rmt.meanfield import ActivationProfile, fixed_point

    point = fixed_point(alpha=arguments.alpha, sigma_w=arguments.sigma_w, activation=arguments.activation)
    return ActivationProfile(arguments.activation, point.q, arguments.alpha)


def _law(arguments: argparse.Namespace) -> Any:
    if arguments.law == "stable":
        from rmt.stable import AlphaStable

        return AlphaStable(arguments.alpha, scale=arguments.sigma_w * (2 * arguments.width) ** (-1 / arguments.alpha))
    from rmt.laws import Layer, RadialLaw, SingularValueLaw

    layers = [Layer(arguments.alpha, arguments.sigma_w, profile=_profile(arguments))] * arguments.depth
    return SingularValueLaw(layers) if arguments.law == "singular" else RadialLaw(layers)


def _factors(arguments: argparse.Namespace, rng: np.random.Generator) -> Any:
    from rmt.ensembles import JacobianChain, levy_matrix

    alpha, sigma_w, width = arguments.alpha, arguments.sigma_w, arguments.width
    if arguments.activation == "linear":
        return [levy_matrix(width, alpha=alpha, sigma_w=sigma_w, rng=rng) for _ in range(arguments.depth)]
    options = {"alpha": alpha, "sigma_w": sigma_w, "activation": arguments.activation, "coupling": arguments.coupling}
    return JacobianChain(width, arguments.depth, **options).sample(rng=rng)


def _samples(arguments: argparse.Namespace) -> Any:
    from tqdm import tqdm

    from rmt._random import streams
    from rmt.ensembles import levy_matrix
    from rmt.spectra import product_eigenvalues, product_singular_values

    rngs = streams(arguments.seed, arguments.realisations)
    if arguments.law == "stable":
        width = arguments.width
        matrix = levy_matrix(width, alpha=arguments.alpha, sigma_w=arguments.sigma_w, rng=rngs[0])
        return matrix.ravel()
    hidden = not (sys.stderr.isatty() if arguments.progress is None else arguments.progress)
    rows = []
    for rng in tqdm(rngs, desc=arguments.law, disable=hidden):
        factors = _factors(arguments, rng)
        if arguments.law == "singular":
            rows.append(product_singular_values(factors).log_values)
        else:
            rows.append(product_eigenvalues(factors).log_modulus)
    return np.array(rows)


def read_samples(path: Path) -> Any:
    """Samples out of a file.

    Parameters
    ----------
    path : Path
        ``.npy``; ``.npz`` with one array; ``.csv`` or ``.txt`` with numbers separated by commas.

    Returns
    -------
    ndarray, (R, n) or (n,)
    """
    from rmt.weights import readers

    if not path.is_file():
        raise ValueError(f"{path}: there is no such file")
    try:
        if path.suffix == ".npy":
            return next(iter(readers.read_npy(path).values()))
        if path.suffix == ".npz":
            arrays = readers.read_npz(path)
            if len(arrays) != 1:
                raise ValueError(f"{path}: holds {len(arrays)} arrays, one is wanted")
            return next(iter(arrays.values()))
    except readers.Unreadable as error:
        raise ValueError(f"{path}: {error}") from None
    if path.suffix not in (".csv", ".txt"):
        raise ValueError(f"{path}: the suffix must be one of .npy, .npz, .csv, .txt")
    try:
        samples = np.loadtxt(path, delimiter=",", ndmin=2)
    except (ValueError, UnicodeDecodeError) as error:
        raise ValueError(f"{path}: is not a table of numbers ({' '.join(str(error).split())[:120]})") from None
    return samples[:, 0] if samples.shape[1] == 1 else samples


def _write(result: Any, table: Any, out: Path, what: str) -> None:
    from rmt.tables import write_all

    for path in write_all(table, out / "comparison"):
        print(path, file=sys.stderr)
    if result.points is None or np.size(result.points) < 2:
        return
    from rmt.plotting import axes, plot_comparison, plot_points, save

    upper, lower = axes(nrows=2, figsize=(4.5, 5.0))
    plot_points(result.points, result.estimate, result.stderr, theory=(result.points, result.theory), ax=upper)
    upper.set_ylabel({"cdf": "share below", "density": "density"}.get(result.statistic, what))
    plot_comparison(result, ax=lower)
    lower.set_title("")
    meta = result.meta
    upper.set_title(f"{meta['law']}, alpha = {meta['alpha']:g}, sigma_w = {meta['sigma_w']:g}, depth = {meta['depth']}")
    lower.set_xlabel("level" if result.statistic == "quantile" else what)
    upper.set_xlabel("")
    for path in save(upper, out / "comparison", provenance=result.meta):
        print(path, file=sys.stderr)
