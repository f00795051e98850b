"""Two lenders in one database, with equal loan numbers, names and phones.

Neither sees, sends, counts or marks anything of the other. Now is Wednesday 2026-11-25 10:00 in Shanghai.
"""

import json
import re
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID

import aiohttp
import pytest

from handlers.door.directory import Directory
from handlers.door.request import ViewState
from handlers.door.transaction import Transactions
from sandbox.model import text_of
from tests.builders import make_follow_up, make_loan, make_loan_in_arrears
from tests.clocks import FrozenClock
from tests.wire.api_client import program
from tests.wire.exporting import Downloads, column, rows_of_csv
from tests.wire.forms_and_presses import form_of, presses_of
from tests.wire.office_day import Slack
from tests.wire.several import rows_of, several_teams
from tests.wire.worlds import NAME, REGISTRY, World, make_world

ROLES = ("agent", "verifier", "collector", "manager", "compliance", "admin")

MORNING = (
    ("agent", "/loan"),
    ("agent", "/loan A-1"),
    ("agent", "/loan find 王小明"),
    ("agent", "/loan find 13800135678"),
    ("agent", "/loan find 5678"),
    ("agent", "/loan mine"),
    ("agent", "/loan new 陈静 13900001234"),
    ("agent", "/loan new 王小明 13800135678"),
    ("agent", "/loan-call A-1 no answer"),
    ("collector", "/loan-call A-2 promised fri 1000"),
    ("agent", "/loan-follow A-1 15:00 signing"),
    ("agent", "/loan-note A-1 prefers calls after 18:00"),
    ("agent", "/loan-docs A-1 id, bank by fri"),
    ("agent", "/loan-docs A-1 got id"),
    ("agent", "/loan-stage A-1 approved"),
    ("agent", "/loan-due"),
    ("manager", "/loan-due team"),
    ("manager", "/loan-due arrears team"),
    ("manager", "/loan-due unplanned team"),
    ("manager", "/loan-due <@UAGENT>"),
    ("manager", "/loan pool"),
    ("manager", "/loan-team"),
    ("manager", "/loan-team away <@UOTHER> until fri cover <@UAGENT>"),
    ("manager", "/loan-reassign A-3 <@UAGENT>"),
    ("manager", "/loan-digest now"),
    ("agent", "/loan-digest now"),
    ("compliance", "/loan-audit A-1"),
    ("compliance", "/loan-audit today"),
    ("manager", "/loan-case A-1"),
    ("manager", "/loan export"),
    ("manager", "/loan find 5678 export csv"),
    ("agent", "/loan mine export"),
    ("manager", "/loan-due team export"),
)
"""What is typed in the morning, and by whom."""


@pytest.fixture
def lenders(lenders: dict[str, Slack]) -> tuple[Slack, Slack]:
    """Two lenders at work in one deployment."""
    east, west = lenders.values()
    return east, west


@pytest.fixture
async def alone(
    sqlite_template: Path, clock: FrozenClock, unhurried: bool, tmp_path: Path
) -> AsyncIterator[Callable[[], Awaitable[Slack]]]:
    """A lender who is alone in another deployment."""
    shutil.copy(sqlite_template, tmp_path / "alone.db")
    url = f"sqlite:///{tmp_path / 'alone.db'}"
    async with several_teams(url, clock, unhurried=unhurried, files=str(tmp_path / "alone")) as deployment:

        async def begin() -> Slack:
            await deployment.install("T0EAST")
            return await deployment.lender("T0EAST")

        yield begin


async def make_book(slack: Slack) -> None:
    """Make three loans: one that is called about at noon, one in arrears, one of nobody."""
    loan = await make_loan(slack.office, slack.workspace, "A-1", owner=slack.agent)
    await make_follow_up(slack.office, loan, slack.agent, due_at=slack.clock.now().replace(hour=4))
    await make_loan_in_arrears(slack.office, slack.workspace, "A-2", owner=slack.collector, purposes=["overdue"])
    await make_loan(slack.office, slack.workspace, "A-3", name="李雷")


