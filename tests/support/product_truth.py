"""Multiprecision truth for the spectra of products: python-flint's matrices, two precisions that must agree."""

import math

import numpy as np

__test__ = False


def _product(factors, bits):
    import flint

    flint.ctx.prec = bits
    product = None
    for factor in factors:
        matrix = flint.arb_mat(factor.shape[0], factor.shape[1], [flint.arb(float(x)) for x in np.ravel(factor)])
        product = matrix if product is None else matrix * product
        product = product.mid() if hasattr(product, "mid") else product
    return product


def needed_bits(factors):
    """Three times the range of the product plus 500: P^T P at twice the range in bits was seen to be silently wrong."""
    from rmt.spectra import product_singular_values

    result = product_singular_values(factors)
    logs = result.log_values[: result.rank]
    return int(3 * (logs[0] - logs[-1]) / math.log(2) + 500 + 2 * len(factors))


def _eig(matrix, bits):
    import flint

    flint.ctx.prec = bits
    return flint.acb_mat(matrix).eig(algorithm="approx")


def _log_abs(z):
    return float(abs(z).log())


def _argument(z):
    """0 or pi for a real eigenvalue, whose computed imaginary part is rounding noise of either sign."""
    if float(abs(z.imag / abs(z))) < 1e-60:
        return 0.0 if float((z.real / abs(z)).mid()) > 0 else math.pi
    return float(z.arg())


def log_eigenvalues(factors, bits=None):
    """(ln|lambda| descending, argument) at one precision."""
    bits = bits or needed_bits(factors)
    values = _eig(_product(factors, bits), bits)
    # conjugate pairs stay together, + first: their moduli may differ in the last digit
    pairs = sorted(((_log_abs(z), _argument(z)) for z in values), key=lambda p: (-round(p[0], 9), -p[1]))
    return np.array([p[0] for p in pairs]), np.array([p[1] for p in pairs])


def log_singular_values(factors, bits=None):
    """ln s descending at one precision."""
    bits = bits or needed_bits(factors)
    product = _product(factors, bits)
    small = product.transpose() * product if product.ncols() <= product.nrows() else product * product.transpose()
    return np.sort([0.5 * _log_abs(z) for z in _eig(small, bits)])[::-1]
