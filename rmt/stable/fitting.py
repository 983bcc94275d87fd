"""Fits of the stable law: quantiles, characteristic function, maximum likelihood."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from rmt._checks import check_array, check_choice
from rmt._results import Result, provenance
from rmt.stable.law import AlphaStable
from rmt.stable.likelihood import HIGH_BETA, LOW_ALPHA, local_density, one_pass

__all__ = ["StableFit", "fit"]

FRACTIONS = np.array([0.05, 0.25, 0.5, 0.75, 0.95])
GAUSSIAN_RATIO = 2.4387  # (q95 - q05)/(q75 - q25) of the normal law: below it there are no heavy tails to see
Q95 = 3.841458820694124  # chi-squared, one degree of freedom


@dataclass(frozen=True)
class StableFit(Result):
    """A fitted stable law, in S0. Arrays of four are in the order alpha, beta, loc, scale.

    Attributes
    ----------
    alpha, beta, loc, scale : float
    stderr : ndarray of float64, shape (4,)
        Standard errors; 0 for a parameter that was held fixed (beta of a symmetric fit, alpha at the boundary 2).
    covariance : ndarray of float64, shape (4, 4)
        From the observed information ("mle"), the asymptotic law of the quantiles, or the block jackknife ("cf").
    loglikelihood : float
    alpha_interval : tuple of float
        95 % interval of alpha. Near alpha = 2 from the profile likelihood, with the end 2 where it is not rejected.
    gaussian_rejected : bool
        Whether the likelihood ratio rejects alpha = 2 at 5 % (one-sided: the null lies on the boundary, where half of the
        mass of the ratio is at 0; an approximation). False: no claim of heavy tails can be made.
    n : int
    method : str
    symmetric : bool
    meta : dict
    """

    alpha: float
    beta: float
    loc: float
    scale: float
    stderr: NDArray[np.float64]
    covariance: NDArray[np.float64]
    loglikelihood: float
    alpha_interval: tuple[float, float]
    gaussian_rejected: bool
    n: int
    method: str
    symmetric: bool
    meta: dict[str, Any] = field(default_factory=dict, repr=False)

    @property
    def law(self) -> AlphaStable:
        """The fitted law."""
        return AlphaStable(self.alpha, self.beta, loc=self.loc, scale=self.scale)

    @property
    def aic(self) -> float:
        """2 k - 2 log likelihood, k = 3 (symmetric) or 4."""
        return 2.0 * (3 if self.symmetric else 4) - 2.0 * self.loglikelihood


def fit(data: ArrayLike, *, method: str = "mle", symmetric: bool = False) -> StableFit:
    """Fit a stable law (S0) to independent values.

    Parameters
    ----------
    data : array_like
        At least 30 finite values, of any shape.
    method : {"mle", "quantile", "cf"}
        Maximum likelihood with gradients from score tables; five quantiles (McCulloch 1986, with exact quantiles in place of
        the printed tables); regression on the empirical characteristic function (Kogon and Williams 1998).
    symmetric : bool
        Hold beta = 0.

    Returns
    -------
    StableFit

    Raises
    ------
    ValueError
        If there are fewer than 30 values, a value is not finite, or half of the values coincide.

    Notes
    -----
    The fit looks for alpha in [0.1, 2] and abs(beta) <= 0.999. Values are assumed independent; the weights of a trained layer
    are not, so read its errors as lower bounds.

    Examples
    --------
    >>> from rmt.stable import AlphaStable, fit
    >>> result = fit(AlphaStable(1.5, scale=2.0).sample(4000, rng=1), symmetric=True)
    >>> bool(abs(result.alpha - 1.5) < 4 * result.stderr[0])
    True
    """
    check_choice("method", method, ("mle", "quantile", "cf"))
    x = check_array("data", data).ravel()
    if x.size < 30:
        raise ValueError(f"data holds {x.size} values; at least 30 are needed: pool layers or use a longer sample")
    quantiles = np.quantile(x, FRACTIONS)
    if quantiles[3] == quantiles[1]:
        raise ValueError(
            "data is constant over its middle half: remove repeated values (pruned weights?) before the fit"
        )
    start = _by_quantiles(quantiles, symmetric)
    if method == "quantile":
        return _quantile_result(x, quantiles, start, symmetric)
    if method == "cf":
        return _cf_result(x, start, symmetric)
    return _mle_result(x, start, symmetric)


def _by_quantiles(q: NDArray[np.float64], symmetric: bool) -> NDArray[np.float64]:
    """(alpha, beta, loc, scale) whose quantiles have the ratios of ``q``; at the nearest admissible law outside."""
    from scipy.optimize import brentq, least_squares

    spread = (q[4] - q[0]) / (q[3] - q[1])
    skew = (q[4] + q[0] - 2.0 * q[2]) / (q[4] - q[0])

    def ratios(alpha: float, beta: float) -> tuple[float, float]:
        r = AlphaStable(alpha, beta).icdf(FRACTIONS)
        return math.log((r[4] - r[0]) / (r[3] - r[1])), (r[4] + r[0] - 2.0 * r[2]) / (r[4] - r[0])

    beta = 0.0
    if spread <= GAUSSIAN_RATIO:
        alpha = 2.0
    else:
        wanted = math.log(spread)
        low = alpha = 0.15
        if ratios(low, 0.0)[0] > wanted:
            alpha = float(brentq(lambda a: ratios(a, 0.0)[0] - wanted, low, 2.0, xtol=1e-12))
        if not symmetric:
            found = least_squares(
                lambda p: np.subtract(ratios(p[0], p[1]), (wanted, skew)),
                [min(alpha, 1.98), float(np.clip(1.5 * skew, -0.9, 0.9))],
                bounds=([low, -1.0], [2.0, 1.0]),
                xtol=1e-12,
                ftol=1e-15,
                gtol=1e-15,
                max_nfev=40,
            )
            alpha, beta = (float(p) for p in found.x)
    r = AlphaStable(alpha, beta).icdf(FRACTIONS)
    scale = (q[3] - q[1]) / (r[3] - r[1])
    return np.array([alpha, beta, q[2] - scale * r[2], scale])


def _result(
    x: NDArray[np.float64],
    p: NDArray[np.float64],
    covariance: NDArray[np.float64],
    method: str,
    symmetric: bool,
    value: float | None = None,
    interval: tuple[float, float] | None = None,
) -> StableFit:
    stderr = np.sqrt(np.maximum(np.diag(covariance), 0.0))
    alpha, beta, loc, scale = (float(v) for v in p)
    if value is None:
        value = float(np.sum(AlphaStable(alpha, beta, loc=loc, scale=scale).logpdf(x)))
    if interval is None:
        half = 1.959963984540054 * float(stderr[0])
        interval = max(LOW_ALPHA, alpha - half), min(2.0, alpha + half)
    return StableFit(
        alpha=alpha,
        beta=beta,
        loc=loc,
        scale=scale,
        stderr=stderr,
        covariance=covariance,
        loglikelihood=value,
        alpha_interval=interval,
        gaussian_rejected=bool(2.0 * (value - _normal_loglikelihood(x)) > 2.705543454095404),
        n=x.size,
        method=method,
        symmetric=symmetric,
        meta=dict(provenance()),
    )


def _normal_loglikelihood(x: NDArray[np.float64]) -> float:
    return -0.5 * x.size * (math.log(2.0 * math.pi * float(np.var(x))) + 1.0)


def _quantile_result(
    x: NDArray[np.float64], q: NDArray[np.float64], p: NDArray[np.float64], symmetric: bool
) -> StableFit:
    law = AlphaStable(p[0], p[1], loc=p[2], scale=p[3])
    f = law.pdf(law.icdf(FRACTIONS))
    spread = (np.minimum.outer(FRACTIONS, FRACTIONS) - np.outer(FRACTIONS, FRACTIONS)) / np.outer(f, f) / x.size
    jacobian = np.zeros((4, 5))
    for i in range(5):
        h = 1e-4 * p[3]
        moved = [_by_quantiles(q + s * h * np.eye(5)[i], symmetric) for s in (1.0, -1.0)]
        jacobian[:, i] = (moved[0] - moved[1]) / (2.0 * h)
    return _result(x, p, jacobian @ spread @ jacobian.T, "quantile", symmetric)


POINTS = 0.1 * np.arange(1, 11)  # of Kogon and Williams, in units of 1/scale


def _by_characteristic_function(cf: NDArray[np.complex128], symmetric: bool) -> NDArray[np.float64]:
    """(alpha, beta, loc, scale) of standardised data from the characteristic function at POINTS."""
    design = np.column_stack([np.log(POINTS), np.ones(POINTS.size)])
    alpha, intercept = np.linalg.lstsq(design, np.log(-np.log(np.abs(cf))), rcond=None)[0]
    alpha = float(np.clip(alpha, LOW_ALPHA, 2.0))
    scale = math.exp(intercept / alpha)
    phase, u = np.unwrap(np.angle(cf)), scale * POINTS
    if symmetric or alpha == 2.0:
        return np.array([alpha, 0.0, float(POINTS @ phase / (POINTS @ POINTS)), scale])
    # phase = loc t - beta eta(t), eta = tan(pi alpha/2) (u - u^alpha), entire in alpha - 1
    eps = alpha - 1.0
    eta = u * (np.expm1(eps * np.log(u)) / math.tan(0.5 * math.pi * eps) if eps else 2.0 / math.pi * np.log(u))
    loc, beta = np.linalg.lstsq(np.column_stack([POINTS, -eta]), phase, rcond=None)[0]
    beta = float(np.clip(beta, -1.0, 1.0))
    loc = float(POINTS @ (phase + beta * eta) / (POINTS @ POINTS))
    return np.array([alpha, beta, loc, scale])


def _cf_result(x: NDArray[np.float64], start: NDArray[np.float64], symmetric: bool) -> StableFit:
    blocks = 20
    loc, scale = start[2], start[3]
    for _ in range(2):
        z = (x - loc) / scale
        parts = np.array([np.exp(1j * POINTS[:, None] * z[i::blocks]).mean(axis=1) for i in range(blocks)])
        weights = np.array([z[i::blocks].size for i in range(blocks)], dtype=float)
        total = weights @ parts / weights.sum()
        standard = _by_characteristic_function(total, symmetric)
        p = standard * [1.0, 1.0, scale, scale] + [0.0, 0.0, loc, 0.0]
        rest = []
        for i in range(blocks):
            others = np.arange(blocks) != i
            left_out = _by_characteristic_function(weights[others] @ parts[others] / weights[others].sum(), symmetric)
            rest.append(left_out * [1.0, 1.0, scale, scale])
        loc, scale = p[2], p[3]
    deviation = np.array(rest) - np.mean(rest, axis=0)
    covariance = (blocks - 1) / blocks * deviation.T @ deviation
    return _result(x, p, covariance, "cf", symmetric)


@dataclass(frozen=True)
class _Optimum:
    theta: NDArray[np.float64]  # alpha, beta, log scale, loc
    value: float
    outer: NDArray[np.float64]


def _evaluate(x: NDArray[np.float64], theta: NDArray[np.float64], symmetric: bool) -> Any:
    alpha, beta, log_scale, loc = theta
    if not symmetric and beta == 0.0:
        beta = 1e-9  # the tables of a skewed law have two sides
    reach = max(abs(x.max() - loc), abs(x.min() - loc)) / math.exp(log_scale)
    local = local_density(float(alpha), float(beta), symmetric, reach, shared=x.size < 20_000)
    return one_pass(x, local, log_scale, loc)


def _maximise(
    x: NDArray[np.float64],
    theta: NDArray[np.float64],
    symmetric: bool,
    fixed_alpha: bool = False,
    normal: float = math.inf,
    tolerance: float = 1e-7,
) -> _Optimum:
    """Scoring with the outer product of the scores as information; steps are halved until the likelihood rises.

    The expected gain of a last step is below ``tolerance``. Near alpha = 2 it gives up as soon as the normal law, of log
    likelihood ``normal``, does better and alpha still wants to rise.
    """
    free = [i for i in range(4) if not (i == 0 and fixed_alpha) and not (i == 1 and symmetric)]
    current = _evaluate(x, theta, symmetric)
    for _ in range(60):
        used = [i for i in free if not (i == 1 and abs(theta[1]) >= HIGH_BETA and current.gradient[1] * theta[1] > 0)]
        block = current.outer[np.ix_(used, used)]
        damping = 1e-10 * np.diag(np.diag(block))
        step = np.zeros(4)
        step[used] = np.linalg.lstsq(block + damping, current.gradient[used], rcond=1e-12)[0]
        if float(step[used] @ current.gradient[used]) < tolerance:
            break
        step *= min(1.0, *(limit / max(abs(d), 1e-300) for limit, d in zip((0.3, 0.5, 0.5, np.inf), step, strict=True)))
        for _ in range(30):
            new = theta + step
            new[0] = min(max(new[0], theta[0] - 0.9 * (theta[0] - LOW_ALPHA)), theta[0] + 0.9 * (2.0 - theta[0]))
            new[1] = min(max(new[1], -HIGH_BETA), HIGH_BETA)
            trial = _evaluate(x, new, symmetric)
            if trial.value >= current.value - 1e-12 * abs(current.value):
                break
            step = 0.4 * step
        else:
            break
        theta, current = new, trial
        if not fixed_alpha and (
            2.0 - theta[0] < 2e-5 or (theta[0] > 1.96 and current.gradient[0] > 0.0 and normal >= current.value)
        ):
            break
    return _Optimum(theta, current.value, current.outer)


def _information(x: NDArray[np.float64], best: _Optimum, symmetric: bool) -> NDArray[np.float64]:
    """Observed information by central differences of the analytic gradient."""
    stride = max(1, x.size // 300_000)
    sample = x[::stride]
    free = [i for i in range(4) if not (i == 1 and symmetric)]
    small = np.diag(np.linalg.pinv(best.outer[np.ix_(free, free)]))
    hessian = np.zeros((4, 4))
    for i, variance in zip(free, small, strict=True):
        h = 0.2 * math.sqrt(max(variance, 1e-30))
        if i == 0:
            h = min(h, 0.3 * (2.0 - best.theta[0]), 0.3 * (best.theta[0] - 0.5 * LOW_ALPHA))
        if i == 1:
            h = min(h, 0.5 * (1.0 - abs(best.theta[1])))
        shift = h * np.eye(4)[i]
        up, down = (_evaluate(sample, best.theta + s * shift, symmetric).gradient for s in (1.0, -1.0))
        hessian[i] = (up - down) / (2.0 * h) * (x.size / sample.size)
    return -0.5 * (hessian + hessian.T)


def _covariance(information: NDArray[np.float64], free: list[int], scale: float) -> NDArray[np.float64]:
    """Inverse information turned into the order alpha, beta, loc, scale."""
    full = np.zeros((4, 4))
    full[np.ix_(free, free)] = np.linalg.inv(information[np.ix_(free, free)])
    turn = np.zeros((4, 4))
    turn[0, 0] = turn[1, 1] = turn[2, 3] = 1.0
    turn[3, 2] = scale
    return turn @ full @ turn.T


def _mle_result(x: NDArray[np.float64], start: NDArray[np.float64], symmetric: bool) -> StableFit:
    alpha = min(max(start[0], LOW_ALPHA + 0.01), 1.95)
    beta = 0.0 if symmetric else float(np.clip(start[1], -0.95, 0.95))
    theta = np.array([alpha, beta, math.log(start[3]), start[2]])
    if x.size > 200_000:
        theta = _maximise(np.ascontiguousarray(x[:: x.size // 50_000]), theta, symmetric).theta
    normal = _normal_loglikelihood(x)
    best = _maximise(x, theta, symmetric, normal=normal)
    free = [i for i in range(4) if not (i == 1 and symmetric)]
    if normal >= best.value - 1e-3 or 2.0 - best.theta[0] < 2e-5:
        return _boundary(x, best, normal, symmetric)
    information = _information(x, best, symmetric)
    if np.linalg.eigvalsh(information[np.ix_(free, free)]).min() <= 0.0:
        information = best.outer
    alpha, beta, log_scale, loc = best.theta
    p = np.array([alpha, beta, loc, math.exp(log_scale)])
    covariance = _covariance(information, free, p[3])
    width = math.sqrt(covariance[0, 0])
    interval = _profile_interval(x, best, normal, width, symmetric) if alpha + 3.0 * width > 2.0 else None
    return _result(x, p, covariance, "mle", symmetric, best.value, interval)


def _boundary(x: NDArray[np.float64], best: _Optimum, normal: float, symmetric: bool) -> StableFit:
    """alpha = 2: the normal law; beta has no meaning. The interval is one-sided."""
    loc, variance = float(np.mean(x)), float(np.var(x))
    scale = math.sqrt(0.5 * variance)
    start = min(0.02, 100.0 / x.size)  # of the order of the end of the interval
    near = _Optimum(np.array([2.0 - start, 0.0, math.log(scale), loc]), max(normal, best.value), best.outer)
    lower = _profile_interval(x, near, near.value, start, True)[0]
    covariance = np.diag([0.0, 0.0, variance / x.size, scale * scale / (2.0 * x.size)])
    p = np.array([2.0, 0.0, loc, scale])
    return _result(x, p, covariance, "mle", symmetric, normal, (lower, 2.0))


def _profile_interval(
    x: NDArray[np.float64], best: _Optimum, normal: float, width: float, symmetric: bool
) -> tuple[float, float]:
    """Where twice the drop of the profile likelihood passes the 95 % point of chi-squared, searched in ln(2 - alpha)."""
    from scipy.optimize import brentq

    theta = best.theta.copy()

    def drop(log_distance: float) -> float:
        nonlocal theta
        alpha = max(2.0 - math.exp(log_distance), LOW_ALPHA)
        found = _maximise(x, np.r_[alpha, theta[1:]], symmetric, fixed_alpha=True, tolerance=1e-4)
        theta = found.theta
        return 2.0 * (best.value - found.value) - Q95

    distance = 2.0 - best.theta[0]
    inner, outer = math.log(distance), math.log(distance + 2.2 * width)
    while drop(outer) < 0.0 and math.exp(outer) < 2.0 - LOW_ALPHA:
        inner, outer = outer, outer + 0.5 * (outer - inner) + 0.2
    if inner == math.log(distance):
        while drop(inner) > 0.0:  # the maximum is the normal law, and the start is not near enough to it
            inner -= 2.0
    lower = LOW_ALPHA if math.exp(outer) >= 2.0 - LOW_ALPHA else 2.0 - math.exp(brentq(drop, inner, outer, xtol=1e-3))
    if 2.0 * (best.value - normal) <= Q95:
        return lower, 2.0
    theta, inner = best.theta.copy(), math.log(1e-3 * distance)
    return lower, 2.0 if drop(inner) < 0.0 else 2.0 - math.exp(brentq(drop, inner, math.log(distance), xtol=1e-3))
