"""The judge of lines against what it was made of: `judges/make_line_judge.py` draws it anew."""

from pathlib import Path

import numpy as np
import pytest

from mnist_cli import load_images, load_labels
from mnist_cli.handwriting.judge import NONE, judge_spans

SCRIPTS = Path(__file__).parents[2] / "judges"


@pytest.fixture(scope="module")
def made():
    """Pictures of numbers written with test images, none of which the judge has seen."""
    if not SCRIPTS.is_dir():
        pytest.skip("needs the checkout")
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(SCRIPTS)
        from make_line_judge import Pictures
        from number_drawings import Bank
        from number_lattices import cut_pictures

        images = load_images()[:300]
        bank = Bank(images, load_labels()[:300], seed=5)
        pictures = cut_pictures(25, bank, images, seed=5)
        again = cut_pictures(2, bank, images, seed=5)
        assert [picture.digits for picture in again] == [picture.digits for picture in pictures[:2]]
        np.testing.assert_array_equal(again[0].maps[0][0].drawn, pictures[0].maps[0][0].drawn)
        yield Pictures(pictures)


def test_the_embedded_judge_of_lines_tells_digits_from_what_is_none(made):
    logits = judge_spans(made.drawn)
    digits, none = made.shared > 0.9, made.shared < 0.5
    odds = np.logaddexp.reduce(logits[:, :NONE], axis=1)
    assert (logits[digits, :NONE].argmax(axis=1) == made.digits[digits]).mean() > 0.85
    assert (odds[none] < np.quantile(odds[digits], 0.1)).mean() > 0.9


def test_the_gradient_is_that_of_the_probability_of_what_is_right(made):
    from make_line_judge import Graphs

    rng = np.random.default_rng(0)
    readable = np.flatnonzero([any(right) for right in made.right])
    graphs = Graphs(made, readable[:3])
    logits = rng.normal(0, 1, (len(graphs.spans), NONE + 1))
    _, gradient = graphs.find_gradient(made, logits)
    most = np.argsort(-np.abs(gradient).ravel())[:: len(gradient) // 8][:12]
    for row, column in zip(*np.unravel_index(most, gradient.shape), strict=True):
        aside = np.zeros(logits.shape)
        aside[row, column] = 1e-4
        above, below = (graphs.find_gradient(made, logits + way * aside)[0] for way in (1, -1))
        assert (above - below) / 2e-4 == pytest.approx(gradient[row, column], rel=1e-3, abs=1e-6)
