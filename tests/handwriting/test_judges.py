"""The judges against what they were made of: `judges/make_*judge.py` draw it anew."""

from pathlib import Path

import numpy as np
import pytest

from mnist_cli import load_images, load_labels
from mnist_cli.handwriting.judge import NONE, judge, judge_spans

SCRIPTS = Path(__file__).parents[2] / "judges"


@pytest.fixture(autouse=True, scope="module")
def _scripts():
    if not SCRIPTS.is_dir():
        pytest.skip("needs the checkout")
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(SCRIPTS)
        yield


def test_the_embedded_judge_tells_digits_from_every_kind_of_what_is_none():
    from make_judge import KINDS, make_pictures

    sources = load_images()[:500]
    digits, *others = (make_pictures(kind, 50, sources, seed=1) for kind in range(len(KINDS)))
    level = np.percentile(judge(digits), 10)
    for kind, drawn in zip(KINDS[1:], others, strict=True):
        assert (judge(drawn) < level).mean() > 0.7, kind.__name__
    np.testing.assert_array_equal(make_pictures(4, 50, sources, seed=1), others[3])


def test_the_judge_knows_digits_from_their_halves():
    images = load_images()[:500]
    halves = np.where(np.arange(28)[:, np.newaxis] < 14, images, 0)
    assert np.median(judge(halves)) < 0 < 1.5 < np.median(judge(images))


@pytest.fixture(scope="module")
def made():
    """Pictures of numbers written with test images, none of which the judge has seen."""
    from make_line_judge import Pictures
    from number_drawings import Bank
    from number_lattices import cut_pictures

    images = load_images()[:300]
    bank = Bank(images, load_labels()[:300], seed=5)
    pictures = cut_pictures(15, bank, images, seed=5)
    (again,) = cut_pictures(1, bank, images, seed=5)
    assert again.digits == pictures[0].digits
    np.testing.assert_array_equal(again.maps[0][0].drawn, pictures[0].maps[0][0].drawn)
    return Pictures(pictures)


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
