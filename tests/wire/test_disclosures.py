"""Who sees a borrower leaves an entry in the audit trail, by whichever door, one for each answer; so does who may not."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text as sql
from sqlmodel import select

from desk.core import unreadable
from desk.core.disclosures import disclosed
from desk.core.transaction import Origin
from handlers.door.door import Door
from handlers.door.request import ViewState
from storage.tables import AuditEntry, Borrower, Loan, LoanNote, Member
from tests.builders import make_loan
from tests.wire.forms_and_presses import form_of, presses_of
from tests.wire.office_day import Slack
from tests.wire.worlds import NAME, REGISTRY, World, make_world

PUBLIC_URL = "https://desk.example.com"


@pytest.fixture
async def loan(slack: Slack) -> Loan:
    return await make_loan(slack.office, slack.workspace, "A-1", owner=slack.agent, name="王小明")


async def new_entries(slack: Slack, known: Collection[UUID] = ()) -> list[AuditEntry]:
    """Return the entries by members that are not known yet."""
    return [entry for entry in await slack.rows(AuditEntry) if entry.id not in known and entry.act != "add_member"]


def names(entry: AuditEntry, loan: Loan) -> bool:
    return entry.loan_id == loan.id or str(loan.id) in entry.details.get("shown", ())


async def test_a_card_is_recorded_with_its_reader_door_and_reference(slack: Slack, loan: Loan) -> None:
    answer = await slack.command(slack.agent, "/loan A-1")
    assert "王小明" in answer.text

    (entry,) = await new_entries(slack)
    assert (entry.act, entry.actor_id, entry.loan_id) == ("disclosure", slack.agent.id, loan.id)
    assert entry.details["what"] == "card"
    assert entry.details["door"] == "/loan"
    assert len(entry.details["ref"]) == 9
    assert "王" not in str(entry.details)


async def test_a_number_a_call_and_a_list_have_one_entry_each(slack: Slack, loan: Loan) -> None:
    other = await make_loan(slack.office, slack.workspace, "A-2", owner=slack.agent, name="王小红")
    card = (await slack.command(slack.agent, "/loan A-1")).message
    known = {entry.id for entry in await new_entries(slack)}
    assert card is not None
    await slack.press(slack.agent, card, "Call")
    await slack.command(slack.agent, "/loan-call A-1 no answer")
    await slack.command(slack.agent, "/loan find 王")
    await slack.sandbox.open_home(slack.agent.slack_user_id)

    by_door = {each.details["door"]: each for each in await new_entries(slack, known)}
    number, call = by_door["phone.call"], by_door["/loan-call"]
    search, home = by_door["/loan"], by_door["home.opened"]
    assert (number.act, number.loan_id, call.act, call.loan_id) == ("show_number", loan.id, "call", loan.id)
    assert (search.details["what"], set(search.details["shown"])) == ("search", {str(loan.id), str(other.id)})
    assert home.details["what"] == "home"
    assert names(home, loan)
    assert len(by_door) == 4


async def test_what_names_no_borrower_leaves_no_entry(slack: Slack, loan: Loan) -> None:
    for line in ("/loan help", "/loan-team", "/loan find 李", "/loan A-9"):
        await slack.command(slack.agent, line)
    assert await new_entries(slack) == []


async def test_a_text_that_is_read_without_its_loan_or_borrower_counts_for_the_loan(slack: Slack, loan: Loan) -> None:
    await slack.command(slack.agent, "/loan-note A-1 asks for a letter")
    async with slack.office.desk(slack.workspace, slack.agent) as desk:
        desk.origin = Origin("press", "7F3K-92QD")
        note = (await desk.session.exec(select(LoanNote))).one()
        unreadable.read(desk, LoanNote.note_cipher, note)
        assert await disclosed(desk) == {loan.id}
    async with slack.office.desk(slack.workspace, slack.agent) as desk:
        desk.origin = Origin("press", "7F3K-92QD")
        borrower = await desk.session.get_one(Borrower, loan.borrower_id)
        unreadable.read(desk, Borrower.name_cipher, borrower)
        assert await disclosed(desk) == {loan.id}


async def test_choices_of_a_refusal_are_recorded_though_nothing_else_of_it_stays(slack: Slack, loan: Loan) -> None:
    other = await make_loan(slack.office, slack.workspace, "A-2", owner=slack.agent, name="王小红")
    assert "王小红" in (await slack.command(slack.agent, "/loan-call 王 reached")).text
    (entry,) = await new_entries(slack)
    assert (entry.act, entry.details["what"]) == ("disclosure", "choices")
    assert names(entry, loan)
    assert names(entry, other)


async def test_refused_attempts_are_recorded(slack: Slack) -> None:
    world = await make_world(slack)
    slack.sandbox.add_channel("west", channel_id="CWEST", members=["UOUTSIDER"])
    hidden = await slack.command(world.outsider, "/loan L-1", "CWEST")
    assert NAME not in hidden.text
    await slack.command(world.outsider, "/loan-call L-404 reached", "CWEST")
    await slack.command(slack.compliance, "/loan-note L-1 asks for a letter")
    stranger = slack.agent.model_copy(update={"slack_user_id": "USTRANGER"})
    await slack.command(stranger, "/loan L-1")
    await world.press(world.outsider, "loan.card", {"l": str(world.loan.id)})
    await world.press(world.outsider, "form.open", {"form": "note", "i": str(world.loan.id)})
    await world.press(slack.compliance, "form.open", {"form": "note", "i": str(world.loan.id)})

    refused = [(e.actor_id, e.loan_id, e.details["code"]) for e in await new_entries(slack) if e.act == "refused"]
    assert refused == [
        (world.outsider.id, world.loan.id, "unknown_loan"),
        (slack.compliance.id, None, "role_missing"),
        (None, None, "not_a_member"),
        (world.outsider.id, world.loan.id, "unknown_loan_pressed"),
        (world.outsider.id, world.loan.id, "unknown_loan_pressed"),
        (slack.compliance.id, world.loan.id, "role_missing"),
    ]
    by_stranger = next(e for e in await new_entries(slack) if e.details.get("code") == "not_a_member")
    assert by_stranger.details["slack"] == "USTRANGER"


async def test_suggestions_are_recorded_once_for_each_form(slack: Slack, loan: Loan) -> None:
    world = await make_world(slack)

    async def typed(words: str, view: str) -> int:
        async def ack(*, options: list[Any]) -> None:
            assert len(options) == 1

        door: Any = Door(REGISTRY, world.transactions, None)  # pyright: ignore[reportArgumentType]
        body = {"action_id": "loan.search#x", "value": words, "user": {"id": slack.agent.slack_user_id}}
        await door.suggest(body | {"view": {"id": view, "callback_id": "call", "state": {"values": {}}}}, ack)
        await slack.service.round()
        return len([e for e in await new_entries(slack) if e.details.get("what") == "suggestions"])

    assert await typed("王小", "V1") == 1
    assert await typed("王小明", "V1") == 1
    assert await typed("王小明", "V2") == 2
    assert await typed(NAME, "V1") == 3
    entry = next(e for e in await new_entries(slack) if e.details.get("what") == "suggestions")
    assert (entry.actor_id, entry.loan_id, entry.details["door"]) == (slack.agent.id, loan.id, "loan.search")


async def test_a_read_on_sqlite_waits_for_no_writer(slack: Slack, loan: Loan) -> None:
    world = await make_world(slack)
    options: list[Any] = []

    async def ack(*, options: list[Any]) -> None:
        found.extend(options)

    found = options
    door: Any = Door(REGISTRY, world.transactions, None)  # pyright: ignore[reportArgumentType]
    body = {"action_id": "loan.search#x", "value": "王小", "user": {"id": slack.agent.slack_user_id}}
    view = {"id": "V1", "callback_id": "call", "state": {"values": {}}}
    async with slack.office.desk(slack.workspace):
        await door.suggest(body | {"view": view}, ack)
        assert len(found) == 1
    await slack.service.round()
    assert [e.details["what"] for e in await new_entries(slack)] == ["suggestions"]


async def test_no_answer_shows_a_borrower_without_an_entry(slack: Slack) -> None:
    """Walk all forms, buttons and searches of the desk; a new one that shows a borrower in a way of its own fails here."""
    world = await make_world(slack)
    silent: list[str] = []
    looked = 0
    for who in (slack.agent, slack.manager):
        for name, text, entries in await walk(world, who):
            if NAME in text:
                looked += 1
                if not any(names(entry, world.loan) for entry in entries):
                    silent.append(name)
    assert silent == []
    assert looked > 60


async def walk(world: World, who: Member) -> list[tuple[str, str, list[AuditEntry]]]:
    """Return what the member reads of each, with the entries that it left."""
    known = {entry.id for entry in await world.slack.rows(AuditEntry)}
    found: list[tuple[str, str, list[AuditEntry]]] = []

    async def note(name: str, text: str) -> None:
        entries = [e for e in await world.slack.rows(AuditEntry) if e.id not in known and e.actor_id == who.id]
        known.update(entry.id for entry in entries)
        found.append((name, text, entries))

    for name in REGISTRY.forms:
        private, typed = form_of(world, name)
        await note(f"open {name}", await world.press(who, "form.open", {"form": name, **private}))
        state = ViewState(name, name, private, typed)
        await note(f"refresh {name}", await world.press(who, "form.refresh", {}, state))
    for act, (_right, value) in presses_of(world).items():
        await note(act, await world.press(who, act, value))
        await note(
            f"{act} in a card", await world.press(who, act, value, ViewState("card", "L-1", {"l": str(world.loan.id)}))
        )
    for name in REGISTRY.forms:
        private, typed = form_of(world, name)
        await note(f"send {name}", await world.send(who, name, typed, private))
    return found


async def test_an_answer_whose_entry_cannot_be_written_does_not_leave(slack: Slack, loan: Loan) -> None:
    async def rename(old: str, new: str) -> None:
        async with slack.office.database.engine.begin() as connection:
            await connection.execute(sql(f"ALTER TABLE {old} RENAME TO {new}"))

    await rename("audit_entry", "away")
    answer = (await slack.command(slack.agent, "/loan A-1")).text
    await rename("away", "audit_entry")
    assert answer
    assert "王小明" not in answer
    assert "王小明" in (await slack.command(slack.agent, "/loan A-1")).text


async def test_a_search_whose_entry_cannot_be_written_suggests_nothing(slack: Slack, loan: Loan) -> None:
    world = await make_world(slack)
    journal = slack.office.journal
    door: Any = Door(REGISTRY, world.transactions, None)  # pyright: ignore[reportArgumentType]
    body = {"action_id": "loan.search#x", "value": "王小", "user": {"id": slack.agent.slack_user_id}}
    found: list[int] = []

    async def ack(*, options: list[Any]) -> None:
        found.append(len(options))

    async def typed(view: str) -> None:
        await door.suggest(body | {"view": {"id": view, "callback_id": "call", "state": {"values": {}}}}, ack)

    if journal is None:
        async with slack.office.database.engine.begin() as connection:
            await connection.execute(sql("ALTER TABLE audit_entry RENAME TO away"))
        await typed("V1")
        async with slack.office.database.engine.begin() as connection:
            await connection.execute(sql("ALTER TABLE away RENAME TO audit_entry"))
    else:
        journal.file.unlink(missing_ok=True)
        journal.file.mkdir()  # as a full disk: nothing can be appended
        await typed("V1")
        journal.file.rmdir()
    await typed("V2")
    assert found == [0, 1]
