"""A lender's Slack with the desk installed, whose clock the simulation moves: what people type, and what the desk posts."""

import asyncio
import importlib
import json
import re
import tomllib
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from sqlalchemy import func, select
from sqlmodel import col

from bot.service import Service, open_service
from desk.importing.batches import import_loans
from sandbox.elements import interactive_elements
from sandbox.model import Message, text_of
from sandbox.server import Sandbox
from sandbox.user_actions import Reply
from sandbox.workspace import Event
from storage.tables import Appointment, FollowUp, Member, TeamManager, Workspace
from tests.builders import member_of, team_of
from tests.clocks import FrozenClock
from tests.conftest import LIMITS_OF_TIME, UNHURRIED
from tests.imports import bring_money, read_rows
from tests.simulation.days import Office, minute_of
from tests.simulation.facts import Announcement, Person, Post
from tests.wire.conftest import install, settings_for
from tests.wire.filling import fill

CHANNEL = "CDESK"
NUMBER = re.compile(r"\b[AL]-\d+\b")
MORE = re.compile(r"(?:and (\d+) more|还有 (\d+) 条)")
NOBODY_ACTED = re.compile(r"^Nobody has acted on|的跟进无人处理")
SNOOZED = re.compile(r"has snoozed this follow-up|次推迟这个跟进")
FAILED = re.compile(r"failed|核实不通过|核实未通过")
PURPOSES = tomllib.loads(Path("desk/data/purposes.toml").read_text("utf-8"))
WORDS = {word: code for code, entry in PURPOSES.items() for word in (entry["zh"], entry["en"])}
"""The purposes by the words that messages show."""


class RefusedError(Exception):
    """The desk refused what a member typed; the message has the line and the answer."""


@dataclass(slots=True)
class Reminder:
    """A post with due calls, as its reader sees it. `number` is that of a single call."""

    message: Message
    post: Post
    number: int | None = None

    def waits(self, row: Announcement) -> bool:
        """Return whether the message still asks for that call."""
        if self.number is not None:
            return any(name.startswith("call.log") for name, _ in actions(self.message))
        return any(read == row for read, waiting in rows_of(self.message, self.post) if waiting)


