"""Two signals in random convolutional networks on a ring or a torus, with shared or independent filters."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rmt import activations
from rmt._checks import check_choice, check_integer, check_real
from rmt._random import RandomState, streams
from rmt._results import Result, provenance
from rmt.activations import Activation
from rmt.criticality._chain import start_length
from rmt.criticality._differences import pair_values
from rmt.criticality.pairs import order_parameter

__all__ = ["ConvolutionalPairs", "convolutional_pairs"]

Array = NDArray[np.float64]


@dataclass(frozen=True)
class ConvolutionalPairs(Result):
    r"""Order parameter of two signals in independent convolutional networks.

    Parameters
    ----------
    rho : ndarray, shape (realisations, depth)
        Mean over the sites of the local kernel order parameter :math:`\rho_x`: the activity.
    log_rho : ndarray, shape (realisations, depth)
        Its logarithm.
    rho_global : ndarray, shape (realisations, depth)
        Order parameter of the kernels summed over the sites.
    q : ndarray, shape (realisations, depth)
        Mean length.
    last : ndarray, shape (realisations, sites) or (realisations, sites, sites)
        Local order parameter of the last layer.
    meta : dict
        Parameters and versions.
    """

    rho: Array
    log_rho: Array
    rho_global: Array
    q: Array
    last: Array
    meta: dict[str, Any] = field(repr=False, default_factory=dict)


def _window_mean(field_: Array, offsets: list[tuple[int, ...]], axes: tuple[int, ...]) -> Array:
    """Mean over the window around every site, circular."""
    return np.mean([np.roll(field_, tuple(-o for o in offset), axes) for offset in offsets], axis=0)


def _kernels(
    f_s: Array, f_d: Array, offsets: list[tuple[int, ...]], sw: float, sb: float
) -> tuple[Array, Array, Array]:
    """S, A, D at every site of the next layer from the channel means of the activities."""
    axes = tuple(range(f_s.ndim - 1))
    s, a, d = (_window_mean(np.mean(x, axis=0), offsets, axes) for x in (f_s * f_s, f_s * f_d, f_d * f_d))
    return sw**2 * s + sb**2, sw**2 * a, sw**2 * d


def _tied_layer(f: Array, weights: Array, offsets: list[tuple[int, ...]]) -> Array:
    """sum over channels j and window positions k of W[i, k, j] f[j, x + k]."""
    axes = tuple(range(1, f.ndim))
    rolled = np.concatenate([np.roll(f, tuple(-o for o in offset), axes) for offset in offsets])
    return (weights @ rolled.reshape(rolled.shape[0], -1)).reshape(weights.shape[0], *f.shape[1:])


def _untied_sample(s: Array, a: Array, d: Array, channels: int, rng: np.random.Generator) -> tuple[Array, Array]:
    """Channels at every site: independent Gaussian pairs with the covariance of that site, exact for independent filters."""
    z = rng.standard_normal((2, channels, *s.shape))
    root = np.sqrt(s)
    slope = np.divide(a, root, out=np.zeros_like(a), where=root > 0.0)
    return root * z[0], slope * z[0] + np.sqrt(np.maximum(d - slope**2, 0.0)) * z[1]


def convolutional_pairs(
    sites: int,
    channels: int,
    depth: int,
    *,
    sigma_w: float,
    sigma_b: float,
    activation: Any = "tanh",
    dimension: int = 1,
    kernel_size: int = 3,
    filters: str = "tied",
    realisations: int = 10,
    rho0: float = 1.0,
    rng: RandomState = None,
) -> ConvolutionalPairs:
    r"""Simulate two signals in random convolutional networks with circular boundaries.

    .. math:: h'_{i,x} = \sum_{j=1}^{C}\sum_{k\in\mathrm{window}}W_{ijk}\,\phi(h_{j,x+k}) + b_i,\qquad
              W\sim N(0,\sigma_w^2/(CK)),\quad b\sim N(0,\sigma_b^2)

    Parameters
    ----------
    sites : int
        Side of the ring (``dimension=1``) or of the square torus (2), at least the kernel size.
    channels : int
        Number of channels ``C``.
    depth : int
        Number of layers, at least 1.
    sigma_w, sigma_b : float
        Scales of weights and biases; K is the number of sites of the window.
    activation : str or Activation
    dimension : {1, 2}
    kernel_size : int
        Side of the window, odd.
    filters : {"tied", "untied"}
        One filter bank for all sites (a convolution) or independent ones at each site (a locally connected network).
        Untied networks are simulated exactly without weights: given a layer, the channels at site x are independent
        Gaussian pairs whose covariance is the mean over the window.
    realisations : int
        Number of networks.
    rho0 : float
        Order parameter of the inputs, which are independent over sites and channels with the fixed length.
    rng : seed or Generator
        One spawned stream per network.

    Returns
    -------
    ConvolutionalPairs

    Raises
    ------
    ValueError
        If an argument is out of range.

    Notes
    -----
    With tied filters the site average does not self-average: the shared filters are disorder in time, of relative size
    1/sqrt(C), and networks differ at any number of sites. Whether tied networks belong to directed percolation is claimed
    elsewhere and neither confirmed nor excluded here; untied smooth networks do not (docs/guide/criticality.md).

    Examples
    --------
    >>> from rmt.criticality import convolutional_pairs
    >>> runs = convolutional_pairs(32, 5, 10, sigma_w=2.0, sigma_b=0.3, realisations=4, rng=1)
    >>> runs.rho.shape, runs.last.shape
    ((4, 10), (4, 32))
    """
    phi: Activation = activations.get(activation)
    side, c = check_integer("sites", sites, low=2), check_integer("channels", channels, low=1)
    layers, dim = check_integer("depth", depth, low=1), check_integer("dimension", dimension, low=1, high=2)
    window = check_integer("kernel_size", kernel_size, low=1, high=side)
    if window % 2 == 0:
        raise ValueError(f"kernel_size = {kernel_size!r} must be odd")
    tied = check_choice("filters", filters, ("tied", "untied")) == "tied"
    sw, sb = check_real("sigma_w", sigma_w, low=0.0, low_open=True), check_real("sigma_b", sigma_b, low=0.0)
    start = check_real("rho0", rho0, low=0.0, high=2.0)
    q = start_length(phi, sw, sb, None)
    offsets = list(itertools.product(range(-(window // 2), window // 2 + 1), repeat=dim))
    shape = (side,) * dim
    count = check_integer("realisations", realisations, low=1)
    rho, log_rho, rho_global, length = (np.empty((count, layers)) for _ in range(4))
    last = np.empty((count, *shape))
    per_site = (1,) * dim
    for r, stream in enumerate(streams(rng, count)):
        s, a, d = np.full(shape, q * (1.0 - 0.5 * start)), np.zeros(shape), np.full(shape, 2.0 * q * start)
        h_s, h_d = _untied_sample(s, a, d, c, stream)
        for l in range(layers):
            local, local_log = order_parameter(s, a, d)
            top = float(local_log.max())
            log_rho[r, l] = top + math.log(np.mean(np.exp(local_log - top))) if top > -math.inf else -math.inf
            rho[r, l] = local.mean()
            rho_global[r, l] = order_parameter(s.mean(), a.mean(), d.mean())[0]
            length[r, l] = np.mean(s + 0.25 * d)
            if l == layers - 1:
                break
            f_s, f_d = pair_values(phi, h_s, h_d)
            s, a, d = _kernels(f_s, f_d, offsets, sw, sb)
            if tied:
                weights = stream.standard_normal((c, c * len(offsets))) * (sw / math.sqrt(c * len(offsets)))
                bias = sb * stream.standard_normal((c, *per_site))
                h_s, h_d = _tied_layer(f_s, weights, offsets) + bias, _tied_layer(f_d, weights, offsets)
            else:
                h_s, h_d = _untied_sample(s, a, d, c, stream)
        last[r] = local
    meta = {
        "activation": phi.name, "sites": side, "channels": c, "dimension": dim, "kernel_size": window, "filters": filters,
        "sigma_w": sw, "sigma_b": sb, **provenance(),
    }  # fmt: skip
    return ConvolutionalPairs(rho=rho, log_rho=log_rho, rho_global=rho_global, q=length, last=last, meta=meta)
