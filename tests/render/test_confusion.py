"""How the confusion matrix is shaded."""

import numpy as np

from mnist_cli.evaluation.confusion import Confusion
from mnist_cli.render.text import Surface, drawing_on, plain
from mnist_cli.render.views.confusion import lines

COUNTS = np.diag([50] * 10)
COUNTS[4, 9], COUNTS[9, 4], COUNTS[0, 1] = 16, 4, 1


def test_cells_never_touch():
    for most in (10, 1024, 99_999, 999_999):
        counts = np.diag([most] * 10)
        counts[2, 1] = counts[2, 3] = 1  # right before and behind a number as wide as its column
        for surface in (Surface(False, True), Surface(False, False), Surface(True, True)):
            with drawing_on(surface):
                row = plain(lines(Confusion(counts))).splitlines()[4]
            assert row.split() == ["2", ".", "1", str(most), "1", *["."] * 6, str(most + 2)]


def test_most_confused_has_a_place_of_its_own():
    with drawing_on(Surface(False, True)):
        text, perfect = (plain(lines(Confusion(each))) for each in (COUNTS, np.eye(10, dtype=int)))
    assert text.endswith(
        "\n\nmost confused\n4 read as 9: 16 times   0 read as 1: 1 time\n9 read as 4: 4 times\n"
    )
    assert perfect.endswith("\n\nno mistakes\n")


def test_in_colour_correct_is_blue_and_incorrect_orange_the_more_the_brighter():
    with drawing_on(Surface(True, True)):
        rows = lines(Confusion(COUNTS))[2:12]
    styles = {(row, text.strip()): style for row in range(10) for text, style in rows[row]}

    def background(row, text):
        return [int(part) for part in styles[row, text].split("rgb(")[1].rstrip(")").split(",")]

    assert background(4, "50")[2] > background(4, "50")[0]
    assert background(4, "16")[0] > background(9, "4")[0]
    assert styles[0, "1"] == ""
    assert background(4, "16")[2] == 0