@dataclass(slots=True)
class World:
    """The sandbox and the desk. `escalations` are the messages about calls on which nobody acted, `appointments` the reminders of
    appointments."""

    sandbox: Sandbox
    service: Service
    clock: FrozenClock
    people: dict[str, Person]
    _channels: dict[str, str]
    _events: asyncio.Queue[Event | None]
    rounds: int = 0
    commands: int = 0
    escalations: dict[Announcement, Message] = field(default_factory=dict)
    appointments: list[Announcement] = field(default_factory=list)

    async def type(self, who: str, line: str) -> Reply:
        """Type a line. Raise RefusedError unless the desk did what it says."""
        self.commands += 1
        reply = await self.sandbox.command(who, CHANNEL, line)
        if reply.error or not any(word in reply.full_text for word in ("Undo", "撤销")):
            raise RefusedError(f"{self.clock.now()} {self.people[who].name}: {line}\n{reply.full_text}")
        return reply

    async def press(self, who: str, message: Message, button: str) -> None:
        """Press a button of a message, by its name. Raise RefusedError unless the desk did it."""
        self.commands += 1
        press = await self.sandbox.press(who, message, button)
        said = text_of(press.shown) if press.shown is not None else press.error
        if press.error or not any(word in said for word in ("Undo", "撤销")):
            raise RefusedError(f"{self.clock.now()} {self.people[who].name} presses {button}: {said}")

    async def card(self, who: str, loan: str) -> str:
        """Return what a loan's card says."""
        return (await self.sandbox.command(who, CHANNEL, f"/loan {loan}")).full_text

    async def form(self, who: str, loan: str, tab: str, label: str, values: Mapping[str, str], *, nth: int = 0) -> str:
        """Fill in and submit a form of a tab on a loan's card, from the `nth` button with that label. Return the answer."""
        self.commands += 1
        reply = await self.sandbox.command(who, CHANNEL, f"/loan {loan}")
        assert reply.message is not None, reply.error
        press = await self.sandbox.press(who, reply.message, tab)
        assert not press.error
        await self.sandbox.modal_of(who).press(self._button(who, label, nth))
        form = self.sandbox.modal_of(who)
        await fill(form, values)
        result = await form.submit()
        if result.errors or result.error:
            raise RefusedError(f"{self.clock.now()} {label} of {loan}: {result.errors or result.error}")
        text = form.text
        if self.sandbox.views.stack(who):
            await self.sandbox.modal_of(who).close(whole_stack=True)
        return text

    async def press_in_card(self, who: str, loan: str, tab: str, label: str, nth: int) -> None:
        """Press the `nth` button with that label of a tab on a loan's card."""
        self.commands += 1
        reply = await self.sandbox.command(who, CHANNEL, f"/loan {loan}")
        assert reply.message is not None, reply.error
        press = await self.sandbox.press(who, reply.message, tab)
        assert not press.error
        await self.sandbox.modal_of(who).press(self._button(who, label, nth))
        await self.sandbox.modal_of(who).close(whole_stack=True)

    def _button(self, who: str, label: str, nth: int) -> str:
        """Return the name of the action of the `nth` button with that label in the modal in front."""
        found = [
            element["action_id"]
            for block in self.sandbox.modal_of(who).view.blocks
            for element in interactive_elements(block)
            if element.get("text", {}).get("text") == label
        ]
        return found[nth]

    async def import_file(self, header: str, lines: Iterable[str]) -> None:
        """Import a file of the lender's."""
        text = "\n".join([header, *lines])
        rows, refused = read_rows(text, self.service.workspace, self.service.office)
        assert not refused, refused
        outcome = await import_loans(
            self.service.office, self.service.workspace, rows, dry_run=False, advance=lambda _: None
        )
        assert not outcome.refused, outcome.refused

    async def import_payment(self, loan: str, day: date, amount: Decimal) -> None:
        """Import a file of the lender's with a payment."""
        self.commands += 1
        row = f"{loan},{day},{amount:.2f},CNY,P{self.commands}"
        result = await bring_money(
            self.service.office, self.service.workspace, "number,payment date,amount,currency,reference", row
        )
        assert not result.refused, result.refused
        assert result.effects == {"new": 1}, result.effects

    async def round(self) -> tuple[list[Reminder], list[Post]]:
        """Have the worker do what is due now. Return the reminders and the escalations that were posted."""
        self.rounds += 1
        await self.service.round()
        reminders: list[Reminder] = []
        escalations: list[Post] = []
        while not self._events.empty():
            event = self._events.get_nowait()
            message = event.message if event is not None and event.kind == "message" else None
            if message is None or not message.is_bot or message.is_ephemeral or message.channel not in self._channels:
                continue
            to = self._channels[message.channel]
            minute = minute_of(self.clock.now())
            if to not in self.people:
                if (found := _read_escalation(message, minute, to)) is not None:
                    escalations.append(found)
                    if NOBODY_ACTED.search(message.text):
                        self.escalations[found.rows[0]] = message
            elif (found := _read_reminder(message, minute, to)) is not None:
                reminders.append(found)
            elif (kind := _read_appointment(message)) is not None:
                loan = NUMBER.search(message.text.splitlines()[1])
                assert loan is not None
                self.appointments.append(Announcement(minute, to, loan[0], kind))
        return reminders, escalations

    async def next_due(self) -> datetime | None:
        """Return the next instant for which the desk itself has noted something."""
        async with self.service.office.database.reading() as session:
            times = (
                await session.execute(
                    select(func.min(col(FollowUp.remind_at)), func.min(col(FollowUp.escalate_at))).where(
                        col(FollowUp.state) == "open"
                    )
                )
            ).one()
            appointments = (await session.execute(select(func.min(col(Appointment.remind_at))))).one()
            digests = (await session.execute(select(func.min(col(Member.next_digest_at))))).one()
        return min((at for at in (*times, *appointments, *digests) if at is not None), default=None)

    def dm(self, who: str) -> None:
        """Note the channel of a member's direct messages."""
        self._channels[self.sandbox.dm(who).id] = who


@asynccontextmanager
async def open_world(
    database_url: str, clock: FrozenClock, people: Sequence[Person], offices: dict[str, Office], chinese: Iterable[str]
) -> AsyncIterator[World]:
    """Open everything: a sandbox without rate limits, the desk, its teams and members. Nothing is given up for taking long."""
    sandbox = Sandbox(team_name="Simulated Lender")
    sandbox.limits.enabled = False
    sandbox.delivery.timeout = sandbox.sockets.timeout = UNHURRIED
    for place in LIMITS_OF_TIME:
        module, _, limit = place.rpartition(".")
        setattr(importlib.import_module(module), limit, UNHURRIED)
    await sandbox.start()
    teams = sorted({person.team for person in people})
    for person in people:
        zone = str(offices[person.office].zone)
        locale = "zh-CN" if person.slack_id in chinese else "en-US"
        sandbox.add_user(person.slack_id, name=person.name, real_name=person.name, locale=locale, tz=zone)
    sandbox.add_user("UADMIN", name="sam", locale="en-US", tz="Asia/Shanghai")
    everybody = [*(person.slack_id for person in people), "UADMIN"]
    sandbox.add_channel("desk", channel_id=CHANNEL, kind="private", members=everybody)
    for team in teams:
        managers = [p.slack_id for p in people if (p.team, p.role) == (team, "manager")]
        sandbox.add_channel(team.lower(), channel_id=_channel(team), kind="private", members=managers)
    install(sandbox, "http://127.0.0.1:9")
    service = await open_service(settings_for(sandbox, database_url), clock, migrate=True)
    try:
        await service.serve()
        install(sandbox, f"http://127.0.0.1:{service.port}")
        await _employ(service, people, offices, chinese)
        channels = {_channel(team): team for team in teams}
        by_id = {person.slack_id: person for person in people}
        world = World(sandbox, service, clock, by_id, channels, sandbox.workspace.listen())
        for person in people:
            world.dm(person.slack_id)
        yield world
        assert sandbox.violations == [], sandbox.violations
    finally:
        await service.close()
        await sandbox.stop()


