"""Whether a program can be started under MPI here."""

import functools
import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

# The launcher installed beside the interpreter belongs to the MPI library there; one of the system may not.
PATH = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"


@functools.lru_cache(maxsize=1)
def missing_mpi() -> str | None:
    """Why not, or None if it can."""
    launcher = shutil.which("mpiexec", path=PATH)
    if launcher is None or importlib.util.find_spec("mpi4py") is None:
        return "needs mpi4py and mpiexec"
    command = [launcher, "-n", "1", sys.executable, "-c", "from mpi4py import MPI"]
    found = subprocess.run(command, capture_output=True, text=True, timeout=120)
    return found.stderr.strip().splitlines()[-1] if found.returncode else None
