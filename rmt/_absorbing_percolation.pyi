from numpy import int64, uint64
from numpy.typing import NDArray

def run(
    sites: NDArray[uint64], following: NDArray[uint64], p: int, stream: NDArray[uint64], active: NDArray[int64]
) -> None: ...
