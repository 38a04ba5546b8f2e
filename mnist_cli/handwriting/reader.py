"""From a photo, scan or drawing of a digit to the MNIST format, step by named step.

The net knows bright digits on black, 20 pixels long, the centre of mass in the middle of 28x28
pixels (LeCun et al. 1998, Gradient-based learning applied to document recognition, part III). What
people send is converted to this format: found on the page, freed from paper, light and lines, given
strokes as thick as MNIST's, scaled and centred. A picture in this format already is not touched.
"""

import os
from collections.abc import Iterable
from dataclasses import replace
from functools import partial

import numpy as np

from mnist_cli.errors import MnistError, NoDigitError, plural
from mnist_cli.handwriting import inks
from mnist_cli.handwriting.digit import SPREAD, Digit, NumberDigit, ReadingStep, show
from mnist_cli.handwriting.judge import judge
from mnist_cli.handwriting.line import LineDigit
from mnist_cli.handwriting.mnist_format import Formatted, bring_to_format, is_in_mnist_format
from mnist_cli.handwriting.morphology import measure_distance
from mnist_cli.handwriting.rows import find_lines, measure_weight
from mnist_cli.pictures.picture import Picture, Source, attempt, load_picture
from mnist_cli.pictures.pixels import LUMINANCE
from mnist_cli.shown import reporter
from mnist_cli.spec import SIDE, Progress

_NO_DIGIT = -4.0  # the highest odds of a filled rectangle, of what repeats itself, and the like
_OF_LINES, _USUAL_ODDS = 0.5, 5.0  # of what the judge of lines says of each digit, on average
_OTHERS = 2.0  # taken off the odds for each thing beside a digit
_LEAST_ODDS = 3.0  # of each digit, on average, from which on several are sure to be digits
_ALIKE, _COPIES = 1.0, 3  # of 255, on average; of people's digits no three differ by less than 1.6
_STEP_SIDE = 240  # pixels of the long side of the pictures of steps

# What must be there for a digit:
_LEAST_CONTRAST = 3.0  # mean ink over that of the background around
_LEAST_SIZE = 0.04  # of the long side of the picture
_INK_AT_EDGES = 0.3  # of the pixels along the border
_LEAST_AT_EDGE = 0.5  # of the part looked at, for a digit that touches its border

_LONG_SIDE = 1600  # pixels; a digit of 2 % of the page is then still larger than the net's picture


def read_digit(source: Source, *, preprocess: bool = True, invert: bool | None = None) -> Digit:
    """Read the picture of one handwritten digit; of several digits the main one, with a warning.

    Parameters
    ----------
    source:
        A path, an open binary file or the bytes of a PNG, JPEG, GIF, WebP, BMP or HEIC file; a PIL
        image; or an array, (H, W) or (H, W, 3 or 4), of uint8, of floats from 0 (black) to 1, or of
        bool.
    preprocess:
        Convert the digit to the MNIST format; False only resizes it to 28x28 gray pixels.
    invert:
        True: the ink is darker than the background; False: it is brighter. None detects it, or
        leaves the picture as it is when `preprocess` is false.

    Raises
    ------
    FileError
        For a file that cannot be read.
    FormatError
        For one that is not a whole picture in one of these formats or has too many pixels.
    NoDigitError
        For a picture on which there is no digit; it says why.
    ValueError
        For any other source.

    Examples
    --------
    The first test image, a 7, ten times as large and dark on white:

    >>> import numpy as np
    >>> from mnist_cli import load_images, load_network, read_digit
    >>> page = 255 - np.kron(load_images()[0], np.ones((10, 10), np.uint8))
    >>> digit = read_digit(page)
    >>> digit
    Digit(way='converted', digits=())
    >>> digit.image.shape
    (28, 28)
    >>> int(load_network().predict(digit.image))
    7
    """
    with np.errstate(under="ignore"):  # what is next to nothing may become nothing
        picture = load_picture(source, long_side=_LONG_SIDE)
        if not preprocess:
            return _resize_only(picture, invert=bool(invert))
        main, digits = _read(picture, invert)
    several = sum(not digit.is_doubted() for digit in digits) > 1
    return replace(main, digits=digits) if several else main


def read_digits(source: Source, *, invert: bool | None = None) -> tuple[NumberDigit, ...]:
    """Read all digits of a picture: line by line, each from left to right.

    `source` and `invert` are as for `read_digit`.

    Raises
    ------
    FileError, FormatError, NoDigitError, ValueError
        As `read_digit`.

    Examples
    --------
    The first three test images side by side, five times as large and dark on white:

    >>> import numpy as np
    >>> from mnist_cli import load_images, load_network, read_digits
    >>> row = 255 - np.kron(np.hstack(load_images()[:3]), np.ones((5, 5), np.uint8))
    >>> digits = read_digits(row)
    >>> [int(load_network().predict(digit.image)) for digit in digits]
    [7, 2, 1]
    >>> digits[1].line, digits[1].box.left // 140
    (1, 1)
    """
    with np.errstate(under="ignore"):
        picture = load_picture(source, long_side=_LONG_SIDE)
        one, digits = _read(picture, invert)
    if len(digits) > 1:
        return digits
    return (NumberDigit(one.image, one.way, one.steps, one.score, one.box),)


