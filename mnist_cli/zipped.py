"""Members of ZIP archives, of which no more is inflated than they declare."""

import zipfile
import zlib

from mnist_cli.errors import FormatError, printable


def inflate(packed: bytes, member: zipfile.ZipInfo) -> bytes:
    """The content of a member, `packed` as it is in the archive.

    Raises `FormatError` unless it is as long as declared and has the declared checksum, and for a
    member that is encrypted or packed by another method than zip's usual ones.
    """
    content = packed
    is_whole = member.compress_type == zipfile.ZIP_STORED
    if member.compress_type == zipfile.ZIP_DEFLATED:
        inflater = zlib.decompressobj(-zlib.MAX_WBITS)
        content = inflater.decompress(packed, member.file_size + 1)
        is_whole = inflater.eof and not inflater.unused_data
    if not is_whole or len(content) != member.file_size or zlib.crc32(content) != member.CRC:
        raise FormatError(f"{printable(member.orig_filename)} has a wrong checksum or length")
    return content
