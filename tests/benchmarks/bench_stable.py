"""Stable laws: nanoseconds a value, CPU time of one thread, the best of several repeats; ratios of this run.

``ours`` and ``peer`` are nanoseconds per value (fits: seconds; table builds: nanoseconds a table; errors: relative). Peers:
NumPy's standard_normal as the yardstick of a sampler, SciPy's levy_stable, and, where they are installed, the packages
levy-stable (module levy) and aub-htp (aub_htp). A missing peer is a row without a number. Targets are ours in the same unit.
"""

import contextlib
import importlib
import json
import time
import warnings
from pathlib import Path

import numpy as np

from rmt.stable import AlphaStable, PositiveStable, fit
from rmt.stable.inverse import InverseTable
from rmt.stable.tables import Table

REFERENCE = Path(__file__).parents[1] / "reference" / "stable_density.json"


def cpu(function, count, repeat=15):
    """Nanoseconds of CPU per item, the best of a few."""
    best = float("inf")
    for _ in range(repeat):
        start = time.process_time()
        function()
        best = min(best, time.process_time() - start)
    return best / count * 1e9


def row(what, ours, peer, target):
    return {"what": what, "ours": ours, "peer": peer, "ratio": peer / ours if peer else None, "target": target}


def peers():
    """name -> (pdf(x, alpha, beta) in S0, sampler(alpha, beta, n)) of what is installed; None for what is not."""
    from scipy.stats import levy_stable

    def scipy_pdf(x, alpha, beta):
        levy_stable.parameterization = "S0"
        try:
            return levy_stable.pdf(x, alpha, beta)
        finally:
            levy_stable.parameterization = "S1"

    found = {"scipy": (scipy_pdf, lambda a, b, n: levy_stable.rvs(a, b, size=n, random_state=1))}
    for package, module in (("levy-stable", "levy"), ("aub-htp", "aub_htp")):
        found[package] = None
        with contextlib.suppress(ImportError):
            peer = importlib.import_module(module)
            if module == "levy":
                found[package] = (
                    lambda x, a, b, pdf=peer.pdf: pdf(x, alpha=a, beta=b),
                    lambda a, b, n, rvs=peer.rvs: rvs(alpha=a, beta=b, size=n),
                )
            else:
                law = peer.alpha_stable
                found[package] = (law.pdf, lambda a, b, n, law=law: law.rvs(a, b, size=n))
    return found


def each_peer(what, ours, measure, target, skip=""):
    """One row a peer; a peer that is not installed has no number."""
    rows = []
    for name, peer in peers().items():
        if name == skip:
            continue
        if peer is None:
            rows.append(row(f"{what}; peer {name}: not installed", ours, None, target))
            continue
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            rows.append(row(f"{what}; peer {name}", ours, measure(*peer), target))
    return rows


def sampling(n=1 << 18):
    rng = np.random.default_rng(1)
    rows, small = [], n // 8
    normal = cpu(lambda: rng.standard_normal(n), n)
    for alpha, beta, target in ((1.5, 0.0, 20), (1.5, 0.5, 40), (1.01, 0.5, 40)):
        ours = cpu(lambda a=alpha, b=beta: AlphaStable(a, b).sample(n, rng), n)
        if beta == 0.0:
            rows.append(row("sample (1.5, 0.0); peer numpy normal", ours, normal, target))

        def measure(_, draw, a=alpha, b=beta):
            return cpu(lambda: draw(a, b, small), small, 2)

        rows += each_peer(f"sample ({alpha}, {beta})", ours, measure, target)
    rows.append(row("sample positive 0.75", cpu(lambda: PositiveStable(0.75).sample(n, rng), n), None, 20))
    return rows


LAWS = [
    (1.5, 0.0, 20),
    (0.8, 0.0, 20),
    (1.9, 0.0, 20),
    (1.5, 0.5, 40),
    (0.98, 0.4, 40),
    (1.1, 0.9, 40),
    (1.999, 0.0, 20),
]


def timer(x, alpha, beta, count):
    """Measures a peer's density on the first ``count`` points."""
    return lambda pdf, _: cpu(lambda: pdf(x[:count], alpha, beta), count, 1)


