"""Runs the benchmarks: ``python tests/benchmarks/run.py [NAME ...]``, e.g. ``... run.py stable spectra``.

Each ``bench_NAME.py`` has one function ``benchmark() -> list[dict]``; a row holds at least ``what``, ``ours``, ``peer`` (both
seconds of CPU or per-item cost, measured in this run), ``ratio`` and ``target``. Nothing here is a timed test: machines differ,
ratios of one run are what can be compared.
"""

import argparse
import importlib.util
import os
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # one thread, before NumPy loads its BLAS

from tabulate import tabulate

HERE = Path(__file__).parent


def main() -> None:
    names = [path.stem.removeprefix("bench_") for path in sorted(HERE.glob("bench_*.py"))]
    parser = argparse.ArgumentParser(description="Run the benchmarks and print ratios of this run.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"which ones (all): {', '.join(names)}")
    chosen = parser.parse_args().names or names
    for name in chosen:
        if name not in names:
            parser.error(f"no benchmark {name!r}; there are {', '.join(names)}")
        spec = importlib.util.spec_from_file_location(name, HERE / f"bench_{name}.py")
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        print(f"\n## {name}\n\n{(module.__doc__ or '').strip()}\n")
        print(tabulate(module.benchmark(), headers="keys", tablefmt="github", floatfmt=".3g"), flush=True)


if __name__ == "__main__":
    main()
