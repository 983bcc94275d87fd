"""The one checker of arguments names the argument, its value and the allowed range."""

import numpy as np
import pytest

from rmt._checks import check_alpha, check_array, check_choice, check_integer, check_real


@pytest.mark.parametrize("alpha", [0.0, -1.0, 2.0000001, np.nan, np.inf, "x", None])
def test_alpha_outside_its_range_is_refused(alpha):
    with pytest.raises(ValueError, match=r"alpha = .*\(0, 2\]"):
        check_alpha(alpha)


def test_good_values_pass_unchanged():
    assert check_alpha(np.float32(1.5)) == 1.5
    assert check_real("x", -3) == -3.0
    assert check_integer("depth", np.int64(3), low=1) == 3
    assert check_choice("coupling", "network", ("independent", "network")) == "network"


@pytest.mark.parametrize("width", [1, 2.0, True, "3", None])
def test_integers_are_never_rounded(width):
    with pytest.raises(ValueError, match=r"width = .* must be an integer >= 2"):
        check_integer("width", width, low=2)


def test_arrays_with_nan_name_the_place():
    with pytest.raises(ValueError, match=r"x holds .* index \(1,\)"):
        check_array("x", [1.0, np.nan])
    with pytest.raises(ValueError, match="real numbers"):
        check_array("x", [1j])
