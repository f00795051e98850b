"""What a start costs: it imports what the first answer needs, and the rest later."""

import subprocess
import sys

from sqlmodel.main import default_registry

import storage.tables

LATER = {
    "alembic": "only a migration needs it",
    "asyncpg": "the driver of PostgreSQL, on which alone it is needed",
    "bot.phone_system": "only a desk with a phone system needs it, and the readers of what each writes",
    "bot.worker": "what is due is looked for behind the first answers",
    "dbos": "deliveries begin behind the first answers",
    "desk.telephony.adapters.freeswitch": "the same; with it the parser of XML",
    "handlers.api.api": "the first request of a program",
    "holidays": "the first due time needs it, and of its countries one",
    "holidays.countries": "all countries, for one of them",
    "obstore": "only a desk that keeps its files in a bucket needs it",
    "phonenumbers": "the first phone number that is read or shown",
    "psycopg": "the driver of DBOS",
    "pypinyin": "50 MB, for the first Chinese name that is indexed",
    "python_calamine": "only an imported workbook needs it",
    "rich": "only a command that prints needs it",
    "tinytag": "the first recording",
    "typst": "80 MB, for a process of its own that sets a report",
    "xlsxwriter": "only an exported workbook needs it",
}
"""What a process that serves does not import before it answers, and why."""


def test_a_process_that_serves_imports_late_what_the_first_answer_does_not_need() -> None:
    code = f"import bot.cli, bot.commands.serving, sys; print(*({set(LATER)} & set(sys.modules)))"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert found.stdout.split() == []


def test_the_command_line_imports_neither_slack_nor_the_database_and_an_import_not_slack() -> None:
    code = """import bot.cli, sys
print(*({'slack_sdk', 'sqlalchemy', 'pydantic', 'aiohttp'} & set(sys.modules)))
import bot.commands.importing
print(*({'slack_sdk', 'aiohttp'} & set(sys.modules)))"""
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert found.stdout.split() == []


def test_no_objects_are_mapped_to_the_tables() -> None:
    assert len(storage.tables.Loan.metadata.tables) > 90
    assert [mapper.class_.__name__ for mapper in default_registry.mappers] == []
