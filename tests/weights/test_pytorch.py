"""State_dicts: the order of layers, and batch normalisation, against PyTorch's own formulas."""

import subprocess
import sys
from dataclasses import replace
from functools import partial

import numpy as np
import pytest
from safetensors.numpy import save
from support import textbook
from support.nets import random_arrays, same_bits
from support.refusals import refusal_of

from mnist_cli import load_images, load_network
from mnist_cli.weights.weights_file import parse_weights

refusal = partial(refusal_of, parse_weights)


def linear(inputs, outputs, *, bias=True, seed=0, dtype="f4"):
    """What ``nn.Linear`` holds."""
    rng = np.random.default_rng([seed, inputs, outputs])
    weight = rng.normal(0, 0.1, (outputs, inputs)).astype(dtype)
    return {"weight": weight} | ({"bias": rng.normal(size=outputs).astype(dtype)} if bias else {})


def norm(size, *, affine=True, seed=0):
    """What ``nn.BatchNorm1d`` holds; one variance is 0, which only eps saves."""
    rng = np.random.default_rng([seed, size])
    variance = rng.uniform(0.2, 3, size).astype("f4")
    variance[0] = 0
    parts = {"running_mean": rng.normal(size=size).astype("f4"), "running_var": variance}
    if affine:
        parts |= {name: rng.normal(1, 0.5, size).astype("f4") for name in ("weight", "bias")}
    return parts | {"num_batches_tracked": np.array(7)}


def state_dict(modules):
    """The tensors of modules by their names; what is a text has none."""
    held = {name: each for name, each in modules.items() if not isinstance(each, str)}
    return {f"{name}.{part}": array for name, each in held.items() for part, array in each.items()}


def forward(modules, x):
    """What PyTorch's ``eval()`` computes of images (N, 784), module by module, in float64."""
    for each in modules.values():
        if isinstance(each, str):
            x = getattr(textbook, each)(x)
        elif "running_var" in each:
            x = (x - each["running_mean"]) / np.sqrt(each["running_var"].astype("f8") + 1e-5)
            x = x * each.get("weight", 1) + each.get("bias", 0)
        else:
            x = x @ each["weight"].T.astype("f8") + each.get("bias", 0)
    return x


def in_sequence(*modules):
    """By the names that ``nn.Sequential`` gives them; None takes a place, as Dropout does."""
    return {f"net.{i}": each for i, each in enumerate(modules) if each is not None}


FIRST, SECOND, LAST = linear(784, 30), linear(30, 30, seed=1), linear(30, 10)

NETS = {
    "before the activation": in_sequence(
        None, FIRST, norm(30), "relu", None, SECOND, norm(30, seed=1), "relu", LAST
    ),
    "after the activation": in_sequence(
        FIRST, "relu", norm(30), SECOND, None, "relu", norm(30, seed=1), LAST
    ),
    "first of all, and last": in_sequence(norm(784), FIRST, "sigmoid", LAST, norm(10)),
    "no bias, no parameters": in_sequence(
        linear(784, 30, bias=False), norm(30, affine=False), "relu", LAST
    ),
    "in float64": in_sequence(linear(784, 30, dtype="f8"), norm(30), "relu", LAST),
    "by numbers": {"fc1": FIRST, "bn1": norm(30), "a": "relu", "fc2": SECOND,
                   "bn2": norm(30, seed=1), "b": "relu", "fc3": LAST},
    "by size": {"entry": FIRST, "norm": norm(30), "a": "sigmoid", "head": LAST},
    "by size, of all pixels": {"whiten": norm(784), "entry": FIRST, "a": "relu", "head": LAST},
    "in lists": {"layers.0": FIRST, "norms.0": norm(30), "a": "relu", "layers.1": SECOND,
                 "norms.1": norm(30, seed=1), "b": "relu", "layers.2": LAST},
}  # fmt: skip


@pytest.mark.parametrize("name", NETS)
def test_batch_normalisation_becomes_part_of_a_layer(name):
    modules = NETS[name]
    activation = "sigmoid" if "sigmoid" in modules.values() else "relu"
    file = replace(parse_weights(save(state_dict(modules))), asked=activation)
    x = load_images()[:200].reshape(-1, 784) / 255
    found = file.network().logits(x)
    np.testing.assert_allclose(found, forward(modules, x), rtol=1e-4, atol=1e-3)
    is_assumed = name.startswith(("by numbers", "in lists")) or name == "by size"
    notes = [note for note in file.notes if "assumed" in note]
    assert len(notes) == is_assumed
    if is_assumed:
        assert "stands before the activation" in notes[0]


@pytest.mark.parametrize(
    ("modules", "tensor"),
    [
        (in_sequence(FIRST, None, norm(30), None, LAST), "net.2.running_mean"),
        (in_sequence(FIRST, norm(30), norm(30), "relu", LAST), "net.2.running_mean"),
        (in_sequence(FIRST, "relu", norm(29), LAST), "net.2.running_mean"),
        ({"fc1": FIRST, "fc2": SECOND, "norm": norm(30), "out": LAST}, "norm.running_mean"),
        ({"fc1": FIRST, "bn": norm(30), "norm": norm(30), "out": LAST}, "norm.running_mean"),
        ({"fc1": FIRST, "bn": norm(29), "out": LAST}, "bn.running_mean"),
        ({"bn": norm(784)}, "bn.running_mean"),
    ],
)
def test_what_cannot_be_placed_is_named_with_what_to_do(modules, tensor):
    told = refusal(save(state_dict(modules)))
    assert told.startswith(f"cannot tell where in the net tensor {tensor} belongs")
    assert "fuse_linear_bn_eval" in told


