r"""The multiplication law: one conserved number M, one monotone function per node, one scalar constraint.

For layers l = 1..L with N_l x N_{l-1} matrices, and nodes 0..L (open chain, singular values) or 1..L (closed chain,
eigenvalues; node L is node 0),

.. math:: H_l(\tau_l) = M/N_l,\quad \rho_l = [\kappa_l m_{l-1}/\Gamma(1+a_l)]^{1/a_l},\quad
          \eta^2 = \prod_l \rho_l / \prod_l \tau_l .

Everything is solved in logarithms: x_l = ln tau_l, z = ln eta^2, and lambda = ln(m/(1-m)) of the narrowest node.
Derivation: docs/theory/multiplication-law.md.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from functools import cached_property
from math import lgamma

import numpy as np
from numpy.typing import ArrayLike, NDArray

from rmt._checks import check_array, check_real
from rmt._continuation import ConvergenceError, newton
from rmt.laws.layers import Layer, as_layers, read_profile
from rmt.special._profile_kernel import ProfileKernel

__all__ = ["Chain"]

_EQUAL = 1e-9  # relative tolerance for "two widths are the same"


@dataclasses.dataclass(frozen=True)
class Node:
    """One kind of node: its function H, how often it occurs, its width N_l/N_0, whether it is a narrowest one."""

    kernel: ProfileKernel
    multiplicity: int
    log_width: float
    narrow: bool

    def residual(self, x: NDArray, lam: NDArray, mu: NDArray) -> tuple[NDArray, NDArray]:
        """(target - value, slope) of ln(H/(p-H)) at a narrowest node, of ln H elsewhere."""
        h, f, slope = self.kernel.evaluate(x)
        if self.narrow:
            return _wrap(lam - (np.log(h) - np.log(f))), slope * self.kernel.mass / (h * f)
        return _wrap(mu - self.log_width - np.log(h)), slope / h


def _wrap(r: NDArray) -> NDArray:
    """A difference of logarithms, up to multiples of 2 pi i: the residual is small at the solution wanted."""
    if r.dtype.kind == "c":
        return r - 2j * np.pi * np.round(r.imag / (2 * np.pi))
    return r


def _log_m(lam: NDArray) -> tuple[NDArray, NDArray]:
    """(ln m, 1 - m) for m = 1/(1 + e^-lambda), without overflow or cancellation."""
    right = lam.real > 0
    small = np.exp(np.where(right, -lam, lam))
    log_m = np.where(right, 0.0, lam) - np.log1p(small)
    return log_m, np.where(right, small, 1.0) / (1 + small)


class System:
    """The equations of one chain, open or closed: unknown columns (lambda, x of each kind of node)."""

    def __init__(self, nodes: tuple[Node, ...], sum_inverse_a: float, constant: float, log_max: float) -> None:
        self.nodes = nodes
        self.sum_inverse_a, self.constant, self.log_max = sum_inverse_a, constant, log_max

    def increment(self, state: NDArray, z: NDArray, index: NDArray | None = None) -> NDArray:
        """Newton increment of the state at z = ln eta^2; NaN where a trial point left its sector (the step is refused)."""
        with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
            return self._increment(state, z)

    def _increment(self, state: NDArray, z: NDArray) -> NDArray:
        """The constraint is linear in x, so one pass is exact in it."""
        lam = state[:, 0]
        log_m, rest = _log_m(lam)
        mu = self.log_max + log_m
        total = self.sum_inverse_a * mu + self.constant - z
        pull = -self.sum_inverse_a * rest
        shifts, gains = [], []
        for column, node in enumerate(self.nodes, start=1):
            r, slope = node.residual(state[:, column], lam, mu)
            gain = (1.0 if node.narrow else rest) / slope
            shift = r / slope
            total = total - node.multiplicity * (state[:, column] + shift)
            pull = pull + node.multiplicity * gain
            shifts.append(shift)
            gains.append(gain)
        step = np.empty_like(state)
        step[:, 0] = total / pull
        for column, (shift, gain) in enumerate(zip(shifts, gains, strict=True), start=1):
            step[:, column] = shift + gain * step[:, 0]
        return step

    def rate(self, state: NDArray) -> NDArray:
        """dz/dlambda along the solution."""
        lam = state[:, 0]
        log_m, rest = _log_m(lam)
        rate = self.sum_inverse_a * rest
        for column, node in enumerate(self.nodes, start=1):
            _, slope = node.residual(state[:, column], lam, self.log_max + log_m)
            rate = rate - node.multiplicity * (1.0 if node.narrow else rest) / slope
        return rate

    def at_fraction(self, lam: NDArray) -> tuple[NDArray, NDArray]:
        """(state, z) for real lambda: every node inverted on the real axis."""
        log_m, _ = _log_m(lam)
        mu = self.log_max + log_m
        state = np.empty((lam.size, 1 + len(self.nodes)))
        state[:, 0] = lam
        z = self.sum_inverse_a * mu + self.constant
        for column, node in enumerate(self.nodes, start=1):
            state[:, column] = _invert(node, lam, mu)
            z = z - node.multiplicity * state[:, column]
        return state, z

    def split(self, state: NDArray) -> tuple[NDArray, NDArray]:
        """(M/N_0, M_max/N_0 - M/N_0), both with relative accuracy."""
        log_m, rest = _log_m(state[:, 0])
        return np.exp(self.log_max + log_m), np.exp(self.log_max) * rest

    def distribution(self, state: NDArray) -> tuple[NDArray, NDArray]:
        r"""(F - atom, 1 - F) from a state at eta = 0+ - i s, without any quadrature.

        int m dz = S M - sum_l n_l Phi_l(x_l) =: Q is a potential of the chain (S = sum 1/a, n_l = N_l/N_0,
        Phi_l = int H_l dx), and F = -(1/pi) Im int (1 - m) dz = 1 + Im Q/pi. For small s the same number is written
        through Psi_l = int (p - H_l) dx, so that both ends keep relative accuracy.
        """
        log_m, _ = _log_m(state[:, 0])
        total = np.exp(self.log_max)
        m, rest = self.split(state)
        above = -self.sum_inverse_a * m.imag
        below = -self.sum_inverse_a * (rest.imag + total * log_m.imag)
        for column, node in enumerate(self.nodes, start=1):
            x = state[:, column]
            low, high = node.kernel.potential(x)
            weight = node.multiplicity * np.exp(node.log_width)
            above = above + weight * low.imag
            if node.narrow:
                below = below - weight * high.imag
            else:
                below = below + node.multiplicity * total * x.imag - weight * low.imag
        return below / np.pi, above / np.pi


def _real_residual(node: Node, x: NDArray, lam: NDArray, mu: NDArray) -> tuple[NDArray, NDArray]:
    """The residual on the real axis; +-inf where H or p - H is below the smallest double."""
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        r, slope = node.residual(x, lam, mu)
    lost = ~np.isfinite(r) | ~np.isfinite(slope)
    if lost.any():
        h = node.kernel.evaluate(x[lost])[0]
        r[lost] = np.where(h < 0.5 * node.kernel.mass, np.inf, -np.inf)
        slope[lost] = 1.0
    return r, slope


def _invert(node: Node, lam: NDArray, mu: NDArray) -> NDArray:
    """Solve H_l(e^x) = target for real x: Newton steps inside a shrinking bracket."""
    x = np.zeros(lam.size)
    low, high = np.full(lam.size, -np.inf), np.full(lam.size, np.inf)
    active = np.arange(lam.size)
    for iteration in range(400):
        r, slope = _real_residual(node, x[active], lam[active], mu[active])
        low[active] = np.where(r > 0, x[active], low[active])
        high[active] = np.where(r < 0, x[active], high[active])
        with np.errstate(invalid="ignore", divide="ignore"):
            step = r / slope
        reach = 2.0 + np.abs(x[active])
        step = np.where(np.isfinite(step), np.clip(step, -reach, reach), np.sign(r) * reach)
        new = x[active] + step
        with np.errstate(invalid="ignore"):
            middle = 0.5 * (low[active] + high[active])
        # plateaus of a discrete profile mislead Newton: every fourth step halves the bracket
        outside = (new <= low[active]) | (new >= high[active]) | ((iteration % 4 == 3) & (np.abs(step) > 1e-3))
        outside &= r != 0
        new = np.where(outside & np.isfinite(middle), middle, new)
        moved = np.abs(new - x[active])
        x[active] = new
        unsolved = (moved > 1e-14 * (1 + np.abs(new))) & (r != 0)
        active = active[unsolved]
        if active.size == 0:
            return x
    raise ConvergenceError(f"node inversion: no convergence at ln M = {mu[active[0]]}, last move {moved.max():.3g}")


class Chain:
    r"""The nodes of a product of layers and the equations they satisfy.

    Parameters
    ----------
    layers : Layer or sequence of Layer
        In order of action: the first one acts first.
    input_profile : None, tuple or object
        Profile of a diagonal factor D_0 right of the first matrix; same forms as ``Layer(profile=...)``.

    Attributes
    ----------
    widths : array (L + 1,)
        N_l / N_0.
    atom_at_zero : float
        Fraction of the N_0 singular values (or eigenvalues) that vanish: 1 - min_l N_l P(d_l != 0)/N_0.

    Raises
    ------
    ValueError
        If ``layers`` is empty, holds something else, or the profile is not one.

    Examples
    --------
    >>> from rmt.laws import Chain, Layer
    >>> chain = Chain([Layer(1.5)] * 3)
    >>> print(round(chain.radius(0.5), 9))
    0.214203803
    """

    def __init__(self, layers: Layer | Iterable[Layer], *, input_profile: object = None) -> None:
        self.layers = as_layers(layers)
        self.input_profile = (np.zeros(1), np.ones(1)) if input_profile is None else read_profile(input_profile)
        self.widths = np.concatenate([[1.0], np.cumprod([layer.shape for layer in self.layers])])
        profiles = [self.input_profile] + [layer.log_profile for layer in self.layers]
        self._alive = np.minimum(1.0, [float(weights.sum()) for _, weights in profiles])
        self._profiles = profiles
        narrowest = float(np.min(self.widths * self._alive))
        self.atom_at_zero = 0.0 if narrowest >= 1 - _EQUAL else 1 - narrowest

    @property
    def is_closed(self) -> bool:
        """Whether the last width equals the first, so that the product has eigenvalues."""
        return bool(abs(self.widths[-1] - 1) <= 1e-9 * max(1, len(self.layers)))

    @cached_property
    def open_system(self) -> System:
        """Equations of the singular values: nodes 0..L, end nodes with index 1."""
        a = [1.0, *(layer.a for layer in self.layers), 1.0]
        pairs = [(a[i], a[i + 1]) for i in range(len(self.layers) + 1)]
        return self._system(pairs, list(self._profiles), self.widths)[0]

    @cached_property
    def _closed(self) -> tuple[System, NDArray[np.int64]]:
        if not self.is_closed:
            raise ValueError(
                f"layers have N_L/N_0 = {self.widths[-1]:.12g}; a product has eigenvalues only when its shapes multiply to 1"
            )
        a = [layer.a for layer in self.layers]
        pairs = [(a[i], a[(i + 1) % len(a)]) for i in range(len(a))]
        joined = _product_profile(self._profiles[0], self._profiles[-1])
        return self._system(pairs, [*self._profiles[1:-1], joined], self.widths[1:])

    @property
    def closed_system(self) -> System:
        """Equations of the eigenvalues: nodes 1..L, cyclic."""
        return self._closed[0]

    def _system(self, pairs: list, profiles: list, widths: NDArray) -> tuple[System, NDArray[np.int64]]:
        alive = np.array([min(1.0, float(weights.sum())) for _, weights in profiles])
        narrowest = float(np.min(widths * alive))
        kinds: dict[tuple, int] = {}
        kernels: dict[tuple, ProfileKernel] = {}
        nodes: list[Node] = []
        index = np.empty(len(pairs), dtype=np.int64)
        for position, ((a, b), profile, width) in enumerate(zip(pairs, profiles, widths, strict=True)):
            function = (min(a, b), max(a, b), hash((profile[0].tobytes(), profile[1].tobytes())))
            if function not in kernels:
                kernels[function] = ProfileKernel(a, b, *profile)
            kind = (*function, round(float(np.log(width)), 10))
            narrow = bool(width * alive[position] <= narrowest * (1 + _EQUAL))
            if kind not in kinds:
                kinds[kind] = len(nodes)
                nodes.append(Node(kernels[function], 0, float(np.log(width)), narrow))
            index[position] = kinds[kind]
            old = nodes[index[position]]
            nodes[index[position]] = dataclasses.replace(old, multiplicity=old.multiplicity + 1)
        constant = sum(
            (layer.log_kappa - float(np.log(width)) - lgamma(1 + layer.a)) / layer.a
            for layer, width in zip(self.layers, self.widths[:-1], strict=True)
        )
        inverse = sum(1 / layer.a for layer in self.layers)
        return System(tuple(nodes), inverse, constant, float(np.log(narrowest))), index

    def closed(self, m: ArrayLike) -> NDArray[np.float64]:
        """tau at every node of the closed chain, for given fractions.

        Parameters
        ----------
        m : array_like
            Fractions M/N_min in (0, 1): the part of the non-zero eigenvalues with larger modulus.

        Returns
        -------
        array (..., L)
            tau_l of nodes l = 1..L (the last one is the joined node L = 0).

        Raises
        ------
        ValueError
            If m is outside (0, 1) or the widths do not close.
        """
        return np.exp(self.closed_log_tau(m))

    def closed_log_tau(self, m: ArrayLike) -> NDArray[np.float64]:
        """ln tau at every node of the closed chain; see :meth:`closed`."""
        fractions = check_array("m", m)
        if (fractions <= 0).any() or (fractions >= 1).any():
            raise ValueError(f"m must be in (0, 1), not {fractions[(fractions <= 0) | (fractions >= 1)][0]!r}")
        flat = fractions.ravel()
        system, index = self._closed
        state, _ = system.at_fraction(np.log(flat) - np.log1p(-flat))
        return state[:, 1 + index].reshape(*fractions.shape, len(index))

    def radius(self, F: float) -> float:
        """Modulus below which a fraction F of all N_0 eigenvalues lies (zeros included), F < 1."""
        system = self.closed_system
        atom = max(0.0, 1.0 - float(np.exp(system.log_max)))
        fraction = check_real("F", F, low=0.0, high=1.0, high_open=True)
        if fraction <= atom + _EQUAL:
            return 0.0
        lam = np.array([np.log(1.0 - fraction) - np.log(fraction - atom)])
        return float(np.exp(0.5 * system.at_fraction(lam)[1][0]))

    def solve_real(self, system: System, z: NDArray, state: NDArray) -> NDArray:
        """Polish real states at given real z by Newton's method."""
        solved, ok, size = newton(system.increment, state, z, np.arange(z.size), max_iterations=40)
        if not ok.all():
            worst = int(np.flatnonzero(~ok)[0])
            raise ConvergenceError(f"closed chain: no convergence at ln r^2 = {z[worst]}, residual {size[worst]:.3g}")
        return solved


def _product_profile(first: tuple, second: tuple) -> tuple[NDArray, NDArray]:
    """Law of the product of two independent diagonal entries."""
    for one, other in ((first, second), (second, first)):
        if one[0].size == 1 and one[0][0] == 0 and one[1][0] == 1:
            return other
    log_values = (first[0][:, None] + second[0]).ravel()
    return log_values, (first[1][:, None] * second[1]).ravel()
