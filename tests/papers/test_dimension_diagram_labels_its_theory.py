"""The D_q diagram: theory only where a law is known, errors everywhere, the same table for the same seed, independent cells."""

import numpy as np
import pytest

from rmt.papers.dimension_diagram import dimension_diagram, main, write_dimension_diagram

SMALL = dict(q=[0.5, 2.0], width=60, realisations=5, theory_vectors=300)


def test_theory_stands_only_where_it_is_known(tmp_path):
    table = dimension_diagram([1.4], [1.5], layers=[1, 2], rng=1, **SMALL)
    rows = list(zip(*(table.columns[name] for name in ("coupling", "object", "layer", "theory")), strict=True))
    assert len(rows) == 2 * 3 * 2
    assert all((theory is None) == (coupling == "network") for coupling, _, _, theory in rows)
    assert all(error > 0 for error in table.columns["dimension_stderr"])
    assert all(0 < value < 1 for value in table.columns["dimension"])
    files = write_dimension_diagram(table, tmp_path)
    assert [path.suffix for path in files] == [".md", ".tex", ".csv", ".png", ".pdf"]
    assert all(path.stat().st_size > 0 for path in files)


def test_one_layer_before_the_activation_has_the_independent_law():
    """W_l D_{l-1} of a network: D is made by another matrix, so the law holds for one layer and not for the product."""
    table = dimension_diagram(
        [1.6], [1.5], layers=[1, 2], order="WD", side="left", couplings=["network"], rng=2, **SMALL
    )
    known = {
        (what, layer): theory is not None
        for what, layer, theory in zip(*(table.columns[name] for name in ("object", "layer", "theory")), strict=True)
    }
    assert known == {("layer", 1): True, ("layer", 2): True, ("product", 2): False}


def test_measured_dimensions_agree_with_the_law():
    """Pulls of the independent ensemble below 6 (five realisations: the error itself is uncertain), at N = 80."""
    table = dimension_diagram(
        [1.5, 2.0], [1.5], layers=[1, 2], couplings=["independent"], rng=3, **SMALL | {"width": 80, "realisations": 10}
    )
    pulls = np.array(table.columns["pull"], dtype=float)
    assert (np.abs(pulls) < 6).all(), pulls
    assert max(table.columns["dimension_stderr"]) < 0.03


def test_the_same_seed_gives_the_same_table():
    first, second = (dimension_diagram([1.8], [1.2], layers=[1], rng=7, **SMALL) for _ in range(2))
    assert first.columns == second.columns


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (dict(realisations=4), "realisations = 4"),
        (dict(layers=[]), "layers"),
        (dict(couplings=["both"]), "coupling"),
        (dict(layers=[0]), "layers = 0"),
    ],
)
def test_bad_arguments(change, message):
    with pytest.raises(ValueError, match=message):
        dimension_diagram([1.5], [1.5], **({"layers": [1]} | SMALL | change))


def test_the_diagram_is_made_by_a_command(tmp_path, capsys):
    small = "--alpha 1.5 2 --sigma-w 1 2 --layers 1 --q 2 --width 60 --realisations 5".split()
    assert main([str(tmp_path), *small]) == 0
    assert {path.name for path in tmp_path.glob("*.png")} == {"dimension_diagram.png", "dimension_map.png"}
    assert (tmp_path / "dimension_diagram.md").read_text().count("network") == 4
    assert "dimension_map.pdf" in capsys.readouterr().out


def test_the_gallery_page_is_made_by_a_command(tmp_path, capsys):
    from rmt.papers import localisation_gallery

    assert localisation_gallery.main([str(tmp_path), "--width", "80", "--realisations", "6", "--seed", "1"]) == 0
    made = {path.name for path in tmp_path.iterdir()}
    assert made == {
        "localisation.png",
        "localisation.pdf",
        "localisation_dimensions.md",
        "localisation_participation.md",
    }
    text = (tmp_path / "localisation_dimensions.md").read_text()
    assert all(side in text for side in ("right", "left", "biorthogonal"))
    assert "localisation.png" in capsys.readouterr().out
