"""Random nets, as arrays or as a `Network`, and whether arrays are the same."""

import itertools

import numpy as np

from mnist_cli.net.network import Network


def random_arrays(*sizes, dtype="f4", scale=1.0, seed=3):
    """W1 ... Wn b1 ... bn for layers of these sizes, normal with this deviation."""
    rng = np.random.default_rng(seed)
    layers = list(enumerate(itertools.pairwise(sizes), 1))
    weights = {f"W{i}": rng.normal(0, scale, shape).astype(dtype) for i, shape in layers}
    return weights | {f"b{i}": rng.normal(0, scale, n).astype(dtype) for i, (_, n) in layers}


def state_dict(names, *sizes, **options):
    """The same as PyTorch holds them, by these names of the layers."""
    arrays = random_arrays(*sizes, **options)
    return {
        f"{name}{part}": np.ascontiguousarray(arrays[f"{letter}{i}"].T)
        for letter, part in (("W", "weight"), ("b", "bias"))
        for i, name in enumerate(names, 1)
    }


def random_network(*sizes, activation="sigmoid", scale=1.0, seed=0):
    arrays = [*random_arrays(*sizes, scale=scale, seed=seed).values()]
    return Network(arrays[: len(arrays) // 2], arrays[len(arrays) // 2 :], activation)


def native(arrays):
    """The same arrays in the byte order of this machine."""
    return {name: array.astype(array.dtype.newbyteorder("=")) for name, array in arrays.items()}


def same_bits(found, expected):
    """Whether both have the same names, and for each the same dtype, shape and bits."""
    return sorted(found) == sorted(expected) and all(
        (array.dtype, array.shape, array.tobytes())
        == (expected[name].dtype, expected[name].shape, expected[name].tobytes())
        for name, array in found.items()
    )
