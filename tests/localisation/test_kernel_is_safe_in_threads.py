"""The moment kernel releases the interpreter lock: ten threads give the serial answer bit for bit."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np

from rmt.localisation import log_weights, vector_moments


def test_ten_threads_equal_the_serial_answer(rng):
    vectors = rng.standard_normal((257, 19)) + 1j * rng.standard_normal((257, 19))
    q = np.linspace(-2, 3, 31)
    serial, weights = vector_moments(vectors, q), log_weights(vectors)

    def same(_):
        ours = vector_moments(vectors, q)
        equal = np.array_equal(ours.log_moments, serial.log_moments) and np.array_equal(
            ours.mean_logs, serial.mean_logs
        )
        return equal and np.array_equal(log_weights(vectors), weights)

    with ThreadPoolExecutor(10) as pool:
        assert all(pool.map(same, range(200)))
