"""What a file is, from how it begins, whatever its name says; readers take the types they read."""

import re

_LOOKED_AT = 600  # bytes

# How files of a type begin, a regular expression in which a dot is any byte. The first that fits is
# it. Pickles of protocols 0 and 1 begin in no way of their own.
_TYPES = {
    "an empty file": rb"\Z",
    "a safetensors file": rb".{4}\0{4}\{",  # of any length of its header: \x80\x02, too
    # The size of the first part is before its name.
    "a HEIC picture": rb"\0\0..ftyp(?!.{,52}avi[fs])(hei[cxms]|hev[cx]|mif1|msf1)",
    "an AVIF picture or a film": rb"\0\0..ftyp",
    "an old PyTorch file (.pt)": rb"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19",
    "a pickle": rb"\x80[\x02-\x05]",
    "a PyTorch file (.pt)": rb"PK\x03\x04.{26}[^/]{1,200}/data\.pkl",
    "a Keras file (.keras)": rb"PK\x03\x04.{26}(metadata|config)\.json",
    "a zip archive or office document": rb"PK\x03\x04",
    "an empty zip archive": rb"PK\x05\x06",
    "a single array (.npy)": rb"\x93NUMPY",
    "an HDF5 file (.h5), perhaps of Keras": rb"\x89HDF",
    "an ONNX model": rb"\x08[\x01-\x20][\x12\x1a\x22\x3a\x42]",
    "MNIST images or labels (IDX)": rb"\0\0\x08[\1\3]",
    "a PNG picture": rb"\x89PNG\r\n\x1a\n",
    "a JPEG picture": rb"\xff\xd8\xff",
    "a GIF picture": rb"GIF8[79]a",
    "a WebP picture": rb"RIFF....WEBP",
    "a BMP picture": rb"BM",
    "a TIFF picture": rb"II[*+]\0|MM\0[*+]",
    "a PGM, PPM or PBM picture": rb"P[1-7]\s",
    "a Photoshop picture": rb"8BPS",
    "an icon": rb"\0\0\x01\0",
    "a JPEG 2000 picture": rb"\0\0\0\x0cjP",
    "a JPEG XL picture": rb"\xff\x0a",
    "a PDF document": rb"%PDF",
    "a PostScript document": rb"%!PS|\xc5\xd0\xd3\xc6",
    "a gzip file": rb"\x1f\x8b",
    "an SVG drawing or other XML": rb"\s*<(\?xml|svg|.{,500}<svg)",
    "a web page": rb"\s*<[!a-zA-Z]",
    "JSON": rb"\s*\{\s*[\"}]",
}


def recognise(content: bytes) -> str | None:
    """What a file of this content is, ``a PNG picture``; None for what is not in the table."""
    start = content[:_LOOKED_AT]
    fitting = (name for name, begins in _TYPES.items() if re.match(begins, start, re.DOTALL))
    return next(fitting, None)
