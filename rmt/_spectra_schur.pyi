import numpy as np
from numpy.typing import NDArray

def periodic_schur(
    h: NDArray[np.float64],
    triangles: NDArray[np.float64],
    exponents: NDArray[np.int64],
    q0: NDArray[np.float64],
    q1: NDArray[np.float64],
    full: bool,
    pair: NDArray[np.int8],
    statistics: NDArray[np.int64],
    most: int = 300,
    reduced: bool = False,
) -> int: ...
def block_eigenvalues(
    h: NDArray[np.float64],
    triangles: NDArray[np.float64],
    exponents: NDArray[np.int64],
    pair: NDArray[np.int8],
    argument: NDArray[np.float64],
) -> None: ...
