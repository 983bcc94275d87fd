"""Samples of the weights from their posterior: independent exact ones, block Gibbs, Hamiltonian Monte Carlo."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from rmt._checks import check_array, check_choice, check_integer, check_real
from rmt._random import RandomState, generator
from rmt.deeplinear._data import check_architecture, check_design
from rmt.deeplinear._mixture import Mixture
from rmt.deeplinear._network import (
    Network,
    Weights,
    backward_maps,
    gibbs_sweep,
    hidden_activities,
    hmc_step,
    prior_weights,
    reduced_network,
)
from rmt.deeplinear._scales import sample_scales

__all__ = ["Estimate", "PosteriorSamples", "effective_sample_size", "estimate", "sample_posterior"]

Observable = Callable[[list[NDArray[np.float64]]], ArrayLike]


@dataclasses.dataclass(frozen=True)
class Estimate:
    """A Monte Carlo mean with its standard error and the number of independent draws it is worth.

    Attributes
    ----------
    value, stderr : float
    effective_samples : float
    """

    value: float
    stderr: float
    effective_samples: float

    def z(self, expected: float) -> float:
        """Distance from an expected value in standard errors.

        Parameters
        ----------
        expected : float

        Returns
        -------
        float
        """
        return (self.value - expected) / self.stderr


def effective_sample_size(chains: ArrayLike) -> float:
    """Number of independent draws that would give the same error of the mean.

    Autocovariances averaged over the chains, with the spread between chain means added as a constant at all lags, summed
    by Geyer's initial monotone sequence.

    Parameters
    ----------
    chains : array_like, shape (chains, n) or (n,)
        Successive values of one quantity, at least four a chain.

    Returns
    -------
    float
        Between 1 and about the number of values (a little above it for antithetic chains).

    Examples
    --------
    >>> import numpy as np
    >>> x = np.random.default_rng(1).standard_normal((4, 1000))
    >>> 3000 < effective_sample_size(x) < 5000
    True
    >>> 100 < effective_sample_size(np.cumsum(x, axis=1) * 0 + np.repeat(x[:, ::20], 20, axis=1)) < 400
    True
    """
    values = np.atleast_2d(check_array("chains", chains))
    if values.ndim != 2 or values.shape[1] < 4:
        raise ValueError(f"chains has shape {values.shape}: at least four values a chain are needed")
    count, n = values.shape
    centred = values - values.mean(axis=1, keepdims=True)
    size = 1 << (2 * n - 1).bit_length()
    spectrum = np.fft.rfft(centred, size, axis=1)
    covariance = np.fft.irfft(np.abs(spectrum) ** 2, size, axis=1)[:, :n].mean(axis=0) / n
    within = covariance[0] * n / (n - 1)
    if within == 0.0:
        return float(count * n)
    between = values.mean(axis=1).var(ddof=1) if count > 1 else 0.0
    total = covariance[0] + between
    correlation = 1.0 - (within - covariance) / total if count > 1 else covariance / covariance[0]
    correlation[0] = 1.0
    pairs = correlation[: n - n % 2].reshape(-1, 2).sum(axis=1)
    negative = np.flatnonzero(pairs <= 0)
    pairs = np.minimum.accumulate(pairs[: negative[0] if negative.size else pairs.size])
    time = max(2 * float(pairs.sum()) - 1.0, 1.0 / math.log10(max(count * n, 10)))
    return float(count * n / time)


def estimate(chains: ArrayLike) -> Estimate:
    """Mean of correlated draws with a standard error that counts the correlation.

    Parameters
    ----------
    chains : array_like, shape (chains, n) or (n,)

    Returns
    -------
    Estimate
        ``.value .stderr .effective_samples``.

    Examples
    --------
    >>> import numpy as np
    >>> e = estimate(np.random.default_rng(1).standard_normal((4, 1000)))
    >>> abs(e.z(0.0)) < 4
    True
    """
    values = np.atleast_2d(check_array("chains", chains))
    effective = effective_sample_size(values)
    deviation = float(values.std(ddof=1))
    return Estimate(float(values.mean()), deviation / math.sqrt(effective), effective)


@dataclasses.dataclass(frozen=True)
class PosteriorSamples:
    """Draws from the posterior of the weights; made by :func:`sample_posterior`.

    Attributes
    ----------
    effective_weights : ndarray, shape (chains, n, N_0), or (chains, n, m, N_0) for m > 1 outputs
        The whole network as one linear map: ``f(x) = w . x / sqrt(N_0)``.
    scales : ndarray, shape (chains, n, L), or (chains, n, L, m, m)
        ``Lambda_l = |b_l|^2 / N_l``, b_l the backward vector of layer l (for several outputs the Gram matrix of the
        backward map). The kernel factor is ``rho = Lambda_1``, the layer factors ``u_l = Lambda_l / Lambda_{l+1}``.
    kernel_traces, kernel_signals : ndarray, shape (chains, n, L), or None
        ``tr K_l`` and ``sum_a y_a^T K_l y_a`` of the hidden layers, with ``hidden=True``.
    mean_kernels : ndarray, shape (L, P, P), or None
        Averages of the layer kernels ``K_l = (sigma_l^2 / N_l) h_l^T h_l``, with ``hidden=True``.
    observed : ndarray, shape (chains, n, ...), or None
        What ``observe`` returned.
    method : str
    acceptance : float
        Mean acceptance probability (1 for Gibbs and exact draws).
    """

    effective_weights: NDArray[np.float64]
    scales: NDArray[np.float64]
    kernel_traces: NDArray[np.float64] | None
    kernel_signals: NDArray[np.float64] | None
    mean_kernels: NDArray[np.float64] | None
    observed: NDArray[np.float64] | None
    method: str
    acceptance: float
    meta: dict[str, Any] = dataclasses.field(default_factory=dict, repr=False)

    @property
    def rho(self) -> NDArray[np.float64]:
        """Kernel factor of every draw, shape (chains, n) (or (chains, n, m, m))."""
        return self.scales[:, :, 0]

    @property
    def u(self) -> NDArray[np.float64]:
        """Layer factors of every draw, shape (chains, n, L); one output only."""
        if self.scales.ndim > 3:
            raise ValueError(f"u is defined for one output; these samples have {self.scales.shape[-1]}")
        u = self.scales.copy()
        u[:, :, :-1] /= self.scales[:, :, 1:]
        return u

    def outputs(self, X_test: ArrayLike) -> NDArray[np.float64]:
        """Outputs of every sampled network at test inputs.

        Parameters
        ----------
        X_test : array_like, shape (M, N_0)

        Returns
        -------
        ndarray, shape (chains, n, M), or (chains, n, m, M)
        """
        inputs = check_array("X_test", X_test, ndim=2, min_size=1)
        if inputs.shape[1] != self.effective_weights.shape[-1]:
            raise ValueError(f"X_test has {inputs.shape[1]} columns, not {self.effective_weights.shape[-1]}")
        return self.effective_weights @ inputs.T / math.sqrt(inputs.shape[1])

    def generalisation_error(self, X_test: ArrayLike, y_test: ArrayLike) -> Estimate:
        """Mean squared error of the sampled networks at test points, with its Monte Carlo error.

        Parameters
        ----------
        X_test : array_like, shape (M, N_0)
        y_test : array_like, shape (M,), or (M, m)

        Returns
        -------
        Estimate
        """
        outputs = self.outputs(X_test)
        labels = check_array("y_test", y_test)
        if labels.shape != (outputs.shape[-1], *outputs.shape[2:-1]):
            raise ValueError(f"y_test has shape {labels.shape}, not {(outputs.shape[-1], *outputs.shape[2:-1])}")
        squares = (outputs - labels.T) ** 2
        return estimate(squares.reshape(*squares.shape[:2], -1).mean(axis=-1))


class _Recorder:
    """Collects what is kept of each state."""

    def __init__(self, network: Network, hidden: bool, observe: Observable | None) -> None:
        self.network, self.hidden, self.observe = network, hidden, observe
        self.maps: list[NDArray[np.float64]] = []
        self.scales: list[NDArray[np.float64]] = []
        self.traces: list[NDArray[np.float64]] = []
        self.signals: list[NDArray[np.float64]] = []
        self.kernels: list[NDArray[np.float64]] | None = None
        self.observed: list[NDArray[np.float64]] = []

    def layers(self, hidden: Weights, variances: Sequence[float]) -> None:
        grams = [v / h.shape[1] * (np.swapaxes(h, 1, 2) @ h) for h, v in zip(hidden, variances, strict=True)]
        self.traces.append(np.stack([np.einsum("cii->c", g) for g in grams], axis=1))
        y = self.network.targets
        self.signals.append(np.stack([np.einsum("ai,cij,aj->c", y, g, y) for g in grams], axis=1))
        sums = [g.sum(axis=0) for g in grams]
        self.kernels = sums if self.kernels is None else [a + b for a, b in zip(self.kernels, sums, strict=True)]

    def state(self, weights: Weights, maps: Weights) -> None:
        network = self.network
        self.maps.append(maps[0])
        # M_l = b_l^T / sqrt(N_l), so M_l M_l^T is Lambda_l
        grams = [maps[l] @ np.swapaxes(maps[l], 1, 2) for l in range(1, len(weights))]
        self.scales.append(np.stack(grams, axis=1))
        if self.hidden:
            self.layers(hidden_activities(network, weights), network.variances[1:])
        if self.observe is not None:
            rows = [self.observe([W[c] for W in weights]) for c in range(weights[0].shape[0])]
            self.observed.append(np.asarray(rows, dtype=float))

    def result(self, method: str, acceptance: float, meta: dict[str, Any]) -> PosteriorSamples:
        w, scales = np.stack(self.maps, axis=1), np.stack(self.scales, axis=1)
        if self.network.outputs == 1:
            w, scales = w[:, :, 0], scales[..., 0, 0]
        mean = None
        if self.kernels is not None:
            V, count = self.network.basis, w.shape[0] * w.shape[1]
            mean = np.stack([V @ (k / count) @ V.T for k in self.kernels])
        return PosteriorSamples(
            effective_weights=w,
            scales=scales,
            kernel_traces=np.stack(self.traces, axis=1) if self.traces else None,
            kernel_signals=np.stack(self.signals, axis=1) if self.signals else None,
            mean_kernels=mean,
            observed=np.stack(self.observed, axis=1) if self.observed else None,
            method=method,
            acceptance=acceptance,
            meta=meta,
        )


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
    network: Network, recorder: _Recorder, mixture: Mixture, samples: int, chains: int, rng: np.random.Generator
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
    recorder: _Recorder,
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
    recorder: _Recorder,
    steps: int,
    burn_in: int,
    thin: int,
    chains: int,
    rng: np.random.Generator,
    bar: Any,
) -> float:
    weights = prior_weights(network, chains, rng)
    log_step, accepted, target = math.log(0.1), [], 0.8
    for step in bar(burn_in + steps * thin):
        jitter = rng.uniform(0.8, 1.2, size=chains)
        eps = math.exp(log_step)
        leaps = int(min(200, max(3, round(1.5 / eps))))  # a quarter turn of the prior's oscillation
        probability = hmc_step(network, weights, eps * jitter, leaps, rng)
        if step < burn_in:
            log_step += (probability.mean() - target) / (1 + step) ** 0.6
        else:
            accepted.append(probability.mean())
            if (step - burn_in) % thin == thin - 1:
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
    recorder = _Recorder(network, hidden, observe)
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
