"""Weights p_i of a vector: which vectors they come from (right, left, biorthogonal, singular) and their logarithms."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from rmt import _moments
from rmt._checks import check_choice

__all__ = ["amplitudes", "biorthogonal_amplitudes", "log_weights"]

SIDES = ("right", "left", "biorthogonal")


def check_vectors(name: str, vectors: ArrayLike, min_sites: int = 2) -> NDArray[Any]:
    """Columns of finite real or complex numbers as float64 or complex128, C or Fortran contiguous."""
    array = np.asarray(vectors)
    if array.dtype.kind not in "fiuc":
        raise ValueError(f"{name} must hold real or complex numbers, not dtype {array.dtype}")
    if array.ndim not in (1, 2) or array.size == 0:
        raise ValueError(f"{name} must be one vector (n,) or columns (n, k), not of shape {array.shape}")
    if array.shape[0] < min_sites:
        raise ValueError(f"{name} has {array.shape[0]} site(s): at least {min_sites} are needed (first axis)")
    array = array.astype(np.complex128 if array.dtype.kind == "c" else np.float64, copy=False)
    if not (array.flags.c_contiguous or array.flags.f_contiguous):
        array = np.ascontiguousarray(array)
    # A sum is finite only if no term is NaN or inf (or it overflows, and then the slow look decides).
    with np.errstate(over="ignore", invalid="ignore"):
        suspicious = not np.isfinite(array.sum())
    if suspicious and not np.isfinite(array).all():
        where = tuple(int(i) for i in np.argwhere(~np.isfinite(array))[0])
        raise ValueError(f"{name} holds {array[where]} at index {where}: every component must be finite")
    return array


def as_parts(array: NDArray[Any]) -> NDArray[np.float64]:
    """The real and imaginary parts of columns as (sites, vectors, 1 or 2), without a copy."""
    columns = array[:, None] if array.ndim == 1 else array
    if columns.flags.c_contiguous:
        return columns.view(np.float64).reshape(*columns.shape, -1)
    rows = columns.T
    return rows.view(np.float64).reshape(*rows.shape, -1).transpose(1, 0, 2)


def refuse_zero_vectors(name: str, support: NDArray[np.int64]) -> None:
    """Raises a ValueError that counts the vectors without any site different from zero."""
    if (support == 0).any():
        zero = np.flatnonzero(support == 0)
        raise ValueError(f"{name}: {zero.size} vector(s) are zero, the first is number {zero[0]}: a norm > 0 is needed")


def log_weights(vectors: ArrayLike) -> NDArray[np.float64]:
    r"""Natural logarithms of the weights :math:`p_i = |\psi_i|^2 / \sum_j |\psi_j|^2`.

    Components from 5e-324 to 1.7e308 are squared without over- or underflow, the norm of a vector is arbitrary.

    Parameters
    ----------
    vectors : array_like, (n,) or (n, k)
        One vector or columns, real or complex, of any norm > 0.

    Returns
    -------
    ndarray, the shape of `vectors`
        :math:`\ln p_i`; -inf where a component is exactly zero.

    Raises
    ------
    ValueError
        For NaN, infinite components, or a vector that is zero.

    Notes
    -----
    Tested accuracy: 4 ulp of the larger of 1 and :math:`|\ln p_i|` against 30-digit arithmetic.

    Examples
    --------
    >>> import numpy as np
    >>> from rmt.localisation import log_weights
    >>> np.exp(log_weights([3e200, 4e200]))
    array([0.36, 0.64])
    """
    array = check_vectors("vectors", vectors, min_sites=1)
    parts = as_parts(array)
    out = np.empty((parts.shape[1], parts.shape[0]))
    support = np.empty(parts.shape[1], dtype=np.int64)
    _moments.log_weights(parts, out, support)
    refuse_zero_vectors("vectors", support)
    return out[0] if array.ndim == 1 else out.T


def biorthogonal_amplitudes(left: ArrayLike, right: ArrayLike) -> NDArray[np.float64]:
    r"""Amplitudes :math:`\psi_i = \sqrt{|L_i R_i|}`, so that :math:`|\psi_i|^2 / \sum |\psi|^2` is the biorthogonal weight.

    Parameters
    ----------
    left, right : array_like, (n,) or (n, k)
        Left and right eigenvectors in columns, paired, each with any norm.

    Returns
    -------
    ndarray, the shape of `right`
        Real amplitudes >= 0 for every function of this room. The square roots are taken first: no product over- or underflows.

    Raises
    ------
    ValueError
        For NaN, infinite components or shapes that differ.

    Examples
    --------
    >>> from rmt.localisation import biorthogonal_amplitudes
    >>> biorthogonal_amplitudes([1e-200, 4e-200], [1e200, 1e200])
    array([1., 2.])
    """
    one, other = check_vectors("left", left), check_vectors("right", right)
    if one.shape != other.shape:
        raise ValueError(f"left has shape {one.shape} and right {other.shape}: they must be equal")
    return np.sqrt(np.abs(one)) * np.sqrt(np.abs(other))


def amplitudes(spectrum: Any, side: str = "right") -> NDArray[Any]:
    """The columns whose squared moduli are the weights of the wanted side.

    Parameters
    ----------
    spectrum : object with ``.right`` and ``.left``
        E.g. the result of ``rmt.spectra.product_eig`` (right and left eigenvectors in columns) or of
        ``rmt.spectra.product_svd`` (right and left singular vectors).
    side : {"right", "left", "biorthogonal"}
        ``"biorthogonal"`` is the weight ``|L_i R_i|`` of eigenvectors.

    Returns
    -------
    ndarray, (n, k)
        Argument of `log_moments`, `generalised_dimension` and the others.

    Raises
    ------
    ValueError
        If `side` is not one of the three.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> from rmt.localisation import amplitudes
    >>> amplitudes(SimpleNamespace(right=[[1.0], [4.0]], left=[[9.0], [1.0]]), "biorthogonal")
    array([[3.],
           [2.]])
    """
    check_choice("side", side, SIDES)
    if side == "biorthogonal":
        return biorthogonal_amplitudes(spectrum.left, spectrum.right)
    return check_vectors(side, getattr(spectrum, side))
