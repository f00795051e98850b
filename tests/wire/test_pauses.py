"""Pauses of the instalments. Now is Wednesday 25 November 2026, 10:00."""

import pytest

from storage.tables import Loan
from tests.wire.filling import fill
from tests.wire.office_day import Slack
from tests.wire.repaying import (
    card,
    follow_ups,
    form_of,
    page_of,
)
from tests.wire.repaying import (
    with_instalments as loan,
)

__all__ = ["loan"]

pytestmark = pytest.mark.every_example


async def test_a_pause_stops_the_calls_and_the_days(slack: Slack, loan: Loan) -> None:
    assert await follow_ups(slack) == {"overdue/1": "open"}
    form = await form_of(slack, slack.agent, "Pause the instalments")
    await form.fill("Kind", "hardship")
    await form.fill("From", "2026-11-20")
    await form.fill("Until before", "2026-12-20")
    await form.fill("Reason", "失业 <3 个月")
    await form.submit()
    assert "1 planned call was cancelled." in form.text
    assert await follow_ups(slack) == {"overdue/1": "cancelled", "repayment/2": "open"}
    assert "Paused until Sun 20 Dec 2026: hardship" in await card(slack)
    assert "41 days past due (M2, by the schedule): CN¥2,000.00 in 2 instalments" in await card(slack)
    assert "A-1" not in (await slack.command(slack.agent, "/loan-due arrears")).text
    page = await page_of(slack, slack.agent)
    assert "失业 <3 个月" in page.text
    await page.press("End the pause")
    assert "The pause is over. Instalments are asked for again." in page.text
    assert "46 days past due" not in page.text
    assert (await follow_ups(slack))["repayment/2"] == "cancelled"


async def test_a_pause_that_has_not_begun_is_cancelled_on_the_card(slack: Slack, loan: Loan) -> None:
    form = await form_of(slack, slack.agent, "Pause the instalments")
    await form.fill("Kind", "holiday")
    await form.fill("From", "2026-12-01")
    await form.fill("Until before", "2026-12-20")
    await form.fill("Reason", "agreed")
    await form.submit()
    page = await page_of(slack, slack.agent)
    await page.press("Cancel the pause from Tue 1 Dec")
    assert "Cancel the pause" not in (await page_of(slack, slack.agent)).text

    form = await form_of(slack, slack.agent, "Pause the instalments")
    await form.fill("Kind", "extension")
    await form.fill("Until before", "2026-12-15")
    await form.fill("Reason", "agreed otherwise")
    await form.submit()
    assert form.errors == {}
    await slack.at("2026-12-15 09:00")
    assert "Paused" not in await card(slack)


async def test_undo_of_a_pause_plans_what_it_cancelled_again(slack: Slack, loan: Loan) -> None:
    form = await form_of(slack, slack.agent, "Pause the instalments")
    await form.fill("Kind", "extension")
    await form.fill("Until before", "2026-12-20")
    await form.fill("Reason", "agreed")
    await form.submit()
    await form.press("Undo")
    assert await follow_ups(slack) == {"overdue/1": "open", "repayment/2": "undone"}
    assert not any("Paused" in line for line in await card(slack))


@pytest.mark.parametrize(
    ("fields", "label", "refusal"),
    [
        ({"Until before": "2026-11-25"}, "Until before", "must end after it begins"),
        ({"From": "2026-10-01", "Until before": "2026-11-01"}, "Until before", "has passed"),
        ({"Until before": "2028-11-26"}, "Until before", "at most 366 days"),
        ({"Reason": "  "}, "Reason", "Why are the instalments paused?"),
    ],
)
async def test_pauses_that_cannot_be(
    slack: Slack, loan: Loan, fields: dict[str, str], label: str, refusal: str
) -> None:
    form = await form_of(slack, slack.agent, "Pause the instalments")
    await fill(form, {"Kind": "hardship", "Until before": "2026-12-20", "Reason": "ill"} | fields)
    await form.submit()
    assert refusal in form.errors[label]


@pytest.mark.parametrize(
    ("locale", "says"),
    [
        ("en-US", "the instalments are paused. You need not call about them."),
        ("zh-CN", "还款已暂停，不用再就此致电。"),
    ],
)
async def test_who_holds_the_calls_that_a_pause_cancels_is_told(
    slack: Slack, loan: Loan, locale: str, says: str
) -> None:
    await slack.change(slack.collector, locale=locale)
    form = await form_of(slack, slack.agent, "Pause the instalments")
    await form.fill("Kind", "hardship")
    await form.fill("Until before", "2026-12-20")
    await form.fill("Reason", "失业")
    await form.submit()
    await slack.deliver()
    (told,) = [text for text in slack.texts(slack.collector) if says in text]
    assert "王小明" not in told
    await form.press("Undo")
    await slack.deliver()
    assert not any(says in text for text in slack.texts(slack.collector))
