"""What a sweep computes: an importable function, its version and its source; the hash of a cell follows from these."""

from __future__ import annotations

import ast
import dataclasses
import functools
import hashlib
import importlib
import inspect
import sys
import textwrap
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from rmt._random import canonical_json, cell_seed

__all__ = ["Definition", "define", "resolve"]

FORMAT = 1  # of the files; a change makes old stores unreadable


def resolve(reference: str, search: tuple[str, ...] = ()) -> Callable[..., Any]:
    """The function ``"module:name"``; ``search`` holds further directories to import from.

    Parameters
    ----------
    reference : str
    search : tuple of str

    Returns
    -------
    callable
    """
    if not isinstance(reference, str) or reference.count(":") != 1 or not all(reference.split(":")):
        raise ValueError(f"function = {reference!r} must be a function or 'module:name'")
    return _resolve(reference, search)


@functools.lru_cache(maxsize=64)
def _resolve(reference: str, search: tuple[str, ...]) -> Callable[..., Any]:
    module_name, name = reference.split(":")
    for folder in search:
        if folder not in sys.path:
            sys.path.append(folder)
    try:
        found: Any = importlib.import_module(module_name)
    except ModuleNotFoundError as error:
        raise ValueError(f"function = {reference!r}: there is no module {error.name!r}") from None
    _refuse_namesake(reference, module_name, search)
    for part in name.split("."):
        if not hasattr(found, part):
            raise ValueError(f"function = {reference!r}: module {module_name!r} has no {name!r}")
        found = getattr(found, part)
    if not callable(found):
        raise ValueError(f"function = {reference!r} is not a function")
    return found


def _refuse_namesake(reference: str, module_name: str, search: tuple[str, ...]) -> None:
    """A module of that name that Python finds elsewhere hides the one in ``search``: its numbers would be another's."""
    top = module_name.partition(".")[0]
    loaded = getattr(sys.modules[top], "__file__", None)
    for folder in map(Path, search):
        for meant in (folder / f"{top}.py", folder / top / "__init__.py"):
            if not meant.is_file():
                continue
            if loaded is None or not meant.samefile(loaded):
                raise ValueError(
                    f"function = {reference!r}: Python finds the module {top!r} at {loaded or 'no file'}, not at {meant}; "
                    "give the file another name"
                )
            return


def _reference_of(function: Callable[..., Any]) -> str:
    """``module:name``; the main script goes by the name of its file, under which it can be imported."""
    module, name = getattr(function, "__module__", None), getattr(function, "__qualname__", None)
    if not module or not name or "<" in name:
        raise ValueError(
            f"function = {function!r} must be defined at the top of a module, so that workers can import it"
        )
    if module == "__main__":
        main = sys.modules["__main__"]
        spec = getattr(main, "__spec__", None)
        module = spec.name if spec else Path(getattr(main, "__file__", "interactive")).stem
    return f"{module}:{name}"


def _source_digest(function: Callable[..., Any]) -> str | None:
    """Hash of the source without comments, layout and docstrings; None if there is no source to be had."""
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    except (OSError, TypeError, SyntaxError):
        return None
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.ClassDef | ast.AsyncFunctionDef) and ast.get_docstring(node):
            node.body = node.body[1:] or [ast.Pass()]
    return hashlib.sha256(ast.unparse(tree).encode()).hexdigest()[:16]


@dataclasses.dataclass(frozen=True)
class Definition:
    """Everything a cell depends on besides its own parameters.

    Parameters
    ----------
    function : str
        ``module:name``.
    version : str
    seed : int
    names : tuple of str
    realisations : int or None
    target : tuple of (str, float) or None
        Quantity and the standard error at which a cell may stop.
    minimum : int
        Realisations before a cell may stop.
    source : str or None
        Digest of the function's source.
    """

    function: str
    version: str
    seed: int
    names: tuple[str, ...]
    realisations: int | None
    target: tuple[str, float] | None
    minimum: int
    source: str | None

    def content(self) -> dict[str, Any]:
        """What ``sweep.json`` holds."""
        content = dataclasses.asdict(self)
        return {"format": FORMAT, **content, "names": sorted(self.names)}

    @functools.cached_property
    def _hashed(self) -> dict[str, Any]:
        return {name: value for name, value in self.content().items() if name not in ("source", "names")}

    @functools.cached_property
    def identity(self) -> str:
        """Hash of what makes cells of this sweep differ from those of another; the source is compared separately."""
        return hashlib.sha256(canonical_json(self._hashed).encode()).hexdigest()[:16]

    @functools.cached_property
    def _prefix(self) -> bytes:
        """The part of the hashed text that all cells share."""
        return canonical_json(self._hashed).encode() + b" "

    def key(self, parameters: Mapping[str, Any]) -> str:
        """The name of a cell's file: a hash of the definition and the parameters."""
        return hashlib.sha256(self._prefix + canonical_json(parameters).encode()).hexdigest()[:32]

    def seed_of(self, parameters: Mapping[str, Any]) -> np.random.SeedSequence:
        """The seed of a cell: a function of root seed, function, version and parameters, never of the position."""
        content = {"function": self.function, "version": self.version, "parameters": dict(parameters)}
        return cell_seed(self.seed, content)


def define(
    function: Callable[..., Any] | str,
    search: tuple[str, ...],
    names: tuple[str, ...],
    **options: Any,
) -> tuple[Definition, Callable[..., Any]]:
    """The definition of a sweep and the function it calls.

    Parameters
    ----------
    function : callable or str
    search : tuple of str
    names : tuple of str
        The parameters, which the function must accept by name, along with ``rng``.
    **options
        The other fields of :class:`Definition`.

    Returns
    -------
    Definition
    callable
    """
    if isinstance(function, str):
        found, reference = resolve(function, search), function
    elif callable(function):
        found, reference = function, _reference_of(function)
    else:
        raise ValueError(f"function = {function!r} must be a function or 'module:name'")
    _check_signature(found, reference, names)
    return Definition(function=reference, names=names, source=_source_digest(found), **options), found


def _check_signature(function: Callable[..., Any], reference: str, names: tuple[str, ...]) -> None:
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):
        return  # some builtins have none; calling them will tell
    try:
        signature.bind(**dict.fromkeys(names), rng=None)
    except TypeError as error:
        raise ValueError(
            f"function = {reference!r} cannot be called with {', '.join([*names, 'rng'])}: {error}"
        ) from None
