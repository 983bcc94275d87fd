"""Stable laws: nanoseconds a value, CPU time of one thread, ratios of this run.

``ours`` and ``peer`` are nanoseconds per value (fits: seconds). Peers: SciPy's levy_stable (pdf, sf, sampling) and NumPy's
standard_normal as the yardstick of a sampler. Targets are ours in the same unit.
"""

import time

import numpy as np

from rmt.stable import AlphaStable, PositiveStable, fit
from rmt.stable.tables import Table


def cpu(function, count, repeat=3):
    """Nanoseconds of CPU per item, the best of a few."""
    best = float("inf")
    for _ in range(repeat):
        start = time.process_time()
        function()
        best = min(best, time.process_time() - start)
    return best / count * 1e9


def row(what, ours, peer, target):
    return {"what": what, "ours": ours, "peer": peer, "ratio": peer / ours if peer else None, "target": target}


def sampling(n=1 << 20):
    from scipy.stats import levy_stable

    rng = np.random.default_rng(1)
    normal = cpu(lambda: rng.standard_normal(n), n)
    small = n // 8
    rows = [row("sample symmetric 1.5; peer numpy normal", cpu(lambda: AlphaStable(1.5).sample(n, rng), n), normal, 20)]
    for alpha, beta, target in ((1.5, 0.0, 20), (1.5, 0.5, 40), (1.01, 0.5, 40)):
        peer = cpu(lambda a=alpha, b=beta: levy_stable.rvs(a, b, size=small, random_state=1), small, 1)
        ours = cpu(lambda a=alpha, b=beta: AlphaStable(a, b).sample(n, rng), n)
        rows.append(row(f"sample ({alpha}, {beta}); peer scipy", ours, peer, target))
    rows.append(row("sample positive 0.75", cpu(lambda: PositiveStable(0.75).sample(n, rng), n), None, 20))
    return rows


def evaluation(n=1 << 19):
    from scipy.stats import levy_stable

    rows = []
    for alpha, beta, target in ((1.5, 0.0, 20), (0.8, 0.0, 20), (1.9, 0.0, 20), (1.5, 0.5, 40), (0.98, 0.4, 40)):
        law = AlphaStable(alpha, beta)
        x = law.sample(n, rng=1)
        few = x[:2000]
        direct = cpu(lambda law=law, few=few: law.pdf(few, table=False), few.size, 2)
        peer = None
        if beta == 0.0:
            some = x[:30]
            peer = cpu(lambda alpha=alpha, some=some: levy_stable.pdf(some, alpha, 0.0), some.size, 1)
        rows.append(row(f"pdf direct ({alpha}, {beta}); peer scipy", direct, peer, 20_000))
        zeta = law._zeta
        rows.append(
            row(f"table build ({alpha}, {beta})", cpu(lambda a=alpha, b=beta, z=zeta: Table(a, b, z), 1, 1), None, 60e6)
        )
        law.pdf(x, table=True)
        for kind in ("pdf", "ccdf"):
            table = cpu(lambda law=law, x=x, kind=kind: getattr(law, kind)(x, table=True), n)
            rows.append(
                row(f"{kind} table ({alpha}, {beta}); peer scipy", table, peer if kind == "pdf" else None, target)
            )
        p = np.random.default_rng(1).random(1000)
        quantile = cpu(lambda law=law, p=p: law.icdf(p), p.size, 1)
        rows.append(row(f"icdf ({alpha}, {beta}); peer ours pdf direct", quantile, direct, 10 * direct))
    return rows


def fits():
    rows = []
    x = AlphaStable(1.5).sample(1_000_000, rng=1)
    rows.append(row("symmetric fit of 1e6 values, seconds", cpu(lambda: fit(x, symmetric=True), 1e9, 1), None, 1.5))
    y = AlphaStable(1.5, 0.3).sample(1_000_000, rng=1)
    rows.append(row("four-parameter fit of 1e6 values, seconds", cpu(lambda: fit(y), 1e9, 1), None, 6.0))
    return rows


def benchmark():
    return sampling() + evaluation() + fits()
