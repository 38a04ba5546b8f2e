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
from mnist_cli.handwriting.box import Box
from mnist_cli.handwriting.digit import Digit, NumberDigit
from mnist_cli.handwriting.ink import SEARCH_SIDE, WORK_SIDE, extract_ink, is_dark, resize
from mnist_cli.handwriting.ink_map import Candidate, InkMap
from mnist_cli.handwriting.judge import judge
from mnist_cli.handwriting.line import measure_gain
from mnist_cli.handwriting.mnist_format import Formatted, bring_to_format, is_in_mnist_format
from mnist_cli.handwriting.proposals import CLEAR, Empty, find_main
from mnist_cli.handwriting.rows import find_lines, seems_many
from mnist_cli.handwriting.steps import ReadingStep, show
from mnist_cli.net.engine import Floats
from mnist_cli.pictures.picture import Picture, Source, attempt, load_picture
from mnist_cli.pictures.pixels import LUMINANCE
from mnist_cli.shown import reporter
from mnist_cli.spec import SIDE, Progress

_NO_DIGIT = -4.0  # the highest odds of a filled rectangle, of what repeats itself, and the like
_SECOND = 0.5  # of what the judge of lines says, where the first judge is not sure
_MOST_GAIN, _USUAL_GAIN = 5.0, 2.5  # of its gain: what counts at most; what speaks neither way
_LEAST_GAIN = 3.0  # of a digit of a line; the mean of all in the line must be 1 higher
_ALIKE, _COPIES = 1.0, 3  # of 255, on average; of people's digits no three differ by less than 1.6
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
        return _leave_untouched(picture, invert) or _read_main(picture, invert)


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
        alone = _leave_untouched(picture, invert)
        digits = () if alone else _read_lines(picture, invert)
        if len(digits) > 1:
            return digits
        one = alone or _read_main(picture, invert)
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


def _read_main(picture: Picture, invert: bool | None) -> Digit:
    """Read the main digit, and say where there seem to be several, or perhaps none."""
    found, clutter = find_main(picture.pixels, invert)
    if isinstance(found, Empty):
        digits = _read_several(picture, invert)
        if digits:
            return replace(_get_surest(digits), digits=digits)
        error = NoDigitError(found.reason, source=picture.name)
        error.steps = _tell_way(picture.pixels, found.ink_map)
        raise error
    digit = _finish(found, picture)
    score = (digit.score or 0.0) - clutter
    if score < CLEAR:
        score += _SECOND * (min(measure_gain(found), _MOST_GAIN) - _USUAL_GAIN)
    # In another reading what is beside the digit may be anything.
    if score < 0 or found.ink_map.channels or seems_many(found.ink_map):
        digits = _read_several(picture, invert)
        if digits:
            main = replace(digit, score=score) if score > 0 else _get_surest(digits)
            return replace(main, digits=digits)
    return replace(digit, score=score)


def _read_several(picture: Picture, invert: bool | None) -> tuple[NumberDigit, ...]:
    """Read all digits of a picture if at least two are not doubted, else none."""
    digits = _read_lines(picture, invert)
    return digits if sum(not digit.is_doubted() for digit in digits) > 1 else ()


def _get_surest(digits: tuple[NumberDigit, ...]) -> Digit:
    one = max(digits, key=lambda digit: digit.score or 0.0)
    return Digit(one.image, one.way, one.steps, one.score, one.box)


def _tell_way(pixels: Floats, ink_map: InkMap) -> tuple[ReadingStep, ...]:
    """Tell the steps from the picture to the ink in the part of it that was looked at."""
    height, width = pixels.shape[:2]
    steps = [ReadingStep("picture", f"{width}x{height} pixels", show(resize(pixels, SEARCH_SIDE)))]
    part = ink_map.frame.cut_from(pixels)
    if part.shape != pixels.shape:
        share = ink_map.frame.long_side / max(width, height)
        done = f"what is written is small: looked at {share:.0%} of the picture"
        steps.append(ReadingStep("closer look", done, show(resize(part, SEARCH_SIDE))))
    return (*steps, *ink_map.steps)


