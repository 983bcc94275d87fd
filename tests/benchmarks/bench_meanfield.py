"""Mean field: fixed points, the 330-cell map and the compiled population, against sampling and a plain loop in NumPy."""

import time

import numpy as np
from scipy import optimize

from rmt._lepage import sum_jumps
from rmt.meanfield import LepageLayer, fixed_point, phase_diagram, two_input_flow
from rmt.stable import AlphaStable


def cpu(function, repeat=1):
    start = time.process_time()
    for _ in range(repeat):
        function()
    return (time.process_time() - start) / repeat


def sampled_fixed_point(draws):
    """What public code does: a million draws, then root finding on their mean."""
    x = 0.5 ** (1 / 1.5) * draws

    def gap(q):
        return np.mean(np.abs(np.tanh(q ** (1 / 1.5) * x)) ** 1.5) - q

    return optimize.brentq(gap, 1e-3, 10.0)


def numpy_layer(signals, jumps, rng):
    """The same population step with NumPy: Poisson counts replaced by their mean, which favours it."""
    width = len(signals)
    size = rng.random((width, jumps)) ** (-1 / 1.5) * rng.choice([-1.0, 1.0], (width, jumps))
    return np.einsum("ij,ijk->ik", size, signals[rng.integers(0, width, (width, jumps))])


def benchmark():
    fixed_point(alpha=1.5, sigma_w=1.0)
    draws = AlphaStable(1.5).sample(1_000_000, 1)
    ours, peer = cpu(lambda: fixed_point(alpha=1.5, sigma_w=1.0), 200), cpu(lambda: sampled_fixed_point(draws))
    rows = [{"what": "fixed point, warm (s)", "ours": ours, "peer": peer, "ratio": peer / ours, "target": "1 ms"}]
    grid = np.linspace(1, 2, 11), np.linspace(0.1, 3, 30)
    ours = cpu(lambda: phase_diagram(*grid, lines=False))
    rows.append({"what": "330-cell map (s)", "ours": ours, "peer": None, "ratio": None, "target": "20 s"})
    for name in ("tanh", "sigmoid", "sin"):
        parameters = {"alpha": 1.5, "sigma_w": 1.5, "sigma_b": 0.3, "start": 0.5, "activation": name}
        two_input_flow(0, **parameters)
        ours = cpu(lambda p=parameters: two_input_flow(1, **p)) / 2
        rows.append(
            {"what": f"two inputs, {name}, a layer (s)", "ours": ours, "peer": None, "ratio": None, "target": ""}
        )
    for width in (4000, 40000):
        signals, layer, rng = np.ones((width, 2)), LepageLayer(1.5, 1.0, jumps=48, rng=1), np.random.default_rng(1)
        layer(signals)
        ours = cpu(lambda layer=layer, s=signals: layer(s), 10) / width / 48
        peer = cpu(lambda s=signals, rng=rng: numpy_layer(s, 48, rng)) / width / 48
        state, out = np.arange(1, 5, dtype=np.uint64), np.empty((width, 2))
        counts = np.full(width, 48, dtype=np.int64)
        tables = layer._levels, layer._fractions
        kernel = cpu(lambda s=signals, c=counts, t=tables, o=out, x=state: sum_jumps(s, c, *t, x, o), 10) / width / 48
        what = f"kernel, width {width} (s per jump)"
        rows.append({"what": what, "ours": kernel, "peer": peer, "ratio": peer / kernel, "target": "20 ns"})
        what = f"population, width {width} (s per jump)"
        rows.append({"what": what, "ours": ours, "peer": peer, "ratio": peer / ours, "target": "20 ns"})
    return rows
