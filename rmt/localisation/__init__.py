"""Localisation of eigenvectors and singular vectors: participation, generalised dimensions, singularity spectrum, scaling."""

from rmt.localisation.binning import BinnedDimensions, binned_dimensions, eigenvalue_bins
from rmt.localisation.boxes import BoxCounting, box_counting
from rmt.localisation.estimates import DimensionEstimate, dimension_estimate
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
from rmt.localisation.scaling import ScalingFit, SizeScaling, size_scaling
from rmt.localisation.singularity import SingularitySpectrum, singularity_spectrum, symmetry_defect
from rmt.localisation.weights import amplitudes, biorthogonal_amplitudes, log_weights

__all__ = [
    "BinnedDimensions",
    "BoxCounting",
    "DimensionEstimate",
    "ScalingFit",
    "SingularitySpectrum",
    "SizeScaling",
    "VectorMoments",
    "amplitudes",
    "bias_corrected_dimension",
    "binned_dimensions",
    "biorthogonal_amplitudes",
    "box_counting",
    "dimension_estimate",
    "eigenvalue_bins",
    "generalised_dimension",
    "inverse_participation_ratio",
    "log_moments",
    "log_weights",
    "mass_exponent",
    "participation_number",
    "porter_thomas_dimension",
    "singularity_spectrum",
    "size_scaling",
    "symmetry_defect",
    "vector_moments",
]
