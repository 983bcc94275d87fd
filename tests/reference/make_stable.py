"""Makes stable_density.json: density and both tails of stable laws from two independent formulas at 60 digits or more.

    python tests/reference/make_stable.py

Formula 1 is Nolan's integral (Commun. Statist. Stochastic Models 13, 1997) as the library evaluates it for ``dps=``;
formula 2 the inversion integral of the characteristic function along a rotated ray, in the far tail the tail series. A point
is stored only if the two agree to 1e-18 relative in density and in both tails. Parameters and points are the exact doubles.
"""

import itertools
import json
import random
import time
from pathlib import Path

from mpmath import mp, mpf

from rmt.stable.arbitrary import stable_values

mp.dps = 60
OUT = Path(__file__).with_name("stable_density.json")


def rotated_ray(alpha, beta, x):
    """(pdf, cdf, ccdf): inversion along u = v exp(-i omega), decaying for x > zeta (alpha = 1: beta > 0)."""
    alpha, beta, x = mpf(alpha), mpf(beta), mpf(x)
    zeta = -beta * mp.tan(mp.pi * alpha / 2) if alpha != 1 else mpf(0)
    if (alpha != 1 and x < zeta) or (alpha == 1 and x < 0):
        f, lower, upper = rotated_ray(alpha, -beta, -x)
        return f, upper, lower
    if alpha == 1:
        omega = mp.pi / 4

        def h(u):
            return -1j * u * x - u * (1 + 2j * beta / mp.pi * mp.log(u))

        v0 = 1 / max(mpf(1), abs(x))
    else:
        omega = min(mp.pi / 2, (mp.pi / 2 + mp.atan(zeta)) / alpha / 2)
        y = x - zeta

        def h(u):
            return -1j * u * y - mp.exp(alpha * mp.log(u)) * (1 + 1j * zeta)

        v0 = 1 / max(mpf(1), y, abs(zeta) ** (1 / alpha))
    ray = mp.exp(-1j * omega)

    def integrand(t):
        v = v0 * mp.exp(t - mp.exp(-t))
        weight = v * (1 + mp.exp(-t))
        exponent = h(v * ray)
        if exponent.real < -300:
            return mpf(0), mpf(0)
        e = mp.exp(exponent)
        return (e * ray).real * weight, e.imag * weight / v

    total, old = None, None
    h_step = mpf(1) / 16
    t0, t1 = -mp.log(200 / min(alpha, mpf(1))), mp.log(400 / v0) / min(mpf(1), alpha) + 5
    for level in range(6):
        points = int((t1 - t0) / h_step) + 1
        offsets = range(points) if level == 0 else range(1, points, 2)
        part = [mp.fsum(c) for c in zip(*(integrand(t0 + j * h_step) for j in offsets), strict=True)]
        total = part if level == 0 else [a + b for a, b in zip(total, part, strict=True)]
        new = [h_step * t / mp.pi for t in total]
        if level and all(abs(a - b) <= mpf(10) ** -16 * mpf(10) ** -12 for a, b in zip(new, old, strict=True)):
            break
        old, h_step = new, h_step / 2
    lower = mpf(1) / 2 + omega / mp.pi - new[1]
    return new[0], lower, 1 - lower


def tail_series(alpha, beta, x):
    """(pdf, None, ccdf) from the series at infinity, for x far right of zeta."""
    alpha, beta, x = mpf(alpha), mpf(beta), mpf(x)
    if alpha == 1:
        return None
    zeta = -beta * mp.tan(mp.pi * alpha / 2)
    eta = mp.atan(zeta)
    sc = mp.cos(eta) ** (1 / alpha)
    rho = mpf(1) / 2 - eta / (mp.pi * alpha)
    y = sc * (x - zeta)
    f = q = mpf(0)
    for k in range(1, 400):
        term = (
            (-1) ** (k + 1)
            * mp.gamma(alpha * k + 1)
            / mp.factorial(k)
            * mp.sin(mp.pi * alpha * rho * k)
            * y ** (-alpha * k)
        )
        f += term
        q += term / (alpha * k)
        if abs(term) < mpf(10) ** -30 * abs(f):
            return sc / (mp.pi * y) * f, None, q / mp.pi
    return None


DIGITS = 20

ALPHAS = [0.1, 0.2, 0.3, 0.5, 0.7, 0.85, 0.93, 0.98, 0.999, 1 - 2**-20, 1.0, 1 + 2**-30, 1.004, 1.0625, 1.15, 1.3, 1.5, 1.75,
          1.9, 1.95, 1.99, 1.999, 2 - 2**-20, 2 - 2**-40]  # fmt: skip
