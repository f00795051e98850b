"""Each form, search field, button and Undo asks for the right of what it does, when it is shown and when it is sent.

A new form, button or source of suggestions fails here until it says what it does (`Form.right`, `World.form`, `World.presses`).
"""

import ast
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from itertools import count
from pathlib import Path
from typing import Any

import pytest

import desk as desk_package
from bot.demo.messages import DEMO_BUTTONS
from desk.core.errors import DeskError, NotAllowed
from desk.core.permissions import RULES, has_role_for
from desk.core.undo_rules import RIGHTS
from handlers.door.directory import Directory
from handlers.door.door import Door
from handlers.door.interactions import PressInteraction, SubmissionInteraction
from handlers.door.registry import registry
from handlers.door.request import Delivery, FormErrors, OpenModal, Reply, Request, UpdateModal, ViewState
from handlers.door.transaction import Transactions
from handlers.messages.block_kit.translator import Translator
from sandbox.model import text_of
from storage.engine.types import new_id
from storage.tables import (
    AccessRequest,
    Appointment,
    Call,
    Check,
    DocumentItem,
    DocumentRequest,
    FollowUp,
    Loan,
    LoanNote,
    Member,
    Payment,
    RelatedPerson,
    RelatedPhone,
    RepaymentPause,
    Team,
)
from tests.builders import SHANGHAI, make_call, make_follow_up, make_loan, make_member, make_team
from tests.wire.office_day import Slack, shown

ROLES = ("agent", "verifier", "collector", "manager", "compliance", "admin")
NAME = "欧阳绝密"
"""The borrower of a loan of team East, whom nobody of team West may see."""

REGISTRY = registry(DEMO_BUTTONS)
_KEYS = count()