def read_pictures(
    sources: Iterable[Source],
    *,
    preprocess: bool = True,
    invert: bool | None = None,
    progress: bool | Progress = False,
) -> list[Digit | MnistError]:
    """Read many pictures, each as `read_digit` does; return in order each digit, or its error.

    One that cannot be read costs nothing of the others. `progress` is as for `evaluate`.

    Raises
    ------
    ValueError
        For anything but a list of what `read_digit` takes.

    Examples
    --------
    >>> from mnist_cli import Digit, load_images, load_network, read_pictures
    >>> read = read_pictures([*load_images()[:2], "seven.png"], progress=True)
    >>> print(read[2])
    seven.png: there is no such file or folder. Check the path.
    >>> load_network().predict([one for one in read if isinstance(one, Digit)])
    array([7, 2])
    """
    if isinstance(sources, str | bytes | os.PathLike):
        raise ValueError(f"found a {type(sources).__name__}, expected a list of pictures")
    pending = list(sources)
    read = partial(read_digit, preprocess=preprocess, invert=invert)
    digits: list[Digit | MnistError] = []
    with reporter(progress, "progress.counted", "pictures") as report:
        for source in pending:
            digits.append(attempt(read, source))
            report(len(digits), len(pending))
    return digits


def _leave_untouched(picture: Picture, invert: bool | None) -> Digit | None:
    """Take a picture in the MNIST format as it is; None for any other."""
    image = picture.gray_28
    if image is None or invert or not is_in_mnist_format(image):
        return None
    step = ReadingStep("picture", "in the MNIST format already, left as it is", image)
    return Digit(image, "untouched", (step,))


def _resize_only(picture: Picture, *, invert: bool) -> Digit:
    from PIL import Image

    small = Image.fromarray(picture.pixels @ LUMINANCE).resize((SIDE, SIDE), Image.Resampling.BOX)
    image = np.rint(np.clip(np.asarray(small), 0, 1) * 255).astype(np.uint8)
    if picture.gray_28 is not None:
        image = picture.gray_28
    if invert:
        image = 255 - image
    step = ReadingStep("resize", "resized to 28x28, and nothing else", image)
    return Digit(image, "resized", (step,))


def _read(picture: Picture, invert: bool | None) -> tuple[Digit, tuple[NumberDigit, ...]]:
    """Read the main digit of a picture, and all that are on it."""
    untouched = _leave_untouched(picture, invert)
    if untouched:
        return untouched, ()
    pixels = picture.pixels
    dark = inks.is_dark(inks.resize(pixels, inks.WORK_SIDE))
    lines, odds = find_lines(pixels, (dark, not dark) if invert is None else (invert,))
    found = [(digit, number) for number, line in enumerate(lines, start=1) for digit in line]
    if not found:
        raise _explain_nothing(picture, dark if invert is None else invert)
    formatted = bring_to_format([candidate.draw() for candidate, _ in found])
    mean_odds = odds / len(found)  # of all that is on the picture
    left_out = sum(line[0].left_out for line in lines) / len(found)
    in_lines = _OF_LINES * (mean_odds - _USUAL_ODDS) - _OTHERS * left_out
    scores = [score + in_lines for score in _judge(formatted)]
    digits = []
    scale = picture.width / pixels.shape[1]
    for (one, line), image, score in zip(found, formatted.images, scores, strict=True):
        box = one.box_on_picture.scale(scale, (picture.height, picture.width))
        place = line, one.after_gap, one.in_line, one.left_out
        digits.append(NumberDigit(image, "converted", (), score, box, (), *place))
    number = max(range(len(found)), key=lambda number: measure_weight(found[number][0]))
    candidate, main = found[number][0], digits[number]
    sure = sum(not digit.is_doubted() for digit in digits)
    if sure < 2 or mean_odds < _LEAST_ODDS:  # what else is there speaks against it
        clutter = max(candidate.ink_map.spread - SPREAD, 0)
        against = clutter + _OTHERS * (len(digits) - 1)
        main = replace(main, score=scores[number] - against)
    steps = _tell_main(picture, candidate, formatted, number)
    if sure < 2 and main.is_doubted() and (reason := _explain_empty(candidate, picture)):
        error = NoDigitError(reason, source=picture.name)
        error.steps = steps
        raise error
    if len(digits) > 1:
        of_lines = _tell_lines(picture, lines)
        digits = [replace(digit, steps=of_lines) for digit in digits]
    return Digit(main.image, main.way, steps, main.score, main.box), tuple(digits)