async def morning(*lenders: Slack) -> list[list[str]]:
    """Have each line typed at every lender, and return what its senders read."""
    read: list[list[str]] = [[] for _ in lenders]
    for who, line in MORNING:
        for slack, texts in zip(lenders, read, strict=True):
            reply = await slack.command(slack.people[who], line)
            texts.append(f"{line}: {reply.error}{text_of(reply.message) if reply.message else ''}")
            texts += [modal.text for modal in slack.sandbox.modals_of(slack.people[who].slack_user_id)]
    return read


def posted(slack: Slack) -> dict[str, list[str]]:
    """Return all that the desk has posted, where."""
    return {
        channel.name + "".join(sorted(channel.members)): [
            text_of(message) for message in slack.sandbox.messages(channel.id) if message.is_bot
        ]
        for channel in slack.sandbox.workspace.channels.values()
    }


def settled(read: Any) -> str:
    """Return what was read without references and check sums, which are another each time."""
    return re.sub(r"\b(?:[0-9A-Z]{4}-[0-9A-Z]{4}|[0-9a-f]{64})\b", "…", json.dumps(read, ensure_ascii=False, indent=1))


async def homes(slack: Slack) -> dict[str, str]:
    """Have everybody open their Home, and return what they see."""
    seen: dict[str, str] = {}
    for name, member in slack.people.items():
        await slack.sandbox.open_home(member.slack_user_id)
        seen[name] = slack.sandbox.home_of(member.slack_user_id).text
    return seen


async def evening(slack: Slack) -> None:
    """Run the worker's rounds, which are for all lenders: at noon, in the late afternoon, at the digests of the next morning."""
    for by in ({"hours": 2}, {"hours": 6}, {"hours": 14, "minutes": 45}):
        slack.clock.advance(**by)
        await slack.deliver()


async def day(*lenders: Slack) -> list[str]:
    """Live a day at every lender, and return what is read and posted at each."""
    for slack in lenders:
        await make_book(slack)
    read: list[list[Any]] = [[each] for each in await morning(*lenders)]
    for slack, texts in zip(lenders, read, strict=True):
        texts.append(await homes(slack))
    await evening(lenders[0])
    for slack, texts in zip(lenders, read, strict=True):
        texts += [posted(slack), await homes(slack)]
    return [settled(texts) for texts in read]


@pytest.mark.usefixtures("no_stranger")
async def test_each_reads_and_is_sent_what_they_would_if_they_were_alone(
    lenders: tuple[Slack, Slack], alone: Callable[[], Awaitable[Slack]], clock: FrozenClock
) -> None:
    began = clock.now()
    east, west = await day(*lenders)
    clock.set(began)
    (expected,) = await day(await alone())

    assert east == expected
    assert west == expected


async def test_what_one_does_changes_no_row_of_the_other(lenders: tuple[Slack, Slack]) -> None:
    east, west = lenders
    for slack in lenders:
        await make_book(slack)
    before = await rows_of(west)

    await morning(east)
    await homes(east)

    assert await rows_of(west) == before


@pytest.fixture
async def world(lenders: tuple[Slack, Slack]) -> World:
    return await make_world(lenders[0])


def from_next_door(world: World, neighbour: Slack) -> World:
    """Return the world as people next door would press its buttons: everything is of the one lender but who presses."""
    directory = Directory(neighbour.client)
    transactions = Transactions(neighbour.office, neighbour.workspace, directory, lambda *_: None)
    return replace(world, slack=neighbour, transactions=transactions)


