"""The classical laws of random-matrix theory, with the interface of the heavy-tailed ones."""

from rmt.laws.classical.bulk import CircularLaw, EllipticLaw, MarchenkoPastur, Semicircle
from rmt.laws.classical.fuss_catalan import FussCatalan, Raney
from rmt.laws.classical.ginibre import ComplexGinibre, RealGinibre
from rmt.laws.classical.population import PopulationMarchenkoPastur
from rmt.laws.classical.tracy_widom import TracyWidom
from rmt.laws.classical.wigner_levy import WignerLevy

__all__ = [
    "CircularLaw",
    "ComplexGinibre",
    "EllipticLaw",
    "FussCatalan",
    "MarchenkoPastur",
    "PopulationMarchenkoPastur",
    "Raney",
    "RealGinibre",
    "Semicircle",
    "TracyWidom",
    "WignerLevy",
]
