"""The four forms of a table as text; every function gives equal text for equal content."""

from __future__ import annotations

import csv
import html
import io
import re
from typing import Any

import numpy as np

Table = Any  # a rmt.tables.Table, which imports this module

__all__ = ["csv_text", "html_text", "latex", "markdown", "text"]

_TEX_SPECIAL = {
    "\\": r"\textbackslash{}",
    "&": r"\&",
    "%": r"\%",
    "$": r"\$",
    "#": r"\#",
    "_": r"\_",
    "{": r"\{",
    "}": r"\}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
}
_MATHS = re.compile(r"(\$[^$]*\$)")


def escape_tex(content: str) -> str:
    """Text safe for LaTeX; what stands between dollars is mathematics and stays.

    Parameters
    ----------
    content : str

    Returns
    -------
    str
    """
    parts = _MATHS.split(content)
    return "".join(
        part if i % 2 else "".join(_TEX_SPECIAL.get(character, character) for character in part)
        for i, part in enumerate(parts)
    )


_GREEK = dict(
    zip(
        "alpha beta gamma delta epsilon kappa lambda mu nu phi rho sigma tau chi omega infty langle rangle to times".split(),
        "αβγδεκλμνφρστχω∞⟨⟩→×",
        strict=True,
    )
)


def untex(content: str, *, markup: bool = False) -> str:
    r"""Simple mathematics between dollars as text: ``$\sigma_w$`` becomes σ_w, or an HTML index with ``markup``.

    Parameters
    ----------
    content : str
    markup : bool
        HTML for indices and powers; everything else is escaped.

    Returns
    -------
    str
    """
    found = []
    for i, part in enumerate(_MATHS.split(content)):
        maths = i % 2 == 1
        if maths:
            part = re.sub(r"\\([A-Za-z]+)", lambda name: _GREEK.get(name[1], name[1]), part[1:-1])
        if markup:
            part = html.escape(part)
        if maths and markup:
            part = re.sub(r"_(?:\{([^{}]*)\}|(\w))", lambda index: f"<sub>{index[1] or index[2]}</sub>", part)
            part = re.sub(r"\^(?:\{([^{}]*)\}|(\w))", lambda power: f"<sup>{power[1] or power[2]}</sup>", part)
        elif maths:
            part = part.replace("{", "").replace("}", "")
        found.append(part)
    return "".join(found)


def provenance_lines(table: Table) -> list[str]:
    """One ``name: value`` a line, sorted, with line breaks taken out so that a comment stays a comment.

    Parameters
    ----------
    table : Table

    Returns
    -------
    list of str
    """
    content = dict(table.provenance or {})
    return [" ".join(f"{name}: {content[name]}".split()) for name in sorted(content)]


def headings(table: Table) -> list[str]:
    """The printed headings, with units in brackets.

    Parameters
    ----------
    table : Table

    Returns
    -------
    list of str
    """
    named = []
    for name in table.shown:
        heading = table.headings.get(name, name)
        named.append(f"{heading} [{table.units[name]}]" if table.units.get(name) else heading)
    return named


def is_number(value: Any) -> bool:
    """Whether a cell holds a number (booleans are words).

    Parameters
    ----------
    value : object

    Returns
    -------
    bool
    """
    return isinstance(value, int | float | np.number) and not isinstance(value, bool | np.bool_)


def numeric(table: Table) -> list[bool]:
    """Which printed columns hold numbers only (empty cells allowed): these are aligned to the right.

    Parameters
    ----------
    table : Table

    Returns
    -------
    list of bool
    """
    return [
        any(is_number(value) for value in table.columns[name])
        and all(value is None or is_number(value) for value in table.columns[name])
        for name in table.shown
    ]


