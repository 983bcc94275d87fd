"""The engine of the exact chains: one realisation after another from its own stream, compiled or in NumPy."""

from __future__ import annotations

import math
from concurrent.futures import Executor
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rmt import _absorbing, activations
from rmt._checks import check_real
from rmt._parallel import map_ordered
from rmt._random import RandomState, streams
from rmt.activations import Activation
from rmt.criticality._differences import compiled_kind, pair_values, tangent_values
from rmt.criticality._gaussian import length_fixed_point

__all__ = ["Chain", "run", "start_length"]

Array = NDArray[np.float64]
CHUNK = 256  # realisations of one task; each has its own stream, so this changes no number
LARGEST_SCALE = 20.0  # above it pre-activations may leave the range of the compiled tanh (340) and sin (1e6)
SMALL = 1e-200  # as in ext/_absorbing.pyx: below, a layer is linear in the difference
LOG_SMALL = math.log(SMALL)


class Chain:
    """One realisation after another from its own stream; picklable, so that an executor can share the work."""

    def __init__(
        self, phi: Activation, width: int, depth: int, scales: tuple[float, float], tangent: bool, estimator: str
    ):
        self.phi, self.width, self.depth, self.tangent, self.estimator = phi, width, depth, tangent, estimator
        self.gain, self.bias = scales[0] ** 2 / width, scales[1] ** 2
        self.homogeneous = phi.homogeneous_degree == 1.0 and scales[1] == 0.0
        self.kind = compiled_kind(phi) if self.homogeneous or max(scales) <= LARGEST_SCALE else None
        self.start = np.zeros(6)

    def __getstate__(self) -> dict[str, Any]:
        state = dict(self.__dict__)
        if self.kind is not None:
            state["phi"] = self.phi.name  # catalogue functions are lambdas, which cannot be pickled
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self.phi = activations.get(self.phi)

    def __call__(self, generators: list[np.random.Generator]) -> Array:
        """Rows (S, A, D, g, t1, t2) of all layers for some realisations, of the kernel or of the sampled pre-activations."""
        result = np.empty((len(generators), self.depth, 6))
        sampled = self.estimator != "kernel"
        work = np.empty(16 * ((self.width + 7) // 8))
        for i, rng in enumerate(generators):
            stream = rng.bit_generator.random_raw(32)
            state = self.start.copy()
            # The last layer draws only if its own pre-activations are wanted.
            out = np.empty((self.depth if sampled else self.depth - 1, 11 if sampled else 6))
            self._advance(stream, state, out, work)
            result[i, 0] = self.start
            result[i, 1:] = out[: self.depth - 1, :6]
            if sampled:
                result[i] = _sampled_state(result[i], out[:, 6:], self.estimator == "pearson")
        return result

    def _advance(self, stream: NDArray[np.uint64], state: Array, out: Array, work: Array) -> None:
        if self.kind is not None:
            _absorbing.layers(
                self.kind, stream, self.width, self.gain, self.bias, self.tangent, self.homogeneous, state, out, work
            )
            return
        x, y = work.reshape(2, -1)
        for row in out:
            _absorbing.normals(stream, x, y)
            z1, z2 = x[: self.width], y[: self.width]
            self._layer(z1, z2, state)
            row[:6] = state
            if row.size == 11:
                row[6:] = z1.mean(), z2.mean(), z1 @ z1 / z1.size, z1 @ z2 / z1.size, z2 @ z2 / z1.size

    def _layer(self, z1: Array, z2: Array, state: Array) -> None:
        """One layer for an activation without compiled loops; the same steps as ``advance`` in ext/_absorbing.pyx."""
        s, a, d, scale = state[:4]
        if math.isnan(s):
            return
        root = math.sqrt(s)
        slope = a / root if s > 0.0 else 0.0
        h, delta = root * z1, slope * z1 + math.sqrt(max(d - slope**2, 0.0)) * z2
        linear = self.tangent or scale != 0.0
        f_s, f_d = (tangent_values if linear else pair_values)(self.phi, h, delta)
        state[:3] = self.gain * (f_s @ f_s) + self.bias, self.gain * (f_s @ f_d), self.gain * (f_d @ f_d)
        if self.homogeneous:
            _renormalise(state, linear)
        s, a, d = state[:3]
        if d > 0.0:
            if linear or d < SMALL:
                amplitude = math.sqrt(d)
                scale, a, d = scale + math.log(amplitude), a / amplitude, 1.0
            if linear and not self.tangent and 2.0 * scale > LOG_SMALL:
                amplitude = math.exp(scale)
                a, d, scale = a * amplitude, amplitude**2, 0.0
        elif d == 0.0:
            a = scale = 0.0
        state[:4] = s, a, d, scale


def _renormalise(state: Array, linear: bool) -> None:
    """Both signals back to length 1; the twin of ``renormalise`` in ext/_absorbing.pyx, where the reason stands."""
    s, a, d = state[:3]
    full, cross = (0.0, 0.0) if linear else (d, a)
    first, second = s + 0.25 * full + cross, s + 0.25 * full - cross
    if not (first > 0.0 and second > 0.0):
        state[:3] = math.nan
        return
    g = math.sqrt(first * second)
    rho = max((s * d - a**2) / (g * (g + s - 0.25 * full)), 0.0)
    state[:3] = 1.0 - (0.0 if linear else 0.5 * rho), 0.0, 2.0 * rho
    state[4:6] += math.log(first), math.log(second)


def _sampled_state(kernel: Array, moments: Array, centred: bool) -> Array:
    """Stable coordinates of the pre-activations s = x z1, d = y z1 + w z2 from the moments of the normals."""
    s, a, d = kernel[:, 0], kernel[:, 1], kernel[:, 2]
    x = np.sqrt(s)
    y = np.divide(a, x, out=np.zeros_like(a), where=x > 0.0)
    w = np.sqrt(np.maximum(d - y**2, 0.0))
    mean1, mean2, m11, m12, m22 = moments.T
    if centred:
        m11, m12, m22 = m11 - mean1**2, m12 - mean1 * mean2, m22 - mean2**2
    out = kernel.copy()
    out[:, 0] = x**2 * m11
    out[:, 1] = x * (y * m11 + w * m12)
    out[:, 2] = y**2 * m11 + 2.0 * y * w * m12 + w**2 * m22
    return out


def start_length(phi: Activation, sigma_w: float, sigma_b: float, q0: float | None) -> float:
    """Length of the first layer: the one given, 1 where every length is as good, or the mean-field fixed point.

    Parameters
    ----------
    phi : Activation
    sigma_w, sigma_b : float
        Scales of weights and biases.
    q0 : float or None
        The one given.

    Returns
    -------
    float
    """
    if q0 is not None:
        return check_real("q0", q0, low=0.0, low_open=True)
    if phi.homogeneous_degree == 1.0 and sigma_b == 0.0:
        return 1.0
    return length_fixed_point(phi, sigma_w, sigma_b)


def run(chain: Chain, realisations: int, rng: RandomState, executor: Executor | None, progress: bool) -> Array:
    generators = streams(rng, realisations)
    tasks = [generators[i : i + CHUNK] for i in range(0, realisations, CHUNK)]
    results = map_ordered(chain, tasks, executor=executor, progress=progress, description="chains")
    return np.concatenate(list(results))
