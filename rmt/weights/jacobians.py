"""The Jacobian factors of a trained fully connected network at one input."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from rmt._checks import check_array
from rmt.activations import get

__all__ = ["jacobian_chain"]


def jacobian_chain(
    matrices: Sequence[ArrayLike],
    inputs: ArrayLike,
    *,
    activation: Any = "tanh",
    biases: Sequence[ArrayLike] | None = None,
) -> Iterator[NDArray[np.float64]]:
    r"""Stream the factors :math:`D_l W_l` of a network's Jacobian, first layer first, for the functions of `rmt.spectra`.

    .. math:: h_l = W_l\,x_{l-1} + b_l, \qquad x_l = \phi(h_l), \qquad D_l = \mathrm{diag}\,\phi'(h_l)

    Parameters
    ----------
    matrices : sequence of array_like, (N_l, N_{l-1})
        In order of action, for instance some values of :func:`load`.
    inputs : array_like, (N_0,)
        The point :math:`x_0` at which the Jacobian is taken.
    activation : str or Activation
        A name of `rmt.activations` or an activation object, the same in every layer.
    biases : sequence of array_like, (N_l,), optional

    Yields
    ------
    ndarray, (N_l, N_{l-1})

    Raises
    ------
    ValueError
        If shapes do not follow one another.

    Examples
    --------
    >>> import numpy as np
    >>> factors = list(jacobian_chain([np.eye(2), 2 * np.eye(2)], [0.0, 0.0]))
    >>> factors[1].tolist()
    [[2.0, 0.0], [0.0, 2.0]]
    """
    phi = get(activation)
    x = check_array("inputs", inputs, ndim=1, min_size=1)
    checked = [check_array(f"matrices[{i}]", matrix, ndim=2) for i, matrix in enumerate(matrices)]
    shifts = (
        [np.zeros(matrix.shape[0]) for matrix in checked]
        if biases is None
        else [check_array(f"biases[{i}]", bias, ndim=1) for i, bias in enumerate(biases)]
    )
    if len(shifts) != len(checked):
        raise ValueError(f"biases must hold one for each of the {len(checked)} matrices, not {len(shifts)}")
    width = x.size
    for i, (matrix, shift) in enumerate(zip(checked, shifts, strict=True)):
        if matrix.shape[1] != width:
            raise ValueError(f"matrices[{i}] has shape {matrix.shape}, but {width} values come in")
        width = matrix.shape[0]
        if shift.size != width:
            raise ValueError(f"biases[{i}] must have {width} values, not {shift.size}")
    return _stream(phi, x, checked, shifts)


def _stream(phi: Any, x: Any, matrices: Any, shifts: Any) -> Iterator[NDArray[np.float64]]:
    for matrix, shift in zip(matrices, shifts, strict=True):
        h = matrix @ x + shift
        yield np.asarray(phi.derivative(h))[:, None] * matrix
        x = np.asarray(phi.value(h))
