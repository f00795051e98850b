"""The Home, the card and forms offer a member only what their roles allow. Now is Wednesday 10:00 in Shanghai."""

import pytest

from sandbox.model import text_of
from storage.tables import Loan
from tests.builders import make_follow_up, make_loan
from tests.wire.office_day import Slack, buttons

pytestmark = pytest.mark.every_example

LOG, PLAN, REQUEST, NOTE = "Log a call", "Assign a follow-up", "Request documents", "Add a note"
CORRECT, REASSIGN, NEW = "Correct details", "Reassign", "New inquiry"


@pytest.fixture
async def loan(slack: Slack) -> Loan:
    made = await make_loan(slack.office, slack.workspace, "L-1", owner=slack.agent)
    await make_follow_up(slack.office, made, slack.agent, purpose="documents")
    await slack.command(slack.agent, "/loan-docs L-1 id")
    return made


@pytest.mark.parametrize(
    ("role", "offered"),
    [
        ("agent", {LOG, PLAN, REQUEST, NEW}),
        ("verifier", {LOG, PLAN, REQUEST, NEW}),
        ("manager", {LOG, PLAN, REQUEST, NEW, REASSIGN}),
        ("compliance", set[str]()),
        ("admin", set[str]()),
    ],
)
async def test_the_home_offers_what_the_role_may_do(slack: Slack, role: str, offered: set[str]) -> None:
    who = slack.people[role].slack_user_id
    await slack.sandbox.open_home(who)
    there = text_of(slack.sandbox.home_of(who).view.content).splitlines()
    assert {each for each in (LOG, PLAN, REQUEST, NEW, REASSIGN) if each in there} == offered
    assert "Find a loan" in there
    assert any(line.startswith("Log a call with") for line in there) == (LOG in offered)
    day = (await slack.command(slack.people[role], "/loan")).message
    assert {LOG, NEW} & {*buttons(day)} == {LOG, NEW} & offered


@pytest.mark.parametrize(
    ("role", "offered"),
    [
        ("agent", {LOG, PLAN, REQUEST, NOTE, CORRECT, REASSIGN}),
        ("other", {LOG, PLAN, REQUEST, NOTE}),
        ("manager", {LOG, PLAN, REQUEST, NOTE, CORRECT, REASSIGN}),
        ("compliance", set[str]()),
    ],
)
async def test_the_card_offers_what_the_reader_may_do(slack: Slack, loan: Loan, role: str, offered: set[str]) -> None:
    who = slack.people[role]
    card = (await slack.command(who, "/loan L-1")).message
    acts = {LOG, PLAN, REQUEST, NOTE, CORRECT, REASSIGN}
    assert acts & {*buttons(card)} == offered - {REASSIGN}

    assert card is not None
    await slack.press(who, card, "Open")
    modal = slack.sandbox.modal_of(who.slack_user_id)
    assert acts & {*modal.text.splitlines()} == offered
    await modal.press("Follow-ups")
    assert ("Finish /1" in modal.text) == (role in ("agent", "manager"))
    await modal.press("Documents")
    assert ("received" in modal.text) == (role != "compliance")


async def test_what_is_typed_alone_by_who_may_not_do_it_names_the_roles_that_may(slack: Slack) -> None:
    for line in ("/loan-call", "/loan-follow", "/loan-docs", "/loan-note"):
        assert "You need the role" in (await slack.command(slack.compliance, line)).text


@pytest.mark.parametrize(
    ("role", "offered"), [("agent", {LOG, PLAN, REQUEST, NEW}), ("compliance", set[str]()), ("admin", set[str]())]
)
async def test_help_offers_what_the_role_may_do(slack: Slack, role: str, offered: set[str]) -> None:
    who = slack.people[role]
    for line in ("/loan", "/loan help"):
        assert {LOG, NEW} & {*buttons((await slack.command(who, line)).message)} == offered & {LOG, NEW}

    direct = slack.sandbox.dm(who.slack_user_id)
    slack.sandbox.say(who.slack_user_id, direct, "what can you do?")
    await slack.sandbox.events.wait_until_delivered()
    answer = next(post for post in slack.posts(who) if "I only understand commands" in post.text)
    assert {LOG, PLAN, REQUEST} & {*buttons(answer)} == offered - {NEW}


async def test_forms_offer_only_the_follow_ups_that_their_reader_may_answer_or_move(slack: Slack, loan: Loan) -> None:
    await make_follow_up(slack.office, loan, slack.other, purpose="income", number=7)
    card = (await slack.command(slack.other, "/loan L-1")).message
    assert card is not None
    await slack.press(slack.other, card, LOG)
    form = slack.sandbox.modal_of("UOTHER")
    assert [each[:2] for each in await form.options("Follow-up this call answers")] == ["/7"]
    await form.close()

    await slack.press(slack.other, card, "Open")
    modal = slack.sandbox.modal_of("UOTHER")
    await modal.press("Follow-ups")
    await modal.press("Move /7")
    assert [each[:2] for each in await slack.sandbox.modal_of("UOTHER").options("Follow-up")] == ["/7"]
