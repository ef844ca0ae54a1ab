"""Run migrations on the connection that the program hands over."""

from alembic import context

context.configure(connection=context.config.attributes["connection"])
context.run_migrations()
