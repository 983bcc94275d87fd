import numpy as np
from numpy.typing import NDArray

def triangular_vectors(
    rows_real: NDArray[np.float64],
    rows_imag: NDArray[np.float64],
    exponents: NDArray[np.int64],
    x_real: NDArray[np.float64],
    x_imag: NDArray[np.float64],
    y_real: NDArray[np.float64],
    y_imag: NDArray[np.float64],
    right_side: bool,
) -> None: ...
