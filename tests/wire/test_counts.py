"""Every count leads to a list of exactly that many, which says whose each row is. Now is Wednesday 10:00 in Shanghai."""

import re
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from sandbox import Modal
from sandbox.model import Message
from storage.tables import Loan, Member
from tests.builders import make_follow_up, make_loan, make_member, make_team
from tests.wire.filling import fill
from tests.wire.office_day import Slack, buttons, shown

pytestmark = pytest.mark.every_example

PERIODS = ("today", "tomorrow", "week", "late", "all", "arrears", "unplanned")
NOVEMBER = {"stage": "disbursed", "due_day": 15, "unpaid_since": date(2026, 11, 15)}


@pytest.fixture
async def team(slack: Slack) -> Slack:
    """The agent is away and covered by the other; the verifier is away without a cover, so the manager acts.

    Each has a late call, one today and one in December, a loan without a plan, an ended one and one in arrears; one loan
    is nobody's; and a colleague of another team has the same.
    """
    west = await make_team(slack.office, slack.workspace, "West")
    stranger = await make_member(slack.office, slack.workspace, "USTRANGER", name="Stranger", team_id=west.id)
    people = (slack.agent, slack.other, slack.verifier, slack.manager, stranger)
    for n, member in enumerate(people, start=1):
        loan = await _loan(slack, f"L-{n}1", member)
        await make_follow_up(slack.office, loan, member, due_at=datetime(2026, 11, 24, 2, n, tzinfo=UTC))
        await make_follow_up(slack.office, loan, member, purpose="repayment", due_on=date(2026, 11, 25))
        await make_follow_up(slack.office, loan, member, purpose="feedback", due_on=date(2026, 12, 9))
        await _loan(slack, f"L-{n}2", member)
        await _loan(slack, f"L-{n}3", member, stage="closed")
        owing = await _loan(slack, f"L-{n}4", member, **NOVEMBER)
        await make_follow_up(slack.office, owing, member, purpose="overdue", due_on=date(2026, 11, 26))
    await _loan(slack, "L-1", None)
    await slack.command(slack.manager, "/loan-team away @agent until dec 1 cover @other")
    await slack.command(slack.manager, "/loan-team away @verifier until dec 1")
    return slack


async def _loan(slack: Slack, number: str, owner: Member | None, **values: Any) -> Loan:
    return await make_loan(slack.office, slack.workspace, number, owner=owner, name=f"王{number}", **values)


def rows(message: Message) -> list[str]:
    return [line for line in message.text.splitlines() if line.startswith("• L-")]


async def listed(slack: Slack, who: Member, line: str) -> Message:
    message = (await slack.command(who, line)).message
    assert message is not None
    return message


def total(message: Message) -> int:
    return int(message.text.splitlines()[0].rsplit(" · ", 1)[1])


@pytest.mark.parametrize("whose", ["", " team", " @verifier"])
async def test_a_list_has_as_many_rows_as_its_title_says_and_names_whose_each_is(team: Slack, whose: str) -> None:
    for period in PERIODS:
        found = await listed(team, team.manager, f"/loan-due {period}{whose}")
        assert len(rows(found)) == total(found)
        for row in rows(found):
            assert re.search(r"<@U[A-Z]+>|no owner", row), row
        numbers = {re.split(r"[ /]", row)[1] for row in rows(found)}
        assert {name for name in buttons(found) if name.startswith("Card ")} == {f"Card {number}" for number in numbers}
        assert "Stranger" not in found.text
        assert "USTRANGER" not in found.text


async def test_what_is_covered_is_in_the_list_and_said_to_be(team: Slack) -> None:
    mine = await listed(team, team.other, "/loan-due unplanned")
    assert mine.text.splitlines() == [
        "Loans with nothing planned · 2",
        "• L-12 王L-12 · phone ending 5678 · application · since Wed 25 Nov · <@UAGENT>",
        "• L-22 王L-22 · phone ending 5678 · application · since Wed 25 Nov · <@UOTHER>",
        "Covering for: <@UAGENT>",
    ]
    by_rule = await listed(team, team.manager, "/loan-due late")
    assert "Covering for: <@UVERIFIER>" in by_rule.text
    nobodys = await listed(team, team.manager, "/loan-due unplanned team")
    assert any(row.startswith("• L-1 ") and row.endswith("no owner") for row in rows(nobodys))


