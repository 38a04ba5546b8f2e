"""What is said of input that is refused."""

from collections.abc import Callable
from typing import Any

import pytest

from mnist_cli.errors import FormatError, MnistError


def refusal_of(
    action: Callable[..., object],
    *arguments: Any,
    error: type[MnistError] = FormatError,
    **options: Any,
) -> str:
    """Call `action`, which must raise `error`; return what it says: one short line."""
    with pytest.raises(error) as caught:
        action(*arguments, **options)
    message = str(caught.value)
    assert message.isprintable()
    assert len(message) < 500
    return message
