"""The table as an object: columns, which column is the error of which, units, headings, caption, provenance."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from rmt._checks import check_choice
from rmt._files import write_atomically
from rmt._format import format_cell
from rmt._results import provenance as versions
from rmt.tables import rendering

__all__ = ["FORMATS", "Table", "as_table"]

FORMATS = ("tex", "md", "csv", "html")
# A column is the error of another if it is called so; the first column of a pair holds the value.
ERROR_SUFFIXES = ("_stderr", "_error", "_err")
DIGITS = {"pull": 3, "p_value": 3}
ERROR_PAIRS = {"stderr": ("estimate", "value", "mean"), "error": ("estimate", "value", "mean")}


@dataclasses.dataclass(frozen=True)
class Table:
    """Named columns of equal length, ready to be printed.

    Parameters
    ----------
    columns : mapping of str to sequence
        Column name to values: numbers, strings, booleans or None (an empty cell).
    errors : mapping of str to str
        Value column to the column of its standard errors, which is then printed in brackets and not on its own.
    caption, label : str, optional
        Of the table float in LaTeX; the caption is also printed in Markdown and HTML.
    units : mapping of str to str
        Column name to unit, printed in the heading.
    headings : mapping of str to str
        Column name to the heading printed instead of it; may hold TeX mathematics between dollars.
    provenance : mapping, optional
        Written as comments. ``None``: the versions of everything that entered; ``{}``: nothing.
    digits : int or mapping of str to int
        Significant digits of numbers without an error, for all columns or by column name; 6, and 3 for the columns ``pull``
        and ``p_value``, where it does not say.

    Raises
    ------
    ValueError
        If columns differ in length, or errors, units or headings name a column that is not there.

    Examples
    --------
    >>> table = Table({"alpha": [1.5], "gain": [1.62345], "gain_stderr": [0.0123]}, errors={"gain": "gain_stderr"})
    >>> print(table.to_markdown(provenance=False))
    |   alpha |      gain |
    |--------:|----------:|
    |     1.5 | 1.623(12) |
    """

    columns: Mapping[str, Sequence[Any]]
    errors: Mapping[str, str] = dataclasses.field(default_factory=dict)
    caption: str | None = None
    label: str | None = None
    units: Mapping[str, str] = dataclasses.field(default_factory=dict)
    headings: Mapping[str, str] = dataclasses.field(default_factory=dict)
    provenance: Mapping[str, Any] | None = None
    digits: int | Mapping[str, int] = dataclasses.field(default_factory=dict)

    def __post_init__(self) -> None:
        columns = {str(name): _plain(name, values) for name, values in self.columns.items()}
        if not columns:
            raise ValueError("columns must hold at least one column")
        lengths = {name: len(values) for name, values in columns.items()}
        if len(set(lengths.values())) > 1:
            raise ValueError(f"columns must have one length, not {lengths}")
        for what in ("errors", "units", "headings"):
            named = dict(getattr(self, what) or {})
            wrong = [name for name in named if name not in columns]
            if what == "errors":
                wrong += [name for name in named.values() if name not in columns]
            if wrong:
                raise ValueError(f"{what} names {wrong[0]!r}, which is not one of the columns {list(columns)}")
            object.__setattr__(self, what, named)
        object.__setattr__(self, "columns", columns)
        if self.provenance is None:
            object.__setattr__(self, "provenance", versions())

    def __len__(self) -> int:
        return len(next(iter(self.columns.values())))

    @property
    def shown(self) -> list[str]:
        """Names of the columns that are printed: all but the errors, which stand in brackets behind their value."""
        hidden = set(self.errors.values())
        return [name for name in self.columns if name not in hidden]

    def digits_of(self, name: str) -> int:
        """Significant digits of the numbers of a column that has no errors."""
        if isinstance(self.digits, int):
            return self.digits
        return self.digits.get(name, DIGITS.get(name, 6))

    def cells(self, notation: str = "text") -> list[list[str]]:
        """The printed cells, row by row; ``notation`` is one of ``text``, ``pretty``, ``latex``, ``siunitx``."""
        rows = []
        for i in range(len(self)):
            row = []
            for name in self.shown:
                error = self.columns[self.errors[name]][i] if name in self.errors else None
                row.append(format_cell(self.columns[name][i], error, digits=self.digits_of(name), notation=notation))
            rows.append(row)
        return rows

    def to_latex(self, *, siunitx: bool = False) -> str:
        """A ``table`` float with booktabs rules; ``siunitx=True`` aligns numbers in ``S`` columns."""
        return rendering.latex(self, siunitx=siunitx)

    def to_markdown(self, *, provenance: bool = True) -> str:
        """A pipe table, with the provenance as an HTML comment in front."""
        return rendering.markdown(self, provenance=provenance)

    def to_csv(self) -> str:
        """Every column, errors too, as numbers that read back to the same double; comments start with ``#``."""
        return rendering.csv_text(self)

    def to_html(self) -> str:
        """A ``<table>`` element without styles, with the provenance as a comment."""
        return rendering.html_text(self)

    def to_text(self) -> str:
        """Aligned plain text for a terminal."""
        return rendering.text(self)

    def _repr_html_(self) -> str:
        return self.to_html()

    def __str__(self) -> str:
        return self.to_text()

    def to_frame(self) -> Any:
        """A ``pandas.DataFrame`` of all columns; caption, label and provenance go to ``attrs``."""
        import pandas

        frame = pandas.DataFrame({name: list(values) for name, values in self.columns.items()})
        frame.attrs.update({"caption": self.caption, "label": self.label, **dict(self.provenance or {})})
        return frame

    def write(self, path: str | Path, *, siunitx: bool = False) -> Path:
        """Write the form that the suffix of ``path`` names: ``.tex .md .csv .html``."""
        target = Path(path)
        form = check_choice("suffix of path", target.suffix.removeprefix("."), FORMATS)
        if form == "tex":
            return write_atomically(target, self.to_latex(siunitx=siunitx))
        if form == "md":
            return write_atomically(target, self.to_markdown())
        return write_atomically(target, self.to_csv() if form == "csv" else self.to_html())


