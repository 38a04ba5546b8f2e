"""The colours, once, in rich's words: blue and orange, which everybody can tell apart."""


def rich_color(color: tuple[int, int, int]) -> str:
    """A colour as rich writes it: ``#2f8fd0``."""
    return "#{:02x}{:02x}{:02x}".format(*color)


TITLE, QUIET, ACCENT, WARNING = "bold", "dim", "cyan", "yellow"
ABOVE, BELOW = (64, 156, 255), (255, 140, 0)  # the two signs of a picture of numbers, on black
CORRECT, INCORRECT = (47, 143, 208), BELOW  # the cells of a confusion matrix
GOOD, BAD = rich_color(CORRECT), rich_color((217, 115, 13))
BLACK, WHITE = "#000000", "#ffffff"  # ink on a coloured cell
