"""How it looks and speaks: words, page templates, style sheet and map signs, shared by every page."""

from geo_reports.look.pages import STATIC, environment, render
from geo_reports.look.words import LANGUAGES, N_, Words, words

__all__ = ["LANGUAGES", "N_", "STATIC", "Words", "environment", "render", "words"]