@dataclass(frozen=True, slots=True)
class World:
    """A loan of East's agent with all that can belong to it, and an agent of team West."""

    slack: Slack
    outsider: Member
    loan: Loan
    follow_up: FollowUp
    call: Call
    check: Check
    note: LoanNote
    person: RelatedPerson
    phone: RelatedPhone
    item: DocumentItem
    appointment: Appointment
    request: AccessRequest
    payment: Payment
    pause: RepaymentPause
    transactions: Transactions

    def who(self, name: str) -> Member:
        return self.outsider if name == "outsider" else self.slack.people[name]

    async def press(
        self, who: Member, act: str, value: Mapping[str, Any], state: ViewState | None = None, text: str = ""
    ) -> str:
        """Return what the member reads after pressing a button."""
        delivery = Delivery(f"press-{next(_KEYS)}", who.slack_user_id, self.slack.desk_channel)
        return read(
            await self.transactions.run(PressInteraction(delivery, act, value, REGISTRY, state=state, text=text))
        )

    async def send(self, who: Member, form: str, typed: Mapping[str, Any], private: Mapping[str, Any]) -> str:
        """Return what the member reads after sending a form."""
        delivery, state = Delivery(f"form-{next(_KEYS)}", who.slack_user_id), ViewState(form, form, private, typed)
        interaction = SubmissionInteraction(delivery, REGISTRY.forms[form], state, REGISTRY.parent_view)
        return read(await self.transactions.run(interaction))

    async def refused_by_use_case(self, who: Member, form: str) -> bool:
        """Return whether the use case behind the form refuses the member, without what the form itself asks."""
        private, typed = self.form(form)
        try:
            async with self.slack.office.desk(self.slack.workspace) as desk:
                desk.actor = await desk.session.get_one(Member, who.id)
                entries = await Directory(self.slack.service.client).look_up(["USTRANGER"])
                request = Request(
                    desk, Translator("en-US"), SHANGHAI, "", form=form, private=private, typed=typed, entries=entries
                )
                await REGISTRY.forms[form].submit(request)
                raise _RollBackError
        except NotAllowed:
            return True
        except (DeskError, _RollBackError):
            return False

    def form(self, name: str) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return what the form carries and what is filled in, as it could be sent. KeyError: add the new form."""
        team = str(self.slack.team.id)
        next_step = {"c": str(self.call.id), "l": str(self.loan.id), "p": "documents", "u": str(new_id())}
        next_step |= {"n": str(self.loan.next_follow_up_number)}
        language = {"language": "en-US", "country": "CN", "zone": "Asia/Shanghai", "from": "08:00", "until": "21:00"}
        forms: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
            "call": ({}, {"loan": "L-1", "outcome": "reached"}),
            "correct_call": ({"c": str(self.call.id), "v": 1}, {"outcome": "busy"}),
            "check": (
                {"seen": {"2": [str(self.check.follow_up_id), 1]}, "of_check": "identity"},
                {"loan": "L-1", "follow_up": "2", "result": "confirmed"},
            ),
            "decide_check": ({"k": str(self.check.id), "v": 1}, {"decision": "go_on", "reason": "Seen in person"}),
            "part_payment": ({"c": str(self.call.id), "u": str(new_id())}, {"next": "fri"}),
            "next_call": (next_step, {"at": "1795900000"}),
            "next_step": (next_step, {"at": "1795900000"}),
            "snooze": ({"f": str(self.follow_up.id), "v": self.follow_up.version}, {"at": "1795900000"}),
            "stage": ({}, {"loan": "L-1", "stage": "approved"}),
            "stage_rules": ({}, {"required": ("amount",), "checks_a_day": "12"}),
            "documents": ({}, {"loan": "L-1", "rest": ("id",)}),
            "rejection": ({}, {"loan": "L-1", "document": "id", "reason": "Blurred"}),
            "follow_up": ({}, {"loan": "L-1", "due": "tomorrow 3pm"}),
            "move": ({}, {"loan": "L-1", "follow_up": "1", "due": "tomorrow 3pm"}),
            "inquiry": ({}, {"name": "New One", "phone": "13800138999"}),
            "edit": ({}, {"loan": "L-1", "name": "Another"}),
            "terms": ({"of": "L-1"}, {"loan": "L-1", "term": "36"}),
            "vehicle": ({"of": "L-1"}, {"loan": "L-1", "make": "BYD"}),
            "person": ({}, {"loan": "L-1", "role": "spouse", "name": "韩梅梅"}),
            "change_person": ({"p": str(self.person.id), "v": 1, "n": 0}, {"role": "spouse", "name": "韩梅"}),
            "find": ({}, {"loan": "L-1"}),
            "member": ({}, {"who": "USTRANGER", "roles": ("agent",)}),
            "leaver": ({}, {"who": "UOTHER", "to": "UAGENT"}),
            "appointment": ({}, {"loan": "L-1", "kind": "signing", "due": "fri 15:00", "minutes": "60"}),
            "move_appointment": ({"a": str(self.appointment.id), "v": 1}, {"due": "fri 17:00"}),
            "edit_playbook": ({"c": "identity", "v": 0}, {"questions_en": "Name?", "questions_zh": "姓名？"}),
            "payment": ({}, {"loan": "L-1", "day": "2026-11-25", "amount": "100"}),
            "schedule": ({}, {"loan": "L-1", "rows": "2026-12-10 100"}),
            "computed_schedule": ({}, {"loan": "L-1", "rate": "5", "months": "2", "first": "2026-12-10", **_COMPUTED}),
            "pause": (
                {},
                {"loan": "L-1", "kind": "hardship", "start": "2026-11-25", "end": "2026-12-25", "reason": "ill"},
            ),
            "note": ({}, {"loan": "L-1", "note": "Asks for a letter"}),
            "cadence": (
                {"v": self.slack.workspace.version},
                {"rule": "inquiry", "inquiry_enabled": "on", "inquiry_working_hours": "3"},
            ),
            "quiet": ({}, {"loan": "L-1", "until": "2026-12-24", "why": "Abroad"}),
            "correct_note": ({"m": str(self.note.id), "v": 1}, {"note": "Asks for two letters"}),
            "reassign": ({}, {"loans": ("L-1",), "how": "one", "to": "UOTHER"}),
            "settings": ({"was": _OWN}, {**_OWN, "days": tuple("01234"), "digest": "09:00"}),
            "team": (
                {"was": {"team": team, "managers": ["UMANAGER"], "channel": "", "language": "", "admins": ["UADMIN"]}},
                {"managers": ("UMANAGER", "UOTHER"), "admins": ("UADMIN",)},
            ),
            "managers": ({}, {"managers": ("USTRANGER",)}),
            "workspace": ({"was": language}, {**language, "until": "20:00"}),
        }
        return forms[name]

    def presses(self) -> dict[str, tuple[str | None, dict[str, Any]]]:
        """Return the right that each button needs (None: every member's) and what it carries for this loan."""
        loan, call = {"l": str(self.loan.id)}, {"c": str(self.call.id), "u": str(new_id())}
        follow_up = {"f": str(self.follow_up.id), "v": self.follow_up.version}
        item = {"i": str(self.item.id), "v": self.item.version}
        offer = {"o": "2026-11-26", "a": None, "p": "documents", "n": self.loan.next_follow_up_number}
        agent, request = str(self.slack.agent.id), {"r": str(self.request.id)}
        return {
            "call.log": ("log_call", {**follow_up, "o": "reached"}),
            "call.again": ("add_to_call", {**call, "k": 1}),
            "call.answer_other": ("add_to_call", {**call, **follow_up, "k": 1}),
            "call.next": ("add_to_call", {**call, **offer}),
            "call.nothing_needed": ("add_to_call", call),
            "call.whole": ("add_to_call", call),
            "call.part": ("add_to_call", {**call, **offer}),
            "line.choose": (None, {"d": str(new_id()), "c": "L-1"}),
            "line.send": (None, {"d": str(new_id())}),
            "line.complete": (None, {"d": str(new_id()), "c": 0}),
            "stage.write_off": ("write_off", {"d": str(new_id())}),
            "stage.leave": (None, {}),
            "bot.asked": (None, {}),
            "home.opened": (None, {}),
            "home.show": (None, {}),
            "due.list": ("see_due_list", {"p": "week", "w": agent}),
            "due.worked": ("see_due_list", {"of": str(self.slack.manager.id), "d": "2026-11-24"}),
            "follow_up.not_needed": ("close_follow_up", follow_up),
            "follow_up.another": ("plan_follow_up", {"d": str(new_id())}),
            "reminder.take_up": ("snooze", follow_up),
            "follow_up.fit": ("fit_follow_up", {**follow_up, "a": "2026-11-26T02:00:00+00:00"}),
            "reminder.snooze": ("snooze", {**follow_up, "k": "hour"}),
            "reminder.hand_over": ("hand_to_manager", follow_up),
            "card.open": ("see_loan", loan),
            "card.got": ("change_documents", item),
            "card.accept": ("change_documents", item),
            "card.done": ("close_follow_up", follow_up),
            "card.reverse_payment": ("reverse_payment", {"p": str(self.payment.id), "v": 1}),
            "card.end_pause": ("pause_repayment", {"p": str(self.pause.id), "v": 1}),
            "documents.list": ("see_loan", loan),
            "documents.waiting": (None, {"s": "open"}),
            "documents.got": ("change_documents", item),
            "documents.accept": ("change_documents", item),
            "loan.card": ("see_loan", loan),
            "loan.show_number": ("see_loan", loan),
            "loan.checks": ("see_loan", loan),
            "loan.pool": ("reassign", {"o": 0}),
            "loan.claim": ("reassign", {**loan, "v": self.loan.version}),
            "loan.mine": (None, {"s": "", "o": 0}),
            "loan.new_anyway": ("open_inquiry", {"d": str(new_id())}),
            "loan.plan_next": ("plan_offered", {**loan, **offer}),
            "loan.nothing_needed": ("plan_offered", loan),
            "appointment.settle": ("book_appointment", {"a": str(self.appointment.id), "v": 1, "s": "confirmed"}),
            "playbook.show": ("see_playbook", {**loan, "p": "documents"}),
            "playbook.list": ("edit_playbook", {}),
            "access.grant": ("answer_access_request", {**request, "role": "agent", "who": "USTRANGER"}),
            "access.decline": ("answer_access_request", request),
            "reassign.confirm": ("reassign_all", {"f": agent, "t": str(self.slack.other.id), "m": "-"}),
            "reassign.carry_out": ("reassign", {"d": str(new_id()), "m": "-"}),
            "reassign.leave": (None, {}),
            "related.list": ("see_loan", loan),
            "related.remove": ("edit_people", {"p": str(self.person.id), "v": self.person.version}),
            "related.show_number": ("see_loan", {"p": str(self.phone.id)}),
            "team.list": (None, {"o": 0}),
            "reassign.list": ("reassign", {"d": str(new_id()), "x": "loans"}),
            "undo.take_back": ("undo", {"u": str(new_id())}),
            "demo.add": ("manage_demo", {}),
            "demo.remove": ("manage_demo", {}),
        }


_COMPUTED = {
    "amount": "1000",
    "basis": "year",
    "method": "flat",
    "day_count": "thirty_360",
    "shift": "none",
    "counting": "counted",
}

_OWN = {
    "language": "",
    "digest": "08:30",
    "channel": "",
    "start": "09:00",
    "end": "18:00",
    "days": "01234",
    "until": "",
    "cover": "",
}
_ABOUT_FORMS = {"form.open", "form.from_message", "form.refresh", "form.fill", "form.restore", "loan.search"}
"""Buttons and fields that show a form: they ask for the form's right."""

_FOR_OTHERS = {"access.ask"}
"""What only people who are no members may press."""


class _RollBackError(Exception):
    """What a use case did is not to be kept."""


def read(answer: Any) -> str:
    """Return all that the reader of an answer sees."""
    match answer:
        case Reply(message):
            return message.text
        case OpenModal(view) | UpdateModal(view):
            return text_of({"blocks": view.blocks})
        case FormErrors(errors):
            return "\n".join(errors.values())
        case _:
            return ""


@pytest.fixture
async def world(slack: Slack) -> World:
    office, workspace = slack.office, slack.workspace
    west: Team = await make_team(office, workspace, "West")
    outsider = await make_member(office, workspace, "UOUTSIDER", name="Outsider", team_id=west.id)
    slack.sandbox.add_user("UOUTSIDER", name="Outsider")
    loan = await make_loan(office, workspace, "L-1", owner=slack.agent, name=NAME)
    follow_up = await make_follow_up(office, loan, slack.agent, purpose="documents")
    call = await make_call(office, loan, slack.agent)
    planned = await make_follow_up(office, loan, slack.agent, purpose="identity")
    async with office.database.transaction() as session:
        note = LoanNote(
            id=(note_id := new_id()),
            workspace_id=workspace.id,
            loan_id=loan.id,
            by_id=slack.agent.id,
            note_cipher=office.cipher.encrypt(LoanNote.note_cipher, note_id, "Asks"),
            at=office.clock.now(),
        )
        asked = DocumentRequest(
            id=new_id(),
            workspace_id=workspace.id,
            loan_id=loan.id,
            created_at=office.clock.now(),
            requested_by_id=slack.agent.id,
            follow_up_id=follow_up.id,
        )
        item = DocumentItem(
            id=new_id(),
            workspace_id=workspace.id,
            request_id=asked.id,
            loan_id=loan.id,
            document="id",
            position=0,
            changed_at=office.clock.now(),
            changed_by_id=slack.agent.id,
        )
        request = AccessRequest(
            id=new_id(),
            workspace_id=workspace.id,
            slack_user_id="USTRANGER",
            name="Stranger",
            locale="en-US",
            zone="Asia/Shanghai",
            asked_on=office.clock.now().date(),
            asked_at=office.clock.now(),
        )
        payment = Payment(
            workspace_id=workspace.id,
            loan_id=loan.id,
            paid_on=date(2026, 11, 25),
            amount=Decimal("100.00"),
            source="form",
            by_id=slack.agent.id,
            at=office.clock.now(),
        )
        pause = RepaymentPause(
            id=(pause_id := new_id()),
            workspace_id=workspace.id,
            loan_id=loan.id,
            kind="hardship",
            starts_on=date(2026, 11, 25),
            ends_on=date(2026, 12, 25),
            reason_cipher=office.cipher.encrypt(RepaymentPause.reason_cipher, pause_id, "ill"),
            by_id=slack.agent.id,
            at=office.clock.now(),
        )
        check = Check(
            id=new_id(),
            workspace_id=workspace.id,
            loan_id=loan.id,
            follow_up_id=planned.id,
            call_id=call.id,
            purpose="identity",
            state="failed",
            by_id=slack.agent.id,
            at=office.clock.now(),
        )
        appointment = Appointment(
            id=new_id(),
            workspace_id=workspace.id,
            loan_id=loan.id,
            kind="pickup",
            at=office.clock.now() + timedelta(days=1),
            minutes=60,
            member_id=slack.agent.id,
            by_id=slack.agent.id,
            made_at=office.clock.now(),
            changed_at=office.clock.now(),
        )
        person = RelatedPerson(
            id=(person_id := new_id()),
            workspace_id=workspace.id,
            loan_id=loan.id,
            role="spouse",
            name_cipher=office.cipher.encrypt(RelatedPerson.name_cipher, person_id, NAME),
            created_at=office.clock.now(),
        )
        phone = RelatedPhone(
            id=(phone_id := new_id()),
            workspace_id=workspace.id,
            person_id=person.id,
            phone_cipher=office.cipher.encrypt(RelatedPhone.phone_cipher, phone_id, "+8613900139000"),
            kind="mobile",
        )
        session.add_all([note, asked, request, check, appointment, person, phone, payment, pause])
        await session.flush()
        session.add(item)
    transactions = Transactions(office, workspace, Directory(slack.service.client), lambda *_: None)
    return World(
        slack,
        outsider,
        loan,
        follow_up,
        call,
        check,
        note,
        person,
        phone,
        item,
        appointment,
        request,
        payment,
        pause,
        transactions,
    )


def is_refused(text: str) -> bool:
    return "You need the role" in text


async def test_every_form_is_shown_and_taken_from_those_who_may_do_what_it_does(world: World) -> None:
    for name, form in REGISTRY.forms.items():
        private, typed = world.form(name)
        for role in ROLES:
            who, may = world.slack.people[role], has_role_for(world.slack.people[role], form.right)
            opened = await world.press(who, "form.open", {"form": name, **private})
            assert is_refused(opened) == (not may), f"{name} shown to {role}"
            changed = await world.press(who, "form.refresh", {}, ViewState(name, name, private, typed))
            assert is_refused(changed) == (not may), f"{name} changed by {role}"
            if not may:
                assert is_refused(await world.send(who, name, typed, private)), f"{name} sent by {role}"
                assert await world.refused_by_use_case(who, name), f"{name}: its use case does not refuse {role}"
            elif all(grant.relations is None for grant in RULES[form.right].grants):
                assert not await world.refused_by_use_case(who, name), f"{name}: its use case refuses {role}"


async def test_no_form_shows_a_member_of_another_team_a_borrower(world: World) -> None:
    for name in REGISTRY.forms:
        private, typed = world.form(name)
        for state in (typed, {"loan": "L-1"}, {"loans": ("L-1",), "how": "each"}, {"from": "UAGENT", "how": "each"}):
            shown_to = await world.press(world.outsider, "form.refresh", {}, ViewState(name, name, private, state))
            assert NAME not in shown_to, name
        opened = await world.press(world.outsider, "form.open", {"form": name, "i": str(world.loan.id), "n": 1})
        assert NAME not in opened, name
        assert NAME not in await world.send(world.outsider, name, typed, private), name


async def test_a_search_field_offers_nothing_to_those_who_may_not_send_its_form(world: World) -> None:
    sources = {
        "loan.search": (NAME, "call", {"agent", "verifier", "collector", "manager"}),
        "country.search": ("Chi", "workspace", {"admin"}),
    }
    assert sources.keys() == REGISTRY.suggestions.keys()
    for source, (words, form, may) in sources.items():
        for who in (*ROLES, "outsider"):
            found = await suggested(world, who, source, words, form)
            assert bool(found) == (who in may), f"{source} in {form} for {who}"
    assert await suggested(world, "compliance", "loan.search", NAME, "find")
    assert not await suggested(world, "agent", "loan.search", NAME, "home")


async def suggested(world: World, who: str, source: str, words: str, form: str) -> list[Any]:
    """Return what Slack is offered for words in a search field of a form."""
    offered: list[Any] = []

    async def ack(*, options: list[Any]) -> None:
        offered.extend(options)

    door: Any = Door(REGISTRY, world.transactions, None)  # pyright: ignore[reportArgumentType]
    view = {"callback_id": form, "state": {"values": {}}}
    body = {"action_id": f"{source}#x", "value": words, "user": {"id": world.who(who).slack_user_id}, "view": view}
    await door.suggest(body, ack)
    return offered


async def test_every_button_asks_for_the_right_of_what_it_does(world: World) -> None:
    presses = world.presses()
    assert {*presses, *_ABOUT_FORMS, *_FOR_OTHERS} == REGISTRY.presses.keys()
    for act, (right, value) in presses.items():
        for role in ROLES:
            if right is not None and not has_role_for(world.slack.people[role], right):
                assert is_refused(await world.press(world.slack.people[role], act, value)), f"{act} by {role}"


async def test_no_button_shows_or_changes_another_teams_loan(world: World) -> None:
    for act, (_right, value) in world.presses().items():
        assert NAME not in await world.press(world.outsider, act, value), act
        in_card = ViewState("card", "L-1", {"l": str(world.loan.id)})
        assert NAME not in await world.press(world.outsider, act, value, in_card), act
    async with world.slack.office.database.reading() as session:
        for row in (world.loan, world.follow_up, world.call, world.check, world.note, world.item, world.appointment):
            assert (await session.get_one(type(row), row.id)).version == row.version, type(row).__name__


def test_undo_knows_the_right_of_every_act() -> None:
    """Acts are named where `offer_undo` is called; some calls get the name from their caller."""
    named: set[str] = set()
    for module in Path(next(iter(desk_package.__path__))).rglob("*.py"):
        for node in ast.walk(ast.parse(module.read_text("utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in (
                "offer_undo",
                "_plan_result",
                "_rescheduled",
                "_changed",
            ):
                named |= {str(each.value) for each in node.args if isinstance(each, ast.Constant)}
    assert named | {"done", "cancelled"} == RIGHTS.keys()
    assert set(RIGHTS.values()) <= RULES.keys()


@pytest.mark.parametrize(
    ("who", "line", "roles"),
    [
        ("agent", "/loan-call L-1 reached", "compliance"),
        ("agent", "/loan-note L-1 asks for a letter", "compliance"),
        ("agent", "/loan-docs L-1 bank", "admin"),
        ("agent", "/loan-stage L-1 inquiry", "compliance"),
        ("agent", "/loan-reassign L-1 @other", "compliance"),
        ("manager", "/loan-team add @stranger agent East", "agent"),
        ("manager", "/loan-team calendar dec 25 off", "agent"),
        ("admin", "/loan-team add @stranger compliance", "manager"),
    ],
)
async def test_undo_asks_for_the_right_again(world: World, who: str, line: str, roles: str) -> None:
    slack, member = world.slack, world.slack.people[who]
    done = (await slack.command(member, line)).message
    assert done is not None
    await slack.change(member, roles=roles)

    refused = shown(await slack.press(member, done, "Undo")).text

    assert any(words in refused for words in ("You need the role", "Only an admin", "Only the member, their manager"))


@pytest.mark.parametrize(
    "line", ["/loan edit L-1 name 欧阳公开", "/loan-note L-1 asks for a letter", "/loan-call L-1 reached"]
)
async def test_undo_changes_nothing_on_a_loan_that_was_lost_since(world: World, line: str) -> None:
    slack = world.slack
    done = (await slack.command(slack.agent, line)).message
    assert done is not None
    await slack.command(slack.manager, f"/loan-reassign L-1 <@{world.outsider.slack_user_id}>")

    refused = shown(await slack.press(slack.agent, done, "Undo")).text

    assert refused == "That loan doesn't exist, or you can't see it."


async def test_who_gave_a_loan_to_another_team_may_take_it_back(world: World) -> None:
    slack = world.slack
    given = (await slack.command(slack.agent, f"/loan-reassign L-1 <@{world.outsider.slack_user_id}>")).message
    assert given is not None
    assert "Undone" in shown(await slack.press(slack.agent, given, "Undo")).text
    assert NAME in (await slack.command(slack.agent, "/loan L-1")).text


async def test_undo_of_a_correction_asks_again_who_may_correct_the_loan(world: World) -> None:
    slack = world.slack
    done = (await slack.command(slack.agent, "/loan edit L-1 name 欧阳公开")).message
    assert done is not None
    await slack.command(slack.manager, "/loan-reassign L-1 @other")

    assert "Only the people responsible" in shown(await slack.press(slack.agent, done, "Undo")).text
