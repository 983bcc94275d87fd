"""Random-matrix theory for products of heavy-tailed Jacobians.

The library computes, for products ``J = D_L W_L ... D_1 W_1`` with Levy alpha-stable weights ``W`` and
``D = diag(phi'(h))``, the singular values, eigenvalues, Lyapunov exponents and the localisation of the vectors, the
limit law of each of them, and the table that sets the two side by side. Rooms are imported on first use:

>>> import rmt
>>> "stable" in dir(rmt)
True

``import rmt`` itself loads nothing but this file, so it is fast; ``rmt.laws`` and the other rooms load when named.
"""

import importlib
import logging
from typing import Any

from rmt._version import __version__

ROOMS = (
    "activations",
    "cavity",
    "cli",
    "compare",
    "criticality",
    "deeplinear",
    "ensembles",
    "laws",
    "localisation",
    "meanfield",
    "papers",
    "plotting",
    "report",
    "special",
    "spectra",
    "stable",
    "sweep",
    "symbolic",
    "tables",
    "weights",
)

__all__ = ["__version__", "about"]

logging.getLogger("rmt").addHandler(logging.NullHandler())


def about() -> dict[str, str]:
    """Versions of everything that enters a number: the provenance that tables and reports carry.

    Returns
    -------
    dict of str to str
        Keys ``rmt python numpy scipy mpmath sympy platform blas``.

    Examples
    --------
    >>> import rmt
    >>> rmt.about()["rmt"] == rmt.__version__
    True
    """
    from rmt._results import provenance

    return provenance()


def __getattr__(name: str) -> Any:
    if name in ROOMS:
        return importlib.import_module(f"rmt.{name}")
    raise AttributeError(f"module 'rmt' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*__all__, *ROOMS])
