"""Exact pair chains against networks with their weights drawn, and the heavy-tailed table.

The peer draws the matrix of every layer with NumPy and multiplies both signals by it: no public code exists.
"""

import time

import numpy as np

from rmt.criticality import (
    bond_directed_percolation,
    critical_point,
    levy_critical_sigma_w,
    simulate_network,
    simulate_pairs,
)


def seconds(function, repeat=3):
    """Smallest CPU time of a few runs."""
    times = []
    for _ in range(repeat):
        start = time.process_time()
        function()
        times.append(time.process_time() - start)
    return min(times)


def percolation_step_numpy(sites, steps, p, rng):
    """The plain automaton: two uniform numbers a site."""
    state = np.ones(sites, dtype=bool)
    for _ in range(steps):
        state = (state & (rng.random(sites) < p)) | (np.roll(state, -1) & (rng.random(sites) < p))


def row(what, ours, target, peer=None):
    return {"what": what, "ours": ours, "peer": peer, "ratio": None if peer is None else peer / ours, "target": target}


def benchmark():
    rows = []
    for name, sigma_b in (("tanh", 0.3), ("sin", 1.0), ("erf", 0.3)):
        scales = {"sigma_w": critical_point(name, sigma_b).sigma_w, "sigma_b": sigma_b, "activation": name}
        ours = seconds(lambda s=scales: simulate_pairs(1000, 401, **s, realisations=2, rng=1)) / 800
        dense = seconds(lambda s=scales: simulate_network(1000, 4, **s, realisations=2, rng=1)) / 6
        rows.append(row(f"{name}: layer of two signals, n = 1000 (s)", ours, ">= 300", dense))
        rows.append(row(f"{name}: one unit of a layer (ns)", ours * 1e6, "<= 60"))
    table = lambda: [levy_critical_sigma_w(alpha, 0.4567) for alpha in np.linspace(1.0, 1.99, 12)]
    rows.append(row("table of 12 alphas (s)", seconds(table, 1), "<= 5"))
    ours = seconds(lambda: bond_directed_percolation(2**17, 300, rng=1)) / 2**17 / 300
    peer = seconds(lambda: percolation_step_numpy(2**17, 30, 0.6447, np.random.default_rng(1))) / 2**17 / 30
    rows.append(row("bond percolation: site and step (ns)", ours * 1e9, ">= 1", peer * 1e9))
    return rows