async def test_no_button_and_no_form_does_or_shows_anything_of_the_other(
    world: World, lenders: tuple[Slack, Slack]
) -> None:
    neighbour = lenders[1]
    theirs = await rows_of(world.slack)
    intruder = from_next_door(world, neighbour)
    ids = {value for values in carried(world) for value in values}
    for act, (_, value) in presses_of(world).items():
        for role in ROLES:
            read = await intruder.press(neighbour.people[role], act, value)
            assert_of_nobody(read, ids, f"{act} pressed by {role}")
    for name in REGISTRY.forms:
        private, typed = form_of(world, name)
        for role in ROLES:
            who = neighbour.people[role]
            shown = [
                await intruder.press(who, "form.open", {"form": name, "i": str(world.loan.id), **private}),
                await intruder.press(who, "form.refresh", {}, ViewState(name, name, private, typed)),
                await intruder.send(who, name, typed, private),
            ]
            for read in shown:
                assert_of_nobody(read, ids, f"{name} by {role}")
    assert await rows_of(world.slack) == theirs


def carried(world: World) -> Iterator[set[str]]:
    """Yield the ids that the buttons of the world carry."""
    for _, value in presses_of(world).values():
        yield {str(each) for each in value.values() if _is_id(each)}


def _is_id(value: Any) -> bool:
    try:
        UUID(str(value))
    except ValueError:
        return False
    return True


def assert_of_nobody(read: str, ids: set[str], where: str) -> None:
    assert NAME not in read, where
    assert "13900139000" not in read, where
    assert not any(each in read for each in ids), where


@pytest.mark.usefixtures("no_stranger")
@pytest.mark.parametrize("words", [NAME, "L-1", "13800135678"])
async def test_a_search_field_suggests_nothing_of_the_other(
    world: World, lenders: tuple[Slack, Slack], words: str
) -> None:
    for slack, found in ((world.slack, True), (lenders[1], False)):
        form = await slack.form(slack.agent, "/loan-call")
        assert bool(await form.options("Loan", words)) is found


async def test_a_program_reads_and_writes_the_loans_of_its_workspace_alone(lenders: tuple[Slack, Slack]) -> None:
    east, west = lenders
    await make_book(east)
    before = await rows_of(west)
    async with program(east) as ours, program(west) as theirs:
        assert (await ours.get("/loans/A-1")).status == 200
        assert (await theirs.get("/loans/A-1")).status == 404
        assert "A-1" in json.dumps((await ours.get("/loans")).body)
        assert "A-1" not in json.dumps((await theirs.get("/loans")).body)
        new = {"name": "王小明", "phone": "13800135678", "stage": "application"}
        made = [await each.put("/loans/A-9", new, Idempotency_Key="the-same") for each in (ours, theirs)]
        assert [each.status for each in made] == [201, 201]
    changed = {name for name, rows in (await rows_of(west)).items() if rows != before[name]}
    assert "loan" in changed
    assert (await west.command(west.manager, "/loan find A-9")).text.count("A-9") > 0
    assert "A-1" not in (await west.command(west.manager, "/loan find A-1")).text.replace("A-1”", "")


async def test_a_program_has_the_lists_of_its_workspace_as_files(lenders: tuple[Slack, Slack]) -> None:
    east, west = lenders
    for slack, name in ((east, "王小明"), (west, "陈静")):
        await make_loan(slack.office, slack.workspace, "A-1", owner=slack.agent, name=name)
    async with program(east) as ours, program(west) as theirs, aiohttp.ClientSession() as session:
        paths = [
            f"/exports/{(await each.post('/exports', {'list': 'portfolio'})).body['id']}" for each in (ours, theirs)
        ]
        for slack in lenders:
            assert slack.served is not None
            await slack.served.exports.round()
        for each, mine, other, name in ((ours, *paths, "王小明"), (theirs, *reversed(paths), "陈静")):
            assert (await each.get(other)).status == 404
            assert (await each.post(f"{other}/links", None)).status == 404
            link = (await each.post(f"{mine}/links", None)).body
            status, content, _ = await Downloads(each.slack, session).open(link["url"], link["code"])
            assert (status, column(rows_of_csv(content), "Borrower")) == (200, [name])
