"""Tables, figures and the page of a report, every file by rename and ``report.html`` last."""

from __future__ import annotations

import base64
import html
import io
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from rmt._files import write_atomically
from rmt.plotting.style import save, style
from rmt.report import figures
from rmt.report.analysis import QUANTITIES, rows_of
from rmt.report.model import Outcome, Report, Row
from rmt.report.trained import Trained
from rmt.tables import Table, write

__all__ = ["table_of", "write_report"]

COLUMNS = {
    "alpha": r"$\alpha$",
    "sigma_w": r"$\sigma_w$",
    "depth": "$L$",
    "at": "at",
    "theory": "theory",
    "estimate": "Monte Carlo",
    "stderr": "",
    "pull": "pull",
    "network": "network (no theory)",
    "network_stderr": "",
}

PAGE = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>rmt report</title><style>
body {{ font: 15px/1.5 system-ui, sans-serif; max-width: 62em; margin: 2em auto; padding: 0 1em; color: #222; }}
table {{ border-collapse: collapse; margin: 1em 0; font-size: 13px; font-variant-numeric: tabular-nums; }}
th, td {{ padding: 2px 10px; text-align: right; border-bottom: 1px solid #ddd; }}
th {{ border-bottom: 2px solid #444; }} caption {{ text-align: left; font-weight: 600; padding: 4px 0; }}
img {{ max-width: 100%; }} details {{ margin: 1em 0; }} .key {{ font-size: 1.15em; }}
</style></head><body>
<h1>Products of heavy-tailed Jacobians: theory beside Monte Carlo</h1>
<p class="key">{summary}</p>
<p>J = D<sub>L</sub>W<sub>L</sub> ⋯ D<sub>1</sub>W<sub>1</sub>, weights symmetric α-stable with scale
σ<sub>w</sub>(2N)<sup>−1/α</sup>, D = diag φ′(h) with φ = {activation} at the fixed point of the length map.
<b>independent</b>: D drawn independently of W; the limit laws describe this ensemble, and pulls are of it alone.
<b>network</b>: D made by the same W; for α &lt; 2 it differs at order one, no limit law describes it, and it has no pull.
Errors are standard errors over realisations; limits are estimated from widths {half} and {width}, linear in 1/N.</p>
{body}
<h2>Provenance</h2>{provenance}
</body></html>
"""


def table_of(rows: list[Row], quantity: str, meta: dict[str, Any]) -> Table:
    """The rows of one quantity as a table.

    Parameters
    ----------
    rows : list of Row
    quantity : str
        A key of `QUANTITIES`.
    meta : dict
        Provenance.

    Returns
    -------
    Table
    """
    chosen = [asdict(row) for row in rows if row.quantity == quantity]
    columns = {name: [row[name] for row in chosen] for name in COLUMNS}
    columns["pull"] = [round(pull, 2) for pull in columns["pull"]]
    return Table(
        columns,
        errors={"estimate": "stderr", "network": "network_stderr"},
        headings={name: heading for name, heading in COLUMNS.items() if heading},
        caption=QUANTITIES[quantity][0].upper() + QUANTITIES[quantity][1:],
        label=f"tab:{quantity}",
        provenance={name: value for name, value in meta.items() if name != "seconds"},
    )


def write_report(out: Path, outcomes: list[Outcome], trained: Trained | None, meta: dict[str, Any]) -> Report:
    """Write everything and return the report.

    Parameters
    ----------
    out : Path
        Directory, made if absent.
    outcomes : list of Outcome
    trained : Trained or None
        The fitted weights of a file.
    meta : dict
        Provenance.

    Returns
    -------
    Report
    """
    rows = [row for outcome in outcomes for row in rows_of(outcome)]
    pulls = np.array([row.pull for row in rows])
    out.mkdir(parents=True, exist_ok=True)
    files: list[Path] = []
    body: list[str] = []
    drawn = {
        "singular": figures.cdf_figure(outcomes, "singular"),
        "radial": figures.cdf_figure(outcomes, "radial"),
        "gain": figures.gain_figure(rows),
    }
    for quantity in dict.fromkeys(row.quantity for row in rows):
        table = table_of(rows, quantity, meta)
        files += [write(table, out / f"{quantity}.{ending}") for ending in ("tex", "md", "csv")]
        body.append(f"<h2>{html.escape(QUANTITIES[quantity].capitalize())}</h2>")
        if quantity in drawn:
            files += save(drawn[quantity], out / quantity)
            body.append(picture(drawn[quantity], quantity))
        body.append(f"<details><summary>numbers</summary>{table.to_html()}</details>")
    figure = figures.pull_figure(pulls)
    files += save(figure, out / "pulls")
    body.append(f"<h2>All pulls</h2>{picture(figure, 'pulls')}")
    if trained is not None:
        files += trained.write(out, meta)
        body.append(trained.html(picture, meta))
    result = Report(outcomes, rows, pulls, files, meta)
    page = PAGE.format(
        summary=f"{pulls.size} pulls of the independent ensemble: rms {result.rms_pull:.2f}, worst {result.worst_pull:.2f}.",
        activation=meta["activation"],
        width=meta["width"],
        half=meta["width"] // 2,
        body="\n".join(body),
        provenance=Table({"what": list(meta), "value": [str(v) for v in meta.values()]}, provenance={}).to_html(),
    )
    files.append(write_atomically(out / "report.html", page))
    return result


def picture(figure: Any, name: str) -> str:
    """The figure as an inline image, so that the page is one file."""
    stream = io.BytesIO()
    with style():
        figure.savefig(stream, format="png", dpi=110)
    return f'<img alt="{name}" src="data:image/png;base64,{base64.b64encode(stream.getvalue()).decode()}">'
