"""Folium: a map definition and a view to one safe page and its text twin."""

from geo_reports.mapping.assets import LEAFLET, Assets
from geo_reports.mapping.page import Page, Share, render_page
from geo_reports.mapping.quality import render_quality
from geo_reports.mapping.tiles import TileSource, tile_origin

__all__ = ["LEAFLET", "Assets", "Page", "Share", "TileSource", "render_page", "render_quality", "tile_origin"]