def of_one_law(alpha, beta, target, n=1 << 18):
    law, name = AlphaStable(alpha, beta), f"({alpha}, {beta})"
    x, p = law.sample(n, rng=1), np.random.default_rng(1).random(n)
    few = x[:2000]
    direct = cpu(lambda: law.pdf(few, table=False), few.size, 5)
    law.pdf(x, table=True)
    table = cpu(lambda: law.pdf(x, table=True), n)
    rows = [
        row(f"pdf direct {name}", direct, None, 20_000),
        row(f"pdf table {name}", table, None, target),
        row(f"ccdf table {name}", cpu(lambda: law.ccdf(x, table=True), n), None, target),
        row(f"table build {name}", cpu(lambda: Table(alpha, beta, law._zeta), 1, 3), None, 60e6),
    ]
    if alpha in (1.5, 0.8):
        rows += each_peer(f"pdf direct {name}, 20 values", direct, timer(x, alpha, beta, 20), 20_000)
        rows += each_peer(
            f"pdf table {name}, 20 000 values", table, timer(x, alpha, beta, 20_000), target, skip="scipy"
        )
    quantile = cpu(lambda: law.icdf(p[:1000], table=False), 1000, 3)
    rows.append(row(f"icdf direct {name}; peer ours pdf direct", quantile, direct, 10 * direct))
    law.icdf(p, table=True)
    quantile = cpu(lambda: law.icdf(p, table=True), n, 5)
    rows.append(row(f"icdf table {name}; peer ours pdf table", quantile, table, 10 * table))
    build = cpu(lambda: InverseTable(alpha, beta, False, alpha >= 0.94), 1, 1)
    rows.append(row(f"table of quantiles build {name}", build, None, None))
    rows.append(row(f"score direct {name}", cpu(lambda: law.score(few), few.size, 3), None, None))
    return rows


def evaluation():
    return [line for law in LAWS for line in of_one_law(*law)]


def errors():
    """Largest and median relative error of the density on the stored 20-digit values with alpha >= 1/2 and f > 1e-250."""
    rows = json.loads(REFERENCE.read_text())["rows"]
    grid = [r for r in rows if r[0] >= 0.5 and float(r[3]) > 1e-250 and abs(r[2]) < 1e6][
        ::4
    ]  # a peer takes seconds a law
    wanted = np.array([float(r[3]) for r in grid])

    def error(pdf):
        found = []
        for alpha, beta, x, *_ in grid:
            with np.errstate(all="ignore"):
                found.append(float(np.ravel(pdf(np.array([x]), alpha, beta))[0]))
        return np.nan_to_num(np.abs(np.array(found) / wanted - 1.0), nan=1.0)

    ours = error(lambda x, a, b: AlphaStable(a, b).pdf(x))
    rows = each_peer(
        f"median error of pdf, {len(grid)} points",
        float(np.median(ours)),
        lambda pdf, _: float(np.median(error(pdf))),
        None,
    )
    rows += each_peer(
        "90 % quantile of the error",
        float(np.quantile(ours, 0.9)),
        lambda pdf, _: float(np.quantile(error(pdf), 0.9)),
        None,
    )
    rows += each_peer("largest error of pdf", float(ours.max()), lambda pdf, _: float(error(pdf).max()), None)
    return rows


def fits():
    rows = []
    data = {
        "symmetric fit of 1e6 values, seconds": (AlphaStable(1.5).sample(1_000_000, rng=1), True, 1.5),
        "four-parameter fit of 1e6 values, seconds": (AlphaStable(1.5, 0.3).sample(1_000_000, rng=1), False, 6.0),
        "symmetric fit of 1e6 normal values, seconds": (np.random.default_rng(1).standard_normal(1_000_000), True, 1.5),
        "four-parameter fit of 1e6 normal values, seconds": (
            np.random.default_rng(1).standard_normal(1_000_000),
            False,
            6.0,
        ),
    }
    for what, (x, symmetric, target) in data.items():
        rows.append(row(what, cpu(lambda x=x, s=symmetric: fit(x, symmetric=s), 1e9, 2), None, target))
    with contextlib.suppress(ImportError):
        levy = importlib.import_module("levy")
        x = AlphaStable(1.5).sample(20_000, rng=1)
        ours = cpu(lambda: fit(x), 1e9, 2)
        rows.append(
            row(
                "four-parameter fit of 2e4 values, seconds; peer levy-stable",
                ours,
                cpu(lambda: levy.fit(x), 1e9, 1),
                None,
            )
        )
    return rows


def benchmark():
    return sampling() + evaluation() + fits() + errors()
