"""What each command shows: its lines for a person, and its document for ``--json``."""

from typing import Any


def pick(thing: object, *names: str) -> dict[str, Any]:
    """Some attributes by their names, for a document."""
    return {name: getattr(thing, name) for name in names}
