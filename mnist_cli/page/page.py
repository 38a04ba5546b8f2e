"""Nets and labelled images -> one HTML file that needs nothing outside itself.

The sources lie beside this module: `page.html`, `page.css`, ES modules that can be read and tested
on their own, and `texts.json`, all that the page says with a column a language. Here they are
put together with the numbers. A Content-Security-Policy lets the browser run this script and use
this style, by their SHA-256, and ask nobody for anything.
"""

import base64
import hashlib
import json
import re
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from string import Template
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from mnist_cli.datasets.idx import open_pair
from mnist_cli.datasets.label_errors import READ
from mnist_cli.errors import FileError, FormatError, printable
from mnist_cli.files import AnyPath, open_regular, read_up_to, require_writable, write_bytes
from mnist_cli.handwriting.judge import load_judge
from mnist_cli.net.blas import one_thread
from mnist_cli.net.network import Activation, Network, forward, relu, sigmoid
from mnist_cli.paths import embedded_directory
from mnist_cli.spec import PIXELS, __version__
from mnist_cli.weights.weights_file import read_several

Language = Literal["en", "ko", "ja"]

MOST_IMAGES = 1_000  # of a larger set so many, evenly spaced

# Of all nets in a page: with more it takes long to open, and to answer.
MOST_PARAMETERS = 1_000_000
MOST_NEURONS = 10_000

_SOURCES = Path(__file__).parent
_GENERATOR = b'<meta name="generator" content="mnist draw">'
_HEAD = 1000  # bytes, in which that stands
_AT_ONCE = 100  # images: every value on their way is kept
_BEYOND = 1e30  # activations: their squares could not be added up
_CREDIT = " (MNIST, Yann LeCun, Corinna Cortes, CC BY-SA 3.0)"


@dataclass(frozen=True)
class Page:
    """A page that was written: where in full, how large, and the files that are in it.

    `samples` is how many images of the file are, `notes` are on the nets' activations.
    """

    path: Path
    bytes: int
    weights: tuple[Path, ...]
    images: Path
    samples: int
    notes: tuple[str, ...]

    json_fields: ClassVar = ("path", "bytes", "weights", "images", "samples")


