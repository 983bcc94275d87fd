"""Cell functions of the sweep tests; a module of its own, because workers must be able to import it."""

import os
import signal
import time

import numpy as np


def gain(alpha, depth, rng):
    """A few numbers that depend on everything they should."""
    values = rng.standard_normal(50) * depth
    return {"mean": alpha + values.mean(), "values": values, "label": f"a{alpha}"}


def square(x, rng):
    return x * x


def noise(x, rng):
    return {"value": rng.normal(x, 1.0)}


def slow(x, rng):
    time.sleep(0.004)
    return rng.standard_normal(200)


def millisecond(x, rng):
    end = time.perf_counter() + 0.001
    while time.perf_counter() < end:
        pass
    return x


def large(x, rng):
    return rng.standard_normal(4000)


def fails_at_three(x, rng):
    if x == 3:
        raise RuntimeError("three is not allowed")
    return x


def dies_at_three(x, rng):
    if x == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    return x


def threads(x, rng):
    """The number of BLAS threads inside a cell."""
    from threadpoolctl import threadpool_info

    np.ones((4, 4)) @ np.ones((4, 4))
    return max(pool["num_threads"] for pool in threadpool_info())


def interrupts_itself(x, rng):
    if x == 2:
        os.kill(os.getpid(), signal.SIGINT)
    return x


def returns_objects(x, rng):
    return {"value": object()}


def wants_no_stream(x):
    return x
