"""Typed signature of the compiled population step."""

import numpy as np
from numpy.typing import NDArray

def sum_jumps(
    signals: NDArray[np.float64],
    counts: NDArray[np.int64],
    levels: NDArray[np.float64],
    fractions: NDArray[np.float64],
    state: NDArray[np.uint64],
    out: NDArray[np.float64],
) -> None: ...
