"""compare, table, sweep, reproduce: what they print and write, their exit statuses, and their JSON."""

import json
import sys
import types

import numpy as np
import pytest

from rmt.cli import main


def run(*arguments, capsys):
    try:
        status = main([str(argument) for argument in arguments])
    except SystemExit as leaving:
        status = leaving.code
    output = capsys.readouterr()
    return status, output.out, output.err


SMALL = ["--width", "30", "--realisations", "12", "--seed", "3"]


@pytest.mark.parametrize("statistic", ["cdf", "quantile"])
def test_compare_finds_agreement(statistic, capsys):
    status, out, _ = run("compare", "singular", "--alpha", 1.5, *SMALL, "--statistic", statistic, capsys=capsys)
    assert status == 0
    assert "agree within 4 sigma" in out
    assert out.count("singular") == 9


def test_compare_writes_tables_and_a_figure_and_json(tmp_path, capsys):
    arguments = ["compare", "singular", "--depth", 2, *SMALL, "--out", tmp_path / "c", "--json"]
    status, out, _ = run(*arguments, capsys=capsys)
    assert status == 0
    found = json.loads(out)
    assert len(found["pull"]) == 9
    assert found["agree"] is True
    names = sorted(path.name for path in (tmp_path / "c").iterdir())
    assert names == [f"comparison.{suffix}" for suffix in ("csv", "html", "md", "pdf", "png", "tex")]
    first = {path.name: path.read_bytes() for path in (tmp_path / "c").iterdir()}
    run(*arguments, capsys=capsys)
    assert first == {path.name: path.read_bytes() for path in (tmp_path / "c").iterdir()}


def test_compare_sets_densities_beside_the_law(tmp_path, capsys):
    arguments = ["compare", "singular", *SMALL, "--statistic", "density", "--out", tmp_path, "--json"]
    status, out, _ = run(*arguments, capsys=capsys)
    found = json.loads(out)
    assert (status, found["agree"], len(found["theory"])) == (0, True, 12)
    assert 0.01 < min(found["theory"]) < max(found["theory"]) < 1
    assert (tmp_path / "comparison.png").stat().st_size > 0


def test_compare_says_by_its_status_that_they_differ(tmp_path, rng, capsys):
    np.save(tmp_path / "wrong.npy", rng.standard_normal((40, 100)) + 3)
    status, out, _ = run("compare", "singular", "--samples", tmp_path / "wrong.npy", capsys=capsys)
    assert status == 1
    assert "theory and Monte Carlo differ" in out


