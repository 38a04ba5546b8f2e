"""Files of `torch.save`: a state_dict is read, without PyTorch; all else is refused."""

import io
import pickle
import zipfile

import numpy as np
import pytest
from support import pickles, torch_files
from support.archives import zipped
from support.nets import random_arrays, same_bits, state_dict
from support.pickles import a_global, call, pickled, push
from support.refusals import refusal_of
from support.torch_files import HOOKS, storage, tensor, torch_file

from mnist_cli import load_images
from mnist_cli.weights.formats import SAVE_STATE_DICT
from mnist_cli.weights.weights_file import parse_weights

TENSORS = state_dict(["fc0."], 784, 10)


def test_a_state_dict_is_read_bit_for_bit():
    sizes = 784, 20, 10
    for root, dtype, wide in (("net", "f4", "f4"), ("archive", "f8", "f8"), ("a" * 60, "f2", "f4")):
        tensors = state_dict(["fc0.", "fc1."], *sizes, dtype=dtype)
        file = parse_weights(
            torch_file(tensors | {"n.num_batches_tracked": np.array(3)}, root=root)
        )
        expected = {
            name: each.astype(wide) for name, each in random_arrays(*sizes, dtype=dtype).items()
        }
        assert same_bits(file.arrays, expected)
        assert (file.format, file.has_book_names, file.known_activation) == ("pytorch", False, None)


def test_a_view_is_read_as_what_it_shows():
    W, b = np.random.default_rng(1).normal(size=(784, 10)).astype("f4"), TENSORS["fc0.bias"]
    both = np.concatenate([b, b[:3], W.ravel()])  # transposed, and behind others in a storage
    changed = {
        "fc0.weight": tensor(storage("0", both.size), (10, 784), (1, 10), offset=13),
        "fc0.bias": tensor(storage("0", both.size), (10,), (1,)),
    }
    found = parse_weights(torch_file({"fc0.weight": both}, changed=changed)).arrays
    assert same_bits(found, {"W1": W, "b1": b})


HOSTILE = {
    "another global": call(a_global("os", "system"), push("exit 3")),
    "a parameter": call(a_global("torch._utils", "_rebuild_parameter"), push(1)),
    "a list": pickle.EMPTY_LIST,
    "a dictionary in place of a tensor": HOOKS,
    "a number in place of a tensor": push(7),
    "a storage in place of a tensor": storage("1", 10),
    "no hooks": tensor(storage("1", 10), (10,), (1,), hooks=push(None)),
    "another persistent id": tensor(storage("1", 10, what="module"), (10,), (1,)),
    "another storage": tensor(storage("1", 10, "QInt8Storage"), (10,), (1,)),
    "a global for a storage": tensor(call(torch_files.REBUILD, push(1)), (10,), (1,)),
    "a storage that is not there": tensor(storage("7", 10), (10,), (1,)),
    "a path for a storage": tensor(storage("../../net/data/1", 10), (10,), (1,)),
    "another length": tensor(storage("1", 11), (10,), (1,)),
    "an offset beyond": tensor(storage("1", 10), (10,), (1,), offset=1),
    "an offset of 2^63": tensor(storage("1", 10), (10,), (1,), offset=2**63),
    "an offset below 0": tensor(storage("1", 10), (10,), (1,), offset=-1),
    "strides beyond": tensor(storage("1", 10), (10,), (2,)),
    "strides of 2^63": tensor(storage("1", 10), (10,), (2**63,)),
    "strides below 0": tensor(storage("1", 10), (10,), (-1,)),
    "overlapping": tensor(storage("1", 10), (10, 10), (0, 1)),
    "of 2^63": tensor(storage("1", 10), (2**63,), (0,)),
    "of 2^63 by none": tensor(storage("1", 10), (2**63, 0), (0, 0)),
    "of no numbers": tensor(storage("1", 10), (0,), (1,)),
    "of more axes than strides": tensor(storage("1", 10), (10, 1), (1,)),
    "of a thousand axes": tensor(storage("1", 10), (1,) * 1000, (0,) * 1000),
    "a true length": tensor(storage("1", 10), (True,), (1,)),
}
PICKLE, BIAS = "net/data.pkl", "net/data/1"
ITSELF = pickle.EMPTY_DICT + pickle.BINPUT + b"\x09" + push("a") + pickle.BINGET + b"\x09s"
ARCHIVES = {
    "cut": torch_file(TENSORS)[:-30],
    "twice": torch_file(TENSORS, (PICKLE, b"")) + b"",
    "no pickle": zipped((PICKLE.replace("net", "a"), b""), ("net/data/0", b"")),
    "an empty pickle": torch_file(TENSORS, (PICKLE, b"")),
    "a cut pickle": torch_file(TENSORS, (PICKLE, pickled(push(1))[:-1])),
    "a number": torch_file(TENSORS, (PICKLE, pickled(push(1)))),
    "itself": torch_file(TENSORS, (PICKLE, pickled(ITSELF))),
    "another byte order": torch_file(TENSORS, ("net/byteorder", b"big")),
    "a storage too short": torch_file(TENSORS, (BIAS, bytes(36))),
    "a storage too long": torch_file(TENSORS, (BIAS, bytes(44))),
    "half a number": torch_file(TENSORS, (BIAS, bytes(41))),
    "a missing storage": torch_file(TENSORS, (BIAS, None)),
    "build on a global": torch_file(TENSORS, (PICKLE, pickled(pickles.DTYPE, HOOKS, b"b"))),
    "a NumPy array": torch_file(TENSORS, changed={"fc0.bias": push(np.zeros(10, "f4"))}),
    "a persistent id at the top": torch_file(TENSORS, (PICKLE, pickled(storage("1", 10)))),
}
ARCHIVES |= {
    name: torch_file(TENSORS, changed={"fc0.bias": value}) for name, value in HOSTILE.items()
}
GOOD = torch_file(TENSORS, changed={"fc0.bias": tensor(storage("1", 10), (10,), (1,))})
SAYS = {
    "another global": "asks to call os.system: this is not a weights file; nothing was run. Save",
    "a number in place of a tensor": f"fc0.bias is no tensor. {SAVE_STATE_DICT}",
    "overlapping": "tensor fc0.bias does not lie within its storage.",
    "a path for a storage": "the storage of fc0.bias is missing.",
}


