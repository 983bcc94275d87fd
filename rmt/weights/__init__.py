"""The weights of a trained network: load them, fit their entries with rivals and errors, set their spectra beside a law."""

from rmt.weights.loading import Model, Skipped, WeightsError, as_model, load

__all__ = ["Model", "Skipped", "WeightsError", "as_model", "load"]
