"""Mean field, exact posterior and Monte Carlo side by side, for settings of a deep linear network on given data."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rmt.deeplinear import (
    Estimate,
    estimate,
    exact_posterior,
    generalisation_error,
    learned_spectra,
    linear_kernel,
    mean_inverse_layer_kernel,
    mean_layer_kernels,
    relu_heuristic,
    sample_posterior,
    sample_relu_outputs,
)
from rmt.laws import FussCatalan, MarchenkoPastur
from rmt.papers.deep_linear_tasks import Task

__all__ = ["SWEEPS", "Setting", "compare_setting", "layer_rows", "rectified_rows", "spectrum_rows", "theory"]

Row = dict[str, Any]
Array = NDArray[np.float64]


@dataclasses.dataclass(frozen=True)
class Setting:
    """One network and training set.

    Parameters
    ----------
    P, N, L : int
        Examples, width of every hidden layer, number of hidden layers.
    sigma, T : float
        Standard deviation of all weights, temperature.
    """

    P: int = 20
    N: int = 60
    L: int = 1
    sigma: float = 1.0
    T: float = 0.0


INTEGERS = ("P", "N", "L")
# what is varied -> (its field of Setting, the other fields, values of the quick run, of the full run)
SWEEPS: dict[str, tuple[str, Setting, Sequence[float], Sequence[float]]] = {
    "width": ("N", Setting(), (10, 30, 60, 120), (10, 15, 24, 30, 40, 60, 90, 120, 240)),
    "depth": ("L", Setting(), (1, 2, 3, 5), (1, 2, 3, 4, 5, 6)),
    "weight noise": ("sigma", Setting(L=2), (0.5, 0.8, 1.25), (0.4, 0.5, 0.6, 0.8, 1.0, 1.25, 1.5)),
    "load": ("P", Setting(sigma=0.8), (10, 15, 30), (6, 10, 15, 20, 30, 40)),
    "temperature": ("T", Setting(N=40, L=2), (0.01, 0.1, 1.0), (0.001, 0.01, 0.1, 1.0)),
}


def varied(kind: str, value: float) -> Setting:
    """The setting of a sweep at one value of what it varies.

    Parameters
    ----------
    kind : str
        A key of ``SWEEPS``.
    value : float

    Returns
    -------
    Setting
    """
    field, base = SWEEPS[kind][:2]
    change: dict[str, Any] = {field: int(value) if field in INTEGERS else float(value)}
    return dataclasses.replace(base, **change)


def _kernels(task: Task, setting: Setting) -> tuple[Array, Array, Array]:
    X, v = task.X[: setting.P], setting.sigma**2
    diagonal = v * np.sum(task.X_test**2, axis=1) / X.shape[1]
    return linear_kernel(X, input_variance=v), linear_kernel(X, task.X_test, input_variance=v), diagonal


def theory(task: Task, setting: Setting) -> Row:
    """Kernel factor and generalisation error, mean field and exact.

    Parameters
    ----------
    task : Task
    setting : Setting

    Returns
    -------
    dict
        ``rho mean field``, ``rho exact``, ``error mean field``, ``error exact``, ``bias``, ``variance``, ``error wide``
        (the Gaussian process of infinite width).
    """
    K0, cross, diagonal = _kernels(task, setting)
    y, v, widths = task.y[: setting.P], setting.sigma**2, [setting.N] * setting.L
    mean_field, exact = (
        generalisation_error(K0, y, cross, diagonal, task.y_test, widths, v, setting.T, method=method)
        for method in ("mean_field", "exact")
    )
    wide = generalisation_error(K0, y, cross, diagonal, task.y_test, [10**9] * setting.L, v, setting.T)
    return {
        "rho mean field": mean_field.rho,
        "rho exact": exact.rho,
        "error mean field": mean_field.error,
        "error exact": exact.error,
        "error wide": wide.error,
        "bias": exact.bias_squared,
        "variance": exact.variance,
    }


def compare_setting(task: Task, setting: Setting, samples: int, rng: np.random.Generator) -> Row:
    """One setting: mean field, exact and Monte Carlo on the weights.

    Parameters
    ----------
    task : Task
    setting : Setting
    samples : int
        Draws of the weights: block Gibbs, or independent exact draws where Gibbs is reducible (T = 0, N <= rank).
    rng : Generator

    Returns
    -------
    dict
    """
    values = theory(task, setting)
    X, y, v, T = task.X[: setting.P], task.y[: setting.P], setting.sigma**2, setting.T
    rank = exact_posterior(_kernels(task, setting)[0], y, setting.N, v, T).rank
    method = "gibbs" if T > 0 or setting.N > rank else "exact"
    draws = sample_posterior(
        X, y, [setting.N] * setting.L, v, T, input_variance=v, method=method, samples=samples, burn_in=100, rng=rng
    )
    rho, error = estimate(draws.rho), draws.generalisation_error(task.X_test, task.y_test)
    return {
        "data": task.name,
        **dataclasses.asdict(setting),
        "rho mean field": values["rho mean field"],
        "rho exact": values["rho exact"],
        "rho MC": rho.value,
        "rho stderr": rho.stderr,
        "rho z": rho.z(values["rho exact"]),
        "rho draws": round(rho.effective_samples),
        "error mean field": values["error mean field"],
        "error exact": values["error exact"],
        "error MC": error.value,
        "error stderr": error.stderr,
        "error z": error.z(values["error exact"]),
        "error draws": round(error.effective_samples),
        "bias": values["bias"],
        "variance": values["variance"],
        "sampler": method,
    }


def layer_rows(
    task: Task, samples: int, rng: np.random.Generator, *, P: int = 20, N: int = 60, L: int = 3
) -> tuple[list[Row], Array, Array]:
    """Kernels of the hidden layers: trace, label signal and inverse, theory beside Gibbs sampling of the weights.

    Parameters
    ----------
    task : Task
    samples : int
    rng : Generator
    P, N, L : int

    Returns
    -------
    rows : list of dict
        One a layer.
    exact, sampled : ndarray, shape (L, P, P)
        Mean kernels.
    """
    X, y, widths = task.X[:P], task.y[:P], [N] * L
    K0 = linear_kernel(X)

    def inverse_signal(weights: list[Array]) -> Array:
        h, out = X.T, []
        for W in weights[:-1]:
            h = W @ h / math.sqrt(h.shape[0])
            out.append(y @ np.linalg.solve(h.T @ h / h.shape[0], y))
        return np.array(out)

    draws = sample_posterior(
        X, y, widths, method="gibbs", samples=samples, burn_in=100, hidden=True, observe=inverse_signal, rng=rng
    )
    exact, leading = mean_layer_kernels(K0, y, widths), mean_layer_kernels(K0, y, widths, method="mean_field")
    assert draws.kernel_traces is not None
    assert draws.kernel_signals is not None
    assert draws.observed is not None
    assert draws.mean_kernels is not None
    rows = []
    for l in range(L):
        inverse = mean_inverse_layer_kernel(K0, y, widths, layer=l + 1)
        inverse_leading = mean_inverse_layer_kernel(K0, y, widths, layer=l + 1, method="mean_field")
        row: Row = {"layer": l + 1}
        for name, chain, prior, mean_field, value in (
            ("trace", draws.kernel_traces[:, :, l], np.trace(K0), np.trace(leading[l]), np.trace(exact[l])),
            ("signal", draws.kernel_signals[:, :, l], y @ K0 @ y, y @ leading[l] @ y, y @ exact[l] @ y),
            (
                "inverse signal",
                draws.observed[:, :, l],
                y @ np.linalg.solve(K0, y) * (N / (N - P - 1)) ** (l + 1),
                y @ inverse_leading @ y,
                y @ inverse @ y,
            ),
        ):
            found = estimate(chain)
            row |= {
                f"{name} prior": float(prior),
                f"{name} mean field": float(mean_field),
                f"{name} exact": float(value),
                f"{name} MC": found.value,
                f"{name} stderr": found.stderr,
                f"{name} z": found.z(float(value)),
            }
        rows.append(row)
    return rows, exact, draws.mean_kernels


def spectrum_rows(task: Task, draws: int, rng: np.random.Generator, *, N: int, sigma: float = 0.6) -> list[Row]:
    """Spectra of the learned weights and of their product: bulk against its law, outliers against the mean field.

    Parameters
    ----------
    task : Task
        With input dimension N, so that all factors are square.
    draws : int
        Independent networks of two hidden layers.
    rng : Generator
    N : int
        Width.
    sigma : float

    Returns
    -------
    list of dict
        Layer 1, layer 2, and their product.
    """
    v = sigma**2

    def squares(weights: list[Array]) -> Array:
        A, B = (W / math.sqrt(W.shape[1]) for W in weights[:-1])
        return np.stack([np.linalg.svd(M, compute_uv=False) ** 2 for M in (A, B, B @ A)])

    found = sample_posterior(
        task.X, task.y, [N, N], v, input_variance=v, samples=draws, chains=1, observe=squares, rng=rng
    )
    assert found.observed is not None
    values = found.observed[0]
    predicted = learned_spectra(task.X, task.y, [N, N], v, input_variance=v)
    laws = (MarchenkoPastur(1.0), MarchenkoPastur(1.0), FussCatalan(2))
    units = (v, v, v**2)  # the laws are those of unit variance
    edges = [unit * float(law.support()[1]) for law, unit in zip(laws, units, strict=True)]
    rows = []
    for i, (name, law) in enumerate(zip(("W_1", "W_2", "W_2 W_1"), laws, strict=True)):
        bulk = np.sort(values[:, i, 1:].ravel())
        steps = np.arange(bulk.size + 1) / bulk.size
        cdf = np.asarray(law.cdf(np.minimum(bulk, edges[i]) / units[i]))
        top = values[:, i, 0]
        rows.append(
            {
                "matrix": name,
                "law of the bulk": "Fuss-Catalan" if i == 2 else "Marchenko-Pastur",
                "Kolmogorov distance": float(max(np.max(steps[1:] - cdf), np.max(cdf - steps[:-1]))),
                "edge": edges[i],
                "second MC": float(values[:, i, 1].mean()),
                "second stderr": float(values[:, i, 1].std(ddof=1) / math.sqrt(draws)),
                "outlier mean field": float(predicted.outlier[i]) if i < 2 else math.nan,
                "outlier MC": float(top.mean()),
                "outlier stderr": float(top.std(ddof=1) / math.sqrt(draws)),
            }
        )
    return rows


def _jackknife(values: Array, statistic: Any) -> Estimate:
    """A statistic of the mean over chains (first axis), with the error from leaving out one chain at a time."""
    chains = values.shape[0]
    left_out = np.array([statistic(np.delete(values, i, axis=0)) for i in range(chains)])
    stderr = math.sqrt((chains - 1) * float(np.mean((left_out - left_out.mean()) ** 2)))
    return Estimate(float(statistic(values)), stderr, float(chains))


def rectified_rows(
    settings: Sequence[tuple[int, int, float]], samples: int, rng: np.random.Generator, bar: Any
) -> list[Row]:
    """Rectified networks on a linear teacher: the heuristic beside Hamiltonian Monte Carlo.

    Parameters
    ----------
    settings : sequence of (N, L, sigma)
    samples : int
    rng : Generator
    bar : callable
        Wraps the loop in a progress bar.

    Returns
    -------
    list of dict
    """
    P, N0, T, tests = 30, 30, 0.05, 40
    w = rng.standard_normal(N0)
    X, X_test = rng.standard_normal((P, N0)), rng.standard_normal((tests, N0))
    y, y_test = X @ w / math.sqrt(N0), X_test @ w / math.sqrt(N0)
    rows = []
    for N, L, sigma in bar(settings):
        v = sigma**2
        heuristic = relu_heuristic(X, y, X_test, [N] * L, v, T)
        f = sample_relu_outputs(X, y, X_test, [N] * L, v, T, samples=samples, rng=rng)
        variance = estimate(((f - f.mean(axis=(0, 1))) ** 2).mean(axis=2))
        bias = _jackknife(f, lambda part: np.mean((part.mean(axis=(0, 1)) - y_test) ** 2))
        rows.append(
            {
                "N": N,
                "L": L,
                "sigma": sigma,
                "variance heuristic": float(heuristic.variance.mean()),
                "variance MC": variance.value,
                "variance stderr": variance.stderr,
                "variance wide": float(heuristic.gaussian_process_variance.mean()),
                "bias heuristic": float(np.mean((heuristic.mean - y_test) ** 2)),
                "bias MC": bias.value,
                "bias stderr": bias.stderr,
                "bias wide": float(np.mean((heuristic.gaussian_process_mean - y_test) ** 2)),
                "largest mean shift": float(np.max(np.abs(heuristic.mean - f.mean(axis=(0, 1))))),
            }
        )
    return rows
