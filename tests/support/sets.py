"""Small IDX sets for tests, written by hand."""

import struct


def write_images(path, images):
    """Write (N, 28, 28) uint8 images as a raw IDX file."""
    path.write_bytes(struct.pack(">4i", 2051, len(images), 28, 28) + images.tobytes())
    return path


def write_labels(path, labels):
    """Write (N,) uint8 labels as a raw IDX file."""
    path.write_bytes(struct.pack(">2i", 2049, len(labels)) + labels.tobytes())
    return path
