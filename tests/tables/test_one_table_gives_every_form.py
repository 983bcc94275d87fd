"""LaTeX, Markdown, CSV and HTML come from one object, byte for byte the same each time, by rename."""

import csv
import math

import numpy as np
import pytest

from rmt.tables import FORMATS, Table, as_table, write, write_all

ROWS = [
    {"alpha": 1.5, "case": "a_b & |c|", "gain": 1.62345, "gain_stderr": 0.0123, "pull": -0.3, "n": 12, "ok": True},
    {"alpha": 2, "case": "<i>", "gain": 1e-8, "gain_stderr": 1e-10, "pull": None, "n": 7, "ok": False},
]
OPTIONS = {
    "caption": "Gain of 5 % & more",
    "label": "tab:gain",
    "units": {"gain": "nats"},
    "headings": {"alpha": r"$\alpha$"},
    "provenance": {"seed": 3, "note": "line\nbreak --> end"},
}


@pytest.fixture
def table():
    return as_table(ROWS, **OPTIONS)


def test_latex_is_booktabs_and_escaped(table):
    text = table.to_latex()
    assert text.splitlines()[0] == "% note: line break --> end"
    for part in (r"\toprule", r"\midrule", r"\bottomrule", r"\caption{Gain of 5 \% \& more}", r"\label{tab:gain}"):
        assert part in text
    assert r"$\alpha$ & case & gain [nats] & pull & n & ok \\" in text
    assert r"$1.5$ & a\_b \& |c| & $1.623(12)$ & $-0.3$ & $12$ & yes \\" in text
    assert r"{rlrrrl}" in text


def test_siunitx_columns(table):
    text = table.to_latex(siunitx=True)
    assert r"{SlSSSl}" in text
    assert r"{$\alpha$} & case & {gain [nats]}" in text
    assert "1.623(12) & -0.3 & 12" in text
    nan = Table({"x": [math.nan, math.inf, 1.0]}, provenance={}).to_latex(siunitx=True)
    assert "{nan}" in nan
    assert "{inf}" in nan


def test_markdown_escapes_bars_and_hides_provenance_in_a_comment(table):
    text = table.to_markdown()
    assert text.startswith("<!--\nnote: line break - -> end\nseed: 3\n-->\n")
    assert r"a_b & \|c\|" in text
    lengths = {line.replace(r"\|", "").count("|") for line in text.splitlines() if line.startswith("|")}
    assert lengths == {7}


def test_html_is_escaped(table):
    text = table.to_html()
    assert "&lt;i&gt;" in text
    assert "<caption>Gain of 5 % &amp; more</caption>" in text
    assert text.count("<tr>") == 3
    assert text == table._repr_html_()


def test_csv_keeps_every_double(table, rng):
    values = np.concatenate([rng.standard_normal(50) * 10.0 ** rng.integers(-300, 300, 50), [0.1 + 0.2, 5e-324]])
    text = as_table({"x": values, "x_stderr": np.abs(values)}, provenance={"seed": 1}).to_csv()
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    read = list(csv.DictReader(lines))
    assert [float(row["x"]) for row in read] == values.tolist()
    assert [float(row["x_stderr"]) for row in read] == np.abs(values).tolist()


def test_content_of_every_kind_gives_the_same_table(table):
    import pandas

    columns = {name: [row[name] for row in ROWS] for name in ROWS[0]}
    assert as_table(columns, **OPTIONS).to_markdown() == table.to_markdown()
    assert as_table(table, caption="other").caption == "other"
    numbers = {name: columns[name] for name in ("alpha", "gain", "gain_stderr")}
    frame = pandas.DataFrame(numbers)
    assert as_table(frame, provenance={}).to_csv() == as_table(numbers, provenance={}).to_csv().replace(
        "\n2,", "\n2.0,"
    )
    assert list(table.to_frame().columns) == list(columns)


def test_files_are_the_same_bytes_each_time_and_nothing_is_left_behind(table, tmp_path):
    first = {path.name: path.read_bytes() for path in write_all(table, tmp_path / "t")}
    second = {path.name: path.read_bytes() for path in write_all(as_table(ROWS, **OPTIONS), tmp_path / "t")}
    assert first == second
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(f"t.{form}" for form in FORMATS)
    assert table.write(tmp_path / "u.tex", siunitx=True).read_text() == table.to_latex(siunitx=True)


def test_default_provenance_is_versions_only():
    """No time and no path: two runs must give the same bytes."""
    first, second = (Table({"x": [1]}).to_csv() for _ in range(2))
    assert first == second
    assert "# numpy: " in first


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: Table({}), "at least one column"),
        (lambda: Table({"a": [1], "b": [1, 2]}), "one length"),
        (lambda: Table({"a": [1]}, errors={"a": "b"}), "'b'"),
        (lambda: Table({"a": [1]}, units={"z": "m"}), "units names 'z'"),
        (lambda: Table({"a": 3}), "column 'a' must be a sequence"),
        (lambda: Table({"a": np.ones((2, 2))}), "one dimension"),
        (lambda: as_table(3), "cannot make a table of int"),
        (lambda: as_table([3]), "a row must be"),
        (lambda: write({"a": [1]}, "x.pdf"), "suffix of path = 'pdf' must be one of"),
    ],
)
def test_bad_input_is_refused(build, message):
    with pytest.raises(ValueError, match=message):
        build()


def test_an_unwritable_target_leaves_nothing(tmp_path):
    with pytest.raises(FileNotFoundError):
        write({"a": [1]}, tmp_path / "missing" / "t.md")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("heading", "text", "markup"),
    [
        (r"$\alpha$", "α", "α"),
        (r"$\sigma_w$ & $N$", "σ_w & N", "σ<sub>w</sub> &amp; N"),
        (r"$D_{0.5}^2$", "D_0.5^2", "D<sub>0.5</sub><sup>2</sup>"),
        (r"$\langle\ln s\rangle$", "⟨ln s⟩", "⟨ln s⟩"),
        ("a_b < c", "a_b < c", "a_b &lt; c"),
    ],
)
def test_mathematics_in_headings_can_be_read_in_html_and_on_a_terminal(heading, text, markup):
    table = Table({"x": [1]}, headings={"x": heading}, provenance={})
    assert f">{markup}</th>" in table.to_html()
    assert table.to_text().splitlines()[0].strip() == text
