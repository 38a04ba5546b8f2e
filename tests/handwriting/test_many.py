"""Many pictures at once: each as it is alone, and how far it is."""

from pathlib import Path

import numpy as np
import pytest

from mnist_cli import Digit, load_images, load_network, read_digit, read_pictures
from mnist_cli.errors import MnistError


def test_each_picture_is_read_as_alone_and_one_at_fault_costs_nothing(shared_digits, tmp_path):
    paths = sorted(shared_digits.glob("7eraflops-*/*.png"))
    cut = tmp_path / "cut.png"
    cut.write_bytes(paths[0].read_bytes()[:100])
    missing = tmp_path / "missing.png"
    sources = [*paths[:3], cut, load_images()[5], missing, paths[3].read_bytes()]
    counts = []
    digits = read_pictures(iter(sources), progress=lambda *count: counts.append(count))
    assert counts == [(done, len(sources)) for done in range(1, len(sources) + 1)]
    for source, digit in zip(sources, digits, strict=True):
        if source is cut or source is missing:
            with pytest.raises(MnistError) as raised:
                read_digit(source)
            assert str(digit) == str(raised.value)
            assert Path(source).name in str(digit)
            assert digit.__traceback__ is digit.__context__ is None  # nor the pixels
        else:
            alone = read_digit(source)
            np.testing.assert_array_equal(digit.image, alone.image)
            assert repr(digit) == repr(alone)
    read = [one for one in digits if isinstance(one, Digit)]
    assert load_network().predict(read).tolist() == [0, 1, 2, load_network().predict(sources[4]), 3]


def test_how_to_read_holds_for_all():
    images = 255 - load_images()[:3]
    digits = read_pictures(images, preprocess=False, invert=True)
    np.testing.assert_array_equal([digit.image for digit in digits], load_images()[:3])
    assert read_pictures([]) == []


@pytest.mark.parametrize("wrong", ["digits/", Path("digits"), b"GIF89a", [42], [load_images()[:2]]])
def test_what_is_no_list_of_pictures_is_refused(wrong):
    with pytest.raises(ValueError, match="found a"):
        read_pictures(wrong)
