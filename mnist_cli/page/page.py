"""Nets and labelled images -> one HTML file that needs nothing outside itself."""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from string import Template
from typing import Any, ClassVar, Literal, TypeAlias

from mnist_cli.datasets.idx import open_pair
from mnist_cli.datasets.label_errors import READ
from mnist_cli.dtypes import Bytes
from mnist_cli.errors import FormatError, printable
from mnist_cli.files.reading import AnyPath
from mnist_cli.files.writing import require_writable, write_bytes
from mnist_cli.net.network import Activation, Network
from mnist_cli.page.packing import describe_judge, describe_net, describe_snapshots, encode, pack
from mnist_cli.paths import embedded_directory, find_or_embedded
from mnist_cli.spec import SNAPSHOTS, WEIGHTS, __version__
from mnist_cli.weights.snapshots import read_snapshots
from mnist_cli.weights.weights_file import WeightsFile, read_several

Pair: TypeAlias = tuple[AnyPath | None, AnyPath | None]
Language = Literal["en", "ko", "ja"]

MOST_IMAGES = 1_000  # of a larger set so many, evenly spaced

# Of all nets in a page: with more it takes long to open, and to answer.
MOST_PARAMETERS = 1_000_000
MOST_NEURONS = 10_000

_SOURCES = Path(__file__).parent.resolve()
_ROOMS = ("pad/pad.css", "lesson/lesson.css", "views/views.css", "class/class.css")
_STYLES = ("page.css", *_ROOMS, "screens.css")  # of rules that are as specific, the last counts
_CREDIT = " (MNIST, Yann LeCun, Corinna Cortes, CC BY-SA 3.0)"


@dataclass(frozen=True)
class Page:
    """A page that was written: its path in full, the files that are in it, notes on activations."""

    path: Path
    bytes: int
    weights: tuple[Path, ...]
    snapshots: Path | None
    images: Path
    samples: int
    notes: tuple[str, ...]

    json_fields: ClassVar = ("path", "bytes", "weights", "snapshots", "images", "samples")


def write_page(
    path: AnyPath,
    weights: Sequence[AnyPath | None] = (None,),
    *,
    images: Pair = (None, None),
    snapshots: AnyPath | Literal[False] | None = None,
    activation: Activation | None = None,
    data_dir: AnyPath | None = None,
    language: Language | None = None,
    overwrite: bool = False,
) -> Page:
    """Write the page of one or two weights files; None stands for what is embedded."""
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
    with open_pair(*images, data_dir) as (image_file, label_file):
        total, source = image_file.count, image_file.path
        samples = min(total, MOST_IMAGES)
        spaced = [number * total // samples for number in range(samples)]
        shown, truth = image_file.items(spaced), label_file.items(spaced)
    is_embedded = source.resolve().parent == embedded_directory()
    credit = _CREDIT if is_embedded else ""
    doubted = {index: READ[index] for index in spaced if index in READ} if is_embedded else {}
    about = {"total": total, "source": printable(source.name) + credit, "doubted": doubted}
    learnt_from = _find_snapshots(snapshots, files[0], data_dir)
    if learnt_from:
        about["learnt"] = _read_snapshots(learnt_from, files[0])
    content = fill_page(networks, shown, truth, about, language)
    write_bytes(path, content, overwrite=overwrite)
    notes = tuple(note for file in files for note in file.notes)
    weights_files = tuple(file.file for file in files)
    where = Path(path).absolute()
    return Page(where, len(content), weights_files, learnt_from, source, samples, notes)


def _find_snapshots(
    wanted: AnyPath | Literal[False] | None, file: WeightsFile, data_dir: AnyPath | None
) -> Path | None:
    """The file of snapshots of a net: the one that is named, or else that of the embedded net."""
    is_embedded = file.file.resolve() == embedded_directory() / WEIGHTS
    if wanted is False or (wanted is None and not is_embedded):
        return None
    return find_or_embedded(wanted, SNAPSHOTS, data_dir).path


def _read_snapshots(path: Path, file: WeightsFile) -> dict[str, Any]:
    """How a net learnt: its snapshots, and how many images it has seen, where its card says so."""
    snapshots = read_snapshots(path, file.activation)
    sizes = snapshots[0].network.layer_sizes, file.layer_sizes
    if sizes[0] != sizes[1]:
        found, wanted = ("-".join(map(str, each)) for each in sizes)
        raise FormatError(
            f"found snapshots of a net {found}, expected {wanted}",
            source=path,
            hint="Name those of the first net, or --no-snapshots.",
        )
    seen = file.card.epochs * file.card.training_images if file.card else None
    return describe_snapshots(snapshots) | {"seen": seen}


def fill_page(
    networks: Sequence[tuple[str, str, Network]],
    images: Bytes,
    labels: Bytes,
    about: Mapping[str, Any],
    language: Language | None = None,
) -> bytes:
    """Return the page of named nets with their SHA-256, (N, 28, 28) labelled images and `about`."""
    data = {
        "nets": [describe_net(*each, images) for each in networks],
        "judge": describe_judge(),
        "images": pack(images.tobytes()),
        "labels": "".join(map(str, labels)),
        "version": __version__,
        **about,
    }
    style = "\n".join((_SOURCES / name).read_text("utf-8") for name in _STYLES)
    script = join_modules()
    texts = (_SOURCES / "texts.json").read_text("utf-8")
    excuses = json.loads(texts)["unsupported"].items()
    # This script and this style may run, by their SHA-256, and nobody is asked for anything.
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
            # Nothing in it can end the element that holds it.
            data=json.dumps(data, separators=(",", ":")).replace("<", "\\u003c"),
            language=language or "en",
            fixed=language or "",
        )
        .encode()
    )


def join_modules() -> str:
    """Return the ES modules as one: without their imports and exports they share one scope."""
    joined = "\n".join(_in_order(_SOURCES / "main.js"))
    joined = re.sub(r"^import [^;]*;\n", "", joined, flags=re.MULTILINE)
    return "\n" + re.sub(r"^export ", "", joined, flags=re.MULTILINE)


def _in_order(path: Path, seen: set[Path] | None = None) -> Iterator[str]:
    """Yield the source of a module after those that it imports, each once."""
    seen = set() if seen is None else seen
    if path not in seen:
        seen.add(path)
        source = path.read_text("utf-8")
        for imported in re.findall(r'^import .* from "(.*)";$', source, re.MULTILINE):
            yield from _in_order((path.parent / imported).resolve(), seen)
        yield source


def _hash(text: str) -> str:
    return f"'sha256-{encode(hashlib.sha256(text.encode()).digest())}'"
