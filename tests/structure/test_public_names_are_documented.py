"""Every public function and class has a docstring, with Parameters when it takes any; every kernel has a stub."""

import importlib
import inspect
import pkgutil
from pathlib import Path

import pytest

import rmt

PACKAGE = Path(rmt.__file__).parent
MODULES = sorted(
    name
    for _, name, _ in pkgutil.walk_packages([str(PACKAGE)], "rmt.")
    if not any(part.startswith("_") for part in name.split(".")[1:])
)


@pytest.mark.parametrize("name", MODULES)
def test_public_names_are_documented(name):
    module = importlib.import_module(name)
    assert module.__doc__, f"{name} has no docstring"
    assert hasattr(module, "__all__"), f"{name} has no __all__"
    problems = []
    for public in module.__all__:
        item = getattr(module, public)
        if not (inspect.isfunction(item) or inspect.isclass(item)):
            continue
        doc = inspect.getdoc(item) or ""
        if len(doc) < 20:
            problems.append(f"{public}: no docstring")
        elif inspect.isfunction(item) and inspect.signature(item).parameters and "Parameters" not in doc:
            problems.append(f"{public}: no Parameters section")
        elif inspect.isfunction(item) and "Returns" not in doc and "Yields" not in doc and "Raises" not in doc:
            problems.append(f"{public}: no Returns section")
    assert not problems, f"{name}: {problems}"


KERNELS = sorted(path.name.split(".")[0] for path in PACKAGE.glob("_*.so"))


def test_there_are_kernels():
    assert KERNELS


@pytest.mark.parametrize("kernel", KERNELS)
def test_every_kernel_has_a_stub(kernel):
    assert (PACKAGE / f"{kernel}.pyi").exists()
