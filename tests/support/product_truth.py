"""Multiprecision truth for the spectra of products, by python-flint.

Every product of some factors carries as many bits as their condition numbers add up to, and `spare` more: an error of one
unit of it then moves no logarithm of a singular value by more than 2^-spare (times the condition of the eigenvectors for
eigenvalues). Two values of `spare` must agree where the truth is stored.
"""

import math
from itertools import combinations

import numpy as np

__test__ = False


def _bits(factor):
    """log2 of the condition number of one factor; rmt chooses the precision here and enters nowhere else."""
    from rmt.spectra import product_singular_values

    result = product_singular_values([factor])
    logs = result.log_values[: result.rank]
    return 2 + int((logs[0] - logs[-1]) / math.log(2)) if result.rank else 2


def _tree(factors, bits, spare):
    """A_L ... A_1 by halves: the long numbers are multiplied log L times, not L times."""
    import flint

    if len(factors) == 1:
        return flint.arb_mat(*factors[0].shape, [flint.arb(float(x)) for x in np.ravel(factors[0])])
    half = len(factors) // 2
    first, second = _tree(factors[:half], bits[:half], spare), _tree(factors[half:], bits[half:], spare)
    flint.ctx.prec = sum(bits) + spare
    return (second * first).mid()


def _product(factors, spare):
    factors = list(factors)
    return _tree(factors, [_bits(factor) for factor in factors], spare)


def _squared(column):
    return (column.transpose() * column)[0, 0].mid()


def _triangle(columns):
    """Rows of R as columns, of A = Q R, by modified Gram-Schmidt (R is stable; Q, which may not be orthogonal, is not kept)."""
    import flint

    rows, count = [], len(columns)
    while columns:
        first, height = columns[0], columns[0].nrows()
        rest = flint.arb_mat(len(columns), height, [x for column in columns for x in column.entries()]).transpose()
        size = _squared(first)
        if size == 0:
            products = flint.arb_mat(1, len(columns))
        else:
            products = (first.transpose() * rest).mid()
            rest = (rest - first * (products * (1 / size))).mid()
            products = (products * (1 / size.sqrt())).mid()
        rows.append(flint.arb_mat(count, 1, [flint.arb(0)] * (count - len(columns)) + products.entries()))
        columns = [flint.arb_mat(height, 1, column) for column in rest.transpose().tolist()[1:]]
    return rows


def _rotate(columns, i, j, size, tolerance):
    """Make two columns orthogonal; False if they were."""
    overlap = (columns[i].transpose() * columns[j])[0, 0].mid()
    if overlap * overlap <= size[i] * size[j] * tolerance:
        return False
    ratio = ((size[j] - size[i]) / (2 * overlap)).mid()
    tangent = 1 / (abs(ratio) + (1 + ratio * ratio).sqrt())
    tangent = (-tangent if ratio < 0 else tangent).mid()
    cosine = (1 / (1 + tangent * tangent).sqrt()).mid()
    sine = cosine * tangent
    one, two = columns[i], columns[j]
    columns[i], columns[j] = (one * cosine - two * sine).mid(), (one * sine + two * cosine).mid()
    size[i], size[j] = _squared(columns[i]), _squared(columns[j])
    return True


def log_singular_values(factors, spare=300):
    """ln s descending: two QR, then one-sided Jacobi until all cosines are below 1e-25."""
    import flint

    product = _product(factors, spare)
    product = product if product.ncols() <= product.nrows() else product.transpose()
    columns = [flint.arb_mat(product.nrows(), 1, column) for column in product.transpose().tolist()]
    columns = _triangle(_triangle(columns))
    size = [_squared(column) for column in columns]
    tolerance = flint.arb(2) ** -166
    while any([_rotate(columns, i, j, size, tolerance) for i, j in combinations(range(len(columns)), 2)]):
        pass
    return np.sort([0.5 * float(x.log()) if x > 0 else -math.inf for x in size])[::-1]


def _argument(z):
    """0 or pi for a real eigenvalue, whose computed imaginary part is rounding noise of either sign."""
    if float(abs(z.imag / abs(z))) < 1e-60:
        return 0.0 if float((z.real / abs(z)).mid()) > 0 else math.pi
    return float(z.arg())


def log_eigenvalues(factors, spare=300):
    """(ln|lambda| descending, argument)."""
    import flint

    values = flint.acb_mat(_product(factors, spare)).eig(algorithm="approx")
    # conjugate pairs stay together, + first: their moduli may differ in the last digit
    pairs = sorted(((float(abs(z).log()), _argument(z)) for z in values), key=lambda p: (-round(p[0], 9), -p[1]))
    return np.array([p[0] for p in pairs]), np.array([p[1] for p in pairs])
