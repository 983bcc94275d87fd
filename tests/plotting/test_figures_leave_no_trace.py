"""Plots take axes and return them; neither pyplot nor the global style changes; files are the same bytes each time."""

import subprocess
import sys

import matplotlib
import numpy as np
import pytest
from scipy import stats

from rmt.compare import compare
from rmt.plotting import PALETTE, axes, plot_cdf, plot_comparison, plot_density, save, style

SAMPLES = np.random.default_rng(3).standard_normal((20, 50))


def test_the_global_style_is_untouched():
    before = dict(matplotlib.rcParams)
    with style():
        assert matplotlib.rcParams["font.size"] == 9
    plot_density(SAMPLES, stats.norm)
    assert dict(matplotlib.rcParams) == before


def test_pyplot_is_never_imported():
    code = (
        "import sys, numpy as np; from rmt import plotting;"
        "assert 'matplotlib' not in sys.modules;"
        "ax = plotting.plot_cdf(np.arange(10.0)); plotting.save(ax, sys.argv[1] + '/f', formats=['png']);"
        "assert 'matplotlib.pyplot' not in sys.modules"
    )
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([sys.executable, "-c", code, folder], check=True)


@pytest.mark.parametrize("log", [False, True])
def test_axes_given_are_axes_returned(log):
    samples = np.exp(SAMPLES) if log else SAMPLES
    law = stats.lognorm(1.0) if log else stats.norm
    for plot in (plot_density, plot_cdf):
        ax = axes()
        assert plot(samples, law, ax=ax, log=log) is ax
        assert ax.get_xscale() == ("log" if log else "linear")


def test_the_histogram_is_a_density(rng):
    ax = plot_density(rng.standard_normal((50, 200)), bins=np.linspace(-8, 8, 33))
    values, edges, _ = ax.patches[0].get_data()
    assert np.sum(values * np.diff(edges)) == pytest.approx(1.0, rel=1e-12)


def test_pulls_are_drawn_where_they_belong():
    result = compare(stats.norm, SAMPLES)
    ax = plot_comparison(result)
    drawn = ax.lines[-1]
    assert np.array_equal(drawn.get_ydata(), result.pull)
    with pytest.raises(ValueError, match="single number"):
        plot_comparison(compare(0.0, SAMPLES))


@pytest.mark.parametrize("form", ["png", "pdf", "svg"])
def test_files_are_the_same_bytes_each_time(tmp_path, form):
    files = [
        save(plot_density(SAMPLES, stats.norm), tmp_path / name, formats=[form], provenance={"seed": 3})[0]
        for name in ("a", "b")
    ]
    assert files[0].read_bytes() == files[1].read_bytes()
    assert files[0].stat().st_size > 1000


def test_colours_are_told_apart_in_grey():
    """Luminance steps of neighbouring roles: theory (vermilion) and Monte Carlo (blue) differ in grey and from white."""

    def luminance(colour):
        rgb = np.array(matplotlib.colors.to_rgb(colour))
        linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
        return float(linear @ [0.2126, 0.7152, 0.0722])

    levels = {name: luminance(colour) for name, colour in PALETTE.items()}
    assert (levels["vermilion"] + 0.05) / (levels["blue"] + 0.05) > 1.2
    assert all(1.05 / (level + 0.05) > 1.9 for level in levels.values()), "too pale for lines on white"


def test_bad_input_is_refused():
    with pytest.raises(ValueError, match="bins"):
        plot_density(SAMPLES, bins=0)
    with pytest.raises(ValueError, match="increase strictly"):
        plot_density(SAMPLES, bins=[1.0, 0.0])
    with pytest.raises(ValueError, match="confidence"):
        plot_cdf(SAMPLES, confidence=1.0)
    with pytest.raises(ValueError, match="no value that can be drawn"):
        plot_density(-np.ones((3, 3)), log=True)
    with pytest.raises(ValueError, match="format = 'gif'"):
        save(axes(), "x", formats=["gif"])
