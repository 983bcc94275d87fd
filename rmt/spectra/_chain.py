"""The UDT chain: A_k ... A_1 = U 2^e T in one streaming pass, exponents exact, T well conditioned."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rmt import _spectra_udt
from rmt.spectra._debug import debugging, log_determinant
from rmt.spectra._factors import Matrix, compressed

__all__ = ["Chain", "absorb_all"]

# Up to this width every panel is pivoted column by column; above, the columns are presorted by their scaled norm and the
# panel is pivoted only when the growth of its scaled rows says so (a pivoted panel costs twice an unpivoted one).
ALWAYS_PIVOT = 128
# A panel whose worst pivot takes more rounding errors than this times its width from its own factor (one Gaussian factor in
# ten) is computed again in double-double arithmetic; up to the width ALWAYS_PIVOT by default. After ten factors the
# allowance falls as 1/depth down to the width: the errors are heavy-tailed, so that they add up like the depth.
REFINE_LOSS = 10.0
GROWTH_LIMIT = 8.0  # 300 left eigenvalues of saturated products outside their bounds
SMALL_BLOCK, LARGE_BLOCK = 32, 64  # columns per block reflector, up to the width WIDE and beyond
WIDE = 1200
LARGE_PAGE = 1 << 21
SEED = 0x9E3779B97F4A7C15  # odd: the signs of the samples differ from factor to factor


class Chain:
    """State of the pass. After k factors the product is ``U diag(2**e) T`` embedded in ``shape``.

    ``probe=True`` also carries ``condition`` (r,): by how many units rounding errors of one unit in every factor move the
    logarithm of each pivot. Up to 128 columns eight samples of random errors are carried along exactly, to first order;
    beyond, sums of squares (O(N^2) per factor). ``refine``: compute panels of nearly singular factors again in
    double-double arithmetic, always, never or ("auto") up to the width 128.
    """

    def __init__(self, *, probe: bool = True, refine: bool | str = False) -> None:
        self.probe, self.refine = probe, refine
        self.sampled = False  # whether `condition` comes from samples
        self.refined = 0  # panels computed again in double-double arithmetic
        self.loss = 0.0  # rounding errors in the worst pivot of a panel, were it not refined
        self.depth = 0
        self.rank = -1
        self.shape = (0, 0)
        self.growth = 0.0
        # largest spread of the row norms of a panel in powers of two; weights by what it cost (measured), see eigen.py
        self.grading = 0.0
        self.log_abs_det = 0.0  # debug mode only: sum of ln|det A_k| from LU factorisations, and its error
        self.log_abs_error = 0.0
        self.exponents = np.zeros(0, dtype=np.int64)
        self.condition = np.zeros(0)
        self._t = np.zeros(0)
        self._angles = np.zeros(0, dtype=np.float32)  # squares, of wide products
        self._leaks = np.zeros(0)  # samples, of narrow products
        self._reflectors = np.zeros(1)
        self._blocks = np.zeros(1)
        self._first = np.zeros(0, dtype=np.int64)  # row i of T is zero before this column
        self._columns = np.zeros(0, dtype=np.int64)  # column j of T as stored is the live input _columns[j]
        self._order = np.zeros(0, dtype=np.int64)  # row i of the sorted panel is unit _order[i]
        self._input: NDArray[np.intp] | None = None
        self._output: NDArray[np.intp] | None = None
        self._count = 0
        self._block = SMALL_BLOCK
        self._free: dict[str, NDArray[Any]] = {}

    def absorb(self, matrix: Matrix, largest: float) -> None:
        """Multiply by one more factor (m, n) whose rows and columns are live; ``largest`` is its largest modulus."""
        m, n = matrix.shape
        if self.depth == 0:
            self._live_inputs = n
            self.rank, self._order = n, np.arange(n)
            self._block = SMALL_BLOCK if max(m, n) <= WIDE else LARGE_BLOCK
            self._first = np.zeros(n, dtype=np.int64)
            self.exponents, self.condition = np.zeros(n, dtype=np.int64), np.zeros(n)
            self.sampled = self.probe and n <= ALWAYS_PIVOT
            self._angles = np.zeros(n * n if self.probe and not self.sampled else 0, dtype=np.float32)
            self._leaks = np.zeros(n * n * _spectra_udt.SAMPLES if self.sampled else 0)
        self.depth += 1
        if debugging() and m == n:  # an independent determinant, for the sum rules only
            log_abs_det, error = log_determinant(matrix)
            self.log_abs_det += log_abs_det
            self.log_abs_error += error
        steps = min(m, self.rank)
        shift = int(np.frexp(largest)[1]) - 1
        limit = 0.0 if max(m, self.rank) <= ALWAYS_PIVOT else GROWTH_LIMIT
        wanted = self.refine is True or (self.refine == "auto" and limit == 0.0)
        refine = max(1.0, min(1.0, 10.0 / self.depth) * REFINE_LOSS) * max(m, self.rank) if wanted else 0.0
        reflectors, blocks = self._memory("reflectors", m * n), self._memory("blocks", steps * self._block)
        order, columns = np.empty(m, dtype=np.int64), np.empty(self.rank, dtype=np.int64)
        exponents, first = np.empty(steps, dtype=np.int64), np.empty(steps, dtype=np.int64)
        t, condition = self._memory("t", steps * self._live_inputs), np.zeros(steps)
        angles = self._memory("angles", steps * steps if self.probe and not self.sampled else 0, np.float32)
        leaks = self._memory("leaks", steps * steps * _spectra_udt.SAMPLES if self.sampled else 0)
        needed = _spectra_udt.workspace(m, n, self.rank, self._live_inputs, self._block, self.sampled)
        work = self._memory("work", needed)
        rank, growth, grading, loss, refined = _spectra_udt.udt_step(
            matrix, shift, self._order, self._reflectors, self._blocks, self._count, self.exponents, self._t, self._first,
            self.condition, self._angles, self._leaks, SEED * self.depth % 2**64, self.rank, self._live_inputs, limit,
            self._block, refine, reflectors, blocks, order, columns, exponents, t, first, condition, angles, leaks, work,
        )  # fmt: skip
        self._free = {
            "reflectors": self._reflectors,
            "blocks": self._blocks,
            "t": self._t,
            "angles": self._angles,
            "leaks": self._leaks,
            "work": work,
        }
        if rank < steps:
            t = np.ascontiguousarray(t.reshape(self._live_inputs, steps)[:, :rank]).ravel()
            angles = _leading(angles, steps, rank)
            leaks = _leading(leaks, steps, rank)
        if self.depth == 1:
            self._columns = columns
        self._angles, self._leaks = angles, leaks
        self.rank, self.growth = rank, max(self.growth, growth)
        self.refined += refined
        self.loss = max(self.loss, loss)
        self.grading = max(self.grading, (2.0 if limit else 0.5) * grading)
        self.exponents, self.condition, self._t = exponents[:rank].copy(), condition[:rank].copy(), t
        self._first = first[:rank].copy()
        self._reflectors, self._blocks, self._order, self._count = reflectors, blocks, order, steps

    def _memory(self, name: str, size: int, dtype: type = np.float64) -> NDArray[Any]:
        """What the step before has left over, if it fits: fresh pages of memory cost as much as a pass over them.

        Large arrays begin at a multiple of two megabytes, so that the system can give them large pages: the kernels go
        through them with strides of a page.
        """
        spare = self._free.pop(name, None)
        if spare is not None and spare.size == size:
            return spare
        bytes_needed = size * np.dtype(dtype).itemsize
        if bytes_needed < LARGE_PAGE // 2:
            return np.empty(size, dtype=dtype)
        raw = np.empty(bytes_needed + LARGE_PAGE, dtype=np.uint8)
        start = -raw.ctypes.data % LARGE_PAGE
        return raw[start : start + bytes_needed].view(dtype)

    def annihilate(self, n0: int) -> None:
        """The product is exactly zero: nothing that follows can change that."""
        self.rank, self._live_inputs, self._input = 0, n0, None
        self.exponents, self.condition = np.zeros(0, dtype=np.int64), np.zeros(0)

    def u(self) -> Matrix:
        """The orthonormal columns U (n_L, r)."""
        basis = np.zeros((self.shape[0], self.rank))
        if self.rank:
            q = np.empty((self.rank, self._order.size))
            _spectra_udt.udt_basis(self._reflectors, self._blocks, self._count, self._block, q)
            rows = self._order if self._output is None else self._output[self._order]
            basis[rows] = q.T
        return basis

    def t(self) -> Matrix:
        """The row-scaled factor T (r, n_0)."""
        full = np.zeros((self.rank, self.shape[1]))
        if self.rank:
            inputs = self._columns if self._input is None else self._input[self._columns]
            full[:, inputs] = self._t.reshape(-1, self.rank).T
        return full


def _leading(square: NDArray[Any], size: int, kept: int) -> NDArray[Any]:
    """The leading block of a square array stored flat (nothing if it is not carried)."""
    if square.size == 0:
        return square
    return np.ascontiguousarray(square.reshape(size, size, -1)[:kept, :kept]).ravel()


def absorb_all(
    factors: Iterable[Any],
    *,
    probe: bool = True,
    refine: bool | str = False,
    live: list[NDArray[np.bool_]] | None = None,
) -> Chain:
    """Run the pass over all factors."""
    chain = Chain(probe=probe, refine=refine)
    n0 = 0
    for k, (factor, columns, rows) in enumerate(compressed(factors, live)):
        matrix, largest = factor.matrix, factor.largest
        if k == 0:
            n0, chain._input = matrix.shape[1], columns
        if columns is not None or rows is not None:
            matrix = matrix[
                np.ix_(
                    np.arange(matrix.shape[0]) if rows is None else rows,
                    np.arange(matrix.shape[1]) if columns is None else columns,
                )
            ]
            largest = float(np.abs(matrix).max()) if matrix.size else 0.0
        chain.shape, chain._output = (factor.matrix.shape[0], n0), rows
        if largest == 0.0:
            chain.annihilate(n0)
        if chain.rank != 0:
            chain.absorb(np.ascontiguousarray(matrix), largest)
    return chain
