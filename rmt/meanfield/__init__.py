"""Mean-field signal propagation in networks with heavy-tailed weights: lengths, gradients, exponents, phases."""

from rmt.meanfield.finite_lyapunov import FiniteWidthLyapunov, finite_width_lyapunov
from rmt.meanfield.finite_width import (
    FiniteWidthChain,
    HomogeneousGrowth,
    LepageLayer,
    finite_width_chain,
    homogeneous_growth,
    quiescent_sigma_w,
)
from rmt.meanfield.length import FixedPoint, fixed_point, length_flow, length_map
from rmt.meanfield.lyapunov import LyapunovExponent, critical_sigma_w, lyapunov_exponent, path_growth
from rmt.meanfield.profile import ActivationProfile

__all__ = [
    "ActivationProfile",
    "FiniteWidthChain",
    "FiniteWidthLyapunov",
    "FixedPoint",
    "HomogeneousGrowth",
    "LepageLayer",
    "LyapunovExponent",
    "critical_sigma_w",
    "finite_width_chain",
    "finite_width_lyapunov",
    "fixed_point",
    "homogeneous_growth",
    "length_flow",
    "length_map",
    "lyapunov_exponent",
    "path_growth",
    "quiescent_sigma_w",
]
