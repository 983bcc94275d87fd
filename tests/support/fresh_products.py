"""Products of many families from any seed, for checking error bounds on cases that were not used to choose constants."""

from itertools import pairwise

import numpy as np

__test__ = False


def _stable(rng, alpha, shape):
    angle, exponential = rng.uniform(-np.pi / 2, np.pi / 2, shape), rng.standard_exponential(shape)
    if alpha == 1:
        return np.tan(angle)
    middle = np.cos((1 - alpha) * angle) / exponential
    return np.sin(alpha * angle) / np.cos(angle) ** (1 / alpha) * middle ** ((1 - alpha) / alpha)


def _saturated(rng, depth, n, gain):
    slopes = 1 / np.cosh(np.clip(gain * rng.standard_normal((depth, n)), -16, 16)) ** 2  # down to 5e-14
    return slopes[:, :, None] * rng.standard_normal((depth, n, n))


def _near_identity(rng, depth, n):
    return np.eye(n) + 0.2 * rng.standard_normal((depth, n, n)) / np.sqrt(n)


def _one_bad(rng, depth, n):
    """Gaussian factors, one of them nearly singular."""
    factors = rng.standard_normal((depth, n, n))
    factors[depth // 2, :, 0] = factors[depth // 2, :, 1] + 1e-6 * factors[depth // 2, :, 0]
    return factors


def _rectangular(rng, depth, n):
    widths = [n, *rng.integers(n // 2, n, depth - 1), n]
    return [rng.standard_normal((b, a)) for a, b in pairwise(widths)]


# name -> (rng, depth, n) -> factors
FAMILIES = {
    "Gaussian": lambda rng, depth, n: rng.standard_normal((depth, n, n)),
    "stable 0.8": lambda rng, depth, n: _stable(rng, 0.8, (depth, n, n)),
    "stable 1": lambda rng, depth, n: _stable(rng, 1, (depth, n, n)),
    "stable 1.2": lambda rng, depth, n: _stable(rng, 1.2, (depth, n, n)),
    "stable 1.5": lambda rng, depth, n: _stable(rng, 1.5, (depth, n, n)),
    "stable 1.9": lambda rng, depth, n: _stable(rng, 1.9, (depth, n, n)),
    "tanh slopes": lambda rng, depth, n: _saturated(rng, depth, n, 2.0),
    "saturated slopes": lambda rng, depth, n: _saturated(rng, depth, n, 8.0),
    "near identity": _near_identity,
    "one nearly singular": _one_bad,
    "rectangular": _rectangular,
}


def _dependent(rng, depth, n, smallness, where):
    """Gaussian factors, those at `where` with two columns that differ by `smallness` only."""
    factors = rng.standard_normal((depth, n, n))
    for k in where(depth):
        factors[k, :, 0] = factors[k, :, 1] + smallness * factors[k, :, 0]
    return factors


def _slopes(rng, depth, n, decades):
    return 10.0 ** (-decades * rng.random((depth, n)) ** 2)


# factors of any condition number: by accident, on purpose, by slopes in their rows (D W) or in their columns (W D)
HARSH = {
    "one of condition 1e8": lambda rng, depth, n: _dependent(rng, depth, n, 1e-8, lambda depth: [depth // 2]),
    "one of condition 1e12": lambda rng, depth, n: _dependent(rng, depth, n, 1e-12, lambda depth: [depth // 2]),
    "two in a row of condition 1e15": lambda rng, depth, n: _dependent(
        rng, depth, n, 1e-15, lambda depth: [depth // 2, depth // 2 - 1]
    ),
    "all of condition 1e10": lambda rng, depth, n: _dependent(rng, depth, n, 1e-10, range),
    "slopes to 1e-14": lambda rng, depth, n: (
        _slopes(rng, depth, n, 14)[:, :, None] * rng.standard_normal((depth, n, n))
    ),
    "slopes to 1e-40": lambda rng, depth, n: (
        _slopes(rng, depth, n, 40)[:, :, None] * rng.standard_normal((depth, n, n))
    ),
    "slopes to 1e-14 of columns": lambda rng, depth, n: (
        _slopes(rng, depth, n, 14)[:, None, :] * rng.standard_normal((depth, n, n))
    ),
    "slopes to 1e-13, stable 0.8": lambda rng, depth, n: (
        _slopes(rng, depth, n, 13)[:, :, None] * _stable(rng, 0.8, (depth, n, n))
    ),
    "slopes to 1e-13, one of condition 1e9": lambda rng, depth, n: (
        _slopes(rng, depth, n, 13)[:, :, None] * _dependent(rng, depth, n, 1e-9, lambda depth: [depth // 2])
    ),
}
SIZES = ((6, 60), (12, 25), (20, 12), (30, 6), (40, 3))  # (n, depth)


def fresh_products(seed, sizes=SIZES):
    """Yield (name, list of factors) over all families and sizes."""
    for number, (family, make) in enumerate(FAMILIES.items()):
        for n, depth in sizes:
            rng = np.random.default_rng([seed, number, n, depth])
            yield f"{family} {n} x {depth}", list(make(rng, depth, n))
