"""Makes stable_scores.json: d log f/d(x, alpha, beta) of stable laws in S0 at 45 digits, by two routes.

    python tests/reference/make_stable_scores.py

"contour": the inversion integral along a rotated ray, differentiated under the integral, also at the boundaries alpha = 2 and
abs(beta) = 1 (one-sided derivatives). "difference": central differences, step 1e-8, of ln f by Nolan's integral at 22 digits: no
derivative formula enters. Where both exist they must agree to 1e-12, else the maker stops. Parameters are the exact doubles.
"""

import json
import random
import time
from pathlib import Path

from mpmath import mp, mpf

from rmt.stable import AlphaStable
from rmt.stable.arbitrary import stable_values

mp.dps = 45
OUT = Path(__file__).with_name("stable_scores.json")
DIGITS = 22


def exponent(alpha, beta, x):
    """u -> (h, dh/dx, dh/dalpha, dh/dbeta) with f = (1/pi) Re int e^h du, for x > zeta (alpha = 1: beta >= 0)."""
    if alpha == 1:

        def at_one(u):
            log_u = mp.log(u)
            h = -1j * u * x - u * (1 + 2j * beta / mp.pi * log_u)
            return h, -1j * u, -u * (log_u + 1j * beta / mp.pi * log_u**2), -2j * u / mp.pi * log_u

        return at_one
    tangent = mp.tan(mp.pi * alpha / 2)
    zeta, slope = -beta * tangent, -beta * mp.pi / 2 * (1 + tangent**2)

    def away(u):
        log_u = mp.log(u)
        power = mp.exp(alpha * log_u)
        by_alpha = -(1 + 1j * zeta) * power * log_u - 1j * slope * (power - u)
        return -1j * u * (x - zeta) - power * (1 + 1j * zeta), -1j * u, by_alpha, 1j * tangent * (power - u)

    return away


def contour(alpha, beta, x):
    """(ln f, d/dx, d/dalpha, d/dbeta)."""
    alpha, beta, x = mpf(alpha), mpf(beta), mpf(x)
    zeta = -beta * mp.tan(mp.pi * alpha / 2) if alpha != 1 else mpf(0)
    if (alpha != 1 and x < zeta) or (alpha == 1 and (beta < 0 or (beta == 0 and x < 0))):
        log_f, of_x, of_alpha, of_beta = contour(alpha, -beta, -x)
        return log_f, -of_x, of_alpha, -of_beta
    if alpha == 1:
        omega, v0 = mp.pi / 4, 1 / max(mpf(1), abs(x))
    else:
        omega = min(mp.pi / 2, (mp.pi / 2 + mp.atan(zeta)) / alpha / 2)
        v0 = 1 / max(mpf(1), x - zeta, abs(zeta) ** (1 / alpha))
    h, ray = exponent(alpha, beta, x), mp.exp(-1j * omega)

    def integrand(t):
        v = v0 * mp.exp(t - mp.exp(-t))
        value, *slopes = h(v * ray)
        if value.real < -250:
            return (mpf(0),) * 4
        e = mp.exp(value) * ray * v * (1 + mp.exp(-t))
        return e.real, *((slope * e).real for slope in slopes)

    step, old, total = mpf(1) / 16, None, None
    start, end = -mp.log(200 / min(alpha, mpf(1))), mp.log(400 / v0) / min(mpf(1), alpha) + 5
    for level in range(6):
        offsets = range(int((end - start) / step) + 1) if level == 0 else range(1, int((end - start) / step) + 1, 2)
        part = [mp.fsum(c) for c in zip(*(integrand(start + j * step) for j in offsets), strict=True)]
        total = part if level == 0 else [a + b for a, b in zip(total, part, strict=True)]
        new = [step * t / mp.pi for t in total]
        if level and all(
            abs(a - b) <= mpf(10) ** -DIGITS * max(abs(new[0]), abs(a)) for a, b in zip(new, old, strict=True)
        ):
            return mp.log(new[0]), *(value / new[0] for value in new[1:])
        old, step = new, step / 2
    raise ArithmeticError("no convergence")


def difference(alpha, beta, x):
    h, point = mpf(10) ** -8, [mpf(alpha), mpf(beta), mpf(x)]

    def log_f(index, sign):
        moved = [value + sign * h * (i == index) for i, value in enumerate(point)]
        return mp.log(stable_values(*moved, DIGITS)[0])

    return [(log_f(i, 1) - log_f(i, -1)) / (2 * h) for i in (2, 0, 1)]


INNER = [0.2, 0.5, 0.7, 0.93, 0.96, 0.999, 1.0, 1.03, 1.08, 1.14, 1.3, 1.5, 1.8, 1.95]
OUTER = [0.15, 0.85, 0.9999, 1 + 2**-30, 1 + 2**-20, 1.004, 1.065, 1.2, 1.7, 1.99, 1.9999, 2.0]
SIZES = [1e-6, 0.01, 0.05, 0.2, 0.6, 1.3, 2.6, 5.0, 9.0, 20.0, 60.0, 300.0]


def main():
    """All rows; about four minutes of one core."""
    start, generator, rows, refused = time.process_time(), random.Random(11), [], 0
    for i in range(150):
        compare = i < 24
        alpha = generator.choice(INNER if compare else INNER + OUTER)
        beta = generator.choice([0.0, 0.3, -0.7, 0.95] if compare else [0.0, 0.5, -0.7, 1.0, -1.0, 2**-10, -0.999])
        x = (
            generator.choice([-1, 1])
            * generator.choice(SIZES[1:-2] if compare else SIZES)
            * generator.uniform(0.8, 1.2)
        )
        if (
            not float(AlphaStable(alpha, beta).logpdf(x)) > -600
        ):  # outside the support, or cancellation beyond 45 digits
            continue
        try:
            found = contour(alpha, beta, x)[1:]
            other = difference(alpha, beta, x) if compare else found
        except ArithmeticError:
            print("no convergence at", (alpha, beta, x))
            refused += 1
            continue
        if any(mp.im(v) != 0 for v in found) or abs(mp.im(mp.mpmathify(found[0]))) > 0:
            refused += 1
            continue
        if any(abs(a - b) > mpf(10) ** -12 * (1 + abs(a)) for a, b in zip(found, other, strict=True)):
            raise ArithmeticError(f"the two routes disagree at {(alpha, beta, x)}: {found} {other}")
        rows.append([alpha, beta, x, "both" if compare else "contour", *(mp.nstr(v, 18) for v in found)])
    content = {
        "generated_by": "tests/reference/make_stable_scores.py",
        "columns": ["alpha", "beta", "x_S0", "route", "d_x", "d_alpha", "d_beta"],
        "rows": rows,
    }
    OUT.write_text(json.dumps(content).replace("], [", "],\n["))
    print(f"{len(rows)} rows, {refused} refused, {time.process_time() - start:.0f} s")


if __name__ == "__main__":
    main()
