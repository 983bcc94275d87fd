"""Makes stable_density.json: density and both tails of stable laws, enclosed by ball arithmetic.

    python tests/reference/make_stable.py        (three minutes of one core)

A point is stored if the enclosures of pdf, cdf and ccdf by the integral over the angle (stable_balls.zolotarev, a proof) are
narrower than 1e-18 relative and the inversion integral of the characteristic function (stable_balls.inversion, which shares
nothing with it) agrees to 1e-18. Points where the second formula cannot serve, a light tail below 2^-1500, are stored and listed
under ``single``; points without an enclosure are listed with the reason under ``refused``. Parameters and points are the exact
doubles.
"""

import itertools
import json
import random
import time
from pathlib import Path

from flint import arb
from stable_balls import Refused, constants, inversion, zolotarev

OUT = Path(__file__).with_name("stable_density.json")
AGREE = 1e-18

ALPHAS = [0.1, 0.2, 0.3, 0.5, 0.7, 0.85, 0.93, 0.98, 0.999, 1 - 2**-20, 1.0, 1 + 2**-30, 1.004, 1.0625, 1.15, 1.3, 1.5, 1.75,
          1.9, 1.95, 1.99, 1.999, 2 - 2**-20, 2 - 2**-40]  # fmt: skip
BETAS = [0.0, 0.0, 0.5, -0.7, 1.0, -1.0, 0.999, -0.999, 2**-10]
POINTS = [0.0, 1e-300, 1e-8, 0.05, 0.25, 1.0, 1.75, 3.5, 8.0, 15.0, 30.0, 1e3, 1e6, 1e12]
BOTH = (1, -1)


def zeta(alpha, beta):
    """The double next to the centre of strict stability, in S0."""
    return float(constants(arb(alpha), arb(beta), False)[0]) if alpha != 1.0 else 0.0


def general(count):
    """A fixed random part of the product of all parameters, and points at a few units."""
    generator = random.Random(20240607)
    anywhere = itertools.product(ALPHAS, BETAS, POINTS, BOTH)
    middle = itertools.product(
        [0.5, 0.7, 0.85, 0.93, 0.98, 1.0, 1 + 2**-30, 1.0625, 1.3, 1.5, 1.75, 1.9, 1.95],
        [0.0, 0.0, 0.5, -0.7, 1.0, 0.9],
        [0.05, 0.25, 1.0, 1.75, 3.5, 8.0, 15.0, 30.0],
        BOTH,
    )
    return [(a, b, s * x) for grid in (anywhere, middle) for a, b, x, s in generator.sample(list(grid), count)]


def nasty():
    """Where other codes fail: ends of the doubles, next to alpha = 1/2, 1 and 2, (nearly) extremal beta, next to zeta."""
    generator = random.Random(11)
    far = itertools.product(
        [0.1, 0.2, 0.5, 0.7, 0.9, 0.98, 1.0, 1.02, 1.2, 1.5, 1.9, 1.999, 2 - 2**-20, 2 - 2**-40],
        [0.0, 0.5, -0.5, 0.999, 1.0],
        [1e4, 1e7, 1e10, 1e13, 1e50, 1e300],
        BOTH,
    )
    near = itertools.product([0.1, 0.2, 0.5, 0.7, 1.0, 1.3, 1.95], [0.0, 0.5, 1.0], [0.0, 1e-300, 1e-12, 1e-5], BOTH)
    half = itertools.product([0.5 - 2**-20, 0.5, 0.5 + 2**-20], [0.5, 1.0, -0.999, 1 - 2**-20], [0.02, 0.7, 9.0], BOTH)
    one = itertools.product(
        [1 - 2**-30, 1 + 2**-30, 1 - 2**-20, 1 + 2**-20, 0.9999, 1.0001, 1.0],
        [0.0, 0.5, -0.5, 2**-10, 0.999, 1 - 2**-20, 1.0, -1.0],
        [0.3, 2.5, 8.0, 70.0, 980.0],
        BOTH,
    )
    two = itertools.product(
        [1.99, 1.9999, 2 - 2**-20, 2 - 2**-40], [0.0, 0.5, -1.0, 1.0], [0.5, 3.0, 8.0, 12.0, 20.0, 300.0], BOTH
    )
    edge = itertools.product(
        [0.1, 0.3, 0.5, 0.7, 0.93, 0.98, 1.0, 1.02, 1.06, 1.3, 1.9],
        [1.0, -1.0, 0.999, -0.999, 1 - 2**-20, -1 + 2**-20, 0.9],
        [0.6, 2.5, 8.0, 60.0],
        BOTH,
    )
    points = []
    for grid, count in ((far, 60), (near, 24), (half, 16), (one, 80), (two, 30), (edge, 80)):
        points += [(a, b, s * x) for a, b, x, s in generator.sample(list(grid), count)]
    for a, b in ((0.2, 0.5), (0.5, -0.999), (0.8, 0.5), (0.8, 1.0), (0.96, 0.3), (0.999, 0.5), (1.0625, 2**-10), (1.3, -0.6),
                 (1.9, 1.0)):  # fmt: skip
        points += [(a, b, zeta(a, b) * (1 + s * 2.0**-k)) for k in (4, 12, 20, 40) for s in BOTH]
    return points


