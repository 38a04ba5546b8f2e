"""The colours, once: every style that a view uses has its name here.

Styles are rich's words. Blue and orange are told apart by whoever cannot tell red from green, on
black and on white.
"""

BLUE, ORANGE = (47, 143, 208), (217, 115, 13)
BRIGHT_BLUE, BRIGHT_ORANGE = (64, 156, 255), (255, 140, 0)  # for pictures on black


def rich_color(color: tuple[int, int, int]) -> str:
    """A colour as rich writes it: ``#2f8fd0``."""
    return "#{:02x}{:02x}{:02x}".format(*color)


TITLE, QUIET, ACCENT, WARNING = "bold", "dim", "cyan", "yellow"
GOOD, BAD = rich_color(BLUE), rich_color(ORANGE)

ABOVE, BELOW = BRIGHT_BLUE, BRIGHT_ORANGE  # the two signs of a picture of numbers
CORRECT, INCORRECT = BLUE, BRIGHT_ORANGE  # the cells of a confusion matrix
BLACK, WHITE = "#000000", "#ffffff"  # ink on a coloured cell
