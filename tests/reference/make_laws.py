"""Writes laws_values.json: densities and distribution functions in 20-digit arithmetic (mpmath Newton on the chain).

Run: python tests/reference/make_laws.py   (about two minutes)
"""

import json
from pathlib import Path

import mpmath as mp

from rmt.laws import Layer, RadialLaw, SingularValueLaw

TWO_POINTS = ([0.3, 1.4], [0.4, 0.6])
CHAINS = {
    "one layer, alpha 1.5": [{"alpha": 1.5}],
    "one layer, alpha 0.5": [{"alpha": 0.5}],
    "Gaussian after Cauchy": [{"alpha": 1.0}, {"alpha": 2.0}],
    "three layers, mixed, profiled, rectangular": [
        {"alpha": 1.2, "shape": 1.5},
        {"alpha": 1.7, "sigma_w": 0.8, "profile": TWO_POINTS, "shape": 0.5},
        {"alpha": 1.4, "shape": 4 / 3},
    ],
}


def layers(content):
    return [
        Layer(item["alpha"], item.get("sigma_w", 1.0), profile=item.get("profile"), shape=item.get("shape", 1.0))
        for item in content
    ]


def main() -> None:
    cases = []
    for name, content in CHAINS.items():
        law = SingularValueLaw(layers(content))
        for s in (0.05, 1.0, 6.0):
            values = [law.pdf(s, dps=20), law.cdf(s, dps=20)]
            cases.append(["singular", name, s, *(mp.nstr(value, 18) for value in values)])
        if law.chain.is_closed:
            radial = RadialLaw(law.chain)
            for r in (0.1, 0.9):
                values = [radial.pdf(r, dps=20), radial.cdf(r, dps=20)]
                cases.append(["radial", name, r, *(mp.nstr(value, 18) for value in values)])
    content = {
        "generated": "by make_laws.py: do not edit",
        "columns": ["law", "chain", "position", "pdf", "cdf"],
        "tolerance": 1e-12,
        "chains": CHAINS,
        "cases": cases,
    }
    Path(__file__).with_name("laws_values.json").write_text(json.dumps(content, indent=1) + "\n")


if __name__ == "__main__":
    main()
