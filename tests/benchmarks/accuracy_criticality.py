"""How far the finite-width theory is from exact simulation: the table of docs/guide/criticality.md.

Run: python tests/benchmarks/accuracy_criticality.py (about a minute). Mean order parameter, tanh, bias 0.3, layers 3 to n.
"""

import numpy as np

from rmt.criticality import critical_point, mean_order_parameter, simulate_pairs

RUNS = {25: 160000, 50: 80000, 100: 40000}


def row(width, m):
    """Largest deviations of the two orders over eight layers, and the largest standard error among them."""
    point = critical_point("tanh", 0.3)
    sigma_w = point.sigma_w if m is None else point.sigma_w_at(width, m)
    layers = np.unique(np.geomspace(3, width, 8).astype(int))
    chain = simulate_pairs(width, width, sigma_w=sigma_w, sigma_b=0.3, realisations=RUNS[width], rng=[5, width])
    mean, error = chain.mean[layers - 1], chain.stderr[layers - 1]
    theory = [mean_order_parameter(point, width, width, sigma_w, order=k)[layers - 1] for k in (1, 2)]
    first, second = (np.max(np.abs(mean / values - 1)) for values in theory)
    return first, second, np.max(error / mean)


if __name__ == "__main__":
    print("| n | position | first order off by | second order | largest error of the simulation |")
    print("|---|---|---|---|---|")
    for width in RUNS:
        for m in (None, 0.5, 1.5):
            first, second, error = row(width, m)
            where = "sigma_w^c(infinity)" if m is None else f"m = {m}"
            print(f"| {width} | {where} | {first:.1%} | {second:.1%} | {error:.1%} |")
