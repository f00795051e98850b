"""`make migration` writes a numbered migration that passes `make check` unedited and leads to the tables."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import storage.migrations
from storage.engine import schema
from storage.engine.database import Database, make_folder
from storage.migrations.write import write_migration

MIGRATIONS = Path(storage.migrations.__path__[0])


@pytest.fixture
def folder(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    """The migrations up to 0011, or the one that the test names, in a project with the same lint rules."""
    last = getattr(request, "param", "0011")
    shutil.copy(MIGRATIONS.parent.parent / "pyproject.toml", tmp_path)
    (tmp_path / "storage" / "engine").mkdir(parents=True)  # ruff tells by this folder what is first-party
    folder = Path(shutil.copytree(MIGRATIONS, tmp_path / "storage" / "migrations"))
    for file in (folder / "versions").glob("*.py"):
        if file.name[:4] > last:
            file.unlink()
    return folder


def ruff(folder: Path, *arguments: str) -> str:
    """Return the complaints of ruff about the migrations."""
    command = [Path(sys.executable).with_name("ruff"), *arguments, "storage/migrations/versions"]
    ended = subprocess.run(command, cwd=folder.parent.parent, check=False, capture_output=True, text=True)
    return ended.stdout + ended.stderr if ended.returncode else ""


async def test_the_next_migration_is_numbered_named_and_passes_the_check(folder: Path) -> None:
    path = await write_migration("Steps of documents, language of teams", folder)

    assert path == folder / "versions" / "0012_steps_of_documents_language_of_teams.py"
    assert ruff(folder, "check", "--fix") == ruff(folder, "format") == ""
    assert ruff(folder, "check") == ruff(folder, "format", "--check") == ""
    text = path.read_text()
    assert text.startswith('"""Steps of documents, language of teams"""\n')
    assert 'revision: str = "0012"\ndown_revision: str | None = "0011"\n' in text
    assert 'op.create_table(\n        "document_step"' in text
    assert 'sa.Column("language", sa.String(), nullable=True)' in text


@pytest.mark.parametrize(
    "folder", ["0059"], indirect=True
)  # which gives a column a type that PostgreSQL cannot cast to
async def test_the_written_migration_leads_to_the_tables(folder: Path, empty_url: str) -> None:
    await write_migration("everything since", folder)
    make_folder(empty_url)
    database = Database(empty_url)
    try:
        async with database.engine.begin() as connection:
            await schema.migrate_on(connection, folder=folder)
        assert await schema.differences(database) == []
    finally:
        await database.close()


async def test_a_migration_needs_a_name(folder: Path) -> None:
    with pytest.raises(ValueError, match="name"):
        await write_migration(" - ", folder)
