"""What the access log costs: one more statement at most, a tenth more function calls at most, and nobody waits for another."""

import os
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

import storage
from desk.core import disclosures
from desk.core.audit_chain import SEALED_AFTER, seal_next
from desk.core.transaction import Desk
from storage.tables import AuditEntry
from tests.builders import make_call, make_follow_up, make_loan
from tests.wire.office_day import Slack
from tests.wire.test_statements import executed

LINES = (
    ("agent", "/loan"),
    ("agent", "/loan A-1001"),
    ("agent", "/loan find 王"),
    ("agent", "/loan mine"),
    ("agent", "/loan-due"),
    ("manager", "/loan-due late team"),
    ("agent", "/loan-call A-1001 no answer rang {n} times"),
    ("agent", "/loan-note A-1001 prefers calls after 1{n}:00"),
)
"""What shows borrowers, and what changes something about them."""

OURS = (str(Path(storage.__file__).parent.parent), os.sep + "sqlalchemy" + os.sep, os.sep + "sqlmodel" + os.sep)
NOT_OURS = (os.sep + "tests" + os.sep, os.sep + "sandbox" + os.sep)
ROUNDS = 5
MOST = 1.10
"""How many times the function calls of a command without the log one with it makes at most."""


@contextmanager
def counted() -> Iterator[Counter[str]]:
    """Count the function calls of the desk, and of what it asks the database with."""
    found: Counter[str] = Counter()

    def note(frame: FrameType, event: str, _given: Any) -> None:
        name = frame.f_code.co_filename
        if event == "call" and any(each in name for each in OURS) and not any(each in name for each in NOT_OURS):
            found["calls"] += 1

    sys.setprofile(note)
    try:
        yield found
    finally:
        sys.setprofile(None)


async def cost(slack: Slack, who: str, line: str) -> tuple[int, int]:
    """Return the least function calls and statements of some rounds of a command."""
    calls: list[int] = []
    statements: list[int] = []
    for n in range(ROUNDS):
        slack.clock.advance(minutes=5)
        with executed(slack) as ran, counted() as found:
            reply = await slack.command(slack.people[who], line.format(n=n))
        assert not reply.error
        calls.append(found["calls"])
        statements.append(len(ran))
    return min(calls), min(statements)


async def begin(slack: Slack) -> None:
    now = slack.clock.now()
    for number in ("A-1001", "A-1002", "A-1003"):
        loan = await make_loan(slack.office, slack.workspace, number, owner=slack.agent)
        await make_follow_up(slack.office, loan, slack.agent, due_at=now + timedelta(hours=1))
        await make_call(slack.office, loan, slack.agent)


async def test_a_command_with_the_log_does_at_most_a_tenth_more_than_one_without(
    slack: Slack, monkeypatch: pytest.MonkeyPatch
) -> None:
    await begin(slack)

    async def nothing(*_given: Any, **_more: Any) -> frozenset[Any]:
        return frozenset()

    for who, line in LINES:
        await cost(slack, who, line)  # statements are compiled once
        with monkeypatch.context() as off:
            off.setattr(disclosures, "record_disclosure", nothing)
            off.setattr(Desk, "audit", lambda *_given, **_more: None)
            left = len(await slack.rows(AuditEntry))
            calls_without, statements_without = await cost(slack, who, line)
            assert len(await slack.rows(AuditEntry)) == left, "the log is off"
        calls, statements = await cost(slack, who, line)
        assert len(await slack.rows(AuditEntry)) >= left + ROUNDS, line
        assert statements <= statements_without + 1, line
        assert calls <= MOST * calls_without, (line, calls, calls_without)


async def test_nobody_waits_for_an_entry_of_another_or_for_the_seal(slack: Slack) -> None:
    await begin(slack)
    if slack.office.database.is_sqlite:
        # There one transaction writes at a time, with or without the log; a search waits for none (test_disclosures.py).
        return
    slack.clock.advance(seconds=SEALED_AFTER.total_seconds())
    async with (
        slack.office.desk(slack.workspace, slack.manager) as theirs,
        slack.office.desk(slack.workspace) as worker,
    ):
        theirs.audit("note")
        await theirs.session.flush()
        await seal_next(worker)
        await worker.session.flush()
        for line in ("/loan A-1001", "/loan-call A-1001 no answer"):
            answer = await slack.command(slack.agent, line)
            assert "A-1001" in answer.text, answer.text
    acts = Counter(entry.act for entry in await slack.rows(AuditEntry))
    assert acts["note"] == acts["disclosure"] == acts["call"] == 1
