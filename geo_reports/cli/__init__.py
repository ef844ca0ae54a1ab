"""The command line: the third door."""

import sys

from geo_reports.cli import (  # noqa: F401 each registers its commands
    archive,
    audit,
    backup,
    changes,
    city,
    database,
    figures,
    gazetteer,
    layers,
    locate,
    outbox,
    reports,
    service,
    users,
)
from geo_reports.cli.common import app, complain
from geo_reports.errors import GeoReportsError


def main(words: list[str] | None = None) -> None:
    """Run a command; an expected error is one sentence on standard error and exit code 1."""
    try:
        app(words)
    except GeoReportsError as error:
        complain(str(error))
        sys.exit(1)
    except KeyboardInterrupt:
        complain("Stopped.")
        sys.exit(130)
    except BrokenPipeError:
        sys.stderr.close()  # the reader of our output went away; there is nobody to tell
        sys.exit(141)
