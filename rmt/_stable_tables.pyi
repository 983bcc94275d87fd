from numpy import float64, int32, uint8
from numpy.typing import NDArray

class Piecewise:
    def __init__(
        self,
        low: int,
        radius: float,
        centre: NDArray[float64],
        up_bits: NDArray[uint8],
        up_base: NDArray[int32],
        up: NDArray[float64],
        down_bits: NDArray[uint8],
        down_base: NDArray[int32],
        down: NDArray[float64],
    ) -> None: ...
    def values(self, x: NDArray[float64], out: NDArray[float64], exponential: bool) -> None: ...
    def slopes(self, x: NDArray[float64], out: NDArray[float64], slope: NDArray[float64]) -> None: ...
