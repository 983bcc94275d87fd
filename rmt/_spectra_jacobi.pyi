import numpy as np
from numpy.typing import NDArray

def one_sided_jacobi(
    columns: NDArray[np.float64],
    mantissa: NDArray[np.float64],
    exponent: NDArray[np.int64],
    v: NDArray[np.float64],
) -> int: ...
