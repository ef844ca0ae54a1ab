"""The store: everything that is kept, behind one interface."""

from geo_reports.store.doctor import Doctor, Surroundings
from geo_reports.store.engine import file_of
from geo_reports.store.erasure import Erased, Eraser
from geo_reports.store.erasure_log import ErasureLog
from geo_reports.store.insert import Arrivals, Photo, identity
from geo_reports.store.outbox import Announce, Letter, Message, News, Outbox, silent
from geo_reports.store.photos import PhotoFolder
from geo_reports.store.problems import Finding
from geo_reports.store.query import Query
from geo_reports.store.sending import Receipt, Sending
from geo_reports.store.store import Store, UnitIds
from geo_reports.store.writer import Writer

__all__ = [
    "Announce",
    "Arrivals",
    "Doctor",
    "Erased",
    "Eraser",
    "ErasureLog",
    "Finding",
    "Letter",
    "Message",
    "News",
    "Outbox",
    "Photo",
    "PhotoFolder",
    "Query",
    "Receipt",
    "Sending",
    "Store",
    "Surroundings",
    "UnitIds",
    "Writer",
    "file_of",
    "identity",
    "silent",
]
