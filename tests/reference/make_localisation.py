"""Writes localisation_moments.json and localisation_porter_thomas.json: 40-digit values, rounded to doubles.

Run: python tests/reference/make_localisation.py
"""

import json
from pathlib import Path

import mpmath as mp

HERE = Path(__file__).parent
mp.mp.dps = 60

VECTORS = {
    "ordinary": [(0.3, 0.0), (-1.7, 0.0), (2.5, 0.0), (0.01, 0.0), (-0.6, 0.0)],
    "complex": [(0.3, -0.8), (-1.7, 0.2), (0.0, 2.5), (1e-3, 1e-5), (-0.6, 0.6), (1.0, 1e-12)],
    "decades": [(10.0**-k, 0.0) for k in range(0, 300, 13)],
    "tiny": [(3e-308, 1e-310), (1e-320, 0.0), (2e-300, 5e-301), (5e-324, 0.0)],
    "huge": [(1.6e308, 1.1e308), (1e300, -1e290), (1e-300, 0.0), (2.0, 3.0)],
    "nearly one site": [(1.0, 0.0), (1e-9, 0.0), (1e-150, 0.0), (1e-8, 1e-8)],
}
Q = [-8.0, -2.5, -1.0, -0.3, 0.0, 0.2, 0.5, 0.99, 0.999999, 1.0, 1.00000001, 1.015, 1.5, 2.0, 3.0, 8.0]


def moments(vector, q):
    squares = [mp.mpf(a) ** 2 + mp.mpf(b) ** 2 for a, b in vector]
    total = mp.fsum(squares)
    p = [s / total for s in squares]
    powers = [mp.power(x, q) for x in p]
    moment = mp.fsum(powers)
    mean = mp.fsum(w * mp.log(x) for w, x in zip(powers, p, strict=True)) / moment
    return float(mp.log(moment)) if q != 1 else 0.0, float(mean)


def porter_thomas(n, q, b):
    n, q, b = mp.mpf(n), mp.mpf(q), mp.mpf(b)
    if q == 1:
        return float((mp.digamma(n * b + 1) - mp.digamma(b + 1)) / mp.log(n))
    moment = mp.log(n) + mp.loggamma(q + b) - mp.loggamma(b) + mp.loggamma(n * b) - mp.loggamma(n * b + q)
    return float(moment / ((1 - q) * mp.log(n)))


def main():
    cases = []
    for name, vector in VECTORS.items():
        values = [moments(vector, mp.mpf(q)) for q in Q]
        cases.append(
            {
                "name": name,
                "vector": vector,
                "log_moments": [value for value, _ in values],
                "mean_logs": [value for _, value in values],
            }
        )
    made_by = "tests/reference/make_localisation.py, mpmath at 60 digits"
    (HERE / "localisation_moments.json").write_text(json.dumps({"made_by": made_by, "q": Q, "cases": cases}, indent=1))
    rows = []
    for n in (2, 3, 10, 37, 1000, 10**6, 10**9):
        for field, b in (("real", 0.5), ("complex", 1.0)):
            for q in (
                -b + 1e-3,
                -0.25,
                0.0,
                0.4,
                0.5,
                0.75,
                0.999999,
                1.0,
                1.0000001,
                1.4999,
                1.5,
                1.6,
                2.0,
                3.5,
                7.0,
                50.0,
            ):
                rows.append([n, field, q, porter_thomas(n, q, b)])
    text = json.dumps({"made_by": made_by, "columns": ["n", "field", "q", "dimension"], "rows": rows})
    (HERE / "localisation_porter_thomas.json").write_text(text)


if __name__ == "__main__":
    main()
