"""Every statement of `storage` is of one workspace: it names the workspace, or rows by keys that no two workspaces share."""

import contextlib
import re

from sqlalchemy.exc import IntegrityError
from sqlmodel import SQLModel

from storage.engine.database import Database
from tests.storage.engine.test_statements import Examples, Recorder, examples, functions

__all__ = ["examples"]

KEYS = frozenset(
    column.name
    for table in SQLModel.metadata.sorted_tables
    for column in table.columns
    if (column.primary_key and column.name == "id") or column.foreign_keys
) | {"incarnation", "blob_id", "batch_id", "part_of"}
"""Columns whose values are ids: no other workspace has the same."""

_NAMED = re.compile(r"\b(?:\w+\.)?(\w+)(?: = (?:ANY \()?| IN )\(?(?:%\(|:|\$\d|\?|__\[POSTCOMPILE)")

_QUERIES = "storage.queries."

OF_ALL_WORKSPACES = {
    "core.due_rows.chores_due": "only whether some row waits, so that a worker leaves a chore out",
    "core.retention_runs.erased": "the list that a restored backup is held against",
    "core.retention_runs.count_erased": "whether that list has grown",
    "files.files.workspace_of_link": "by the digest of 256 random bits, to find whose link it is",
    "people.installations.every": "what is served, and which tokens end soon",
    "people.installations.take_state": "of an installation that has begun, which is of no workspace yet",
    "people.installations.count_states": "the same",
    "people.installations.delete_states_before": "the same",
    "lender.answers.try_lock": "a lock named after the id of an answer or workspace, which is of one workspace",
    "lender.answers.lock": "the same",
    "loans.search.known_digests": "only which digests an import need not look up: those that some borrower has",
    "people.tokens.with_holder": "by the token's prefix: the token says which workspace a request is for",
    "people.workspaces.of_slack_team": "by the Slack team, which is the workspace",
    "people.workspaces.every": "what runs for each",
    "people.workspaces.lock_table": "the first workspace is made while no other is",
}
"""Functions of `storage.queries` that ask for all workspaces, and why they may. `storage.upkeep` is of the deployment."""


async def test_every_statement_names_its_workspace_or_rows_of_it(database: Database, examples: Examples) -> None:
    recorder = Recorder(database.engine, writing=database.is_sqlite)
    for function in functions():
        recorder.function = f"{function.__module__}.{function.__name__}"
        if not recorder.function.startswith(_QUERIES):
            continue
        try:
            with contextlib.suppress(IntegrityError):
                await function(recorder, **examples.arguments(function))
        finally:
            await recorder.rollback()
            await recorder.close()
    unnamed: set[str] = set()
    for executed in recorder.executed:
        sql = str(executed.statement.compile(database.engine.sync_engine))
        if not sql.startswith("INSERT") and not KEYS.intersection(_NAMED.findall(sql)):
            unnamed.add(executed.function.removeprefix(_QUERIES))
    locks = {"people.workspaces.lock_table", "lender.answers.try_lock", "lender.answers.lock"}
    locks = locks if database.is_sqlite else set[str]()  # SQLite has one writer
    assert unnamed == OF_ALL_WORKSPACES.keys() - locks
