"""Does the law fit, and does another one fit better? Distances with bootstrap p-values, rivals by likelihood and AIC."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from rmt._checks import check_array, check_choice, check_integer
from rmt._random import RandomState, streams
from rmt.stable.fitting import StableFit, fit

__all__ = ["GoodnessOfFit", "Rival", "goodness_of_fit", "rivals"]


@dataclass(frozen=True)
class GoodnessOfFit:
    """Kolmogorov-Smirnov and Anderson-Darling distances of data from a fitted law.

    Attributes
    ----------
    ks, ad : float
        Largest distance of the distribution functions; Anderson-Darling statistic A^2.
    ks_p_value, ad_p_value : float
        From the parametric bootstrap, which refits every replicate; NaN without one.
    replicates : int
    """

    ks: float
    ad: float
    ks_p_value: float = math.nan
    ad_p_value: float = math.nan
    replicates: int = 0


def _distances(x: NDArray[np.float64], result: StableFit) -> tuple[float, float]:
    x = np.sort(x)
    n = x.size
    log_f, log_q = result.law.logcdf(x), result.law.logccdf(x)
    f, i = np.exp(log_f), np.arange(1, n + 1)
    ks = float(max(np.max(i / n - f), np.max(f - (i - 1) / n)))
    return ks, float(-n - np.sum((2 * i - 1) * (log_f + log_q[::-1])) / n)


def goodness_of_fit(
    data: ArrayLike, result: StableFit, *, replicates: int = 0, method: str = "cf", rng: RandomState = None
) -> GoodnessOfFit:
    """Distances of the data from a fitted stable law, with p-values that know the parameters were fitted.

    Parameters
    ----------
    data : array_like
        The fitted data.
    result : StableFit
    replicates : int
        Bootstrap samples drawn from the fitted law and refitted; 0 for the distances alone. With B replicates the smallest
        p-value is 1/(B + 1).
    method : str
        How ``result`` was and the replicates are fitted, see :func:`rmt.stable.fit`.
    rng : seed, Generator, SeedSequence, BitGenerator or None

    Returns
    -------
    GoodnessOfFit

    Raises
    ------
    ValueError
        If the replicates would be fitted by another method than ``result``: the p-value would be biased.
    """
    x = check_array("data", data, min_size=1).ravel()
    replicates = check_integer("replicates", replicates, low=0)
    check_choice("method", method, ("mle", "quantile", "cf"))
    ks, ad = _distances(x, result)
    if replicates == 0:
        return GoodnessOfFit(ks, ad)
    if method != result.method:
        raise ValueError(f"method = {method!r} must be that of the fit, {result.method!r}")
    beyond = np.zeros(2)
    for stream in streams(rng, replicates):
        y = result.law.sample(x.size, stream)
        refitted = fit(y, method=method, symmetric=result.symmetric)
        beyond += np.array(_distances(y, refitted)) >= (ks, ad)
    p = (beyond + 1.0) / (replicates + 1.0)
    return GoodnessOfFit(ks, ad, float(p[0]), float(p[1]), replicates)


@dataclass(frozen=True)
class Rival:
    """One fitted law of the comparison."""

    name: str
    parameters: dict[str, float]
    loglikelihood: float
    aic: float


def rivals(data: ArrayLike, *, symmetric: bool = True) -> list[Rival]:
    """Stable, normal, Student t, generalised normal and a scale mixture of two normals, by maximum likelihood.

    Parameters
    ----------
    data : array_like
        At least 30 finite values.
    symmetric : bool
        Of the stable law.

    Returns
    -------
    list of Rival
        Best AIC first. Stable against normal is nested at a boundary: use ``StableFit.gaussian_rejected`` for that pair.
    """
    stable = fit(data, symmetric=symmetric)
    x = check_array("data", data).ravel()
    p: dict[str, float] = {name: getattr(stable, name) for name in ("alpha", "beta", "loc", "scale")}
    found = [Rival("stable", p, stable.loglikelihood, stable.aic)]
    mean, deviation = float(np.mean(x)), float(np.std(x))
    value = -0.5 * x.size * (math.log(2 * math.pi * deviation**2) + 1.0)
    found.append(Rival("normal", {"loc": mean, "scale": deviation}, value, 4.0 - 2.0 * value))
    found += [_student(x), _generalised_normal(x), _mixture(x)]
    return sorted(found, key=lambda rival: rival.aic)


def _minimise(negative: Any, start: list[float]) -> Any:
    from scipy.optimize import minimize

    options = {"maxiter": 2000, "xatol": 1e-7, "fatol": 1e-8}
    return minimize(negative, start, method="Nelder-Mead", options=options)


def _start(x: NDArray[np.float64]) -> tuple[float, float]:
    low, middle, high = np.quantile(x, [0.25, 0.5, 0.75])
    return float(middle), float(high - low) / 1.35


def _student(x: NDArray[np.float64]) -> Rival:
    loc, scale = _start(x)

    def negative(q: NDArray[np.float64]) -> float:
        nu, s = math.exp(min(q[0], 12.0)), math.exp(q[2])
        constant = math.lgamma((nu + 1) / 2) - math.lgamma(nu / 2) - 0.5 * math.log(nu * math.pi) - q[2]
        z = (x - loc - scale * q[1]) / s
        return float(0.5 * (nu + 1) * np.sum(np.log1p(z * z / nu)) - x.size * constant)

    best = _minimise(negative, [1.0, 0.0, math.log(scale)])
    q = best.x
    p = {"degrees": math.exp(min(q[0], 12.0)), "loc": loc + scale * float(q[1]), "scale": math.exp(q[2])}
    return Rival("student_t", p, -float(best.fun), 6.0 + 2.0 * float(best.fun))


def _generalised_normal(x: NDArray[np.float64]) -> Rival:
    loc, scale = _start(x)

    def negative(q: NDArray[np.float64]) -> float:
        shape = math.exp(min(max(q[0], -3.0), 3.0))
        constant = math.log(shape / 2.0) - q[2] - math.lgamma(1.0 / shape)
        z = np.abs(x - loc - scale * q[1]) / math.exp(q[2])
        return float(np.sum(np.minimum(z, 1e100) ** shape) - x.size * constant)

    best = _minimise(negative, [0.3, 0.0, math.log(scale)])
    q = best.x
    shape = math.exp(min(max(q[0], -3.0), 3.0))
    p = {"shape": shape, "loc": loc + scale * float(q[1]), "scale": math.exp(q[2])}
    return Rival("generalised_normal", p, -float(best.fun), 6.0 + 2.0 * float(best.fun))


def _mixture(x: NDArray[np.float64]) -> Rival:
    """w N(loc, s1^2) + (1 - w) N(loc, s2^2) by expectation-maximisation."""
    loc, scale = _start(x)
    w, s1, s2, value = 0.8, scale, 3.0 * max(float(np.std(x)), scale), -math.inf
    for _ in range(500):
        square = (x - loc) ** 2
        one = math.log(w / s1) - 0.5 * square / s1**2
        two = math.log((1 - w) / s2) - 0.5 * square / s2**2
        total = np.logaddexp(one, two)
        new = float(np.sum(total)) - 0.5 * x.size * math.log(2 * math.pi)
        r = np.exp(one - total)
        weight = r / s1**2 + (1 - r) / s2**2
        loc = float(weight @ x / weight.sum())
        w = min(max(float(r.mean()), 1e-6), 1 - 1e-6)
        s1 = max(math.sqrt(float(r @ square / r.sum())), 1e-6 * scale)
        s2 = max(math.sqrt(float((1 - r) @ square / max((1 - r).sum(), 1e-300))), 1e-6 * scale)
        if new - value < 1e-9 * abs(new):
            break
        value = new
    p = {"weight": w, "loc": loc, "scale_1": s1, "scale_2": s2}
    return Rival("scale_mixture", p, new, 8.0 - 2.0 * new)
