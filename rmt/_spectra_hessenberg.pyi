import numpy as np
from numpy.typing import NDArray

def hessenberg_triangular(
    h: NDArray[np.float64], r: NDArray[np.float64], q0: NDArray[np.float64], q1: NDArray[np.float64], nb: int = 32
) -> None: ...
