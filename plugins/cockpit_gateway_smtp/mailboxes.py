"""Mail addresses, as they are written in the configuration."""

from __future__ import annotations

from email.errors import MessageError
from email.headerregistry import Address, AddressHeader, HeaderRegistry


def parse_mailbox(text: str) -> Address:
    """Return one mail address.

    Args:
        text: An address, or a name and an address in angle brackets (RFC 5322 section 3.4).

    Raises:
        ValueError: It is none, or several.

    Example:
        >>> parse_mailbox("Cockpit <cockpit@example.org>").addr_spec
        'cockpit@example.org'
    """
    try:
        header = HeaderRegistry()("to", text)
    except (MessageError, ValueError, IndexError, AttributeError):  # the parser trips over some texts
        raise ValueError(_EXPECTED) from None
    assert isinstance(header, AddressHeader)  # noqa: S101 - what the registry has for "to"
    found = header.addresses
    one_line = text.isprintable()
    if header.defects or len(found) != 1 or not (one_line and found[0].username and found[0].domain):
        raise ValueError(_EXPECTED)
    if not found[0].addr_spec.isascii():
        raise ValueError("an address is ASCII; write its domain in Punycode (xn--…)")
    return found[0]


_EXPECTED = 'expected one mail address such as "Cockpit <cockpit@example.org>"'