def _finish(candidate: Candidate, picture: Picture) -> Digit:
    """Bring what was found to the MNIST format, and add the last steps."""
    ink_map = candidate.ink_map
    kept, all_ = len(candidate.components), len(ink_map.boxes)
    done = f"{plural(kept, 'connected component')} of ink kept, {all_ - kept:,} dropped"
    formatted = bring_to_format([candidate.draw()])
    shown = show(0.3 * (ink_map.labels > 0) + 0.7 * candidate.mask)
    width = f"strokes of {formatted.widths[0]:.1f} pixels are given MNIST's width"
    position = "20 pixels long, its centre of mass in the middle of 28x28"
    steps = (
        *_tell_way(picture.pixels, ink_map),
        ReadingStep("components", done, shown),
        ReadingStep("strokes", width, show(formatted.strokes[..., 0])),
        ReadingStep("digit", position, formatted.images[0]),
    )
    (score,) = _judge(formatted)
    box = _undo_reduction(candidate.box_on_picture, picture)
    return Digit(formatted.images[0], "converted", steps, min(score, candidate.score), box)


def _read_lines(picture: Picture, invert: bool | None) -> tuple[NumberDigit, ...]:
    pixels = picture.pixels
    small = resize(pixels, WORK_SIDE)
    lines = find_lines(pixels, _tones(is_dark(small), invert))
    found = [(digit, number) for number, line in enumerate(lines, start=1) for digit in line]
    if not found:
        return ()
    formatted = bring_to_format([candidate.draw() for candidate, _ in found])
    boxes = [candidate.box_on_picture for candidate, _ in found]
    said = f"{plural(len(found), 'digit')} in {plural(len(lines), 'line')}"
    shown = show(pixels)
    ink = extract_ink(small, dark=found[0][0].ink_map.dark).max(axis=2)
    steps = (
        ReadingStep("picture", f"{pixels.shape[1]}x{pixels.shape[0]} pixels", shown),
        ReadingStep("ink", "the background is taken off", show(np.sqrt(ink))),  # also what is faint
        ReadingStep("boxes", said, shown, boxes),
    )
    boxes = [_undo_reduction(box, picture) for box in boxes]
    scores = _judge(formatted)
    usual = [sum(digit.gain for digit in line) / len(line) for line in lines]
    digits = []
    for (one, line), image, score, box in zip(found, formatted.images, scores, boxes, strict=True):
        if min(one.gain, usual[line - 1] - 1) < _LEAST_GAIN:
            score = min(score, _NO_DIGIT)
        place = line, one.after_gap, one.in_line, one.left_out
        digits.append(NumberDigit(image, "converted", steps, score, box, (), *place))
    return tuple(digits)


def _judge(formatted: Formatted) -> list[float]:
    """Return the odds that each is a digit: low also for bars and textures, which judges like."""
    images = formatted.images.reshape(len(formatted.images), -1).astype(np.float32)
    differences = np.array([np.abs(images - image).mean(axis=1) for image in images])
    repeats = (differences < _ALIKE).sum(axis=1) >= _COPIES
    most = np.where(formatted.are_bars | repeats, _NO_DIGIT, np.inf)
    scores: list[float] = np.minimum(judge(formatted.images), most).tolist()
    return scores


def _tones(dark: bool, invert: bool | None) -> tuple[bool, ...]:
    """Which tones ink may have, dark or not, the likelier one first."""
    return (dark, not dark) if invert is None else (invert,)


def _undo_reduction(box: Box, picture: Picture) -> Box:
    """Return a box on the pixels as one on the picture before it was reduced."""
    scale = picture.width / picture.pixels.shape[1]
    return box.scale(scale, (picture.height, picture.width))
