"""Rivals of the stable law for the entries of a weight matrix, each by maximum likelihood."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, special

__all__ = ["Fit", "fit_normal", "fit_rows", "fit_stable", "fit_student"]

Float = NDArray[np.float64]


@dataclasses.dataclass(frozen=True)
class Fit:
    """A law fitted by maximum likelihood.

    Parameters
    ----------
    name : str
    parameters : dict of str to float
    stderr : dict of str to float
        Where they are known; of the stable law also the covariance ``alpha_scale``.
    loglikelihood : float
    count : int
        Number of fitted parameters.
    """

    name: str
    parameters: dict[str, float]
    stderr: dict[str, float]
    loglikelihood: float
    count: int

    @property
    def aic(self) -> float:
        """Akaike's criterion, 2 (count - log-likelihood): the smallest is the best."""
        return 2 * (self.count - self.loglikelihood)


def fit_stable(matrix: Float) -> Fit:
    """Symmetric stable: alpha, location, scale.

    Parameters
    ----------
    matrix : ndarray, (n_out, n_in)

    Returns
    -------
    Fit
        The scale is that of the characteristic function exp(-|c t|^alpha).
    """
    from rmt.stable import fit

    found = fit(matrix, symmetric=True)
    alpha, _, _, scale = (float(error) for error in found.stderr)
    errors = {"alpha": alpha, "scale": scale, "alpha_scale": float(found.covariance[0, 3])}
    return Fit("stable", {"alpha": found.alpha, "loc": found.loc, "scale": found.scale}, errors, found.loglikelihood, 3)


def fit_normal(matrix: Float) -> Fit:
    """Normal: mean and standard deviation.

    Parameters
    ----------
    matrix : ndarray, (n_out, n_in)

    Returns
    -------
    Fit
    """
    n, sd = matrix.size, float(matrix.std())
    if sd == 0.0:
        raise ValueError("all entries are equal: there is no law to fit")
    loglikelihood = -0.5 * n * (math.log(2 * math.pi * sd**2) + 1)
    errors = {"loc": sd / math.sqrt(n), "scale": sd / math.sqrt(2 * n)}
    return Fit("normal", {"loc": float(matrix.mean()), "scale": sd}, errors, loglikelihood, 2)


def fit_student(matrix: Float) -> Fit:
    """Student's t: degrees of freedom, location, scale.

    Parameters
    ----------
    matrix : ndarray, (n_out, n_in)

    Returns
    -------
    Fit
        Above 1e4 degrees of freedom it is a normal law.
    """
    x = matrix.ravel()
    centre, spread = float(np.median(x)), float(np.median(np.abs(x - np.median(x)))) * 1.4826 or float(x.std())
    u = (x - centre) / spread

    def objective(theta: Float) -> tuple[float, Float]:
        nu, loc, scale = math.exp(theta[0]), theta[1], math.exp(theta[2])
        z = (u - loc) / scale
        w = z * z / nu
        logs = np.log1p(w)
        constant = special.gammaln((nu + 1) / 2) - special.gammaln(nu / 2) - 0.5 * math.log(nu * math.pi)
        value = u.size * (constant - math.log(scale)) - 0.5 * (nu + 1) * logs.sum()
        pull = (nu + 1) * w / (1 + w)  # z d/dz of the log-density, up to the sign
        d_nu = 0.5 * nu * (special.digamma((nu + 1) / 2) - special.digamma(nu / 2) - 1 / nu) * u.size
        d_nu += -0.5 * nu * logs.sum() + 0.5 * pull.sum()
        d_loc = float(np.sum((nu + 1) * z / (nu * (1 + w)))) / scale
        gradient = np.array([d_nu, d_loc, pull.sum() - u.size])
        return -value / u.size, -gradient / u.size

    bounds = [(math.log(0.05), math.log(1e4)), (None, None), (None, None)]
    found = optimize.minimize(
        objective, np.array([math.log(5.0), 0.0, 0.0]), jac=True, method="L-BFGS-B", bounds=bounds
    )
    nu, loc, scale = math.exp(found.x[0]), found.x[1] * spread + centre, math.exp(found.x[2]) * spread
    loglikelihood = -u.size * (found.fun + math.log(spread))
    return Fit("student", {"nu": nu, "loc": loc, "scale": scale}, {}, float(loglikelihood), 3)


def fit_rows(matrix: Float) -> Fit:
    """Gaussian entries with one standard deviation a row (the scale mixture that batch normalisation leaves behind).

    Parameters
    ----------
    matrix : ndarray, (n_out, n_in)

    Returns
    -------
    Fit
        The mean is common to all rows; the likelihood is that of the best scales.
    """
    rows, columns = matrix.shape
    variances = np.mean((matrix - matrix.mean()) ** 2, axis=1)
    if np.any(variances == 0.0):
        return Fit("rows", {}, {}, -math.inf, rows + 1)  # a row of equal entries has no scale: not a candidate
    loglikelihood = -0.5 * columns * float(np.sum(np.log(2 * math.pi * variances) + 1))
    spread = float(np.std(0.5 * np.log(variances)))
    return Fit("rows", {"loc": float(matrix.mean()), "log_scale_spread": spread}, {}, loglikelihood, rows + 1)