@pytest.mark.parametrize("name", ["agent", "other", "manager"])
async def test_home_counts_what_its_buttons_list(team: Slack, name: str) -> None:
    who = getattr(team, name)
    await team.sandbox.open_home(who.slack_user_id)
    home = team.sandbox.home_of(who.slack_user_id)
    [(due, late)] = re.findall(r"^(\d+) follow-ups · (\d+) of them late$", home.text, re.MULTILINE)
    assert total(await listed(team, who, "/loan-due")) == int(due)
    assert total(await listed(team, who, "/loan-due late")) == int(late)
    for counted, period, button in (
        (r"^(\d+) loans? ha(?:s|ve) nothing planned\.$", "unplanned", "Show them"),
        (r"^(\d+) loans? (?:is|are) in arrears\.$", "arrears", "Show arrears"),
    ):
        count = int(re.findall(counted, home.text, re.MULTILINE)[0])
        assert total(await listed(team, who, f"/loan-due {period}")) == count
        if name != "manager":  # whose Home has the team's too
            await home.press(button)
            assert f" · {count}\n" in team.sandbox.modal_of(who.slack_user_id).text
    await home.press(f"{late} late")
    assert f"Late · {late}\n" in team.sandbox.modal_of(who.slack_user_id).text


async def test_home_says_whose_a_covered_call_is_and_each_row_opens_its_card(team: Slack) -> None:
    await team.sandbox.open_home("UOTHER")
    home = team.sandbox.home_of("UOTHER")
    covered = [line for line in home.text.splitlines() if line.startswith("L-11/")]
    own = [line for line in home.text.splitlines() if line.startswith("L-21/")]
    assert covered
    assert own
    assert all("UAGENT" in line or "Agent" in line for line in covered)
    assert not any("Other" in line or "UOTHER" in line for line in own)
    await home.press("Card L-11")
    assert "王L-11" in team.sandbox.modal_of("UOTHER").text


async def test_the_team_digests_counts_are_those_of_its_buttons(team: Slack) -> None:
    digest = await listed(team, team.manager, "/loan-digest now")
    members = re.findall(r"^• (\w+)(?: \(.*\))?: (\d+) open · (\d+) due · (\d+) late", digest.text, re.MULTILINE)
    assert [name for name, *_ in members] == ["Agent", "Other", "Verifier", "Collector"]
    for name, every, due, late in members:
        found = shown(await team.press(team.manager, digest, name))
        assert (total(found), total(shown(await team.press(team.manager, found, "Late")))) == (int(due), int(late))
        assert total(await listed(team, team.manager, f"/loan-due all @{name.lower()}")) == int(every)
    for counted, button in (
        (r"(\d+) loans have nothing planned", "Show them"),
        (r"(\d+) loans are in arrears", "Show arrears"),
    ):
        found = shown(await team.press(team.manager, digest, button))
        assert str(len(rows(found))) == str(total(found)) == re.findall(counted, digest.text)[-1]


async def test_a_team_digests_list_is_its_managers_team_no_matter_who_opens_it(team: Slack) -> None:
    await team.change(team.manager, reminder_channel_id=team.desk_channel)
    await team.command(team.manager, "/loan-digest 08:30")
    await team.at("2026-11-26 08:30")
    [post] = [post for post in team.posts(team.desk_channel) if post.text.startswith("Team overview")]
    own = shown(await team.press(team.manager, post, "Show them"))
    boss = shown(await team.press(team.compliance, post, "Show them"))
    assert boss.text.splitlines()[0] == f"Loans with nothing planned · the team of <@UMANAGER> · {total(own)}"
    assert rows(boss) == rows(own)
    refused = shown(await team.press(await team.member("USTRANGER"), post, "Show them"))
    assert "Only the people responsible" in refused.text


async def test_my_day_leads_to_its_lists(team: Slack) -> None:
    day = await listed(team, team.other, "/loan")
    [(due, late)] = re.findall(r"^(\d+) follow-ups are due today · (\d+) of them late$", day.text, re.MULTILINE)
    assert "2 loans have nothing planned." in day.text
    assert total(shown(await team.press(team.other, day, "Show all"))) == int(due)
    assert total(shown(await team.press(team.other, day, f"{late} late"))) == int(late)
    assert total(shown(await team.press(team.other, day, "Nothing planned"))) == 2
    assert "王L-11" in shown(await team.press(team.other, day, "Card L-11")).text


async def test_each_count_of_a_handovers_preview_leads_to_a_list_of_as_many(slack: Slack) -> None:
    for n, stage in enumerate(("application", "application", "disbursed", "closed"), start=1):
        loan = await make_loan(slack.office, slack.workspace, f"L-{n}", owner=slack.agent, stage=stage, name=f"王{n}")
        due = slack.clock.now() + timedelta(hours=n - 2.5)
        await make_follow_up(slack.office, loan, slack.agent, due_at=due)
    preview = (await slack.command(slack.manager, "/loan-reassign @agent @other")).message
    assert preview is not None
    assert preview.text.splitlines()[1] == "3 loans · 4 open follow-ups · 2 of them late"

    for label, title in {
        "3 loans": "Live loans · <@UAGENT> · 3",
        "application 2": "application · <@UAGENT> · 2",
        "disbursed 1": "disbursed · <@UAGENT> · 1",
        "4 open follow-ups": "All open follow-ups · <@UAGENT> · 4",
        "2 late": "Late · <@UAGENT> · 2",
    }.items():
        found = shown(await slack.press(slack.manager, preview, label))
        assert found.text.splitlines()[0] == title
        assert found.text.count("• ") == int(title.rpartition(" ")[2])


