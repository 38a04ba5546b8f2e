"""Archives of arrays as `numpy.savez` writes them, and such as it never does."""

import io
import struct
import warnings
import zipfile
import zlib

import numpy as np


def arrays(**changed):
    """The smallest net that there is, 784 -> 10, all zeros."""
    return {"W1": np.zeros((784, 10), "f4"), "b1": np.zeros(10, "f4")} | changed


def npz(save=np.savez, **members):
    archive = io.BytesIO()
    save(archive, **members)
    return archive.getvalue()


def npy(array):
    file = io.BytesIO()
    np.save(file, array, allow_pickle=True)
    return file.getvalue()


W1, b1 = (npy(array) for array in arrays().values())


def zipped(*members, method=zipfile.ZIP_STORED):
    """An archive of pairs of a name and a content."""
    archive = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # zipfile warns of a name that is there twice
        with zipfile.ZipFile(archive, "w", method) as file:
            for name, content in members:
                file.writestr(name, content)
    return archive.getvalue()


def net(member=b1, name="b1.npy", **options):
    """An archive of W1 and one other member."""
    return zipped(("W1.npy", W1), (name, member), **options)


HEADER = "{'descr': '<f4', 'fortran_order': False, 'shape': (10,), }"


def with_header(header, version=1):
    """An archive whose b1 has this header; its length has two bytes or, since version 2, four."""
    length = struct.pack("<H" if version == 1 else "<I", len(header))
    return net(b"\x93NUMPY%c\x00" % version + length + header.encode() + bytes(40))


def overwritten(content, place, value):
    return content[:place] + value + content[place + len(value) :]


def packed_as(packed, size, checksum):
    """An archive that says of these bytes that they are b1, deflated, of this size."""
    stored = struct.pack("<3I", zlib.crc32(packed), len(packed), len(packed))
    *headers, rest = net(packed).split(stored)  # that before b1, and that in the directory
    deflated = [header[:-6] + b"\x08\x00" + header[-4:] for header in headers]
    return struct.pack("<3I", checksum, len(packed), size).join([*deflated, rest])


def deflated(*pieces):
    packer = zlib.compressobj(1, zlib.DEFLATED, -zlib.MAX_WBITS)
    return b"".join([*map(packer.compress, pieces), packer.flush()])


def inflating(megabytes, size, checksum):
    """An archive whose b1 has an honest header and inflates to far more than it says."""
    return packed_as(deflated(b1, *[bytes(2**20)] * megabytes), size, checksum)
