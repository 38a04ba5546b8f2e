"""What a file is, from how it begins: files of other programs, and what only looks like one."""

import gzip
import io
import pickle
import re

import numpy as np
import safetensors.numpy
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from mnist_cli.files.filetypes import _TYPES, recognise
from mnist_cli.paths import embedded_directory
from mnist_cli.spec import TEST_LABELS


def written(write, *arguments, **options):
    file = io.BytesIO()
    write(file, *arguments, **options)
    return file.getvalue()


FILES = [
    (b"P2 1 1 9 5", "a PGM, PPM or PBM picture"),
    (b"\0\0\0\x1cftypmif1\0\0\0\0mif1avif", "an AVIF picture or a film"),
    (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "a HEIC picture"),
    (b"%!PS-Adobe-3.0 EPSF-3.0\n", "a PostScript document"),
    (b"<!-- drawn -->\n<svg/>", "an SVG drawing or other XML"),
    (b"<?xml version='1.0'?><rss>", "an SVG drawing or other XML"),
    (b"\n<!DOCTYPE html><html>", "a web page"),
    (b'{"recipe": "best"}', "JSON"),
    (gzip.compress(b"W1"), "a gzip file"),
    (pickle.dumps({"W1": 0}), "a pickle"),
    (written(np.savez, W1=np.zeros(3)), "a zip archive or office document"),
    (written(np.save, np.zeros(3)), "a single array (.npy)"),
    (embedded_directory().joinpath(TEST_LABELS).read_bytes(), "MNIST images or labels (IDX)"),
    (b"", "an empty file"),
    (b"\x89PNG\n\x1a\n", None),
    (b"\x1b[31mred", None),
    (bytes(1000), None),
]


def test_each_file_is_what_its_writer_says():
    for kind in ("PNG", "JPEG", "GIF", "WebP", "BMP", "TIFF", "ICO", "PDF"):
        found = {"ICO": "an icon", "PDF": "a PDF document"}.get(kind, f"a {kind} picture")
        assert recognise(written(Image.new("1", (20, 20)).save, kind)) == found
    for content, found in FILES:
        assert recognise(content) == found


def test_what_has_a_size_before_its_name_may_have_any():
    """Also one that begins as a pickle, a gzip file or a JPEG XL picture does."""
    tensors = safetensors.numpy.save({"W1": np.zeros(1)})
    for size in (*range(0x10000), 100_000):
        assert recognise(size.to_bytes(8, "little") + tensors[8:]) == "a safetensors file"
    for size in range(0x10000):
        assert recognise(size.to_bytes(4, "big") + b"ftypheic") == "a HEIC picture"


MORE_SPECIAL = {
    "a zip archive or office document": ("a PyTorch file (.pt)", "a Keras file (.keras)"),
    "an AVIF picture or a film": ("a HEIC picture",),
    "a pickle": ("an old PyTorch file (.pt)",),
    "a web page": ("an SVG drawing or other XML",),
}


@given(st.sampled_from([*_TYPES]), st.data())
def test_no_two_types_begin_alike(name, data):
    begins = re.compile(_TYPES[name], re.DOTALL)
    content = data.draw(st.from_regex(begins)) if name != "an empty file" else b""
    content = content[begins.search(content).start() :]
    assert recognise(content) in (name, *MORE_SPECIAL.get(name, ()))