def inside(alpha, beta, x):
    """Whether the density is positive, and the law has no closed form of one term."""
    if alpha == 1.0 and beta == 0.0:
        return False
    return not (
        alpha < 1.0 and abs(beta) == 1.0 and not (arb(x) - constants(arb(alpha), arb(beta), False)[0]) * beta > 0
    )


def positive_points():
    grid = [
        (a, x) for a in (0.02, 0.05, 0.1, 0.2, 0.35, 0.5, 0.75, 0.9, 0.95, 0.99, 0.999) for x in (0.97, 1.01, 1.5, 20.0)
    ]
    grid += [(a, x) for a in (0.02, 0.05, 0.1, 0.2, 0.35, 0.5) for x in (1e-3, 0.125, 1e30, 1e300)]
    return grid + [(0.75, 0.125), (0.9, 0.6), (0.95, 0.8), (0.99, 0.9), (0.75, 1e13), (0.95, 1e50)]


def row(alpha, beta, x, positive=False):
    """(pdf, cdf, ccdf) as strings of 20 digits, and whether two formulas agree."""
    first, second = zolotarev(alpha, beta, x, positive), None
    if not all(v.rel_accuracy_bits() >= 60 for v in first):
        raise Refused("enclosure too wide")
    try:
        second = inversion(alpha, beta, x, first, positive)
    except Refused as reason:
        if "light" not in str(reason):
            raise
    if second is not None and not all(abs(u - v) < AGREE * abs(u) for u, v in zip(first, second, strict=True)):
        raise Refused("the two formulas do not agree")
    return [v.mid().str(20, radius=False) for v in first], second is not None


def collect(points, positive):
    rows, single, refused = [], [], []
    for point in points:
        try:
            values, both = row(point[0], 1.0, point[1], True) if positive else row(*point)
        except Refused as reason:
            refused.append([*point, str(reason)])
            continue
        rows.append([*point, *values])
        if not both:
            single.append(list(point))
    return rows, single, refused


def main():
    start = time.process_time()
    plan = list(dict.fromkeys(p for p in general(110) + nasty() if inside(*p)))
    rows, single, refused = collect(plan, False)
    positive, more_single, more_refused = collect(positive_points(), True)
    content = {
        "generated_by": "tests/reference/make_stable.py",
        "columns": ["alpha", "beta", "x_S0", "pdf", "cdf", "ccdf"],
        "rows": rows,
        "positive": positive,
        "single": single + more_single,
        "refused": refused + more_refused,
    }
    OUT.write_text(json.dumps(content).replace("], [", "],\n["))
    for point in content["refused"]:
        print("refused:", *point)
    print(
        f"{len(rows)} + {len(positive)} rows, {len(content['single'])} by one formula, {len(content['refused'])} refused,"
        f" {time.process_time() - start:.0f} s"
    )


if __name__ == "__main__":
    main()
