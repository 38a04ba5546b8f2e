"""Labels of MNIST's test set that people do not agree with.

Five people looked at each of 100 doubtful images, without the label, and most of them read another
digit in these, or none: https://github.com/cleanlab/label-errors, Apache-2.0; Northcutt, Athalye
and Mueller (2021), *Pervasive label errors in test sets destabilize machine learning benchmarks*.
"""

_PEOPLE = 5
# By index: the digit that most people read, None for neither it nor the label, and how many did.
READ = {
    947: (9, 5),
    1621: (6, 3),
    1901: (4, 3),
    2462: (0, 4),
    2597: (3, 4),
    3558: (0, 4),
    5937: (3, 3),
    6651: (6, 5),
    6783: (6, 3),
    9729: (6, 3),
    **dict.fromkeys((2654, 3520, 9679), (None, 3)),
}


def describe_doubt(index: int) -> str | None:
    """What people read in a doubted image of the embedded test set: ``5 of 5 people read 9``."""
    if index not in READ:
        return None
    digit, people = READ[index]
    read = "do not agree" if digit is None else f"read {digit}"
    return f"{people} of {_PEOPLE} people {read}"
