"""One style: colours, axes without pyplot, files whose bytes depend on the content only."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rmt._checks import check_choice
from rmt._files import write_atomically

__all__ = ["PALETTE", "axes", "save", "style"]

# Okabe and Ito (2008): told apart with every common form of colour blindness, ordered by falling contrast on white.
# The yellow of the original is left out: it is too pale for lines in print.
PALETTE = {
    "black": "#000000",
    "blue": "#0072B2",
    "vermilion": "#D55E00",
    "green": "#009E73",
    "purple": "#CC79A7",
    "orange": "#E69F00",
    "sky": "#56B4E9",
}
# Lines also differ by dash and points by shape, so that a grey copy can be read.
DASHES = ("-", "--", "-.", ":", (0, (5, 1)), (0, (3, 1, 1, 1)), (0, (1, 1)))
MARKERS = ("o", "s", "^", "D", "v", "P", "X")
COLOUR_MAP = "cividis"
FORMATS = ("png", "pdf", "svg")


def _settings() -> Any:
    from cycler import cycler

    return {
        "figure.figsize": (4.4, 3.2),
        "figure.dpi": 110,
        "figure.constrained_layout.use": True,
        "savefig.dpi": 200,
        "font.size": 9,
        "axes.labelsize": 9,
        "axes.titlesize": 9,
        "legend.fontsize": 8,
        "legend.frameon": False,
        "xtick.labelsize": 8,
        "ytick.labelsize": 8,
        "lines.linewidth": 1.4,
        "lines.markersize": 4,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.prop_cycle": cycler(color=list(PALETTE.values())),
        "image.cmap": COLOUR_MAP,
        "pdf.fonttype": 42,
        "svg.hashsalt": "rmt",
    }


@contextmanager
def style() -> Iterator[None]:
    """The style of the library inside a ``with`` block; matplotlib's settings are restored afterwards.

    Yields
    ------
    None

    Examples
    --------
    >>> import matplotlib
    >>> before = matplotlib.rcParams["font.size"]
    >>> with style():
    ...     matplotlib.rcParams["font.size"] == 9
    True
    >>> matplotlib.rcParams["font.size"] == before
    True
    """
    import matplotlib

    with matplotlib.rc_context(_settings()):
        yield


def axes(ax: Any = None, *, figsize: tuple[float, float] | None = None, ncols: int = 1, nrows: int = 1) -> Any:
    """The axes given, or new ones on a figure of their own that pyplot does not know of.

    Parameters
    ----------
    ax : matplotlib.axes.Axes, optional
        Returned as it is.
    figsize : (float, float), optional
        Inches.
    ncols, nrows : int
        Panels; more than one gives an array of axes.

    Returns
    -------
    matplotlib.axes.Axes or array of them
    """
    if ax is not None:
        return ax
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    with style():
        figure = Figure(figsize=figsize)
        FigureCanvasAgg(figure)
        return figure.subplots(nrows, ncols)


def save(
    figure_or_ax: Any,
    stem: str | Path,
    *,
    formats: Sequence[str] = ("png", "pdf"),
    provenance: Mapping[str, Any] | None = None,
) -> list[Path]:
    """Write a figure as ``stem.png`` and ``stem.pdf``; equal figures give equal bytes.

    Parameters
    ----------
    figure_or_ax : matplotlib Figure or Axes
    stem : str or Path
        Path without suffix; files appear by rename.
    formats : sequence of {"png", "pdf", "svg"}
    provenance : mapping, optional
        Goes into the file's metadata. Dates are left out: they would change the bytes.

    Returns
    -------
    list of Path

    Raises
    ------
    ValueError
        If a format is unknown.
    """
    figure = getattr(figure_or_ax, "figure", figure_or_ax)
    text = "; ".join(f"{name}: {value}" for name, value in sorted((provenance or {}).items()))
    written = []
    for form in formats:
        check_choice("format", form, FORMATS)
        described = {"png": "Description", "pdf": "Subject", "svg": "Description"}[form]
        metadata: dict[str, Any] = {described: text} if text else {}
        if form == "pdf":
            metadata["CreationDate"] = None
        if form == "svg":
            metadata["Date"] = None
        stream = io.BytesIO()
        with style():
            figure.savefig(stream, format=form, metadata=metadata)
        written.append(write_atomically(Path(f"{stem}.{form}"), stream.getvalue()))
    return written
