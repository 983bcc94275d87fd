"""A weights file that is missing, truncated, of another format, or holds what is no matrix is refused in one line."""

import json
import struct

import numpy as np
import pytest

from rmt.weights import WeightsError, as_model, load

safetensors = pytest.importorskip("safetensors.numpy")
GOOD = np.random.default_rng(1).standard_normal((6, 5))


def refused(path, *words):
    with pytest.raises(WeightsError) as caught:
        load(path)
    message = str(caught.value)
    assert str(path) in message
    assert "\n" not in message
    for word in words:
        assert word in message
    return message


@pytest.mark.parametrize("suffix", [".npz", ".npy", ".safetensors", ".onnx"])
def test_missing_files_and_folders(tmp_path, suffix):
    refused(tmp_path / f"absent{suffix}", "no such file")
    (tmp_path / f"folder{suffix}").mkdir()
    refused(tmp_path / f"folder{suffix}", "not a file")


def test_unknown_suffix(tmp_path):
    refused(tmp_path / "w.pt", ".npz", ".safetensors")


def save(path):
    if path.suffix == ".npz":
        np.savez(path, a=GOOD, b=GOOD + 1)
    elif path.suffix == ".npy":
        np.save(path, GOOD)
    else:
        safetensors.save_file({"a": GOOD, "b": GOOD + 1}, path)
    return path


@pytest.mark.parametrize("suffix", [".npz", ".npy", ".safetensors"])
def test_every_truncation_is_refused(tmp_path, suffix):
    whole = save(tmp_path / f"whole{suffix}").read_bytes()
    cut = tmp_path / f"cut{suffix}"
    for length in sorted({0, 1, 5, 6, 7, 8, 9, 20, *range(40, len(whole), 37), len(whole) - 1}):
        cut.write_bytes(whole[:length])
        refused(cut)


@pytest.mark.parametrize("suffix", [".npz", ".npy", ".safetensors"])
@pytest.mark.parametrize("content", [b"", b"hello, this is text\n" * 40, b"\x00" * 500, b"\xff" * 500])
def test_other_formats_are_refused(tmp_path, suffix, content):
    path = tmp_path / f"w{suffix}"
    path.write_bytes(content)
    refused(path)


def test_formats_under_each_others_name_are_refused(tmp_path):
    for first in (".npz", ".npy", ".safetensors"):
        content = save(tmp_path / f"first{first}").read_bytes()
        for second in (".npz", ".npy", ".safetensors"):
            if first != second:
                path = tmp_path / f"second{second}"
                path.write_bytes(content)
                refused(path)


def test_a_damaged_byte_in_an_archive_is_found(tmp_path):
    content = bytearray(save(tmp_path / "w.npz").read_bytes())
    content[250] ^= 1  # inside the numbers of the first array: the checksum of the archive no longer fits
    (tmp_path / "w.npz").write_bytes(content)
    refused(tmp_path / "w.npz", "truncated or damaged")


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("place", ["matrix", "bias"])
def test_values_that_are_not_finite_are_refused(tmp_path, value, place):
    arrays = {"matrix": GOOD.copy(), "bias": np.zeros(6)}
    arrays[place][(2, 1) if place == "matrix" else (2,)] = value
    np.savez(tmp_path / "w.npz", **arrays)
    refused(tmp_path / "w.npz", place, str(value), "(2")


@pytest.mark.parametrize(
    ("array", "reason"),
    [
        (np.arange(12).reshape(3, 4), "not floating-point"),
        (np.ones((3, 4), dtype=bool), "not floating-point"),
        (np.ones(4), "1-dimensional"),
        (np.float64(3.0), "0-dimensional"),
        (np.ones((1, 9)), "a single row or column"),
        (np.ones((9, 1)), "a single row or column"),
        (np.ones((0, 4)), "a single row or column"),
        (np.ones((3, 4), dtype=complex), "complex"),
    ],
)
def test_files_without_a_matrix_are_refused_and_mixed_files_say_what_was_skipped(tmp_path, array, reason):
    np.savez(tmp_path / "only.npz", x=array)
    refused(tmp_path / "only.npz", "no matrix", reason)
    np.savez(tmp_path / "mixed.npz", x=array, good=GOOD)
    model = load(tmp_path / "mixed.npz")
    assert list(model) == ["good"]
    assert [(item.name, reason in item.reason) for item in model.skipped] == [("x", True)]


def test_pickles_are_never_opened(tmp_path):
    np.savez(tmp_path / "w.npz", x=np.array([[{}, {}], [{}, {}]], dtype=object))
    refused(tmp_path / "w.npz", "Python objects")
    np.save(tmp_path / "w.npy", np.array([[{}, {}], [{}, {}]], dtype=object))
    refused(tmp_path / "w.npy", "Python objects")


def test_an_empty_archive_is_refused(tmp_path):
    np.savez(tmp_path / "w.npz")
    refused(tmp_path / "w.npz", "empty")


def test_unknown_tensor_types_are_refused(tmp_path):
    header = json.dumps({"a": {"dtype": "F8_E4M3", "shape": [2, 2], "data_offsets": [0, 4]}}).encode()
    (tmp_path / "w.safetensors").write_bytes(struct.pack("<Q", len(header)) + header + b"\0" * 4)
    refused(tmp_path / "w.safetensors", "F8_E4M3")


def test_arrays_are_checked_like_files():
    with pytest.raises(WeightsError, match="holds nan"):
        as_model({"a": [[1.0, np.nan], [0.0, 1.0]]})
    with pytest.raises(WeightsError, match="1-dimensional"):
        as_model(np.ones(3))
