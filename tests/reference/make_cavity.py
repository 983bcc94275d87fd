"""Reference values of the mobility edge of symmetric Levy matrices: python tests/reference/make_cavity.py (2 minutes).

Other route than the library's: adaptive quadrature in x at 25 digits, and one Newton iteration for (p, n, E) together.
"""

import json
from pathlib import Path

import mpmath as mp

mp.mp.dps = 25


def moments(energy, a, p, n, s):
    rate = mp.gamma(1 - a) * (p * mp.expjpi(a) + n)
    points = [0, *(mp.mpf(10) ** k / energy for k in range(-6, 2)), 80 / energy]

    def integrand(u):  # u = x^s: no singularity at the origin
        x = u ** (1 / s)
        return mp.exp(-x * energy - rate * x**a) / s

    integral = mp.quad(integrand, [x**s for x in points])
    turned = integral * mp.expjpi(s / 2) / mp.gamma(s)
    even, odd = turned.real / mp.cospi(s / 2), turned.imag / mp.sinpi(s / 2)
    return (even + odd) / 2, (even - odd) / 2


def edge(alpha, start):
    """E* for N P(|H| > x) -> x^-alpha."""
    alpha = mp.mpf(alpha)
    a = alpha / 2
    b1, b2 = mp.beta((1 - alpha) / 2, (1 - alpha) / 2), mp.beta((1 - alpha) / 2, alpha)

    def equations(p, n, energy):
        first, second = moments(energy, a, p, n, a)
        plus, minus = moments(energy, a, p, n, alpha)
        root = mp.sqrt(b1**2 * (plus - minus) ** 2 + 4 * b2**2 * (plus + minus) ** 2)
        return first - p, second - n, alpha / 4 * (b1 * (plus + minus) + root) - 1

    return mp.findroot(equations, start, tol=1e-20)[2]


# starts from the fixed point found in double precision
STARTS = {"0.3": (0.5603, 0.2256, 0.350114), "0.5": (0.4895, 0.1048, 4.642221), "0.8": (0.28497, 0.01916, 20.438267)}

if __name__ == "__main__":
    values = {alpha: mp.nstr(edge(alpha, start), 20) for alpha, start in STARTS.items()}
    content = {"made_by": "tests/reference/make_cavity.py", "quantity": "E*, unit tail constant", "edge": values}
    Path(__file__).with_name("cavity_mobility_edge.json").write_text(json.dumps(content, indent=1) + "\n")
    print(values)
