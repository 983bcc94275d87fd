"""Every function of the theory, real and complex argument, against its mpmath twin: relative 1e-13.

The twin is the same integral on another line with another step and 16 + 15 digits; the residue series and the closed forms
are other routes, in test_special_functions_agree_with_independent_routes.py.
"""

import numpy as np
import pytest

from rmt.special import G_d, H_a, H_ab, Psi_d, ghat, h

PROFILE = ([0.0, 0.3, 1.4], [0.1, 0.3, 0.6])
FUNCTIONS = {
    "H_aa": lambda z, a, **k: H_ab(z, a, a, **k),
    "H_ab": lambda z, a, **k: H_ab(z, a, 0.8, **k),
    "H_a": H_a,
    "ghat": ghat,
    "h": h,
    "G_d": lambda z, a, **k: G_d(z, a, *PROFILE, **k),
    "Psi_d": lambda z, a, **k: Psi_d(z, a, *PROFILE, **k),
}


def worst(alpha, moduli, angles):
    a, found = alpha / 2, []
    for modulus in moduli:
        for angle in angles:
            z = modulus * np.exp(1j * angle) if angle else modulus
            for function in FUNCTIONS.values():
                exact = complex(function(z, a, dps=16))
                found.append(abs(function(z, a) - exact) / abs(exact))
    return max(found)


def test_one_index_inside_the_sector():
    assert worst(1.985, [0.4], [-1.4]) < 1e-13


@pytest.mark.slow
@pytest.mark.parametrize("alpha", [0.3, 0.6, 1.0, 1.2, 1.8, 1.985, 1.999, 2.0])
def test_indices_from_point_three_to_two(alpha):
    assert worst(alpha, [0.05, 8.0], [0.0, -1.4]) < 1e-13
