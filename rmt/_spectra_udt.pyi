import numpy as np
from numpy.typing import NDArray

SAMPLES: int

def scan(matrix: NDArray[np.float64], row_used: NDArray[np.uint8], column_used: NDArray[np.uint8]) -> float: ...
def workspace(m: int, n: int, r: int, n0: int, nb: int, leaks: bool) -> int: ...
def udt_step(
    factor: NDArray[np.float64],
    shift: int,
    input_rows: NDArray[np.int64],
    reflectors: NDArray[np.float64],
    blocks: NDArray[np.float64],
    count: int,
    exponents: NDArray[np.int64],
    t: NDArray[np.float64],
    first: NDArray[np.int64],
    khat: NDArray[np.float64],
    angles: NDArray[np.float32],
    leaks: NDArray[np.float64],
    seed: int,
    rank: int,
    n0: int,
    limit: float,
    nb: int,
    refine: float,
    new_reflectors: NDArray[np.float64],
    new_blocks: NDArray[np.float64],
    new_rows: NDArray[np.int64],
    new_columns: NDArray[np.int64],
    new_exponents: NDArray[np.int64],
    new_t: NDArray[np.float64],
    new_first: NDArray[np.int64],
    new_khat: NDArray[np.float64],
    new_angles: NDArray[np.float32],
    new_leaks: NDArray[np.float64],
    memory: NDArray[np.float64],
) -> tuple[int, float, float, float, bool]: ...
def udt_basis(
    reflectors: NDArray[np.float64],
    blocks: NDArray[np.float64],
    count: int,
    nb: int,
    basis: NDArray[np.float64],
) -> None: ...
