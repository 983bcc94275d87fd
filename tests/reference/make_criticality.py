"""Makes criticality_points.json and criticality_scaling.json: critical points and F(s; m) in mpmath at two precisions.

Run: python tests/reference/make_criticality.py. The averages use mpmath's own adaptive quadrature and its derivatives of the
integrals in q by differentiation under the integral with other formulas than the library's (d/dq by the chain rule on h =
sqrt(q) z instead of Hermite weights), so a slip in either shows.
"""

import json
from pathlib import Path

import mpmath as mp

HERE = Path(__file__).parent
NOTE = "made by tests/reference/make_criticality.py, do not edit"


def derivatives(name):
    """phi and its first five derivatives as mpmath functions."""
    if name == "tanh":

        def tanh(h):
            t = mp.tanh(h)
            d = 1 - t**2
            return t, d, -2 * t * d, d * (6 * t**2 - 2), d * t * (16 - 24 * t**2), d * (16 - 120 * t**2 + 120 * t**4)

        return tanh
    if name == "erf":

        def erf(h):
            d = 2 / mp.sqrt(mp.pi) * mp.exp(-(h**2))
            return (
                mp.erf(h),
                d,
                -2 * h * d,
                (4 * h**2 - 2) * d,
                (-8 * h**3 + 12 * h) * d,
                (16 * h**4 - 48 * h**2 + 12) * d,
            )

        return erf
    if name == "sin":
        return lambda h: (mp.sin(h), mp.cos(h), -mp.sin(h), -mp.cos(h), mp.sin(h), mp.cos(h))
    if name == "arctan":

        def arctan(h):
            u = 1 / (1 + h**2)
            return (
                mp.atan(h),
                u,
                -2 * h * u**2,
                (6 * h**2 - 2) * u**3,
                24 * h * (1 - h**2) * u**4,
                24 * (5 * h**4 - 10 * h**2 + 1) * u**5,
            )

        return arctan
    if name == "sigmoid":

        def sigmoid(h):
            t = tuple(mp.mpf(2) ** -(k + 1) * f for k, f in enumerate(derivatives("tanh")(h / 2)))
            return (t[0] + mp.mpf(1) / 2, *t[1:])

        return sigmoid
    if name == "swish":

        def swish(h):
            f = derivatives("sigmoid")(h)
            return (h * f[0], *(h * f[k] + k * f[k - 1] for k in range(1, 6)))

        return swish
    if name == "unit_erf":
        return lambda h: tuple(
            (mp.sqrt(mp.pi) / 2) ** k * f for k, f in enumerate(derivatives("erf")(mp.sqrt(mp.pi) / 2 * h))
        )
    if name == "unit_arctan":
        return lambda h: tuple((mp.pi / 2) ** (k - 1) * f for k, f in enumerate(derivatives("arctan")(mp.pi / 2 * h)))
    if name == "x exp(-x^2/2)":  # a user's own: not in the catalogue

        def bump(h):
            polynomials = (h, 1 - h**2, h**3 - 3 * h, -(h**4) + 6 * h**2 - 3, h**5 - 10 * h**3 + 15 * h)
            last = -(h**6) + 15 * h**4 - 45 * h**2 + 15
            return tuple(f * mp.exp(-(h**2) / 2) for f in (*polynomials, last))

        return bump
    raise ValueError(name)


def nodes(d, q, step):
    """(weight, z, derivatives) of a trapezoid sum in mpmath; its error falls like exp(-const/step), which two steps check."""
    root = mp.sqrt(q)
    zs = [mp.mpf(k) / step for k in range(-13 * step, 13 * step + 1)]
    return [(mp.exp(-(z**2) / 2) / step / mp.sqrt(2 * mp.pi), z, d(root * z)) for z in zs]


