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
