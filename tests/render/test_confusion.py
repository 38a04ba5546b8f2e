"""How the confusion matrix is shaded."""

import numpy as np
import pytest
from mnist_cli.evaluation.metrics import Confusion

from mnist_cli.render.text import Surface, drawing_on, plain
from mnist_cli.render.views.confusion import lines


@pytest.fixture
def confusion():
    counts = np.diag([50] * 10)
    counts[4, 9], counts[9, 4], counts[0, 1] = 16, 4, 1
    return Confusion(counts)


@pytest.mark.parametrize(
    ("surface", "most", "less", "least"),
    [(Surface(False, True), "16█", "4▒", "1░"), (Surface(False, False), "16#", "4:", "1.")],
)
def test_without_colour_a_mark_tells_how_frequent_a_mistake_is(
    confusion, surface, most, less, least
):
    with drawing_on(surface):
        rows = plain(lines(confusion)).splitlines()[2:12]
    assert most in rows[4]
    assert less in rows[9]
    assert least in rows[0]
    assert "50 " in rows[4]


def test_in_colour_right_is_blue_and_wrong_is_orange_the_more_the_brighter(confusion):
    with drawing_on(Surface(True, True)):
        rows = lines(confusion)[2:12]
    styles = {(row, text.strip()): style for row in range(10) for text, style in rows[row]}

    def ground(row, text):
        return [int(part) for part in styles[row, text].split("rgb(")[1].rstrip(")").split(",")]

    assert ground(4, "50")[2] > ground(4, "50")[0]
    assert ground(4, "16")[0] > ground(9, "4")[0]
    assert styles[0, "1"] == ""
    assert ground(4, "16")[2] == 0
