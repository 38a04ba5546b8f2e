"""From a photo, scan or drawing of a digit to MNIST's own form, step by named step.

The net knows bright digits on black, 20 pixels long, the centre of mass in the middle of 28x28
pixels (LeCun et al. 1998, Gradient-based learning applied to document recognition, part III). What
people send is brought to this form: found on the page, freed from paper, light and lines, given
strokes as thick as MNIST's, scaled and centred. A picture in this form already is not touched.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import BinaryIO

import numpy as np

from mnist_cli.files import AnyPath
from mnist_cli.handwriting.components import Box, Pieces, around, find_pieces
from mnist_cli.handwriting.ink import (
    SEARCH_SIDE,
    WORK_SIDE,
    clear_of,
    contrast,
    ink_on_ground,
    is_dark,
    resize,
    threshold,
    without_lines,
)
from mnist_cli.handwriting.mnist_format import (
    LENGTH,
    Gray,
    drawn,
    in_mnist_form,
    placed,
    stroke_width,
    with_stroke_width,
)
from mnist_cli.handwriting.morphology import Bits, Floats, blur, distance
from mnist_cli.handwriting.picture import Picture, load_picture

STEPS = ("closer look", "ground", "ink", "lines", "pieces", "strokes", "scale", "centre")

_LONG_SIDE = 1600  # pixels; a digit of 2 % of the page is then still larger than the net's picture
_CLOSER = 0.45  # of the frame: what fills less is cut out
_CLOSEST = 0.35  # of a frame that was cut out: what fills less is cut out again
_MARGIN = 0.6  # of the digit, on each side of it
_LONGEST_ROW = 5.0  # times as wide as high; digits side by side each keep their resolution
_LINE = 0.1  # of the ink: what is less is not worth a word
_SMOOTH = 1.0  # pixels: grain and noise go, strokes stay

# What must be there for a digit: see `_why_empty`.
_LEAST_PEAK = 0.05  # of ink
_LEAST_CONTRAST = 3.0  # mean ink over that of the ground around
_LEAST_SIZE = 0.03  # of the long side of the picture
_LEAST_AT_EDGE = 0.5  # of the frame, for a digit that touches its border
_LEAST_SHARE = 0.3  # of the ink that is off the border
_INK_AT_EDGES = 0.3  # of the pixels along the border
_ONE_TONE = "no ink: the picture is of one tone"


@dataclass(frozen=True)
class Step:
    """One step on the way: its name, what it did in a sentence, and the picture after it.

    The picture is (H, W) or (H, W, 3) uint8, for showing.
    """

    name: str
    done: str
    picture: Gray


@dataclass(frozen=True)
class Digit:
    """A digit in MNIST's form.

    `image` is the (28, 28) uint8 picture that the net is to see. `preprocessed` is false where it
    is the picture of the file as it was, `untouched`, or only resized. `empty` says why there is
    nothing to read ("" where there is a digit). `count` is how many digits the picture seems to
    hold, and `warnings` are sentences without a full stop.
    """

    image: Gray
    preprocessed: bool
    steps: tuple[Step, ...]
    warnings: tuple[str, ...] = ()
    empty: str = ""
    count: int = 1
    untouched: bool = False

    @property
    def way(self) -> str:
        """In a few words, how the picture came to be."""
        if self.preprocessed:
            return "brought to MNIST's form"
        return "in MNIST's form already" if self.untouched else "only resized"


def read_digit(
    source: AnyPath | BinaryIO | bytes, *, preprocess: bool = True, invert: bool | None = None
) -> Digit:
    """Read the picture of one handwritten digit from a file, an open file or its bytes.

    Parameters
    ----------
    preprocess:
        Bring the digit to MNIST's form; False only resizes the picture to 28x28 gray pixels.
    invert:
        True: the ink is darker than the ground; False: it is brighter. None finds out, or leaves
        the picture as it is when `preprocess` is false.

    Of several digits it is the main one, with a warning. Raises `FileError` and `FormatError` as
    `load_picture` does.
    """
    picture = load_picture(source, long_side=_LONG_SIDE)
    if not preprocess:
        return _only_resized(picture, invert=bool(invert))
    if picture.gray_28 is not None and not invert and in_mnist_form(picture.gray_28):
        return _untouched(picture.gray_28)
    return prepare(picture.pixels, invert=invert)


def read_digits(
    source: AnyPath | BinaryIO | bytes, *, invert: bool | None = None
) -> tuple[Digit, ...]:
    """Read all digits that stand side by side in a picture, from left to right.

    A picture without any gives one `Digit` that is empty. Otherwise as `read_digit`.
    """
    picture = load_picture(source, long_side=_LONG_SIDE)
    if picture.gray_28 is not None and not invert and in_mnist_form(picture.gray_28):
        return (_untouched(picture.gray_28),)
    return prepare_all(picture.pixels, invert=invert)


def prepare(pixels: Floats, *, invert: bool | None = None, without: Collection[str] = ()) -> Digit:
    """Bring (H, W, 3) pixels in 0..1 to MNIST's form; of several digits, the main one.

    `without` leaves out some of `STEPS`, to measure what each earns.
    """
    look = _first_look(pixels, invert, without)
    if look.pieces is None:
        return _nothing(look, _ONE_TONE)
    number, count = look.pieces.main, len(look.pieces.groups)
    if "closer look" not in without:
        look, number = _closer_look(pixels, look, number, without)
    return _digit(look, number, without, count)


def prepare_all(pixels: Floats, *, invert: bool | None = None) -> tuple[Digit, ...]:
    """Bring every digit of (H, W, 3) pixels in 0..1 to MNIST's form, from left to right."""
    look = _first_look(pixels, invert)
    if look.pieces is None:
        return (_nothing(look, _ONE_TONE),)
    count = range(len(look.pieces.groups))
    digits = [_digit(*_closer_look(pixels, look, number)) for number in count]
    return tuple(digit for digit in digits if not digit.empty) or (digits[0],)


