"""Names, phones and notes of borrowers are in no log, audit trail, file of the database, engine table, metadata or channel."""

import io
import json
import logging
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import asyncpg
import pytest
import structlog
from sqlalchemy.engine import make_url
from sqlalchemy.exc import OperationalError

from bot import logs
from desk.calls import calls
from handlers.commands import loan_call
from storage.tables import AuditEntry, Loan
from tests.builders import make_follow_up, make_loan
from tests.wire.office_day import Slack

NAMES = ("欧阳若曦", "Penelope Quartermaine")
PHONES = ("+8613912348765", "+442079460958")
NOTES = ("她先生周末才回来", "husband works nights at the foundry")
SECRETS = (*NAMES, "若曦", "Penelope", "Quartermaine", "13912348765", "2079460958", *NOTES, "先生", "foundry")


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """The program's log, with the desk's own loggers at their lowest level."""
    before, level = logging.getLogger().handlers[:], logging.getLogger().level
    stream = io.StringIO()
    logs.configure("json", level=logging.DEBUG, stream=stream)
    yield stream
    structlog.reset_defaults()
    logging.getLogger().handlers[:] = before
    logging.getLogger().setLevel(level)


@pytest.fixture
async def planted(slack: Slack, log: io.StringIO) -> list[Loan]:
    """Two borrowers with loans of the agent's; a call each is due."""
    loans = [
        await make_loan(slack.office, slack.workspace, f"P-{number}", owner=slack.agent, name=name, phone=phone)
        for number, (name, phone) in enumerate(zip(NAMES, PHONES, strict=True))
    ]
    for loan in loans:
        await make_follow_up(slack.office, loan, slack.agent, due_at=slack.clock.now())
    return loans


def lines(log: io.StringIO, event: str) -> list[dict[str, Any]]:
    return [each for each in map(json.loads, log.getvalue().splitlines()) if each["event"] == event]


def clean(text: str) -> None:
    assert [secret for secret in SECRETS if secret in text] == []


async def breaks(*_: Any, **__: Any) -> Any:
    raise ValueError(f"{NAMES[0]} {NAMES[1]} {PHONES[0]} {NOTES[0]} {NOTES[1]}")


def reference_in(text: str) -> str:
    return text.partition("logged it as ")[2].split()[0].rstrip(".")


@pytest.mark.usefixtures("planted")
async def test_an_unexpected_error_is_answered_with_the_reference_in_the_log(
    slack: Slack, log: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loan_call, "log_call", breaks)

    reply = await slack.command(slack.agent, f"/loan-call P-0 reached {NOTES[0]}")

    assert reply.status == 200
    assert reply.ephemeral
    assert "Something went wrong and nothing was changed." in reply.text
    (line,) = lines(log, "mishap")
    assert reference_in(reply.text) == line["reference"]
    assert line["error"] == "ValueError"
    assert any("handlers/door/transaction.py" in place for place in line["at"])
    clean(log.getvalue())