async def test_a_manager_who_covers_gives_away_and_sees_counted_only_what_is_their_own(slack: Slack) -> None:
    for number, owner in (("L-1", slack.manager), ("L-2", slack.agent)):
        loan = await make_loan(slack.office, slack.workspace, number, owner=owner)
        await make_follow_up(slack.office, loan, owner, due_at=slack.clock.now() - timedelta(hours=1))
    await slack.command(slack.manager, "/loan-team away @agent until dec 1 cover @manager")
    preview = await listed(slack, slack.manager, "/loan-reassign @manager @other")
    assert preview.text.splitlines()[1] == "1 loan · 1 open follow-up · 1 of them late"
    for label in ("1 loan", "1 open follow-up", "1 late"):
        assert total(found := shown(await slack.press(slack.manager, preview, label))) == len(rows(found)) == 1, label


async def previewed(slack: Slack, *, how: str = "", loans: tuple[str, ...] = (), **fields: str) -> Modal:
    """Fill in the form of a handover, and return its preview."""
    form = await slack.form(slack.manager, "/loan-reassign")
    if loans:
        await form.fill("Only these loans", list(loans), typed="5678")
    else:
        await form.fill("Reassign from", "UAGENT")
    if how:
        await form.fill("How to reassign", how)
    await fill(form, fields)
    await form.submit()
    return form


@pytest.mark.parametrize(
    ("how", "loans", "fields", "counts"),
    [
        ("one", (), {"Reassign_to": "UOTHER"}, (3, 4, 2)),
        ("one", ("L-1", "L-3"), {"Reassign_to": "UOTHER"}, (2, 2, 1)),
        ("each", (), {"L-1 王1 goes to": "UOTHER", "L-4 王4 goes to": "UCOLLECTOR"}, (1, 2, 1)),
        ("balanced", (), {"Across which team": "East"}, (3, 4, 2)),
    ],
)
async def test_each_count_of_the_forms_preview_leads_to_a_list_of_as_many(
    slack: Slack, how: str, loans: tuple[str, ...], fields: dict[str, str], counts: tuple[int, int, int]
) -> None:
    for n, stage in enumerate(("application", "application", "disbursed", "closed"), start=1):
        loan = await make_loan(slack.office, slack.workspace, f"L-{n}", owner=slack.agent, stage=stage, name=f"王{n}")
        await make_follow_up(slack.office, loan, slack.agent, due_at=slack.clock.now() + timedelta(hours=n - 2.5))
    form = await previewed(slack, how=how, loans=loans, **fields)
    owned, held, late = counts
    assert form.text.splitlines()[0].startswith(f"{owned} loan")

    for label, title in {
        f"{owned} loan{'s' * (owned > 1)}": f"Loans to reassign · {owned}",
        f"{held} open follow-ups": f"All open follow-ups · {held}",
        f"{late} late": f"Late · {late}",
    }.items():
        await form.press(label)
        shown_list = slack.sandbox.modal_of("UMANAGER")
        assert shown_list.text.splitlines()[0] == title
        assert sum(line.startswith("L-") for line in shown_list.text.splitlines()) == int(title.rpartition(" ")[2])
        await shown_list.close()
    if loans:
        await form.press("2 loans")
        assert "L-3 王3" in (found := slack.sandbox.modal_of("UMANAGER").text)
        assert "L-2" not in found


async def test_a_count_of_the_forms_preview_asks_again_for_the_right(slack: Slack) -> None:
    await make_loan(slack.office, slack.workspace, "L-1", owner=slack.agent, name="韩梅")
    form = await previewed(slack, how="one", Reassign_to="UOTHER")
    await slack.change(slack.manager, roles="agent", team_id=None)
    await form.press("1 loan")
    assert "韩梅" not in slack.sandbox.modal_of("UMANAGER").text


async def test_the_loans_of_a_colleague_are_listed_to_who_may_see_their_follow_ups(slack: Slack) -> None:
    await make_loan(slack.office, slack.workspace, "L-1", owner=slack.agent, name="韩梅")
    preview = (await slack.command(slack.manager, "/loan-reassign @agent @other")).message
    assert preview is not None

    await slack.change(slack.manager, roles="agent", team_id=None)
    refused = shown(await slack.press(slack.manager, preview, "application 1"))

    assert "韩梅" not in refused.text
    assert "Only the people responsible" in refused.text


