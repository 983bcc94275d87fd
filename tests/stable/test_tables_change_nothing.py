"""Tables give what the direct evaluation gives, to 5e-12, and say how far they are."""

import threading

import numpy as np
import pytest

from rmt.stable import AlphaStable, PositiveStable
from rmt.stable.tables import law_table

LAWS = [
    (0.2, 0.0),
    (0.5, 0.0),
    (0.9, 0.0),
    (1.0, 0.0),
    (1.5, 0.0),
    (1.95, 0.0),
    (2.0, 0.0),
    (0.3, 0.5),
    (0.7, 1.0),
    (0.7, -0.8),
]
LAWS += [(0.98, 0.4), (1.0, -0.5), (1.2, 1.0), (1.5, -0.5), (1.9, 0.9)]
KINDS = ("pdf", "logpdf", "cdf", "ccdf", "logcdf", "logccdf")


def compare(law, x):
    for kind in KINDS:
        direct, table = getattr(law, kind)(x, table=False), getattr(law, kind)(x, table=True)
        if kind.startswith("log"):
            scale = np.maximum(1.0, np.abs(direct))
            finite = np.isfinite(direct)
            np.testing.assert_array_equal(table[~finite], direct[~finite])
            error = np.abs(table[finite] - direct[finite]) / scale[finite]
        else:
            normal = direct > 1e-300
            error = np.abs(np.where(normal, table, 1.0) / np.where(normal, direct, 1.0) - 1.0)
        assert error.max() < 5e-12, kind


@pytest.mark.parametrize(("alpha", "beta"), LAWS)
def test_tables_change_nothing(alpha, beta, rng):
    law = AlphaStable(alpha, beta, loc=0.3, scale=2.0)
    x = np.concatenate(
        [law.sample(200, rng), 0.3 + 2 * np.sinh(rng.uniform(-15, 15, 150)), [-1e200, 0.3, 1e15, np.inf]]
    )
    compare(law, x)


@pytest.mark.parametrize("a", [0.05, 0.4, 0.75, 0.95])
def test_tables_of_the_positive_law(a, rng):
    compare(PositiveStable(a, 3.0), np.concatenate([PositiveStable(a, 3.0).sample(300, rng), [-1.0, 0.0, 1e-30]]))


def test_large_arrays_take_the_table_and_small_ones_do_not(rng):
    law = AlphaStable(1.62)
    before = law_table.cache_info()
    law.pdf(np.linspace(-1, 1, 1000))
    assert law_table.cache_info() == before
    x = np.linspace(-9, 9, 30_000)
    large = law.pdf(x)
    assert law_table.cache_info().misses == before.misses + 1
    np.testing.assert_allclose(large[::100], law.pdf(x[::100]), rtol=5e-12)
    np.testing.assert_array_equal(law.pdf(x[::100], table=False), law.pdf(x[::100]))


def test_a_table_knows_its_error():
    table = law_table(1.5, 0.5, AlphaStable(1.5, 0.5)._zeta)
    assert 0 < table.max_error < 1e-12


def test_ten_threads_give_the_serial_answer():
    law, x = AlphaStable(1.4, 0.3), np.linspace(-30, 30, 20_000)
    serial, found = law.pdf(x, table=True), [None] * 10

    def work(i):
        found[i] = law.pdf(x, table=True)

    threads = [threading.Thread(target=work, args=(i,)) for i in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for other in found:
        np.testing.assert_array_equal(other, serial)