def test_compare_reads_samples_of_every_format(tmp_path, rng, capsys):
    rows = rng.standard_normal((5, 30)) - 1
    np.save(tmp_path / "s.npy", rows)
    np.savez(tmp_path / "s.npz", rows)
    np.savetxt(tmp_path / "s.csv", rows, delimiter=",", fmt="%.17g")
    outputs = {
        run("compare", "singular", "--samples", tmp_path / f"s.{suffix}", "--json", capsys=capsys)[1]
        for suffix in ("npy", "npz", "csv")
    }
    assert len(outputs) == 1


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["compare", "singular", "--alpha", "2.5"], "alpha = 2.5 must be in (0, 2]"),
        (["compare", "singular", "--alpha", "x"], "argument --alpha"),
        (["compare", "singular", "--sigma-w", "0"], "sigma_w = 0.0"),
        (["compare", "singular", "--width", "1"], "width = 1"),
        (["compare", "singular", "--depth", "0"], "depth = 0"),
        (["compare", "singular", "--realisations", "1"], "realisations = 1"),
        (["compare", "circular"], "invalid choice"),
        (["compare", "singular", "--samples", "absent.npy"], "absent.npy: there is no such file"),
        (["compare", "singular", "--coupling", "network", "--activation", "tanh"], "'network' ensemble"),
        (["compare", "singular", "--seed", "-1"], "seed = '-1'"),
        (["table", "absent.csv"], "neither a file nor"),
        (["sweep", "absent.toml"], "there is no such file"),
        (["sweep", "x.toml", "--part", "3"], "part = '3' must be i/n"),
        (["sweep", "x.toml", "--workers", "-1"], "workers = -1"),
        (["reproduce", "1234.56789"], "paper = '1234.56789'"),
        (["compare", "singular", "--config", "absent.toml"], "there is no such file"),
    ],
)
def test_bad_input_gives_one_line_and_status_2(arguments, words, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    status, out, err = run(*arguments, capsys=capsys)
    assert status == 2
    assert out == ""
    assert err.count("\n") == 1
    assert words in err
    assert not list(tmp_path.iterdir()), "nothing is written"


def test_bad_sample_files(tmp_path, capsys):
    (tmp_path / "text.csv").write_text("alpha,beta\n")
    (tmp_path / "half.npy").write_bytes(b"\x93NUMPY")
    np.savez(tmp_path / "two.npz", a=np.ones(3), b=np.ones(3))
    np.save(tmp_path / "nan.npy", np.full((3, 3), np.nan))
    for name in ("text.csv", "half.npy", "two.npz", "nan.npy"):
        status, _, err = run("compare", "singular", "--samples", tmp_path / name, capsys=capsys)
        assert status == 2
        assert err.count("\n") == 1


def test_table_turns_csv_into_other_forms(tmp_path, capsys):
    source = tmp_path / "gain.csv"
    source.write_text("# seed: 3\nalpha,gain,gain_stderr,note\n1.5,1.62345,0.0123,a_b\n2,0.5,0.001,\n")
    status, out, _ = run("table", source, capsys=capsys)
    assert status == 0
    assert "1.623(12)" in out
    status, out, _ = run("table", source, "--out", tmp_path / "g.tex", "--caption", "Gain", "--siunitx", capsys=capsys)
    text = (tmp_path / "g.tex").read_text()
    assert "% seed: 3" in text
    assert r"\caption{Gain}" in text
    assert r"a\_b" in text
    assert json.loads(run("table", source, "--json", capsys=capsys)[1])["errors"] == {"gain": "gain_stderr"}
    for content in ("", "a,b\n", "a,b\n1\n", "a,a\n1,2\n"):
        source.write_text(content)
        assert run("table", source, capsys=capsys)[0] == 2


SWEEP = """
function = "job:cell"
store = "results"
seed = 4
realisations = 5

[grid]
x = { from = 1.0, to = 100.0, count = 3, spacing = "log" }
kind = ["a", "b"]
"""


@pytest.fixture
def job(tmp_path, monkeypatch):
    monkeypatch.setattr(
        sys, "path", list(sys.path)
    )  # each test has a `job` of its own: the next must not find this one
    monkeypatch.delitem(sys.modules, "job", raising=False)
    (tmp_path / "job.py").write_text("def cell(x, kind, rng):\n    return {'value': rng.normal(x)}\n")
    (tmp_path / "job.toml").write_text(SWEEP)
    return tmp_path / "job.toml"


def test_sweep_runs_in_parts_and_makes_its_table(job, capsys):
    folder = job.parent
    assert run("sweep", job, "--table", folder / "t.md", capsys=capsys)[0] == 2, "nothing is finished"
    status, out, _ = run("sweep", job, "--part", "0/2", capsys=capsys)
    assert (status, out[:8]) == (0, "3 cells:")
    assert run("sweep", job, "--status", capsys=capsys)[1] == f"3 of 6 cells are finished in {folder / 'results'}\n"
    report = json.loads(run("sweep", job, "--json", capsys=capsys)[1])
    assert (report["computed"], report["found"], report["missing"]) == (3, 3, 0)
    assert run("sweep", job, "--table", folder / "t.md", capsys=capsys)[0] == 0
    rows = [line for line in (folder / "t.md").read_text().splitlines() if line.startswith("|")]
    assert len(rows) == 8
    assert run("sweep", job, "--pack", folder / "p.zip", capsys=capsys)[0] == 0
    assert run("sweep", job, "--merge", folder / "p.zip", capsys=capsys)[1] == "0 new cells\n"
    status, _, err = run("sweep", job, "--part", "2/2", capsys=capsys)
    assert status == 2
    assert "part = 2/2 is out of range" in err


def test_sweep_on_processes(job, capsys):
    status, out, _ = run("sweep", job, "--workers", 2, capsys=capsys)
    assert status == 0
    assert "6 computed" in out


def test_failed_cells_give_status_1(job, capsys):
    (job.parent / "failing.py").write_text("def cell(x, kind, rng):\n    return 1 / (x - 10)\n")
    job.write_text(SWEEP.replace("job:cell", "failing:cell"))
    status, out, _ = run("sweep", job, capsys=capsys)
    assert status == 1
    assert "ZeroDivisionError" in out
    assert "2 failed" in out


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('store = "results"', "", "store is missing"),
        ("seed = 4", "seed = 4.5", "line 4: seed: must be an integer >= 0, not 4.5"),
        ("seed = 4", "seed = -4", "line 4: seed: seed = -4"),
        ("seed = 4", "seeds = 4", "line 4: seeds: unknown key; known are function"),
        ("seed = 4", "seed = true", "line 4: seed"),
        ("seed = 4", "seed 4", "is not TOML"),
        ("realisations = 5", "target = { value = 0.1 }", "line 5: target: target needs realisations"),
        ("realisations = 5", "target = { a = 1, b = 2 }", "line 5: target: must name one result"),
        ("job:cell", "job:nothing", "line 2: function: function = 'job:nothing'"),
        ("count = 3", "count = 1", "line 8: grid.x.count: must be an integer >= 2"),
        ("count = 3", "points = 3", "grid.x.points: unknown key"),
        ("from = 1.0", "from = 0.0", "line 8: grid.x: a range with spacing = 'log'"),
        ('"log"', '"cubic"', "grid.x.spacing: must be 'linear' or 'log'"),
        ('["a", "b"]', '["a", "a"]', "line 9: grid.kind: grid.kind holds the value 'a' twice"),
        ('["a", "b"]', "[1.0, nan]", "line 9: grid.kind: grid.kind holds nan"),
        ('["a", "b"]', "3", "line 9: grid.kind: must be a list"),
        ("[grid]", "[gird]", "gird: unknown key"),
    ],
)
def test_errors_of_a_sweep_file_name_line_and_key(job, old, new, message, capsys):
    job.write_text(SWEEP.replace(old, new))
    status, _, err = run("sweep", job, capsys=capsys)
    assert status == 2
    assert err.count("\n") == 1
    assert message in err
    assert str(job) in err
    assert not (job.parent / "results").exists()