def _plain(name: Any, values: Any) -> list[Any]:
    """A column as a list of Python objects, so that nothing later depends on NumPy's or pandas' text forms."""
    if isinstance(values, str) or not hasattr(values, "__iter__"):
        raise ValueError(f"column {name!r} must be a sequence, not {values!r}")
    array = values if isinstance(values, np.ndarray) else None
    if array is not None and array.ndim != 1:
        raise ValueError(f"column {name!r} must have one dimension, not shape {array.shape}")
    return [value.item() if isinstance(value, np.generic) else value for value in values]


def guess_errors(names: Sequence[str]) -> dict[str, str]:
    """Which columns are errors of which, by their names: ``x_stderr`` of ``x``, ``stderr`` of ``estimate``.

    Parameters
    ----------
    names : sequence of str
        The columns.

    Returns
    -------
    dict of str to str
        Value column to error column.
    """
    found: dict[str, str] = {}
    for name in names:
        for suffix in ERROR_SUFFIXES:
            if name.endswith(suffix) and name.removesuffix(suffix) in names:
                found.setdefault(name.removesuffix(suffix), name)
        for value in ERROR_PAIRS.get(name, ()):
            if value in names and value not in found:
                found[value] = name
                break
    return found


def _columns_of(content: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """Columns and provenance of a mapping, a sequence of rows, a pandas frame or a result object."""
    if hasattr(content, "to_columns"):
        return dict(content.to_columns()), dict(getattr(content, "meta", None) or {})
    if hasattr(content, "columns") and hasattr(content, "attrs"):
        return {str(name): content[name].tolist() for name in content.columns}, dict(content.attrs)
    if isinstance(content, Mapping):
        return dict(content), {}
    if dataclasses.is_dataclass(content) and not isinstance(content, type):
        fields = {field.name: getattr(content, field.name) for field in dataclasses.fields(content)}
        arrays = {name: value for name, value in fields.items() if isinstance(value, np.ndarray) and value.ndim == 1}
        longest = max((value.size for value in arrays.values()), default=0)
        return {name: v for name, v in arrays.items() if v.size == longest}, dict(fields.get("meta") or {})
    if isinstance(content, Sequence) and not isinstance(content, str):
        rows = [dict(_row(row)) for row in content]
        names = list(dict.fromkeys(name for row in rows for name in row))
        return {name: [row.get(name) for row in rows] for name in names}, {}
    raise ValueError(f"cannot make a table of {type(content).__name__}: give columns, rows, a frame or a result")


def _row(row: Any) -> Mapping[str, Any]:
    if isinstance(row, Mapping):
        return row
    if hasattr(row, "to_row"):
        found: Mapping[str, Any] = row.to_row()
        return found
    if dataclasses.is_dataclass(row) and not isinstance(row, type):
        return {field.name: getattr(row, field.name) for field in dataclasses.fields(row)}
    raise ValueError(f"a row must be a mapping or a dataclass, not {row!r}")


def as_table(
    content: Any,
    *,
    errors: Mapping[str, str] | None = None,
    caption: str | None = None,
    label: str | None = None,
    units: Mapping[str, str] | None = None,
    headings: Mapping[str, str] | None = None,
    provenance: Mapping[str, Any] | None = None,
    digits: int | Mapping[str, int] | None = None,
) -> Table:
    """Make a :class:`Table` of columns, rows, a data frame or a result.

    Parameters
    ----------
    content : Table, mapping, sequence of rows, pandas.DataFrame or result object
        A mapping holds columns; a row is a mapping or a dataclass; a result object is a dataclass with arrays.
    errors : mapping of str to str, optional
        As in :class:`Table`. ``None``: found by name (``x_stderr``, ``x_error``, ``x_err`` belong to ``x``; ``stderr`` to
        ``estimate``, ``value`` or ``mean``).
    caption, label, units, headings, provenance, digits
        As in :class:`Table`; of a Table that is passed in, those given here replace its own.

    Returns
    -------
    Table

    Raises
    ------
    ValueError
        If the content is none of these, or its columns do not fit together.

    Examples
    --------
    >>> rows = [{"alpha": 1.5, "estimate": 1.62345, "stderr": 0.0123}]
    >>> as_table(rows).cells()
    [['1.5', '1.623(12)']]
    """
    given: dict[str, Any] = {
        "caption": caption,
        "label": label,
        "units": units,
        "headings": headings,
        "provenance": provenance,
    }
    given["digits"] = digits
    given = {name: value for name, value in given.items() if value is not None}
    if isinstance(content, Table):
        if errors is not None:
            given["errors"] = errors
        return dataclasses.replace(content, **given)
    columns, meta = _columns_of(content)
    if meta and "provenance" not in given:
        given["provenance"] = {**versions(), **meta}
    found = guess_errors(list(columns)) if errors is None else errors
    return Table(columns, errors=found, **given)
