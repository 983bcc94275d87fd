"""The tail of the entries: Hill's index with its error."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from rmt._checks import check_array, check_real

__all__ = ["hill_index"]


def hill_index(values: ArrayLike, *, fraction: float = 0.01) -> tuple[float, float, int]:
    r"""Hill's estimate of the index a of a tail P(\|x\| > t) ~ t^-a.

    .. math:: 1/\hat a = \frac1k\sum_{i=1}^{k}\ln\frac{|x|_{(i)}}{|x|_{(k+1)}}, \qquad \mathrm{se}(\hat a) = \hat a/\sqrt k

    Parameters
    ----------
    values : array_like
        At least 50 numbers.
    fraction : float
        Share of the largest moduli that is used, in (0, 0.5]; at least 10 values.

    Returns
    -------
    index : float
        Infinite if the largest values are all equal.
    stderr : float
        For independent values; weights of one row often are not.
    count : int
        k.

    Raises
    ------
    ValueError
        If there are too few values, or so many zeros that the tail begins at zero.

    Notes
    -----
    The estimate is biased where the tail is not yet a power: exact stable values of alpha = 1.7 give 1.6 at one per cent, a
    Gaussian gives about 9 although it has no power tail at all. Set it beside the Gaussian null of :func:`fit_layers`.

    Examples
    --------
    >>> import numpy as np
    >>> index, stderr, count = hill_index(np.random.default_rng(1).pareto(2.5, 20000) + 1)
    >>> abs(index - 2.5) < 4 * stderr, count
    (True, 200)
    """
    x = np.abs(check_array("values", values, min_size=50).ravel())
    fraction = check_real("fraction", fraction, low=0.0, high=0.5, low_open=True)
    count = max(10, math.ceil(fraction * x.size))
    top = np.sort(np.partition(x, x.size - count - 1)[-count - 1 :])
    if top[0] == 0.0:
        raise ValueError(f"values: fewer than {count + 1} differ from zero, there is no tail to fit")
    mean = float(np.mean(np.log(top[1:] / top[0])))
    index = 1 / mean if mean > 0 else math.inf
    return index, index / math.sqrt(count), count
