"""The door for people: pages that work on a phone, without scripts and without an account."""

from geo_reports.web.errors import html_errors
from geo_reports.web.router import create_web
from geo_reports.web.security import install_security

__all__ = ["create_web", "html_errors", "install_security"]
