"""The store: everything that is kept, behind one interface."""

from geo_reports.store.doctor import Doctor, Finding
from geo_reports.store.insert import Arrivals, Photo, identity
from geo_reports.store.query import Query
from geo_reports.store.sending import Message, Receipt, Sending
from geo_reports.store.store import Store, UnitIds
from geo_reports.store.writer import Writer

__all__ = [
    "Arrivals",
    "Doctor",
    "Finding",
    "Message",
    "Photo",
    "Query",
    "Receipt",
    "Sending",
    "Store",
    "UnitIds",
    "Writer",
    "identity",
]
