"""Independent exact draws of the layer scales ``u_1..u_L`` from their posterior, at any temperature.

Proposal: the prior tilted by ``rho^kappa``, that is independent gamma variables of shape ``N_l / 2 + kappa``. A draw is
accepted with probability likelihood / envelope, the envelope being a sum of terms ``C_j rho^kappa_j``, each of which is
above the likelihood on one stretch of ln rho.

* T = 0: the log likelihood is concave in ln rho, so its tangent at the saddle is an envelope of one term, and a share of
  about ``[1 + (R - s) sum 1/(N_l - s)]^(-1/2)`` of the proposals is accepted, ``s = -2 kappa``.
* T > 0: one tilted term and a constant for small rho, with heights from a scan whose error is bounded by the second
  derivative. Where two solutions compete, a fan of terms, one for each short stretch, follows the likelihood instead.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy import special

from rmt.deeplinear._mixture import Mixture
from rmt.deeplinear._saddle import layer_factors, mode_sum
from rmt.deeplinear.renormalisation import solve_modes

__all__ = ["sample_scales"]

Envelope = tuple[NDArray[np.float64], NDArray[np.float64]]


def _tangent(mixture: Mixture, log_rho: float) -> tuple[float, float]:
    """(kappa, ln C) with ln likelihood <= ln C + kappa ln rho, exact at T = 0."""
    modes = mixture.modes
    kappa = 0.5 * (modes.strength * math.exp(-log_rho) - modes.rank)
    return kappa, float(mixture.log_likelihood(np.array(log_rho))) - kappa * log_rho


def _scan(mixture: Mixture, kappa: float, log_rho: float) -> tuple[NDArray[np.float64], NDArray[np.float64], float]:
    """Grid in ln rho, ln likelihood there, and a bound on how much higher any point is than its neighbours (T > 0)."""
    modes, T = mixture.modes, mixture.temperature
    k, squares = modes.eigenvalues, modes.targets**2
    s = -2 * kappa
    # |slope of ln likelihood| <= rho tr(K0) (T + y^2) / 2 T^2: negligible below `low`; above `high` the slope stays below kappa
    low = math.log(1e-3 * max(abs(s), 1e-6) / float(np.sum(k * (1 / T + squares / T**2))))
    high = max(log_rho + 1.0, math.log(float(np.sum((T + squares) / k)) / max(modes.rank - s, 1e-12)))
    curvature = modes.rank / 8 + 0.0482 * float(squares.sum()) / T  # bound on the second derivative
    step = min(0.05, math.sqrt(0.08 / curvature))
    x = np.arange(low, high + step, step)
    block = max(1, 2_000_000 // modes.rank)
    f = np.concatenate([mixture.log_likelihood(x[i : i + block]) for i in range(0, x.size, block)])
    return x, f, 0.5 * curvature * step**2 + 1e-3 * abs(s)


def _line_and_constant(x: NDArray[np.float64], f: NDArray[np.float64], kappa: float, log_rho: float) -> Envelope:
    g = f - kappa * x
    if kappa <= 0:
        return np.array([kappa]), np.array([g.max()])
    right = int(np.searchsorted(x, log_rho))
    log_c = float(g[max(0, right - 1) :].max())
    above = np.flatnonzero(g[:right] > log_c)
    log_m = float(f[: above[-1] + 2].max()) if above.size else float(f[0])
    return np.array([kappa, 0.0]), np.array([log_c, log_m])


def _fan(mixture: Mixture, x: NDArray[np.float64], f: NDArray[np.float64]) -> Envelope:
    """Tilts whose proposals peak on a ladder of ln rho, each as high as the likelihood on its own stretch."""
    widths, variances = mixture.widths, mixture.variances
    narrowest = float(widths.min())
    spread = math.sqrt(float(np.sum(2 / widths)))
    v = np.linspace(-40.0, 40.0, 8001)  # ln(u_n / sigma_n^2) of the narrowest layer; all others follow
    ladder_x = np.log(layer_factors(v, widths, variances)).sum(axis=1)
    centre = float(np.log(variances).sum())
    rungs = np.arange(max(min(x[0], centre), centre - 60 * spread), max(x[-1], centre) + spread, 0.3 * spread)
    kappa = 0.5 * narrowest * np.expm1(np.interp(rungs, ladder_x, v))
    stretch = np.clip(np.searchsorted(rungs, x) - 1, 0, rungs.size - 1)
    log_c = np.full(rungs.size, -math.inf)
    np.maximum.at(log_c, stretch, f - kappa[stretch] * x)
    # a stretch reaches to the next grid point on either side
    np.maximum.at(log_c, stretch[1:], f[:-1] - kappa[stretch[1:]] * x[:-1])
    np.maximum.at(log_c, stretch[:-1], f[1:] - kappa[stretch[:-1]] * x[1:])
    kept = np.isfinite(log_c)
    return kappa[kept], log_c[kept]


def _envelope(mixture: Mixture) -> Envelope:
    """Exponents kappa_j and heights ln C_j with likelihood <= sum_j C_j rho^kappa_j."""
    saddle = solve_modes(mixture.modes, mixture.widths, mixture.variances, mixture.temperature)
    log_rho = math.log(saddle.rho)
    if mixture.temperature == 0.0:
        slope_cold, height = _tangent(mixture, log_rho)
        return np.array([slope_cold]), np.array([height])
    modes = mixture.modes
    slope = mode_sum(np.array(saddle.rho), modes.eigenvalues, modes.targets**2, mixture.temperature)
    kappa = -0.5 * float(slope)
    x, f, slack = _scan(mixture, kappa, log_rho)
    kappas, log_c = _line_and_constant(x, f, kappa, log_rho)
    at_saddle = float(mixture.log_likelihood(np.array(log_rho))) - kappa * log_rho
    if saddle.all_rho.size > 1 or log_c[0] > at_saddle + 2.0:
        kappas, log_c = _fan(mixture, x, f)
    return kappas, log_c + slack


def sample_scales(mixture: Mixture, count: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """``count`` independent draws of (u_1, ..., u_L) from the exact posterior, shape (count, L)."""
    kappas, log_c = _envelope(mixture)
    unit = 2 * mixture.variances / mixture.widths
    shape = mixture.widths / 2
    tilted = shape + kappas[:, None]
    log_mass = log_c + (kappas[:, None] * np.log(unit) + special.gammaln(tilted) - special.gammaln(shape)).sum(axis=1)
    share = special.softmax(log_mass)
    accepted: list[NDArray[np.float64]] = []
    missing = count
    while missing > 0:
        batch = min(2 * missing + 64, 200_000)
        which = rng.choice(kappas.size, size=batch, p=share) if kappas.size > 1 else np.zeros(batch, dtype=int)
        u = unit * rng.standard_gamma(tilted[which])
        x = np.log(u).sum(axis=1)
        log_ratio = mixture.log_likelihood(x) - special.logsumexp(log_c + kappas * x[:, None], axis=1)
        if log_ratio.max() > 1e-9:
            raise RuntimeError(
                f"the envelope of the rejection sampler is too low by {log_ratio.max():.3g}: please report it"
            )
        kept = u[np.log(rng.random(batch)) < log_ratio][:missing]
        accepted.append(kept)
        missing -= len(kept)
    return np.concatenate(accepted)
