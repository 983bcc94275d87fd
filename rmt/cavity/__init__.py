"""Population dynamics where no scalar closure exists: network ensembles, growth rates; the mobility edge of Levy matrices."""

from rmt.cavity.growth import GrowthRate, growth_rate
from rmt.cavity.mobility_edge import symmetric_levy_mobility_edge
from rmt.cavity.network import network_radial_cdf, network_singular_density
from rmt.cavity.populations import PopulationCurve

__all__ = [
    "GrowthRate",
    "PopulationCurve",
    "growth_rate",
    "network_radial_cdf",
    "network_singular_density",
    "symmetric_levy_mobility_edge",
]
