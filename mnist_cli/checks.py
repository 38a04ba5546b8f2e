"""What is checked in many places, in the same words everywhere."""

import sys
from collections.abc import Collection, Iterable
from numbers import Integral, Real

from mnist_cli.errors import nearest, printable


def require_at_least(name: str, number: int, least: int = 1) -> int:
    """Return a whole number as an int. Raises `ValueError` for anything else, and below `least`."""
    if not isinstance(number, Integral):
        raise ValueError(f"{name} is {printable(repr(number))}: expected a whole number")
    if number < least:
        raise ValueError(f"{name} is {number}: expected {least} or more")
    return int(number)


def require_between(
    name: str, number: float, least: float, most: float, *, whole: bool = False
) -> float:
    """Return a number, a `whole` one as an int. Raises `ValueError` outside of the limits."""
    is_within = isinstance(number, Real) and least <= number <= most
    if not is_within or (whole and number % 1):
        kind = "whole number" if whole else "number"
        found = f"{number:g}" if isinstance(number, float) else printable(repr(number))
        raise ValueError(f"{name} is {found}: expected a {kind} from {least:,} to {most:,}")
    return int(number) if whole else number


def one_of(choices: Iterable[object]) -> str:
    """For messages: ``a``, ``a or b``, ``a, b or c``."""
    *rest, last = map(str, choices)
    return f"{', '.join(rest)} or {last}" if rest else last


def install_hint(package: str) -> str:
    """How to install a package where this program runs from: with pip, uv, pipx or a checkout."""
    import shutil
    from importlib.util import find_spec

    python = f'"{sys.executable}"' if " " in sys.executable else sys.executable
    if find_spec("pip"):
        return f"Run: {python} -m pip install {package}"
    if shutil.which("uv"):
        return f"Run: uv pip install --python {python} {package}"
    # An environment that uv made has no pip of its own; that of another Python reaches it.
    return f"Run: python3 -m pip --python {python} install {package}"


def unknown_name(kind: str, name: object, known: Collection[str]) -> ValueError:
    """The error for a name that is not among those `known`, with the nearest one that is."""
    name = str(name)
    near = nearest(name.lower(), known, alike=0.6)
    ending = f"the nearest is '{near[0]}'" if near else f"there are {', '.join(known)}"
    return ValueError(f"there is no {kind} '{printable(name)}'; {ending}")
