"""Moments of all eigenvectors at N = 1000 for 40 powers, against the diagonalisation and NumPy's power loop (CPU seconds)."""

import time

import numpy as np

from rmt.localisation import generalised_dimension, log_moments

N, POWERS = 1000, np.linspace(0.0, 2.0, 40)


def best(function, repeats=5):
    """Least CPU time of a few runs: other processes only add."""
    times = []
    for _ in range(repeats):
        start = time.process_time()
        function()
        times.append(time.process_time() - start)
    return min(times)


def power_loop(vectors, powers):
    """What one writes first, vectorised over the vectors."""
    p = np.abs(vectors) ** 2
    p /= p.sum(axis=0)
    return np.array([np.log((p**q).sum(axis=0)) for q in powers])


def row(what, ours, peer, target):
    return {"what": what, "ours": ours, "peer": peer, "ratio": peer / ours, "target": target}


def benchmark() -> list[dict]:
    rng = np.random.default_rng(0)
    matrix = rng.standard_normal((N, N))
    start = time.process_time()
    _, vectors = np.linalg.eig(matrix)
    diagonalisation = time.process_time() - start
    real = np.ascontiguousarray(vectors.real)
    irregular = np.sort(rng.uniform(-0.4, 3.0, 40))
    ours, general, plain = (
        best(lambda: generalised_dimension(vectors, POWERS)),
        best(lambda: log_moments(vectors, irregular)),
        best(lambda: log_moments(real, POWERS)),
    )
    loop, loop_general, loop_real = (
        best(lambda: power_loop(vectors, POWERS), 3),
        best(lambda: power_loop(vectors, irregular), 3),
        best(lambda: power_loop(real, POWERS), 3),
    )
    assert np.abs(log_moments(vectors, POWERS) - power_loop(vectors, POWERS)).max() < 1e-11
    return [
        row("all D_q, 40 q, complex, against eig", ours, diagonalisation, "ratio > 20 (5 %)"),
        row("40 equally spaced q, complex, against p**q", ours, loop, "ratio > 6"),
        row("40 equally spaced q, real, against p**q", plain, loop_real, "ratio > 6"),
        row("40 arbitrary q, complex, against p**q", general, loop_general, "ratio > 2"),
    ]
