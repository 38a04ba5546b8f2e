"""What is said of input that is refused."""

import pytest

from mnist_cli.errors import FormatError


def refusal_of(action, *arguments, error=FormatError, **options):
    """Call `action`, which must raise `error`; return what it says: one short line."""
    with pytest.raises(error) as caught:
        action(*arguments, **options)
    message = str(caught.value)
    assert message.isprintable()
    assert len(message) < 500
    return message
