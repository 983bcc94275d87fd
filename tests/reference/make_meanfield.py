"""Makes meanfield_exponents.json: fixed points and path growth by mpmath, with formulas that share nothing with the library.

The stable density and the inverse moments are Fourier integrals along the ray of steepest descent, taken by mpmath's
adaptive Gauss-Legendre at 25 digits; alpha = 1 uses the Cauchy closed forms. Run: python tests/reference/make_meanfield.py
(a few minutes).
"""

import json
import sys
from pathlib import Path

from mpmath import mp, mpf

mp.dps = 18


def ray(alpha):
    return mp.expj(mp.mpf("0.7") * min(mp.pi / (4 * alpha), mp.pi / 2))


def density(alpha, x):
    if alpha == 1:
        return 1 / (mp.pi * (1 + x * x))
    if alpha == 2:
        return mp.exp(-x * x / 4) / (2 * mp.sqrt(mp.pi))
    e = ray(alpha)
    top = (50 / mp.cos(alpha * mp.arg(e))) ** (1 / alpha)
    if x > 3:
        cut = 50 / (x * mp.sin(mp.arg(e))) / 8
        points = [0, cut / 8, cut, 2 * cut, 4 * cut, 8 * cut]
        return mp.quad(lambda r: (mp.exp(1j * x * r * e) * mp.expm1(-((r * e) ** alpha)) * e).real, points) / mp.pi
    points = [0, top / 64, top / 16, top / 4, top / 2, top]
    return mp.quad(lambda r: (mp.exp(1j * x * r * e - (r * e) ** alpha) * e).real, points) / mp.pi


def inverse_moment(alpha, s, x):
    if alpha == 1:
        return (x * x + 1) ** (-s / 2) * mp.cos(s * mp.atan(x)) / mp.cos(mp.pi * s / 2)
    if x < mpf(10) ** -8:  # the first correction is x^2
        return mp.gamma(s / alpha) / alpha / (mp.gamma(s) * mp.cos(mp.pi * s / 2))
    e = ray(alpha)
    top = (50 / mp.cos(alpha * mp.arg(e))) ** (1 / alpha)
    if x > 1:
        top = min(top, 50 / (x * mp.sin(mp.arg(e))))
    # r = u^k removes the singularity r^(s-1)
    k = 3 / s

    def f(u):
        t = u**k * e
        return (mp.exp(1j * x * t - t**alpha) * e**s).real * k * u ** (k * s - 1)

    end = top ** (1 / k)
    value = mp.quad(f, [0, end / 4, end / 2, 3 * end / 4, 7 * end / 8, end])
    return value / (mp.gamma(s) * mp.cos(mp.pi * s / 2))


def log_grid_sum(f, low, high, step):
    """Trapezoid rule in ln x: all integrands here are analytic in a strip of half-width above pi/4."""
    n = int((high - low) / step)
    return step * mp.fsum(f(mp.exp(low + k * step)) for k in range(n + 1))


def fixed_point(alpha, sigma_w, sigma_b, table):
    def image(q):
        c = (q / 2) ** (1 / alpha)
        return sigma_w**alpha * mp.fsum(w * mp.tanh(c * x) ** alpha for x, w in table) + sigma_b**alpha

    return mp.findroot(lambda l: mp.log(image(mp.exp(l))) - l, (mp.mpf(-1), mp.mpf("-1.5")), solver="secant", tol=1e-30)


def main() -> None:
    step = mpf(1) / 5
    cases = [
        ("1", "1", "0"),
        ("1.5", "1", "0"),
        ("1.8", "1.5", "0"),
        ("1.2", "1.5", "0.5"),
        ("1.2", "1.0057156571668404", "0.5"),
    ]
    cases += [("1.8", "1.4040012733528837", "0.5"), ("0.8", "1", "0")]
    rows, tables = [], {}
    for a, w, b in cases:
        alpha, sigma_w, sigma_b = mpf(a), mpf(w), mpf(b)
        if a not in tables:
            nodes = [mp.exp(k * step) for k in range(int(-24 / step), int(46 / alpha / step) + 1)]
            tables[a] = [(x, 2 * step * x * density(alpha, x)) for x in nodes]
        log_q = fixed_point(alpha, sigma_w, sigma_b, tables[a])
        c = (mp.exp(log_q) / 2) ** (1 / alpha)
        constant = 2 / mp.pi * mp.gamma(alpha) * mp.sin(mp.pi * alpha / 2)
        growth = {}
        orders = [mpf(2)] if alpha > mpf("1.3") else [(alpha + min(2, 1 + alpha)) / 2 + mpf("0.05")]
        for p in orders:
            s = 1 + alpha - p

            def integrand(v, p=p, s=s, alpha=alpha, c=c):
                return mp.sech(v) ** (2 * p) * mp.tanh(v) ** (alpha - p) * v * inverse_moment(alpha, s, v / c) * c**-s

            value = 2 * log_grid_sum(integrand, -mpf(34) / s, mp.log(mpf(26) / p), step)
            growth[mp.nstr(p, 17)] = mp.nstr(alpha * constant * sigma_w**alpha / 4 * value, 17)
        rows.append({"alpha": a, "sigma_w": w, "sigma_b": b, "log_q": mp.nstr(log_q, 17), "rho": growth})
        print(rows[-1], file=sys.stderr, flush=True)
    banner = "made by make_meanfield.py with mpmath; do not edit"
    Path(__file__).with_name("meanfield_exponents.json").write_text(
        json.dumps({"banner": banner, "rows": rows}, indent=1) + "\n"
    )


if __name__ == "__main__":
    main()
