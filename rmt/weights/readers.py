"""One reader a format: a file in, named arrays out, or one line why not."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["Unreadable", "read_npy", "read_npz", "read_onnx", "read_safetensors"]


class Unreadable(Exception):
    """Why a file cannot be read, without its name."""


def read_npz(path: Path) -> dict[str, NDArray[Any]]:
    """The arrays of an npz archive.

    Parameters
    ----------
    path : Path

    Returns
    -------
    dict of str to ndarray
    """
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.namelist()
        if any(not name.endswith(".npy") for name in members):
            raise Unreadable("is a zip archive but holds other things than NumPy arrays")
        with np.load(path, allow_pickle=False) as archive:
            return {name: archive[name] for name in archive.files}
    except zipfile.BadZipFile:
        raise Unreadable("is not an npz archive, or is truncated or damaged") from None
    except (ValueError, EOFError, zlib.error, KeyError) as error:
        raise Unreadable(_numpy_reason(error)) from None


def read_npy(path: Path) -> dict[str, NDArray[Any]]:
    """The one array of an npy file, under the stem of the file.

    Parameters
    ----------
    path : Path

    Returns
    -------
    dict of str to ndarray
    """
    with path.open("rb") as stream:
        if stream.read(6) != b"\x93NUMPY":
            raise Unreadable("is not an npy file")
    try:
        return {path.stem: np.load(path, allow_pickle=False)}
    except (ValueError, EOFError) as error:
        raise Unreadable(_numpy_reason(error)) from None


def _numpy_reason(error: Exception) -> str:
    message = str(error)
    if "allow_pickle" in message or "Object arrays" in message:
        return "holds Python objects, which are not read because they could run code"
    return f"is truncated or damaged ({' '.join(message.split())[:100] or type(error).__name__})"


# Types of the format that NumPy has no word for, widened by shifting bits.
_SAFETENSORS = {
    "F64": "<f8",
    "F32": "<f4",
    "F16": "<f2",
    "I64": "<i8",
    "I32": "<i4",
    "I16": "<i2",
    "I8": "i1",
    "U64": "<u8",
    "U32": "<u4",
    "U16": "<u2",
    "U8": "u1",
    "BOOL": "?",
}


def read_safetensors(path: Path) -> dict[str, NDArray[Any]]:
    """The tensors of a safetensors file; bfloat16 is widened to float32, which is exact.

    Parameters
    ----------
    path : Path

    Returns
    -------
    dict of str to ndarray
    """
    try:
        import safetensors
    except ModuleNotFoundError:
        raise Unreadable('reading safetensors needs the extra: pip install "rmt[weights]"') from None
    try:
        tensors = safetensors.deserialize(path.read_bytes())
    except safetensors.SafetensorError as error:
        raise Unreadable(f"is not a safetensors file, or is truncated ({' '.join(str(error).split())})") from None
    arrays = {}
    for name, tensor in tensors:
        kind, data = tensor["dtype"], bytes(tensor["data"])
        if kind == "BF16":
            array: NDArray[Any] = (np.frombuffer(data, "<u2").astype(np.uint32) << 16).view(np.float32)
        elif kind in _SAFETENSORS:
            array = np.frombuffer(data, _SAFETENSORS[kind])
        else:
            raise Unreadable(f"{name} is of type {kind}, which is not supported")
        arrays[name] = array.reshape(tensor["shape"])
    return arrays


def read_onnx(path: Path) -> dict[str, NDArray[Any]]:
    """Initialisers and constants of an ONNX model, those of subgraphs too.

    Weights of ``MatMul`` and untransposed ``Gemm`` act as x W: they are transposed, so that rows are outputs.

    Parameters
    ----------
    path : Path

    Returns
    -------
    dict of str to ndarray
    """
    try:
        import onnx
    except ModuleNotFoundError:
        raise Unreadable('reading onnx needs the extra: pip install "rmt[onnx]"') from None
    from google.protobuf.message import DecodeError

    try:
        model = onnx.load(str(path))
    except DecodeError:
        raise Unreadable("is not an onnx model, or is truncated") from None
    except (onnx.checker.ValidationError, ValueError) as error:
        raise Unreadable(f"cannot be read ({' '.join(str(error).split())[:100]})") from None
    if not model.graph.node and not model.graph.initializer:
        raise Unreadable("is not an onnx model, or is truncated")
    arrays: dict[str, NDArray[Any]] = {}
    for name, array in _onnx_tensors(model.graph, onnx):
        free = name
        count = 1
        while free in arrays:  # subgraphs may use a name again
            count += 1
            free = f"{name}#{count}"
        arrays[free] = array
    return arrays


def _onnx_tensors(graph: Any, onnx: Any) -> Iterator[tuple[str, NDArray[Any]]]:
    acting_from_the_right = set()
    for node in graph.node:
        transposed = any(attribute.name == "transB" and attribute.i for attribute in node.attribute)
        if (node.op_type == "MatMul" or (node.op_type == "Gemm" and not transposed)) and len(node.input) > 1:
            acting_from_the_right.add(node.input[1])

    def oriented(name: str, tensor: Any) -> tuple[str, NDArray[Any]]:
        array = onnx.numpy_helper.to_array(tensor)
        if array.dtype.kind not in "fiubc":  # bfloat16 and float8 come as types of ml_dtypes
            array = array.astype(np.float32)
        return name, array.T if name in acting_from_the_right and array.ndim == 2 else array

    for tensor in graph.initializer:
        yield oriented(tensor.name, tensor)
    for node in graph.node:
        for attribute in node.attribute:
            if attribute.type == onnx.AttributeProto.GRAPH:
                yield from _onnx_tensors(attribute.g, onnx)
            elif attribute.type == onnx.AttributeProto.GRAPHS:
                for inner in attribute.graphs:
                    yield from _onnx_tensors(inner, onnx)
            elif attribute.type == onnx.AttributeProto.TENSOR and node.op_type == "Constant":
                yield oriented(node.output[0], attribute.t)
