"""Undo knows every table and act: what is not registered is refused when it is written, not passed over when it is undone."""

import json
import subprocess
import sys

import pytest

import desk.registrations  # noqa: F401
from desk.core import undo_rules
from desk.core.changes import create
from desk.core.transaction import Office
from storage.engine.rows import Row, table_of
from storage.queries.core import undos
from storage.tables import AuditEntry, Borrower, FileImport, LegalHold, PhoneCall, StoredFile, Team, Workspace

NEVER_CREATED_BY_AN_ACT_WITH_UNDO = {Borrower, FileImport, LegalHold, PhoneCall, StoredFile, Team, Workspace}
"""Borrowers and teams stay when the act that wrote them is undone; a workspace is installed; who sent a file discards it; a legal
hold is lifted; the phone system reports calls; nothing undoes an import."""

LIST_REGISTRATIONS = """
import importlib, json, pkgutil, sys
import handlers.buttons.undo
from desk.core import undo_rules
NAMES = ("_TAKE_BACK", "_RECOMPUTE", "_CORRECT", "_HAS_FOLLOWERS", "_PARTIAL_ACTS")
registered = lambda: {name: sorted(map(str, getattr(undo_rules, name))) for name in NAMES}
known = registered()
import desk
for module in pkgutil.walk_packages(desk.__path__, "desk."):
    importlib.import_module(module.name)
json.dump([known, registered()], sys.stdout)
"""


def test_the_process_that_runs_undo_has_imported_all_that_registers() -> None:
    ran = subprocess.run([sys.executable, "-c", LIST_REGISTRATIONS], capture_output=True, text=True, check=True)
    known, everything = json.loads(ran.stdout)

    assert known == everything


def test_every_table_with_versions_says_how_a_row_is_taken_back() -> None:
    versioned = {table for table in Row.__subclasses__() if "version" in table_of(table).columns}
    refused: set[type[Row]] = set()
    for table in versioned:
        try:
            undo_rules.take_back_of(table)
        except undo_rules.NotUndoableError:
            refused.add(table)

    assert refused == NEVER_CREATED_BY_AN_ACT_WITH_UNDO


async def test_a_row_that_undo_could_not_take_back_is_not_written(office: Office, workspace: Workspace) -> None:
    with pytest.raises(undo_rules.NotUndoableError, match="AuditEntry"):
        async with office.desk(workspace) as here:
            create(here, AuditEntry(workspace_id=workspace.id, at=here.now, act="x"))


def test_an_undo_of_an_unknown_table_is_refused() -> None:
    with pytest.raises(LookupError, match="no_such_table"):
        undos.table_of("no_such_table")
    with pytest.raises(LookupError, match="audit_entry"):
        undos.table_of("audit_entry")


def test_one_table_is_registered_once() -> None:
    with pytest.raises(ValueError, match="twice"):
        undo_rules.takes_back(undos.table_of("member"))(lambda desk, row: None)
