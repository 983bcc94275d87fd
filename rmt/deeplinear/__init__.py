"""Bayesian deep linear networks: kernel renormalisation, exact finite-size results, samplers of the weights.

A network ``f(x) = N_L^(-1/2) a^T h_L``, ``h_l = N_{l-1}^(-1/2) W_l h_{l-1}``, with Gaussian weights a priori, squared loss
and temperature T. Three levels, each a check of the one before: the mean field of arXiv:2012.04030
(:func:`kernel_renormalisation_layers`), the exact posterior (:func:`exact_posterior`), the weights themselves
(:func:`sample_posterior`).
"""

from rmt.deeplinear.exact import ExactPosterior, PredictiveLaw, exact_posterior
from rmt.deeplinear.kernels import linear_kernel, relu_kernel
from rmt.deeplinear.prediction import GeneralisationError, Prediction, generalisation_error, posterior_predictive
from rmt.deeplinear.renormalisation import (
    KernelRenormalisation,
    kernel_renormalisation,
    kernel_renormalisation_layers,
    kernel_renormalisation_matrix,
)

__all__ = [
    "ExactPosterior",
    "GeneralisationError",
    "KernelRenormalisation",
    "Prediction",
    "PredictiveLaw",
    "exact_posterior",
    "generalisation_error",
    "kernel_renormalisation",
    "kernel_renormalisation_layers",
    "kernel_renormalisation_matrix",
    "linear_kernel",
    "posterior_predictive",
    "relu_kernel",
]