def write_page(
    path: AnyPath,
    weights: Sequence[AnyPath | None] = (None,),
    *,
    images: AnyPath | None = None,
    labels: AnyPath | None = None,
    activation: Activation | None = None,
    data_dir: AnyPath | None = None,
    language: Language | None = None,
    overwrite: bool = False,
) -> Page:
    """Write the page of one or two weights files; None is the embedded one.

    It shows `MOST_IMAGES` of the labelled images, by default of the embedded test set, or all where
    there are fewer. Such a page is replaced where it stands, any other file only with `overwrite`.
    Raises `MnistError` for a page that cannot be written, weights and images that cannot be read or
    used, and nets too large for a page.
    """
    overwrite = overwrite or _is_page(path)
    require_writable(path, overwrite=overwrite)
    files = read_several(weights, data_dir, activation, most=MOST_PARAMETERS)
    neurons = sum(sum(file.layer_sizes[1:]) for file in files)
    if neurons > MOST_NEURONS:
        raise FormatError(
            f"found {neurons:,} neurons, expected at most {MOST_NEURONS:,} in a page",
            source=files[-1].file,
            hint="'mnist predict --explain' shows what a net makes of an image.",
        )
    networks = [(printable(file.file.name), file.sha256, file.network()) for file in files]
    with open_pair(images, labels, data_dir) as (image_file, label_file):
        total, source = image_file.count, image_file.path
        samples = min(total, MOST_IMAGES)
        spaced = [number * total // samples for number in range(samples)]
        shown, truth = image_file.items(spaced), label_file.items(spaced)
    is_embedded = source.resolve().parent == embedded_directory()
    credit = _CREDIT if is_embedded else ""
    doubted = {index: READ[index] for index in spaced if index in READ} if is_embedded else {}
    about = {"total": total, "source": printable(source.name) + credit, "doubted": doubted}
    content = fill_page(networks, shown, truth, about, language)
    write_bytes(path, content, overwrite=overwrite)
    notes = tuple(note for file in files for note in file.notes)
    weights_files = tuple(file.file for file in files)
    return Page(Path(path).absolute(), len(content), weights_files, source, samples, notes)


def _is_page(path: AnyPath) -> bool:
    """Whether a file is a page that was written here, by what its head says."""
    try:
        with open_regular(path) as file:
            return _GENERATOR in read_up_to(file, _HEAD, path)
    except FileError:
        return False


def fill_page(
    networks: Sequence[tuple[str, str, Network]],
    images: NDArray[np.uint8],
    labels: NDArray[np.uint8],
    about: Mapping[str, Any],
    language: Language | None = None,
) -> bytes:
    """Return the page of nets, each with its name and SHA-256, and (N, 28, 28) labelled images.

    `about` says in which file these are, its ``source``, how many there are in ``total``, and
    what people read where they doubt a label, by index as in `label_errors.READ`.
    """
    data = {
        "nets": [_describe(*each, images) for each in networks],
        "judge": _describe_judge(),
        "images": _pack(images.tobytes()),
        "labels": "".join(map(str, labels)),
        "version": __version__,
        **about,
    }
    style = (_SOURCES / "page.css").read_text("utf-8")
    script = join_modules()
    texts = (_SOURCES / "texts.json").read_text("utf-8")
    excuses = json.loads(texts)["unsupported"].items()
    policy = (
        f"default-src 'none'; script-src {_hash(script)}; style-src {_hash(style)};"
        " img-src data:; base-uri 'none'; form-action 'none'"
    )
    return (
        Template((_SOURCES / "page.html").read_text("utf-8"))
        .substitute(
            policy=policy,
            style=style,
            script=script,
            texts=texts,
            unsupported=" · ".join(f'<span lang="{of}">{text}</span>' for of, text in excuses),
            data=_as_json(data),
            language=language or "en",
            fixed=language or "",
        )
        .encode()
    )


def join_modules() -> str:
    """Return the ES modules as one: without their imports and exports they share one scope."""
    joined = "\n".join(_in_order("main.js"))
    joined = re.sub(r"^import [^;]*;\n", "", joined, flags=re.MULTILINE)
    return "\n" + re.sub(r"^export ", "", joined, flags=re.MULTILINE)


def _in_order(name: str, seen: set[str] | None = None) -> Iterator[str]:
    """Yield the source of a module after those that it imports, each once."""
    seen = set() if seen is None else seen
    if name not in seen:
        seen.add(name)
        source = (_SOURCES / name).read_text("utf-8")
        for imported in re.findall(r'^import .* from "\./(.*)";$', source, re.MULTILINE):
            yield from _in_order(imported, seen)
        yield source


def find_axes(values: NDArray[np.float64]) -> NDArray[np.float32]:
    """Principal components of (N, n): (3, n) float32, the mean and the two widest axes.

    Scaled so that the root mean square along the first axis is 1. Of fewer than two axes the rest
    is zero. Which end of an axis is which is free: its numbers add up to more than 0.
    """
    found = np.zeros((3, values.shape[1]))
    found[0] = values.mean(axis=0)
    centred = values - found[0]
    # The products of columns or, where these are more, of rows, have the same eigenvalues.
    is_wide = values.shape[1] > len(values)
    with one_thread():
        products = centred @ centred.T if is_wide else centred.T @ centred
        squares, vectors = np.linalg.eigh(products)  # the smallest first
        axes = vectors.T[:-3:-1]  # (2, n), or (2, N)
        if is_wide:
            axes = axes @ centred
    lengths = np.linalg.norm(axes, axis=1, keepdims=True)
    signs = np.where(axes.sum(axis=1, keepdims=True) < 0, -1, 1)
    scale = np.sqrt(len(values) / max(float(squares[-1]), 1e-24))
    found[1 : 1 + len(axes)] = axes / np.maximum(lengths, 1e-12) * signs * scale
    return found.astype(np.float32)


def _describe(
    name: str, sha256: str, network: Network, images: NDArray[np.uint8]
) -> dict[str, Any]:
    with np.errstate(all="ignore"):
        hidden = _last_hidden(network, images)
    if not np.abs(hidden).max() < _BEYOND:
        raise FormatError(
            "the weights are too large: what they give is beyond all numbers",
            source=name,
            hint="'mnist inspect --stats' shows them.",
        )
    layers = zip(network.weights, network.biases, strict=True)
    parameters = np.concatenate([part.ravel() for layer in layers for part in layer])
    return {
        "name": name,
        "sha256": sha256,
        "sizes": network.layer_sizes,
        "activation": network.activation,
        "parameters": _pack(parameters.astype("<f4").tobytes()),
        "map": _pack(find_axes(hidden).astype("<f4").tobytes()),
    }


def _last_hidden(network: Network, images: NDArray[np.uint8]) -> NDArray[np.float64]:
    """What the last layer sees of each image, (N, n); the pixels where there is only one layer."""
    name = f"z{len(network.weights) - 1}" if len(network.weights) > 1 else "x"
    function = {"sigmoid": sigmoid, "relu": relu}[network.activation]
    pixels = images.reshape(-1, PIXELS) / 255
    parts = (pixels[start : start + _AT_ONCE] for start in range(0, len(pixels), _AT_ONCE))
    layers = network.weights, network.biases
    return np.concatenate([forward(part, *layers, function)[name] for part in parts])


def _describe_judge() -> dict[str, Any]:
    """The two outputs of the judge that count, its first weights as bytes, a scale for each pixel.

    The logarithms of the odds stay within 0.1 of NumPy's, where those of digits and of what is none
    differ by 5 and more.
    """
    judge = load_judge()
    (W1, W2), (b1, b2) = judge.weights, judge.biases
    scales = np.maximum(np.abs(W1).max(axis=1), 1e-9) / 127
    rest = np.concatenate([b1, W2[:, :2].ravel(), b2[:2], scales])
    return {
        "sizes": (*W1.shape, 2),
        "activation": judge.activation,
        "bytes": _pack(np.rint(W1 / scales[:, None]).astype(np.int8).tobytes()),
        "floats": _pack(rest.astype("<f4").tobytes()),
    }


def _pack(content: bytes) -> str:
    return _encode(zlib.compress(content, 9))


def _encode(content: bytes) -> str:
    return base64.b64encode(content).decode()


def _as_json(value: Any) -> str:
    """Return JSON in which nothing can end the element that holds it."""
    return json.dumps(value, separators=(",", ":")).replace("<", "\\u003c")


def _hash(text: str) -> str:
    return f"'sha256-{_encode(hashlib.sha256(text.encode()).digest())}'"
