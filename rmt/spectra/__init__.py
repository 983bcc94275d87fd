"""Numerically exact spectra of matrix products: singular values, eigenvalues and vectors, without forming the product."""

from rmt.spectra.eigen import ProductEig, ProductEigenvalues, eig, product_eig, product_eigenvalues
from rmt.spectra.singular import ProductSingularValues, ProductSVD, product_singular_values, product_svd

__all__ = [
    "ProductEig",
    "ProductEigenvalues",
    "ProductSVD",
    "ProductSingularValues",
    "eig",
    "product_eig",
    "product_eigenvalues",
    "product_singular_values",
    "product_svd",
]
