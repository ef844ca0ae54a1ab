"""What one e-mail address looks like, and when two of them are the same person's."""

import re

LONGEST_ADDRESS = 254
"""Octets of an address in an envelope (RFC 5321, 4.5.3.1)."""
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_ADDRESS = re.compile(rf"{_ATOM}(?:\.{_ATOM})*@{_LABEL}(?:\.{_LABEL})+")
"""A dot-atom and a domain (RFC 5322, 3.4.1), in ASCII: no comment, no quoting, no line end can be part of it."""


def is_address(text: str) -> bool:
    """Tell whether a text is one e-mail address and nothing else."""
    return len(text) <= LONGEST_ADDRESS and len(text.rpartition("@")[0]) <= 64 and bool(_ADDRESS.fullmatch(text))


def plainly(address: str) -> str:
    """Write an address as all its spellings share it: in lower case, without what follows a plus.

    Only to recognise it again: mail goes to the address as its owner wrote it.
    """
    local, _, domain = address.strip().lower().rpartition("@")
    return f"{local.partition('+')[0] or local}@{domain}"
