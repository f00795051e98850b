"""A manager changes the buckets of days past due, and when a promise is kept. Now is Wednesday 25 November 2026, 10:00."""

from sqlmodel import select

from sandbox.modals import Modal
from storage.tables import CadenceVersion, FollowUp, Loan, Promise
from tests.builders import make_loan_in_arrears
from tests.wire.office_day import Slack
from tests.wire.repaying import disbursed, give_schedule, pay


async def scale(slack: Slack, **values: str) -> Modal:
    """Fill the form from the manager's Home."""
    await slack.sandbox.open_home("UMANAGER")
    await slack.sandbox.home_of("UMANAGER").press("Buckets, promises")
    form = slack.sandbox.modal_of("UMANAGER")
    for label, value in values.items():
        await form.fill(LABELS[label], value)
    await form.submit()
    return form


LABELS = {
    "scale": "Buckets of days past due",
    "own": "Our own buckets",
    "percent": "A promise is kept when this much of it is paid (%)",
    "patience": "Days of patience after the promised day",
}


async def line(slack: Slack) -> str:
    """Return what the card says of the days past due."""
    card = await slack.command(slack.agent, "/loan A-1")
    return next(each for each in card.text.splitlines() if "past due" in each)


async def test_the_card_names_the_bucket_of_the_workspace_and_undo_the_one_before(slack: Slack) -> None:
    await make_loan_in_arrears(slack.office, slack.workspace, "A-1", owner=slack.agent)
    assert await line(slack) == "15 days past due (M1, by the lender's data)"
    form = await scale(slack, scale="thirties")
    assert "M0 from day 0, 1–29 from day 1, 30–59 from day 30" in form.text
    assert await line(slack) == "15 days past due (1–29, by the lender's data)"
    arrears = await slack.command(slack.manager, "/loan-due arrears team")
    assert "1–29" in arrears.text
    await form.press("Undo")
    assert await line(slack) == "15 days past due (M1, by the lender's data)"


async def test_own_buckets_are_typed_a_line_each_and_kept_as_a_version(slack: Slack) -> None:
    await make_loan_in_arrears(slack.office, slack.workspace, "A-1", owner=slack.agent)
    await scale(slack, scale="own", own="1 早期\n8-14\n15：中期 逾期\n30+")
    assert await line(slack) == "15 days past due (中期 逾期, by the lender's data)"
    async with slack.office.database.reading() as session:
        (version,) = (await session.exec(select(CadenceVersion))).all()
    assert version.numbers == {"arrears.buckets": {"早期": 1, "8–14": 8, "中期 逾期": 15, "30+": 30}}


REFUSED = {
    "1 a\nsoon b": "Line 2 can't be read: “soon b”.",
    "2 a": "Line 1: 2. The first bucket begins on day 1",
    "1 a\n30 b\n30 c": "Line 3: 30.",
    "1 a\n30 A": "Line 2: “A”. Each bucket needs a name of its own",
    "1": "Line 1: “1”. Each bucket needs a name",
}


async def test_buckets_that_are_none_are_refused_by_line(slack: Slack) -> None:
    form = await scale(slack, scale="own", own="no bucket")
    for own, refusal in REFUSED.items():
        await form.fill("Our own buckets", own)
        await form.submit()
        assert refusal in form.errors["Our own buckets"]


async def test_a_promise_is_kept_by_the_numbers_of_the_workspace(slack: Slack) -> None:
    await disbursed(slack)
    await give_schedule(slack)
    await scale(slack, percent="50", patience="0")
    await slack.command(slack.agent, "/loan-call A-1 promised 1000 > fri")
    await pay(slack, "500")
    slack.clock.advance(hours=1)
    await slack.command(slack.agent, "/loan-call A-1 promised 1000 > 30 nov")
    await slack.at("2026-12-01 00:01")
    async with slack.office.database.reading() as session:
        made = (await session.exec(select(Promise))).all()
    assert sorted(row.state for row in made) == ["broken", "kept"]
    card = await slack.command(slack.agent, "/loan A-1")
    assert "Promises: 1 kept, 1 not kept" in card.text


async def test_of_two_managers_at_once_the_second_is_told(slack: Slack) -> None:
    await slack.in_chinese(slack.admin)
    await slack.sandbox.open_home("UADMIN")
    await slack.sandbox.home_of("UADMIN").press("逾期分档与承诺")
    older = slack.sandbox.modal_of("UADMIN")
    await scale(slack, patience="5")
    await older.fill("承诺日后的宽限天数", "4")
    await older.submit()
    assert older.errors == {"逾期分档": "打开表单后规则已有变动，请重新打开查看最新内容。"}


async def test_calls_about_arrears_by_rule_follow_the_buckets_and_those_of_members_stay(slack: Slack) -> None:
    for number in ("A-1", "A-2"):
        await make_loan_in_arrears(slack.office, slack.workspace, number, owner=slack.agent)
        await slack.command(slack.agent, f"/loan edit {number} due day 9")
    await slack.command(slack.collector, "/loan-follow A-2/1 move fri")
    assert await calls(slack) == {"A-1": ("arrears", "11-25"), "A-2": (None, "11-27")}

    form = await scale(slack, scale="own", own="1 early\n8 M2\n60 late")
    assert "from early on: an instalment is past due" in form.text
    assert "from M2 on: arrears have reached M2, 8 days past due" in form.text
    await slack.deliver()
    assert await calls(slack) == {"A-1": ("arrears_m2", "11-25"), "A-2": (None, "11-27")}
    card = await slack.card(slack.agent, "A-1")
    assert "By rule, urgent: arrears have reached M2, 8 days past due" in card.text

    await form.press("Undo")
    await slack.deliver()
    assert await calls(slack) == {"A-1": ("arrears", "11-25"), "A-2": (None, "11-27")}
    await slack.in_chinese(slack.agent)
    assert "系统安排：还款逾期" in (await slack.card(slack.agent, "A-1")).text


async def test_with_thirty_days_a_bucket_the_next_rule_applies_a_day_earlier(slack: Slack) -> None:
    await make_loan_in_arrears(slack.office, slack.workspace, "A-1", owner=slack.agent)
    await slack.command(slack.agent, "/loan edit A-1 due day 9")
    await scale(slack, scale="thirties")
    await slack.at("2026-12-09 09:00")
    assert await calls(slack) == {"A-1": ("arrears_m2", "12-09")}


async def calls(slack: Slack) -> dict[str, tuple[str | None, str]]:
    """Return the rule and the due date of the open call on each loan."""
    numbers = {row.id: row.number for row in await slack.rows(Loan)}
    rows = [row for row in await slack.rows(FollowUp) if row.state == "open"]
    return {numbers[row.loan_id]: (row.rule, f"{row.due_on:%m-%d}") for row in rows}
