"""Printed digits follow the error, in every notation; special values are written, never dropped."""

import math

import pytest

from rmt._format import format_cell, format_number, format_value
from rmt.tables import Table, as_table


@pytest.mark.parametrize(
    ("value", "error", "printed"),
    [
        (1.62345, 0.0123, "1.623(12)"),
        (-1.62345, 0.0123, "-1.623(12)"),
        (1.62345, 0.0996, "1.62(10)"),
        (1.62345, 0.09949, "1.623(99)"),
        (0.0, 0.01, "0.000(10)"),
        (1234.5, 21.0, "1234(21)"),
        (1.2341e-8, 2.1e-10, "1.234(21)e-08"),
        (5.0, 0.0, "5"),
        (5.0, math.inf, "5(inf)"),
        (5.0, math.nan, "5(nan)"),
        (math.nan, 0.1, "nan"),
        (-math.inf, 0.1, "-inf"),
    ],
)
def test_value_with_error(value, error, printed):
    assert format_value(value, error) == printed


@pytest.mark.parametrize("exponent", range(-12, 13))
def test_the_printed_number_reads_back_within_a_hundredth_of_the_error(exponent):
    error = 1.37 * 10.0**exponent
    value = 98.7654321 * error
    text = format_value(value, error)
    mantissa, _, power = text.partition("e")
    number, bracket = mantissa.rstrip(")").split("(")
    scale = 10.0 ** int(power or 0)
    places = len(number.partition(".")[2])
    read_error = float(bracket) * scale * (1 if "." in bracket else 10.0**-places)
    assert abs(float(number) * scale - value) <= 0.05 * error
    assert abs(read_error - error) <= 0.05 * error


def test_notations():
    assert format_number(1.5e-8, notation="pretty") == "1.5×10⁻⁸"
    assert format_value(1.2341e-8, 2.1e-10, notation="latex") == r"1.234(21) \times 10^{-8}"
    assert format_value(1.2341e-8, 2.1e-10, notation="siunitx") == "1.234(21)e-08"
    assert format_cell(None) == ""
    assert [format_cell(flag) for flag in (True, False)] == ["yes", "no"]
    assert format_cell(10**20) == "1" + "0" * 20


def test_a_negative_error_is_refused():
    with pytest.raises(ValueError, match=r"error = -0.1 must be >= 0"):
        format_value(1.0, -0.1)


def test_errors_are_found_by_their_names():
    table = as_table({"a": [1.0], "a_stderr": [0.1], "estimate": [2.0], "stderr": [0.2], "b": [3.0], "b_err": [0.3]})
    assert table.errors == {"a": "a_stderr", "estimate": "stderr", "b": "b_err"}
    assert table.cells() == [["1.00(10)", "2.00(20)", "3.00(30)"]]
    assert Table({"a": [1.0], "a_stderr": [0.1]}).cells() == [["1", "0.1"]]