def point(name, sigma_b, step):
    d = derivatives(name)
    sb = mp.mpf(sigma_b)

    def excess(q):
        table = nodes(d, q, step)
        return mp.fsum(w * f[0] ** 2 for w, _, f in table) / mp.fsum(w * f[1] ** 2 for w, _, f in table) + sb**2 - q

    start = {"sigmoid": 45.7, "swish": 39.4 if sigma_b == 1.0 else 500.0}.get(name, max(0.5, sigma_b**2 * 3))
    if sigma_b <= 0.1 and name != "sigmoid":
        start = 0.2
    q = mp.findroot(excess, (start, 1.2 * start))
    table = nodes(d, q, step)
    of = lambda g: mp.fsum(w * g(f) for w, _, f in table)
    slope = of(lambda f: f[1] ** 2)
    sw2 = 1 / slope
    # Derivatives in q of <G(h)>: <G''>/2 and <G''''>/4, with the derivatives of G by the product rule.
    second = lambda f: 2 * (f[1] ** 2 + f[0] * f[2])  # (phi^2)''
    fourth = lambda f: 2 * (3 * f[2] ** 2 + 4 * f[1] * f[3] + f[0] * f[4])  # (phi^2)''''
    slope_second = lambda f: 2 * (f[2] ** 2 + f[1] * f[3])
    slope_fourth = lambda f: 2 * (3 * f[3] ** 2 + 4 * f[2] * f[4] + f[1] * f[5])
    f2, f4, d4 = of(lambda f: f[0] ** 2), of(lambda f: f[0] ** 4), of(lambda f: f[1] ** 4)
    cross = of(lambda f: (f[0] * f[1]) ** 2)
    chi_q = sw2 * of(second) / 2
    l1 = sw2 * of(slope_second) / 2
    l2 = sw2 * of(slope_fourth) / 4 - l1**2
    curvature = sw2 * of(fourth) / 4
    v_q = sw2**2 * (f4 - f2**2)
    e2 = v_q / (1 - chi_q**2)
    e1 = curvature * e2 / (2 * (1 - chi_q))
    r2 = sw2**2 * cross / (q * (1 - chi_q**2))
    k2 = mp.fsum(w * (f[1] * z) ** 2 for w, z, f in table) / slope
    v_x = 3 * sw2**2 * d4 - 1
    response = l1 / (1 - chi_q)
    values = {
        "sigma_w": mp.sqrt(sw2),
        "q": q,
        "kappa": sw2 * q * of(lambda f: f[2] ** 2) / 2,
        "c3": sw2 * q**2 * of(lambda f: f[3] ** 2) / 6,
        "gamma": 2 / mp.sqrt(sw2) + l1 * 2 * mp.sqrt(sw2) * f2 / (1 - chi_q),
        "chi_q": chi_q,
        "c1": l1 * e1 + l2 * e2 / 2 + r2 * (k2 - 1) - v_x / 2,
        "v": v_x + 2 * response * sw2**2 * (cross - f2 / sw2) + response**2 * v_q,
    }
    return values


def scaling(s, m, step):
    """F(s; m) by a trapezoid sum in x, the position of the integral itself."""
    s, m = mp.mpf(s), mp.mpf(m)
    reach = mp.sqrt(s * 60) + abs(m) * s
    width = min(mp.mpf(1), mp.sqrt(s)) / step
    total = mp.mpf(1)
    for k in range(1, int(reach / width) + 1):
        x = k * width
        total += 2 * mp.cosh(2 * m * x) * x / mp.sinh(x) * mp.exp(-2 * x**2 / s)
    return total * width * mp.sqrt(2 / (mp.pi * s)) * mp.exp(-((1 - 2 * m) ** 2) * s / 8) / s


def agreed(function, *arguments, steps):
    """The value at 30 digits, the same with two steps to 1e-14."""
    with mp.workdps(30):
        low, high = (function(*arguments, step) for step in steps)
    if not isinstance(low, dict):
        assert abs(low - high) < 1e-14 * abs(high), (arguments, low, high)
        return mp.nstr(high, 18)
    for key in low:
        assert abs(low[key] - high[key]) < 1e-14 * abs(high[key]), (arguments, key)
    return {key: mp.nstr(high[key], 18) for key in high}


if __name__ == "__main__":
    cases = [("tanh", 0.3), ("tanh", 1.0), ("tanh", 0.0625), ("erf", 0.3), ("erf", 1.0), ("sin", 1.0), ("sin", 0.5)]
    cases += [("arctan", 0.5), ("sigmoid", 0.5)]
    cases += [("tanh", 3.0), ("erf", 0.05), ("unit_erf", 0.5), ("arctan", 0.1), ("arctan", 2.0), ("unit_arctan", 0.3)]
    cases += [("sin", 0.1), ("sin", 2.0), ("sigmoid", 0.0), ("sigmoid", 2.0), ("swish", 1.0), ("swish", 2.0)]
    cases += [("x exp(-x^2/2)", 0.1), ("x exp(-x^2/2)", 1.0)]
    fine = {"sigmoid": (40, 56), "swish": (110, 140), "tanh": (40, 56), "unit_arctan": (20, 28), "arctan": (40, 56)}
    points = [{"activation": a, "sigma_b": b, **agreed(point, a, b, steps=fine.get(a, (20, 28)))} for a, b in cases]
    (HERE / "criticality_points.json").write_text(json.dumps({"note": NOTE, "rtol": 1e-10, "cases": points}, indent=1))
    grid = [(s, m) for s in (0.01, 0.3, 1.0, 3.0, 10.0, 100.0) for m in (-2.0, 0.0, 0.0625, 0.5, 0.75, 1.0, 3.0)]
    values = [{"s": s, "m": m, "value": agreed(scaling, s, m, steps=(3, 4))} for s, m in grid]
    (HERE / "criticality_scaling.json").write_text(json.dumps({"note": NOTE, "rtol": 1e-11, "cases": values}, indent=1))