def test_what_cannot_be_folded_is_named():
    for change, words in (
        ({"bn.weight": np.ones(29, "f4")}, "tensor bn.weight has shape (29,), expected (30,)"),
        ({"bn.running_var": np.ones(30, "i4")}, "tensor bn.running_var has dtype I32, expected"),
        ({"fc.bias": np.ones(29, "f4")}, "tensor fc.bias has shape (29,), expected (30,)"),
        ({"bn.running_std": np.ones(30, "f4")}, "tensor bn.running_std, of shape (30,), belongs"),
        ({"ln.weight": np.ones(30, "f4")}, "tensor ln.weight, of shape (30,), belongs to no fully"),
    ):
        modules = state_dict({"fc": FIRST, "bn": norm(30), "out": LAST})
        assert refusal(save(modules | change)).startswith(words)


def named(names, *sizes):
    """A state_dict of layers of these sizes, in this order, by these names."""
    arrays = random_arrays(*sizes)
    return {
        f"{name}.{part}": np.ascontiguousarray(arrays[f"{letter}{i}"].T)
        for i, name in enumerate(names, 1)
        for letter, part in (("W", "weight"), ("b", "bias"))
    }


@pytest.mark.parametrize(
    ("names", "sizes"),
    [
        (("input", "hidden", "output"), (784, 50, 100, 10)),
        (("fc3", "fc1", "out"), (784, 50, 100, 10)),
        (("z", "y", "x", "w"), (784, 10, 20, 50, 10)),
        (("input", "hidden2", "hidden10", "output"), (784, 50, 50, 50, 10)),  # numbers tell
        (("01", "1", "2"), (784, 10, 10, 10)),
        (("a2", "b1", "b2", "a1"), (784, 30, 30, 30, 10)),
    ],
)
def test_layers_come_in_the_order_in_which_their_shapes_chain(names, sizes):
    tensors = named(names, *sizes)
    for order in (sorted(tensors), sorted(tensors, reverse=True)):
        file = parse_weights(save({name: tensors[name] for name in order}))
        assert same_bits(file.arrays, random_arrays(*sizes))


def test_layers_that_chain_in_no_or_in_several_ways_are_named():
    assert refusal(save(named(("in", "early", "late", "out"), 784, 50, 50, 50, 10))).startswith(
        "the layers chain in several ways from 784 to 10: found early.weight 50 -> 50, in.weight "
        "784 -> 50, late.weight 50 -> 50, out.weight 50 -> 10. Number those"
    )
    for sizes in ((783, 50, 10), (784, 50, 9)):
        assert refusal(save(named(("a", "b"), *sizes))).startswith(
            f"the layers chain in no way from 784 to 10: found a.weight {sizes[0]} -> 50, b.weight"
        )
    many = named([f"layers.{i}" for i in range(8)], 784, *[10] * 8)  # 5,040 ways
    assert same_bits(parse_weights(save(many)).arrays, random_arrays(784, *[10] * 8))


def test_the_order_is_the_same_in_every_run(tmp_path):
    file = tmp_path / "net.safetensors"
    file.write_bytes(save(named(("0", "1", "01", "001"), 784, 10, 10, 10, 10)))
    code = (
        "import sys, hashlib; from mnist_cli import load_network; n = load_network(sys.argv[1]);"
        "print(hashlib.sha256(b''.join(W.tobytes() for W in n.weights)).hexdigest())"
    )
    seen = {
        subprocess.run(
            [sys.executable, "-c", code, file],
            capture_output=True,
            check=True,
            env={"PYTHONHASHSEED": seed},
        ).stdout
        for seed in "12345678"
    }
    assert len(seen) == 1


def test_pytorch_itself_agrees(tmp_path):
    torch = pytest.importorskip("torch", reason="needs PyTorch, which is too large to ask for")
    save_file = pytest.importorskip("safetensors.torch", reason="needs PyTorch").save_file
    torch.manual_seed(0)
    nn, images = torch.nn, load_images()[:200]
    x = torch.tensor(images) / 255
    for layers in (
        [nn.Linear(784, 40), nn.BatchNorm1d(40), nn.ReLU(), nn.Dropout(), nn.Linear(40, 10)],
        [nn.Linear(784, 40), nn.ReLU(), nn.BatchNorm1d(40), nn.Linear(40, 10), nn.BatchNorm1d(10)],
        [nn.BatchNorm1d(784), nn.Linear(784, 40, bias=False), nn.ReLU(), nn.Linear(40, 10)],
    ):
        model = nn.Sequential(nn.Flatten(), *layers)
        optimizer = torch.optim.Adam(model.parameters(), 0.05)
        for _ in range(5):  # so that statistics and parameters are not those it began with
            model(x).logsumexp(1).mean().backward()
            optimizer.step()
        save_file(model.eval().state_dict(), tmp_path / "net.safetensors")
        network = load_network(tmp_path / "net.safetensors", activation="relu")
        with torch.no_grad():
            expected = model(x).numpy()
        found = network.logits(images)
        np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-3)
        assert np.array_equal(found.argmax(axis=1), expected.argmax(axis=1))
