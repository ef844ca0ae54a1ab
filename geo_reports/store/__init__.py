"""The store: everything that is kept, behind one interface."""

from geo_reports.store.doctor import Doctor, Finding
from geo_reports.store.insert import Arrivals, identity
from geo_reports.store.query import Query
from geo_reports.store.store import Receipt, Store, UnitIds

__all__ = ["Arrivals", "Doctor", "Finding", "Query", "Receipt", "Store", "UnitIds", "identity"]
