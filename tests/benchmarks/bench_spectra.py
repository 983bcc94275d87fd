"""Spectra of products against "form the product, then LAPACK", one thread, CPU seconds of this run.

The peer is fast and wrong: at L = 50 most of its values are rounding noise. `python bench_spectra.py accuracy`, `... bounds`,
`... large` and `... plot` make the other tables and the picture of the guide.
"""

import json
import sys
import time
from pathlib import Path

import numpy as np
from scipy.linalg import eigvals, svdvals

from rmt.spectra import _chain, _eigen_solver, product_eigenvalues, product_singular_values, singular


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
    a = b = np.inf
    for _ in range(5 if len(factors[0]) <= 500 else 3):  # in turns: the speed of a busy machine drifts
        a = min(a, seconds(lambda: ours(factors), 1))
        b = min(b, seconds(lambda: peer(formed(factors)), 1))
    return {"what": what, "ours": a, "peer": b, "ratio": a / b, "target": target}


def benchmark():
    rows = []
    for n, depth, target in ((200, 10, 4.5), (200, 50, 4.5), (500, 10, 3), (500, 50, 3), (1000, 10, 3), (1000, 50, 3)):
        name = f"singular values, N = {n}, L = {depth}"
        rows.append(row(name, gaussian(n, depth), product_singular_values, svdvals, f"<= {target}"))
        if (n, depth) == (500, 50):
            for what, options in (("error=False", {"error": False}), ("group=2", {"group": 2})):
                other = lambda factors, options=options: product_singular_values(factors, **options)
                rows.append(row(f"{name}, {what}", gaussian(n, depth), other, svdvals, f"<= {target}"))
    for error in (False, True):
        name = f"eigenvalues, N = 500, L = 10, error={error}"
        ours = lambda factors, error=error: product_eigenvalues(factors, error=error)
        rows.append(row(name, gaussian(500, 10), ours, eigvals, "<= 4"))
    return rows


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
    from product_truth import log_eigenvalues, log_singular_values

    floor = 2.0**-53
    table = {}
    for name, factors in fresh_products(int(seed)):
        exact, found = log_singular_values(factors), {}
        for what, width in (("singular values", 64), ("singular values as of wide products", 0)):
            singular.REFINED_WIDTH = width
            result = product_singular_values(factors)
            rank = result.rank
            found[what] = (result.log_values[:rank], result.error[:rank], exact[:rank])
        if factors[0].shape[1] == factors[-1].shape[0]:
            exact = log_eigenvalues(factors)[0]
            for what, width in (("eigenvalues", 64), ("eigenvalues as of wide products", 0)):
                _eigen_solver.REFINED_WIDTH = width
                eigen = product_eigenvalues(factors)
                rank = int(np.isfinite(eigen.log_modulus).sum())
                found[what] = (eigen.log_modulus[:rank], eigen.error[:rank], exact[:rank])
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


def plot(stem="docs/guide/spectra_scaling"):
    """CPU time of one product against its size (L = 10) and against the number of factors (N = 100), as a picture."""
    from rmt import plotting

    series = (
        ("singular values", product_singular_values),
        ("eigenvalues", lambda factors: product_eigenvalues(factors, error=False)),
        ("eigenvalues and bounds", product_eigenvalues),
    )
    names = [label for label, _ in series]
    left, right = plotting.axes(ncols=2, figsize=(4.8, 2.3))
    print("| N | L | " + " | ".join(f"{name}, s" for name in names) + " |\n" + "| --- " * 5 + "|")
    for axes, cases, power, law in (
        (left, [(n, 10) for n in (25, 50, 100, 200, 400, 800)], 3, "cubic"),
        (right, [(100, depth) for depth in (10, 20, 40, 80, 160, 320)], 1, "linear"),
    ):
        times = np.array([[seconds(lambda f=f, c=c: f(gaussian(*c)), 5) for _, f in series] for c in cases])
        x = np.array([max(case[0] * (power == 3), case[1] * (power == 1)) for case in cases])
        for case, row_times in zip(cases, times, strict=True):
            print(f"| {case[0]} | {case[1]} | " + " | ".join(f"{t:.3g}" for t in row_times) + " |", flush=True)
        for number, label in enumerate(names):
            guide = (x[2:], times[-1, 0] * (x[2:] / x[-1]) ** power) if number == 0 else None
            options = {"theory": guide, "theory_label": law, "label": label, "series": number}
            plotting.plot_points(x, times[:, number], ax=axes, **options)
    for axes, name, fixed in ((left, "N", "L = 10"), (right, "L", "N = 100")):
        axes.set(xscale="log", yscale="log", xlabel=f"{name} ({fixed})", ylabel="CPU seconds")
        axes.tick_params(which="minor", labelbottom=False, labelleft=False)
    left.set_ylim(top=100 * left.get_ylim()[1])  # room for the legend
    left.legend(fontsize=6, loc="upper left")
    right.get_legend().remove()
    print(*plotting.save(left, stem, formats=("png",)))


def _large_case(name):
    """(how the factors come, a function that returns them anew)."""
    if name == "4000 x 4000, L = 3":
        return "list", lambda: list(np.random.default_rng(0).standard_normal((3, 4000, 4000)))
    if name == "20 x 20, L = 100000":
        rng = lambda: np.random.default_rng(1)
        return "iterator", lambda: (a for r in [rng()] for _ in range(100_000) for a in [r.standard_normal((20, 20))])
    widths = [400, *np.random.default_rng(2).integers(200, 600, 60), 300]
    shapes = list(zip(widths[1:], widths[:-1], strict=True))
    return "iterator", lambda: (r.standard_normal(shape) for r in [np.random.default_rng(3)] for shape in shapes)


def large(*names):
    """One run each at the ends of the range, every one in a process of its own (for its peak memory)."""
    import resource
    import subprocess

    if not names:
        print("| product | given as | CPU s | peak memory, MB | largest bound | sums of logarithms | P and P^T |")
        print("| --- " * 7 + "|", flush=True)
        for name in ("4000 x 4000, L = 3", "20 x 20, L = 100000", "60 rectangular factors, widths 200 to 600"):
            subprocess.run([sys.executable, __file__, "large", name], check=True)
        return
    given, make = _large_case(names[0])
    start = time.process_time()
    result = product_singular_values(make())
    spent = time.process_time() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    factors = list(make())
    sums = "not square"
    if factors[0].shape == factors[-1].shape and result.rank == factors[0].shape[1]:
        determinant = sum(np.linalg.slogdet(factor)[1] for factor in factors)
        sums = f"{abs(result.log_abs_det - determinant) / abs(determinant):.0e} relative"
    turned = product_singular_values([factor.T for factor in reversed(factors)])
    kept = slice(0, result.rank)
    difference = np.abs(turned.log_values[kept] - result.log_values[kept])
    used = difference / (turned.error[kept] + result.error[kept])
    agree = f"differ by {difference.max():.0e}, {used.max():.2f} of the bounds"
    cells = [names[0], given, f"{spent:.3g}", f"{peak:.0f}", f"{result.error.max():.0e}", sums, agree]
    print("| " + " | ".join(cells) + " |", flush=True)


if __name__ == "__main__":
    {"accuracy": accuracy, "bounds": bounds, "large": large, "plot": plot}[sys.argv[1]](*sys.argv[2:])
