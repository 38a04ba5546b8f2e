"""Reading one line: every way to read it is known for a short one, and the best is to be found."""

from itertools import combinations, pairwise

import numpy as np
import pytest

from mnist_cli.handwriting import line
from mnist_cli.handwriting.box import Box
from mnist_cli.handwriting.ink_map import cut_ink
from mnist_cli.handwriting.judge import NONE


def write_bars(count):
    """Return an ink map of `count` bars side by side, each 20 pixels high, and its line."""
    ink = np.zeros((40, 8 * count + 8), np.float32)
    for left in range(8, 8 * count + 8, 8):
        ink[10:30, left : left + 3] = 1
    ink_map = cut_ink(ink, 0.5, Box(0, 0, *ink.shape[::-1]), dark=True)
    return line.propose(ink_map, list(range(count)), 20.0)


def list_readings(count, spans):
    """Return all sets of spans that do not overlap: what is in none is left out."""
    for size in range(count + 1):
        for chosen in combinations(range(len(spans)), size):
            covered = [i for number in chosen for i in range(*spans[number])]
            if len(covered) == len(set(covered)):
                yield chosen, set(range(count)) - set(covered)


@pytest.mark.parametrize("seed", range(3))
def test_the_best_of_all_readings_is_found(monkeypatch, seed):
    bars = write_bars(5)
    assert len(bars.spans) > 10
    logits = np.random.default_rng(seed).normal(0, 3, (len(bars.spans), NONE + 1))
    monkeypatch.setattr(line, "judge_spans", lambda _: logits)
    digits, _ = line.read_line(bars)
    as_digit = np.log(np.exp(logits[:, :NONE]).sum(axis=1)) + line._BONUS
    alone = {
        start: logits[n, NONE] for n, (start, stop) in enumerate(bars.spans) if stop - start == 1
    }
    sums = {
        chosen: sum(as_digit[n] for n in chosen) + sum(alone[i] for i in left_out)
        for chosen, left_out in list_readings(5, bars.spans)
    }
    best = max(sums, key=sums.__getitem__)
    nothing = sum(alone.values())
    assert sum(digit.gain for digit in digits) == pytest.approx(sums[best] - nothing)
    spans = sorted(bars.spans[n] for n in best)
    assert [digit.components for digit in digits] == [tuple(range(*span)) for span in spans]
    gaps = [False, *(after[0] > before[1] for before, after in pairwise(spans))]
    assert [digit.after_gap for digit in digits] == gaps


def test_what_the_judge_sees_tells_size_and_neighbours():
    bars = write_bars(3)
    drawn = line.draw_spans(bars)
    own, others = drawn[:, 784:1176].reshape(-1, 2, 196).sum(axis=2, dtype=int).T
    whole = bars.spans.index((0, 3))
    assert others[whole] == 0
    single = bars.spans.index((1, 2))
    assert own[single] + others[single] == pytest.approx(own[whole], rel=0.02)
    assert 0 < own[single] < others[single]
    height, width = drawn[whole, 1179:1181] / 255 * 4 - 2
    assert (height, width) == pytest.approx((1, 19 / 20), abs=0.01)
    assert drawn[whole, 1176:1178].tolist() == [0, 0]  # not cut


def test_two_zeros_that_touch_are_cut_and_said_to_be():
    y, x = np.mgrid[:60, :100]
    rings = [abs(np.hypot(x - middle, y - 30) - 16) < 2.5 for middle in (32, 67)]
    ink = np.logical_or(*rings).astype(np.float32)
    ink_map = cut_ink(ink, 0.5, Box(0, 0, 100, 60), dark=True)
    found = line.propose(ink_map, list(range(len(ink_map.boxes))), 36.0)
    assert set(found.owners) == {0}
    assert len(found.slices) >= 2
    cut = line.draw_spans(found)[:, 1176:1178] > 0
    for (start, stop), (left, right) in zip(found.spans, cut.tolist(), strict=True):
        assert (left, right) == (start > 0, stop < len(found.slices))
