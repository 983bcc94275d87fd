"""Parameter sweeps that survive kill -9 and give the same numbers on one core and on a cluster.

A :class:`Sweep` is a function, a grid and a directory. Every cell of the grid becomes one immutable file, written by rename
under a hash of everything it depends on; running again computes what is missing, on any ``concurrent.futures.Executor``.
"""

from rmt.sweep.config import sweep_from_toml
from rmt.sweep.grid import Grid
from rmt.sweep.run import RunReport
from rmt.sweep.store import SetAside, Store, StoreError
from rmt.sweep.sweep import Sweep

__all__ = ["Grid", "RunReport", "SetAside", "Store", "StoreError", "Sweep", "sweep_from_toml"]
