"""arXiv:2307.02284, the sections on fully connected networks: metric factors, order parameter, finite width, training."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rmt import criticality as room
from rmt.papers.digits import DigitsResult, train_on_digits
from rmt.plotting import axes, plot_collapse, plot_phase_diagram, plot_points, save
from rmt.tables import Table, write_all

__all__ = [
    "Job",
    "finite_size_scaling",
    "finite_transition",
    "metric_factors",
    "order_parameter",
    "tangent_kernel",
    "training",
    "zero_parameter_collapse",
]

Array = NDArray[np.float64]
ACTIVATIONS = (("tanh", 0.3), ("erf", 0.3), ("sin", 1.0))


@dataclass(frozen=True)
class Job:
    """Where to write, how much to compute, and one random stream per section."""

    out: Path
    quick: bool
    seed: int

    def rng(self, section: int) -> np.random.Generator:
        return np.random.default_rng([self.seed, section])

    def pick(self, quick: Any, full: Any) -> Any:
        return quick if self.quick else full

    def table(self, name: str, caption: str, columns: dict[str, Any], **options: Any) -> None:
        write_all(Table(columns, caption=caption, **options), self.out / name, formats=("md", "tex", "csv"))

    def figure(self, name: str, ax: Any) -> None:
        save(ax, self.out / name)


def metric_factors(job: Job) -> str:
    """Critical points with all constants, and the phase diagram of tanh.

    Parameters
    ----------
    job : Job
        Where to write and how much to compute.

    Returns
    -------
    str
        Constants of tanh at bias 0.3, as text.
    """
    cases = [("tanh", 0.1), ("tanh", 0.3), ("tanh", 1.0), ("erf", 0.3), ("erf", 1.0), ("sin", 0.5), ("sin", 1.0)]
    points = [room.critical_point(*case) for case in cases]
    names = ("activation", "sigma_b", "sigma_w", "q", "kappa", "gamma", "c3", "c1", "v", "m")
    job.table(
        "metric_factors",
        "Critical points and metric factors, exact at infinite width; c1, v and m to first order in 1/width",
        {name: [getattr(point, name) for point in points] for name in names},
        digits=10,
    )
    sigma_w, sigma_b = np.linspace(0.6, 3.0, job.pick(25, 81)), np.linspace(0.05, 1.5, job.pick(16, 59))
    growth = np.array(
        [
            [math.log(room.correlation_map(1e-200, "tanh", sigma_w=w, sigma_b=b) / 1e-200) for w in sigma_w]
            for b in sigma_b
        ]
    )
    line = np.array([room.critical_point("tanh", b).sigma_w for b in sigma_b])
    ax = plot_phase_diagram(
        sigma_w, sigma_b, growth, levels=(), lines={"critical line": (line, sigma_b)}, x_label=r"$\sigma_w$",
        y_label=r"$\sigma_b$", value_label=r"$\ln\chi_1$",
    )  # fmt: skip
    job.figure("phase_diagram", ax)
    tanh = points[1]
    shown = ", ".join(f"{name} = {getattr(tanh, name):.9g}" for name in ("sigma_w", "kappa", "gamma", "v"))
    return f"tanh, sigma_b = 0.3: {shown}"


def order_parameter(job: Job) -> str:
    """Order parameter against depth below, at and above the transition: mean field and width 200.

    Parameters
    ----------
    job : Job
        Where to write and how much to compute.

    Returns
    -------
    str
        Decay exponent of the exact flow, as text.
    """
    point = room.critical_point("tanh", 0.3)
    width, depth, runs = 200, job.pick(120, 400), job.pick(200, 2000)
    layers = np.unique(np.geomspace(2, depth, 14).astype(int))
    columns: dict[str, list[Any]] = {name: [] for name in ("sigma_w", "layer", "mean_field", "rho", "rho_stderr")}
    ax: Any = None
    for series, shift in enumerate((-0.15, 0.0, 0.15)):
        sigma_w = point.sigma_w + shift
        flow = room.correlation_flow("tanh", sigma_w=sigma_w, sigma_b=0.3, depth=depth)
        chain = room.simulate_pairs(
            width, depth, sigma_w=sigma_w, sigma_b=0.3, realisations=runs, rng=job.rng(10 + series)
        )
        ax = plot_points(
            layers, chain.mean[layers - 1], chain.stderr[layers - 1], theory=(np.arange(1, depth + 1), flow), ax=ax,
            label=rf"$n = {width}$, $\sigma_w = {sigma_w:.3f}$", theory_label="mean field" if series == 0 else "_", series=series,
        )  # fmt: skip
        for l in layers:
            row = (sigma_w, int(l), flow[l - 1], chain.mean[l - 1], chain.stderr[l - 1])
            for name, value in zip(columns, row, strict=True):
                columns[name].append(value)
    job.table(
        "order_parameter", f"Order parameter against depth, tanh, sigma_b = 0.3, width {width}", columns,
        errors={"rho": "rho_stderr"},
    )  # fmt: skip
    ax.set_xscale("log")
    ax.set_yscale("log")
    ax.set_xlabel("layer")
    ax.set_ylabel(r"$\rho$")
    job.figure("order_parameter", ax)
    flow = room.correlation_flow("tanh", sigma_w=point.sigma_w, sigma_b=0.3, depth=2000)
    _, slope = room.local_slopes(np.arange(1.0, 2001.0), flow, 2.0)
    return f"decay exponent of the exact flow at l = 1000..2000: {slope[-1]:.4f} (1 claimed, logarithmic correction)"


def zero_parameter_collapse(job: Job) -> dict[str, float]:
    """kappa n rho / v against v l_eff / n at m = 1/2 for three activations and two widths, on F(s; 1/2): nothing fitted.

    Parameters
    ----------
    job : Job
        Where to write and how much to compute.

    Returns
    -------
    dict of float
        Mean ratios to both orders of the theory, number of points, largest pull from the second.
    """
    names = ("activation", "width", "layer", "s", "scaled", "scaled_stderr", "F", "over_F", "over_F_stderr")
    columns: dict[str, list[Any]] = {name: [] for name in (*names, "second_order", "ratio", "ratio_stderr", "pull")}
    ax, series = axes(), 0
    grid = np.geomspace(0.12, 12.0, 80)
    ax.plot(grid, room.scaling_function(grid, 0.5), color="black", label=r"$F(s;1/2)$")
    for name, sigma_b in ACTIVATIONS:
        point = room.critical_point(name, sigma_b)
        for width in (100, 400):
            depth = 2 * width
            chain = room.simulate_pairs(
                width, depth, sigma_w=point.sigma_w_at(width), sigma_b=sigma_b, activation=name,
                realisations=job.pick({100: 800, 400: 150}, {100: 20000, 400: 4000})[width], rng=job.rng(20 + series),
            )  # fmt: skip
            layers = np.unique(np.geomspace(max(10, width // 20), depth, 8).astype(int))
            s = point.v * room.effective_depth(point, depth)[layers - 1] / width
            factor = point.kappa * width / point.v
            scaled, error = factor * chain.mean[layers - 1], factor * chain.stderr[layers - 1]
            first = room.scaling_function(s, 0.5)
            second = factor * room.mean_order_parameter(point, width, depth, point.sigma_w_at(width))[layers - 1]
            plot_points(s, scaled, error, ax=ax, label=f"{name}, $n = {width}$", series=series)
            pull = (scaled - second) / error
            values = (
                layers, s, scaled, error, first, scaled / first, error / first, second, scaled / second, error / second, pull,
            )  # fmt: skip
            columns["activation"] += [name] * s.size
            columns["width"] += [width] * s.size
            for column, value in zip(list(columns)[2:], values, strict=True):
                columns[column] += value.tolist()
            series += 1
    ax.set_xscale("log")
    ax.set_yscale("log")
    ax.set_xlabel(r"$v\,l_{\rm eff}/n$")
    ax.set_ylabel(r"$\kappa n\,E\rho/v$")
    ax.legend(frameon=False, fontsize=8)
    job.figure("collapse", ax)
    job.table(
        "collapse",
        "Three activations on the scaling function F(s; 1/2) and on the second order in 1/width, no fitted parameter",
        columns, errors={"scaled": "scaled_stderr", "over_F": "over_F_stderr", "ratio": "ratio_stderr"},
    )  # fmt: skip
    found = {"points": float(len(columns["s"])), "largest pull": float(np.max(np.abs(columns["pull"])))}
    for name in ("over_F", "ratio"):
        weight = np.array(columns[f"{name}_stderr"]) ** -2.0
        found[name] = float(weight @ np.array(columns[name]) / weight.sum())
    return found


def finite_transition(job: Job) -> list[str]:
    """Lyapunov exponent of networks of finite width around sigma_w^c(n): where it changes sign.

    Parameters
    ----------
    job : Job
        Where to write and how much to compute.

    Returns
    -------
    list of str
        For each width where the growth changes sign, measured and predicted.
    """
    point = room.critical_point("tanh", 0.3)
    columns: dict[str, list[Any]] = {
        name: [] for name in ("width", "sigma_w", "theory", "exponent", "exponent_stderr", "pull")
    }
    zeros = []
    for width in (20, 50, 200):
        critical = room.width_critical_sigma_w(point, width)
        step = 0.5 / width
        values, errors = [], []
        for k in (-1, 0, 1):
            sigma_w = critical + k * step
            chain = room.simulate_tangent(
                width, job.pick(400, 2000), sigma_w=sigma_w, sigma_b=0.3, realisations=job.pick(60000, 400000) // width // 2,
                rng=job.rng(100 + 3 * width + k),
            )  # fmt: skip
            value, error = chain.exponent(50)
            theory = 0.5 * room.finite_width(point, sigma_w).drift(width)
            values.append(value)
            errors.append(error)
            for name, entry in zip(
                columns, (width, sigma_w, theory, value, error, (value - theory) / error), strict=True
            ):
                columns[name].append(entry)
        slope = (values[2] - values[0]) / (2 * step)
        zero, zero_error = critical - float(np.mean(values)) / slope, math.sqrt(sum(e**2 for e in errors)) / 3 / slope
        first = point.sigma_w_at(width)
        zeros.append(f"n = {width}: {zero:.4f} +- {zero_error:.4f} (theory {critical:.4f}, first order {first:.4f})")
    job.table(
        "finite_width_lyapunov", "Lyapunov exponent of a small difference, tanh, sigma_b = 0.3, and its prediction to 1/width^2",
        columns, errors={"exponent": "exponent_stderr"},
    )  # fmt: skip
    return zeros


def finite_size_scaling(job: Job) -> dict[str, room.Collapse]:
    """Exponents of rho = n^-b f(l/n^a) at sigma_w^c, with plain and effective depth, and their drift.

    Parameters
    ----------
    job : Job
        Where to write and how much to compute.

    Returns
    -------
    dict of Collapse
        Fits with plain and with effective depth.
    """
    point = room.critical_point("tanh", 0.3)
    sizes = [50, 100, 200, 400]
    layers = {n: np.unique(np.geomspace(max(9, 0.1 * n), 2 * n, 10).astype(int)) for n in sizes}
    data = []
    for n in sizes:
        runs = job.pick({50: 4000, 100: 3000, 200: 1500, 400: 400}, {50: 40000, 100: 20000, 200: 10000, 400: 4000})[n]
        chain = room.simulate_pairs(
            n, 2 * n, sigma_w=point.sigma_w, sigma_b=0.3, realisations=runs, rng=job.rng(200 + n)
        )
        data.append(chain.rho[:, layers[n] - 1])
    effective = room.effective_depth(point, 2 * sizes[-1])
    abscissae = {
        "depth": [layers[n].astype(float) for n in sizes],
        "effective depth": [effective[layers[n] - 1] for n in sizes],
    }
    fits = {
        name: room.collapse(x, data, sizes, method="houdayer-hartmann", bootstrap=job.pick(15, 200), rng=job.rng(300))
        for name, x in abscissae.items()
    }
    rows = [(name, fit, k) for name, fit in fits.items() for k in range(fit.kept_from.size)]
    job.table(
        "finite_size_scaling", "Exponents of rho = n^-b f(l/n^a), tanh, sigma_b = 0.3, widths 50 to 400; exact: a = b = 1",
        {
            "abscissa": [row[0] for row in rows],
            "smallest_width": [int(row[1].kept_from[row[2]]) for row in rows],
            "a": [row[1].drift_a[row[2]] for row in rows],
            "a_stderr": [row[1].drift_a_stderr[row[2]] for row in rows],
            "b": [row[1].drift_b[row[2]] for row in rows],
            "b_stderr": [row[1].drift_b_stderr[row[2]] for row in rows],
            "S_all_widths": [row[1].quality for row in rows],
        },
        errors={"a": "a_stderr", "b": "b_stderr"},
    )  # fmt: skip
    means = [values.mean(axis=0) for values in data]
    errors = [values.std(axis=0, ddof=1) / math.sqrt(values.shape[0]) for values in data]
    s = np.geomspace(0.3, 8.5, 60)
    theory = (s / point.v, point.v / point.kappa * room.scaling_function(s, point.m))
    ax = plot_collapse(
        abscissae["effective depth"], means, sizes, x_exponent=-1.0, y_exponent=1.0, stderr=errors, theory=theory,
        x_label=r"$l_{\rm eff}/n$", y_label=r"$n\rho$", size_label="n",
    )  # fmt: skip
    for n in sizes[:2]:
        second = room.mean_order_parameter(point, n, 2 * n)[layers[n] - 1]
        label = r"second order, $n = 50$ and $100$" if n == sizes[0] else "_"
        ax.plot(effective[layers[n] - 1] / n, n * second, color="black", linestyle=":", linewidth=1, label=label)
    ax.legend(frameon=False, fontsize=8, loc="upper right")
    job.figure("finite_size_scaling", ax)
    return fits


def tangent_kernel(job: Job) -> str:
    """Off-diagonal over diagonal tangent kernel at criticality: exact recursion and closed form in y = kappa rho0 L.

    Parameters
    ----------
    job : Job
        Where to write and how much to compute.

    Returns
    -------
    str
        Largest deviation of the closed form, as text.
    """
    columns: dict[str, list[Any]] = {
        name: [] for name in ("activation", "sigma_b", "depth", "y", "recursion", "closed_form", "deviation")
    }
    for name, sigma_b in (("tanh", 0.1), ("tanh", 0.3), ("tanh", 1.0), ("erf", 0.3)):
        point = room.critical_point(name, sigma_b)
        ratio = room.ntk_flow(point, job.pick(300, 3000), 0.1)
        for depth in (10, 30, 100, 300):
            y = point.kappa * 0.1 * depth
            closed = float(room.ntk_ratio(y))
            row = (name, sigma_b, depth, y, ratio[depth - 1], closed, ratio[depth - 1] / closed - 1.0)
            for column, value in zip(columns, row, strict=True):
                columns[column].append(value)
    job.table(
        "tangent_kernel",
        "Tangent kernel at criticality, rho = 0.1 at the input: off-diagonal over diagonal",
        columns,
    )
    return f"closed form within {max(map(abs, columns['deviation'])):.1%} of the recursion for kappa rho0 L from 0.01 to 30"


def training(job: Job) -> DigitsResult | str:
    """A small training experiment on the digits: along the critical line (kappa L) and across it.

    Parameters
    ----------
    job : Job
        Where to write and how much to compute.

    Returns
    -------
    DigitsResult or str
        Accuracies, or why there are none.
    """
    settings = [("critical", b, room.critical_point("tanh", b).sigma_w) for b in (0.03, 0.3, 1.0)]
    settings += [("ordered", 0.3, 0.55 * settings[1][2]), ("chaotic", 0.3, 1.8 * settings[1][2])]
    depth = job.pick(16, 32)
    try:
        result = train_on_digits(
            [(b, w) for _, b, w in settings], width=job.pick(64, 200), depth=depth, steps=job.pick(120, 1000),
            repetitions=job.pick(3, 10), rng=job.rng(800),
        )  # fmt: skip
    except ImportError:
        return "scikit-learn is not installed (pip install 'rmt[experiments]')"
    kappas = [room.critical_point("tanh", b).kappa if phase == "critical" else None for phase, b, _ in settings]
    job.table(
        "training", f"Test accuracy on the digits after {result.steps} steps of gradient descent, tanh, {depth} layers",
        {
            "phase": [s[0] for s in settings],
            "sigma_b": [s[1] for s in settings],
            "sigma_w": [s[2] for s in settings],
            "kappa_L": [None if kappa is None else kappa * depth for kappa in kappas],
            "accuracy": result.accuracy,
            "accuracy_stderr": result.stderr,
        },
        errors={"accuracy": "accuracy_stderr"},
    )  # fmt: skip
    return result
