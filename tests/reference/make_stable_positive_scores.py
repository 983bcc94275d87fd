"""Makes stable_positive_scores.json: d ln f/d(x, a) of the positive law by differences of certified densities.

    python tests/reference/make_stable_positive_scores.py       (one minute)

Central differences of ln f enclosed to 2^-86 (stable_balls.zolotarev), extrapolated from the relative steps 2^-22 and 2^-21: no
derivative formula enters, and from steps twice as large the result differs by less than 1e-13 (1 + abs(score)).
"""

import itertools
import json
import time
from pathlib import Path

import stable_balls
from flint import arb, ctx

OUT = Path(__file__).with_name("stable_positive_scores.json")
POINTS = {
    0.02: (0.6, 20.0),
    0.1: (1e-3, 0.6, 20.0, 1e10),
    0.3: (0.05, 0.6, 20.0),
    0.5: (0.05, 0.6, 20.0),
    0.75: (0.2, 0.6, 1.5, 20.0, 1e6),
    0.9: (0.7, 1.0, 3.0),
    0.95: (0.85, 1.0, 1.1, 3.0),
    0.99: (0.97, 1.01, 1.5),
}


def log_density(a, x):
    return stable_balls.zolotarev(a, 1.0, x, True, only_density=True).log()


def extrapolated(function, point):
    """Derivatives from steps (2^-22, 2^-21) and (2^-21, 2^-20)."""
    steps = [point * arb(2) ** -k for k in (22, 21, 20)]
    slopes = [(function(point + h) - function(point - h)) / (2 * h) for h in steps]
    return [(4 * near - far) / 3 for near, far in itertools.pairwise(slopes)]


def main():
    start, rows = time.process_time(), []
    ctx.prec = 400
    stable_balls.GOAL = 86
    for a, points in POINTS.items():
        for x in points:
            a_ball, x_ball = arb(a), arb(x)
            both = [
                extrapolated(lambda v, a=a_ball: log_density(a, v), x_ball),
                extrapolated(lambda v, x=x_ball: log_density(v, x), a_ball),
            ]
            if any(not abs(u - v) < 1e-13 * (1 + abs(v)) for v, u in both):
                raise ArithmeticError(f"the step is too coarse at {(a, x)}: {both}")
            rows.append([a, x, *(v.mid().str(18, radius=False) for v, _ in both)])
    content = {
        "generated_by": "tests/reference/make_stable_positive_scores.py",
        "columns": ["a", "x", "d_x", "d_a"],
        "rows": rows,
    }
    OUT.write_text(json.dumps(content).replace("], [", "],\n["))
    print(f"{len(rows)} rows, {time.process_time() - start:.0f} s")


if __name__ == "__main__":
    main()
