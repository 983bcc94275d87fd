"""Mean-field signal propagation in networks with heavy-tailed weights: lengths, gradients, exponents, phases."""

from rmt.meanfield.finite_edge import FiniteWidthEdge, finite_width_critical_sigma_w
from rmt.meanfield.finite_lyapunov import FiniteWidthLyapunov, finite_width_lyapunov
from rmt.meanfield.finite_width import (
    FiniteWidthChain,
    HomogeneousGrowth,
    LepageLayer,
    finite_width_chain,
    homogeneous_growth,
    quiescent_sigma_w,
)
from rmt.meanfield.geometry import ManifoldGeometry, manifold_geometry
from rmt.meanfield.gradients import backward_exponent, jacobian_moment
from rmt.meanfield.length import FixedPoint, fixed_point, length_flow, length_map
from rmt.meanfield.lyapunov import LyapunovExponent, critical_sigma_w, lyapunov_exponent, path_growth
from rmt.meanfield.phase import (
    PhaseDiagram,
    characteristic_radius,
    contour_line,
    ordered_line,
    phase_diagram,
    silent_line,
)
from rmt.meanfield.profile import ActivationProfile
from rmt.meanfield.two_inputs import (
    CorrelationFixedPoint,
    TwoInputFlow,
    correlation_fixed_point,
    correlation_map,
    two_input_flow,
)

__all__ = [
    "ActivationProfile",
    "CorrelationFixedPoint",
    "FiniteWidthChain",
    "FiniteWidthEdge",
    "FiniteWidthLyapunov",
    "FixedPoint",
    "HomogeneousGrowth",
    "LepageLayer",
    "LyapunovExponent",
    "ManifoldGeometry",
    "PhaseDiagram",
    "TwoInputFlow",
    "backward_exponent",
    "characteristic_radius",
    "contour_line",
    "correlation_fixed_point",
    "correlation_map",
    "critical_sigma_w",
    "finite_width_chain",
    "finite_width_critical_sigma_w",
    "finite_width_lyapunov",
    "fixed_point",
    "homogeneous_growth",
    "jacobian_moment",
    "length_flow",
    "length_map",
    "lyapunov_exponent",
    "manifold_geometry",
    "ordered_line",
    "path_growth",
    "phase_diagram",
    "quiescent_sigma_w",
    "silent_line",
    "two_input_flow",
]
