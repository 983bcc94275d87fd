import numpy as np
from numpy.typing import NDArray

class ScoreLaw:
    def __init__(self, alpha: float, beta: float) -> None: ...
    def evaluate(
        self, x0: NDArray[np.float64], x1: NDArray[np.float64], s0: bool, out: NDArray[np.float64]
    ) -> None: ...