def latex(table: Table, *, siunitx: bool = False) -> str:
    """A ``table`` float with booktabs rules.

    Parameters
    ----------
    table : Table
    siunitx : bool
        Numbers in ``S`` columns (``\\usepackage{siunitx}``) instead of between dollars.

    Returns
    -------
    str
    """
    numbers = numeric(table)
    lines = [f"% {line}" for line in provenance_lines(table)]
    lines += [r"\begin{table}", r"  \centering"]
    if table.caption:
        lines.append(rf"  \caption{{{escape_tex(table.caption)}}}")
    if table.label:
        lines.append(rf"  \label{{{table.label}}}")
    letters = "".join(("S" if siunitx else "r") if number else "l" for number in numbers)
    lines += [rf"  \begin{{tabular}}{{{letters}}}", r"    \toprule"]
    titles = [escape_tex(title) for title in headings(table)]
    if siunitx:  # siunitx reads a bare heading of an S column as a number
        titles = [f"{{{title}}}" if number else title for title, number in zip(titles, numbers, strict=True)]
    lines += ["    " + " & ".join(titles) + r" \\", r"    \midrule"]
    for row, raw in zip(table.cells("siunitx" if siunitx else "latex"), _raw_rows(table), strict=True):
        printed = [_latex_cell(cell, value, siunitx) for cell, value in zip(row, raw, strict=True)]
        lines.append("    " + " & ".join(printed) + r" \\")
    lines += [r"    \bottomrule", r"  \end{tabular}", r"\end{table}"]
    return "\n".join(lines) + "\n"


def _raw_rows(table: Table) -> list[list[Any]]:
    return [[table.columns[name][i] for name in table.shown] for i in range(len(table))]


def _latex_cell(cell: str, value: Any, siunitx: bool) -> str:
    if not is_number(value):
        return escape_tex(cell)
    if not siunitx:
        return f"${cell}$"
    return cell if np.isfinite(value) and "n" not in cell else f"{{{cell}}}"  # nan and inf are text to siunitx


def markdown(table: Table, *, provenance: bool = True) -> str:
    """A pipe table.

    Parameters
    ----------
    table : Table
    provenance : bool
        Put the provenance in front, as an HTML comment.

    Returns
    -------
    str
    """
    from tabulate import tabulate

    body = [[cell.replace("|", r"\|").replace("\n", " ") for cell in row] for row in table.cells("pretty")]
    align = ["right" if number else "left" for number in numeric(table)]
    titles = [title.replace("|", r"\|") for title in headings(table)]
    printed = tabulate(body, titles, tablefmt="pipe", disable_numparse=True, colalign=align if body else None)
    front = _html_comment(table) if provenance else ""
    caption = f"{table.caption}\n\n" if table.caption else ""
    return front + caption + printed + ("\n" if provenance else "")


def text(table: Table) -> str:
    """Aligned columns for a terminal.

    Parameters
    ----------
    table : Table

    Returns
    -------
    str
    """
    from tabulate import tabulate

    align = ["right" if number else "left" for number in numeric(table)]
    body = table.cells("text")
    titles = [untex(title) for title in headings(table)]
    return tabulate(body, titles, tablefmt="simple", disable_numparse=True, colalign=align if body else None)


def csv_text(table: Table) -> str:
    """Comma-separated, full precision, every column.

    Parameters
    ----------
    table : Table

    Returns
    -------
    str
    """
    stream = io.StringIO()
    for line in provenance_lines(table):
        stream.write(f"# {line}\n")
    for name, unit in sorted(table.units.items()):
        stream.write(f"# unit of {name}: {unit}\n")
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(table.columns)
    for i in range(len(table)):
        writer.writerow(["" if column[i] is None else column[i] for column in table.columns.values()])
    return stream.getvalue()


def html_text(table: Table) -> str:
    """A ``<table>`` element.

    Parameters
    ----------
    table : Table

    Returns
    -------
    str
    """
    numbers = numeric(table)
    lines = [_html_comment(table).rstrip("\n")] if table.provenance else []
    lines.append("<table>")
    if table.caption:
        lines.append(f"  <caption>{untex(table.caption, markup=True)}</caption>")
    attributes = [' style="text-align:right"' if number else "" for number in numbers]
    cells = zip(headings(table), attributes, strict=True)
    lines.append(
        "  <thead><tr>"
        + "".join(f"<th{style}>{untex(name, markup=True)}</th>" for name, style in cells)
        + "</tr></thead>"
    )
    lines.append("  <tbody>")
    for row in table.cells("pretty"):
        cells = zip(row, attributes, strict=True)
        lines.append("    <tr>" + "".join(f"<td{style}>{html.escape(cell)}</td>" for cell, style in cells) + "</tr>")
    lines += ["  </tbody>", "</table>"]
    return "\n".join(lines) + "\n"


def _html_comment(table: Table) -> str:
    lines = provenance_lines(table)
    # "--" would end the comment early
    return "<!--\n" + "\n".join(line.replace("--", "- -") for line in lines) + "\n-->\n" if lines else ""
