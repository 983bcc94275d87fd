"""Numbers as papers print them: the digits follow the error, 1.623(12)."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

__all__ = ["NOTATIONS", "format_cell", "format_number", "format_value"]

NOTATIONS = ("text", "pretty", "latex", "siunitx")
# Format codes of `uncertainties`: S is the short form with brackets, P writes powers with Unicode, L with TeX.
_CODES = {"text": "S", "pretty": "SP", "latex": "SL", "siunitx": "S"}


def _special(value: float, notation: str) -> str:
    names = {"latex": (r"\mathrm{nan}", r"\infty"), "pretty": ("nan", "∞")}.get(notation, ("nan", "inf"))
    return names[0] if math.isnan(value) else ("-" if value < 0 else "") + names[1]


def _exponent(text: str, notation: str) -> str:
    """`1.5e-08` in the given notation."""
    mantissa, _, power = text.partition("e")
    if not power or notation in ("text", "siunitx"):
        return text
    if notation == "latex":
        return rf"{mantissa} \times 10^{{{int(power)}}}"
    return f"{mantissa}×10" + str(int(power)).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))


def format_number(value: float, *, digits: int = 6, notation: str = "text") -> str:
    """A number without an error, to ``digits`` significant digits, trailing zeros dropped.

    Examples
    --------
    >>> format_number(0.1 + 0.2), format_number(1.5e-8, notation="latex")
    ('0.3', '1.5 \\\\times 10^{-8}')
    """
    value = float(value)
    if not math.isfinite(value):
        return _special(value, notation)
    return _exponent(f"{value:.{digits}g}", notation)


def format_value(value: float, error: float | None = None, *, digits: int = 6, notation: str = "text") -> str:
    """``value(error)`` with two digits of the error; without an error, ``digits`` significant digits.

    An error of zero prints the value alone (it is exact), an error that is infinite or not a number is written out,
    because no digit of the value is then known to mean anything.

    Parameters
    ----------
    value, error : float
        The number and its standard error; ``None``: no error.
    digits : int
        Significant digits of a number that has no error.
    notation : {"text", "pretty", "latex", "siunitx"}
        Plain text, Unicode powers, TeX (without the dollars) or the input form of siunitx.

    Returns
    -------
    str

    Raises
    ------
    ValueError
        If the error is negative.

    Examples
    --------
    >>> format_value(1.62345, 0.0123)
    '1.623(12)'
    >>> format_value(1.23456e-8, 2.1e-10, notation="latex")
    '1.235(21) \\\\times 10^{-8}'
    >>> format_value(5.0, 0.0), format_value(5.0, float("inf"))
    ('5', '5(inf)')
    """
    if error is None:
        return format_number(value, digits=digits, notation=notation)
    value, error = float(value), float(error)
    if error < 0:
        raise ValueError(f"error = {error!r} must be >= 0")
    if error == 0 or not math.isfinite(value):
        return format_number(value, digits=digits, notation=notation)
    if not math.isfinite(error):
        return f"{format_number(value, digits=digits, notation=notation)}({_special(error, notation)})"
    from uncertainties import ufloat

    return f"{ufloat(value, error):.2u{_CODES[notation]}}"


def format_cell(value: Any, error: Any = None, *, digits: int = 6, notation: str = "text") -> str:
    """Any cell of a table: booleans and strings as they are, integers in full, None as an empty cell, numbers with errors."""
    if value is None:
        return ""
    if isinstance(value, bool | np.bool_):
        return "yes" if value else "no"
    if isinstance(value, int | np.integer) and error is None:
        return str(int(value))
    if isinstance(value, float | int | np.floating | np.integer):
        missing = error is None or (isinstance(error, float) and math.isnan(error) and math.isnan(float(value)))
        return format_value(float(value), None if missing else float(error), digits=digits, notation=notation)
    return str(value)
