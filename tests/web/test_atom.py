"""Atom documents: what RFC 4287 asks for, and text that stays text."""

from datetime import UTC, datetime, timedelta, timezone
from xml.etree import ElementTree as ET

import pytest

from geo_reports.web.atom import ATOM, Entry, Feed, document, tag

AT = datetime(2026, 10, 16, tzinfo=timezone(timedelta(hours=-3)))
HEAD = Feed("tag:city.example,2026:barrios/A", "Barrio A", "Villa Chica", "es", "https://x/a.atom", "https://x/a", AT)
HOSTILE = [
    "<script>alert(1)</script>",
    "]]><!--",
    "&lt;b&gt; & \"'",
    "<![CDATA[x]]>",
    '" onload="x',
    "<!DOCTYPE x [<!ENTITY e SYSTEM 'file:///etc/passwd'>]>&e;",
    "javascript:alert(1)",
    "\u202eabc\u0000\u0008\ufffe\ud800",
]


def parsed(*entries):
    return ET.fromstring(document(HEAD, entries))


def name(local):
    return f"{{{ATOM}}}{local}"


def test_a_feed_has_what_the_standard_requires():
    root = parsed(Entry("tag:x,2026:1", "Uno", "texto", "https://x/1", AT, AT, "rubble"))
    assert root.tag == name("feed")
    for required in ("id", "title", "updated", "author"):
        assert len(root.findall(name(required))) == 1
    assert root.find(f"{name('author')}/{name('name')}").text == "Villa Chica"
    assert root.find(name("updated")).text == "2026-10-16T00:00:00-03:00"
    links = {link.get("rel"): link.get("href") for link in root.findall(name("link"))}
    assert links == {"self": "https://x/a.atom", "alternate": "https://x/a"}
    (entry,) = root.findall(name("entry"))
    assert {child.tag for child in entry} == {
        name(local) for local in ("id", "title", "updated", "published", "link", "category", "content")
    }
    assert entry.find(name("content")).get("type") == "text"


def test_no_element_is_of_another_namespace():
    root = parsed(Entry("tag:x,2026:1", "Uno", "texto", "https://x/1", datetime.now(UTC)))
    assert {element.tag.partition("}")[0] for element in root.iter()} == {"{" + ATOM}
    assert document(HEAD, []).count(b"xmlns") == 1


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_stays_text_in_every_place(text):
    entry = Entry("tag:x,2026:1", text, text, f"https://x/{text}", AT, None, text)
    (found,) = parsed(entry).findall(name("entry"))
    clean = "".join("\ufffd" if c in "\x00\x08\ufffe\ud800" else c for c in text)
    assert [found.find(name(part)).text for part in ("title", "content")] == [clean, clean]
    assert found.find(name("category")).get("term") == clean
    assert found.find(name("link")).get("href") == f"https://x/{clean}"
    assert [list(found.find(name(part))) for part in ("title", "content")] == [[], []]


def test_tags_are_those_of_rfc_4151():
    assert tag("city.example", "2026-10-15", "reportes/abc") == "tag:city.example,2026-10-15:reportes/abc"
