"""The house has floors: a module imports only from floors below its own (docs/design.md)."""

import ast
import subprocess
import sys
from importlib import util
from pathlib import Path

import pytest

FLOORS = [
    {"activations", "special", "symbolic", "stable"},
    {"meanfield", "spectra", "localisation"},
    {"laws", "ensembles", "criticality", "deeplinear"},
    {"cavity", "weights"},
    {"sweep", "compare", "tables", "plotting"},
    {"report", "papers"},
    {"cli"},
]
FLOOR = {room: floor for floor, rooms in enumerate(FLOORS, start=1) for room in rooms}
# On the workflow floor imports may go downwards in this order; `symbolic` holds SymPy forms of `special`.
SAME_FLOOR = {("compare", "sweep"), ("tables", "compare"), ("tables", "sweep"), ("symbolic", "special")}
SAME_FLOOR |= {("plotting", below) for below in ("sweep", "compare", "tables")}

PACKAGE = Path(util.find_spec("rmt").origin).parent
MODULES = sorted(path for path in PACKAGE.rglob("*.py"))
FORBIDDEN_AT_IMPORT = ["matplotlib", "sympy", "mpmath", "pandas", "xarray", "scipy.stats"]


def room_of(module: str) -> str | None:
    """`rmt.laws.product` -> `laws`; private helpers and kernels (`rmt._x`) and `rmt` itself -> None."""
    parts = module.split(".")
    if parts[0] != "rmt" or len(parts) == 1 or parts[1].startswith("_"):
        return None
    return parts[1]


def imports_of(path: Path) -> set[str]:
    found = set()
    module = ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts)
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                base = ".".join(module.split(".")[: -node.level] + ([base] if base else []))
            found |= {f"{base}.{alias.name}" for alias in node.names}
    return {name for name in found if name.startswith("rmt")}


def breach(importer: str | None, imported: str | None) -> bool:
    if imported is None or importer == imported:
        return False
    if importer is None:
        return True  # the ground floor imports no room
    return FLOOR[imported] >= FLOOR[importer] and (importer, imported) not in SAME_FLOOR


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_module_imports_only_from_floors_below(path):
    module = ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts).removesuffix(".__init__")
    if module in ("rmt", "rmt.__main__"):
        return
    importer = room_of(module)
    wrong = [name for name in imports_of(path) if breach(importer, room_of(name))]
    assert not wrong, f"{module} is on floor {FLOOR.get(importer, 0)} and may not import {wrong}"


def test_a_breach_is_found():
    assert breach("spectra", "laws")
    assert breach("laws", "ensembles")
    assert breach(None, "stable")
    assert not breach("laws", "special")
    assert not breach("tables", "compare")


def test_every_room_has_a_floor():
    rooms = {room_of(".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts)) for path in MODULES}
    assert rooms - {None, "__init__", "__main__", "py"} <= set(FLOOR)


def test_import_is_light():
    code = (
        "import sys, time; start = time.process_time(); import rmt; took = time.process_time() - start;"
        f"loaded = [name for name in {FORBIDDEN_AT_IMPORT} if name in sys.modules];"
        "print(took); assert not loaded, loaded; assert took < 0.3, took"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
