"""Fixtures of all tests. `RMT_TEST_SEED` reruns every statistical test on other random numbers."""

import numpy as np
import pytest
from statistical import test_seed


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
