"""q*, c*, chi_1, chi_c, xi_q, xi_c of Gaussian tanh networks in mpmath: trapezoid rules in other variables than the library."""

import json
from pathlib import Path

from mpmath import mp

mp.dps = 22
REACH = 11  # standard normal beyond it: 1e-27


def rule(step):
    nodes = [k * step for k in range(-int(REACH / step), int(REACH / step) + 1)]
    weights = [step * mp.exp(-z * z / 2) / mp.sqrt(2 * mp.pi) for z in nodes]
    return nodes, weights


# tanh is analytic for |Im h| < pi/2: the trapezoid rule errs by exp(-pi^2/(step sqrt(q))), 1e-20 at q = 5
NODES, WEIGHTS = rule(mp.mpf(1) / 16)


def single(f, q):
    return mp.fsum(w * f(mp.sqrt(q) * z) for z, w in zip(NODES, WEIGHTS, strict=True))


def pair(f, q, c):
    """E f(h1) f(h2), h2 = c h1 + sqrt(1 - c^2) z: another parametrisation than the library's."""
    root, rest = mp.sqrt(q), mp.sqrt(q * (1 - c * c))
    total = mp.mpf(0)
    for z, w in zip(NODES, WEIGHTS, strict=True):
        if z < 0:
            continue  # the pair average is even in z for f odd or even
        inner = mp.fsum(v * f(c * root * z + rest * y) for y, v in zip(NODES, WEIGHTS, strict=True))
        total += (1 if z == 0 else 2) * w * f(root * z) * inner
    return total


def slope(x):
    return mp.sech(x) ** 2


def point(sigma_w, sigma_b, start_q, start_c):
    w2, b2 = mp.mpf(sigma_w) ** 2, mp.mpf(sigma_b) ** 2
    q = mp.findroot(lambda q: w2 * single(lambda h: mp.tanh(h) ** 2, q) + b2 - q, start_q, solver="secant", tol=1e-38)
    chi_1 = w2 * single(lambda h: slope(h) ** 2, q)
    # dV/dq = w2 E[tanh'^2 + tanh tanh''] = w2 E[sech^4 - 2 tanh^2 sech^2]
    decay = w2 * single(lambda h: slope(h) ** 2 - 2 * mp.tanh(h) ** 2 * slope(h), q)
    if chi_1 <= 1:
        c, chi_c = mp.mpf(1), chi_1
    else:
        c = mp.mpf(start_c)
        for _ in range(8):  # Newton; Price: the slope of the map is chi_c
            value, chi_c = (w2 * pair(mp.tanh, q, c) + b2) / q, w2 * pair(slope, q, c)
            step = (value - c) / (1 - chi_c)
            c += step
            if abs(step) < mp.mpf(10) ** -18:
                break
        chi_c = w2 * pair(slope, q, c)
    numbers = {"q": q, "c": c, "chi_1": chi_1, "chi_c": chi_c, "xi_q": -1 / mp.log(decay), "xi_c": -1 / mp.log(chi_c)}
    return {"sigma_w": str(sigma_w), "sigma_b": str(sigma_b)} | {k: mp.nstr(v, 17) for k, v in numbers.items()}


if __name__ == "__main__":
    rows = [
        point("1.3", "0.3", 0.6, 0.9),
        point("1.7", "0.3", 0.9, 0.5),
        point("2.5", "0.3", 3.0, 0.2),
        point("4.0", "0.3", 10.0, 0.05),
        point("1.2", "0.6", 0.9, 1.0),
        point("2.0", "1.0", 3.0, 0.7),
    ]
    path = Path(__file__).with_name("meanfield_gaussian.json")
    path.write_text(json.dumps({"rows": rows}, indent=1) + "\n")
    for row in rows:
        print(row)