BETAS = [0.0, 0.0, 0.5, -0.7, 1.0, -1.0, 0.999, -0.999, 2**-10]
POINTS = [0.0, 1e-300, 1e-8, 0.05, 0.25, 1.0, 1.75, 3.5, 8.0, 15.0, 30.0, 1e3, 1e6, 1e12]


def chosen(count):
    """A fixed random part of the product of all parameters, plus points close to zeta."""
    generator = random.Random(20240607)
    grid = [
        (a, b, s * x) for a, b, x, s in itertools.product(ALPHAS, BETAS, POINTS, (1, -1)) if not (a == 1.0 and b == 0.0)
    ]
    picked = generator.sample(grid, count)
    for a, b in generator.sample([(a, b) for a in ALPHAS for b in BETAS if a != 1.0 and b != 0.0], count // 8):
        zeta = float(-mpf(b) * mp.tan(mp.pi * mpf(a) / 2))
        picked.append((a, b, zeta * (1 + generator.choice([-1, 1]) * 2.0 ** -generator.choice([4, 12, 20]))))
    return picked


def reference(alpha, beta, x):
    first = stable_values(alpha, beta, x, DIGITS)
    if first[0] == 0:
        return None
    zeta = -mpf(beta) * mp.tan(mp.pi * mpf(alpha) / 2) if alpha != 1 else mpf(0)
    if abs(x) > 1e5 and alpha != 1 and abs(zeta) < 1e4:
        second = tail_series(alpha, beta, x) if x > 0 else tail_series(alpha, -beta, -x)
        if second is None or second[2] == 0:
            return None
        if x < 0:
            second = (second[0], second[2], None)
    elif abs(x) <= 1e5:
        second = rotated_ray(alpha, beta, x)
    else:
        return None
    for a, b in zip(first, second, strict=True):
        if b is not None and abs(a - b) > mpf(10) ** -18 * abs(a):
            return None
    return first


def positive_reference(a, x):
    """The positive law is S1 with beta = 1 times cos(pi a/2)^(1/a): formula 2 in that coordinate."""
    first = stable_values(a, 1, x, DIGITS, positive=True)
    zeta, sc = -mp.tan(mp.pi * mpf(a) / 2), mp.cos(mp.pi * mpf(a) / 2) ** (1 / mpf(a))
    f, lower, upper = rotated_ray(a, 1, zeta + mpf(x) / sc)
    if any(abs(u - v) > mpf(10) ** -18 * abs(u) for u, v in zip(first, (f / sc, lower, upper), strict=True)):
        return None
    return first


def collect(function, points):
    rows, refused = [], 0
    for point in points:
        try:
            value = function(*point)
        except (ValueError, ArithmeticError):
            value = None
        if value is None or value[0] == 0:
            refused += 1
        else:
            rows.append([*point, *(mp.nstr(v, 20) for v in value)])
    return rows, refused


def write(rows, positive):
    content = {
        "generated_by": "tests/reference/make_stable.py",
        "columns": ["alpha", "beta", "x_S0", "pdf", "cdf", "ccdf"],
        "rows": rows,
        "positive": positive,
    }
    OUT.write_text(json.dumps(content).replace("], [", "],\n["))


def moderate(count):
    """Points that take a second each: moderate x, no extreme index."""
    generator = random.Random(7)
    alphas = [0.5, 0.7, 0.85, 0.93, 0.98, 1.0, 1 + 2**-30, 1.0625, 1.3, 1.5, 1.75, 1.9, 1.95]
    grid = itertools.product(
        alphas, [0.0, 0.0, 0.5, -0.7, 1.0, 0.9], [0.05, 0.25, 1.0, 1.75, 3.5, 8.0, 15.0, 30.0], (1, -1)
    )
    points = [(a, b, s * x) for a, b, x, s in grid if not (a == 1.0 and b == 0.0)]
    return generator.sample(points, count)


def main():
    """All numbers of the file; the ten extreme points take up to a minute each."""
    start = time.process_time()
    positive, refused = collect(
        positive_reference, [(a, x) for a in (0.1, 0.35, 0.75, 0.95) for x in (0.125, 0.6, 0.97, 1.5, 20.0)]
    )
    rows: list = []
    points = chosen(110)[:10] + moderate(80)
    for first in range(0, len(points), 10):
        new, also = collect(reference, points[first : first + 10])
        rows, refused = rows + new, refused + also
        write(rows, positive)
    seconds = time.process_time() - start
    print(f"{len(rows)} + {len(positive)} rows, {refused} points without two agreeing formulas, {seconds:.0f} s")


if __name__ == "__main__":
    main()
