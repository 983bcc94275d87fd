"""Limiting spectral laws: singular values, eigenvalue moduli and Lyapunov exponents of products of heavy-tailed layers,
and the weights of their eigenvectors."""

from rmt._continuation import ConvergenceError
from rmt.laws.acceptance import acceptance_table
from rmt.laws.chain import Chain
from rmt.laws.classical import (
    CircularLaw,
    ComplexGinibre,
    EllipticLaw,
    FussCatalan,
    MarchenkoPastur,
    PopulationMarchenkoPastur,
    Raney,
    RealGinibre,
    Semicircle,
    TracyWidom,
    WignerLevy,
)
from rmt.laws.eigenvectors import EigenvectorLaw, VectorPrediction
from rmt.laws.growth import VectorGrowth, vector_growth
from rmt.laws.layers import Layer
from rmt.laws.lyapunov import LyapunovLaw
from rmt.laws.radial import RadialLaw
from rmt.laws.singular import SingularValueLaw

__all__ = [
    "Chain",
    "CircularLaw",
    "ComplexGinibre",
    "ConvergenceError",
    "EigenvectorLaw",
    "EllipticLaw",
    "FussCatalan",
    "Layer",
    "LyapunovLaw",
    "MarchenkoPastur",
    "PopulationMarchenkoPastur",
    "RadialLaw",
    "Raney",
    "RealGinibre",
    "Semicircle",
    "SingularValueLaw",
    "TracyWidom",
    "VectorGrowth",
    "VectorPrediction",
    "WignerLevy",
    "acceptance_table",
    "vector_growth",
]
