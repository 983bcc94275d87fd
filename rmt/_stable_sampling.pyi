from typing import Any

from numpy import float64
from numpy.typing import NDArray

def fill_stable(
    capsule: Any, out: NDArray[float64], alpha: float, beta: float, scale: float, shift: float, from_s0: bool
) -> None: ...
def fill_log_stable(
    capsule: Any, sign: NDArray[float64], logarithm: NDArray[float64], alpha: float, beta: float
) -> None: ...
def fill_positive(
    capsule: Any, out: NDArray[float64], a: float, one_minus_a: float, scale: float, logarithm: bool
) -> None: ...
