"""Mean-field signal propagation in networks with heavy-tailed weights: lengths, gradients, exponents, phases."""

from rmt.meanfield.length import FixedPoint, fixed_point, length_flow, length_map
from rmt.meanfield.lyapunov import LyapunovExponent, critical_sigma_w, lyapunov_exponent, path_growth
from rmt.meanfield.profile import ActivationProfile

__all__ = [
    "ActivationProfile",
    "FixedPoint",
    "LyapunovExponent",
    "critical_sigma_w",
    "fixed_point",
    "length_flow",
    "length_map",
    "lyapunov_exponent",
    "path_growth",
]
