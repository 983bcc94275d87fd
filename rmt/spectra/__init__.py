"""Numerically exact spectra of matrix products: singular values and vectors, without forming the product."""

from rmt.spectra.singular import ProductSingularValues, ProductSVD, product_singular_values, product_svd

__all__ = ["ProductSVD", "ProductSingularValues", "product_singular_values", "product_svd"]
