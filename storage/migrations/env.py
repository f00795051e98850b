"""Runs migrations on the connection that `storage.engine.schema` passes in."""

from alembic import context
from sqlmodel import SQLModel
from sqlmodel.sql.sqltypes import AutoString

import storage.tables  # noqa: F401  (fills the metadata)


def render(kind, item, _autogenerate):
    """Return `sa.String()` for SQLModel's own type of texts; False leaves the rest to Alembic."""
    return "sa.String()" if kind == "type" and isinstance(item, AutoString) else False


connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=SQLModel.metadata,
    render_as_batch=True,
    render_item=render,
    include_name=lambda name, kind, _parents: kind != "table" or name in SQLModel.metadata.tables,
)
with context.begin_transaction():
    context.run_migrations()
