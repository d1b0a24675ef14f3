"""Run the migrations on the connection, and in the transaction, of the store that is opened."""

from alembic import context

context.configure(connection=context.config.attributes["connection"])
context.run_migrations()
