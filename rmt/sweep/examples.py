"""Cell functions to try a sweep with: small, importable, and the ones that docs and tests use."""

from __future__ import annotations

import numpy as np

__all__ = ["mean_log_gain"]


def mean_log_gain(alpha: float, width: int, rng: np.random.Generator) -> dict[str, float]:
    r"""Mean logarithm of the singular values of one layer, :math:`\ln|\det W| / N`.

    Parameters
    ----------
    alpha : float
        Stability index of the weights.
    width : int
        N.
    rng : numpy Generator

    Returns
    -------
    dict
        ``gain``.

    Examples
    --------
    >>> round(mean_log_gain(2.0, 64, np.random.default_rng(1))["gain"], 1)
    -0.5
    """
    from rmt.ensembles import levy_matrix

    matrix = levy_matrix(width, alpha=alpha, rng=rng)
    return {"gain": float(np.linalg.slogdet(matrix)[1]) / width}
