"""Atom (RFC 4287): news as one document, made of escaped text and nothing else."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from xml.etree.ElementTree import Element, SubElement, tostring

ATOM = "http://www.w3.org/2005/Atom"
MEDIA_TYPE = "application/atom+xml; charset=utf-8"
_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What no XML 1.0 document can hold, escaped or not (XML, 2.2)."""


@dataclass(frozen=True)
class Entry:
    """One piece of news; ``id`` is a tag URI (RFC 4151) that never changes, times are aware."""

    id: str
    title: str
    text: str
    address: str
    updated: datetime
    published: datetime | None = None
    category: str = ""


@dataclass(frozen=True)
class Feed:
    """What stands above the entries: the feed's own address, that of the page it belongs to, and who speaks."""

    id: str
    title: str
    author: str
    language: str
    address: str
    page: str
    updated: datetime


def tag(host: str, day: str, name: str) -> str:
    """Tag URI of a name that a host gave on a day (``2026-09-30``) or in a year."""
    return f"tag:{host},{day}:{name}"


def document(feed: Feed, entries: Sequence[Entry]) -> bytes:
    """Write the feed in UTF-8."""
    root = Element("feed", {"xmlns": ATOM, "xml:lang": feed.language})
    _text(root, "id", feed.id)
    _text(root, "title", feed.title)
    _text(root, "updated", feed.updated.isoformat())
    _text(SubElement(root, "author"), "name", feed.author)
    SubElement(root, "link", {"rel": "self", "type": "application/atom+xml", "href": _clean(feed.address)})
    SubElement(root, "link", {"rel": "alternate", "type": "text/html", "href": _clean(feed.page)})
    for each in entries:
        _entry(root, each)
    text: str = tostring(root, encoding="unicode")
    return b'<?xml version="1.0" encoding="utf-8"?>\n' + text.encode()


def _entry(root: Element, entry: Entry) -> None:
    part = SubElement(root, "entry")
    _text(part, "id", entry.id)
    _text(part, "title", entry.title)
    _text(part, "updated", entry.updated.isoformat())
    if entry.published is not None:
        _text(part, "published", entry.published.isoformat())
    SubElement(part, "link", {"rel": "alternate", "type": "text/html", "href": _clean(entry.address)})
    if entry.category:
        SubElement(part, "category", {"term": _clean(entry.category)})
    _text(part, "content", entry.text, type="text")


def _text(parent: Element, name: str, text: str, **attributes: str) -> None:
    SubElement(parent, name, attributes).text = _clean(text)


def _clean(text: str) -> str:
    return _FORBIDDEN.sub("\ufffd", text)
