"""Citizen reports of micro-dumps and security incidents, per neighborhood, on safe maps."""

__version__ = "0.1.0"
