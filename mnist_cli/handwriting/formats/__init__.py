"""Image files as untrusted bytes: which format they are, and whether they are whole.

Pillow decodes the pixels, but fills up what is missing, ignores some checksums and unpacks much
that nobody sees. So each format's module first walks through the file's structure, refuses it when
anything does not fit, and hands on only what shows. Nothing here needs Pillow.
"""

from mnist_cli.errors import FormatError
from mnist_cli.handwriting.formats import bmp, gif, jpeg, png, pnm, tiff, webp
from mnist_cli.handwriting.formats.container import Container

SUPPORTED = "PNG, JPEG, GIF, WebP, TIFF, BMP, PGM, PPM or PBM"

_CHECKS = {
    "PNG": png.check,
    "JPEG": jpeg.check,
    "GIF": gif.check,
    "WebP": webp.check,
    "TIFF": tiff.check,
    "BMP": bmp.check,
}
_SIGNATURES = {
    png.SIGNATURE: "PNG",
    jpeg.SIGNATURE: "JPEG",
    b"BM": "BMP",
    **dict.fromkeys(gif.SIGNATURES, "GIF"),
    **dict.fromkeys(tiff.SIGNATURES, "TIFF"),
    **dict.fromkeys(pnm.SIGNATURES, "PNM"),
}
_OTHERS = {
    b"%PDF": "a PDF document",
    b"%!PS": "a PostScript document",
    b"\xc5\xd0\xd3\xc6": "a PostScript document",
    b"\x1f\x8b": "a gzip archive",
    b"PK\x03\x04": "a zip archive or office document",
    b"8BPS": "a Photoshop picture",
    b"\0\0\1\0": "an icon",
    b"II+\0": "a BigTIFF picture",
    b"MM\0+": "a BigTIFF picture",
    b"\0\0\0\x0cjP": "a JPEG 2000 picture",
    b"\xff\x0a": "a JPEG XL picture",
}
_HEIC_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1")
_AVIF_BRANDS = (b"avif", b"avis")


def recognise(data: bytes) -> str:
    """Return the format that the content shows, one of `SUPPORTED`'s (PNM for three), or HEIC.

    Raises `FormatError` for any other content.
    """
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "WebP"
    if data[4:8] == b"ftyp":
        if data[8:12] in _HEIC_BRANDS and not any(brand in data[8:64] for brand in _AVIF_BRANDS):
            return "HEIC"
        found = "an AVIF picture or a film"
    else:
        for signature, name in _SIGNATURES.items():
            if data.startswith(signature):
                return name
        found = _describe(data)
    raise FormatError(f"found {found}, expected a picture", hint=f"mnist reads {SUPPORTED}.")


def check(name: str, data: bytes) -> Container:
    """Return the picture in a file of the format `name`; `FormatError` if it is not whole."""
    return _CHECKS[name](data)


def _describe(data: bytes) -> str:
    if not data:
        return "an empty file"
    for signature, name in _OTHERS.items():
        if data.startswith(signature):
            return name
    start = data[:512].lstrip().lower()
    if start.startswith((b"<svg", b"<?xml")) or b"<svg" in start:
        return "an SVG drawing or other XML"
    if start.startswith((b"<!doctype", b"<html")):
        return "a web page"
    return "something else"
