"""Stub of the compiled moment kernel (ext/_moments.pyx)."""

import numpy as np
from numpy.typing import NDArray

def log_moments(
    parts: NDArray[np.float64],
    positive: NDArray[np.float64],
    positive_step: float,
    negative: NDArray[np.float64],
    negative_step: float,
    log_sums: NDArray[np.float64],
    mean_logs: NDArray[np.float64],
    support: NDArray[np.int64],
) -> None: ...
def log_weights(parts: NDArray[np.float64], out: NDArray[np.float64], support: NDArray[np.int64]) -> None: ...