async def test_a_long_table_opens_each_rows_card_from_a_menu(slack: Slack) -> None:
    for n in range(12):
        await make_loan(slack.office, slack.workspace, f"L-{n}", owner=slack.agent, name=f"王{n}")
    found = await listed(slack, slack.agent, "/loan-due unplanned")
    assert total(found) == 12
    assert "王11" in shown(await slack.sandbox.press("UAGENT", found, "Open a card", choice="L-11 王11")).text


async def test_documents_that_wait_are_counted_and_listed(slack: Slack) -> None:
    for n in range(1, 8):
        await make_loan(slack.office, slack.workspace, f"L-{n}", owner=slack.agent, name=f"王{n}")
        await slack.command(slack.agent, f"/loan-docs L-{n} id, bank by fri")
    await slack.command(slack.agent, "/loan-docs L-1 got id, bank")
    await slack.command(slack.agent, "/loan-docs L-7 got id")
    await slack.sandbox.open_home("UAGENT")
    home = slack.sandbox.home_of("UAGENT")
    assert "3 documents have arrived and need a review." in home.text
    await home.press("Review them")
    review = slack.sandbox.modal_of("UAGENT").text
    assert "Documents to review · 3\n" in review
    assert [line.split(" · ")[:3] for line in review.splitlines() if line.startswith("L-")] == [
        ["L-1 王1", "phone ending 5678", "ID card"],
        ["L-1 王1", "phone ending 5678", "bank statement"],
        ["L-7 王7", "phone ending 5678", "ID card"],
    ]
    await home.press("All documents 14")
    form = slack.sandbox.modal_of("UAGENT")
    assert "Open documents on your loans · 14\n" in form.text
    assert sum(line.startswith("L-") for line in form.text.splitlines()) == 10
    await form.press("Next page")
    assert sum(line.startswith("L-") for line in slack.sandbox.modal_of("UAGENT").text.splitlines()) == 4
    await home.press("Review them")
    await slack.sandbox.modal_of("UAGENT").press("Card L-7")
    assert "王7" in slack.sandbox.modal_of("UAGENT").text


async def test_what_the_team_did_is_counted_and_listed(slack: Slack) -> None:
    for n in range(1, 4):
        loan = await make_loan(slack.office, slack.workspace, f"L-{n}", owner=slack.agent, name=f"王{n}")
        await make_follow_up(slack.office, loan, slack.agent, purpose="documents", due_on=date(2026, 11, 25))
        await slack.command(slack.agent, f"/loan-call L-{n} {'no answer' if n == 3 else 'reached'}")
    await slack.at("2026-11-26 09:00")
    digest = await listed(slack, slack.manager, "/loan-digest now")
    assert "2 done on Wed 25 Nov" in digest.text
    assert "Calls on Wed 25 Nov: reached 2 · no answer 1" in digest.text
    done = shown(await slack.press(slack.manager, digest, "Done 2"))
    assert done.text.splitlines() == [
        "Done on Wed 25 Nov · 2",
        "• L-1 王1 · phone ending 5678 · documents · Wed 25 Nov 10:00 · <@UAGENT>",
        "• L-2 王2 · phone ending 5678 · documents · Wed 25 Nov 10:00 · <@UAGENT>",
    ]
    missed = shown(await slack.press(slack.manager, digest, "no answer 1"))
    assert missed.text.splitlines()[0] == "Calls on Wed 25 Nov · no answer · 1"
    assert len(rows(missed)) == 1
    assert "王3" in shown(await slack.press(slack.manager, missed, "Card L-3")).text


async def test_a_colleagues_list_names_in_full_only_the_loans_that_its_presser_may_see(slack: Slack) -> None:
    west = await make_team(slack.office, slack.workspace, "West")
    stranger = await make_member(slack.office, slack.workspace, "USTRANGER", name="Stranger", team_id=west.id)
    for n in (1, 2):
        await make_loan(slack.office, slack.workspace, f"L-{n}", owner=slack.agent, name="王小明")
        await slack.command(slack.agent, f"/loan-call L-{n} no answer")
    await slack.change(slack.manager, reminder_channel_id=slack.desk_channel)
    await slack.command(slack.manager, "/loan-digest 08:30")
    await slack.command(slack.manager, f"/loan-reassign L-2 @{stranger.name}")
    await slack.at("2026-11-26 08:30")
    [post] = [post for post in slack.posts(slack.desk_channel) if post.text.startswith("Team overview")]
    called = [line.split(" · ")[0] for line in rows(shown(await slack.press(slack.other, post, "no answer 2")))]
    assert called == ["• L-1 王小明", "• L-2 王*"]
    whole = [line.split(" · ")[0] for line in rows(shown(await slack.press(slack.manager, post, "no answer 2")))]
    assert whole == ["• L-1 王小明", "• L-2 王小明"]
