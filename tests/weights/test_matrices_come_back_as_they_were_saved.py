"""Every format gives the same matrices: kernels flattened to (out, in k k), all floating-point widths widened exactly."""

import json
import struct

import numpy as np
import pytest

from rmt.weights import as_model, load

safetensors = pytest.importorskip("safetensors.numpy")


@pytest.fixture
def arrays(rng):
    return {
        "layer10.weight": rng.standard_normal((7, 5)),
        "layer9.weight": rng.standard_normal((5, 4)).astype(np.float32),
        "conv": rng.standard_normal((6, 3, 2, 2)).astype(np.float16),
        "bias": rng.standard_normal(5),
        "steps": np.arange(4),
    }


def check(model, arrays):
    assert list(model) == ["conv", "layer9.weight", "layer10.weight"]
    for name, matrix in model.items():
        assert matrix.dtype == np.float64
        assert matrix.flags.c_contiguous
        assert model.shapes[name] == arrays[name].shape
        assert np.array_equal(matrix, arrays[name].reshape(arrays[name].shape[0], -1).astype(float))
    assert {item.name: item.reason for item in model.skipped} == {
        "bias": "1-dimensional",
        "steps": "not floating-point",
    }


def test_npz_safetensors_and_mappings_agree(arrays, tmp_path):
    np.savez(tmp_path / "w.npz", **arrays)
    safetensors.save_file(arrays, tmp_path / "w.safetensors")
    for model in (load(tmp_path / "w.npz"), load(str(tmp_path / "w.safetensors")), as_model(arrays)):
        check(model, arrays)


def test_npy_is_named_after_the_file(arrays, tmp_path):
    np.save(tmp_path / "hidden.npy", arrays["conv"])
    model = load(tmp_path / "hidden.npy")
    assert list(model) == ["hidden"]
    assert model["hidden"].shape == (6, 12)
    assert as_model(model) is model


def test_bfloat16_is_widened_exactly(tmp_path):
    values = np.array([[1.0, -2.5], [3.140625, 2.0**-130]], dtype=np.float32)  # all representable in bfloat16
    data = (values.view(np.uint32) >> 16).astype("<u2").tobytes()
    header = json.dumps({"a": {"dtype": "BF16", "shape": [2, 2], "data_offsets": [0, len(data)]}}).encode()
    header += b" " * (-len(header) % 8)
    (tmp_path / "w.safetensors").write_bytes(struct.pack("<Q", len(header)) + header + data)
    assert np.array_equal(load(tmp_path / "w.safetensors")["a"], values.astype(float))


def test_names_can_be_chosen(arrays):
    assert list(as_model(arrays, include=["layer*"])) == ["layer9.weight", "layer10.weight"]
    model = as_model(arrays, exclude=["conv"], min_entries=30)
    assert list(model) == ["layer10.weight"]
    assert {item.name: item.reason for item in model.skipped}["conv"] == "excluded by name"
    assert {item.name: item.reason for item in model.skipped}["layer9.weight"] == "fewer than 30 entries"


def test_an_object_with_a_state_dict_is_read(arrays):
    class Tensor:
        def __init__(self, array):
            self.array = array

        def detach(self):
            return self

        def cpu(self):
            return self

        def __array__(self, dtype=None, copy=None):
            return self.array

    class Module:
        def state_dict(self):
            return {name: Tensor(array) for name, array in arrays.items()}

    check(as_model(Module()), arrays)


def test_onnx_gives_initialisers_constants_and_subgraphs(tmp_path, rng):
    onnx = pytest.importorskip("onnx")
    helper, float_type = onnx.helper, onnx.TensorProto.FLOAT

    def tensor(name, array):
        return onnx.numpy_helper.from_array(array.astype(np.float32), name)

    weights = {name: rng.standard_normal((4, 3)) for name in ("gemm", "gemm_t", "matmul", "inner")}
    kernel = rng.standard_normal((5, 2, 3, 3))
    constant = helper.make_node("Constant", [], ["inner"], value=tensor("anonymous", weights["inner"]))
    output = helper.make_tensor_value_info("inner", float_type, None)
    branch = helper.make_graph([constant], "branch", [], [output])
    nodes = [
        helper.make_node("Gemm", ["x", "gemm"], ["y1"], transB=0),
        helper.make_node("Gemm", ["x", "gemm_t"], ["y2"], transB=1),
        helper.make_node("MatMul", ["x", "matmul"], ["y3"]),
        helper.make_node("If", ["c"], ["y4"], then_branch=branch, else_branch=branch),
    ]
    initialisers = [tensor(name, weights[name]) for name in ("gemm", "gemm_t", "matmul")]
    initialisers += [tensor("kernel", kernel), tensor("bias", np.zeros(3))]
    graph = helper.make_graph(nodes, "g", [], [helper.make_tensor_value_info("y1", float_type, None)], initialisers)
    onnx.save(helper.make_model(graph), tmp_path / "w.onnx")
    model = load(tmp_path / "w.onnx")
    assert sorted(model) == ["gemm", "gemm_t", "inner", "inner#2", "kernel", "matmul"]
    assert model["gemm"].shape == model["matmul"].shape == (3, 4)
    assert model["gemm_t"].shape == model["inner"].shape == (4, 3)
    assert model["kernel"].shape == (5, 18)
    assert np.array_equal(model["matmul"], weights["matmul"].astype(np.float32).T)
    whole = (tmp_path / "w.onnx").read_bytes()
    for length in (0, 1, 10, len(whole) // 2, len(whole) - 1):
        (tmp_path / "cut.onnx").write_bytes(whole[:length])
        with pytest.raises(ValueError, match="onnx"):
            load(tmp_path / "cut.onnx")
