"""Portable test matrices of products: bit for bit from raw 64-bit PCG64 words and correctly rounded arithmetic."""

import hashlib
import math

import numpy as np

__test__ = False


def raw(seed, shape):
    return np.random.PCG64(seed).random_raw(math.prod(shape)).reshape(shape)


def u01(words):
    return ((words >> np.uint64(11)).astype(np.float64) + 0.5) * 2.0**-53


def irwin_hall(seed, depth, n, m):
    """Variance 1, light tails."""
    words = raw(seed, (12, depth, n, m))
    total = np.zeros((depth, n, m))
    for k in range(12):
        total += u01(words[k])
    return total - 6.0


def pareto(seed, depth, n, m, alpha):
    """Symmetric Pareto entries with tail index alpha in {1, 4/3, 8/5}."""
    words = raw(seed, (depth, n, m))
    u = u01(words)
    sign = np.where(words & np.uint64(1), 1.0, -1.0)
    if alpha == 1:
        return sign * (1.0 / u)
    if alpha == 4 / 3:
        return sign * (1.0 / np.sqrt(u * np.sqrt(u)))
    return sign * (1.0 / (np.sqrt(u) * np.sqrt(np.sqrt(np.sqrt(u)))))


def profile(seed, depth, n):
    """Strongly graded diagonals u^12."""
    u = u01(raw(seed, (depth, n)))
    d = u * u * u
    return d * d * d * d


def permscale(seed, depth, n):
    """Scaled permutations: all eigenvalues of one modulus."""
    words = raw(seed, (depth, n, 2))
    out = np.zeros((depth, n, n))
    for k in range(depth):
        p = np.argsort(words[k, :, 0], kind="stable")
        for i in range(n):
            word = int(words[k, i, 1])
            out[k, i, p[i]] = (1.0 if word >> 40 & 1 else -1.0) * 2.0 ** (word % 9 - 4)
    return out


def digest(factors):
    return hashlib.sha256(np.ascontiguousarray(factors).tobytes()).hexdigest()[:16]


CASES = {
    "V1": (lambda: irwin_hall(11, 20, 4, 4), "9456b9d0ae55f2fc"),
    "V2": (lambda: pareto(12, 30, 5, 5, 1), "6c9bbc8b7c7362ad"),
    "V3": (lambda: profile(14, 40, 4)[:, :, None] * pareto(13, 40, 4, 4, 4 / 3), "28599efd2ff11e0e"),
    "V4": (lambda: irwin_hall(15, 2000, 3, 3), "61a6882efb36d062"),
    "V5": (lambda: pareto(16, 100, 4, 4, 8 / 5), "7651f49ac598c56d"),
    "V6": (lambda: permscale(17, 50, 6), "ced800c95e0cfd86"),
}

# name -> factors; truth in tests/reference/spectra_products.json
LARGE_CASES = {
    "Gaussian-like 24 x 30": lambda: irwin_hall(21, 30, 24, 24),
    "Gaussian-like 60 x 20": lambda: irwin_hall(22, 20, 60, 60),
    "Gaussian-like 10 x 1000": lambda: irwin_hall(23, 1000, 10, 10),
    "Gaussian-like 4 x 10000": lambda: irwin_hall(24, 10000, 4, 4),
    "tail 1, 30 x 20": lambda: pareto(25, 20, 30, 30, 1),
    "tail 4/3, 40 x 15": lambda: pareto(26, 15, 40, 40, 4 / 3),
    "tail 8/5, 12 x 200": lambda: pareto(27, 200, 12, 12, 8 / 5),
    "profile x tail 4/3, 20 x 20": lambda: profile(28, 20, 20)[:, :, None] * pareto(29, 20, 20, 20, 4 / 3),
    "profile x Gaussian-like 30 x 10": lambda: profile(30, 10, 30)[:, :, None] * irwin_hall(31, 10, 30, 30),
    "one Gaussian-like 40 x 1": lambda: irwin_hall(32, 1, 40, 40),
}
