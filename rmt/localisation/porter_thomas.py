r"""Porter-Thomas vectors: the exact plateau of :math:`D_q` of Haar vectors at finite n, and the bias correction it gives."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from rmt._checks import check_array, check_choice, check_integer
from rmt._quadrature import gauss_legendre
from rmt.localisation.moments import generalised_dimension

__all__ = ["bias_corrected_dimension", "porter_thomas_dimension"]

DIRICHLET = {"real": 0.5, "complex": 1.0}


def _log_gamma_ratio(z: NDArray[np.float64], shift: NDArray[np.float64]) -> NDArray[np.float64]:
    """ln Gamma(z + shift) - ln Gamma(z) for z, z + shift > 0, without the cancellation of two huge logarithms."""
    total = np.zeros(np.broadcast(z, shift).shape)
    z, shift = np.broadcast_arrays(z, shift)
    low = np.minimum(z, z + shift)
    for i in range(16):  # raise both arguments above 16, where Stirling's series has 1e-17
        raised = low + i < 16.0
        total -= np.where(raised, np.log((z + shift + i) / (z + i)), 0.0)
    steps = np.where(low < 16.0, np.ceil(16.0 - low), 0.0)
    a, b = z + steps, z + steps + shift

    def correction(x: NDArray[np.float64]) -> NDArray[np.float64]:
        y = 1.0 / (x * x)
        series = 1 / 1260 - y * (1 / 1680 - y * (1 / 1188 - y * (691 / 360360 - y / 156)))
        return (1 / 12 - y * (1 / 360 - y * series)) / x

    return total + (b - 0.5) * np.log1p(shift / a) + shift * (np.log(a) - 1.0) + correction(b) - correction(a)


def porter_thomas_dimension(n: int, q: ArrayLike, field: str = "complex", *, dps: int | None = None) -> Any:
    r"""Generalised dimension of the mean moment of a Haar vector, exact at finite n.

    The weights are Dirichlet distributed with parameter b = 1/2 (real) or 1 (complex), so that

    .. math:: \langle P_q \rangle = n \frac{\Gamma(q + b) \Gamma(n b)}{\Gamma(b) \Gamma(n b + q)}, \qquad
        D_q = \frac{\ln \langle P_q \rangle}{(1 - q) \ln n}, \qquad D_1 = \frac{\psi(n b + 1) - \psi(b + 1)}{\ln n}.

    Parameters
    ----------
    n : int
        Number of sites, >= 2.
    q : array_like
        Real numbers > -b: below, the mean moment is infinite.
    field : {"real", "complex"}
        Real (orthogonal) or complex (unitary) vectors.
    dps : int, optional
        Evaluate in mpmath to this many digits and return mpf numbers.

    Returns
    -------
    float or ndarray, the shape of `q` (a list of mpf with `dps`)

    Raises
    ------
    ValueError
        For n < 2, q that is not finite or <= -b, or another field.

    Notes
    -----
    Tested accuracy: relative 1e-13 for n from 2 to 1e9 and q from -b + 1e-3 to 50, through q = 1. The logarithm of the mean
    moment is not the mean of the logarithm; the difference is of order 1/n. Source: Dirichlet integral, derived in
    docs/theory/eigenvectors.md.

    Examples
    --------
    >>> from rmt.localisation import porter_thomas_dimension
    >>> round(float(porter_thomas_dimension(1000, 2, "real")), 13)
    0.8412488222705
    """
    check_integer("n", n, low=2)
    b = DIRICHLET[check_choice("field", field, tuple(DIRICHLET))]
    grid = check_array("q", q).reshape(np.shape(q))
    if (grid <= -b).any():
        raise ValueError(f"q = {grid.min()} must be > {-b} for {field} vectors: below, the mean moment is infinite")
    if dps is not None:
        return _porter_thomas_mpmath(n, q, b, check_integer("dps", dps, low=5))
    # (1 - q) ln n D_q is the integral of psi(b + s) - psi(n b + s) from s = 1 to q: the mean over it has no 0/0 at q = 1.
    nodes, weights = gauss_legendre(24)
    s = 0.5 * (1.0 + nodes) * (np.clip(grid, 0.5, 1.5)[..., None] - 1.0)
    close = (0.5 * weights * (special.digamma(n * b + 1.0 + s) - special.digamma(b + 1.0 + s))).sum(axis=-1)
    away = np.where(np.abs(grid - 1.0) <= 0.5, 3.0, grid)
    log_moment = np.log(n) + _log_gamma_ratio(np.asarray(b), away) - _log_gamma_ratio(np.asarray(n * b), away)
    values = np.where(np.abs(grid - 1.0) <= 0.5, close, log_moment / (1.0 - away)) / np.log(n)
    return float(values) if np.ndim(q) == 0 else values


def _porter_thomas_mpmath(n: int, q: ArrayLike, b: float, dps: int) -> Any:
    import mpmath

    def one(value: Any) -> Any:
        x, c = mpmath.mpf(value), mpmath.mpf(b)
        if x == 1:
            return (mpmath.digamma(n * c + 1) - mpmath.digamma(c + 1)) / mpmath.log(n)
        moment = mpmath.log(n) + mpmath.loggamma(x + c) - mpmath.loggamma(c) + mpmath.loggamma(n * c)
        return (moment - mpmath.loggamma(n * c + x)) / ((1 - x) * mpmath.log(n))

    with mpmath.workdps(2 * dps + 15):  # the logarithms of Gamma cancel near q = 1 and at large n
        if np.ndim(q) == 0:
            values: Any = one(q)
        else:
            values = [one(value) for value in np.asarray(q).ravel().tolist()]
    with mpmath.workdps(dps):
        return +values if np.ndim(q) == 0 else [+value for value in values]


def bias_corrected_dimension(
    vectors: ArrayLike, q: ArrayLike, *, field: str | None = None, log_amplitude: ArrayLike | None = None
) -> NDArray[np.float64]:
    r"""Generalised dimension minus the finite-size bias of an extended vector.

    .. math:: D_q^{\rm corr} = D_q + \frac{\ln A_q}{(q - 1) \ln n}, \qquad A_q = \lim n^{q-1} \langle P_q \rangle .

    With the default amplitude, that of Porter-Thomas vectors at this n, a Haar vector has 1 in the mean (up to 1/n). For
    vectors of heavy-tailed matrices take ``log_amplitude`` from ``rmt.laws.EigenvectorLaw``.

    Parameters
    ----------
    vectors : array_like, (n,) or (n, k)
        Columns, real or complex, of any norm > 0.
    q : array_like, scalar or (m,)
        Finite real numbers > -b, see `porter_thomas_dimension`.
    field : {"real", "complex"}, optional
        Kind of the Porter-Thomas vector; by default the dtype of `vectors`. Biorthogonal amplitudes are real numbers but not
        real vectors: give `log_amplitude` for them.
    log_amplitude : array_like, scalar or (m,), optional
        :math:`\ln A_q` to subtract instead; at q = 1 the limit :math:`\ln A_q / (q - 1)`.

    Returns
    -------
    ndarray, (m, k)
        The axis of a scalar `q` or of a single vector is dropped. Not confined to [0, 1]: a correction of the mean leaves
        fluctuations of single vectors.

    Raises
    ------
    ValueError
        As `generalised_dimension` and `porter_thomas_dimension`.

    Examples
    --------
    >>> import numpy as np
    >>> from rmt.localisation import bias_corrected_dimension
    >>> vectors = np.random.default_rng(1).standard_normal((1000, 200))
    >>> print(f"{bias_corrected_dimension(vectors, 2).mean():.2f}")
    1.00
    """
    grid = check_array("q", q).reshape(np.shape(q))
    measured = generalised_dimension(vectors, q)
    n = np.shape(vectors)[0]
    if log_amplitude is None:
        kind = field or ("complex" if np.iscomplexobj(vectors) else "real")
        bias = np.asarray(1.0 - porter_thomas_dimension(n, grid, kind))
    else:
        logs = np.broadcast_to(check_array("log_amplitude", log_amplitude).reshape(np.shape(log_amplitude)), grid.shape)
        bias = logs / np.where(grid == 1.0, 1.0, grid - 1.0) / np.log(n)
    return measured + (bias[:, None] if np.ndim(q) and np.ndim(vectors) == 2 else bias)
