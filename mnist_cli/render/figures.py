"""Numbers as a person reads them: short, in their unit, as bars and as small histograms."""

import math
from collections.abc import Sequence

from mnist_cli.render.text import Line, line, surface
from mnist_cli.render.theme import ACCENT, QUIET, TITLE


def accuracy(correct: int, samples: int) -> Line:
    """The accuracy, and what it is made of."""
    share = (f"{correct / samples:.4f}", TITLE)
    return line(("accuracy ", QUIET), share, f"  {correct} of {samples} correct")


def number(value: float | None, decimals: int) -> str:
    """A number with so many decimals, shorter where it is large; ``-`` for none, NaN, infinity."""
    if value is None or not math.isfinite(value):
        return "-"
    return f"{value:.{decimals}f}" if abs(value) < 10_000 else f"{value:.3g}"


def duration(seconds: float) -> str:
    """A time in the unit that suits it."""
    if seconds >= 60:
        minutes, rest = divmod(round(seconds), 60)
        return f"{minutes:,} min {rest} s"
    if seconds >= 1:
        return f"{seconds:.2f} s" if seconds < 10 else f"{seconds:.1f} s"
    return f"{seconds * 1e3:.1f} ms" if seconds >= 1e-3 else f"{seconds * 1e6:.0f} us"


def bar(fraction: float, width: int, style: str = ACCENT) -> Line:
    """A horizontal bar of `width` cells, filled from the left by `fraction` (0..1)."""
    if not surface().unicode:
        full = round(fraction * width)
        return line(("#" * full, style), "." * (width - full))
    full, eighths = divmod(round(fraction * width * 8), 8)
    filled = "█" * full + ["", *"▏▎▍▌▋▊▉"][eighths]
    return line((filled, style), " " * (width - len(filled)))


def sparkline(heights: Sequence[float]) -> str:
    """One character a number (0 or more), its height by the largest: a small histogram."""
    ramp = "▁▂▃▄▅▆▇" if surface().unicode else "_.:-=+*"  # never so high that two lines touch
    highest = max(heights) or 1
    return "".join(ramp[round(height / highest * (len(ramp) - 1))] for height in heights)
