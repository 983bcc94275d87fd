"""Fixtures of all tests. `RMT_TEST_SEED` reruns every statistical test on other random numbers."""

import os

# One BLAS thread: the tests run one process per core. Set before NumPy loads its BLAS.
for variable in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"):
    os.environ.setdefault(variable, "1")

import numpy as np  # noqa: E402
import pytest  # noqa: E402
from statistical import test_seed  # noqa: E402


@pytest.fixture
def rng(request):
    """A generator seeded by the suite's seed and the test's own name, so that tests do not depend on their order."""
    name = [ord(character) for character in request.node.name]
    return np.random.default_rng([test_seed(), *name])


@pytest.fixture(autouse=True)
def _mpmath_precision():
    """mpmath's precision is global: every test leaves it as it was."""
    import mpmath

    before = mpmath.mp.prec
    yield
    mpmath.mp.prec = before
