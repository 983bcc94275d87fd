"""The classical laws of random-matrix theory, with the interface of the heavy-tailed ones."""

from rmt.laws.classical.affine import AffineLaw
from rmt.laws.classical.bulk import CircularLaw, EllipticLaw, MarchenkoPastur, Semicircle
from rmt.laws.classical.discrete import DiscreteLaw
from rmt.laws.classical.free_product import FreeProduct
from rmt.laws.classical.free_sum import FreeSum, free_compression
from rmt.laws.classical.fuss_catalan import FussCatalan, Raney
from rmt.laws.classical.ginibre import ComplexGinibre, RealGinibre
from rmt.laws.classical.population import PopulationMarchenkoPastur
from rmt.laws.classical.tracy_widom import TracyWidom
from rmt.laws.classical.wigner_levy import WignerLevy

__all__ = [
    "AffineLaw",
    "CircularLaw",
    "ComplexGinibre",
    "DiscreteLaw",
    "EllipticLaw",
    "FreeProduct",
    "FreeSum",
    "FussCatalan",
    "MarchenkoPastur",
    "PopulationMarchenkoPastur",
    "Raney",
    "RealGinibre",
    "Semicircle",
    "TracyWidom",
    "WignerLevy",
    "free_compression",
]
