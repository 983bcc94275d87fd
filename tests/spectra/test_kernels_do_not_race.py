"""Ten threads give the serial answer bit for bit: every kernel releases the GIL and shares no state."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
from threadpoolctl import threadpool_limits

from rmt.spectra import product_eig, product_eigenvalues, product_singular_values, product_svd


def fingerprint(factors):
    svd, eig = product_svd(factors), product_eig(factors)
    # wider than 128: presorted panels; kept apart and over 1000 bits of range: the reduction without blocks
    wide = product_singular_values([np.kron(factor, np.eye(9)) + 0.01 for factor in factors[:2]])
    # one nearly singular factor: a panel in double-double arithmetic
    fine = product_singular_values([*factors, factors[0] * np.ldexp(1.0, -3 * np.arange(16))])
    assert fine.meta["refined"] > 0
    apart = product_eigenvalues(factors[:3], method="exact")
    ranged = product_eigenvalues([factor * np.ldexp(1.0, -6 * np.arange(16))[:, None] for factor in factors])
    arrays = (
        svd.log_values,
        svd.left,
        svd.right,
        svd.error,
        eig.log_modulus,
        eig.argument,
        eig.right,
        eig.error,
        wide.log_values,
        fine.log_values,
        fine.error,
        apart.log_modulus,
        ranged.log_modulus,
    )
    return b"".join(array.tobytes() for array in arrays)


def test_ten_threads(rng):
    chains = [[rng.standard_cauchy((16, 16)) for _ in range(12)] for _ in range(10)]
    with threadpool_limits(1):
        serial = [fingerprint(chain) for chain in chains]
        with ThreadPoolExecutor(10) as pool:
            for _ in range(3):
                assert list(pool.map(fingerprint, chains)) == serial
