"""``python -m geo_reports`` is the same as ``geo-reports``."""

from geo_reports.cli import main

main()
