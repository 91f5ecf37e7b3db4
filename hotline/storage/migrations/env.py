"""Alembic runs this file: it runs the migrations on the connection that `hotline.storage.schema.migrate` passes."""

from alembic import context

from hotline.storage import (  # noqa: F401 - so that Base.metadata has all tables
    auditmodels,
    bridgemodels,
    callmodels,
    erasuremodels,
    keepingmodels,
    lookmodels,
    models,
    partmodels,
    peoplemodels,
    prankmodels,
    readingmodels,
    redactionmodels,
    releasemodels,
    ringmodels,
    viewmodels,
)
from hotline.storage.base import Base
from hotline.storage.schema import foreign_keys_off

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=Base.metadata, render_as_batch=True, transaction_per_migration=True)
with foreign_keys_off(connection), context.begin_transaction():
    context.run_migrations()
