"""The absorbing transition of deep networks: critical points, finite width, exact simulators, scaling collapse.

Two signals go through one random network. Their order parameter ``rho = 1 - correlation`` is absorbed at 0 in the ordered
phase and stays positive in the chaotic one. This room has the exact critical points and metric factors, the scaling
function of finite width, simulators that cost O(width) a layer, and the tools of finite-size scaling.

>>> from rmt.criticality import critical_point
>>> critical_point("erf", 0.3).sigma_w
1.233672505839

"""

from rmt.criticality.collapse import Collapse, collapse, collapse_quality
from rmt.criticality.convolution import ConvolutionalPairs, convolutional_pairs
from rmt.criticality.corrections import FiniteWidth, finite_width, scaling_corrections, width_critical_sigma_w
from rmt.criticality.critical_points import CriticalPoint, ReluCriticalPoint, critical_point, relu_critical_point
from rmt.criticality.flow import (
    correlation_flow,
    correlation_map,
    effective_depth,
    ntk_flow,
    ntk_ratio,
    relu_flow,
    riccati,
)
from rmt.criticality.levy import (
    LevyCriticalPoint,
    levy_critical_sigma_w,
    levy_growth,
    levy_order,
    levy_tail_order,
)
from rmt.criticality.levy_chains import LevyChains, alpha_order_parameter, simulate_levy_pairs
from rmt.criticality.networks import simulate_network, simulate_signals
from rmt.criticality.pairs import PairChains, TangentChains, order_parameter, simulate_pairs, simulate_tangent
from rmt.criticality.percolation import (
    BOND_PERCOLATION_THRESHOLD,
    UNIVERSALITY_CLASSES,
    UniversalityClass,
    bond_directed_percolation,
    local_slopes,
)
from rmt.criticality.scaling import (
    log_scaling_function,
    mean_order_parameter,
    relu_mean_amplitude,
    scaling_function,
    stationary_law,
    width_for_depth,
)

__all__ = [
    "BOND_PERCOLATION_THRESHOLD",
    "UNIVERSALITY_CLASSES",
    "Collapse",
    "ConvolutionalPairs",
    "CriticalPoint",
    "FiniteWidth",
    "LevyChains",
    "LevyCriticalPoint",
    "PairChains",
    "ReluCriticalPoint",
    "TangentChains",
    "UniversalityClass",
    "alpha_order_parameter",
    "bond_directed_percolation",
    "collapse",
    "collapse_quality",
    "convolutional_pairs",
    "correlation_flow",
    "correlation_map",
    "critical_point",
    "effective_depth",
    "finite_width",
    "levy_critical_sigma_w",
    "levy_growth",
    "levy_order",
    "levy_tail_order",
    "local_slopes",
    "log_scaling_function",
    "mean_order_parameter",
    "ntk_flow",
    "ntk_ratio",
    "order_parameter",
    "relu_critical_point",
    "relu_flow",
    "relu_mean_amplitude",
    "riccati",
    "scaling_corrections",
    "scaling_function",
    "simulate_levy_pairs",
    "simulate_network",
    "simulate_pairs",
    "simulate_signals",
    "simulate_tangent",
    "stationary_law",
    "width_critical_sigma_w",
    "width_for_depth",
]
