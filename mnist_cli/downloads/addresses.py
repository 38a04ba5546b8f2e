"""Addresses on the web: which ones are asked, and what of them is shown."""

import re
from urllib.parse import urljoin, urlsplit

from mnist_cli.errors import printable

# The grammar of RFC 3986 and no more: what keeps to it names one server, whoever reads it.
_ADDRESS = re.compile(
    r"https?://"
    r"([\w.~!$&'()*+,;=%:-]+@)?"  # user name and password
    r"(\w[\w.-]*|\[[0-9a-f:.]+\])(:[0-9]+)?"  # server and port
    r"([/?#][!-\[\]-~]*)?",  # all of ASCII that is printed, but the backslash
    re.ASCII | re.IGNORECASE,
)


def is_web_address(url: str) -> bool:
    """Whether `url` is one of http or https, and names one server however it is read.

    One parser finds the name that is shown, another the server that is asked. Where they differ,
    as for ``http://a:1\\@b/``, somebody would be misled.
    """
    try:
        return _ADDRESS.fullmatch(url) is not None and urlsplit(url).port != 0
    except ValueError:  # a port or an IPv6 address that cannot be
        return False


def check_mirror(url: str) -> None:
    """Raise `ValueError` for what cannot be the base address of a mirror.

    Only addresses of http or https can; the message holds none of its secrets.
    """
    if is_web_address(url):
        return
    if not url.isascii():
        raise ValueError("an address is written in ASCII: a server's other letters as xn--...")
    # No parser is to be trusted with it: whatever stands before an @ may be a password.
    safe = re.sub(r"[?#].*", "", re.sub(r"^(\w+:/+)?.*@", r"\1", url, flags=re.DOTALL))
    if safe != url and is_web_address(safe):
        raise ValueError(
            "the address is ambiguous: programs read different servers in it, or none."
            " Write special characters of a user name, password or query as %5C for \\,"
            " %40 for @, %2F for /, %20 for a blank"
        )
    raise ValueError(f"'{printable(safe)}' is not an address like https://example.org/mnist")


def below(base: str, name: str) -> str:
    """The address of the file `name` below a base address, which keeps its query."""
    parts = urlsplit(base)
    return parts._replace(path=f"{parts.path.rstrip('/')}/{name}", fragment="").geturl()


def redirected(url: str, target: str) -> str | None:
    """Where `url` is redirected to, with the login for `url` only on the same server.

    None for what is not a web address, and for a step from https down to http.
    """
    try:
        target = urljoin(url, target)
    except ValueError:
        return None
    new, old = urlsplit(target), urlsplit(url)
    if not is_web_address(target) or (old.scheme, new.scheme) == ("https", "http"):
        return None
    same = (new.scheme, host_of(target)) == (old.scheme, host_of(url))
    return new._replace(netloc=old.netloc if same else host_of(target)).geturl()


def host_of(url: str) -> str:
    """The server of an address, with its port but without user name and password."""
    return urlsplit(url).netloc.rpartition("@")[2]


def without_secrets(url: str) -> str:
    """An address without the user name, password and query that it may hold."""
    return urlsplit(url)._replace(netloc=host_of(url), query="", fragment="").geturl()
