"""Addresses on the web: which ones are asked."""

import re
from urllib.parse import urljoin, urlsplit

# Less than RFC 3986 lets pass: no user name or password, and none of what programs read in
# different ways. The server that is shown is then the one that is asked.
_ADDRESS = re.compile(
    r"https?://(\w[\w.-]*|\[[0-9a-f:.]+\])(:[0-9]+)?"  # server and port
    r"([/?#][!-\[\]-~]*)?",  # all of ASCII that is printed, but the backslash
    re.ASCII | re.IGNORECASE,
)


def is_web_address(url: str) -> bool:
    """Whether `url` is one of http or https, and names one server however it is read."""
    try:
        return _ADDRESS.fullmatch(url) is not None and urlsplit(url).port != 0
    except ValueError:  # a port or an IPv6 address that cannot be
        return False


def check_mirror(url: str) -> None:
    """Raise `ValueError` for what cannot be the base address of a mirror.

    The message shows nothing of it: whatever stands there may be a password.
    """
    if not is_web_address(url):
        raise ValueError(
            "expected an address like https://example.org/mnist, in ASCII,"
            " without a user name, password, blank or backslash"
        )


def below(base: str, name: str) -> str:
    """The address of the file `name` below a base address, which keeps its query."""
    parts = urlsplit(base)
    return parts._replace(path=f"{parts.path.rstrip('/')}/{name}", fragment="").geturl()


def redirected(url: str, target: str) -> str | None:
    """Where `url` is redirected to.

    None for what is not a web address, and for a step from https down to http.
    """
    try:
        target = urljoin(url, target)
        is_weaker = (urlsplit(url).scheme, urlsplit(target).scheme) == ("https", "http")
    except ValueError:
        return None
    return target if is_web_address(target) and not is_weaker else None
