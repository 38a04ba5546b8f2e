"""What a file is, from how it begins: files of other programs, and what only looks like one."""

import gzip
import io
import pickle
import zipfile

import numpy as np
import pytest
import safetensors.numpy
from PIL import Image

from mnist_cli.filetypes import recognise
from mnist_cli.paths import embedded_directory


def written(write, *arguments, **options):
    file = io.BytesIO()
    write(file, *arguments, **options)
    return file.getvalue()


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "WebP", "BMP", "TIFF", "ICO", "PDF", "PPM"])
def test_what_pillow_writes(kind):
    names = {
        "ICO": "an icon",
        "PDF": "a PDF document",
        "PPM": "a PGM, PPM or PBM picture",
    }
    content = written(Image.new("RGB", (20, 20)).save, kind)
    assert recognise(content) == names.get(kind, f"a {kind} picture")


def test_what_holds_numbers():
    array = np.zeros((784, 10), np.float32)
    empty = io.BytesIO()
    zipfile.ZipFile(empty, "w").close()
    for content, found in [
        (pickle.dumps(array), "a pickle"),
        (pickle.dumps({"W1": array}, 0), None),
        (written(np.savez, W1=array), "a zip archive or office document"),
        (empty.getvalue(), "an empty zip archive"),
        (written(np.save, array), "a single array (.npy)"),
        (gzip.compress(b"W1"), "a gzip file"),
        (
            (embedded_directory() / "t10k-labels-idx1-ubyte").read_bytes(),
            "MNIST images or labels (IDX)",
        ),
        (b'{"recipe": "best"}', "JSON"),
        (b"{}", "JSON"),
    ]:
        assert recognise(content) == found


@pytest.mark.parametrize("length", [0x0AFF, 0x4D42, 0x10000, 0x227B, 0x8B1F])
def test_a_header_of_safetensors_may_have_any_length(length):
    """Its first bytes are then those of a JPEG XL or BMP picture, an icon, JSON or a gzip file."""
    content = safetensors.numpy.save({"W1": np.zeros(1)}, metadata={"about": "x"})
    (header,) = np.frombuffer(content[:8], "<u8")
    content = length.to_bytes(8, "little") + content[8 : 8 + header].ljust(length) + content[-8:]
    assert recognise(content) == "a safetensors file"
    assert safetensors.numpy.load(content)["W1"] == 0


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (b"", "an empty file"),
        (b"<!DOCTYPE html><html>", "a web page"),
        (b"\n <html>", "a web page"),
        (b"<?xml version='1.0'?><rss>", "an SVG drawing or other XML"),
        (b"<!-- drawn -->\n<svg/>", "an SVG drawing or other XML"),
        (b"\0\0\0\x1cftypmif1\0\0\0\0mif1avif", "an AVIF picture or a film"),
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "a HEIC picture"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n", "a PostScript document"),
        (b"\x89PNG\n\x1a\n", None),
        (b"\x1b[31mred", None),
        (bytes(1000), None),
    ],
)
def test_what_else_people_have(content, found):
    assert recognise(content) == found
