"""Sweeps against joblib.Memory, which many use for the same purpose (results on disk, found again by their arguments).

Seconds of processor time a cell; the cell itself is a busy wait of 1 ms, which is taken off. Resume is the time to find all
cells again: here each is read and its checksum verified, joblib only looks for the directory's metadata.
"""

import tempfile
import time
from pathlib import Path

import joblib

from rmt.sweep import Sweep

CELLS = 10_000
BUSY = 0.001


def busy(x, rng=None):
    """The cell: a millisecond of work."""
    end = time.process_time() + BUSY
    while time.process_time() < end:
        pass
    return float(x)


def seconds(action):
    """Processor time of an action."""
    start = time.process_time()
    action()
    return time.process_time() - start


def benchmark():
    """Overhead of a cell, and resuming."""
    with tempfile.TemporaryDirectory() as folder:
        store = Path(folder) / "store"

        def run():
            search = [str(Path(__file__).parent)]
            return Sweep("bench_workflow:busy", {"x": range(CELLS)}, store=store, search=search).run()

        ours, again = seconds(run), seconds(run)
    with tempfile.TemporaryDirectory() as folder:
        memory = joblib.Memory(folder, verbose=0)
        cached = memory.cache(busy, ignore=["rng"])

        def walk():
            for x in range(CELLS):
                cached(x)

        peer, peer_again = seconds(walk), seconds(walk)
    overhead, peer_overhead = ours / CELLS - BUSY, peer / CELLS - BUSY
    return [
        {
            "what": f"overhead of a cell, s ({CELLS} cells of 1 ms)",
            "ours": overhead,
            "peer": peer_overhead,
            "ratio": peer_overhead / overhead,
            "target": "< 0.005 s",
        },
        {
            "what": f"finding {CELLS} finished cells again, s",
            "ours": again,
            "peer": peer_again,
            "ratio": peer_again / again,
            "target": "< 2 s",
        },
    ]
