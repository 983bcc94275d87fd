"""The phase diagram: its picture, the truncated-gain line, the edge at finite width, and claims 3 and 4."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
from scipy import optimize

from rmt import tables
from rmt._checks import check_alpha, check_real
from rmt._quadrature import gauss_legendre
from rmt._random import generator
from rmt.laws import Layer, SingularValueLaw
from rmt.meanfield import (
    ActivationProfile,
    PhaseDiagram,
    finite_width_critical_sigma_w,
    finite_width_lyapunov,
    fixed_point,
    jacobian_moment,
    lyapunov_exponent,
    phase_diagram,
)
from rmt.papers.claims import Claim
from rmt.papers.extended_criticality.sizes import COMMAND, Sizes
from rmt.plotting import PALETTE, axes, save, style
from rmt.stable import AlphaStable

__all__ = ["add_finite_lines", "covariance", "draw_phase_diagram", "phase", "truncated_gain_line"]

_LABELS = {
    "lyapunov": r"Lyapunov exponent $\lambda$ (network, infinite width)",
    "log_q": r"$\ln q^*$",
    "log_chi": r"$\ln\chi/\alpha$ (one step)",
    "order": r"order $\kappa^*$",
}


def draw_phase_diagram(diagram: PhaseDiagram, *, quantity: str = "lyapunov", ax: Any = None) -> Any:
    """Draw a phase diagram: one quantity in colour, every line with its label, the three regimes named.

    Parameters
    ----------
    diagram : PhaseDiagram
        From :func:`rmt.meanfield.phase_diagram`.
    quantity : {"lyapunov", "log_q", "log_chi", "order"}
        Map shown in colour.
    ax : matplotlib Axes, optional

    Returns
    -------
    matplotlib Axes
    """
    ax = axes(ax, figsize=(6.4, 4.6))
    with style():
        shown = np.ma.masked_invalid(diagram.maps[quantity].T)
        if quantity == "log_q":
            shown = np.ma.clip(shown, -30.0, None)
        if quantity == "lyapunov":
            shown = np.ma.clip(shown, -0.6, 0.6)
        mesh = ax.pcolormesh(diagram.alpha, diagram.sigma_w, shown, shading="nearest", rasterized=True)
        ax.figure.colorbar(mesh, ax=ax, label=_LABELS[quantity], pad=0.01)
        colours = {
            "silent": "black",
            "ordered": "blue",
            "contour": "vermilion",
            "quiescent": "green",
            "lambda": "purple",
            "edge": "sky",
            "truncated": "orange",
        }
        dashes = ("-", "--", ":", "-.")
        used: dict[str, int] = {}
        top = float(diagram.sigma_w.max())
        for label, values in diagram.lines.items():
            kind = label.split(":")[0].split(",")[0].split(" ")[0]
            number = used[kind] = used.get(kind, -1) + 1
            drawn = np.where((values <= 1.05 * top) & (values > 0.0), values, np.nan)
            if not np.isfinite(drawn).any():
                continue
            colour = PALETTE[colours.get(kind, "orange")]
            marker = "o" if np.isfinite(drawn).sum() == 1 else None
            ax.plot(diagram.alpha, drawn, color=colour, ls=dashes[number % len(dashes)], label=label, marker=marker)
        _name_regimes(ax, diagram)
        ax.set(xlabel=r"$\alpha$", ylabel=r"$\sigma_w$", ylim=(0.0, top), xlim=(diagram.alpha[0], diagram.alpha[-1]))
        ax.set_title(f"{diagram.activation}, $\\sigma_b$ = {diagram.sigma_b:g}")
        if diagram.lines:
            ax.legend(loc="upper center", bbox_to_anchor=(0.5, -0.14), ncols=2, fontsize=7)
    return ax


def truncated_gain_line(cut: float = 4.5, *, alpha: float, activation: Any = "tanh") -> float:
    r"""Return the ``sigma_w`` at which :math:`\int_0^{s_c}s^2\nu(ds) = 1`, the delocalised edge of chaos at a finite cut-off.

    A network of finite width samples singular values up to a cut-off only; with :math:`s_c` of 4 to 4.5 this reproduces the
    published contour. The full second moment is infinite for ``alpha < 2``, so the line moves to 0 as the cut-off grows.

    Parameters
    ----------
    cut : float
        Cut-off :math:`s_c` of the singular values.
    alpha : float
        Stability index in [1, 2].
    activation : str, Activation or pair of functions

    Returns
    -------
    float

    Raises
    ------
    ValueError
        If an argument is out of range or the gain does not cross 1 for ``sigma_w`` in [0.02, 50].

    Notes
    -----
    Independent ensemble, one layer W D. By parts the integral is :math:`s_c^2F(s_c)-2\int_0^{s_c}sF(s)ds`.
    """
    cut, alpha = check_real("cut", cut, low=0.0, low_open=True), check_alpha(alpha, low=1.0)
    nodes, weights = gauss_legendre(20)
    s, weights = 0.5 * cut * (nodes + 1.0), 0.5 * cut * weights

    def excess(sigma_w: float) -> float:
        point = fixed_point(alpha=alpha, sigma_w=sigma_w, activation=activation)
        profile = ActivationProfile(activation, point.q, alpha)
        cdf = SingularValueLaw(Layer(alpha, sigma_w, profile=profile)).cdf(np.append(s, cut))
        return float(cut**2 * cdf[-1] - 2.0 * weights @ (s * cdf[:-1])) - 1.0

    low, high = 0.8, 1.1
    while excess(low) > 0.0:
        low *= 0.7
        if low < 0.02:
            raise ValueError(f"the gain below s = {cut:g} exceeds 1 at sigma_w = 0.02 for alpha = {alpha:g}")
    while excess(high) < 0.0:
        high *= 1.3
        if high > 50.0:
            raise ValueError(f"the gain below s = {cut:g} stays below 1 up to sigma_w = 50 for alpha = {alpha:g}")
    return float(optimize.brentq(excess, low, high, xtol=1e-4))


def _edge_label(width: int) -> str:
    return f"edge: lambda_N = 0, N = {width} (scanned)"


def _or_gap(line: Any) -> Any:
    """A line that does not exist at this alpha or for this activation leaves a gap."""
    try:
        return line()
    except ValueError:
        return None


def add_finite_lines(
    diagram: PhaseDiagram, *, cut: float | None = 4.5, width: int | None = 300, rng: Any = None
) -> np.ndarray:
    """Add to a diagram the lines that a finite network has: the truncated gain and the scanned zero of the exponent.

    Parameters
    ----------
    diagram : PhaseDiagram
        Its ``lines`` are extended in place.
    cut : float, optional
        Cut-off of the singular values for :func:`truncated_gain_line`; None leaves the line out. Only without bias.
    width : int, optional
        Width of the networks of :func:`rmt.meanfield.finite_width_critical_sigma_w`; None leaves the line out.
    rng : seed or Generator

    Returns
    -------
    ndarray
        Standard errors of the scanned edge at the alphas of the diagram, ``nan`` where there is none.
    """
    alphas = [float(alpha) for alpha in diagram.alpha]
    if cut is not None and diagram.sigma_b == 0.0:
        gains = [_or_gap(lambda a=a: truncated_gain_line(cut, alpha=a, activation=diagram.activation)) for a in alphas]
        diagram.lines[f"truncated gain 1, s < {cut:g}"] = np.array([math.nan if x is None else x for x in gains])
    errors = np.full(len(alphas), math.nan)
    if width is not None:
        found = np.full(len(alphas), math.nan)
        for place, (a, stream) in enumerate(zip(alphas, generator(rng).spawn(len(alphas)), strict=True)):
            edge = _or_gap(
                lambda a=a, stream=stream: finite_width_critical_sigma_w(
                    width,
                    alpha=a,
                    sigma_b=diagram.sigma_b,
                    activation=diagram.activation,
                    depth=60,
                    realisations=4,
                    rng=stream,
                )
            )
            if edge is not None:
                found[place], errors[place] = edge.sigma_w, edge.stderr
        diagram.lines[_edge_label(width)] = found
    return errors


def phase(out: Path, sizes: Sizes, rng: np.random.Generator) -> list[Claim]:
    """Write ``phase`` and answer claim 4.

    Parameters
    ----------
    out : Path
    sizes : Sizes
    rng : Generator

    Returns
    -------
    list of Claim
    """
    diagram = phase_diagram(np.linspace(1.0, 2.0, sizes.line_points), np.linspace(0.1, 3.0, 30))
    edge_errors = add_finite_lines(diagram, width=sizes.edge_width, rng=rng)
    save(draw_phase_diagram(diagram), out / "phase")
    edge = diagram.lines[_edge_label(sizes.edge_width)]
    tables.write_all({"alpha": diagram.alpha, **diagram.lines, "stderr of the edge": edge_errors}, out / "phase")
    limit = lyapunov_exponent(alpha=1.5, sigma_w=1.0).value
    finite = [
        finite_width_lyapunov(n, alpha=1.5, sigma_w=1.0, depth=100, realisations=sizes.realisations, rng=rng)
        for n in sizes.lyapunov_widths
    ]
    numbers = ", ".join(f"{f.value:.3f}({f.stderr:.3f}) at N = {f.width}" for f in finite)
    place = int(np.argmin(np.abs(diagram.alpha - 1.5)))
    ordered = [float(v[place]) for label, v in diagram.lines.items() if label.startswith("ordered")]
    fan = [float(v[place]) for label, v in diagram.lines.items() if label.startswith("contour")]
    heavy = diagram.alpha < 1.999
    positive = bool(np.all(diagram.maps["lyapunov"][heavy] > 0.0))
    return [
        Claim(
            4,
            "A silent phase, a chaotic phase, and between them a broad extended critical regime without fine tuning.",
            f"at alpha = {diagram.alpha[place]:.2f}: ordered lines at sigma_w {min(ordered):.3f} to {max(ordered):.3f} "
            "for p = 0.001 to 0.05, "
            f"contours {min(fan):.2f} to {max(fan):.2f}, zero of the exponent at N = {sizes.edge_width}: {edge[place]:.3f}"
            f"({edge_errors[place]:.3f}); Lyapunov exponent at (1.5, 1): {numbers}, {limit:.4f} at infinite width",
            "holds with restriction" if positive else "does not hold",
            "The lines exist but carry a threshold each; for alpha < 2 without bias the infinite-width exponent is "
            "positive at every sigma_w, so the silent and the extended critical regime "
            "are properties of finite width (logarithmic in N).",
            COMMAND,
        )
    ]


def _name_regimes(ax: Any, diagram: PhaseDiagram) -> None:
    """Silent below the ordered line, extended critical up to the contours, chaotic above: names, not transitions."""
    ordered = [values for label, values in diagram.lines.items() if label.startswith("ordered")]
    fan = [values for label, values in diagram.lines.items() if label.startswith("contour")]
    if not ordered or not fan:
        return
    place = (3 * len(diagram.alpha)) // 5
    alpha, top = diagram.alpha[place], float(diagram.sigma_w.max())
    low = float(np.nanmin([values[place] for values in ordered]))
    high = float(np.nanmax([min(values[place], top) for values in fan]))
    box = {"facecolor": "white", "alpha": 0.6, "edgecolor": "none", "pad": 1.5}
    for name, height in (
        ("silent", 0.5 * low),
        ("extended critical", 0.5 * (low + high)),
        ("chaotic", 0.5 * (high + top)),
    ):
        if 0.05 < height < 0.98 * top:
            ax.text(alpha, height, name, fontsize=9, style="italic", bbox=box, ha="center", va="center")


def covariance(out: Path, sizes: Sizes, rng: np.random.Generator) -> list[Claim]:
    """Write ``covariance`` (the empirical variance of one layer grows with the width) and answer claim 3.

    Parameters
    ----------
    out : Path
    sizes : Sizes
    rng : Generator

    Returns
    -------
    list of Claim
    """
    widths = np.array([100, 300, 1000, 3000, 10000])
    rows = []
    for alpha in sizes.alphas:
        draws = [np.mean(AlphaStable(alpha).sample((200, n), rng) ** 2, axis=1) for n in widths]
        medians = np.log([np.median(d) for d in draws])
        slope = float(np.polyfit(np.log(widths), medians, 1)[0])
        resampled = [
            np.polyfit(np.log(widths), np.log([np.median(rng.choice(d, d.size)) for d in draws]), 1)[0]
            for _ in range(60)
        ]
        network = jacobian_moment(2, alpha=alpha, sigma_w=1.5, coupling="network")
        independent = jacobian_moment(2, alpha=alpha, sigma_w=1.5, coupling="independent")
        row = {"alpha": alpha, "slope": slope, "slope_stderr": float(np.std(resampled)), "theory": 2.0 / alpha - 1.0}
        rows.append(row | {"s2_network": network, "s2_independent": independent})
    columns = {name: [row[name] for row in rows] for name in rows[0]}
    caption = "growth of the median empirical variance with the width; mean square singular value at sigma_w = 1.5"
    tables.write_all(tables.as_table(columns, caption=caption), out / "covariance")
    heavy = [row for row in rows if row["alpha"] < 2.0]
    agree = all(abs(row["slope"] - row["theory"]) < 5 * row["slope_stderr"] + 0.03 for row in rows)
    numbers = "; ".join(
        f"alpha {r['alpha']:g}: {r['slope']:.3f}({r['slope_stderr']:.3f}), theory {r['theory']:.3f}" for r in heavy
    )
    return [
        Claim(
            3,
            "With heavy-tailed weights the covariance of two inputs need not exist after one layer.",
            f"empirical variance grows like N to the power {numbers}",
            "holds" if agree else "does not hold",
            "The mean square singular value of a layer is infinite with independent slopes and finite with those of the network "
            "for alpha > 1: the Jacobian's own large weights saturate its units.",
            COMMAND,
        )
    ]
