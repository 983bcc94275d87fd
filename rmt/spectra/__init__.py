"""Numerically exact spectra of matrix products: singular values, eigenvalues and vectors, without forming the product."""

from rmt.spectra.eigen import ProductEig, ProductEigenvalues, eig, product_eig, product_eigenvalues
from rmt.spectra.lyapunov import (
    CovariantVectors,
    FiniteTimeExponents,
    LyapunovExponents,
    covariant_vectors,
    finite_time_exponents,
    lyapunov_exponents,
)
from rmt.spectra.singular import ProductSingularValues, ProductSVD, product_singular_values, product_svd

__all__ = [
    "CovariantVectors",
    "FiniteTimeExponents",
    "LyapunovExponents",
    "ProductEig",
    "ProductEigenvalues",
    "ProductSVD",
    "ProductSingularValues",
    "covariant_vectors",
    "eig",
    "finite_time_exponents",
    "lyapunov_exponents",
    "product_eig",
    "product_eigenvalues",
    "product_singular_values",
    "product_svd",
]
