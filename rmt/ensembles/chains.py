r"""Chains of layer Jacobians :math:`J = D_L W_L \cdots D_1 W_1` of a random network, streamed factor by factor."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from rmt import activations
from rmt._checks import check_alpha, check_array, check_choice, check_integer, check_real
from rmt._random import RandomState, generator
from rmt.ensembles.matrices import levy_matrix
from rmt.meanfield import fixed_point
from rmt.stable import AlphaStable

__all__ = ["JacobianChain"]


class JacobianChain:
    r"""The factors of a product of layer Jacobians.

    .. math:: h_l = W_l\,\phi(h_{l-1}) + b_l, \qquad D_l = \mathrm{diag}\,\phi'(h_l),

    with iid stable weights and biases (scale c = sigma_w (2 N_{l-1})^(-1/alpha); bias characteristic function
    exp(-sigma_b^alpha \|t\|^alpha / 2)).

    Parameters
    ----------
    width : int or sequence of int
        One width for all layers, or the depth + 1 widths N_0, ..., N_L. Widths are >= 2.
    depth : int
        Number of layers L >= 1.
    alpha, sigma_w, sigma_b : float
        Stability index in (0, 2], weight scale > 0, bias scale >= 0.
    activation : str or Activation
        A name of `rmt.activations` or an activation object.
    coupling : {"network", "independent"}
        ``"network"``: D_l = phi'(h_l) of the pre-activation that the same W_l makes. ``"independent"``: D_l drawn afresh,
        phi'(h) with h from the stationary stable law, independent of every W. For alpha < 2 their spectra differ at order
        one; the limit laws of `rmt.laws` describe the independent ensemble only.
    order : {"DW", "WD"}
        Factors D_l W_l (post-activation) or W_l D_{l-1} (pre-activation).
    inputs : array_like, shape (N_0,), optional
        Pre-activation h_0 of the input layer. By default a fresh stationary draw, iid stable with the fixed point q of
        the length map, so that every layer has the same law.

    Raises
    ------
    ValueError
        For arguments outside their range, and where no stationary law exists (unbounded activations such as ``"relu"``
        with biases at alpha < 2): give ``inputs`` and ``coupling="network"`` then.

    Examples
    --------
    >>> chain = JacobianChain(40, 3, alpha=1.5, sigma_w=1.0, coupling="independent")
    >>> [factor.shape for factor in chain.sample(rng=1)]
    [(40, 40), (40, 40), (40, 40)]
    """

    def __init__(
        self,
        width: int | Sequence[int],
        depth: int,
        *,
        alpha: float,
        sigma_w: float,
        sigma_b: float = 0.0,
        activation: Any = "tanh",
        coupling: str = "network",
        order: str = "DW",
        inputs: ArrayLike | None = None,
    ) -> None:
        self.depth = check_integer("depth", depth, low=1)
        self.widths = self._widths(width, self.depth)
        self.alpha = check_alpha(alpha)
        self.sigma_w = check_real("sigma_w", sigma_w, low=0.0, low_open=True)
        self.sigma_b = check_real("sigma_b", sigma_b, low=0.0)
        self.activation = activations.get(activation)
        self.coupling = check_choice("coupling", coupling, ("network", "independent"))
        self.order = check_choice("order", order, ("DW", "WD"))
        self.inputs = None if inputs is None else check_array("inputs", inputs, ndim=1)
        if self.inputs is not None and self.inputs.size != self.widths[0]:
            raise ValueError(f"inputs has {self.inputs.size} values; width[0] = {self.widths[0]} are needed")
        self.q = self._stationary_q()

    @staticmethod
    def _widths(width: int | Sequence[int], depth: int) -> tuple[int, ...]:
        if isinstance(width, int | np.integer) or not isinstance(width, Sequence | np.ndarray):
            return (check_integer("width", width, low=2),) * (depth + 1)
        if len(width) != depth + 1:
            raise ValueError(f"width has {len(width)} entries; depth + 1 = {depth + 1} are needed")
        return tuple(check_integer(f"width[{i}]", n, low=2) for i, n in enumerate(width))

    def _stationary_q(self) -> float | None:
        """Scale of the stationary pre-activation; None where it is not needed."""
        if self.coupling == "network" and self.inputs is not None:
            return None
        if self.activation.homogeneous_degree == 1 and self.sigma_b == 0.0:
            return 1.0  # phi' does not depend on the scale of h
        point = fixed_point(alpha=self.alpha, sigma_w=self.sigma_w, sigma_b=self.sigma_b, activation=self.activation)
        return float(point.q)

    def _stationary(self, n: int, rng: np.random.Generator) -> NDArray[np.float64]:
        """n iid pre-activations of the stationary law, CF exp(-q abs(t)^alpha / 2)."""
        assert self.q is not None
        if self.q == 0.0:
            return np.zeros(n)
        return AlphaStable(self.alpha, scale=(self.q / 2.0) ** (1.0 / self.alpha)).sample(n, rng=rng)

    def sample(self, rng: RandomState = None) -> Iterator[NDArray[np.float64]]:
        """Yield the L factors of one realisation, the first layer first; only one is in memory at a time.

        Parameters
        ----------
        rng : seed, Generator or None
            Source of random numbers.

        Yields
        ------
        ndarray, shape (N_l, N_{l-1})
            D_l W_l, or W_l D_{l-1} for ``order="WD"``.
        """
        rng = generator(rng)
        phi = self.activation
        h = self._stationary(self.widths[0], rng) if self.inputs is None else self.inputs
        for n_in, n_out in zip(self.widths[:-1], self.widths[1:], strict=True):
            weights = levy_matrix(n_out, n_in, alpha=self.alpha, sigma_w=self.sigma_w, rng=rng)
            below = phi.derivative(h)
            if self.coupling == "independent":
                h = self._stationary(n_out, rng)
            else:
                h = weights @ phi.value(h) + self._bias(n_out, rng)
            yield phi.derivative(h)[:, None] * weights if self.order == "DW" else weights * below

    def _bias(self, n: int, rng: np.random.Generator) -> NDArray[np.float64] | float:
        if self.sigma_b == 0.0:
            return 0.0
        return AlphaStable(self.alpha, scale=self.sigma_b * 2.0 ** (-1.0 / self.alpha)).sample(n, rng=rng)
