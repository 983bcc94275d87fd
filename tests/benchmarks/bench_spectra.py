"""Spectra of products against "form the product, then LAPACK", one thread, CPU seconds of this run.

The peer is fast and wrong: at L = 50 most of its values are rounding noise. `python bench_spectra.py scaling`
and `... accuracy` print the other tables of the guide.
"""

import json
import sys
import time
from pathlib import Path

import numpy as np
from scipy.linalg import eigvals, svdvals

from rmt.spectra import _chain, product_eigenvalues, product_singular_values


def seconds(function, repeat=2):
    best = np.inf
    for _ in range(repeat):
        start = time.process_time()
        function()
        best = min(best, time.process_time() - start)
    return best


def formed(factors):
    product = factors[0]
    for factor in factors[1:]:
        product = factor @ product
    return product


def gaussian(n, depth):
    return list(np.random.default_rng(0).standard_normal((depth, n, n)) / np.sqrt(n))


def row(what, factors, ours, peer, target):
    a, b = seconds(lambda: ours(factors)), seconds(lambda: peer(formed(factors)))
    return {"what": what, "ours": a, "peer": b, "ratio": a / b, "target": target}


def benchmark():
    rows = []
    for n, depth, target in ((200, 10, 4.5), (200, 50, 4.5), (500, 10, 3), (500, 50, 3), (1000, 10, 3), (1000, 50, 3)):
        name = f"singular values, N = {n}, L = {depth}"
        rows.append(row(name, gaussian(n, depth), product_singular_values, svdvals, f"<= {target}"))
        if depth == 50:
            paired = lambda factors: product_singular_values(factors, group=2)
            rows.append(row(name + ", group=2", gaussian(n, depth), paired, svdvals, f"<= {target}"))
    for error in (False, True):
        name = f"eigenvalues, N = 500, L = 10, error={error}"
        ours = lambda factors, error=error: product_eigenvalues(factors, error=error)
        rows.append(row(name, gaussian(500, 10), ours, eigvals, "<= 4"))
    return rows


def scaling():
    print(
        "| N | L | singular values, s | eigenvalues, s | eigenvalues with bounds, s |\n| --- | --- | --- | --- | --- |"
    )
    for n, depth in ((50, 10), (100, 10), (200, 10), (400, 10), (100, 40), (100, 160), (4, 1000), (4, 10000)):
        factors = gaussian(n, depth)
        times = [
            seconds(lambda factors=factors: product_singular_values(factors)),
            seconds(lambda factors=factors: product_eigenvalues(factors, error=False)),
            seconds(lambda factors=factors: product_eigenvalues(factors)),
        ]
        print(f"| {n} | {depth} | " + " | ".join(f"{t:.3g}" for t in times) + " |", flush=True)


def accuracy():
    """Errors against tests/reference/spectra_products.json, beside those of the formed product."""
    here = Path(__file__).parents[1]
    sys.path.insert(0, str(here / "support"))
    from portable_products import LARGE_CASES

    truth = json.loads((here / "reference" / "spectra_products.json").read_text())
    print(
        "| product | decades | ln s: error | bound | formed product | ln abs(lambda): error | bound | formed product |"
    )
    print("| --- " * 8 + "|")
    for name, make in LARGE_CASES.items():
        factors = list(make())
        exact = [np.array(truth[name][key]) for key in ("log_singular_values", "log_modulus")]
        singular, eigen = product_singular_values(factors), product_eigenvalues(factors)
        with np.errstate(all="ignore"):
            product = formed(factors)
            fits = np.all(np.isfinite(product))
            naive = (
                [np.log(svdvals(product)), np.sort(np.log(np.abs(eigvals(product))))[::-1]] if fits else [np.nan] * 2
            )
        cells = [name, f"{(exact[0][0] - exact[0][-1]) / np.log(10):.0f}"]
        for value, bound, right, wrong in (
            (singular.log_values, singular.error, exact[0], naive[0]),
            (eigen.log_modulus, eigen.error, exact[1], naive[1]),
        ):
            failed = np.max(np.abs(wrong - right))
            cells += [f"{np.max(np.abs(value - right)):.0e}", f"{bound.max():.0e}"]
            cells += [f"{failed:.0e}" if np.isfinite(failed) else "fails"]
        print("| " + " | ".join(cells) + " |", flush=True)


def bounds(seed=2026, path="pivoted"):
    """Errors against their bounds on products that were not used to choose the constants; a minute of multiprecision.

    `path` "presorted" makes these small products take the way of the large ones.
    """
    if path == "presorted":
        _chain.ALWAYS_PIVOT = 0
    sys.path.insert(0, str(Path(__file__).parents[1] / "support"))
    from fresh_products import fresh_products
    from product_truth import log_eigenvalues, log_singular_values, needed_bits

    floor = 2.0**-53
    table = {}
    for name, factors in fresh_products(int(seed)):
        bits = needed_bits(factors)
        singular = product_singular_values(factors)
        exact = log_singular_values(factors, bits)[: singular.rank]
        found = {"singular values": (singular.log_values[: singular.rank], singular.error[: singular.rank], exact)}
        if factors[0].shape[1] == factors[-1].shape[0]:
            eigen = product_eigenvalues(factors)
            rank = int(np.isfinite(eigen.log_modulus).sum())
            exact = log_eigenvalues(factors, bits)[0][:rank]
            found["eigenvalues"] = (eigen.log_modulus[:rank], eigen.error[:rank], exact)
        for what, (value, bound, exact) in found.items():
            error = np.abs(value - exact)
            used = error / bound
            # the last digit of the logarithm counts as error, or a lucky zero would spoil the ratio
            slack = bound / np.maximum(error, floor * (1 + np.abs(exact)))
            table.setdefault(what, []).append((name, error.max(), used.max(), np.median(slack), slack))
    print("| what | products | numbers | largest error | largest error/bound | median bound/error | within 1000 |")
    print("| --- " * 7 + "|")
    for what, rows in table.items():
        slack = np.concatenate([row[4] for row in rows])
        cells = [what, str(len(rows)), str(slack.size), f"{max(row[1] for row in rows):.0e}"]
        cells += [
            f"{max(row[2] for row in rows):.2f}",
            f"{np.median(slack):.0f}",
            f"{100 * np.mean(slack <= 1000):.1f} %",
        ]
        print("| " + " | ".join(cells) + " |", flush=True)
        for row in sorted(rows, key=lambda row: -row[2])[:3]:
            print(f"  nearest to its bound: {row[0]}, error {row[1]:.0e}, error/bound {row[2]:.2f}", file=sys.stderr)
        for row in sorted(rows, key=lambda row: -row[3])[:3]:
            print(f"  loosest bound: {row[0]}, median bound/error {row[3]:.0f}", file=sys.stderr)


if __name__ == "__main__":
    {"scaling": scaling, "accuracy": accuracy, "bounds": bounds}[sys.argv[1]](*sys.argv[2:])