def _tell_main(
    picture: Picture, candidate: LineDigit, formatted: Formatted, number: int
) -> tuple[ReadingStep, ...]:
    """Tell the steps from the picture to one of the digits that were brought to the format."""
    ink_map = candidate.ink_map
    part = ink_map.frame.cut_from(picture.pixels)
    steps = [_tell_picture(picture)]
    if part.shape != picture.pixels.shape:
        share = ink_map.frame.long_side / max(picture.pixels.shape)
        done = f"what is written is small: looked at {share:.0%} of the picture"
        steps.append(ReadingStep("closer look", done, show(inks.resize(part, _STEP_SIDE))))
    seen = "" if ink_map.channels == inks.ANY_CHANNEL else f" in {ink_map.channels}"
    tone = f"the ink is {'darker' if ink_map.dark else 'brighter'} than the background{seen}"
    kept, all_ = len(candidate.components), len(ink_map.boxes)
    done = f"{plural(kept, 'connected component')} of ink kept, {all_ - kept:,} dropped"
    shown = show(0.3 * (ink_map.labels > 0) + 0.7 * ink_map.find(candidate.components))
    width = f"strokes of {formatted.widths[number]:.1f} pixels are given MNIST's width"
    position = "20 pixels long, its centre of mass in the middle of 28x28"
    return (
        *steps,
        ReadingStep("ink", f"{tone}, taken off with ruled lines", show(ink_map.ink)),
        ReadingStep("components", done, shown),
        ReadingStep("strokes", width, show(formatted.strokes[..., number])),
        ReadingStep("digit", position, formatted.images[number]),
    )


def _tell_lines(picture: Picture, lines: list[list[LineDigit]]) -> tuple[ReadingStep, ...]:
    """Tell the steps from the picture to its digits."""
    boxes = [digit.box_on_picture for line in lines for digit in line]
    small = inks.resize(picture.pixels, inks.WORK_SIDE)
    ink = inks.extract_ink(small, dark=lines[0][0].ink_map.dark).max(axis=2)
    said = f"{plural(len(boxes), 'digit')} in {plural(len(lines), 'line')}"
    return (
        _tell_picture(picture),
        ReadingStep("ink", "the background is taken off", show(np.sqrt(ink))),  # also what is faint
        ReadingStep("boxes", said, show(picture.pixels), boxes),
    )


def _tell_picture(picture: Picture) -> ReadingStep:
    height, width = picture.pixels.shape[:2]
    small = show(inks.resize(picture.pixels, _STEP_SIDE))
    return ReadingStep("picture", f"{width}x{height} pixels", small)


def _explain_nothing(picture: Picture, dark: bool) -> NoDigitError:
    """Say why nothing was found that might be a digit."""
    small = inks.resize(picture.pixels, inks.WORK_SIDE)
    ink = inks.remove_lines(inks.extract_ink(small, dark=dark).max(axis=2))
    why = "no ink: the picture is of one tone"
    if ink.max() >= inks.LEAST_PEAK:
        why = "no digit: nothing looks like one"
    error = NoDigitError(why, source=picture.name)
    taken_off = ReadingStep("ink", "the background is taken off", show(ink))
    error.steps = (_tell_picture(picture), taken_off)
    return error


def _explain_empty(digit: LineDigit, picture: Picture) -> str:
    """Say why what was found is no digit, "" for a digit; real ones keep far from these limits."""
    ink, box = digit.ink_map.ink, digit.box
    mask, written = digit.ink_map.find(digit.components), digit.ink_map.labels > 0
    near = (measure_distance(mask, 6) <= 6) & (measure_distance(written, 2) > 2)
    background = np.percentile(ink[near], 90) if near.any() else 0
    if ink[mask].mean() < _LEAST_CONTRAST * background:
        return "no ink: nothing stands out from the background"
    at_border = box.count_sides_at_border(ink.shape)
    rim = np.concatenate((written[0], written[-1], written[:, 0], written[:, -1]))
    if at_border and rim.mean() > _INK_AT_EDGES:
        return "ink everywhere: it runs over the edges of the picture"
    if digit.box_on_picture.long_side < _LEAST_SIZE * max(picture.pixels.shape):
        return "no digit: there are only specks"
    if at_border and box.long_side < _LEAST_AT_EDGE * max(ink.shape):
        return "no digit: there is only something at the edge"
    return ""


def _judge(formatted: Formatted) -> list[float]:
    """Return the odds that each is a digit: low also for bars and textures, which judges like."""
    images = formatted.images.reshape(len(formatted.images), -1).astype(np.float32)
    differences = np.array([np.abs(images - image).mean(axis=1) for image in images])
    repeats = (differences < _ALIKE).sum(axis=1) >= _COPIES
    most = np.where(formatted.are_bars | repeats, _NO_DIGIT, np.inf)
    return np.minimum(judge(formatted.images), most).tolist()
