"""Files as `torch.save` writes them, honest ones and such as it never does, without PyTorch."""

import pickle

from support.archives import zipped
from support.pickles import a_global, call, dictionary, items, pickled, push

REBUILD = a_global("torch._utils", "_rebuild_tensor_v2")
HOOKS = a_global("collections", "OrderedDict") + pickle.EMPTY_TUPLE + pickle.REDUCE
KINDS = {"<f2": "HalfStorage", "<f4": "FloatStorage", "<f8": "DoubleStorage", "<i8": "LongStorage"}


def storage(key, length, kind="FloatStorage", what="storage"):
    parts = push(what), a_global("torch", kind), push(key), push("cpu"), push(length)
    return items(*parts) + pickle.BINPERSID


def tensor(stored, shape, strides, offset=0, hooks=HOOKS):
    """A view of a storage."""
    parts = stored, push(offset), push(shape), push(strides), push(False), hooks
    return call(REBUILD, *parts)


def of_array(key, array):
    strides = tuple(stride // array.itemsize for stride in array.strides)
    kind = KINDS[array.dtype.str]
    return tensor(storage(key, array.size, kind), array.shape, strides)


def torch_file(tensors, *members, root="net", changed=None, state=True):
    """The file of a state_dict; `changed` has some tensors as operations, `members` come last."""
    operations = {name: of_array(str(i), each) for i, (name, each) in enumerate(tensors.items())}
    operations |= changed or {}
    held = HOOKS + dictionary(*(push(name) + each for name, each in operations.items()))[1:]
    metadata = dictionary(push("_metadata"), HOOKS) + pickle.BUILD if state else b""
    stored = [(f"{root}/data/{i}", each.tobytes("A")) for i, each in enumerate(tensors.values())]
    first = (
        (f"{root}/data.pkl", pickled(held, metadata, protocol=2)),
        (f"{root}/byteorder", b"little"),
    )
    names = [name for name, _ in members]
    kept = [each for each in (*first, *stored, (f"{root}/version", b"3\n")) if each[0] not in names]
    return zipped(*kept, *(each for each in members if each[1] is not None))
