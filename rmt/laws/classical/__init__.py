"""The classical laws of random-matrix theory, with the interface of the heavy-tailed ones."""

from rmt.laws.classical.bulk import CircularLaw, EllipticLaw, MarchenkoPastur, Semicircle
from rmt.laws.classical.fuss_catalan import FussCatalan, Raney
from rmt.laws.classical.tracy_widom import TracyWidom

__all__ = ["CircularLaw", "EllipticLaw", "FussCatalan", "MarchenkoPastur", "Raney", "Semicircle", "TracyWidom"]
