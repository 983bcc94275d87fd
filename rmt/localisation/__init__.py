"""Localisation of eigenvectors and singular vectors: participation, generalised dimensions, singularity spectrum, scaling."""

from rmt.localisation.moments import (
    VectorMoments,
    generalised_dimension,
    inverse_participation_ratio,
    log_moments,
    mass_exponent,
    participation_number,
    vector_moments,
)
from rmt.localisation.porter_thomas import bias_corrected_dimension, porter_thomas_dimension
from rmt.localisation.singularity import SingularitySpectrum, singularity_spectrum, symmetry_defect
from rmt.localisation.weights import amplitudes, biorthogonal_amplitudes, log_weights

__all__ = [
    "SingularitySpectrum",
    "VectorMoments",
    "amplitudes",
    "bias_corrected_dimension",
    "biorthogonal_amplitudes",
    "generalised_dimension",
    "inverse_participation_ratio",
    "log_moments",
    "log_weights",
    "mass_exponent",
    "participation_number",
    "porter_thomas_dimension",
    "singularity_spectrum",
    "symmetry_defect",
    "vector_moments",
]
