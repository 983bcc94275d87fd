"""What the two stable laws share: density, distribution and quantile methods over the compiled kernel."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from rmt._checks import check_integer
from rmt._stable_density import Law

__all__ = ["KINDS", "StableMethods", "direct", "kernel_law"]

KINDS = {"pdf": 0, "logpdf": 1, "cdf": 2, "ccdf": 3, "logcdf": 4, "logccdf": 5}


@lru_cache(maxsize=256)
def kernel_law(alpha: float, beta: float, positive: bool = False) -> Law:
    """Constants of a law of unit scale, made once.

    Parameters
    ----------
    alpha, beta : float
    positive : bool
        The positive law of index ``alpha`` in the coordinate with E exp(-tS) = exp(-t^alpha).

    Returns
    -------
    rmt._stable_density.Law
    """
    return Law(alpha, beta, positive)


def direct(law: Law, x0: NDArray[np.float64], x1: NDArray[np.float64], kind: str) -> NDArray[np.float64]:
    """The kernel on contiguous arrays of S0 and S1 coordinates.

    Parameters
    ----------
    law : rmt._stable_density.Law
    x0, x1 : ndarray of float64, shape (n,)
    kind : str
        A key of ``KINDS``.

    Returns
    -------
    ndarray of float64, shape (n,)
    """
    out = np.empty(x0.shape[0])
    law.evaluate(x0, x1, out, KINDS[kind])
    return out


def shaped(out: NDArray[np.float64], like: NDArray[Any]) -> Any:
    """Values in the shape of the points; a float for a number."""
    return float(out[0]) if like.ndim == 0 else out.reshape(like.shape)


class StableMethods(ABC):
    """Methods over ``_index``, ``_kernel``, ``_coordinates``, ``_to_user`` and ``scale`` of the concrete laws."""

    scale: float
    __slots__ = ()

    @abstractmethod
    def _kernel(self) -> Law:
        """The compiled law."""

    @abstractmethod
    def _table(self) -> Any:
        """Its piecewise polynomials, built on first use."""

    @abstractmethod
    def _coordinates(self, x: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """The standard coordinates S0 and S1 of the user's x."""

    @abstractmethod
    def _exact(self, x: Any, kind: str, dps: int) -> Any:
        """Values in mpmath."""

    def _evaluate(self, x: ArrayLike, kind: str, table: bool | None, dps: int | None) -> Any:
        if dps is not None:
            return self._exact(x, kind, check_integer("dps", dps, low=1))
        array = np.asarray(x)
        if array.dtype.kind not in "fiu":
            raise ValueError(f"x must be an array of real numbers, not of dtype {array.dtype}")
        flat = np.ascontiguousarray(array, dtype=np.float64).ravel()
        if np.isnan(flat).any():
            raise ValueError(f"x holds NaN at flat index {int(np.flatnonzero(np.isnan(flat))[0])}")
        x0, x1 = self._coordinates(flat)
        if table or (table is None and flat.size >= TABLE_SIZE):
            out = self._table().evaluate(x0, x1, kind)
        else:
            out = direct(self._kernel(), x0, x1, kind)
        if kind == "pdf":
            out /= self.scale
        elif kind == "logpdf":
            out -= math.log(self.scale)
        return shaped(out, array)

    def pdf(self, x: ArrayLike, *, table: bool | None = None, dps: int | None = None) -> Any:
        """Density at ``x``; 0 outside the support and at +-inf.

        Parameters
        ----------
        x : float or array_like
        table : bool, optional
            Evaluate by the piecewise polynomials of this law (relative error below 5e-12), True, or directly, False. By
            default arrays of 20 000 values and more take the table, which is built on first use.
        dps : int, optional
            Evaluate the same law in mpmath to that many digits; returns ``mpmath.mpf`` (an object array for an array).

        Returns
        -------
        float or ndarray, as ``x``

        Raises
        ------
        ValueError
            If ``x`` holds NaN or the index is below the range of the kernels.
        """
        return self._evaluate(x, "pdf", table, dps)

    def logpdf(self, x: ArrayLike, *, table: bool | None = None, dps: int | None = None) -> Any:
        """Natural logarithm of the density, finite where the density underflows; arguments as for :meth:`pdf`."""
        return self._evaluate(x, "logpdf", table, dps)

    def cdf(self, x: ArrayLike, *, table: bool | None = None, dps: int | None = None) -> Any:
        """P(X <= x), relative accuracy in the lower tail; arguments as for :meth:`pdf`."""
        return self._evaluate(x, "cdf", table, dps)

    def ccdf(self, x: ArrayLike, *, table: bool | None = None, dps: int | None = None) -> Any:
        """P(X > x), relative accuracy in the upper tail; arguments as for :meth:`pdf`."""
        return self._evaluate(x, "ccdf", table, dps)

    def logcdf(self, x: ArrayLike, *, table: bool | None = None, dps: int | None = None) -> Any:
        """ln P(X <= x); arguments as for :meth:`pdf`."""
        return self._evaluate(x, "logcdf", table, dps)

    def logccdf(self, x: ArrayLike, *, table: bool | None = None, dps: int | None = None) -> Any:
        """ln P(X > x); arguments as for :meth:`pdf`."""
        return self._evaluate(x, "logccdf", table, dps)

    @abstractmethod
    def _ends(self) -> tuple[float, float]:
        """Smallest and largest point of the support."""

    @abstractmethod
    def _to_user(self, u: NDArray[np.float64], s0: bool) -> NDArray[np.float64]:
        """The user's coordinate of standard ones."""

    @abstractmethod
    def _prefers_s0(self) -> bool:
        """Whether quantiles are found in the coordinate S0."""

    @abstractmethod
    def _inverse_key(self) -> tuple[float, float, bool]:
        """(index, skewness, positive): what a quantile table depends on."""

    def _invert(self, p: ArrayLike, name: str, upper: bool, table: bool | None) -> Any:
        from rmt.stable.inverse import direct_quantile, inverse_table, table_coordinate

        array = np.asarray(p)
        if array.dtype.kind not in "fiu":
            raise ValueError(f"{name} must be an array of real numbers, not of dtype {array.dtype}")
        flat = np.ascontiguousarray(array, dtype=np.float64).ravel()
        if not ((flat >= 0.0) & (flat <= 1.0)).all():
            bad = flat[~((flat >= 0.0) & (flat <= 1.0))][0]
            raise ValueError(f"{name} = {bad!r} must be in [0, 1]")
        kernel, s0 = self._kernel(), self._prefers_s0()
        u = table_coordinate(flat, upper)
        if table or (table is None and flat.size >= TABLE_SIZE):
            found = inverse_table(*self._inverse_key(), s0).evaluate(u)
            missing = np.flatnonzero(np.isnan(found) & (flat > 0.0) & (flat < 1.0))
            found[missing] = direct_quantile(kernel, u[missing], s0)
        else:
            inside = np.flatnonzero((flat > 0.0) & (flat < 1.0))
            found = np.zeros(flat.size)
            found[inside] = direct_quantile(kernel, u[inside], s0)
        out = self._to_user(found, s0)
        low, high = self._ends()
        out[flat == 0.0] = high if upper else low
        out[flat == 1.0] = low if upper else high
        return shaped(out, array)

    def icdf(self, p: ArrayLike, *, table: bool | None = None) -> Any:
        """The quantile x with P(X <= x) = ``p``; the ends of the support at 0 and 1.

        Parameters
        ----------
        p : float or array_like
            Probabilities in [0, 1].
        table : bool, optional
            By polynomials in p (True) or by direct solution (False). By default arrays of 20 000 values and more take the table,
            which is built on first use and serves probabilities above 2^-61 in either tail.

        Returns
        -------
        float or ndarray, as ``p``
            ``cdf(icdf(p)) = p`` to 1e-11 or to the spacing of doubles around the quantile; infinite beyond the range of doubles.

        Raises
        ------
        ValueError
            If a probability is outside [0, 1] or NaN, or the index is below the range of the kernels.
        """
        return self._invert(p, "p", False, table)

    def iccdf(self, p: ArrayLike, *, table: bool | None = None) -> Any:
        """The point x with P(X > x) = ``p``, accurate for small ``p``; as :meth:`icdf`.

        Parameters
        ----------
        p : float or array_like
            Probabilities in [0, 1].
        table : bool, optional
            As for :meth:`icdf`.

        Returns
        -------
        float or ndarray, as ``p``

        Raises
        ------
        ValueError
            As for :meth:`icdf`.
        """
        return self._invert(p, "p", True, table)


TABLE_SIZE = 20_000  # below this the direct evaluation is cheaper than building a table
