from numpy import float64, uint64
from numpy.typing import NDArray

KINDS: tuple[str, ...]

def layers(
    kind: int,
    stream: NDArray[uint64],
    width: int,
    gain: float,
    bias: float,
    tangent: bool,
    homogeneous: bool,
    state: NDArray[float64],
    out: NDArray[float64],
    work: NDArray[float64],
) -> None: ...
def normals(stream: NDArray[uint64], x: NDArray[float64], y: NDArray[float64]) -> None: ...
def differences(
    kind: int, x: NDArray[float64], y: NDArray[float64], a: float, b: float, c: float, tangent: bool
) -> None: ...
