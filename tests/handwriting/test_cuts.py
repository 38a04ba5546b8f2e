"""Where digits that touch are cut."""

import numpy as np
import pytest

from mnist_cli.handwriting.cuts import find_seams

HEIGHT = 71


@pytest.mark.parametrize("apart", [46, 47])  # the two walls touch
def test_rings_are_cut_where_they_touch(apart):
    rows, columns = np.mgrid[:HEIGHT, : 49 + 3 * apart]
    middles = 24 + apart * np.arange(4)
    rings = [np.hypot((columns - middle) / 22, (rows - HEIGHT // 2) / 32) - 1 for middle in middles]
    half_way = np.array(find_seams(np.abs(rings).min(axis=0) < 0.11, HEIGHT))[:, HEIGHT // 2]
    walls = middles[1:] - apart / 2
    assert (np.abs(half_way - walls[:, np.newaxis]).min(axis=1) < 5).all()


def test_what_leans_over_its_neighbour_is_cut_along_the_paper_between():
    strokes = np.zeros((60, 90), bool)
    for left in (0, 30):
        for row in range(60):
            strokes[row, left + 59 - row : left + 65 - row] = True
    strokes[30:34, 30:62] = True  # the stroke that joins them
    (seam,) = [seam for seam in find_seams(strokes, 60) if 30 < seam[30] < 60]
    crossed = strokes[np.arange(60), np.minimum(seam, 89)].sum()
    assert crossed <= 6
    assert seam[0] > seam[-1] + 20