@dataclass(frozen=True)
class _Look:
    """What was seen in a frame of a picture.

    `ink` (h, w) is reduced from the pixels of `frame`, which is `share` of the long side of the
    picture; cut at `level` it falls into `pieces`.
    """

    frame: Box
    share: float
    steps: tuple[Step, ...]
    dark: bool
    ink: Floats
    level: float
    pieces: Pieces | None


def _first_look(pixels: Floats, invert: bool | None, without: Collection[str] = ()) -> _Look:
    height, width = pixels.shape[:2]
    frame = Box(0, 0, width, height)
    steps = (Step("picture", f"{width}x{height} pixels", _shown(resize(pixels, SEARCH_SIDE))),)
    if "closer look" not in without:
        place = _place_of_ink(pixels)
        if place is not None:
            return _look(pixels, place, invert, (*steps, _cut_out(pixels, place)), without)
    return _look(pixels, frame, invert, steps, without)


def _place_of_ink(pixels: Floats) -> Box | None:
    """Find where on a large page something small is written; None where it is not so."""
    if max(pixels.shape) <= WORK_SIDE:
        return None  # there is no more to see
    page = resize(pixels, SEARCH_SIDE)
    marks = without_lines(contrast(page))
    pieces = find_pieces(marks > _search_level(marks), marks)
    if pieces and not pieces.touches_border:
        # Edges of the page may stand out more than any ink; without them the level is the ink's.
        marks = clear_of(marks, pieces.at_border)
        pieces = find_pieces(marks > _search_level(marks), marks)
    if not pieces or pieces.touches_border:
        return None
    if pieces.groups[pieces.main].box.long_side >= _CLOSER * max(page.shape):
        return None
    margin = _MARGIN * pieces.groups[pieces.main].box.long_side
    row = around([group.box for group in pieces.groups])
    factor = max(pixels.shape) / max(page.shape)
    return row.grown(margin, margin).scaled(factor, pixels.shape)


def _search_level(marks: Floats) -> float:
    return threshold(marks, peak=0.35 * float(np.percentile(marks, 99.8)))


def _closer_look(
    pixels: Floats, look: _Look, number: int, without: Collection[str] = ()
) -> tuple[_Look, int]:
    """Look again at one digit where it is small; return the look and the digit's number there."""
    assert look.pieces is not None  # noqa: S101 - the caller looked
    box = look.pieces.groups[number].box
    frame = look.frame
    if max(frame.width, frame.height) <= WORK_SIDE or box.long_side >= _CLOSEST * max(
        look.ink.shape
    ):
        return look, number
    others = [group.box for group in look.pieces.groups]
    margin = _MARGIN * box.long_side
    place = Box(
        max([int(box.left - margin), *(b.right for b in others if b.right <= box.left)]),
        int(box.top - margin),
        min([int(box.right + margin), *(b.left for b in others if b.left >= box.right)]),
        int(box.bottom + margin),
    )
    place = place.scaled(frame.long_side / max(look.ink.shape), (frame.height, frame.width))
    place = place.moved(frame.left, frame.top)
    steps = (*look.steps, _cut_out(pixels, place))
    closer = _look(pixels, place, look.dark, steps, without)
    return (closer, closer.pieces.main) if closer.pieces else (look, number)


def _cut_out(pixels: Floats, place: Box) -> Step:
    share = place.long_side / max(pixels.shape)
    done = f"what is written is small: looked at {share:.0%} of the picture"
    return Step("closer look", done, _shown(resize(place.of(pixels), SEARCH_SIDE)))


def _look(
    pixels: Floats,
    frame: Box,
    invert: bool | None,
    steps: tuple[Step, ...],
    without: Collection[str],
) -> _Look:
    """Find the ink in a frame of the picture and sort it into pieces."""
    row = min(max(frame.width / frame.height, 1), _LONGEST_ROW)
    page = blur(resize(frame.of(pixels), int(WORK_SIDE * row)), 0.7)
    dark = invert
    if dark is None:
        dark = "ink" not in without and is_dark(page)
    if "ground" in without:
        signed = -page if dark else page
        ink = np.clip(signed - np.median(signed, axis=(0, 1)), 0, None).max(axis=2)
    else:
        ink = ink_on_ground(page, dark=dark)
    tone = "darker" if dark else "brighter"
    done = [Step("ink", f"the ink is {tone} than the ground, which is taken off", _shown(ink))]
    if "lines" not in without:
        bare = without_lines(ink)
        if (ink - bare).max() > _LINE * ink.max():
            done.append(Step("lines", "ruled lines are taken off", _shown(bare)))
        ink = bare
    ink = blur(ink, _SMOOTH)
    level = threshold(ink, peak=0.25 * float(ink.max()))
    share = frame.long_side / max(pixels.shape)
    return _Look(frame, share, (*steps, *done), dark, ink, level, find_pieces(ink > level))


