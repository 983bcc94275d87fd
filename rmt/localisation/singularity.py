r"""Singularity spectrum :math:`f(\alpha)`: by Chhabra and Jensen's direct sums, by Legendre transform, and its symmetry."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from rmt._checks import check_array, check_choice
from rmt._results import Result
from rmt.localisation.moments import VectorMoments, vector_moments

__all__ = ["SingularitySpectrum", "singularity_spectrum", "symmetry_defect"]


@dataclasses.dataclass(frozen=True)
class SingularitySpectrum(Result):
    r"""Points of the singularity spectrum, one for each q.

    Attributes
    ----------
    q : ndarray, (m,)
    alpha, f : ndarray, (m,) or (m, k)
        :math:`n^{f(\alpha)}` sites have weight :math:`n^{-\alpha}`; (m, k) when each of k vectors is asked for.
    tau : ndarray, the shape of `alpha`
        :math:`\tau(q) = q \alpha - f`.
    """

    q: NDArray[np.float64]
    alpha: NDArray[np.float64]
    f: NDArray[np.float64]
    tau: NDArray[np.float64]


def singularity_spectrum(
    vectors: ArrayLike, q: ArrayLike, *, method: str = "chhabra-jensen", mean: str = "typical", zeros: str = "infinite"
) -> SingularitySpectrum:
    r"""Singularity spectrum of vectors of one size.

    Chhabra-Jensen, with :math:`\mu_i = p_i^q / P_q` for each vector, then averaged over the vectors:

    .. math:: \alpha(q) = -\frac{\sum_i \mu_i \ln p_i}{\ln n}, \qquad f(q) = -\frac{\sum_i \mu_i \ln \mu_i}{\ln n} .

    Legendre: :math:`\tau(q) = -\langle \ln P_q \rangle / \ln n` (typical) or :math:`-\ln \langle P_q \rangle / \ln n` (average),
    :math:`\alpha = d\tau/dq`, :math:`f = q \alpha - \tau`, with the exact derivative of the moments, not a difference. For one
    vector, and for the typical mean, the two are the same numbers; for the average mean Legendre weights each vector by
    its moment.

    Parameters
    ----------
    vectors : array_like (n,) or (n, k), or VectorMoments
        Columns, real or complex, of any norm > 0; or their moments, then `q` must be the grid of them.
    q : array_like, (m,)
        Finite real numbers, any sign.
    method : {"chhabra-jensen", "legendre"}
    mean : {"typical", "average", "none"}
        Over the vectors; ``"none"`` keeps one spectrum per vector, (m, k).
    zeros : {"infinite", "support"}
        See `vector_moments`. An infinite moment has no singularity spectrum, so zeros with q < 0 need ``"support"``.

    Returns
    -------
    SingularitySpectrum

    Raises
    ------
    ValueError
        As `log_moments`; for ``method="chhabra-jensen"`` with ``mean="average"``, which is not defined; for an infinite moment.

    Notes
    -----
    Source of the direct method: Chhabra and Jensen, Phys. Rev. Lett. 62, 1327 (1989). At one n both carry the bias of order
    1/ln n that `size_scaling` removes. Tested accuracy 1e-12 on binomial cascades.

    Examples
    --------
    >>> import numpy as np
    >>> from rmt.localisation import singularity_spectrum
    >>> flat = singularity_spectrum(np.ones((16, 1)), [0, 1, 2])
    >>> flat.alpha, flat.f
    (array([1., 1., 1.]), array([1., 1., 1.]))
    """
    check_choice("method", method, ("chhabra-jensen", "legendre"))
    check_choice("mean", mean, ("typical", "average", "none"))
    if method == "chhabra-jensen" and mean == "average":
        raise ValueError(
            "mean = 'average' needs method = 'legendre': direct sums exist for each vector, not for a mean moment"
        )
    moments = vectors if isinstance(vectors, VectorMoments) else vector_moments(vectors, q, zeros=zeros)
    if not np.array_equal(moments.q, np.atleast_1d(check_array("q", q))):
        raise ValueError("q must be the grid on which the moments were taken")
    if not np.isfinite(moments.log_moments).all():
        raise ValueError("zeros = 'infinite' with q < 0: a component is exactly zero, use zeros='support' or q >= 0")
    log_n = np.log(moments.sites)
    if mean == "average":
        weights = special.softmax(moments.log_moments, axis=1)
        count = moments.log_moments.shape[1]
        log_mean = special.logsumexp(moments.log_moments, axis=1) - np.log(count)
        tau, alpha = -log_mean / log_n, -(weights * moments.mean_logs).sum(axis=1) / log_n
    else:
        tau, alpha = 0.0 - moments.log_moments / log_n, -moments.mean_logs / log_n
        if mean == "typical":
            tau, alpha = tau.mean(axis=1), alpha.mean(axis=1)
    grid = moments.q if alpha.ndim == 1 else moments.q[:, None]
    return SingularitySpectrum(q=moments.q, alpha=alpha, f=grid * alpha - tau, tau=tau)


def symmetry_defect(spectrum: SingularitySpectrum) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    r"""How far a spectrum is from the symmetry :math:`f(2 - \alpha) = f(\alpha) + 1 - \alpha`.

    The symmetry (equivalently :math:`\Delta_q = \Delta_{1-q}`) holds at Anderson transitions of Hermitian matrices. Of the
    frozen spectra of heavy-tailed Jacobians, f = (alpha_stable / 2) x, only the one of alpha_stable = 1 has it.

    Parameters
    ----------
    spectrum : SingularitySpectrum
        One spectrum, ``alpha`` of shape (m,), strictly decreasing in q, m >= 4.

    Returns
    -------
    alpha : ndarray
        The points of the spectrum with :math:`\alpha \geq 1` whose mirror image :math:`2 - \alpha` lies within it.
    defect : ndarray
        :math:`f(2 - \alpha) - f(\alpha) - 1 + \alpha`, interpolated by the cubic through values and slopes (the slope of f is q).

    Raises
    ------
    ValueError
        If no point has its mirror image inside the spectrum (q on both sides of 1/2 is needed).

    Examples
    --------
    >>> import numpy as np
    >>> from rmt.localisation import SingularitySpectrum, symmetry_defect
    >>> q = np.linspace(-1, 2, 31)
    >>> parabola = SingularitySpectrum(q, alpha=1.1 - 0.2 * q, f=1 - 0.1 * q**2, tau=(q - 1) * (1 - 0.1 * q))
    >>> bool(np.abs(symmetry_defect(parabola)[1]).max() < 1e-12)
    True
    """
    from scipy.interpolate import CubicHermiteSpline

    alpha, f, q = spectrum.alpha, spectrum.f, spectrum.q
    if alpha.ndim != 1 or alpha.size < 4:
        raise ValueError(f"spectrum must be one curve of at least 4 points, not of shape {alpha.shape}")
    order = np.argsort(q)[::-1]
    x, y, slope = alpha[order], f[order], q[order]
    if not (np.diff(x) > 0).all():
        raise ValueError("spectrum.alpha must decrease strictly with q")
    inside = (x >= 1.0) & (2.0 - x >= x[0])
    if not inside.any():
        raise ValueError(
            f"spectrum covers alpha from {x[0]:.4g} to {x[-1]:.4g}: no alpha >= 1 has 2 - alpha inside it; "
            "take q on both sides of 1/2"
        )
    curve: Any = CubicHermiteSpline(x, y, slope)
    return x[inside], curve(2.0 - x[inside]) - y[inside] - 1.0 + x[inside]