@pytest.mark.parametrize("name", ARCHIVES)
def test_what_torch_save_never_writes_of_a_state_dict_is_refused(name):
    parse_weights(GOOD)  # from which each differs in one thing
    said = refusal_of(parse_weights, ARCHIVES[name])
    assert said.startswith(SAYS.get(name, ""))


def test_a_compressed_storage_and_more_than_a_file_may_hold_are_refused():
    content = torch_file(TENSORS)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        members = [(each, archive.read(each)) for each in archive.namelist()]
    said = refusal_of(parse_weights, zipped(*members, method=zipfile.ZIP_DEFLATED))
    assert said.startswith("describes arrays of 31,792 bytes, at most")
    again = {f"w{i}.weight": tensor(storage("0", 2**20), (2**20,), (1,)) for i in range(5)}
    said = refusal_of(parse_weights, torch_file({"a": np.zeros(2**20, "f4")}, changed=again))
    assert said.startswith("describes tensors of more than 16,777,216 bytes")


def test_pytorch_s_own_files_are_the_nets_that_pytorch_computes(tmp_path):
    torch = pytest.importorskip("torch", reason="needs PyTorch")
    nn, path = torch.nn, tmp_path / "net.pt"
    torch.manual_seed(0)
    model = nn.Sequential(
        nn.Flatten(), nn.Linear(784, 50), nn.BatchNorm1d(50), nn.Sigmoid(), nn.Dropout(),
        nn.Linear(50, 100, bias=False), nn.Sigmoid(), nn.BatchNorm1d(100), nn.Linear(100, 10),
    )  # fmt: skip
    x = torch.tensor(load_images().reshape(-1, 784) / np.float32(255))
    model(x[:500])
    expected = model.eval()(x).softmax(dim=1).detach().numpy()
    torch.save(model.state_dict(), path)
    found = parse_weights(path.read_bytes()).network().predict_proba(load_images())
    np.testing.assert_allclose(found, expected, atol=1e-5)
    for what in (model, {"model": model.state_dict(), "epoch": 3}):
        torch.save(what, path)
        assert SAVE_STATE_DICT in refusal_of(parse_weights, path.read_bytes())