def _why_empty(look: _Look, pieces: Pieces, number: int) -> str:
    """Say why what was seen is no digit, or "" where it is one.

    The limits lie far from what real digits have: of several hundred, the faintest has a peak of
    0.11, and the ink of the least clear is 3.9 times that of the ground.
    """
    digit = pieces.groups[number]
    if look.ink.max() < _LEAST_PEAK:
        return _ONE_TONE
    around = (distance(digit.mask, 6) <= 6) & (distance(pieces.mask, 2) > 2)
    ground = np.percentile(look.ink[around], 90) if around.any() else 0
    if look.ink[digit.mask].mean() < _LEAST_CONTRAST * ground:
        return "no ink: nothing stands out from the ground"
    rim = (digit.mask[0], digit.mask[-1], digit.mask[:, 0], digit.mask[:, -1])
    if np.concatenate(rim).mean() > _INK_AT_EDGES:
        return "ink everywhere: it runs over the edges of the picture"
    filled = digit.box.long_side / max(look.ink.shape)
    if filled * look.share < _LEAST_SIZE:
        return "no digit: there are only specks"
    if filled < _LEAST_AT_EDGE and (digit.mask & pieces.at_border).any():
        return "no digit: there is only something at the edge"
    digits = sum(int(group.mask.sum()) for group in pieces.groups)
    if digits < _LEAST_SHARE * int((pieces.mask & ~pieces.at_border).sum()):
        return "no digit: there are only scattered marks"
    return ""


def _nothing(look: _Look, why: str) -> Digit:
    return Digit(np.zeros((28, 28), np.uint8), True, look.steps, empty=why, count=0)


def _digit(look: _Look, number: int, without: Collection[str] = (), count: int = 1) -> Digit:
    """Draw one of the digits that were seen in MNIST's form."""
    assert look.pieces is not None  # noqa: S101 - the caller looked
    why = _why_empty(look, look.pieces, number)
    if why:
        return _nothing(look, why)
    group = look.pieces.groups[number]
    mask, box = group.mask, group.box
    if "pieces" in without:
        mask, box = look.pieces.mask, Box(0, 0, *look.pieces.mask.shape[::-1])
    shown = look.pieces.mask * 0.3 + mask * 0.7
    dropped = look.pieces.count - group.count
    done = f"{_count(group.count, 'piece')} of ink kept, {dropped} left out"
    steps = [*look.steps, Step("pieces", done, _shown(shown))]
    bits = drawn(look.ink, mask, look.level, box)
    width = stroke_width(bits)
    strokes = bits.astype(np.float32)
    if "strokes" not in without:
        strokes = with_stroke_width(bits, width)
        done = f"strokes of {width:.1f} pixels are brought to MNIST's width"
        steps.append(Step("strokes", done, _shown(strokes)))
    length = LENGTH * (box.long_side / max(mask.shape) if "scale" in without else 1)
    image = placed(strokes, length, by_mass="centre" not in without)
    steps.append(Step("digit", "20 pixels long, its centre of mass in the middle of 28x28", image))
    warnings: tuple[str, ...] = ()
    if count > 1:
        warnings = (f"this looks like {count} digits; mnist reads one at a time",)
    return Digit(image, True, tuple(steps), warnings, count=count)


def _untouched(picture: Gray) -> Digit:
    step = Step("picture", "in MNIST's form already, left as it is", picture)
    return Digit(picture, preprocessed=False, steps=(step,), untouched=True)


def _only_resized(picture: Picture, *, invert: bool) -> Digit:
    from PIL import Image

    gray = picture.pixels @ np.array([0.299, 0.587, 0.114], np.float32)  # Rec. 601
    small = Image.fromarray(gray).resize((28, 28), Image.Resampling.BOX)
    image = np.rint(np.clip(np.asarray(small), 0, 1) * 255).astype(np.uint8)
    if picture.gray_28 is not None:
        image = picture.gray_28
    if invert:
        image = 255 - image
    step = Step("resize", "resized to 28x28, and nothing else", image)
    return Digit(image, preprocessed=False, steps=(step,))


def _shown(picture: Floats | Bits) -> Gray:
    """Stretch numbers from 0 up to at most 1 into the range of a gray or colour picture."""
    values = np.asarray(picture, np.float32)
    peak = 1.0 if values.ndim == 3 else max(float(values.max()), 1e-6)
    shown: Gray = np.rint(np.clip(values / peak, 0, 1) * 255).astype(np.uint8)
    return shown


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
