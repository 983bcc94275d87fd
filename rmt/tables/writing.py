"""Files of a table: the suffix names the form, the file appears by rename."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rmt._checks import check_choice
from rmt.tables.table import FORMATS, as_table

__all__ = ["FORMATS", "write", "write_all"]


def write(
    content: Any,
    path: str | Path,
    *,
    errors: Mapping[str, str] | None = None,
    caption: str | None = None,
    label: str | None = None,
    units: Mapping[str, str] | None = None,
    headings: Mapping[str, str] | None = None,
    provenance: Mapping[str, Any] | None = None,
    siunitx: bool = False,
) -> Path:
    """Write a table in the form that the suffix of ``path`` names.

    Parameters
    ----------
    content : Table, mapping of columns, sequence of rows, pandas.DataFrame or result object
        See :func:`as_table`.
    path : str or Path
        Ends in ``.tex`` (booktabs), ``.md``, ``.csv`` (full precision, all columns) or ``.html``; the directory must exist.
    errors, caption, label, units, headings, provenance
        See :class:`Table`. Errors are found by name when not given.
    siunitx : bool
        LaTeX only: numbers in ``S`` columns.

    Returns
    -------
    Path
        The file written.

    Raises
    ------
    ValueError
        If the suffix is unknown or the content is no table.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> folder = pathlib.Path(tempfile.mkdtemp())
    >>> path = write({"gain": [1.62345], "gain_stderr": [0.0123]}, folder / "gain.csv", provenance={"seed": 1})
    >>> print(path.read_text(), end="")
    # seed: 1
    gain,gain_stderr
    1.62345,0.0123
    """
    check_choice("suffix of path", Path(path).suffix.removeprefix("."), FORMATS)
    table = as_table(
        content, errors=errors, caption=caption, label=label, units=units, headings=headings, provenance=provenance
    )
    return table.write(path, siunitx=siunitx)


def write_all(content: Any, stem: str | Path, *, formats: Sequence[str] = FORMATS, **options: Any) -> list[Path]:
    """Write several forms of one table: ``stem.tex``, ``stem.md``, ...

    Parameters
    ----------
    content : object
        See :func:`as_table`.
    stem : str or Path
        Path without suffix.
    formats : sequence of str
        Out of ``tex md csv html``.
    **options
        As in :func:`write`.

    Returns
    -------
    list of Path
    """
    return [write(content, Path(f"{stem}.{form}"), **options) for form in formats]
