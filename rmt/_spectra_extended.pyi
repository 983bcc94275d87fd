import numpy as np
from numpy.typing import NDArray

def extended_step(
    factor: NDArray[np.float64],
    q_high: NDArray[np.float64],
    q_low: NDArray[np.float64],
    t_high: NDArray[np.float64],
    t_low: NDArray[np.float64],
    exponents: NDArray[np.int64],
    new_high: NDArray[np.float64],
    new_low: NDArray[np.float64],
) -> bool: ...
def extended_gram(
    x_high: NDArray[np.float64],
    x_low: NDArray[np.float64],
    y_high: NDArray[np.float64],
    y_low: NDArray[np.float64],
    high: NDArray[np.float64],
    low: NDArray[np.float64],
) -> None: ...
