"""What every result shares: provenance, conversion to a data frame, and a short text form."""

from __future__ import annotations

import dataclasses
import functools
import platform
import sys
from importlib import metadata
from typing import Any

import numpy as np

from rmt._version import __version__

__all__ = ["Result", "provenance"]


def provenance() -> dict[str, str]:
    """Versions of everything that enters a number."""
    return dict(_versions())


@functools.cache  # looking up the metadata of packages takes 10 ms, more than many a result
def _versions() -> dict[str, str]:

    def version(package: str) -> str:
        try:
            return metadata.version(package)
        except metadata.PackageNotFoundError:
            return "not installed"

    blas = np.show_config(mode="dicts")["Build Dependencies"]["blas"]
    return {
        "rmt": __version__,
        "python": sys.version.split()[0],
        **{name: version(name) for name in ("numpy", "scipy", "mpmath", "sympy")},
        "platform": platform.platform(),
        "blas": f"{blas.get('name', '?')} {blas.get('version', '?')}",
    }


@dataclasses.dataclass(frozen=True)
class Result:
    """Base of the frozen result objects: named arrays, ``.meta`` and ``.to_frame()``.

    A subclass is a frozen dataclass whose fields are arrays of one common length (columns), scalars, and ``meta``.
    """

    def to_frame(self) -> Any:
        """The one-dimensional fields as columns of a ``pandas.DataFrame``; scalars go to ``frame.attrs``.

        Raises
        ------
        ImportError
            If pandas is absent (``pip install "rmt[frames]"``).
        """
        import pandas

        fields = {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}
        columns = {name: value for name, value in fields.items() if isinstance(value, np.ndarray) and value.ndim == 1}
        if len({column.size for column in columns.values()}) > 1:
            longest = max(column.size for column in columns.values())
            columns = {name: value for name, value in columns.items() if value.size == longest}
        frame = pandas.DataFrame(columns)
        frame.attrs.update({name: value for name, value in fields.items() if np.isscalar(value)})
        frame.attrs.update(fields.get("meta") or {})
        return frame