def test_options_may_come_from_a_file(tmp_path, capsys):
    config = tmp_path / "rmt.toml"
    config.write_text("[compare]\nlaw = 'singular'\nalpha = 1.2\nwidth = 20\nrealisations = 6\njson = true\nseed = 5\n")
    status, out, _ = run("compare", "--config", config, capsys=capsys)
    assert status == 0
    given = run(
        "compare", "singular", "--alpha", 1.2, "--width", 20, "--realisations", 6, "--json", "--seed", 5, capsys=capsys
    )
    assert out == given[1]
    over = run("compare", "--config", config, "--alpha", 1.9, capsys=capsys)
    assert over[0] == 0
    assert over[1] != out


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("alhpa = 1.2", "line 2: compare.alhpa: unknown key; known are activation"),
        ("alpha = 'x'", "line 2: compare.alpha: 'x' is not what --alpha takes"),
        ("alpha = [1.2]", "line 2: compare.alpha: must be one value"),
        ("json = 1", "line 2: compare.json: must be true or false"),
        ("coupling = 'both'", "line 2: compare.coupling: 'both' must be one of independent, network"),
        ("seed = -1", "line 2: compare.seed: seed = '-1' must be an integer >= 0"),
        ("config = 'other'", "compare.config: unknown key"),
    ],
)
def test_errors_of_a_config_file_name_line_and_key(line, message, tmp_path, capsys):
    config = tmp_path / "rmt.toml"
    config.write_text(f"[compare]\n{line}\n")
    status, _, err = run("compare", "singular", "--config", config, capsys=capsys)
    assert status == 2
    assert err.count("\n") == 1
    assert message in err
    config.write_text("[report]\n")
    assert "there is no table [compare]" in run("compare", "singular", "--config", config, capsys=capsys)[2]


def test_reproduce_prints_the_claims(tmp_path, monkeypatch, capsys):
    from rmt.papers import Claim

    module = types.ModuleType("rmt.papers.arxiv_2203_12967")
    seen = {}

    def reproduce(out, *, quick, seed, progress):
        seen.update(out=out, quick=quick, seed=seed)
        return [Claim(1, "claimed", "1.623(12)", "holds")]

    module.reproduce = reproduce
    monkeypatch.setitem(sys.modules, module.__name__, module)
    out = tmp_path / "r"
    status, printed, _ = run("reproduce", "arXiv:2203.12967", "--full", "--out", out, "--seed", 9, capsys=capsys)
    assert status == 0
    assert "1.623(12)" in printed
    assert seen == {"out": out, "quick": False, "seed": 9}
    assert (out / "claims.md").exists()
    status, printed, _ = run("reproduce", "2203.12967", "--out", out, "--json", capsys=capsys)
    assert json.loads(printed)["claims"][0]["verdict"] == "holds"
