"""Figures in one style, readable in print and by colour-blind readers: every function takes ``ax`` and returns it.

matplotlib is imported only when something is drawn; neither pyplot nor the global style is touched.
"""

from rmt.plotting.curves import (
    plot_collapse,
    plot_dimensions,
    plot_lyapunov_spectrum,
    plot_phase_diagram,
    plot_points,
    plot_singularity_spectrum,
)
from rmt.plotting.distributions import plot_cdf, plot_comparison, plot_density, plot_spectrum
from rmt.plotting.style import PALETTE, axes, save, style

__all__ = [
    "PALETTE",
    "axes",
    "plot_cdf",
    "plot_collapse",
    "plot_comparison",
    "plot_density",
    "plot_dimensions",
    "plot_lyapunov_spectrum",
    "plot_phase_diagram",
    "plot_points",
    "plot_singularity_spectrum",
    "plot_spectrum",
    "save",
    "style",
]
