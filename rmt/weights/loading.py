"""Weight matrices out of npz, npy, safetensors and onnx files, and a record of everything that was left out."""

from __future__ import annotations

import dataclasses
import fnmatch
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rmt.weights import readers

__all__ = ["FORMATS", "Model", "Skipped", "WeightsError", "as_model", "load"]

FORMATS: dict[str, Callable[[Path], dict[str, Any]]] = {
    ".npz": readers.read_npz,
    ".npy": readers.read_npy,
    ".safetensors": readers.read_safetensors,
    ".onnx": readers.read_onnx,
}


class WeightsError(ValueError):
    """A weights file or array that cannot be used; the message names the file and the reason in one line."""


@dataclasses.dataclass(frozen=True)
class Skipped:
    """An array that is not a weight matrix, and why.

    Parameters
    ----------
    name : str
    shape : tuple of int
    dtype : str
    reason : str
    """

    name: str
    shape: tuple[int, ...]
    dtype: str
    reason: str


class Model(dict[str, NDArray[np.float64]]):
    """Weight matrices by name: a dictionary ``{name: (out, in) float64 array}`` that knows its source.

    Attributes
    ----------
    source : str
        The file, or ``"arrays"``.
    skipped : list of Skipped
        What the source holds besides, and why it is not here.
    shapes : dict of str to tuple
        The shapes before kernels were flattened.
    """

    def __init__(
        self,
        matrices: Mapping[str, NDArray[np.float64]] | None = None,
        *,
        source: str = "arrays",
        skipped: Sequence[Skipped] = (),
        shapes: Mapping[str, tuple[int, ...]] | None = None,
    ) -> None:
        super().__init__(matrices or {})
        self.source = source
        self.skipped = list(skipped)
        self.shapes = dict(shapes or {})


def _natural(name: str) -> list[Any]:
    """Sort key under which layer 10 comes after layer 9."""
    return [(0, int(part), "") if part.isdigit() else (1, 0, part) for part in re.split(r"(\d+)", name) if part]


def _reason_to_skip(array: NDArray[Any]) -> str | None:
    if array.dtype.kind in "iub":
        return "not floating-point"
    if array.dtype.kind != "f":
        return f"of dtype {array.dtype}"
    if array.ndim < 2:
        return f"{array.ndim}-dimensional"
    if array.size == 0 or min(array.shape[0], array.size // array.shape[0]) < 2:
        return "a single row or column"
    return None


def _matrices(
    arrays: Mapping[str, Any], source: str, include: Sequence[str], exclude: Sequence[str], min_entries: int
) -> Model:
    model = Model(source=source)
    for name in sorted(arrays, key=_natural):
        array = np.asarray(arrays[name])
        reason = _reason_to_skip(array)
        if array.dtype.kind == "f" and not np.isfinite(array).all():
            where = tuple(int(i) for i in np.argwhere(~np.isfinite(array))[0])
            raise WeightsError(f"{source}: {name} holds {array[where]} at index {where}")
        if reason is None and include and not _matches(name, include):
            reason = "not among the names asked for"
        if reason is None and _matches(name, exclude):
            reason = "excluded by name"
        if reason is None and array.size < min_entries:
            reason = f"fewer than {min_entries} entries"
        if reason is not None:
            model.skipped.append(Skipped(name, tuple(array.shape), str(array.dtype), reason))
            continue
        model[name] = np.ascontiguousarray(array.reshape(array.shape[0], -1), dtype=np.float64)
        model.shapes[name] = tuple(array.shape)
    if not model:
        raise WeightsError(f"{source}: holds no matrix of floating-point numbers{_listing(model.skipped)}")
    return model


def _matches(name: str, patterns: Sequence[str]) -> bool:
    return any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns)


def _listing(skipped: Sequence[Skipped]) -> str:
    if not skipped:
        return " (it is empty)"
    shown = ", ".join(f"{item.name} {item.dtype}{list(item.shape)} is {item.reason}" for item in skipped[:3])
    return f" ({shown}{', ...' if len(skipped) > 3 else ''})"


def load(path: str | Path, *, include: Sequence[str] = (), exclude: Sequence[str] = (), min_entries: int = 0) -> Model:
    """Read the weight matrices of a file.

    Parameters
    ----------
    path : str or Path
        ``.npz``, ``.npy``, ``.safetensors`` (extra ``rmt[weights]``) or ``.onnx`` (extra ``rmt[onnx]``: initialisers and
        constants, subgraphs too; weights that act as x W are transposed, so that rows are outputs).
    include, exclude : sequence of str
        Shell patterns for names, e.g. ``exclude=["stft_conv*"]`` for a layer that was never trained.
    min_entries : int
        Leave out smaller matrices.

    Returns
    -------
    Model
        ``{name: (out, in) array}``, sorted by name; a convolution kernel (out, in, k, k) becomes (out, in k k). Arrays that
        are no matrices (biases, integers, single rows) are listed in ``.skipped`` with the reason.

    Raises
    ------
    WeightsError
        A ValueError whose one line names the file and the reason: missing, truncated, of another format, NaN or infinity
        in any floating-point array, or no matrix of floating-point numbers in it.

    Examples
    --------
    >>> import tempfile, pathlib, numpy as np
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "w.npz"
    >>> np.savez(path, conv=np.ones((8, 4, 3, 3)), bias=np.zeros(8))
    >>> model = load(path)
    >>> {name: matrix.shape for name, matrix in model.items()}, [item.name for item in model.skipped]
    ({'conv': (8, 36)}, ['bias'])
    """
    source = Path(path)
    reader = FORMATS.get(source.suffix.lower())
    if reader is None:
        raise WeightsError(f"{source}: the suffix must be one of {', '.join(FORMATS)}")
    if not source.exists():
        raise WeightsError(f"{source}: there is no such file")
    if not source.is_file():
        raise WeightsError(f"{source}: is not a file")
    try:
        arrays = reader(source)
    except readers.Unreadable as error:
        raise WeightsError(f"{source}: {error}") from error
    except OSError as error:
        raise WeightsError(f"{source}: {error.strerror or error}") from error
    return _matrices(arrays, str(source), include, exclude, min_entries)


def as_model(source: Any, **options: Any) -> Model:
    """A :class:`Model` of a path, a mapping of arrays, one array or an object with ``state_dict()``.

    Parameters
    ----------
    source : str, Path, mapping of str to array_like, array_like or object
        Tensors of other libraries are read through ``numpy.asarray``.
    **options
        ``include``, ``exclude``, ``min_entries`` as in :func:`load`.

    Returns
    -------
    Model

    Raises
    ------
    WeightsError
        As in :func:`load`.
    """
    if isinstance(source, Model) and not options:
        return source
    if isinstance(source, str | Path):
        return load(source, **options)
    if hasattr(source, "state_dict"):
        source = {name: tensor.detach().cpu() for name, tensor in source.state_dict().items()}
    arrays = dict(_named(source))
    options = {"include": (), "exclude": (), "min_entries": 0, **options}
    return _matrices(arrays, getattr(source, "source", "arrays"), **options)


def _named(source: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(source, Mapping):
        yield from ((str(name), array) for name, array in source.items())
    else:
        yield "weights", source
