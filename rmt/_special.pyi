from numpy import complex128, float64, int64
from numpy.typing import NDArray

def line_sums(
    log_modulus: NDArray[float64],
    argument: NDArray[float64],
    abscissa: float,
    step: float,
    value_weights: NDArray[complex128],
    slope_weights: NDArray[complex128],
    count_up: NDArray[int64],
    count_down: NDArray[int64],
    value: NDArray[complex128],
    slope: NDArray[complex128],
) -> None: ...
def line_sums_real(
    log_modulus: NDArray[float64],
    abscissa: float,
    step: float,
    value_weights: NDArray[complex128],
    slope_weights: NDArray[complex128],
    count: int,
    value: NDArray[float64],
    slope: NDArray[float64],
) -> None: ...
def power_sums(log_x: NDArray[float64], weights: NDArray[float64], step: float, out: NDArray[complex128]) -> None: ...
def polynomial_sums(y: NDArray[complex128], coefficients: NDArray[float64], out: NDArray[complex128]) -> None: ...
