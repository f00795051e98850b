"""Each form, search field, button and Undo asks for the right of what it does, when it is shown and when it is sent.

A new form, button or source of suggestions fails here until it says what it does (`Form.right`, `form_of`, `presses_of`).
"""

import ast
import json
import re
from pathlib import Path
from typing import Any

import pytest

import desk as desk_package
from desk.core.permissions import RULES, has_role_for
from desk.core.undo_rules import RIGHTS
from handlers.door.door import Door
from handlers.door.request import ViewState
from sandbox.elements import interactive_elements
from tests.builders import make_loan
from tests.wire.forms_and_presses import form_of, presses_of
from tests.wire.office_day import Slack, shown
from tests.wire.worlds import NAME, REGISTRY, World, make_world

pytestmark = pytest.mark.every_example

PUBLIC_URL = "https://desk.example.com"

ROLES = ("agent", "verifier", "collector", "manager", "compliance", "admin")

OUTSIDE = ("outsider", "outside_manager", "admin")
"""An agent and the manager of another team, and an admin."""

_ABOUT_FORMS = {"form.open", "form.from_message", "form.refresh", "form.fill", "form.restore", "loan.search"}
"""Buttons and fields that show a form: they ask for the form's right."""

_FOR_OTHERS = {"access.ask"}
"""What only people who are no members may press."""


@pytest.fixture
async def world(slack: Slack) -> World:
    return await make_world(slack)


SEES_NO_LOAN = "You need the role compliance, manager, agent, verifier or collector for this."
"""What an admin reads who names a loan, also in what they may do."""


def is_refused(text: str) -> bool:
    return "You need the role" in text.replace(SEES_NO_LOAN, "")


async def test_every_form_is_shown_and_taken_from_those_who_may_do_what_it_does(world: World) -> None:
    for name, form in REGISTRY.forms.items():
        private, typed = form_of(world, name)
        for role in ROLES:
            who, may = world.slack.people[role], has_role_for(world.slack.people[role], form.right)
            opened = await world.press(who, "form.open", {"form": name, **private})
            assert is_refused(opened) == (not may), f"{name} shown to {role}"
            changed = await world.press(who, "form.refresh", {}, ViewState(name, name, private, typed))
            assert is_refused(changed) == (not may), f"{name} changed by {role}"
            if not may:
                assert is_refused(await world.send(who, name, typed, private)), f"{name} sent by {role}"
                assert await world.refused_by_use_case(who, name, typed, private), (
                    f"{name}: its use case does not refuse {role}"
                )
            elif all(grant.relations is None for grant in RULES[form.right].grants):
                assert not await world.refused_by_use_case(who, name, typed, private), (
                    f"{name}: its use case refuses {role}"
                )


@pytest.mark.parametrize("who", OUTSIDE)
async def test_no_form_shows_who_has_nothing_to_do_with_a_loan_its_borrower(world: World, who: str) -> None:
    outsider = world.who(who)
    for name in REGISTRY.forms:
        private, typed = form_of(world, name)
        for state in (typed, {"loan": "L-1"}, {"loans": ("L-1",), "how": "each"}, {"from": "UAGENT", "how": "each"}):
            shown_to = await world.press(outsider, "form.refresh", {}, ViewState(name, name, private, state))
            assert NAME not in shown_to, name
        opened = await world.press(outsider, "form.open", {"form": name, "i": str(world.loan.id), "n": 1})
        assert NAME not in opened, name
        assert NAME not in await world.send(outsider, name, typed, private), name


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
    presses = presses_of(world)
    assert {*presses, *_ABOUT_FORMS, *_FOR_OTHERS} == REGISTRY.presses.keys()
    for act, (right, value) in presses.items():
        for role in ROLES:
            if right is not None and not has_role_for(world.slack.people[role], right):
                assert is_refused(await world.press(world.slack.people[role], act, value)), f"{act} by {role}"


async def test_a_button_or_form_that_lacks_what_it_is_asked_for_is_of_an_older_version(world: World) -> None:
    for role in ("agent", "manager", "admin"):
        who = world.slack.people[role]
        for act, (_right, value) in presses_of(world).items():
            for lost in value:
                rest = {name: carried for name, carried in value.items() if name != lost}
                assert not is_mistake(await world.press(who, act, rest)), f"{act} without {lost} by {role}"
        for name in REGISTRY.forms:
            private, typed = form_of(world, name)
            for lost in private:
                rest = {each: carried for each, carried in private.items() if each != lost}
                opened = await world.press(who, "form.open", {"form": name, **rest})
                changed = await world.press(who, "form.refresh", {}, ViewState(name, name, rest, typed))
                sent = await world.send(who, name, typed, rest)
                assert not any(map(is_mistake, (opened, changed, sent))), f"{name} without {lost} by {role}"
        assert "older version" in await world.press(who, "form.open", {"form": "gone"})


def is_mistake(text: str) -> bool:
    return "our mistake" in text or "Something went wrong" in text


@pytest.mark.parametrize("who", OUTSIDE)
async def test_no_button_shows_or_changes_a_loan_for_who_has_nothing_to_do_with_it(world: World, who: str) -> None:
    outsider = world.who(who)
    in_card = ViewState("card", "L-1", {"l": str(world.loan.id)})
    for act, (_right, value) in presses_of(world).items():
        for state in (None, in_card):
            shown_to = await world.press(outsider, act, value, state)
            assert NAME not in shown_to, act
            assert re.search(rf"{world.loan.number}(?!\d)", shown_to) is None, act
    assert NAME in await world.press(world.slack.agent, "files.open", {"f": str(world.filed.id)})
    async with world.slack.office.database.reading() as session:
        about = (world.call, world.check, world.note, world.item, world.payment, world.pause)
        planned = (world.follow_up, world.appointment, world.step, world.escalation)
        for row in (world.loan, world.person, world.filed, world.waiting, *about, *planned):
            assert (await session.get_one(type(row), row.id)).version == row.version, type(row).__name__


async def test_the_card_its_tabs_and_the_home_offer_only_what_their_reader_may_do(world: World) -> None:
    slack, rights = world.slack, {act: right for act, (right, _) in presses_of(world).items()}
    await make_loan(slack.office, slack.workspace, "L-2", stage="disbursed")  # without an owner, and nothing is planned
    for role in ROLES:
        who = slack.people[role]
        await slack.sandbox.open_home(who.slack_user_id)
        home = slack.sandbox.home_of(who.slack_user_id).view.content
        if role == "admin":  # sees no borrower
            assert SEES_NO_LOAN in (await slack.command(who, "/loan L-1")).text
            continue
        tabs = [
            await slack.in_card(who, "Open", *tab, number="L-1")
            for tab in ([], ["People"], ["Timeline"], ["Documents"], ["Follow-ups"], ["Payments"])
        ]
        cards = [await slack.card(who, number) for number in ("L-1", "L-2")]
        for block in [*home["blocks"], *(each for view in (*cards, *tabs) for each in view.blocks)]:
            for button in interactive_elements(block):
                act = button["action_id"].partition("#")[0]
                for each in button.get("options", [button]):  # a menu acts like as many buttons
                    right = (
                        REGISTRY.forms[json.loads(each["value"])["form"]].right if act == "form.open" else rights[act]
                    )
                    assert right is None or has_role_for(who, right), f"{each['text']['text']} for {role}"


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
        ("agent", "/loan-stage L-1 declined", "compliance"),
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
