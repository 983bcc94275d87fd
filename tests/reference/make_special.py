"""Writes special_h.json: H_{a,b} by residue series in high precision, a route that shares nothing with the contour sums.

Run: python tests/reference/make_special.py
"""

import json
from pathlib import Path

import mpmath as mp


def series(a: str, b: str, x: mp.mpc) -> mp.mpc:
    """Sum of the residues left of the line; every term from the definition of K, poles well apart or double."""
    first, second = mp.mpf(a), mp.mpf(b)
    total, n = mp.mpf(0), 1
    while True:
        if b == "1":
            term = (-1) ** (n - 1) * mp.gamma(1 + first * n) / mp.factorial(n) * mp.exp(first * n * x)
        elif a == b:
            size = (mp.gamma(1 + first * n) / mp.factorial(n)) ** 2 * mp.exp(first * n * x)
            angle = mp.pi * first * n
            bracket = (2 / first) * mp.psi(0, n + 1) - 2 * mp.psi(0, 1 + first * n) - x
            term = size * (mp.sin(angle) / mp.pi * bracket - mp.cos(angle))
        else:
            term = mp.mpf(0)
            for p, q in ((first, second), (second, first)):
                term += (
                    (-1) ** (n - 1) * p * mp.gamma(p * n) ** 2 * mp.sin(mp.pi * p * n)
                    / (mp.factorial(n - 1) * mp.gamma(p * n / q) * mp.sin(mp.pi * p * n / q)) * mp.exp(p * n * x)
                )  # fmt: skip
        total += term
        if n > 20 and abs(term) < mp.mpf(10) ** (-mp.mp.dps):
            return total
        n += 1


def main() -> None:
    cases = []
    for a, b in (("0.75", "0.75"), ("0.75", "1"), ("0.25", "0.25"), ("0.5", "1"), ("0.9", "0.9"), ("0.6123", "0.8731")):
        for real in ("-2", "0.25"):
            for imaginary in ("0", "-2.9"):
                values = []
                for digits in (50, 70):
                    with mp.workdps(digits):
                        values.append(series(a, b, mp.mpc(real, imaginary)))
                assert abs(values[0] - values[1]) < 1e-25 * abs(values[1])
                with mp.workdps(25):
                    cases.append(
                        [
                            float(a),
                            float(b),
                            float(real),
                            float(imaginary),
                            mp.nstr(values[1].real, 20),
                            mp.nstr(values[1].imag, 20),
                        ]
                    )
    content = {
        "generated": "by make_special.py: do not edit",
        "columns": ["a", "b", "Re ln X", "Im ln X", "Re H", "Im H"],
        "tolerance": 1e-13,
        "cases": cases,
    }
    Path(__file__).with_name("special_h.json").write_text(json.dumps(content, indent=0) + "\n")


if __name__ == "__main__":
    main()
