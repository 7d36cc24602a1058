"""Alembic's entry. It works on the connection that `models.database.migrate` opened."""

from alembic import context

from models.base import Record


def run() -> None:
    context.configure(
        connection=context.config.attributes["connection"],
        target_metadata=Record.metadata,
        transaction_per_migration=True,
    )
    with context.begin_transaction():
        context.run_migrations()


run()
