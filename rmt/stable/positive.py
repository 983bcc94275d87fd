"""The positive stable law as a frozen object."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rmt._checks import check_real
from rmt._random import RandomState
from rmt.stable.sampling import Shape, draw_log_positive, draw_positive

__all__ = ["PositiveStable"]


@dataclass(frozen=True)
class PositiveStable:
    r"""The positive stable law, :math:`E e^{-tS} = e^{-(\mathrm{scale}\,t)^a}`.

    It is the law of the squared heavy-tailed weights' sums: a = alpha/2, and a symmetric alpha-stable Z is
    sqrt(2 S) g with g standard normal.

    Parameters
    ----------
    a : float
        Index in (0, 1).
    scale : float
        Scale > 0.

    Raises
    ------
    ValueError
        If a parameter is out of its range.

    Examples
    --------
    >>> from rmt.stable import PositiveStable
    >>> bool((PositiveStable(0.75).sample(1000, rng=1) > 0).all())
    True
    """

    a: float
    scale: float = 1.0

    def __post_init__(self) -> None:
        object.__setattr__(self, "a", check_real("a", self.a, low=0.0, high=1.0, low_open=True, high_open=True))
        object.__setattr__(self, "scale", check_real("scale", self.scale, low=0.0, low_open=True))

    def sample(self, shape: Shape = None, rng: RandomState = None) -> NDArray[np.float64]:
        """Independent variates (Kanter 1975). Below a = 0.05 use :meth:`sample_log`: overflow gives infinity.

        Parameters
        ----------
        shape : int, tuple of int or None
            Shape of the result.
        rng : seed, Generator, SeedSequence, BitGenerator or None
            Where the random numbers come from; two 64-bit words a variate.

        Returns
        -------
        ndarray of float64
        """
        return draw_positive(shape, rng, a=self.a, scale=self.scale)

    def sample_log(self, shape: Shape = None, rng: RandomState = None) -> NDArray[np.float64]:
        """Natural logarithm of independent variates; the same stream gives the same variates as :meth:`sample`.

        Parameters
        ----------
        shape, rng
            As for :meth:`sample`.

        Returns
        -------
        ndarray of float64
        """
        return draw_log_positive(shape, rng, a=self.a, scale=self.scale)
