"""Curves of the theory with Monte Carlo points: phase diagrams, dimensions, singularity spectra, collapses, exponents."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from rmt._checks import check_array
from rmt.plotting.style import COLOUR_MAP, DASHES, MARKERS, PALETTE, axes, style

__all__ = [
    "plot_collapse",
    "plot_dimensions",
    "plot_lyapunov_spectrum",
    "plot_phase_diagram",
    "plot_points",
    "plot_singularity_spectrum",
]

COLOURS = tuple(PALETTE.values())


def _pair(name: str, x: ArrayLike, y: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    first, second = check_array("x", x, ndim=1, min_size=1), check_array(name, y, ndim=1, finite=False)
    if first.shape != second.shape:
        raise ValueError(f"x and {name} must have one length, not {first.size} and {second.size}")
    return first, second


def plot_points(
    x: ArrayLike,
    y: ArrayLike,
    stderr: ArrayLike | None = None,
    *,
    theory: tuple[ArrayLike, ArrayLike] | None = None,
    ax: Any = None,
    label: str = "Monte Carlo",
    theory_label: str = "theory",
    series: int = 0,
) -> Any:
    """Monte Carlo points with error bars on a curve of the theory.

    Parameters
    ----------
    x, y : array_like, (n,)
    stderr : array_like, (n,), optional
        One standard error, drawn as the bar.
    theory : (array_like, array_like), optional
        Abscissae and values of the curve.
    ax : matplotlib Axes, optional
    label, theory_label : str
    series : int
        Number of the series in these axes: chooses colour, marker and dash together, so that grey copies can be read.

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    ValueError
        If lengths differ.
    """
    x, y = _pair("y", x, y)
    error = None if stderr is None else _pair("stderr", x, stderr)[1]
    colour = COLOURS[(series + 1) % len(COLOURS)]
    with style():
        ax = axes(ax)
        if theory is not None:
            line = _pair("theory", *theory)
            dash = DASHES[series % len(DASHES)]
            ax.plot(*line, color=PALETTE["black"], linestyle=dash, label=theory_label, zorder=1)
        marker = MARKERS[series % len(MARKERS)]
        ax.errorbar(x, y, error, fmt=marker, color=colour, capsize=2, linewidth=1, label=label, zorder=2)
        ax.legend()
    return ax


def plot_phase_diagram(
    x: ArrayLike,
    y: ArrayLike,
    values: ArrayLike,
    *,
    lines: Mapping[str, tuple[ArrayLike, ArrayLike]] | None = None,
    levels: Sequence[float] = (0.0,),
    ax: Any = None,
    x_label: str = r"$\alpha$",
    y_label: str = r"$\sigma_w$",
    value_label: str = "Lyapunov exponent",
) -> Any:
    """A quantity over two parameters in colour, its contours, and phase lines of the theory.

    Parameters
    ----------
    x, y : array_like, (nx,), (ny,)
        Increasing.
    values : array_like, (ny, nx)
        NaN cells (not computed) are left blank.
    lines : mapping of str to (x, y), optional
        Curves by name.
    levels : sequence of float
        Contours drawn, where the values reach them.
    ax : matplotlib Axes, optional
    x_label, y_label, value_label : str

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    ValueError
        If the shapes do not fit, or x or y do not increase.
    """
    x, y = check_array("x", x, ndim=1, min_size=2), check_array("y", y, ndim=1, min_size=2)
    grid = check_array("values", values, ndim=2, finite=False)
    if grid.shape != (y.size, x.size):
        raise ValueError(f"values must have shape (len(y), len(x)) = {(y.size, x.size)}, not {grid.shape}")
    if np.any(np.diff(x) <= 0) or np.any(np.diff(y) <= 0):
        raise ValueError("x and y must increase strictly")
    with style():
        ax = axes(ax)
        mesh = ax.pcolormesh(x, y, np.ma.masked_invalid(grid), cmap=COLOUR_MAP, shading="nearest", rasterized=True)
        ax.figure.colorbar(mesh, ax=ax, label=value_label)
        finite = grid[np.isfinite(grid)]
        inside = [level for level in levels if finite.size and finite.min() < level < finite.max()]
        if inside:
            ax.contour(x, y, np.ma.masked_invalid(grid), levels=sorted(inside), colors="white", linewidths=1.2)
        for index, (name, line) in enumerate((lines or {}).items()):
            ax.plot(*_pair(name, *line), color=PALETTE["vermilion"], linestyle=DASHES[index % len(DASHES)], label=name)
        ax.set_xlabel(x_label)
        ax.set_ylabel(y_label)
        if lines:
            ax.legend(facecolor="white", frameon=True, framealpha=0.8)
    return ax


def plot_dimensions(
    q: ArrayLike,
    dimension: ArrayLike,
    stderr: ArrayLike | None = None,
    *,
    theory: tuple[ArrayLike, ArrayLike] | None = None,
    ax: Any = None,
    label: str = "Monte Carlo",
    series: int = 0,
) -> Any:
    r"""Generalised dimensions :math:`D_q`, between the lines of extended (1) and localised (0) vectors.

    Parameters
    ----------
    q, dimension : array_like, (n,)
    stderr : array_like, (n,), optional
    theory : (q, D_q), optional
    ax : matplotlib Axes, optional
    label : str
    series : int
        As in :func:`plot_points`.

    Returns
    -------
    matplotlib Axes
    """
    with style():
        ax = axes(ax)
        for level in (0.0, 1.0):
            ax.axhline(level, color="0.6", linewidth=0.8, zorder=0)
        plot_points(q, dimension, stderr, theory=theory, ax=ax, label=label, series=series)
        ax.set_xlabel("$q$")
        ax.set_ylabel("$D_q$")
    return ax


def plot_singularity_spectrum(
    alpha: ArrayLike,
    f: ArrayLike,
    stderr: ArrayLike | None = None,
    *,
    theory: tuple[ArrayLike, ArrayLike] | None = None,
    ax: Any = None,
    label: str = "Monte Carlo",
    series: int = 0,
) -> Any:
    r"""Singularity spectrum :math:`f(\alpha)` with its bound :math:`f \le \alpha`, which it touches at q = 1.

    Parameters
    ----------
    alpha, f : array_like, (n,)
    stderr : array_like, (n,), optional
        Of f.
    theory : (alpha, f), optional
    ax : matplotlib Axes, optional
    label : str
    series : int
        As in :func:`plot_points`.

    Returns
    -------
    matplotlib Axes
    """
    alpha = check_array("alpha", alpha, ndim=1, min_size=1)
    with style():
        ax = axes(ax)
        end = float(max(alpha.max(), 1.0))
        ax.plot([0.0, min(1.0, end)], [0.0, min(1.0, end)], color="0.6", linewidth=0.8, zorder=0)
        plot_points(alpha, f, stderr, theory=theory, ax=ax, label=label, series=series)
        ax.set_xlabel(r"$\alpha$")
        ax.set_ylabel(r"$f(\alpha)$")
    return ax


def plot_collapse(
    x: ArrayLike,
    y: Sequence[ArrayLike],
    sizes: ArrayLike,
    *,
    x_exponent: float,
    y_exponent: float,
    stderr: Sequence[ArrayLike] | None = None,
    theory: tuple[ArrayLike, ArrayLike] | None = None,
    ax: Any = None,
    x_label: str = "$x\\,N^{a}$",
    y_label: str = "$y\\,N^{b}$",
    size_label: str = "N",
    log: bool = True,
) -> Any:
    """Curves of several sizes, rescaled so that they fall on one: x N^a against y N^b.

    Parameters
    ----------
    x : array_like, (n,) or one (n,) a size
    y : sequence of array_like, (n,)
        One curve a size.
    sizes : array_like, (k,)
        N > 0.
    x_exponent, y_exponent : float
        a and b.
    stderr : sequence of array_like, optional
    theory : (x, y), optional
        The scaling function.
    ax : matplotlib Axes, optional
    x_label, y_label, size_label : str
    log : bool
        Logarithmic axes.

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    ValueError
        If the numbers of curves and sizes differ.
    """
    numbers = check_array("sizes", sizes, ndim=1, min_size=1)
    if np.any(numbers <= 0):
        raise ValueError(f"sizes must be positive, not {numbers.min()}")
    if len(y) != numbers.size or (stderr is not None and len(stderr) != numbers.size):
        raise ValueError(f"y must hold one curve for each of the {numbers.size} sizes, not {len(y)}")
    with style():
        ax = axes(ax)
        for index, size in enumerate(numbers):
            own = x if np.ndim(x) == 1 else x[index]  # type: ignore[index]
            a, b = _pair(f"y[{index}]", own, y[index])
            a, b = a * size**x_exponent, b * size**y_exponent
            error = None if stderr is None else check_array("stderr", stderr[index]) * size**y_exponent
            colour, marker = COLOURS[(index + 1) % len(COLOURS)], MARKERS[index % len(MARKERS)]
            ax.errorbar(
                a, b, error, fmt=marker, color=colour, linewidth=1, markersize=3, label=f"${size_label} = {size:g}$"
            )
        if theory is not None:
            ax.plot(*_pair("theory", *theory), color=PALETTE["black"], label="scaling function")
        if log:
            ax.set_xscale("log")
            ax.set_yscale("log")
        ax.set_xlabel(x_label)
        ax.set_ylabel(y_label)
        ax.legend()
    return ax


def plot_lyapunov_spectrum(
    exponents: ArrayLike,
    stderr: ArrayLike | None = None,
    *,
    law: Any = None,
    ax: Any = None,
    label: str = "Monte Carlo",
    theory_label: str = "theory",
) -> Any:
    """Lyapunov exponents in falling order against their rank, with the limit law.

    Parameters
    ----------
    exponents : array_like, (n,)
        All exponents of an n x n product; minus infinity is left out of the drawing but counts in the rank.
    stderr : array_like, (n,), optional
    law : object with ``icdf``, optional
        For instance :class:`rmt.laws.LyapunovLaw`; F runs from the smallest exponent to the largest.
    ax : matplotlib Axes, optional
    label, theory_label : str

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    ValueError
        If lengths differ.
    """
    values = check_array("exponents", exponents, ndim=1, min_size=1, finite=False)
    order = np.argsort(-values, kind="stable")
    rank = (np.arange(values.size) + 0.5) / values.size
    error = None if stderr is None else _pair("stderr", rank, stderr)[1][order]
    drawn = values[order]
    shown = np.isfinite(drawn)
    with style():
        ax = axes(ax)
        ax.axhline(0.0, color="0.6", linewidth=0.8, zorder=0)
        if law is not None:
            fraction = np.linspace(0.002, 0.998, 300)
            theory = np.asarray(law.icdf(1.0 - fraction), dtype=float)
            ax.plot(fraction, theory, color=PALETTE["black"], label=theory_label, zorder=1)
        ax.errorbar(
            rank[shown],
            drawn[shown],
            None if error is None else error[shown],
            fmt="o",
            markersize=3,
            color=PALETTE["blue"],
            linewidth=1,
            label=label,
            zorder=2,
        )
        ax.set_xlabel("rank / N")
        ax.set_ylabel("Lyapunov exponent")
        ax.legend()
    return ax
