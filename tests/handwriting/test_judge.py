"""The judge against what it was made of: `judges/make_judge.py` draws it anew."""

from pathlib import Path

import numpy as np
import pytest

from mnist_cli import load_images
from mnist_cli.handwriting.judge import judge

SCRIPTS = Path(__file__).parents[2] / "judges"


def test_the_embedded_judge_tells_digits_from_every_kind_of_what_is_none(monkeypatch):
    if not SCRIPTS.is_dir():
        pytest.skip("needs the checkout")
    monkeypatch.syspath_prepend(SCRIPTS)
    from make_judge import KINDS, make_pictures

    sources = load_images()[:500]
    pictures = [make_pictures(kind, 50, sources, seed=1) for kind in range(len(KINDS))]
    level = np.percentile(judge(pictures[0]), 10)
    for kind, drawn in zip(KINDS[1:], pictures[1:], strict=True):
        assert (judge(drawn) < level).mean() > 0.7, kind.__name__
    again = make_pictures(4, 50, sources, seed=1)
    np.testing.assert_array_equal(again, pictures[4])
