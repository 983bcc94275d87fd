"""The weights of a trained network: load them, fit their entries with rivals and errors, set their spectra beside a law."""

from rmt.weights.fits import LayerFits, fit_layers
from rmt.weights.jacobians import jacobian_chain
from rmt.weights.loading import Model, Skipped, WeightsError, as_model, load
from rmt.weights.spectra import LayerSpectrum, spectrum
from rmt.weights.tails import hill_index

__all__ = [
    "LayerFits",
    "LayerSpectrum",
    "Model",
    "Skipped",
    "WeightsError",
    "as_model",
    "fit_layers",
    "hill_index",
    "jacobian_chain",
    "load",
    "spectrum",
]
