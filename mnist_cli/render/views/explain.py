"""What `mnist predict --explain` adds: the net's way from pixels to digit, step by step."""

from collections.abc import Iterator

import numpy as np

from mnist_cli.net.activations import name_each
from mnist_cli.prediction.explanation import Explanation, ForwardStep
from mnist_cli.render.layout import beside_if_it_fits, number, paragraph, stacked, table, with_bars
from mnist_cli.render.pictures import legend, picture, signed_picture, strip
from mnist_cli.render.text import Line, columns, length, line
from mnist_cli.render.theme import ACCENT, QUIET, TITLE
from mnist_cli.spec import CLASSES, SIDE, Activation

_STRIP_WIDTH = 50
_BAR_WIDTH = 22
_LEAST_BAR = 10  # with the gap before it
# What each activation does, and above what a neuron of it is high.
_DOES: dict[Activation, tuple[str, float]] = {
    "sigmoid": ("sigmoid squeezes each sum into 0..1", 0.5),
    "relu": ("relu keeps a sum above 0 and makes the others 0", 0),
    "tanh": ("tanh squeezes each sum into -1..1", 0),
    "step": ("step makes 1 of a sum above 0 and 0 of the others", 0),
    "identity": ("identity leaves each sum as it is", 0),
}


def lines(explanation: Explanation) -> list[Line]:
    """Each step with its shape, range, values as shades and a sentence; then softmax; then why."""
    words = "Values as shades, each row from its smallest (dark) to its largest (bright)."
    shades = paragraph(words, columns(), QUIET)
    steps = (_step(explanation, step) for step in explanation.steps)
    return stacked(shades, *steps, _softmax(explanation), *_evidence(explanation))


def _step(explanation: Explanation, step: ForwardStep) -> list[Line]:
    values = (("min", step.min), ("mean", step.mean), ("max", step.max))
    numbers = "  ".join(f"{name} {number(value, 3):>8}" for name, value in values)
    head = line((f"{step.formula:<18}", TITLE), f"{step.shape!s:>7}  ")
    block = [[*head, (numbers, QUIET)]]
    if length(block[0]) > columns():
        block = [head, line((f"  {numbers}", QUIET))]
    shown, sentences = [strip(step.values, _STRIP_WIDTH)], [_sentence(explanation, step)]
    each, more = divmod(step.values.size, _STRIP_WIDTH)
    if step.symbol == "x":
        ink = step.values.clip(0, 1).reshape(SIDE, SIDE) * 255
        shown = picture(np.rint(ink).astype(np.uint8))
    elif step.values.size > _STRIP_WIDTH:
        some = f"{each} or {each + 1}" if more else f"{each}"
        sentences.append(f"A shade is the mean of {some} of them.")
    block += [[("  ", ""), *spans] for spans in shown]
    return block + [row for one in sentences for row in paragraph(one, columns(), QUIET, "  ")]


def _sentence(explanation: Explanation, step: ForwardStep) -> str:
    values, count = step.values, step.values.size
    if step.symbol == "x":
        ink = np.count_nonzero(values)
        return f"The picture: {count} pixels from 0 (paper) to 1 (full ink); {ink} hold ink."
    if step.symbol == "y":
        best = explanation.prediction
        return f"softmax makes ten probabilities of the scores; {best} gets {values[best]:.4f}."
    if step is explanation.steps[-2]:
        best = int(values.argmax())
        return f"The last layer adds up a score for each digit: that of {best} is the highest."
    if step.symbol.startswith("a"):
        given = "pixels" if step.symbol == "a1" else "neurons before it"
        return f"Each of {count} neurons weighs all {given}, adds them up and adds its bias."
    does, limit = _DOES[_hidden(explanation)[int(step.symbol[1:]) - 1]]
    return f"{does}: {np.count_nonzero(values > limit)} of {count} neurons are above {limit}."


def _hidden(explanation: Explanation) -> tuple[str, ...]:
    """The activation of each hidden layer, of the steps x, a1, z1, ... a3, y."""
    return name_each(explanation.activation, len(explanation.steps) // 2 - 1)


def _softmax(explanation: Explanation) -> list[Line]:
    last, best = explanation.steps[-2].symbol, explanation.prediction
    exponentials, probabilities = explanation.exponentials, explanation.probabilities
    values = zip(explanation.scores, explanation.shifted, exponentials, probabilities, strict=True)
    rows = []
    for digit, (score, shifted, exp, y) in enumerate(values):
        texts = str(digit), number(score, 3), number(shifted, 3), f"{exp:.3e}", f"{y:.4f}"
        rows.append([(text, TITLE if digit == best else "") for text in texts])
    total, nothing = f"{exponentials.sum():.3e}", ("", "")
    rows.append([("sum", QUIET), nothing, nothing, (total, QUIET), (f"{1:.4f}", QUIET)])
    head = [">softmax", f">{last}", f">{last} - max", f">exp({last} - max)", ">y = exp / sum"]
    block = table(head, rows)
    if length(block[0]) + _LEAST_BAR > columns():
        return block
    styles = [ACCENT if digit == best else QUIET for digit in range(CLASSES)]
    return with_bars(block, probabilities.tolist(), styles, _BAR_WIDTH)


def _evidence(explanation: Explanation) -> Iterator[list[Line]]:
    """For the prediction; then for it and not another digit: the label, or else the second best."""
    digit, second, other = explanation.prediction, explanation.runner_up, explanation.against
    ink = explanation.steps[0].values.reshape(SIDE, SIDE).clip(0, 1)
    next_best = f"second best: {second}, probability {explanation.probabilities[second]:.4f}"
    margin = f"margin {explanation.margin:.4f}"
    both, versus = f"Evidence for and against {digit}", f"Why {digit} and not {other}"
    for title, relevance, against, above, facts in (
        (both, explanation.relevance, f"against {digit}", "", (next_best, margin)),
        (versus, explanation.relevance_against, f"for {other}", f" above that of {other}", ()),
    ):
        limit = float(np.abs(relevance).max())
        words = [
            "gradient times input: by how much",
            "each pixel's ink moved the score",
            f"of {digit}{above}, up to {number(limit, 3)}",
        ]
        if "step" in _hidden(explanation):
            words = ["gradient times input: none, as step", "is flat: a little ink moves no score"]
        sides = legend(f"evidence for {digit}", f"evidence {against}")
        told = stacked([line((title, TITLE))], sides, [line(each) for each in (*words, *facts)])
        yield beside_if_it_fits(signed_picture(relevance, limit, ink), told)
