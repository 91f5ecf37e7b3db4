"""Alembic's entry: runs the migrations on the connection that `hotline.storage.db.migrate` hands over."""

from alembic import context

from hotline.storage import callmodels, models  # noqa: F401 - their tables
from hotline.storage.base import Base

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=Base.metadata, render_as_batch=True, transaction_per_migration=True)
with context.begin_transaction():
    context.run_migrations()
