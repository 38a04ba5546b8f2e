"""What `mnist predict --explain` adds: the net's way from pixels to digit, step by step."""

from typing import Any

import numpy as np

from mnist_cli.prediction.explanation import Explanation, Step
from mnist_cli.render.pictures import legend, signed_picture, strip
from mnist_cli.render.text import Cell, Line, bar, beside, line, number, table
from mnist_cli.render.theme import ACCENT, QUIET, TITLE

_STRIP_WIDTH = 50
_BAR_WIDTH = 22


def as_json(explanation: Explanation | None) -> dict[str, Any] | None:
    """The field ``explanation`` of ``--json``; null where there is no digit to explain."""
    if explanation is None:
        return None
    return {
        "steps": [
            {
                "symbol": step.symbol,
                "formula": _formula(explanation, position),
                "shape": list(step.values.shape),
                "min": step.minimum,
                "mean": step.mean,
                "max": step.maximum,
                "values": step.values.tolist(),
            }
            for position, step in enumerate(explanation.steps)
        ],
        "softmax": {
            "max": float(explanation.scores.max()),
            "shifted": explanation.shifted.tolist(),
            "exp": explanation.exponentials.tolist(),
            "sum": float(explanation.exponentials.sum()),
        },
        "relevance": explanation.relevance.tolist(),
        "digit": explanation.digit,
        "runner_up": explanation.runner_up,
        "margin": explanation.margin,
    }


def lines(explanation: Explanation) -> list[Line]:
    """Each step with its shape, range, values as shades and a sentence; then softmax; then why."""
    steps = [
        spans
        for position, step in enumerate(explanation.steps)
        for spans in _step(explanation, position, step)
    ]
    shades = "Values as shades, each row from its smallest (dark) to its largest (bright)."
    return [line((shades, QUIET)), [], *steps, *_softmax(explanation), [], *_relevance(explanation)]


def _step(explanation: Explanation, position: int, step: Step) -> list[Line]:
    formula = _formula(explanation, position)
    numbers = "  ".join(
        f"{name} {number(value, 3):>8}"
        for name, value in (("min", step.minimum), ("mean", step.mean), ("max", step.maximum))
    )
    return [
        line((f"{formula:<18}", TITLE), f"{step.values.shape!s:>7}  ", (numbers, QUIET)),
        [("  ", ""), *strip(step.values, _STRIP_WIDTH)],
        line(("  " + _sentence(explanation, position), QUIET)),
        [],
    ]


def _formula(explanation: Explanation, position: int) -> str:
    """The book's formula of a step, such as ``a2 = z1 W2 + b2``."""
    symbol = explanation.steps[position].symbol
    if position == 0:
        return symbol
    before = explanation.steps[position - 1].symbol
    if symbol == "y":
        return f"y = softmax({before})"
    if symbol.startswith("z"):
        return f"{symbol} = {explanation.activation}({before})"
    layer = symbol[1:]
    return f"{symbol} = {before} W{layer} + b{layer}"


def _sentence(explanation: Explanation, position: int) -> str:
    step = explanation.steps[position]
    count, digit = step.values.size, explanation.digit
    if position == 0:
        ink = np.count_nonzero(step.values)
        return f"The picture: {count} pixels from 0 (paper) to 1 (full ink); {ink} hold ink."
    if step.symbol == "y":
        return (
            f"softmax makes ten probabilities of the scores; {digit} gets {step.values[digit]:.4f}."
        )
    if step.symbol.startswith("z"):
        high = np.count_nonzero(step.values > (0.5 if explanation.activation == "sigmoid" else 0))
        if explanation.activation == "sigmoid":
            return f"sigmoid squeezes each sum into 0..1: {high} of {count} units are above 0.5."
        return f"ReLU keeps a sum above 0 and makes the others 0: {high} of {count} units are on."
    if position == len(explanation.steps) - 2:
        best = int(step.values.argmax())
        return f"The last layer adds up a score for each digit: that of {best} is the highest."
    given = "pixels" if position == 1 else "units before it"
    return f"Each of {count} units weighs all {given}, adds them up and adds its bias."


def _softmax(explanation: Explanation) -> list[Line]:
    last = explanation.steps[-2].symbol
    best = explanation.digit
    values = zip(
        explanation.scores,
        explanation.shifted,
        explanation.exponentials,
        explanation.probabilities,
        strict=True,
    )
    rows: list[list[Cell]] = []
    for digit, (score, shifted, exponential, probability) in enumerate(values):
        texts = (
            f"{digit}",
            number(score, 3),
            number(shifted, 3),
            f"{exponential:.3e}",
            f"{probability:.4f}",
        )
        rows.append([(text, TITLE if digit == best else "") for text in texts])
    total = f"{explanation.exponentials.sum():.3e}"
    rows.append([("sum", QUIET), "", "", (total, QUIET), (f"{1:.4f}", QUIET)])
    head = ["softmax", last, f"{last} - max", f"exp({last} - max)", "y = exp / sum"]
    block = table(head, rows, ">>>>>")
    bars = [
        bar(probability, _BAR_WIDTH, ACCENT if digit == best else QUIET)
        for digit, probability in enumerate(explanation.probabilities.tolist())
    ]
    return beside(block, [[], *bars], gap="  ")


def _relevance(explanation: Explanation) -> list[Line]:
    digit, second = explanation.digit, explanation.runner_up
    limit = float(np.abs(explanation.relevance).max())
    ink = explanation.steps[0].values.reshape(28, 28).clip(0, 1)
    words = [
        line((f"Which ink spoke for {digit}", TITLE)),
        [],
        *legend(f"spoke for {digit}", "spoke against it"),
        [],
        line("gradient times input: by how much"),
        line("each pixel's ink moved the score"),
        line(f"of {digit}, up to {number(limit, 3)}"),
        [],
        line(f"second best: {second}, probability {explanation.probabilities[second]:.4f}"),
        line(f"margin {explanation.margin:.4f}"),
    ]
    return beside(signed_picture(explanation.relevance, limit, ink), words)
