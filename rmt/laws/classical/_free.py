r"""What free sums and free products share: arguments, the search for certified roots, the law made of them."""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from rmt._checks import check_array, check_integer
from rmt._continuation import ConvergenceError
from rmt.laws.classical._transforms import TransformLaw
from rmt.laws.classical.discrete import DiscreteLaw

__all__ = ["FreeLaw", "at_real", "bordered", "solve"]

Array = NDArray[np.float64]
Complex = NDArray[np.complex128]
# Tries of the continuation: (first step, largest move of an unknown that the corrector may make).
_TRIES = ((0.1, 0.5), (0.02, 0.1), (0.005, 0.02))
_RESIDUAL = 1e-9  # largest residual of a certified root, in units of the scale
_REAL = 1e-9  # imaginary parts below it, in units of the scale, are rounding


class FreeLaw(TransformLaw):
    """What sums and products share; a subclass gives the equations in scale-free unknowns."""

    _name = "free convolution"

    def __init__(self, laws: TransformLaw | Iterable[TransformLaw], powers: ArrayLike | None = None) -> None:
        given = (laws,) if isinstance(laws, TransformLaw) else tuple(laws)
        for i, law in enumerate(given):
            if not isinstance(law, TransformLaw):
                raise ValueError(f"laws[{i}] = {law!r} must be a law with a Stieltjes transform")
        if not given:
            raise ValueError("laws must hold at least one law, not 0")
        t = np.ones(len(given)) if powers is None else check_array("powers", powers, ndim=1)
        if t.size != len(given):
            raise ValueError(f"powers must hold one number a law, {len(given)}, not {t.size}")
        if (t < 1.0).any():
            raise ValueError(f"powers must be >= 1, not {float(t.min())!r}")
        self.laws, self.powers = self._merged(given, t)
        self._t = np.asarray(self.powers)
        self._n = math.fsum(self.powers)

    def _merged(
        self, laws: Sequence[TransformLaw], powers: NDArray
    ) -> tuple[tuple[TransformLaw, ...], tuple[float, ...]]:
        """Nested sums (products) opened, equal laws taken together."""
        flat: list[tuple[TransformLaw, float]] = []
        for law, t in zip(laws, powers.tolist(), strict=True):
            if type(law) is type(self) and isinstance(law, FreeLaw):
                flat += [(inner, t * power) for inner, power in zip(law.laws, law.powers, strict=True)]
            else:
                flat.append((law, t))
        total: dict[Any, float] = {}
        for law, t in flat:
            total[law] = total.get(law, 0.0) + t
        return self._without_points(total)

    def _without_points(self, total: dict[TransformLaw, float]) -> tuple[tuple[TransformLaw, ...], tuple[float, ...]]:
        """Point masses move (scale) the first other law: their own u_i would be a real number inside its support."""
        points = {law: t for law, t in total.items() if law.support()[0] == law.support()[1]}
        others = {law: t for law, t in total.items() if law not in points}
        if points and not others:
            return (DiscreteLaw([self._join([(law.support()[0], t) for law, t in points.items()])], [1.0]),), (1.0,)
        laws = list(others)
        if points:
            t = others[laws[0]]
            places = [(law.support()[0], power / t) for law, power in points.items()]
            laws[0] = self._moved(laws[0], self._join(places))
        return tuple(laws), tuple(others.values())

    @abstractmethod
    def _join(self, places: list[tuple[float, float]]) -> float:
        """The point that point masses (position, power) make together."""

    @abstractmethod
    def _moved(self, law: TransformLaw, place: float) -> TransformLaw:
        """The law convolved with a point mass."""

    def __repr__(self) -> str:
        powers = "" if all(t == 1.0 for t in self.powers) else f", powers={list(self.powers)}"
        return f"{type(self).__name__}({list(self.laws)}{powers})"

    def _key(self) -> tuple[Any, ...]:
        return (type(self), self.laws, self.powers)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, FreeLaw) and self._key() == other._key()

    def __hash__(self) -> int:
        return hash(self._key())

    # -- equations; u has one column a law ------------------------------------------------------------------------------

    def _values(self, u: Complex) -> tuple[Complex, Complex]:
        """(F_i, F_i') in columns; trial points below the axis too."""
        parts = [law._both(u[:, i]) for i, law in enumerate(self.laws)]
        return np.column_stack([part[0] for part in parts]), np.column_stack([part[1] for part in parts])

    def _subordinates(self, z: Complex, *, beside_poles: bool = True) -> Complex:
        """Certified u_i at points of the closed upper half plane, one column a law."""
        if self._n == 1.0:
            return z[:, None].copy()
        u = np.full((z.size, len(self.laws)), np.nan, dtype=complex)
        wrong = np.ones(z.size, dtype=bool)
        reason = ""
        for first_step, max_move in _TRIES:
            pending = [np.flatnonzero(wrong)]
            while pending and (index := pending.pop()).size:
                try:
                    u[index] = self._descend(z[index], first_step, max_move)
                except ConvergenceError as error:  # one point stops them all: halves find it, finer steps may pass it
                    reason = str(error)
                    if index.size > 1:
                        pending += [index[: index.size // 2], index[index.size // 2 :]]
                    continue
                u[index], wrong[index] = self._certified(z[index], u[index])
                if wrong[index].any():
                    worst = index[wrong[index]][:1]
                    reason = f"residual {self._residual(z[worst], u[worst])[0]:.3g} at u = {u[worst][0]}"
            step = self._step_off_pole(z, u)
            pole = wrong & (z.imag == 0.0) & (step > 0.0) & beside_poles
            if pole.any():  # G = 0 in a gap, where neither density nor distribution depends on a small shift of z
                step = step[pole]
                beside = [self._subordinates(z[pole] + s, beside_poles=False) for s in (step, -step)]
                u[pole], wrong[pole] = beside[0], (np.imag(beside) != 0.0).any(axis=(0, 2))
            if not wrong.any():
                return u
        raise ConvergenceError(f"{self._name}: no certified root at z = {z[wrong][0]}: {reason}")

    @abstractmethod
    def _descend(self, z: Complex, first_step: float, max_move: float) -> Complex:
        """The u_i by continuation from large Im z; raises ConvergenceError when a step fails."""

    @abstractmethod
    def _residual(self, z: Complex, u: Complex) -> Array:
        """How well the u_i satisfy the equations, in units of the scale."""

    def _step_off_pole(self, z: Complex, u: Complex) -> Array:
        """A small shift of z where F is too large for a certificate, beside a zero of G in a gap of the law; 0 elsewhere."""
        return np.zeros(z.size)

    @abstractmethod
    def _attracts(self, z: Complex, u: Complex) -> NDArray[np.bool_]:
        """Whether real roots are the Denjoy-Wolff point."""

    def _certified(self, z: Complex, u: Complex) -> tuple[Complex, NDArray[np.bool_]]:
        """The roots, with rounding taken off real ones, and which are not certified."""
        with np.errstate(invalid="ignore", divide="ignore"):
            # at a real z the reflected root is one too: Newton may land on it near an edge
            reflected = (u.imag <= 0.0).all(axis=1) & (z.imag == 0.0)
            u = np.where(reflected[:, None], u.conj(), u)
            flat = (np.abs(u.imag) < _REAL * self._scale(z, u)).all(axis=1) & (z.imag == 0.0)
            u = np.where(flat[:, None], u.real + 0j, u)
            values, _ = self._values(u)
            real = flat & (np.abs(values.imag) <= 1e-6 * np.abs(values)).all(axis=1)
            up = (u.imag > 0.0).all(axis=1)
            small = self._residual(z, u) < _RESIDUAL
            good = small & np.where(real, self._attracts(z, u), up) & (self._step_off_pole(z, u) == 0.0)
        return u, ~good

    @abstractmethod
    def _scale(self, z: Complex, u: Complex) -> Array:
        """The size against which imaginary parts of the u_i are rounding."""

    # -- the law --------------------------------------------------------------------------------------------------------

    @property
    @abstractmethod
    def _atoms(self) -> list[tuple[float, float]]:
        """(position, mass) of every point mass, in increasing order."""

    def atoms(self) -> list[tuple[float, float]]:
        """(position, mass) of every point mass, in increasing order."""
        return list(self._atoms)

    @property
    def atom_at_zero(self) -> float:  # type: ignore[override]
        """Mass at 0."""
        return math.fsum(mass for place, mass in self._atoms if abs(place) <= 1e-14 * self._size)

    @property
    def _size(self) -> float:
        return max(map(abs, self._ends))

    @property
    @abstractmethod
    def _ends(self) -> tuple[float, float]:
        """Smallest and largest point, atoms included."""

    def support(self) -> tuple[float, float]:
        """Smallest and largest point, atoms included; there may be gaps between."""
        return self._ends

    def _beside(self, x: Array) -> Complex:
        """Points; those on an atom, where the transforms are infinite, a little to its right."""
        size = self._size
        for place, _ in self._atoms:
            x = np.where(np.abs(x - place) < 1e-12 * size, place + 1e-12 * size, x)
        return x.astype(complex)

    def _pdf(self, x: Array) -> Array:
        value, _ = self._reciprocal(self._beside(x))
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.where(value.imag > 0.0, value.imag / (math.pi * np.abs(value) ** 2), 0.0)

    def _cdf(self, x: Array) -> Array:
        return 1.0 - self._potential(self._beside(x)).imag / math.pi

    def moment(self, k: int) -> float:
        """E x^k by the trapezoid rule on a circle around the support, to 1e-12 of the radius^k."""
        k = check_integer("k", k, low=0)
        low, high = self.support()
        radius = 1.25 * max(abs(low), abs(high)) + 1e-300
        count = 160 + 4 * k
        angle = (np.arange(count) + 0.5) * math.pi / count
        z = radius * np.exp(1j * angle)
        # (1/2 pi i) int z^k G dz over the circle, by symmetry twice the real part of the upper half
        return float(np.mean((z ** (k + 1) / self._reciprocal(z)[0]).real))


def bordered(slopes: NDArray, pull: NDArray, right: NDArray, t: Array) -> tuple[NDArray, NDArray]:
    """Newton's matrix and right side for k equations slope_i du_i + pull_i dF = right_i and a last one with sum t_i du_i."""
    count, k = slopes.shape
    matrix = np.zeros((count, k + 1, k + 1), dtype=complex)
    matrix[:, range(k), range(k)] = slopes
    matrix[:, :-1, -1] = pull
    matrix[:, -1, :-1] = t
    return matrix, np.column_stack([right, np.zeros(count)])


def solve(matrix: NDArray, right: NDArray) -> NDArray:
    """Solutions of many small systems; NaN where one is singular or not finite (the continuation refuses that step)."""
    out = np.full(right.shape, np.nan + 0j)
    size = np.abs(matrix).max(axis=2, keepdims=True)
    with np.errstate(invalid="ignore", divide="ignore"):
        matrix, right = matrix / size, right / size[:, :, 0]
    fine = np.isfinite(matrix).all(axis=(1, 2)) & np.isfinite(right).all(axis=1)
    if fine.any():
        fine[fine] = np.linalg.det(matrix[fine]) != 0.0
        out[fine] = np.linalg.solve(matrix[fine], right[fine, :, None])[:, :, 0]
    return out


def at_real(law: TransformLaw, x: float) -> tuple[float, float]:
    """(F, F') at a real point outside the support, or at its end: 0 at an atom, an infinite slope at a root's edge."""
    value, slope = law._reciprocal(np.array([complex(x)]))
    found = float(value[0].real) if np.isfinite(value[0]) else 0.0
    return found, float(slope[0].real) if np.isfinite(slope[0]) else math.inf
