"""Which ensemble a law or a sample belongs to, and the refusal to compare two that differ."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from rmt._checks import check_choice

__all__ = ["COUPLINGS", "CouplingMismatch", "Samples", "check_coupling", "coupling_of"]

COUPLINGS = ("independent", "network")


class CouplingMismatch(ValueError):
    """A theory of one ensemble was to be compared with samples of the other."""


@dataclasses.dataclass(frozen=True)
class Samples:
    """Numbers that know where they come from.

    Parameters
    ----------
    values : array_like, (R, n) or (n,)
        Rows are realisations; a one-dimensional array holds independent numbers, or is split by ``clusters``.
    clusters : array_like of int, optional
        Realisation each value of a one-dimensional array belongs to.
    coupling : {"independent", "network"}, optional
        The ensemble they were sampled from.

    Examples
    --------
    >>> Samples([[0.1, 0.2], [0.3, 0.1]], coupling="network").coupling
    'network'
    """

    values: ArrayLike
    clusters: ArrayLike | None = None
    coupling: str | None = None

    def __post_init__(self) -> None:
        if self.coupling is not None:
            check_choice("coupling", self.coupling, COUPLINGS)


def coupling_of(thing: Any) -> str | None:
    """The ensemble of a law, a sample or a result; None if it does not say or does not matter.

    An attribute ``coupling`` decides. A law built of layers (``.layers``) without one describes the independent ensemble,
    unless every layer is Gaussian (alpha = 2) or has no profile: then both ensembles have the same limit.

    Parameters
    ----------
    thing : object
        A law, an array, :class:`Samples`, a chain of Jacobians, or anything with ``.coupling``.

    Returns
    -------
    {"independent", "network"} or None
    """
    said = getattr(thing, "coupling", None)
    if said is None and isinstance(getattr(thing, "meta", None), dict):
        said = thing.meta.get("coupling")
    if said in COUPLINGS:
        return str(said)
    layers = getattr(thing, "layers", None)
    if layers is None and hasattr(thing, "layer"):
        layers = (thing.layer,)
    if layers is not None and isinstance(layers, Sequence) and not isinstance(thing, np.ndarray):
        bare = [getattr(layer, "alpha", None) == 2.0 or getattr(layer, "profile", True) is None for layer in layers]
        return None if all(bare) else "independent"
    return None


def check_coupling(theory: Any, samples: Any, coupling: str | None) -> str | None:
    """The one coupling of a comparison.

    Parameters
    ----------
    theory, samples : object
        See :func:`coupling_of`.
    coupling : {"independent", "network"}, optional
        What the caller says of the samples.

    Returns
    -------
    str or None

    Raises
    ------
    CouplingMismatch
        If the samples say one thing and the caller or the theory another.
    """
    if coupling is not None:
        check_choice("coupling", coupling, COUPLINGS)
    of_samples = coupling_of(samples)
    if coupling and of_samples and coupling != of_samples:
        raise CouplingMismatch(f"coupling = {coupling!r}, but the samples are of the {of_samples!r} ensemble")
    drawn = coupling or of_samples
    of_theory = coupling_of(theory)
    if drawn and of_theory and drawn != of_theory:
        raise CouplingMismatch(
            f"the theory describes the {of_theory!r} ensemble and the samples are of the {drawn!r} ensemble: for alpha < 2 "
            "their limits differ at order one, so a pull between them means nothing"
        )
    return drawn or of_theory
