"""Random matrices and chains of layer Jacobians, sampled in one stated normalisation (`rmt.ensembles.conventions`)."""

from rmt.ensembles import conventions
from rmt.ensembles.chains import JacobianChain
from rmt.ensembles.matrices import ginibre, levy_matrix, wigner, wigner_levy

__all__ = ["JacobianChain", "conventions", "ginibre", "levy_matrix", "wigner", "wigner_levy"]
