"""Writes localisation_amplitudes.json: ln M_q of the local eigenvector law from mpmath contour integrals at 25 digits.

The contour is another one than the library's (a fixed abscissa, no saddle), the profile a sum over two values.
Run: python tests/reference/make_localisation_amplitudes.py
"""

import json
from pathlib import Path

import mpmath as mp

HERE = Path(__file__).parent
mp.mp.dps = 25
PROFILE = ([mp.mpf("0.2"), mp.mpf("1.5")], [mp.mpf("0.4"), mp.mpf("0.6")])


def stable_moment(power, index):
    return mp.mpf(1) if index == 1 else mp.gamma(1 - power / index) * mp.rgamma(1 - power)


def profile_moment(power, profile):
    return mp.mpf(1) if profile is None else mp.fsum(w * mp.power(d, power) for d, w in zip(*profile, strict=True))


def log_moments(side, q, taus, a, b, last):
    """Trapezoid rule on the line Re s = c: error exp(-2 pi distance / step), with the distance to the nearest pole."""
    q, a, b = mp.mpf(q), mp.mpf(a), mp.mpf(b)
    offset = {"right": (q, 0), "left": (0, q), "biorthogonal": (q / 2, q / 2)}[side]
    low = max([mp.mpf(0)] + [start - index for start, index in zip(offset, (a, b), strict=True) if index != 1])
    c = low + mp.mpf("0.4") * (q - low)
    step = 2 * mp.pi * (c - low) / 48
    totals = [mp.mpf(0) for _ in taus]
    for number in range(int(15 / step) + 1):
        s = mp.mpc(c, number * step)
        if side == "right":
            powers = (q - s, -s, 2 * (q - s))
        elif side == "left":
            powers = (-s, q - s, -2 * s)
        else:
            powers = (q / 2 - s, q / 2 - s, q - 2 * s)
        kernel = mp.gamma(s) * mp.gamma(q - s) / mp.gamma(q) * (step if number else step / 2) / mp.pi
        kernel *= stable_moment(powers[0], a) * stable_moment(powers[1], b) * profile_moment(powers[2], last)
        for place, tau in enumerate(taus):
            totals[place] += mp.re(kernel * mp.power(tau, -s))
    return [float(mp.log(total)) for total in totals]


def main():
    rows = []
    taus = (0.03, 1.0, 40.0)
    for a, b in ((0.5, 0.5), (0.9, 0.6), (0.75, 1.0), (1.0, 1.0)):
        for side in ("right", "left", "biorthogonal"):
            for name, last in (("unit", None), ("two values", PROFILE)):
                for q in (0.3, 2.0, 3.5):
                    for tau, value in zip(taus, log_moments(side, q, taus, a, b, last), strict=True):
                        rows.append([a, b, side, name, q, tau, value])
    content = {
        "made_by": "tests/reference/make_localisation_amplitudes.py, mpmath at 25 digits",
        "profile": [[0.2, 1.5], [0.4, 0.6]],
        "columns": ["a", "b", "side", "profile", "q", "tau", "log_moment"],
        "rows": rows,
    }
    (HERE / "localisation_amplitudes.json").write_text(json.dumps(content))


if __name__ == "__main__":
    main()
