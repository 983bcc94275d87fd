"""Columns that span many decades (W D) made even by exact powers of two at the interfaces, a similarity of the product."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from rmt.spectra._factors import Matrix

__all__ = ["evened"]

EVEN_BITS = 16  # columns within this range stay as they are
MOST_BITS = 900


def evened(factors: Sequence[Matrix]) -> tuple[list[Matrix], NDArray[np.int64]] | None:
    """S_k A_k S_{k-1}^-1 with even columns, S_L = S_0, and the exponents of S_0; None where the columns are even enough.

    The rows take up what the columns lose, and sorted rows of any range cost no digits. Right vectors of the product are
    S_0^-1 times those of the new one, left ones S_0 times.
    """
    scales = []
    for factor in factors:
        largest = np.abs(factor).max(axis=0)
        exponents = np.where(largest > 0.0, np.frexp(largest)[1], np.iinfo(np.int64).min)
        top = exponents.max()
        scales.append(np.where(largest > 0.0, exponents - top, 0))  # S before this factor
    if not EVEN_BITS < -min(int(scale.min()) for scale in scales) < MOST_BITS:
        return None
    after = scales[1:] + scales[:1]
    out = [
        np.ldexp(factor, (behind[:, None] - before).astype(np.int32))
        for factor, before, behind in zip(factors, scales, after, strict=True)
    ]
    return out, scales[0]