@pytest.mark.usefixtures("planted")
async def test_a_press_that_fails_unexpectedly_is_answered_with_the_reference(
    slack: Slack, log: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    await slack.deliver()
    message = next(m for m in slack.sandbox.messages(slack.sandbox.dm("UAGENT")) if "P-0" in m.text)
    monkeypatch.setattr(calls, "log_call_on", breaks)

    pressed = await slack.press(slack.agent, message, "reached")

    assert pressed.error == ""
    assert pressed.shown is not None
    assert lines(log, "mishap")[0]["reference"] == reference_in(pressed.shown.text)
    clean(log.getvalue())


@pytest.mark.usefixtures("planted")
async def test_a_database_failure_is_answered_with_the_reference(
    slack: Slack, log: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*_: Any, **__: Any) -> Any:
        raise OperationalError("INSERT", {"name": NAMES[1]}, OSError(NAMES[0]))

    monkeypatch.setattr(loan_call, "log_call", away)

    reply = await slack.command(slack.agent, f"/loan-call P-0 reached {NOTES[0]}")

    assert "can't reach the database" in reply.text
    assert lines(log, "database_trouble")[0]["reference"] == reference_in(reply.text)
    clean(log.getvalue())


@pytest.mark.usefixtures("planted")
async def test_a_command_changes_nothing_when_slack_cannot_resolve_its_mention(slack: Slack, log: io.StringIO) -> None:
    slack.sandbox.faults.next("users.info", "500")

    reply = await slack.command(slack.admin, "/loan-team add @stranger agent")

    assert "Slack didn't say which person or channel you mean. Nothing was changed." in reply.text
    assert lines(log, "slack_trouble")[0]["reference"] in reply.text


@pytest.mark.usefixtures("planted")
async def test_a_day_with_faults_leaks_nothing_about_borrowers(
    slack: Slack, log: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    slack.sandbox.limits.enabled = False
    await slack.command(slack.agent, f"/loan new {NAMES[0]} {PHONES[0]} {NOTES[0]}")
    await slack.command(slack.agent, f"/loan-call P-0 no answer {NOTES[0]}")
    await slack.command(slack.agent, f"/loan-call P-1 promised {NOTES[1]} next fri 14:30")
    await slack.command(slack.agent, f"/loan-follow P-1 tomorrow 3pm income {NOTES[1]}")
    await slack.command(slack.agent, f"/loan-docs P-0 id, other: {NOTES[1]} by fri")
    await slack.command(slack.agent, f"/loan-stage P-1 approved {NOTES[1]}")
    await slack.command(slack.agent, f"/loan find {NAMES[1]}")
    await slack.command(slack.agent, f"/loan-call nobody {NAMES[0]} {PHONES[1]}")
    with monkeypatch.context() as broken:
        broken.setattr("handlers.messages.loan_notices.follow_up_notice", breaks)
        await slack.deliver()
    assert lines(log, "notice_not_composed")
    for kind in ("500", "lost_answer", "error:invalid_blocks"):
        slack.sandbox.faults.next("chat.postMessage", kind)
        await slack.deliver()
        slack.clock.advance(minutes=2)
    await slack.service.work()
    slack.clock.advance(hours=30)
    channel = slack.sandbox.dm("UAGENT")
    await slack.sandbox.wait_for(lambda: any("P-1" in m.text for m in slack.sandbox.messages(channel)))
    assert slack.service.worker is not None
    await slack.service.worker.stop()
    slack.service.worker = None

    clean(log.getvalue())
    clean(await _engine_tables(slack.office.database.url))
    entries = await slack.rows(AuditEntry)
    assert {"disclosure", "call", "documents"} <= {entry.act for entry in entries}
    clean(json.dumps([entry.details for entry in entries], ensure_ascii=False))
    for file in _files_of(slack.office.database.url):
        clean(file.read_bytes().decode(errors="ignore"))
    for call in slack.sandbox.traffic.api_calls():
        clean(json.dumps(call.body.get("metadata", ""), ensure_ascii=False))
    for place in slack.sandbox.workspace.channels.values():
        clean("".join(f"{m.text}{m.blocks}{m.metadata}" for m in slack.sandbox.messages(place)))


def test_personal_data_is_masked_in_the_log(log: io.StringIO) -> None:
    structlog.get_logger().info(
        "x",
        a="call 13912348765 or +86 139-1234-8765, +44 20 7946 0958",
        b=["id 11010519491231002X", {"c": "xoxb-1-abc", "note": "anything"}],
        d="postgresql://desk:hunter2@db/x https://hooks.slack.com/commands/T1/2/3",
        e="王小明 said so",
        kept="notice 0d6d8327-331d-55a0-8b91-c6a8995022c4 at 1732431234.123456 L-1042 2026-11-25T02:00:00Z",
    )
    logging.getLogger("slack_bolt.AsyncApp").error("Failed (error: Penelope) {'text': 'x'}")
    logging.getLogger("asyncio").error("never retrieved\nfuture: <Task exception=ValueError('Penelope')>")
    logging.getLogger("slack_sdk").debug("Sending a request: Penelope")

    (line,) = lines(log, "x")
    assert line["a"] == "call [phone] or [phone], [phone]"
    assert line["b"] == ["id [id]", {"c": "[token]", "note": "[masked]"}]
    assert line["d"] == "postgresql://[user]@db/x [url]"
    assert line["e"] == "[words] said so"
    assert (
        line["kept"] == "notice 0d6d8327-331d-55a0-8b91-c6a8995022c4 at 1732431234.123456 L-1042 2026-11-25T02:00:00Z"
    )
    assert lines(log, "Failed")
    assert lines(log, "never retrieved")
    assert "Penelope" not in log.getvalue()


def _files_of(url: str) -> list[Path]:
    """Return SQLite's files: the database, its log of writes, the delivery engine's, and the journal of what was disclosed."""
    if not url.startswith("sqlite"):
        return []
    database = Path(str(make_url(url).database))
    found = sorted(database.parent.glob(f"{database.name}*"))
    assert {database, database.with_name(f"{database.name}-engine")} <= {*found}
    return found


async def _engine_tables(url: str) -> str:
    if url.startswith("sqlite"):
        connection = sqlite3.connect(f"{make_url(url).database}-engine")
        return "\n".join(connection.iterdump())
    plain = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    connection = await asyncpg.connect(plain)
    try:
        tables = await connection.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'delivery_engine'")
        rows = [
            await connection.fetch(f'SELECT t::text FROM delivery_engine."{each["tablename"]}" t') for each in tables
        ]
        assert tables
        return "\n".join(row[0] for table in rows for row in table)
    finally:
        await connection.close()