async def _employ(
    service: Service, people: Sequence[Person], offices: dict[str, Office], chinese: Iterable[str]
) -> None:
    office, workspace = service.office, service.workspace
    teams = {
        name: team_of(office, workspace, name, manager_channel_id=_channel(name))
        for name in sorted({p.team for p in people})
    }
    rows = [
        member_of(
            office,
            workspace,
            person.slack_id,
            roles=person.role,
            name=person.name,
            team_id=teams[person.team].id,
            zone=str(offices[person.office].zone),
            locale="zh-CN" if person.slack_id in chinese else "en-US",
            work_start=offices[person.office].start,
            work_end=offices[person.office].end,
        )
        for person in people
    ]
    async with office.database.transaction() as session:
        session.add_all([*teams.values(), *rows])
        await session.flush()
        for person, row in zip(people, rows, strict=True):
            if person.role == "manager":
                session.add(TeamManager(team_id=teams[person.team].id, member_id=row.id, workspace_id=workspace.id))
        (await session.get_one(Workspace, workspace.id)).looked_at = workspace.looked_at = office.clock.now()


def actions(message: Message) -> list[tuple[str, dict[str, Any]]]:
    """Return the names and values of a message's buttons."""
    found = [element for block in message.blocks for element in interactive_elements(block)]
    return [(element["action_id"], json.loads(element.get("value") or "{}")) for element in found]


def rows_of(message: Message, post: Post) -> list[tuple[Announcement, bool]]:
    """Return the calls that a message with several lists, and whether each still waits."""
    labels = [
        element["text"]["text"]
        for block in message.blocks
        for element in interactive_elements(block)
        if element["action_id"].startswith("loan.card")
    ]
    found: list[tuple[Announcement, bool]] = []
    lines = [line for line in message.text.splitlines() if NUMBER.match(line)]
    for line in lines:
        number, *parts = line.split(" · ")
        code = next(WORDS[part] for part in parts if part in WORDS)
        same = sum(other.startswith(f"{number} ·") for other in lines)
        found.append((Announcement(post.minute, post.to, number, code), labels.count(number) == same))
    return found


def _read_reminder(message: Message, minute: int, to: str) -> Reminder | None:
    named = actions(message)
    if any(name.startswith("call.log") for name, _ in named):
        number = NUMBER.search(message.text)
        assert number is not None
        about = next(value for name, value in named if name.startswith("playbook.show"))
        form = next(value for name, value in named if value.get("form") == "call")
        row = Announcement(minute, to, number[0], about["p"])
        return Reminder(message, Post(minute, to, (row,)), form["n"])
    if any(name.startswith("due.list") and "n" in value for name, value in named):
        more = MORE.search(text_of(message))
        post = Post(minute, to, (), int(more[1] or more[2]) if more else 0)
        return Reminder(message, Post(minute, to, tuple(row for row, _ in rows_of(message, post)), post.more))
    return None


def _read_appointment(message: Message) -> str | None:
    """Return the kind of appointment of which a message reminds, if it does."""
    if not any(name.startswith("appointment.settle") for name, _ in actions(message)):
        return None
    words = {"interview": "interview", "signing": "signing", "pickup": "pickup", "面谈": "interview"}
    words |= {"签约": "signing", "提车": "pickup"}
    return next(kind for word, kind in words.items() if word in message.text.splitlines()[0])


def _read_escalation(message: Message, minute: int, team: str) -> Post | None:
    """Return what a message to the managers says of a call: nobody acted on it, it was snoozed too often, or its check failed."""
    lines = message.text.splitlines()
    about = next((line for line in lines if NUMBER.match(line)), "")
    if not any(pattern.search(line) for line in lines for pattern in (NOBODY_ACTED, SNOOZED, FAILED)):
        return None
    number, *parts = about.split(" · ")
    code = next((WORDS[part] for part in parts if part in WORDS), None)
    if code is None:
        code = next(code for word, code in WORDS.items() if any(word in line for line in lines if FAILED.search(line)))
    return Post(minute, team, (Announcement(minute, team, number, code),))


def _channel(team: str) -> str:
    return f"C{team.upper()}"
