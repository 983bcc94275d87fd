"""Limiting spectral laws: singular values, eigenvalue moduli and Lyapunov exponents of products of heavy-tailed layers,
and the weights of their eigenvectors."""

from rmt._continuation import ConvergenceError
from rmt.laws.acceptance import acceptance_table
from rmt.laws.chain import Chain
from rmt.laws.classical import (
    AffineLaw,
    CircularLaw,
    ComplexGinibre,
    DiscreteLaw,
    EllipticLaw,
    FreeProduct,
    FreeSum,
    FussCatalan,
    MarchenkoPastur,
    PopulationMarchenkoPastur,
    Raney,
    RealGinibre,
    Semicircle,
    TracyWidom,
    WignerLevy,
    free_compression,
)
from rmt.laws.eigenvectors import EigenvectorLaw, VectorPrediction
from rmt.laws.growth import VectorGrowth, vector_growth
from rmt.laws.layers import Layer
from rmt.laws.lyapunov import LyapunovLaw
from rmt.laws.radial import RadialLaw
from rmt.laws.singular import SingularValueLaw

__all__ = [
    "AffineLaw",
    "Chain",
    "CircularLaw",
    "ComplexGinibre",
    "ConvergenceError",
    "DiscreteLaw",
    "EigenvectorLaw",
    "EllipticLaw",
    "FreeProduct",
    "FreeSum",
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
    "free_compression",
    "vector_growth",
]
