"""The judge: what it learns from, and how it is made."""

from dataclasses import replace

import numpy as np
import pytest

from mnist_cli import load_images
from mnist_cli.handwriting.judge import judge as odds
from mnist_cli.training import judge
from mnist_cli.weights.weights_file import read_weights

KINDS = range(len(judge.KINDS))


@pytest.fixture(scope="module")
def pictures():
    return [judge.make_pictures(kind, 50, load_images()[:500], seed=1) for kind in KINDS]


def test_the_embedded_judge_tells_digits_from_every_kind_of_what_is_none(pictures):
    level = np.percentile(odds(pictures[0]), 10)
    for kind in KINDS[1:]:
        assert (odds(pictures[kind]) < level).mean() > 0.7, judge.KINDS[kind].__name__


def test_the_same_seed_makes_the_same_pictures(pictures):
    again = judge.make_pictures(4, 10, load_images()[:500], seed=1)
    np.testing.assert_array_equal(again, pictures[4][:10])


def test_the_command_writes_a_net_and_its_card(tmp_path, monkeypatch):
    monkeypatch.setattr(judge, "load_images", lambda _: load_images()[:100])
    monkeypatch.setattr(judge, "_DIGITS", 100)
    monkeypatch.setattr(judge, "_EACH", 10)
    monkeypatch.setattr(judge, "_AT_ONCE", 10)
    monkeypatch.setattr(judge, "RECIPE", replace(judge.RECIPE, epochs=1, hidden=(8,)))
    judge.main("images", str(tmp_path / "judge.npz"))
    weights = read_weights(tmp_path / "judge.npz")
    assert weights.network("relu").layer_sizes == (784, 8, 10)
    assert weights.card.recipe == "judge"
