"""Samples of the weights from their posterior: independent exact ones, block Gibbs, Hamiltonian Monte Carlo."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from rmt._checks import check_choice, check_integer, check_real
from rmt._random import RandomState, generator
from rmt.deeplinear._data import check_architecture, check_design
from rmt.deeplinear._hamiltonian import hamiltonian_chain
from rmt.deeplinear._mixture import Mixture
from rmt.deeplinear._network import (
    Network,
    Weights,
    backward_maps,
    energy_gradient,
    gibbs_sweep,
    hidden_activities,
    prior_weights,
    reduced_network,
)
from rmt.deeplinear._scales import sample_scales
from rmt.deeplinear.samples import Observable, PosteriorSamples, Recorder

__all__ = ["sample_posterior"]


def exact_weights(
    network: Network, u: NDArray[np.float64], rng: np.random.Generator
) -> tuple[NDArray[np.float64], Weights]:
    """Effective map and backward vectors b_0..b_L for given scales u (n, L): shapes (n, N_0) and (n, N_l)."""
    modes, T = network.modes(), network.temperature
    n_in, variance = network.sizes[0], network.variances[0]
    partial = np.cumprod(u[:, ::-1], axis=1)[:, ::-1]  # Lambda_l
    rho = partial[:, :1]
    w = np.sqrt(variance * rho) * rng.standard_normal((u.shape[0], n_in))
    residual = network.targets[0] - w @ network.inputs / math.sqrt(n_in)
    if T > 0.0:
        residual = residual - math.sqrt(T) * rng.standard_normal(residual.shape)
    solved = rho * residual / (rho * modes.eigenvalues + T)
    w += (variance / math.sqrt(n_in)) * (solved @ network.inputs.T)
    vectors = [w]
    for l in range(1, len(network.sizes) - 1):
        direction = rng.standard_normal((u.shape[0], network.sizes[l]))
        length = np.sqrt(network.sizes[l] * partial[:, l - 1] / np.sum(direction**2, axis=1))
        vectors.append(length[:, None] * direction)
    return w, vectors


def fill_weights(network: Network, vectors: Weights, rng: np.random.Generator) -> Weights:
    """Weight matrices with given backward vectors: ``W_l^T b_l = sqrt(N_l) b_{l-1}``, free Gaussian orthogonally to b_l."""
    weights = []
    for l in range(1, len(vectors)):
        b, below = vectors[l], vectors[l - 1]
        norm2 = np.sum(b**2, axis=1)[:, None, None]
        G = math.sqrt(network.variances[l - 1]) * rng.standard_normal((b.shape[0], b.shape[1], below.shape[1]))
        # W_1 maps the inputs: b_0 = W_1^T b_1 / sqrt(N_1) whatever the layer
        target = math.sqrt(b.shape[1]) * below[:, None, :] - b[:, None, :] @ G
        weights.append(G + b[:, :, None] * target / norm2)
    return [*weights, vectors[-1][:, None, :]]


def _run_exact(
    network: Network, recorder: Recorder, mixture: Mixture, samples: int, chains: int, rng: np.random.Generator
) -> float:
    u = sample_scales(mixture, samples, rng)
    block = samples if not (recorder.hidden or recorder.observe) else max(1, 4_000_000 // (max(network.sizes) ** 2))
    for start in range(0, samples, block):
        w, vectors = exact_weights(network, u[start : start + block], rng)
        if recorder.hidden or recorder.observe:
            weights = fill_weights(network, vectors, rng)
            if recorder.hidden:
                recorder.layers(hidden_activities(network, weights), network.variances[1:])
            if recorder.observe is not None:
                rows = [recorder.observe([W[c] for W in weights]) for c in range(w.shape[0])]
                recorder.observed.append(np.asarray(rows, dtype=float))
        recorder.maps.append(w)
    # independent draws: any split into rows serves as chains
    shape = (chains, samples // chains)
    split = lambda rows: [
        np.moveaxis(np.concatenate(rows).reshape(*shape, *rows[0].shape[1:]), 1, 0)[i] for i in range(shape[1])
    ]
    recorder.maps = [value[:, None, :] for value in split(recorder.maps)]
    recorder.scales = [v[..., None, None] for v in split([np.cumprod(u[:, ::-1], axis=1)[:, ::-1]])]
    for name in ("traces", "signals", "observed"):
        if getattr(recorder, name):
            setattr(recorder, name, split(getattr(recorder, name)))
    return 1.0


def _run_gibbs(
    network: Network,
    recorder: Recorder,
    steps: int,
    burn_in: int,
    thin: int,
    chains: int,
    rng: np.random.Generator,
    bar: Any,
) -> float:
    weights = prior_weights(network, chains, rng)
    for step in bar(burn_in + steps * thin):
        gibbs_sweep(network, weights, backward_maps(network, weights), rng)
        if step >= burn_in and (step - burn_in) % thin == thin - 1:
            recorder.state(weights, backward_maps(network, weights))
    return 1.0


def _run_hmc(
    network: Network,
    recorder: Recorder,
    steps: int,
    burn_in: int,
    thin: int,
    chains: int,
    rng: np.random.Generator,
    bar: Any,
) -> float:
    deviations = [math.sqrt(v) for v in network.variances]
    scaled = lambda positions: [d * q for d, q in zip(deviations, positions, strict=True)]
    positions = [W / d for d, W in zip(deviations, prior_weights(network, chains, rng), strict=True)]
    chain = hamiltonian_chain(positions, lambda q: energy_gradient(network, scaled(q)), burn_in, rng)
    accepted = []
    for step, probability in zip(bar(burn_in + steps * thin), chain, strict=False):
        if step < burn_in:
            continue
        accepted.append(probability)
        if (step - burn_in) % thin == thin - 1:
            weights = scaled(positions)
            recorder.state(weights, backward_maps(network, weights))
    return float(np.mean(accepted))


def sample_posterior(
    X: ArrayLike,
    y: ArrayLike,
    widths: int | Sequence[int],
    weight_variances: ArrayLike = 1.0,
    temperature: float = 0.0,
    *,
    input_variance: float = 1.0,
    method: str = "exact",
    samples: int = 4000,
    chains: int = 4,
    burn_in: int = 200,
    thin: int = 1,
    hidden: bool = False,
    observe: Observable | None = None,
    rng: RandomState = None,
    progress: bool = False,
) -> PosteriorSamples:
    r"""Draw the weights of a deep linear network from their posterior.

    * ``"exact"``: independent draws at any temperature, width and rank, one output. The scales of the layers by
      rejection from independent gamma variables, the effective map by Matheron's rule, then
      :math:`W_l = \sqrt{N_l}\,b_l b_{l-1}^T/|b_l|^2 + (1 - \hat b_l \hat b_l^T) G_l`.
    * ``"gibbs"``: every layer in turn from its exact conditional law; several outputs allowed; independent of the theory.
    * ``"hmc"``: Hamiltonian Monte Carlo on all weights at T > 0; independent of the theory, several times dearer.

    Parameters
    ----------
    X : array_like, shape (P, N_0)
        Training inputs.
    y : array_like, shape (P,) or (P, m)
        Targets.
    widths : int or sequence of int
        :math:`N_1 .. N_L`.
    weight_variances : float or array_like, shape (L,)
        :math:`\sigma_1^2 .. \sigma_L^2`, variances of the weights that leave each hidden layer.
    temperature : float
        T >= 0.
    input_variance : float
        :math:`\sigma_0^2`, variance of the first weights.
    method : {"exact", "gibbs", "hmc"}
    samples : int
        Draws kept in all; a multiple of ``chains``.
    chains : int
        Independent Markov chains, run together as one batch of arrays.
    burn_in, thin : int
        Steps dropped at the start of each chain, and steps per kept draw (not used by ``"exact"``).
    hidden : bool
        Also record the kernels of the hidden layers.
    observe : callable, optional
        Called with the list of weight matrices ``[W_1, ..., W_L, a^T]`` of each kept draw; returns numbers to record.
    rng : seed or Generator
    progress : bool
        Show a progress bar.

    Returns
    -------
    PosteriorSamples

    Raises
    ------
    ValueError
        For shapes that do not match, values that are not finite, T < 0; for Gibbs at T = 0 with a layer no wider than
        the rank of the data (the chain cannot move along the readout: it is reducible and its averages are wrong); for
        HMC at T = 0; for exact draws of several outputs.

    Examples
    --------
    >>> import numpy as np
    >>> rng = np.random.default_rng(0)
    >>> X, y = rng.standard_normal((5, 8)), rng.standard_normal(5)
    >>> draws = sample_posterior(X, y, [12, 10], samples=400, rng=1)
    >>> float(np.abs(draws.outputs(X) - y).max()) < 1e-12
    True
    >>> sample_posterior(X, y, [4, 10], method="gibbs")
    Traceback (most recent call last):
    ...
    ValueError: method = 'gibbs' is reducible at temperature = 0 when a layer is not wider than the rank of the data...
    """
    inputs, targets = check_design(X, y)
    sizes, variances = check_architecture(widths, weight_variances)
    T = check_real("temperature", temperature, low=0.0)
    first = check_real("input_variance", input_variance, low=0.0, low_open=True)
    check_choice("method", method, ("exact", "gibbs", "hmc"))
    count = check_integer("samples", samples, low=1)
    rows = check_integer("chains", chains, low=1)
    burn, every = check_integer("burn_in", burn_in, low=0), check_integer("thin", thin, low=1)
    if count % rows:
        raise ValueError(f"samples = {count} must be a multiple of chains = {rows}")
    network = reduced_network(inputs, targets, sizes, (first, *variances.tolist()), T)
    _refuse(method, network, sizes)
    source = generator(rng)
    recorder = Recorder(network, hidden, observe)
    meta = {"widths": sizes.tolist(), "weight_variances": variances.tolist(), "input_variance": first, "temperature": T}
    if method == "exact":
        modes = network.modes()
        if T == 0.0 and modes.strength == 0.0:
            raise ValueError("y = 0 on the range of X has no exact posterior at temperature = 0")
        acceptance = _run_exact(network, recorder, Mixture(modes, sizes, variances, T), count, rows, source)
        return recorder.result(method, acceptance, meta)

    def bar(total: int) -> Any:
        if not progress:
            return range(total)
        from tqdm import trange

        return trange(total, desc=method)

    run = _run_gibbs if method == "gibbs" else _run_hmc
    acceptance = run(network, recorder, count // rows, burn, every, rows, source, bar)
    return recorder.result(method, acceptance, {**meta, "burn_in": burn, "thin": every})


def _refuse(method: str, network: Network, widths: NDArray[np.float64]) -> None:
    T, narrowest = network.temperature, int(widths.min())
    if method == "gibbs" and T == 0.0 and narrowest <= network.rank:
        raise ValueError(
            f"method = 'gibbs' is reducible at temperature = 0 when a layer is not wider than the rank of the data: width "
            f"{narrowest} <= rank {network.rank} pins the weights above that layer, and averages over the chain are wrong; "
            "use method='exact' (one output), or temperature > 0"
        )
    if method == "hmc" and T == 0.0:
        raise ValueError(
            "method = 'hmc' needs temperature > 0: at temperature = 0 the posterior has no density; use 'exact'"
        )
    if method == "exact" and network.outputs > 1:
        raise ValueError(f"method = 'exact' is for one output, y has {network.outputs}; use method='gibbs'")
