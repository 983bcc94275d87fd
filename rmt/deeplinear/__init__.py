"""Bayesian deep linear networks: kernel renormalisation, exact finite-size results, samplers of the weights.

A network ``f(x) = N_L^(-1/2) a^T h_L``, ``h_l = N_{l-1}^(-1/2) W_l h_{l-1}``, with Gaussian weights a priori, squared loss
and temperature T. Three levels, each a check of the one before: the mean field of arXiv:2012.04030
(:func:`kernel_renormalisation_layers`), the exact posterior (:func:`exact_posterior`), the weights themselves
(:func:`sample_posterior`).
"""

from rmt.deeplinear.estimates import Estimate, effective_sample_size, estimate
from rmt.deeplinear.exact import ExactPosterior, exact_posterior
from rmt.deeplinear.heavy_tails import HeavyTailedPosterior, heavy_tailed_posterior
from rmt.deeplinear.inverse_kernels import mean_inverse_layer_kernel
from rmt.deeplinear.kernels import linear_kernel, relu_kernel
from rmt.deeplinear.layers import mean_layer_kernels
from rmt.deeplinear.outliers import (
    KernelOutlier,
    LearnedSpectra,
    kernel_outlier,
    learned_spectra,
    weight_spectrum_outlier,
)
from rmt.deeplinear.outputs import (
    MatrixRenormalisation,
    OutputPrediction,
    kernel_renormalisation_matrix,
    kernel_renormalisation_outputs,
)
from rmt.deeplinear.prediction import GeneralisationError, Prediction, generalisation_error, posterior_predictive
from rmt.deeplinear.predictive import PredictiveLaw
from rmt.deeplinear.regimes import (
    DepthLimit,
    NoiseRegime,
    PhaseBoundaries,
    WidthRegime,
    depth_limit,
    depth_regime,
    noise_regime,
    phase_boundaries,
    width_regime,
)
from rmt.deeplinear.relu import ReluPrediction, relu_heuristic, sample_relu_outputs
from rmt.deeplinear.renormalisation import (
    KernelRenormalisation,
    kernel_renormalisation,
    kernel_renormalisation_layers,
)
from rmt.deeplinear.samples import PosteriorSamples
from rmt.deeplinear.sampling import sample_posterior
from rmt.deeplinear.teacher import TeacherStudentCurve, teacher_student_curve

__all__ = [
    "DepthLimit",
    "Estimate",
    "ExactPosterior",
    "GeneralisationError",
    "HeavyTailedPosterior",
    "KernelOutlier",
    "KernelRenormalisation",
    "LearnedSpectra",
    "MatrixRenormalisation",
    "NoiseRegime",
    "OutputPrediction",
    "PhaseBoundaries",
    "PosteriorSamples",
    "Prediction",
    "PredictiveLaw",
    "ReluPrediction",
    "TeacherStudentCurve",
    "WidthRegime",
    "depth_limit",
    "depth_regime",
    "effective_sample_size",
    "estimate",
    "exact_posterior",
    "generalisation_error",
    "heavy_tailed_posterior",
    "kernel_outlier",
    "kernel_renormalisation",
    "kernel_renormalisation_layers",
    "kernel_renormalisation_matrix",
    "kernel_renormalisation_outputs",
    "learned_spectra",
    "linear_kernel",
    "mean_inverse_layer_kernel",
    "mean_layer_kernels",
    "noise_regime",
    "phase_boundaries",
    "posterior_predictive",
    "relu_heuristic",
    "relu_kernel",
    "sample_posterior",
    "sample_relu_outputs",
    "teacher_student_curve",
    "weight_spectrum_outlier",
    "width_regime",
]
