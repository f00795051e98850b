"""`python -m storage.migrations.write NAME`: write the next migration. `make migration` also formats it."""

import asyncio
import re
import sys
from collections.abc import Iterable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from alembic import command
from alembic.operations import ops
from sqlalchemy import Connection

from storage.engine import schema
from storage.engine.database import Database

_FOLDER = Path(__file__).parent
_NAMED = (ops.CreateForeignKeyOp, ops.CreateUniqueConstraintOp, ops.DropConstraintOp)
_IMPORT = "from storage.migrations.keys import KEY_NAMES, key_name\n"


async def write_migration(name: str, folder: Path = _FOLDER) -> Path:
    """Write the migration from the newest schema in `folder` to the tables, and return its path.

    It is numbered after the last one. Without a difference it is empty, for a change of rows alone.
    Raise ValueError for a name without a word.
    """
    if not any(character.isalnum() for character in name):
        raise ValueError("a migration needs a name in words")
    with TemporaryDirectory() as temporary:
        database = Database(f"sqlite:///{temporary}/schema.db")
        try:
            async with database.engine.begin() as connection:
                await schema.migrate_on(connection, folder=folder)
                return await connection.run_sync(_write, name, folder)
        finally:
            await database.close()


def _write(connection: Connection, name: str, folder: Path) -> Path:
    config = schema.config_for(connection, folder)
    config.set_main_option("file_template", "%%(rev)s_%%(slug)s")
    config.set_main_option("truncate_slug_length", "60")
    script: Any = command.revision(
        config, message=name, rev_id=_next_number(folder), autogenerate=True, process_revision_directives=_name_keys
    )
    path = Path(script.path)
    tidy = _with_key_names(re.sub(r"^ *# ### .*\n", "", path.read_text("utf-8"), flags=re.MULTILINE))
    path.write_text(tidy.replace(f'"""{name}', f'"""{name[0].upper()}{name[1:]}', 1), "utf-8")
    return path


def _next_number(folder: Path) -> str:
    numbers = [int(file.name[:4]) for file in (folder / "versions").glob("[0-9]*.py")]
    return f"{max(numbers, default=0) + 1:04}"


def _name_keys(_context: Any, _revision: Any, directives: list[Any]) -> None:
    """Name the foreign and unique keys of existing tables: SQLite cannot add or drop one without a name."""
    for script in directives:
        for container in (script.upgrade_ops, script.downgrade_ops):
            for operations in container.ops:
                for operation in getattr(operations, "ops", ()):
                    if isinstance(operation, _NAMED):
                        _name_key(operation)


def _name_key(operation: Any) -> None:
    if operation.constraint_name is None and isinstance(operation, ops.CreateForeignKeyOp):
        operation.constraint_name = f"fk_{operation.source_table}_{'_'.join(operation.local_cols)}"
    elif operation.constraint_name is None and operation.constraint_type == "foreignkey":
        key = operation.to_constraint()
        operation.constraint_name = f"{operation.table_name}.{'_'.join(key.column_keys)}"
    elif operation.constraint_name is None and isinstance(operation, ops.CreateUniqueConstraintOp):
        operation.constraint_name = _unique_name(operation.table_name, operation.columns)
    elif operation.constraint_name is None and operation.constraint_type == "unique":
        operation.constraint_name = _unique_name(operation.table_name, operation.to_constraint().columns.keys())


def _unique_name(table: str, columns: Iterable[str]) -> str:
    """Return what PostgreSQL calls a unique key that has no name."""
    return f"{'_'.join((table, *columns))}_key"


def _with_key_names(text: str) -> str:
    """Have keys dropped by the names that they have in the database that is migrated."""
    tables = set(re.findall(r"drop_constraint\('(\w+)\.\w+'", text))
    for table in tables:
        begin = f"op.batch_alter_table('{table}', schema=None"
        text = text.replace(begin, f"{begin}, naming_convention=KEY_NAMES")
    text = re.sub(r"drop_constraint\('(\w+)\.(\w+)'", r"drop_constraint(key_name('\1', '\2')", text)
    return text.replace("from alembic import op\n", f"from alembic import op\n{_IMPORT}", 1) if tables else text


if __name__ == "__main__":
    try:
        written = asyncio.run(write_migration(sys.argv[1] if len(sys.argv) > 1 else ""))
    except ValueError as error:
        sys.exit(f'{error}: make migration NAME="notes on loans"')
    sys.stdout.write(f"{written}\n")
