"""Alembic's view of the schemas this program knows, and how one of them is made."""

from functools import cache
from importlib.resources import files

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.engine import Connection

from geo_reports.store.schema import metadata


def migrations() -> tuple[Config, ScriptDirectory]:
    """Alembic's view of the migrations in this program."""
    config = Config()
    config.set_main_option("script_location", str(files("geo_reports.store") / "migrations"))
    return config, ScriptDirectory.from_config(config)


@cache
def known() -> frozenset[str]:
    """Every schema that this program can read."""
    return frozenset(revision.revision for revision in migrations()[1].walk_revisions())


def present(connection: Connection) -> str | None:
    """Schema of a database, None before its first."""
    return MigrationContext.configure(connection).get_current_revision()


def make_new(connection: Connection) -> None:
    """Make the present schema in an empty database; a test holds it equal to what the migrations make."""
    metadata.create_all(connection)
    MigrationContext.configure(connection).stamp(migrations()[1], "head")


def make_at(connection: Connection, revision: str) -> None:
    """Make an empty database with a schema: the present one at once, an older one step by step."""
    if revision == migrations()[1].get_current_head():
        make_new(connection)
    else:
        bring_to(connection, revision)


def bring_to(connection: Connection, revision: str) -> None:
    """Bring a database up to a schema in the caller's transaction."""
    config, _ = migrations()
    config.attributes["connection"] = connection
    command.upgrade(config, revision)
