"""Curves, points and error bars carry the numbers they were given; shapes that do not fit are refused."""

import matplotlib.colors
import numpy as np
import pytest
from scipy import stats

from rmt import plotting
from rmt.plotting.curves import COLOURS
from rmt.plotting.style import COLOUR_MAP, DASHES, MARKERS

Q = np.linspace(-1.0, 3.0, 9)


def drawn(ax, index=0):
    return ax.containers[index].lines[0].get_xydata()


def test_points_with_errors_on_a_curve():
    ax = plotting.plot_points(Q, Q**2, 0.1 * np.ones(9), theory=(Q, Q**2 + 1))
    assert np.array_equal(drawn(ax), np.column_stack([Q, Q**2]))
    (bars,) = ax.containers[0].lines[2]
    lengths = [segment[1, 1] - segment[0, 1] for segment in bars.get_segments()]
    assert np.allclose(lengths, 0.2)
    assert np.array_equal(ax.lines[0].get_ydata(), Q**2 + 1)


def test_series_differ_in_colour_and_shape():
    ax = plotting.axes()
    for series in range(4):
        assert plotting.plot_dimensions(Q, np.full(9, series / 4), ax=ax, series=series) is ax
    lines = [container.lines[0] for container in ax.containers]
    assert len({line.get_color() for line in lines}) == 4
    assert len({line.get_marker() for line in lines}) == 4
    assert len(set(MARKERS)) == len(set(map(str, DASHES))) == len(set(COLOURS)) == 7


def test_a_singularity_spectrum_shows_its_bound():
    alpha = np.linspace(0.5, 1.5, 5)
    ax = plotting.plot_singularity_spectrum(alpha, 1 - (alpha - 1) ** 2)
    assert np.array_equal(ax.lines[0].get_xdata(), ax.lines[0].get_ydata())
    assert np.array_equal(drawn(ax)[:, 0], alpha)


def test_a_phase_diagram_has_its_contour_and_lines():
    x, y = np.linspace(1.0, 2.0, 5), np.linspace(0.5, 3.0, 7)
    values = y[:, None] - x[None, :]
    values[0, 0] = np.nan
    ax = plotting.plot_phase_diagram(x, y, values, lines={"critical": (x, x)})
    mesh = ax.collections[0]
    assert np.ma.allequal(mesh.get_array(), np.ma.masked_invalid(values))
    assert len(ax.figure.axes) == 2, "a colour bar"
    assert np.array_equal(ax.lines[0].get_ydata(), x)
    contour = np.vstack([path.vertices for path in ax.collections[1].get_paths() if len(path.vertices)])
    assert np.abs(contour[:, 0] - contour[:, 1]).max() < 1e-9


def test_a_collapse_is_rescaled():
    sizes, x = [10.0, 100.0], np.array([1.0, 2.0])
    ax = plotting.plot_collapse(x, [x**2 / 10, x**2 / 100], sizes, x_exponent=0.5, y_exponent=1.0)
    assert np.allclose(drawn(ax, 1), np.column_stack([x * 10, x**2]))
    assert ax.get_xscale() == "log"


def test_a_lyapunov_spectrum_is_sorted_and_drops_minus_infinity():
    exponents = np.array([0.1, -np.inf, 0.5])
    ax = plotting.plot_lyapunov_spectrum(exponents, [0.01, 0.0, 0.02], law=plotting_law())
    assert np.allclose(drawn(ax), [[1 / 6, 0.5], [0.5, 0.1]])
    assert ax.lines[1].get_ydata()[0] > ax.lines[1].get_ydata()[-1]


def plotting_law():
    class Law:
        icdf = staticmethod(stats.norm.ppf)

    return Law()


def test_the_colour_map_rises_in_lightness():
    """cividis: lightness grows with the value, so that a grey print keeps the order."""
    colours = matplotlib.colormaps[COLOUR_MAP](np.linspace(0, 1, 64))[:, :3]
    grey = colours @ [0.299, 0.587, 0.114]
    assert np.all(np.diff(grey) > 0)


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: plotting.plot_points([1.0, 2.0], [1.0]), "one length"),
        (lambda: plotting.plot_points([1.0], [1.0], [1.0, 2.0]), "one length"),
        (lambda: plotting.plot_points([np.nan], [1.0]), "not finite"),
        (lambda: plotting.plot_phase_diagram([1, 2], [1, 2], np.ones((3, 2))), "shape"),
        (lambda: plotting.plot_phase_diagram([2, 1], [1, 2], np.ones((2, 2))), "increase"),
        (lambda: plotting.plot_collapse([1.0], [[1.0]], [1.0, 2.0], x_exponent=1, y_exponent=1), "one curve"),
        (lambda: plotting.plot_collapse([1.0], [[1.0]], [-1.0], x_exponent=1, y_exponent=1), "positive"),
        (lambda: plotting.plot_lyapunov_spectrum([1.0], [1.0, 2.0]), "one length"),
    ],
)
def test_bad_input_is_refused(build, message):
    with pytest.raises(ValueError, match=message):
        build()
